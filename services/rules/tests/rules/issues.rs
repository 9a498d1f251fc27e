//! The issue table: each column arrives where the contract has it, a note points at a round of its own row, and what does
//! not fit is refused.

use tidyward_rules::builtin::BUILTIN;
use tidyward_rules::gate::RefusalReason;
use tidyward_rules::host::Rule;
use tidyward_rules::points::ABSENT;
use tidyward_rules::score::{Facts, FailureKind, Issue, Row, RunError, RunSettings, Scores};
use tidyward_rules::trial::{Trial, TrialError, made_up, steady};

use crate::build::{MANIFEST, Parts, compile, rule_with};

/// Where the pointer of each of the table's lists stands in the arguments; its length is behind it.
const STARTS: u32 = 20;
/// Category, severity, source, state, reported, filed, due, handed in, closed, failed checks, marks.
const COLUMNS: u32 = 28;

fn manifest() -> String {
    let table = "issue_table = true\ncategories = [\"litter\", \"roads\"]\n[[criteria]]";
    MANIFEST.replacen("[[criteria]]", table, 1)
}

fn asking(row: &str, when_bad: &str) -> Rule {
    let parts = Parts {
        row,
        when_bad,
        ..Parts::default()
    };
    rule_with(&parts, &manifest())
}

/// What a list holds at an index, as WebAssembly text; `load` reads an element of so many bytes.
fn element(list: u32, load: &str, bytes: u32, index: &str) -> String {
    format!(
        "({load} (i32.add (i32.load offset={list} (local.get $arguments)) (i32.mul {index} (i32.const {bytes}))))"
    )
}

fn start(row: &str) -> String {
    element(STARTS, "i32.load", 4, row)
}

fn issue(number: u32) -> Issue {
    Issue {
        category: number as i32,
        severity: 2,
        source: 3,
        state: 4,
        reported: 5 + i64::from(number),
        filed: 6,
        due: 7,
        handed_in: 8,
        closed: ABSENT,
        failed_checks: 10,
        marks: 11 + number,
    }
}

/// Rows of one input with so many rounds each, no two alike.
fn rows(inputs: &[i64], rounds: &[u32]) -> Vec<Row> {
    let mut numbers = 0..;
    let pairs = inputs.iter().zip(rounds);
    pairs
        .map(|(input, rounds)| Row {
            inputs: vec![*input],
            issues: numbers.by_ref().take(*rounds as usize).map(issue).collect(),
        })
        .collect()
}

fn run(rule: &Rule, facts: &Facts, chunk_rows: usize) -> Result<Scores, RunError> {
    let settings = RunSettings {
        chunk_rows,
        ..RunSettings::default()
    };
    rule.score(&[], facts, &settings, &|_| {})
}

#[test]
fn every_column_arrives_where_the_contract_has_it() {
    let (here, next) = (
        "(local.get $row)",
        "(i32.add (local.get $row) (i32.const 1))",
    );
    let count = format!(
        "(i64.extend_i32_u (i32.sub {} {}))",
        start(next),
        start(here)
    );
    let rows = rows(&[1, 2, 3], &[2, 1, 3]);
    let check = |expression: &str, expected: [i64; 3]| {
        let rule = asking(expression, "");
        let facts = Facts::of_rows(rule.manifest(), rows.iter());
        for chunk_rows in [1, 2, 100] {
            let scores = run(&rule, &facts, chunk_rows).expect("it scores");
            assert_eq!(scores.items, expected, "{expression}");
        }
    };
    check(&count, [2, 1, 3]);
    // Of the first round of each row: those with the numbers 0, 2 and 3.
    let (narrow, small, wide) = ("i64.load32_s", "i64.load8_u", "i64.load");
    let columns = [
        (narrow, 4, [0, 2, 3]),
        (small, 1, [2; 3]),
        (small, 1, [3; 3]),
        (small, 1, [4; 3]),
        (wide, 8, [5, 7, 8]),
        (wide, 8, [6; 3]),
        (wide, 8, [7; 3]),
        (wide, 8, [8; 3]),
        (wide, 8, [ABSENT; 3]),
        (narrow, 4, [10; 3]),
        (narrow, 4, [11, 13, 14]),
    ];
    for ((load, bytes, expected), list) in columns.into_iter().zip((COLUMNS..).step_by(8)) {
        check(&element(list, load, bytes, &start(here)), expected);
    }
}

/// One note on the last row, which is the bad one, that points at the round with this index in the whole table.
fn noting(index: &str) -> Rule {
    let word = |place: u32, what: &str| format!("(i32.store (i32.const {place}) {what})");
    let list = |list: u32, at: u32| {
        let place = 20 + 8 * list;
        word(place, &format!("(i32.const {at})")) + &word(place + 4, "(i32.const 1)")
    };
    let last = "(i32.sub (local.get $rows) (i32.const 1))";
    // From 512 on zeroes, for criterion, message and value.
    let notes = list(2, 600) + &list(3, 512) + &list(4, 512) + &list(5, 512) + &list(6, 608);
    asking(
        "(local.get $value)",
        &(notes + &word(600, last) + &word(608, index)),
    )
}

