//! The trial: rules that fail on a row that a district may have, and rules that look at what stands beside one.

use std::time::Duration;

use tidyward_rules::builtin::BUILTIN;
use tidyward_rules::component::assemble;
use tidyward_rules::gate::{Refusal, RefusalReason};
use tidyward_rules::host::Rule;
use tidyward_rules::trial::{Trial, TrialError, steady};

use crate::build::{MANIFEST, Parts, compile, rule};

/// The value where it is a usual one, and else five.
const USUAL: &str =
    "(select (local.get $value) (i64.const 5) (i64.lt_u (local.get $value) (i64.const 1000)))";

fn verdict(rule: &Rule) -> Result<(), Refusal> {
    let parameters = rule.manifest().parameters(&Default::default()).unwrap();
    match steady(&Trial::new(rule, &parameters, 2_000_000)) {
        Ok(()) => Ok(()),
        Err(TrialError::Refused(refusal)) => Err(refusal),
        Err(TrialError::Run(error)) => panic!("{error}"),
    }
}

fn refused(module: &str, row: &str, reason: RefusalReason, words: &[&str]) -> Refusal {
    let parts = Parts {
        module,
        row,
        ..Parts::default()
    };
    let refusal = verdict(&rule(&parts)).expect_err("it is refused");
    assert_eq!(refusal.reason, reason, "{refusal}");
    for words in words {
        assert!(refusal.message.contains(words), "{words:?}: {refusal}");
    }
    refusal
}

#[test]
fn the_rules_that_come_with_the_server_pass() {
    for builtin in BUILTIN {
        assert_eq!(verdict(&compile(builtin.bytes)), Ok(()), "{}", builtin.id);
    }
    let row = USUAL;
    let parts = Parts {
        row,
        ..Parts::default()
    };
    assert_eq!(verdict(&rule(&parts)), Ok(()));
}

#[test]
fn a_rule_that_fails_on_a_row_is_refused_with_the_simplest_such_row() {
    let fails = RefusalReason::FailsOnRow;
    let row = format!(
        "(if (result i64) (i64.ge_s (local.get $value) (i64.const 20)) (then unreachable) (else {USUAL}))"
    );
    let refusal = refused("", &row, fails, &["the rule gave up"]);
    assert!(refusal.place.unwrap().starts_with("metric.value = "));

    let row = format!(
        "(if (result i64) (i64.eq (local.get $value) (i64.const 0)) (then (i64.div_s (i64.const 1) (local.get $value))) (else {USUAL}))"
    );
    let refusal = refused("", &row, fails, &["divided by zero"]);
    assert_eq!(refusal.place.as_deref(), Some("metric.value = 0"));

    let row = format!(
        "(if (result i64) (i64.eq (local.get $value) (i64.const -9223372036854775808)) (then (loop $on (br $on)) (i64.const 0)) (else {USUAL}))"
    );
    let refusal = refused("", &row, fails, &["fuel"]);
    assert_eq!(refusal.place.as_deref(), Some("metric.value absent"));

    // More than the criterion's most.
    let refusal = refused("", "(i64.const 20000000)", fails, &[]);
    assert_eq!(refusal.place.as_deref(), Some("metric.value = 0"));
}

#[test]
fn a_rule_that_looks_beside_the_row_is_refused_with_the_other_row() {
    let depends = RefusalReason::DependsOnOthers;
    let own = "a row's score must come from its own facts";
    // How many rows there are.
    let row = "(i64.extend_i32_u (local.get $rows))";
    refused("", row, depends, &["alone a row is given value", own]);
    // Where the row stands.
    let row = "(i64.extend_i32_u (local.get $row))";
    refused("", row, depends, &["behind another row (metric.value", own]);
    // What came before: the largest so far.
    let module = "(global $most (mut i64) (i64.const 0))";
    let row = format!(
        "(block (result i64) (if (i64.gt_s {USUAL} (global.get $most)) (then (global.set $most {USUAL}))) (global.get $most))"
    );
    refused(module, &row, depends, &["behind another row", own]);
}

#[test]
fn a_rule_that_fails_without_rows_is_refused() {
    let module = r#"(module
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "tidyward:rules/scoring@1.0.0#score") (param i32) (result i32) unreachable))"#;
    let bytes = assemble(&wat::parse_str(module).unwrap(), MANIFEST).unwrap();
    let refusal = verdict(&compile(&bytes)).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::FailsOnRow);
    assert!(
        refusal.message.contains("a chunk without rows"),
        "{refusal}"
    );
    assert_eq!(refusal.place.as_deref(), Some("no rows"));
}

#[test]
fn a_rule_that_takes_too_long_for_all_rows_together_is_too_slow() {
    let row = USUAL;
    let rule = rule(&Parts {
        row,
        ..Parts::default()
    });
    let trial = Trial::new(&rule, &[], 2_000_000).within(Duration::ZERO);
    let Err(TrialError::Refused(refusal)) = steady(&trial) else {
        panic!("it has no time at all");
    };
    assert_eq!(refusal.reason, RefusalReason::TooSlow);
    assert!(refusal.message.contains("do less for a row"), "{refusal}");
}
