//! Categories: the kinds of problem that every district begins with, and those that a district declares by an import.

use std::collections::BTreeMap;

use crate::limit::Limit;

/// A kind of problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// 1 to 40 of a-z, 0-9 and underscore, beginning with a letter.
    pub code: String,
    pub title: Title,
    /// From dispatch to hand-in.
    pub handling: Option<Limit>,
    /// From filing to closing.
    pub total: Option<Limit>,
}

/// What people call it; empty where nobody wrote one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    pub zh: String,
    pub en: String,
}

/// The starting set: code, Chinese, English. None has a limit until the district gives it one.
#[rustfmt::skip]
pub const STARTING: [(&str, &str, &str); 19] = [
    ("litter",                "暴露垃圾",     "Litter"),
    ("garbage_not_collected", "垃圾未清运",   "Garbage not collected"),
    ("overflowing_bin",       "垃圾桶满溢",   "Overflowing bin"),
    ("dumping",               "乱倒垃圾渣土", "Dumping"),
    ("sewage",                "污水冒溢",     "Sewage"),
    ("dirty_road",            "道路不洁",     "Dirty road"),
    ("posters_graffiti",      "乱张贴涂写",   "Posters and graffiti"),
    ("occupied_pavement",     "占道经营堆物", "Occupied pavement"),
    ("illegal_stall",         "无证摊点",     "Illegal stall"),
    ("illegal_building",      "违章搭建",     "Illegal building"),
    ("overhead_cables",       "架空线缆杂乱", "Overhead cables"),
    ("parking",               "乱停车辆",     "Parking"),
    ("damaged_green",         "绿化损坏",     "Damaged green"),
    ("lighting",              "路灯故障",     "Lighting"),
    ("construction_site",     "工地管理",     "Construction site"),
    ("dead_animal",           "动物尸体",     "Dead animal"),
    ("public_toilet",         "公厕脏乱",     "Public toilet"),
    ("snow",                  "积雪未清",     "Snow"),
    ("other",                 "其他",         "Other"),
];

/// The categories of a district by code: the starting set, and over it what the district declared.
pub fn of_district(declared: Vec<Category>) -> BTreeMap<String, Category> {
    let starting = STARTING.iter().map(|(code, zh, en)| Category {
        code: (*code).to_owned(),
        title: Title {
            zh: (*zh).to_owned(),
            en: (*en).to_owned(),
        },
        handling: None,
        total: None,
    });
    starting
        .chain(declared)
        .map(|category| (category.code.clone(), category))
        .collect()
}

#[cfg(test)]
mod tests {
    use tidyward_kit::fact;

    use super::*;

    #[test]
    fn every_starting_category_has_a_code_of_its_own_that_facts_can_carry() {
        let categories = of_district(Vec::new());
        assert_eq!(categories.len(), STARTING.len());
        for (code, category) in &categories {
            assert!(fact::is_category_code(code), "{code}");
            assert!(!category.title.zh.is_empty() && !category.title.en.is_empty());
            assert!(
                fact::find(&format!("issues.{code}.due")).is_some(),
                "{code}"
            );
        }
    }

    #[test]
    fn what_a_district_declares_stands_over_the_starting_set() {
        let limit = Limit::parse("2 URGENT_DAYS").unwrap();
        let own = |code: &str| Category {
            code: code.to_owned(),
            title: Title::default(),
            handling: Some(limit),
            total: None,
        };
        let categories = of_district(vec![own("litter"), own("garbage_in_yard")]);
        assert_eq!(categories.len(), STARTING.len() + 1);
        assert_eq!(categories["litter"].handling, Some(limit));
        assert_eq!(categories["snow"].handling, None);
    }
}
