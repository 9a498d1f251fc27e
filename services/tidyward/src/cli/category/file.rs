//! Categories as a TOML file has them. What the file does not name is not in the mask, and so stays.

use serde::Deserialize;
use tidyward_proto::v1::{
    Category, CategoryKind, EvidenceKind, EvidenceRule, FilingCondition, LocalizedText, Severity,
};

use crate::cli::{
    failure::Failure,
    words::{choose, named_paths},
};

/// A category of the file, and the fields of it that the file names.
#[derive(Debug, PartialEq)]
pub struct Written {
    pub code: String,
    pub category: Category,
    pub paths: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    categories: Vec<CategoryFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryFile {
    code: String,
    title: Option<Text>,
    kind: Option<String>,
    parent: Option<String>,
    conditions: Option<Vec<ConditionFile>>,
    duplicate_metres: Option<i32>,
    duplicate_days: Option<i32>,
    rebound_metres: Option<i32>,
    rebound_days: Option<i32>,
    retired: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ConditionFile {
    id: String,
    title: Text,
    severity: String,
    closing: Text,
    verify: String,
    dispatch: String,
    accept: String,
    handle: String,
    check: String,
    total: String,
    evidence: Option<EvidenceFile>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct EvidenceFile {
    hand_in: Vec<String>,
    settle: Vec<String>,
    check: Vec<String>,
    tolerance_metres: i32,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Text {
    zh: String,
    en: String,
}

pub fn read(text: &str) -> Result<Vec<Written>, Failure> {
    let file: File = toml::from_str(text)
        .map_err(|error| Failure::usage(format!("the file cannot be read: {error}")))?;
    file.categories.into_iter().map(written).collect()
}

fn written(file: CategoryFile) -> Result<Written, Failure> {
    let paths = named_paths(&[
        ("title", file.title.is_some()),
        ("kind", file.kind.is_some()),
        ("parent", file.parent.is_some()),
        ("conditions", file.conditions.is_some()),
        ("duplicate_metres", file.duplicate_metres.is_some()),
        ("duplicate_days", file.duplicate_days.is_some()),
        ("rebound_metres", file.rebound_metres.is_some()),
        ("rebound_days", file.rebound_days.is_some()),
        ("retired", file.retired.is_some()),
    ]);
    let kind = choose::<CategoryKind>(
        &format!("kind of {}", file.code),
        &file.kind.unwrap_or_default(),
        "CATEGORY_KIND_",
        CategoryKind::as_str_name,
    )?;
    let conditions = file.conditions.unwrap_or_default().into_iter();
    let conditions = conditions.map(|one| condition(&file.code, one));
    let category = Category {
        title: file.title.map(localized),
        kind,
        parent: file.parent.unwrap_or_default(),
        conditions: conditions.collect::<Result<_, _>>()?,
        duplicate_metres: file.duplicate_metres,
        duplicate_days: file.duplicate_days,
        rebound_metres: file.rebound_metres,
        rebound_days: file.rebound_days,
        retired: file.retired.unwrap_or_default(),
        ..Category::default()
    };
    Ok(Written {
        code: file.code,
        category,
        paths,
    })
}

fn condition(category: &str, file: ConditionFile) -> Result<FilingCondition, Failure> {
    let severity = choose::<Severity>(
        &format!("severity of {category}.{}", file.id),
        &file.severity,
        "SEVERITY_",
        Severity::as_str_name,
    )?;
    let evidence = file
        .evidence
        .map(|told| evidence(category, &file.id, &told));
    Ok(FilingCondition {
        evidence: evidence.transpose()?,
        id: file.id,
        title: Some(localized(file.title)),
        severity,
        closing: Some(localized(file.closing)),
        verify_limit: file.verify,
        dispatch_limit: file.dispatch,
        accept_limit: file.accept,
        handle_limit: file.handle,
        check_limit: file.check,
        total_limit: file.total,
    })
}

/// What evidence moves need under the condition.
fn evidence(category: &str, id: &str, told: &EvidenceFile) -> Result<EvidenceRule, Failure> {
    let kinds = |field: &str, told: &[String]| -> Result<Vec<i32>, Failure> {
        let what = format!("evidence.{field} of {category}.{id}");
        let kinds = told.iter().map(|kind| {
            choose::<EvidenceKind>(&what, kind, "EVIDENCE_KIND_", EvidenceKind::as_str_name)
        });
        kinds.collect()
    };
    Ok(EvidenceRule {
        hand_in: kinds("hand_in", &told.hand_in)?,
        settle: kinds("settle", &told.settle)?,
        check: kinds("check", &told.check)?,
        tolerance_metres: told.tolerance_metres,
    })
}

fn localized(text: Text) -> LocalizedText {
    LocalizedText {
        zh: text.zh,
        en: text.en,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_file_names_is_in_the_mask_and_nothing_else() {
        let text = r#"
            [[categories]]
            code = "litter"
            rebound_days = 7
            [[categories]]
            code = "burst_pipe"
            title = { zh = "水管爆裂", en = "Burst pipe" }
            kind = "component"
            [[categories.conditions]]
            id = "fence"
            severity = "urgent"
            handle = "3 URGENT_HOURS"
        "#;
        let written = read(text).unwrap();
        assert_eq!(written[0].paths, ["rebound_days"]);
        assert_eq!(written[0].category.rebound_days, Some(7));
        assert_eq!(written[1].paths, ["title", "kind", "conditions"]);
        let category = &written[1].category;
        assert_eq!(category.kind(), CategoryKind::Component);
        assert_eq!(category.conditions[0].severity(), Severity::Urgent);
        assert_eq!(category.conditions[0].handle_limit, "3 URGENT_HOURS");
    }

    #[test]
    fn a_wrong_word_and_an_unknown_key_are_told() {
        let failure = read("[[categories]]\ncode = \"a\"\nkind = \"thing\"").unwrap_err();
        assert_eq!(
            failure.message,
            "kind of a: `thing` is none; one of event, component"
        );
        let failure = read("[[categories]]\ncode = \"a\"\ncolour = \"red\"").unwrap_err();
        assert!(failure.message.contains("colour"), "{}", failure.message);
    }

    #[test]
    fn the_example_is_one() {
        let text = include_str!("../../../../../deploy/examples/categories.toml");
        assert!(!read(text).unwrap().is_empty());
    }
}
