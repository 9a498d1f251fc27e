//! For a rule's own tests, natively: score facts by name, hold the rule against its manifest and against a golden table.
//!
//! Everything here panics with words when it does not fit, as a test should.

use std::collections::BTreeMap;

use crate::{Issue, Issues, Points, Rule, rule::ABSENT, score};

/// One area's result by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    /// Every criterion's points, none where it is absent.
    pub items: BTreeMap<&'static str, Option<Points>>,
    /// Criterion, message and number of each note.
    pub notes: Vec<(&'static str, &'static str, Points)>,
    /// Which of the rounds each note points at.
    pub note_issues: Vec<Option<usize>>,
}

/// Scores one area with the facts given by name, the others absent, and parameters as exact decimals in the rule's order.
pub fn score_row<R: Rule>(parameters: &[&str], facts: &[(&str, i64)]) -> Scored {
    score_row_with::<R>(parameters, facts, &[])
}

/// The same for a rule that asks for the issue table, with the area's rounds; their `index` is their place.
pub fn score_row_with<R: Rule>(
    parameters: &[&str],
    facts: &[(&str, i64)],
    issues: &[Issue],
) -> Scored {
    let parameters: Vec<i64> = parameters.iter().map(|text| units(text)).collect();
    let mut inputs = vec![ABSENT; R::INPUTS.len()];
    for (name, value) in facts {
        inputs[index_of(R::INPUTS, name)] = *value;
    }
    let column = |read: fn(&Issue) -> Option<i64>| -> Vec<i64> {
        let times = issues.iter().map(read);
        times.map(|time| time.unwrap_or(ABSENT)).collect()
    };
    let codes = |read: fn(&Issue) -> u8| -> Vec<u8> { issues.iter().map(read).collect() };
    let counts = |read: fn(&Issue) -> u32| -> Vec<u32> { issues.iter().map(read).collect() };
    let index = |index: Option<usize>| index.map_or(-1, |index| index as i32);
    let categories: Vec<i32> = issues.iter().map(|issue| index(issue.category)).collect();
    let table = Issues {
        starts: &[0, issues.len() as u32],
        category: &categories,
        severity: &codes(|issue| issue.severity),
        source: &codes(|issue| issue.source),
        state: &codes(|issue| issue.state),
        reported: &column(|issue| Some(issue.reported)),
        filed: &column(|issue| issue.filed),
        due: &column(|issue| issue.due),
        handed_in: &column(|issue| issue.handed_in),
        closed: &column(|issue| issue.closed),
        failed_checks: &counts(|issue| issue.failed_checks),
        marks: &counts(|issue| issue.marks),
    };
    let output = score::<R>(&parameters, 1, &inputs, &table)
        .unwrap_or_else(|failure| panic!("the rule declined: {failure:?}"));
    let present = |units: &i64| (*units != ABSENT).then_some(Points::from_units(*units));
    let items = R::CRITERIA
        .iter()
        .copied()
        .zip(output.items.iter().map(present))
        .collect();
    let note = |index: usize| {
        let criterion = R::CRITERIA[output.note_criterion[index] as usize];
        let message = R::MESSAGES[output.note_message[index] as usize];
        (
            criterion,
            message,
            Points::from_units(output.note_value[index]),
        )
    };
    Scored {
        items,
        notes: (0..output.note_row.len()).map(note).collect(),
        note_issues: output
            .note_issue
            .iter()
            .map(|issue| (*issue != u32::MAX).then_some(*issue as usize))
            .collect(),
    }
}

/// The rule's lists are the manifest's.
pub fn check_manifest<R: Rule>(manifest: &str) {
    let manifest: toml::Table = manifest.parse().expect("rule.toml is TOML");
    let ids = |key: &str| -> Vec<String> {
        let tables = manifest.get(key).and_then(toml::Value::as_array);
        tables
            .into_iter()
            .flatten()
            .map(|table| text_of(&table["id"]))
            .collect()
    };
    let inputs: Vec<String> = manifest["inputs"]
        .as_array()
        .into_iter()
        .flatten()
        .map(text_of)
        .collect();
    assert_eq!(inputs, R::INPUTS, "inputs");
    assert_eq!(ids("criteria"), R::CRITERIA, "criteria");
    assert_eq!(ids("parameters"), R::PARAMETERS, "parameters");
    assert_eq!(ids("messages"), R::MESSAGES, "messages");
    let table = manifest.get("issue_table").and_then(toml::Value::as_bool);
    assert_eq!(table.unwrap_or(false), R::ISSUE_TABLE, "issue_table");
    let categories = manifest.get("categories").and_then(toml::Value::as_array);
    let categories: Vec<String> = categories.into_iter().flatten().map(text_of).collect();
    assert_eq!(categories, R::CATEGORIES, "categories");
}

/// Every row of a golden table comes out exactly. Its columns are `parameter.<id>`, `input.<fact>` and `item.<criterion>`;
/// an empty cell is absent, or a parameter's default; others, such as `total`, are the host's.
pub fn check_golden<R: Rule>(manifest: &str, table: &str) {
    let manifest: toml::Table = manifest.parse().expect("rule.toml is TOML");
    let mut lines = table.lines().filter(|line| !line.starts_with('#'));
    let header: Vec<&str> = lines
        .next()
        .expect("a golden table has a header")
        .split(',')
        .collect();
    for line in lines {
        let cells: BTreeMap<&str, &str> = header.iter().copied().zip(line.split(',')).collect();
        let defaults = manifest.get("parameters").and_then(toml::Value::as_array);
        let parameters: Vec<String> = defaults
            .into_iter()
            .flatten()
            .map(|parameter| {
                let cell = cells
                    .get(format!("parameter.{}", text_of(&parameter["id"])).as_str())
                    .copied();
                cell.filter(|cell| !cell.is_empty())
                    .map_or_else(|| text_of(&parameter["default"]), str::to_owned)
            })
            .collect();
        let parameters: Vec<&str> = parameters.iter().map(String::as_str).collect();
        let present = cells.iter().filter(|(_, cell)| !cell.is_empty());
        let facts: Vec<(&str, i64)> = present
            .filter_map(|(name, cell)| Some((name.strip_prefix("input.")?, cell)))
            .map(|(name, cell)| {
                (
                    name,
                    cell.parse()
                        .unwrap_or_else(|_| panic!("{name}: {cell} is not a whole number")),
                )
            })
            .collect();
        let scored = score_row::<R>(&parameters, &facts);
        for (name, cell) in &cells {
            let Some(criterion) = name.strip_prefix("item.") else {
                continue;
            };
            let expected = (!cell.is_empty()).then(|| Points::from_units(units(cell)));
            assert_eq!(
                scored.items[R::CRITERIA[index_of(R::CRITERIA, criterion)]],
                expected,
                "{criterion} in: {line}"
            );
        }
    }
}

fn index_of(names: &[&str], name: &str) -> usize {
    names
        .iter()
        .position(|known| *known == name)
        .unwrap_or_else(|| panic!("{name} is not one of {names:?}"))
}

fn text_of(value: &toml::Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Reads an exact decimal with at most four places.
fn units(text: &str) -> i64 {
    let (sign, digits) = text
        .strip_prefix('-')
        .map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(fraction.len() <= 4, "{text} has more than four places");
    let number = |digits: &str| -> i64 {
        digits
            .parse()
            .unwrap_or_else(|_| panic!("{text} is not a decimal"))
    };
    sign * (number(whole) * Points::UNITS + number(&format!("{fraction:0<4}")))
}
