//! Rules that misbehave: only the rows that fail alone carry the error, and every failure has its kind and its words.

use std::time::Duration;

use tidyward_rules::host::{Host, HostSettings};
use tidyward_rules::points::ABSENT;
use tidyward_rules::score::{FailureKind, NO_STARS, RunError, RunSettings, Scores};

use crate::build::{BAD, HOST, Parts, component, facts, passes, rule};
use crate::build::{MANIFEST, RESULT};

const VALUES: [i64; 6] = [1, 2, BAD, 4, BAD, 6];

fn run(parts: &Parts, chunk_rows: usize) -> Result<Scores, RunError> {
    let settings = RunSettings {
        chunk_rows,
        threads: 2,
        fuel: 2_000_000,
    };
    rule(parts).score(&[], &facts(&VALUES), &settings, &|_| {})
}

/// The two bad rows fail in this way whatever the chunks, and the others are scored.
fn check(parts: &Parts, kind: FailureKind, words: &str) {
    for chunk_rows in [1, 4, 100] {
        let scores = run(parts, chunk_rows).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let failed: Vec<(usize, FailureKind)> = scores
            .failures
            .iter()
            .map(|failure| (failure.row, failure.kind))
            .collect();
        assert_eq!(failed, [(2, kind), (4, kind)], "{:?}", scores.failures);
        for failure in &scores.failures {
            assert!(
                failure.message.contains(words),
                "{words:?} is not in {:?}",
                failure.message
            );
        }
        assert_eq!(scores.items, [1, 2, ABSENT, 4, ABSENT, 6]);
        assert_eq!(scores.totals, scores.items);
        assert_eq!(scores.stars, [NO_STARS; 6]);
        assert_eq!(scores.notes, []);
    }
}

/// On a bad row something else happens than taking the value.
fn check_row(module: &str, otherwise: &str, kind: FailureKind, words: &str) {
    let row = format!(
        "(if (result i64) (i64.eq (local.get $value) (i64.const 7)) (then {otherwise}) (else (local.get $value)))"
    );
    check(
        &Parts {
            module,
            row: &row,
            ..Parts::default()
        },
        kind,
        words,
    );
}

fn check_result(when_bad: &str, kind: FailureKind, words: &str) {
    check(
        &Parts {
            when_bad,
            ..Parts::default()
        },
        kind,
        words,
    );
}

/// Overwrites a word of the result: 0 items, 2 stars, then the five lists of notes, pointer before length.
fn word(list: u32, part: u32, value: &str) -> String {
    format!(
        "(i32.store (i32.const {}) {value})",
        RESULT + 4 + 8 * list + 4 * part
    )
}

#[test]
fn a_trap_fails_its_row_alone() {
    check_row("", "unreachable", FailureKind::Panicked, "gave up");
}

#[test]
fn a_backtrace_names_the_function() {
    let module = "(func $lost_in_thought (result i64) unreachable)";
    check_row(
        module,
        "(call $lost_in_thought)",
        FailureKind::Panicked,
        "in lost_in_thought < score",
    );
}

#[test]
fn dividing_by_zero_and_reaching_outside_are_told_apart() {
    check_row(
        "",
        "(i64.div_s (local.get $value) (i64.const 0))",
        FailureKind::Arithmetic,
        "divided by zero",
    );
    check_row(
        "",
        "(i64.load (i32.const -8))",
        FailureKind::OutOfBounds,
        "outside its memory",
    );
}

#[test]
fn looping_for_ever_ends_with_the_fuel() {
    check_row(
        "",
        "(loop (result i64) (br 0))",
        FailureKind::OutOfFuel,
        "out of fuel",
    );
}

#[test]
fn eating_memory_ends_at_the_limit() {
    let eat = "(loop $more (drop (memory.grow (i32.const 1))) (br $more)) (unreachable)";
    check_row("", eat, FailureKind::OutOfMemory, "8388608 bytes of memory");
    let gulp = "(drop (memory.grow (i32.const 65000))) (local.get $value)";
    check_row(
        "",
        gulp,
        FailureKind::OutOfMemory,
        "8388608 bytes of memory",
    );
}

