//! Rates against the facts, and groups against the whole.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::{
    days::{self, Cut, Days},
    sums::{Group, Pool, Row, Scope},
    table::{Column, Figure, RATES},
};
use crate::facts::{
    effective::Closings,
    measure::{Counts, Measure, TABLE},
    replay::Window,
    tests::life::{self, Life},
};

/// Longer than any life that is made up.
const WINDOW: Window = Window { start: 20, end: 60 };

fn pooled(lives: &[Life], scope: Scope, group: Group, windows: &[Window]) -> Vec<Row> {
    let keys = match group {
        Group::Time => (0..windows.len())
            .map(|index| format!("{index:03}"))
            .collect(),
        _ => Vec::new(),
    };
    let mut pool = Pool::new(
        Closings::default(),
        scope,
        group,
        keys,
        vec![windows.to_vec()],
    );
    for entry in &life::entries(lives) {
        pool.push(entry);
    }
    pool.finish()
}

fn sum(rows: &[Row]) -> Counts {
    let mut sum = Counts::default();
    for row in rows {
        sum.add(&row.counts[0]);
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn groups_add_up_to_all_of_them(lives in life::lives()) {
        let together = sum(&pooled(&lives, Scope::default(), Group::Together, &[WINDOW]));
        let areas = ["g0", "g1", "g2"].map(|grid| (grid.to_owned(), "town".to_owned()));
        let sources = (0..3).map(|issue| (issue, format!("source {issue}")));
        let officers = (0..6).map(|round| ((round % 3, round as i32 % 2 + 1), format!("officer {round}")));
        let groups = [
            Group::Area(HashMap::from(areas)),
            Group::Category,
            Group::Issue(sources.collect()),
            Group::Round(officers.collect()),
        ];
        for group in groups {
            let rows = pooled(&lives, Scope::default(), group.clone(), &[WINDOW]);
            prop_assert_eq!(sum(&rows), together, "{:?}", group);
            let keys: HashSet<&str> = rows.iter().map(|row| row.key.as_str()).collect();
            prop_assert_eq!(keys.len(), rows.len(), "each key comes once");
            prop_assert!(rows.is_sorted_by(|a, b| a.key < b.key));
        }
    }

    #[test]
    fn a_day_is_a_period_of_its_own_and_moves_of_days_add_up(lives in life::lives()) {
        let days: Vec<Window> = (20..60).step_by(4).map(|start| Window { start, end: start + 4 }).collect();
        let rows = pooled(&lives, Scope::default(), Group::Time, &days);
        prop_assert_eq!(rows.len(), days.len());
        for (row, day) in rows.iter().zip(&days) {
            let alone = sum(&pooled(&lives, Scope::default(), Group::Together, &[*day]));
            prop_assert_eq!(row.counts[0], alone, "{:?}", day);
        }
        let all = sum(&pooled(&lives, Scope::default(), Group::Together, &[WINDOW]));
        for measure in [Measure::Reported, Measure::Filed, Measure::Checks, Measure::Forced, Measure::Merged] {
            prop_assert_eq!(sum(&rows).of(measure), all.of(measure), "{:?}", measure);
        }
    }

    #[test]
    fn a_scope_counts_its_grids_and_categories_and_no_others(lives in life::lives()) {
        let set = |code: &str| Some(HashSet::from([code.to_owned()]));
        let scope = Scope { grids: set("g0"), categories: None };
        let there: Vec<Life> = lives.iter().filter(|life| life.grid.as_deref() == Some("g0")).cloned().collect();
        let scoped = pooled(&lives, scope, Group::Together, &[WINDOW]);
        prop_assert_eq!(sum(&scoped), sum(&pooled(&there, Scope::default(), Group::Together, &[WINDOW])));
        let scope = Scope { grids: None, categories: set("c") };
        let scoped = pooled(&lives, scope, Group::Together, &[WINDOW]);
        let grouped = pooled(&lives, Scope::default(), Group::Category, &[WINDOW]);
        let of_c: Vec<Row> = grouped.into_iter().filter(|row| row.key == "c").collect();
        prop_assert_eq!(sum(&scoped), sum(&of_c));
    }

    #[test]
    fn a_rate_is_rounded_half_away_from_zero_and_absent_on_no_base(above in 0_i64..300, below in 0_i64..300) {
        let mut counts = Counts::default();
        for _ in 0..above {
            counts.note(Measure::ChecksFailed, true);
        }
        for _ in 0..below {
            counts.note(Measure::Checks, true);
        }
        let figure = Column::find("rework_rate").unwrap().figure(&counts);
        prop_assert_eq!((figure.numerator, figure.denominator), (above, Some(below)));
        match figure.rate {
            None => prop_assert_eq!(below, 0),
            // 2 |rate x below - 10,000 x above| is at most `below`, and the half goes up.
            Some(rate) => {
                let twice = 2 * (rate * below - 10_000 * above);
                prop_assert!(-below < twice && twice <= below, "{} of {} is {}", above, below, rate);
            }
        }
    }
}

#[test]
fn every_rate_and_count_is_found_by_its_name_and_says_what_it_is_made_of() {
    for rate in &RATES {
        let column = Column::find(rate.name).unwrap();
        assert_eq!(column.name(), rate.name);
        assert!(!column.numerator().is_empty() && column.denominator().is_some());
        let nothing = column.figure(&Counts::default());
        assert_eq!(
            (nothing.numerator, nothing.denominator, nothing.rate),
            (0, Some(0), None)
        );
    }
    for row in &TABLE {
        let column = Column::find(row.last()).unwrap();
        assert_eq!(
            (column.name(), column.denominator()),
            (row.last(), None),
            "{}",
            row.fact
        );
        assert!(!column.title().0.is_empty() && !column.title().1.is_empty());
    }
    let of = |name: &str| {
        let column = Column::find(name).unwrap();
        (column.numerator(), column.denominator().unwrap())
    };
    let texts = |above: &str, below: &str| (above.to_owned(), below.to_owned());
    assert_eq!(of("close_rate"), texts("closed", "due - due_suspended"));
    assert_eq!(
        of("handled_on_time_rate"),
        texts(
            "handled_on_time",
            "due - due_suspended - due_without_handling_deadline"
        )
    );
    assert_eq!(of("own_share"), texts("own.reported", "reported"));
    assert_eq!(
        of("false_close_rate"),
        texts("false_close", "closed + on_spot")
    );
    assert!(Column::find("issues.due").is_none() && Column::find("").is_none());
}

#[test]
fn the_base_leaves_out_what_is_suspended_and_what_cannot_be_on_time() {
    let mut counts = Counts::default();
    let times = [
        (Measure::Due, 12),
        (Measure::DueSuspended, 2),
        (Measure::Closed, 8),
        (Measure::HandledOnTime, 6),
        (Measure::Unhandled, 1),
    ];
    for (measure, times) in times {
        for _ in 0..times {
            counts.note(measure, true);
        }
    }
    let figure = |name: &str| Column::find(name).unwrap().figure(&counts);
    let is = |numerator: i64, denominator: i64, rate: i64| Figure {
        numerator,
        denominator: Some(denominator),
        rate: Some(rate),
    };
    assert_eq!(figure("close_rate"), is(8, 10, 8_000));
    assert_eq!(figure("handled_on_time_rate"), is(6, 9, 6_667));
    assert_eq!(figure("due").numerator, 12);
}

fn span(first: &str, last: &str) -> Days {
    Days {
        first: days::parse("first_day", first).unwrap(),
        last: days::parse("last_day", last).unwrap(),
    }
}

#[test]
fn days_are_compared_with_as_many_before_and_with_those_of_the_year_before() {
    let quarter = span("2026-01-01", "2026-03-31");
    assert_eq!(quarter.count(), 90);
    assert_eq!(quarter.earlier(90), span("2025-10-03", "2025-12-31"));
    assert_eq!(quarter.year_before(), span("2025-01-01", "2025-03-31"));
    let leap = span("2024-02-29", "2024-02-29");
    assert_eq!(leap.year_before(), span("2023-02-28", "2023-02-28"));
    assert_eq!(leap.earlier(1), span("2024-02-28", "2024-02-28"));
    let period = |first: &str, last: &str| span(first, last).period().map(|one| one.to_string());
    assert_eq!(
        period("2026-01-01", "2026-03-31").as_deref(),
        Some("2026-q1")
    );
    assert_eq!(
        period("2026-02-01", "2026-02-28").as_deref(),
        Some("2026-02")
    );
    assert_eq!(period("2026-02-01", "2026-03-31"), None);
}

#[test]
fn weeks_are_named_by_their_monday_and_cut_at_the_ends() {
    let cut = |first: &str, last: &str, by: Cut| -> Vec<(String, String, String)> {
        let parts = span(first, last).cut(by).into_iter();
        parts
            .map(|(name, part)| (name, part.first.to_string(), part.last.to_string()))
            .collect()
    };
    let row =
        |name: &str, first: &str, last: &str| (name.to_owned(), first.to_owned(), last.to_owned());
    // 14 February 2026 is a Saturday.
    assert_eq!(
        cut("2026-02-14", "2026-02-24", Cut::Week),
        [
            row("2026-02-09", "2026-02-14", "2026-02-15"),
            row("2026-02-16", "2026-02-16", "2026-02-22"),
            row("2026-02-23", "2026-02-23", "2026-02-24"),
        ]
    );
    assert_eq!(
        cut("2025-12-31", "2026-02-01", Cut::Month),
        [
            row("2025-12", "2025-12-31", "2025-12-31"),
            row("2026-01", "2026-01-01", "2026-01-31"),
            row("2026-02", "2026-02-01", "2026-02-01"),
        ]
    );
    assert_eq!(cut("2026-02-28", "2026-03-01", Cut::Day).len(), 2);
}

#[test]
fn a_day_is_written_in_one_way() {
    for text in [
        "2026-1-1",
        "20260101",
        "2026-01-01T00:00:00",
        "2026-02-30",
        "1899-12-31",
        "2201-01-01",
        "",
    ] {
        assert!(days::parse("first_day", text).is_err(), "{text}");
    }
}
