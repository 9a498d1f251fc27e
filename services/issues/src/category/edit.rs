//! What a district may write into a category: every field checked, every one that is wrong told at once.

use std::ops::RangeInclusive;

use tidyward_kit::{Reason, Violations, fact, text};
use tidyward_proto::v1 as wire;

use super::{
    Categories, Category, Condition, DUPLICATE_DAYS, DUPLICATE_METRES, Kind, Limits, REBOUND_DAYS,
    REBOUND_METRES, Title, chain,
};
use crate::{evidence, issue::Severity, limit::Limit};

/// What a mask may name.
pub const FIELDS: [&str; 9] = [
    "title",
    "kind",
    "parent",
    "conditions",
    "duplicate_metres",
    "duplicate_days",
    "rebound_metres",
    "rebound_days",
    "retired",
];
/// Filing conditions of a category at most.
const MOST_CONDITIONS: usize = 20;
const LONGEST_TITLE: usize = 100;
const LONGEST_CLOSING: usize = 500;
const METRES: RangeInclusive<i32> = 1..=5_000;
const MOST_DAYS: i32 = 730;

/// The category with the fields that the mask names as they are told. `categories` are all of the district; what is told
/// must fit in among them.
pub fn apply(
    categories: &Categories,
    before: &Category,
    told: &wire::Category,
    named: &dyn Fn(&str) -> bool,
    violations: &mut Violations,
) -> Category {
    let mut next = before.clone();
    if named("title") {
        next.title = title(
            violations,
            "category.title",
            told.title.as_ref(),
            LONGEST_TITLE,
        );
    }
    if named("kind") {
        next.kind = kind(violations, told.kind);
    }
    if named("parent") {
        next.parent = parent(violations, categories, &before.code, &told.parent);
    }
    if named("conditions") {
        next.conditions = conditions(violations, &told.conditions);
    }
    let mut number =
        |name: &str, value: &mut i32, told: Option<i32>, absent, range: RangeInclusive<i32>| {
            if !named(name) {
                return;
            }
            *value = told.unwrap_or(absent);
            if !range.contains(value) {
                let (least, most) = range.into_inner();
                let words = format!("must be {least} to {most}; leave it out for {absent}");
                violations.add(format!("category.{name}"), words);
            }
        };
    number(
        "duplicate_metres",
        &mut next.duplicate_metres,
        told.duplicate_metres,
        DUPLICATE_METRES,
        METRES,
    );
    number(
        "duplicate_days",
        &mut next.duplicate_days,
        told.duplicate_days,
        DUPLICATE_DAYS,
        1..=MOST_DAYS,
    );
    number(
        "rebound_metres",
        &mut next.rebound_metres,
        told.rebound_metres,
        REBOUND_METRES,
        METRES,
    );
    number(
        "rebound_days",
        &mut next.rebound_days,
        told.rebound_days,
        REBOUND_DAYS,
        0..=MOST_DAYS,
    );
    if named("retired") {
        next.retired = told.retired;
    }
    next
}

/// Notes a code that no category can have.
pub fn check_code(violations: &mut Violations, code: &str) {
    violations.require(
        fact::is_category_code(code),
        "category_id",
        "must be 1 to 40 of a-z, 0-9 and _, beginning with a letter, and none of urgent, own, external, duty",
    );
}

fn title(
    violations: &mut Violations,
    field: &str,
    told: Option<&wire::LocalizedText>,
    most: usize,
) -> Title {
    let (zh, en) = told.map_or(("", ""), |told| (&told.zh, &told.en));
    text::check(violations, &format!("{field}.zh"), zh, most);
    text::check(violations, &format!("{field}.en"), en, most);
    Title {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

fn kind(violations: &mut Violations, told: i32) -> Kind {
    match Kind::try_from(told) {
        Ok(Kind::Component) => Kind::Component,
        Ok(Kind::Event | Kind::Unspecified) => Kind::Event,
        Err(_) => {
            violations.add("category.kind", "is no kind; EVENT or COMPONENT");
            Kind::Event
        }
    }
}

fn parent(
    violations: &mut Violations,
    categories: &Categories,
    code: &str,
    told: &str,
) -> Option<String> {
    if told.is_empty() {
        return None;
    }
    if !categories.contains_key(told) {
        let words = "is no category of the district; ListCategories gives them";
        violations.add_reason("category.parent", Reason::ParentMissing, words);
    } else if chain(categories, told).iter().any(|above| above == code) {
        let words = "lies below the category itself; name one that does not";
        violations.add_reason("category.parent", Reason::ParentCycle, words);
    }
    Some(told.to_owned())
}

fn conditions(violations: &mut Violations, told: &[wire::FilingCondition]) -> Vec<Condition> {
    if told.len() > MOST_CONDITIONS {
        let words = format!("at most {MOST_CONDITIONS}; join some into one");
        violations.add("category.conditions", words);
        return Vec::new();
    }
    let mut conditions: Vec<Condition> = Vec::with_capacity(told.len());
    for (index, one) in told.iter().enumerate() {
        let field = format!("category.conditions[{index}]");
        if !is_condition_id(&one.id) {
            let words = "must be 1 to 40 of a-z, 0-9 and underscore, beginning with a letter";
            violations.add(format!("{field}.id"), words);
        } else if conditions.iter().any(|before| before.id == one.id) {
            let words = "is there twice; give each condition its own";
            violations.add(format!("{field}.id"), words);
        }
        conditions.push(condition(violations, &field, one));
    }
    conditions
}

fn condition(violations: &mut Violations, field: &str, told: &wire::FilingCondition) -> Condition {
    let at = |name: &str| format!("{field}.{name}");
    let severity = match Severity::try_from(told.severity) {
        Ok(Severity::Urgent) => Severity::Urgent,
        Ok(Severity::Normal | Severity::Unspecified) => Severity::Normal,
        Err(_) => {
            violations.add(at("severity"), "is no severity; NORMAL or URGENT");
            Severity::Normal
        }
    };
    let mut limit = |name: &str, told: &str| {
        let limit = (!told.is_empty()).then(|| Limit::parse(told)).transpose();
        limit.unwrap_or_else(|words| {
            violations.add(at(name), words);
            None
        })
    };
    let limits = Limits {
        verify: limit("verify_limit", &told.verify_limit),
        dispatch: limit("dispatch_limit", &told.dispatch_limit),
        accept: limit("accept_limit", &told.accept_limit),
        handle: limit("handle_limit", &told.handle_limit),
        check: limit("check_limit", &told.check_limit),
        total: limit("total_limit", &told.total_limit),
    };
    if let Some(rule) = &told.evidence {
        evidence::check_rule(violations, &at("evidence"), rule);
    }
    Condition {
        id: told.id.clone(),
        title: title(violations, &at("title"), told.title.as_ref(), LONGEST_TITLE),
        severity,
        closing: title(
            violations,
            &at("closing"),
            told.closing.as_ref(),
            LONGEST_CLOSING,
        ),
        limits,
        evidence: told.evidence.clone(),
    }
}

/// The same alphabet as a category's code, without its reserved words.
fn is_condition_id(id: &str) -> bool {
    (1..=40).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
