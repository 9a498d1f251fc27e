//! What must hold for all facts: results do not depend on chunks, threads or neighbours, and totals follow their algebra.

use proptest::prelude::*;
use std::sync::LazyLock;

use tidyward_rules::builtin::BUILTIN;
use tidyward_rules::host::Rule;
use tidyward_rules::manifest::Manifest;
use tidyward_rules::points::ABSENT;
use tidyward_rules::score::{Facts, RunSettings, Scores};

use crate::build::{MANIFEST, Parts, compile, rule};

static STANDARD: LazyLock<Rule> = LazyLock::new(|| {
    let builtin = BUILTIN
        .iter()
        .find(|builtin| builtin.id == "standard")
        .expect("the rule is embedded");
    compile(builtin.bytes)
});

/// Takes the value, and traps on some and leaves the range on others.
static MOODY: LazyLock<Rule> = LazyLock::new(|| {
    let row =
        "(if (result i64) (i64.eq (i64.rem_s (local.get $value) (i64.const 11)) (i64.const 7))
        (then unreachable) (else (i64.mul (local.get $value) (i64.const 100000))))";
    rule(&Parts {
        row,
        ..Parts::default()
    })
});

fn fact() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => 0_i64..60,
        2 => Just(ABSENT),
        1 => prop_oneof![Just(i64::MAX), Just(ABSENT + 1), Just(-1), 0_i64..1_000_000_000],
    ]
}

fn facts(inputs: usize) -> impl Strategy<Value = Facts> {
    (1_usize..40).prop_flat_map(move |rows| {
        prop::collection::vec(fact(), rows * inputs).prop_map(move |inputs| Facts {
            rows,
            inputs,
            ..Facts::default()
        })
    })
}

/// All of a result but the fuel, which is told for each chunk.
fn run(rule: &Rule, facts: &Facts, chunk_rows: usize, threads: usize) -> Scores {
    let settings = RunSettings {
        chunk_rows,
        threads,
        ..RunSettings::default()
    };
    let mut scores = rule
        .score(&[], facts, &settings, &|_| {})
        .expect("the rule scores");
    scores.fuel.clear();
    scores
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn chunks_and_threads_change_nothing(facts in facts(21), chunk_rows in 1_usize..50, threads in 1_usize..5) {
        let whole = run(&STANDARD, &facts, 4_096, 1);
        prop_assert_eq!(&whole.failures, &[]);
        prop_assert_eq!(whole, run(&STANDARD, &facts, chunk_rows, threads));
    }

    #[test]
    fn failed_rows_are_the_same_in_any_chunks(facts in facts(1), chunk_rows in 1_usize..50, threads in 1_usize..5) {
        let whole = run(&MOODY, &facts, 4_096, 1);
        prop_assert_eq!(whole, run(&MOODY, &facts, chunk_rows, threads));
    }

    #[test]
    fn neighbours_mean_nothing(facts in facts(21), row in 0_usize..40) {
        let row = row % facts.rows;
        let whole = run(&STANDARD, &facts, 4_096, 1);
        let alone = run(&STANDARD, &facts.slice(row..row + 1), 4_096, 1);
        prop_assert_eq!(alone.totals[0], whole.totals[row]);
        prop_assert_eq!(alone.stars[0], whole.stars[row]);
        for criterion in 0..6 {
            prop_assert_eq!(alone.item(criterion, 0), whole.item(criterion, row));
        }
    }
}

fn manifest(normalise: bool) -> Manifest {
    let criterion = "min = \"0\"\ntitle = { zh = \"项\", en = \"Item\" }\nclause = \"An item.\"\n";
    let (head, _) = MANIFEST
        .split_once("[[criteria]]")
        .expect("the test's manifest has criteria");
    let head = head.replace(
        "min = \"-1000\", max = \"1000\"",
        "min = \"0\", max = \"100\"",
    );
    let source = format!(
        "{head}normalise = {normalise}\n[[criteria]]\nid = \"a\"\nmax = \"40\"\nrequired = true\n{criterion}\
         [[criteria]]\nid = \"b\"\nmax = \"30\"\n{criterion}[[criteria]]\nid = \"c\"\nmax = \"30\"\n{criterion}"
    );
    Manifest::parse(&source, &|_| true).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn item(max: i64) -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0..=max, 1 => Just(ABSENT)]
}

proptest! {
    #[test]
    fn totals_follow_their_algebra(a in item(400_000), b in item(300_000), c in item(300_000), normalise: bool) {
        let manifest = manifest(normalise);
        let total = manifest.total(&[a, b, c]);
        prop_assert_eq!(total == ABSENT, a == ABSENT);
        if total != ABSENT {
            prop_assert!((0..=1_000_000).contains(&total));
            // Criteria of one size may change places, and more points never make less.
            prop_assert_eq!(total, manifest.total(&[a, c, b]));
            prop_assert!(manifest.total(&[400_000, b, c]) >= total);
            let present: i128 = [a, b, c].iter().filter(|item| **item != ABSENT).map(|item| i128::from(*item)).sum();
            let attainable: i128 = [(a, 40), (b, 30), (c, 30)].iter().filter(|(item, _)| *item != ABSENT).map(|(_, max)| max).sum();
            let exact_twice = if normalise { 2 * 100 * present } else { 2 * present * attainable };
            // Never further from the exact value than half a unit.
            prop_assert!((2 * i128::from(total) * attainable - exact_twice).abs() <= attainable);
        }
    }
}
