//! The rules that come with the product, as the embedded components, through the real gate and host.

use std::collections::BTreeMap;

use tidyward_rules::builtin::BUILTIN;
use tidyward_rules::golden;
use tidyward_rules::host::Rule;
use tidyward_rules::points::{ABSENT, format_points, parse_points};
use tidyward_rules::score::{Facts, RunSettings, Scores};

use crate::build::compile;

fn builtin(id: &str) -> Rule {
    let builtin = BUILTIN
        .iter()
        .find(|builtin| builtin.id == id)
        .expect("the rule is embedded");
    let rule = compile(builtin.bytes);
    assert_eq!(rule.manifest().id, id);
    rule
}

pub fn score(rule: &Rule, parameters: &[i64], facts: &Facts) -> Scores {
    rule.score(parameters, facts, &RunSettings::default(), &|_| {})
        .expect("the rule scores")
}

fn check_table(id: &str, table: &str, rows: usize) {
    check_rows(&builtin(id), table, rows);
}

/// Each row of the table comes out as it says.
pub fn check_rows(rule: &Rule, table: &str, rows: usize) {
    let golden = golden::parse(rule.manifest(), table).expect("the golden table can be read");
    assert_eq!(golden.len(), rows);
    for row in golden {
        let place = format!("{rule:?} line {}", row.line);
        let scores = score(rule, &row.parameters, &row.facts);
        assert_eq!(scores.failures, [], "{place}");
        for (criterion, expected) in row.items {
            assert_eq!(
                scores.item(criterion, 0),
                expected,
                "{place} item {criterion}"
            );
        }
        if let Some(expected) = row.total {
            assert_eq!(scores.totals, [expected], "{place} total");
        }
    }
}

#[test]
fn every_golden_row_comes_out_exactly() {
    check_table(
        "standard",
        include_str!("../../../../plugins/standard/golden.csv"),
        3,
    );
    check_table(
        "target-floor",
        include_str!("../../../../plugins/target-floor/golden.csv"),
        7,
    );
    check_table(
        "case-rates",
        include_str!("../../../../plugins/case-rates/golden.csv"),
        8,
    );
}

/// What the authority published: target, rate in percent, points.
#[test]
fn the_published_pairs_of_lianyungang() {
    let rule = builtin("target-floor");
    let check = |parameter: &str, target: &str, rate: &str, criterion: usize, expected: &str| {
        let overrides = BTreeMap::from([(parameter.to_owned(), target.to_owned())]);
        let parameters = rule
            .manifest()
            .parameters(&overrides)
            .expect("the target is in range");
        let mut inputs = vec![ABSENT; 2];
        inputs[criterion] = parse_points(rate).expect("a rate");
        let scores = score(
            &rule,
            &parameters,
            &Facts {
                rows: 1,
                inputs,
                ..Facts::default()
            },
        );
        assert_eq!(
            scores.item(criterion, 0),
            parse_points(expected).expect("points"),
            "{parameter} {target} {rate}"
        );
        assert_eq!(scores.totals, [scores.item(criterion, 0)]);
    };
    check("satisfaction_target", "95", "66.67", 0, "12.5");
    check("satisfaction_target", "95", "70.59", 0, "12.795");
    check("satisfaction_target", "98", "75", 0, "13.5");
    check("satisfaction_target", "98", "71.43", 0, "12.5");
    check("satisfaction_target", "98", "87.5", 0, "19.75");
    check("on_time_target", "95", "66.67", 1, "0");
    check("on_time_target", "95", "80", 1, "5");
}

/// The three worked rows of the standard rule, read as a person would.
#[test]
fn the_worked_rows_of_the_standard_rule() {
    let rule = builtin("standard");
    let full = [
        4, 925, 1000, 10, 2, 40, 0, 37, 42, 0, 40, 0, 0, 42, 3, 1, 0, 0, 0, 3, 3,
    ];
    let quiet = [
        3, 925, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let mut unseen = full;
    unseen[0] = 2;
    let mut inputs = Vec::new();
    for input in 0..full.len() {
        inputs.extend([full[input], quiet[input], unseen[input]]);
    }
    let scores = score(
        &rule,
        &[],
        &Facts {
            rows: 3,
            inputs,
            ..Facts::default()
        },
    );
    let shown = |row: usize| -> Vec<String> {
        (0..6)
            .map(|criterion| format_points(scores.item(criterion, row), 4))
            .collect()
    };
    assert_eq!(
        shown(0),
        ["37.0000", "8.0000", "18.2222", "9.5238", "7.5893", ""]
    );
    assert_eq!(shown(1), ["37.0000", "", "", "", "", ""]);
    assert_eq!(shown(2), ["", "8.0000", "18.2222", "9.5238", "7.5893", ""]);
    assert_eq!(
        scores
            .totals
            .iter()
            .map(|total| format_points(*total, 4))
            .collect::<Vec<_>>(),
        ["89.2614", "92.5000", ""]
    );
    assert_eq!(scores.stars, [4, 4, 255]);
}

#[test]
fn notes_say_in_words_what_was_lost() {
    let rule = builtin("case-rates");
    let scores = score(
        &rule,
        &[],
        &Facts {
            rows: 2,
            inputs: vec![12, 3, 2, 0, 5, 3, 7, 3, 2, 0, 1, 0],
            ..Facts::default()
        },
    );
    let manifest = rule.manifest();
    let said: Vec<String> = scores
        .notes
        .iter()
        .map(|note| {
            format!(
                "{} {} {}",
                note.row,
                manifest.criteria[note.criterion].id,
                manifest.messages[note.message].render(note.value).en
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            "0 closing cases that were to be closed and are not: 4",
            "0 on_time cases not handled on time: 7"
        ]
    );
    assert_eq!(manifest.messages[0].render(40_000).zh, "4件应结案件未结案");
}

#[test]
fn embedded_rules_are_small_and_stand_in_order() {
    let ids: Vec<&str> = BUILTIN.iter().map(|builtin| builtin.id).collect();
    assert_eq!(
        ids,
        ["case-deductions", "case-rates", "standard", "target-floor"]
    );
    for builtin in BUILTIN {
        assert!(
            builtin.bytes.len() < 64 * 1024,
            "{} has {} bytes",
            builtin.id,
            builtin.bytes.len()
        );
    }
}
