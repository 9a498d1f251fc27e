//! What every district begins with, what stands over it, and which conditions apply.

use tidyward_kit::fact;

use super::*;

fn limit(text: &str) -> Option<Limit> {
    Some(Limit::parse(text).unwrap())
}

fn below(code: &str, parent: &str) -> Category {
    Category {
        parent: Some(parent.to_owned()),
        ..Category::new(code)
    }
}

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
        assert_eq!(
            (category.duplicate_metres, category.duplicate_days),
            (50, 84)
        );
        assert_eq!(category.rebound_metres, 15);
    }
    let rebound = |code: &str| categories[code].rebound_days;
    assert_eq!(
        (
            rebound("litter"),
            rebound("posters_graffiti"),
            rebound("dumping")
        ),
        (0, 7, 30)
    );
}

#[test]
fn what_a_district_declares_stands_over_the_starting_set() {
    let days = limit("2 URGENT_DAYS");
    let own = |code: &str| Category::declared(code, Title::default(), days, None);
    let categories = of_district(vec![own("dumping"), own("garbage_in_yard")]);
    assert_eq!(categories.len(), STARTING.len() + 1);
    assert_eq!(categories["dumping"].handling(), days);
    assert_eq!(categories["dumping"].total(), None);
    assert_eq!(categories["dumping"].rebound_days, 30);
    assert_eq!(categories["snow"].handling(), None);
}

#[test]
fn an_import_that_declares_again_leaves_what_the_district_made_of_it() {
    let days = limit("2 URGENT_DAYS");
    let urgent = Condition {
        id: "burst".to_owned(),
        severity: Severity::Urgent,
        ..Condition::normal(Limits::default())
    };
    let stands = Category {
        conditions: vec![urgent.clone()],
        duplicate_metres: 7,
        ..below("sewage", "other")
    };
    let title = Title {
        zh: "污水".to_owned(),
        en: String::new(),
    };
    let told = Category::declared("sewage", title.clone(), days, None);
    let next = stands.declared_again(&told);
    assert_eq!((&next.title, next.duplicate_metres), (&title, 7));
    assert_eq!(next.parent.as_deref(), Some("other"));
    assert_eq!(next.conditions, [told.conditions[0].clone(), urgent]);
    let longer = Category::declared("sewage", title.clone(), limit("3 URGENT_DAYS"), days);
    let last = next.declared_again(&longer);
    assert_eq!(last.conditions.len(), 2);
    assert_eq!(
        (last.handling(), last.total()),
        (limit("3 URGENT_DAYS"), days)
    );
    let silent = Category::declared("sewage", title, None, None);
    assert_eq!(last.declared_again(&silent), last);
}

#[test]
fn a_category_without_conditions_takes_those_of_the_nearest_one_above() {
    let top = Category::declared("street", Title::default(), limit("1 URGENT_DAYS"), None);
    let own = Category {
        parent: Some("street".to_owned()),
        ..Category::declared("hole", Title::default(), limit("2 URGENT_HOURS"), None)
    };
    let categories = of_district(vec![
        top,
        own,
        below("kerb", "street"),
        below("stone", "kerb"),
        below("deep_hole", "hole"),
    ]);
    let handling = |code: &str| condition(&categories, code, "")?.limit(Stage::Handle);
    assert_eq!(handling("stone"), limit("1 URGENT_DAYS"));
    assert_eq!(handling("deep_hole"), limit("2 URGENT_HOURS"));
    assert_eq!(handling("snow"), None);
    assert_eq!(condition(&categories, "stone", "burst"), None);
    assert_eq!(
        condition(&categories, "stone", "normal").map(|one| one.limit(Stage::Total)),
        Some(None)
    );
    assert_eq!(chain(&categories, "stone"), ["stone", "kerb", "street"]);
    assert_eq!(chain(&categories, "gone"), ["gone"]);
    let all = resolved(&categories);
    assert_eq!(all["stone"].handling(), limit("1 URGENT_DAYS"));
    assert!(categories["stone"].conditions.is_empty());
}

#[test]
fn even_a_chain_that_leads_back_to_itself_has_an_end() {
    let categories = of_district(vec![below("a", "b"), below("b", "a")]);
    assert_eq!(chain(&categories, "a"), ["a", "b"]);
    assert!(conditions(&categories, "a").is_empty());
}