#[test]
fn deep_recursion_ends_at_the_stack() {
    let module =
        "(func $deep (param i64) (result i64) (i64.add (i64.const 1) (call $deep (local.get 0))))";
    check_row(
        module,
        "(call $deep (local.get $value))",
        FailureKind::StackOverflow,
        "too deep",
    );
}

#[test]
fn items_are_counted_and_held_to_their_range() {
    check_result(
        &word(0, 1, "(i32.sub (local.get $rows) (i32.const 1))"),
        FailureKind::ItemCount,
        "the rule gave 0 items and 1 rows",
    );
    check_row(
        "",
        "(i64.const 10000001)",
        FailureKind::ItemOutOfRange,
        "gave 1000.0001 for value, which goes from -1000.0000 to 1000.0000",
    );
    check_row(
        "",
        "(i64.const -10000001)",
        FailureKind::ItemOutOfRange,
        "gave -1000.0001 for value",
    );
}

#[test]
fn a_result_that_lies_nowhere_is_a_bad_result() {
    check_result(
        &word(0, 0, "(i32.const 0x7ffffff8)"),
        FailureKind::BadResult,
        "cannot be read",
    );
    check_result(
        &word(0, 0, "(i32.const 4097)"),
        FailureKind::BadResult,
        "cannot be read",
    );
    check_result(
        &word(0, 1, "(i32.const 0x0fffffff)"),
        FailureKind::BadResult,
        "cannot be read",
    );
    check_result(
        "(i32.store8 (i32.const 16) (i32.const 9))",
        FailureKind::BadResult,
        "cannot be read",
    );
    check_result(
        "(return (i32.const -16))",
        FailureKind::BadResult,
        "cannot be read",
    );
}

#[test]
fn stars_are_counted_and_held_to_their_range() {
    check_result(
        &word(1, 1, "(i32.const 0)"),
        FailureKind::StarsCount,
        "gave 0 stars entries for 1 rows",
    );
    check_result(
        "(i32.store8 (local.get $stars) (i32.const 8))",
        FailureKind::StarsOutOfRange,
        "gave 8 stars",
    );
}

#[test]
fn notes_point_at_rows_criteria_and_messages_that_are_there() {
    // Zeroed memory from 512 on serves as all five lists: row 0, criterion 0, message 0, value 0, issue 0.
    let notes = |count: u32| -> String {
        (2..7)
            .map(|list| {
                word(list, 0, "(i32.const 512)") + &word(list, 1, &format!("(i32.const {count})"))
            })
            .collect()
    };
    let no_issue = word(6, 0, "(i32.const 600)")
        + "(memory.fill (i32.const 600) (i32.const 255) (i32.const 128))";
    let with = |list: u32| notes(1) + &no_issue + &word(list, 0, "(i32.const 600)");
    check_result(&with(2), FailureKind::BadNote, "on row 4294967295 of 1");
    check_result(
        &with(3),
        FailureKind::BadNote,
        "on criterion 4294967295 of 1",
    );
    check_result(&with(4), FailureKind::BadNote, "message 4294967295 of 1");
    check_result(
        &notes(1),
        FailureKind::BadNote,
        "points at issue 0, and its row has none",
    );
    check_result(
        &(notes(1) + &no_issue + &word(3, 1, "(i32.const 2)")),
        FailureKind::BadNote,
        "differ in length",
    );
    check_result(
        &(notes(17) + &no_issue),
        FailureKind::TooManyNotes,
        "more than 16 notes",
    );
}

#[test]
fn a_rule_that_declines_fails_the_run_with_its_words() {
    let decline = |case: u32| {
        format!(
            "(i32.store8 (i32.const 16) (i32.const 1)) (i32.store8 (i32.const 20) (i32.const {case}))"
        )
    };
    let declined = |case: u32| {
        run(
            &Parts {
                when_bad: &decline(case),
                ..Parts::default()
            },
            2,
        )
        .expect_err("the run fails")
    };
    assert_eq!(declined(0), RunError::BadParameters);
    assert_eq!(
        declined(0).to_string(),
        "the rule refuses its parameters (bad-parameters); set other values when activating it"
    );
    assert_eq!(declined(1), RunError::Unsupported);
    assert_eq!(
        declined(1).to_string(),
        "the rule cannot score this (unsupported); use a version of it that can"
    );
}

