//! A little town: square grids in a row, and the litter that is reported there.

use tidyward_proto::v1::{Category, FilingCondition, LocalizedText, UpdateCategoryRequest};

use crate::{Stack, import};

/// How a sheet of the columns `id`, `reported`, `kind`, `lat` and `lon` is read; its kind is `litter`.
pub const LITTER: &str = r#"
    source = "hotline"
    issue_source = "hotline"
    [columns]
    identity = "id"
    reported = "reported"
    category = "kind"
    latitude = "lat"
    longitude = "lon"
    [time]
    format = "%Y-%m-%d"
    [[categories]]
    code = "litter"
    title = { en = "Litter", zh = "暴露垃圾" }
    values = ["litter"]
"#;

/// So many square grids in a row under one community, as GeoJSON with the mapping that reads it: `G1` begins at 120 east,
/// 30 north, and each is a hundredth of a degree wide and high.
pub fn town(grids: usize) -> (&'static str, String) {
    let mapping = r#"
        [[areas]]
        level = "community"
        code = "C1"
        name = "Mill Lane"
        [[areas]]
        level = "grid"
        code = "{code}"
        name = "Grid {code}"
    "#;
    let features: Vec<String> = (0..grids)
        .map(|index| {
            let (west, east) = (120.0 + index as f64 * 0.01, 120.01 + index as f64 * 0.01);
            format!(
                r#"{{"type":"Feature","properties":{{"code":"G{}"}},"geometry":{{"type":"Polygon","coordinates":[[[{west},30],[{east},30],[{east},30.01],[{west},30.01],[{west},30]]]}}}}"#,
                index + 1
            )
        })
        .collect();
    let text = format!(
        r#"{{"type":"FeatureCollection","features":[{}]}}"#,
        features.join(",")
    );
    (mapping, text)
}

impl Stack {
    /// Makes the district in Shanghai's time, so many grids, and the limits under which its litter is filed.
    pub async fn little_town(&self, district: &str, grids: usize) {
        self.district(district, "Asia/Shanghai", "2020-01-01").await;
        let (mapping, areas) = town(grids);
        let ended = import!(self.grids(district), district, mapping, areas.as_bytes());
        let rows = (ended.rows_added, ended.rows_rejected);
        assert_eq!(rows, (grids as i64, 0), "{ended:?}");
        let condition = FilingCondition {
            id: "normal".to_owned(),
            title: Some(LocalizedText {
                zh: "一般".to_owned(),
                en: "Ordinary".to_owned(),
            }),
            verify_limit: "2 WORKING_HOURS".to_owned(),
            dispatch_limit: "4 WORKING_HOURS".to_owned(),
            handle_limit: "2 WORKING_DAYS".to_owned(),
            total_limit: "5 WORKING_DAYS".to_owned(),
            ..FilingCondition::default()
        };
        let request = UpdateCategoryRequest {
            category: Some(Category {
                name: format!("districts/{district}/categories/litter"),
                conditions: vec![condition],
                ..Category::default()
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["conditions".to_owned()],
            }),
            request_id: String::new(),
        };
        let changed = self.issues(district).update_category(request).await;
        changed.expect("limits of the category");
    }
}