#[test]
fn a_note_points_at_a_round_of_its_own_row_and_counts_from_the_first_of_them() {
    let last = "(i32.sub (local.get $rows) (i32.const 1))";
    let second = format!("(i32.add {} (i32.const 1))", start(last));
    let rule = noting(&second);
    let rows = rows(&[1, 2, 7], &[2, 1, 3]);
    let facts = Facts::of_rows(rule.manifest(), rows.iter());
    for chunk_rows in [1, 2, 100] {
        let scores = run(&rule, &facts, chunk_rows).expect("it scores");
        assert_eq!(scores.failures, []);
        let notes: Vec<_> = scores
            .notes
            .iter()
            .map(|note| (note.row, note.issue))
            .collect();
        assert_eq!(notes, [(2, Some(1))], "{chunk_rows} rows");
    }
    let behind = format!("(i32.add {} (i32.const 3))", start(last));
    let scores = run(&noting(&behind), &facts, 100).expect("it scores");
    let failed = scores.failures.iter().map(|one| (one.row, one.kind));
    assert_eq!(failed.collect::<Vec<_>>(), [(2, FailureKind::BadNote)]);
    let words = "a note points at issue 3, and those of its row are 0 to 2";
    assert!(
        scores.failures[0].message.contains(words),
        "{:?}",
        scores.failures
    );
}

#[test]
fn a_table_that_does_not_fit_is_refused_before_the_rule_runs() {
    let asking = asking("(local.get $value)", "");
    let rows = rows(&[1, 2], &[1, 1]);
    let facts = Facts::of_rows(asking.manifest(), rows.iter());
    let check = |rule: &Rule, facts: &Facts, words: &str| {
        let Err(RunError::WrongShape(detail)) = run(rule, facts, 10) else {
            panic!("it fits: {words}");
        };
        assert!(detail.contains(words), "{detail}");
    };
    let mut wrong = facts.clone();
    wrong.issues.starts.pop();
    check(&asking, &wrong, "the rounds of each row");
    wrong.issues = Default::default();
    check(&asking, &wrong, "the rounds of each row");
    let plain = rule_with(&Parts::default(), MANIFEST);
    check(&plain, &facts, "the rule asks for none");
}

fn refused(rule: &Rule) -> (RefusalReason, String) {
    match steady(&Trial::new(rule, &[], 2_000_000)) {
        Err(TrialError::Refused(refusal)) => (refusal.reason, refusal.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_trial_has_rows_with_rounds_and_names_them() {
    let row = "(local.get $row)";
    let next = "(i32.add (local.get $row) (i32.const 1))";
    // Where the row's rounds begin depends on those beside it.
    let (reason, words) = refused(&asking(&format!("(i64.extend_i32_u {})", start(row)), ""));
    assert_eq!(reason, RefusalReason::DependsOnOthers, "{words}");
    let many = format!(
        "(if (result i64) (i32.gt_u (i32.sub {} {}) (i32.const 2)) (then unreachable) (else (i64.const 0)))",
        start(next),
        start(row)
    );
    let (reason, words) = refused(&asking(&many, ""));
    assert_eq!(reason, RefusalReason::FailsOnRow, "{words}");
    assert!(words.contains("3 issues"), "{words}");
}

#[test]
fn made_up_rows_have_many_rounds_one_and_none_and_every_category() {
    let manifest = asking("(local.get $value)", "").manifest().clone();
    let rows = made_up(&manifest);
    let counts: Vec<usize> = rows.iter().map(|row| row.issues.len()).collect();
    assert!(
        counts.contains(&0) && counts.contains(&1) && counts[0] == 300,
        "{counts:?}"
    );
    let mut categories: Vec<i32> = rows[0].issues.iter().map(|issue| issue.category).collect();
    categories.sort_unstable();
    categories.dedup();
    assert_eq!(categories, [-1, 0, 1]);
    assert!(
        rows.iter()
            .all(|row| row.issues.is_sorted_by_key(|issue| issue.reported))
    );
}

#[test]
fn the_deductions_of_a_row_are_the_same_whatever_stands_beside_it() {
    let mut shipped = BUILTIN.iter();
    let shipped = shipped
        .find(|rule| rule.id == "case-deductions")
        .expect("it is embedded");
    let rule = compile(shipped.bytes);
    let rows = made_up(rule.manifest());
    let facts = Facts::of_rows(rule.manifest(), rows.iter());
    let parameters = rule
        .manifest()
        .parameters(&Default::default())
        .expect("defaults");
    let whole = rule
        .score_chunk(&parameters, &facts, 200_000_000)
        .expect("it scores");
    assert_eq!(whole.failures, []);
    assert!(whole.notes.iter().any(|note| note.issue.is_some()));
    for row in 0..facts.rows {
        let alone = facts.slice(row..row + 1);
        let alone = rule
            .score_chunk(&parameters, &alone, 200_000_000)
            .expect("it scores");
        assert_eq!(alone.totals[0], whole.totals[row]);
        let of_row = whole.notes.iter().filter(|note| note.row == row);
        let of_row: Vec<_> = of_row
            .map(|note| (note.message, note.value, note.issue))
            .collect();
        let own: Vec<_> = alone
            .notes
            .iter()
            .map(|note| (note.message, note.value, note.issue))
            .collect();
        assert_eq!(own, of_row, "row {row}");
    }
}
