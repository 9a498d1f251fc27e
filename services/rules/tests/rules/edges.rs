//! The edges at which a rule's result must not depend on the machine: the last unit of fuel, and NaNs.

use tidyward_rules::score::{FailureKind, Scores};

use crate::build::{MANIFEST, Parts, facts, rule, rule_with};

#[test]
fn a_rule_with_exactly_the_fuel_it_needs_is_scored_and_with_one_unit_less_it_is_not() {
    let parts = Parts {
        module: "(func $turns (param i64) (result i64)
            (loop $on (br_if $on (i64.gt_s (local.tee 0 (i64.sub (local.get 0) (i64.const 1))) (i64.const 0))))
            (i64.const 10000))",
        row: "(call $turns (local.get $value))",
        ..Parts::default()
    };
    let rule = rule(&parts);
    for turns in [1, 10, 1_000, 100_000] {
        let with = |fuel: u64| -> Scores {
            let scores = rule.score_chunk(&[], &facts(&[turns]), fuel);
            scores.expect("it runs")
        };
        let (mut enough, mut too_little) = (with(200_000_000).fuel[0], 0);
        while enough - too_little > 1 {
            let middle = (enough + too_little) / 2;
            match with(middle).failures.is_empty() {
                true => enough = middle,
                false => too_little = middle,
            }
        }
        for more in 0..20 {
            assert_eq!(with(enough + more).items, [10_000], "{turns} turns");
            let Some(fuel) = too_little.checked_sub(more) else {
                continue;
            };
            let short = with(fuel);
            let kinds: Vec<FailureKind> = short.failures.iter().map(|one| one.kind).collect();
            assert_eq!(kinds, [FailureKind::OutOfFuel], "{turns} turns");
        }
    }
}

#[test]
fn what_arithmetic_makes_of_a_nan_has_no_payload_and_no_sign() {
    let ieee = MANIFEST.replace("inputs =", "floats = \"ieee\"\ninputs =");
    for nan in [
        "(f64.add (f64.const nan:0x1234567) (f64.convert_i64_s (local.get $value)))",
        "(f64.div (f64.const -0) (f64.convert_i64_s (i64.sub (local.get $value) (local.get $value))))",
        "(f64.sqrt (f64.const -1))",
        "(f64.mul (f64.const -nan:0xfffffffffffff) (f64.const 2))",
    ] {
        // All its bits but those that every NaN has.
        let row = format!(
            "(i64.rem_u (i64.xor (i64.const 0x7ff8000000000000) (i64.reinterpret_f64 {nan})) (i64.const 1000003))"
        );
        let parts = Parts {
            row: &row,
            ..Parts::default()
        };
        let rule = rule_with(&parts, &ieee);
        let scores = rule.score_chunk(&[], &facts(&[1, 2, 3]), 1_000_000);
        assert_eq!(scores.expect("it runs").items, [0; 3], "{nan}");
    }
}
