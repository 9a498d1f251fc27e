//! Means over a town of two communities, and what stands in their way.

use proptest::prelude::*;
use tidyward_rules::score::{FailureKind, Note, RowFailure};

use super::*;
use crate::facts::{FactColumn, FactRow};

const MANIFEST: &str = r#"
id = "mean"
version = "1.0.0"
title = { zh = "均值", en = "Mean" }
direction = "higher-is-better"
range = { min = "0", max = "100" }
rollup = "mean"
weight = "grid.households"
inputs = ["issues.closed"]
[[criteria]]
id = "closed"
min = "0"
max = "100"
title = { zh = "结案", en = "Closed" }
clause = "A point for each."
[[stars]]
stars = 5
at_least = "50"
[[stars]]
stars = 1
at_least = "0"
"#;

fn manifest() -> Manifest {
    Manifest::parse(MANIFEST, &|_| true).unwrap()
}

/// A subdistrict of two communities, the first of three grids, the second of one, and a grid right below the subdistrict.
fn town(households: [i64; 5]) -> PeriodFacts {
    let rows = [
        ("C1", 2, Some(7)),
        ("C2", 2, Some(7)),
        ("G1", 3, Some(0)),
        ("G2", 3, Some(0)),
        ("G3", 3, Some(0)),
        ("G4", 3, Some(1)),
        ("G5", 3, Some(7)),
        ("S", 1, None),
    ];
    let mut values = vec![ABSENT; rows.len()];
    values[2..7].copy_from_slice(&households);
    PeriodFacts {
        period: "2013-q3".into(),
        rows: rows
            .iter()
            .map(|(code, level, parent)| FactRow {
                code: (*code).into(),
                level: *level,
                peer_group: String::new(),
                parent: *parent,
            })
            .collect(),
        columns: vec![FactColumn {
            name: "grid.households".into(),
            values,
        }],
    }
}

/// What the rule gave: to the grids these totals, to all above the grids 99 points, which nobody may see.
fn given(grids: [i64; 5]) -> Scores {
    let mut totals = vec![990_000; 8];
    totals[2..7].copy_from_slice(&grids);
    Scores {
        rows: 8,
        items: totals.clone(),
        stars: vec![3; 8],
        totals,
        ..Scores::default()
    }
}

#[test]
fn the_mean_is_over_the_grids_however_far_below_and_rounded_once() {
    let facts = town([1, 2, 3, 10, 4]);
    let scores = given([100_000, 200_001, 300_000, 1_000_000, 50_000]);
    let rolled = rolled_up(&manifest(), &facts, &scores).unwrap();
    // (1 * 100,000 + 2 * 200,001 + 3 * 300,000) / 6 = 233,333.67
    assert_eq!(rolled.totals[0], 233_334);
    assert_eq!(rolled.totals[1], 1_000_000);
    // Of all five, and not of the communities' rounded means: 11,600,002 / 20.
    assert_eq!(rolled.totals[7], 580_000);
    assert_eq!(rolled.totals[2..7], scores.totals[2..7]);
    assert_eq!(rolled.items[..2], [ABSENT, ABSENT]);
    assert_eq!(rolled.items[2..7], scores.items[2..7]);
    assert_eq!(
        (rolled.stars[0], rolled.stars[1], rolled.stars[7]),
        (1, 5, 5)
    );
}

#[test]
fn a_grid_without_a_score_needs_no_weight_and_one_with_a_score_does() {
    let scores = given([100_000, ABSENT, 300_000, ABSENT, 0]);
    let rolled = rolled_up(&manifest(), &town([1, ABSENT, 1, 7, 0]), &scores).unwrap();
    assert_eq!((rolled.totals[0], rolled.totals[1]), (200_000, ABSENT));
    assert_eq!(rolled.stars[1], NO_STARS);
    // A grid where nobody lives weighs nothing.
    assert_eq!(rolled.totals[7], 200_000);
    for wrong in [ABSENT, -1] {
        let error = rolled_up(&manifest(), &town([1, 5, wrong, 7, 0]), &scores).unwrap_err();
        assert_eq!(error.grid, "G3");
        assert!(error.to_string().contains("no grid.households"), "{error}");
    }
    let mut without = town([1; 5]);
    without.columns.clear();
    assert!(rolled_up(&manifest(), &without, &scores).is_err());
}

#[test]
fn what_the_rule_said_of_the_levels_above_is_left_out() {
    let note = |row| Note {
        row,
        criterion: 0,
        message: 0,
        value: 1,
        issue: None,
    };
    let failure = |row| RowFailure {
        row,
        kind: FailureKind::Panicked,
        message: "gave up".into(),
    };
    let scores = Scores {
        notes: vec![note(0), note(3)],
        failures: vec![failure(1), failure(4)],
        ..given([ABSENT; 5])
    };
    let rolled = rolled_up(&manifest(), &town([1; 5]), &scores).unwrap();
    assert_eq!(rolled.notes, [note(3)]);
    assert_eq!(rolled.failures, [failure(4)]);
}

#[test]
fn a_rule_that_takes_the_facts_of_each_level_is_left_as_it_is() {
    let text = MANIFEST.replace("rollup = \"mean\"\nweight = \"grid.households\"\n", "");
    let manifest = Manifest::parse(&text, &|_| true).unwrap();
    let scores = given([1; 5]);
    let rolled = rolled_up(&manifest, &town([ABSENT; 5]), &scores).unwrap();
    assert_eq!(*rolled, scores);
}

proptest! {
    /// Between the lowest and the highest of the grids, the same whatever unit the weight is in, and no overflow.
    #[test]
    fn means_are_means(
        totals in prop::array::uniform5(0_i64..=1_000_000),
        households in prop::array::uniform5(1_i64..=1_000_000_000_000),
        unit in 1_i64..1_000,
    ) {
        let given = given(totals);
        let rolled = rolled_up(&manifest(), &town(households), &given).unwrap();
        let of_all = rolled.totals[7];
        prop_assert!(of_all >= *totals.iter().min().unwrap() && of_all <= *totals.iter().max().unwrap());
        let finer = rolled_up(&manifest(), &town(households.map(|one| one * unit)), &given).unwrap();
        prop_assert_eq!(&rolled.totals, &finer.totals);
    }
}