#[test]
fn nothing_is_carried_from_one_chunk_to_the_next() {
    // The item counts the rows that this instance has seen, once in a global and once in memory.
    let in_global =
        "(global.set $seen (i64.add (global.get $seen) (i64.const 1))) (global.get $seen)";
    let in_memory = "(i64.store (i32.const 800) (i64.add (i64.load (i32.const 800)) (i64.const 1))) (i64.load (i32.const 800))";
    for body in [in_global, in_memory] {
        let row = format!("(block (result i64) {body})");
        let parts = Parts {
            module: "(global $seen (mut i64) (i64.const 0))",
            row: &row,
            ..Parts::default()
        };
        assert_eq!(run(&parts, 1).expect("it runs").items, [1; 6]);
        assert_eq!(run(&parts, 4).expect("it runs").items, [1, 2, 3, 4, 1, 2]);
    }
}

#[test]
fn the_clock_never_makes_a_score() {
    let settings = HostSettings {
        tick: Duration::from_millis(1),
        call_limit: Duration::ZERO,
        attempts: 2,
        ..HostSettings::default()
    };
    let host = Host::new(settings).expect("the host starts");
    let parts = Parts {
        row: "(loop (result i64) (br 0))",
        ..Parts::default()
    };
    let rule = host
        .compile(&passes(&component(&parts, MANIFEST)))
        .expect("the rule compiles");
    drop(host);
    let endless = RunSettings {
        fuel: u64::MAX / 4,
        ..RunSettings::default()
    };
    let error = rule
        .score(&[], &facts(&VALUES), &endless, &|_| {})
        .expect_err("the run fails");
    assert_eq!(error, RunError::Timeout);
    assert!(
        error.to_string().contains("run the review again"),
        "{error}"
    );
}

#[test]
fn columns_that_do_not_fit_are_refused_before_the_rule_runs() {
    let rule = rule(&Parts::default());
    let error = |parameters: &[i64], rows: usize| {
        let facts = tidyward_rules::score::Facts {
            rows,
            inputs: vec![1, 2],
            ..Default::default()
        };
        rule.score(parameters, &facts, &RunSettings::default(), &|_| {})
            .expect_err("the run fails")
            .to_string()
    };
    assert_eq!(
        error(&[], 3),
        "the facts do not fit the rule: 3 rows of 1 inputs cannot have 2 values"
    );
    assert_eq!(
        error(&[1], 2),
        "the facts do not fit the rule: the rule has 0 parameters and was given 1"
    );
    assert_eq!(
        error(&[], usize::MAX),
        format!(
            "the facts do not fit the rule: {} rows of 1 inputs cannot have 2 values",
            usize::MAX
        )
    );
}

#[test]
fn no_rows_and_one_chunk_at_a_time() {
    let rule = rule(&Parts::default());
    let empty = rule
        .score(&[], &facts(&[]), &RunSettings::default(), &|_| {})
        .expect("it runs");
    assert_eq!(
        (empty.rows, empty.items.len(), empty.totals.len()),
        (0, 0, 0)
    );
    let all = facts(&VALUES);
    let whole = rule.score_chunk(&[], &all, 2_000_000).expect("it runs");
    let parts = [0..2, 2..6].map(|rows| {
        rule.score_chunk(&[], &all.slice(rows), 2_000_000)
            .expect("it runs")
    });
    let joined = Scores::join(parts.to_vec());
    assert_eq!((joined.items, joined.totals), (whole.items, whole.totals));
    assert_eq!(joined.fuel.len(), 2);
}

#[test]
fn a_rule_outlives_the_handle_of_its_host_and_says_what_runs_it() {
    let rule = rule(&Parts::default());
    assert_eq!(
        rule.digest(),
        passes(&component(&Parts::default(), MANIFEST)).digest
    );
    assert_eq!(format!("{rule:?}"), "Rule(test@1.0.0)");
    assert_eq!(HOST.configuration().len(), 16);
}
