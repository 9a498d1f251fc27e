//! The replay against a model that walks through time step by step, and against a real city's quarter.

mod cases;
mod city;
mod families;
pub mod life;
mod model;
mod recount;
mod rounds;
mod walk;

use proptest::prelude::*;
use tidyward_kit::fact::ABSENT;

use super::{
    columns::{AreaRow, Columns},
    effective::{Closing, Closings},
    measure::Measure,
    replay::{Moved, Window},
    tree::Tree,
    whole::Report,
    *,
};
use crate::event::{Kind, Marks};
use model::PERIOD;

/// Counts the rows up to the watermark, and gathers their rounds.
fn tally(entries: Vec<Entry<'_>>, window: Window, closings: Closings, watermark: i64) -> Counted {
    let grids = (0..4).map(|index| (format!("g{index}"), index)).collect();
    let tally = Tally::new(window, closings, grids, [String::from("declared")]);
    let mut tally = tally.with_rounds();
    for entry in entries {
        if entry.number <= watermark {
            tally.push(&entry);
        }
    }
    tally.finish()
}

fn period(index: i64) -> Window {
    Window {
        start: index * PERIOD,
        end: (index + 1) * PERIOD,
    }
}

/// Every measure, those that are no facts too.
fn all() -> impl Iterator<Item = Measure> {
    let facts = measure::TABLE.iter().map(|row| row.measure);
    facts.chain([
        Measure::Unhandled,
        Measure::Untotalled,
        Measure::OwnReported,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_replay_counts_what_a_walk_through_time_counts(histories in model::histories(), late in model::closing_delays(), index in 0_i64..model::PERIODS) {
        let closings = model::closings(&model::entries(&histories), &late);
        let entries = model::entries(&histories);
        let told = tally(entries, period(index), Closings::new(closings.clone()), i64::MAX).sums.city;
        let walked = model::walk(&histories, &closings, period(index), i64::MAX);
        for measure in all() {
            prop_assert_eq!(told.of(measure), walked[measure as usize], "{:?}", measure);
        }
    }

    /// Each period is counted as it is when it is closed, as a review does.
    #[test]
    fn a_round_is_due_in_one_period_and_then_in_the_backlog_until_it_ends(histories in model::histories(), late in model::closing_delays()) {
        let closings = model::closings(&model::entries(&histories), &late);
        for one in &histories {
            let alone = std::slice::from_ref(one);
            let mut due = 0;
            let mut left = 0;
            for (index, closing) in (0..).zip(&closings) {
                let known = Closings::new(closings[..index].to_vec());
                let city = tally(model::entries(alone), period(index as i64), known, closing.watermark).sums.city;
                prop_assert_eq!(city.of(Measure::BacklogStart), left, "the backlog goes on from period to period");
                let ended = city.of(Measure::BacklogStart) - city.of(Measure::BacklogOpen);
                prop_assert!(city.of(Measure::BacklogClosed) <= ended);
                left = city.of(Measure::OverdueOpen) + city.of(Measure::BacklogOpen);
                due += city.of(Measure::Due);
            }
            let last = closings.last().unwrap();
            let whole = Window { start: 0, end: last.end };
            let known = Closings::new(closings[..closings.len() - 1].to_vec());
            let all = tally(model::entries(alone), whole, known, last.watermark).sums.city;
            prop_assert_eq!(due, all.of(Measure::Due), "in one period, neither in two nor in none");
        }
    }

    #[test]
    fn a_parent_is_the_sum_of_its_children_and_a_city_of_its_categories(histories in model::histories(), index in 0_i64..model::PERIODS) {
        let tally = tally(model::entries(&histories), period(index), Closings::default(), i64::MAX);
        let begun = tally.sums.begun;
        let quarter = "2013-q3".parse().unwrap();
        let columns: HashMap<String, Vec<i64>> =
            Columns::new(model::rows(), quarter, tally, &Tree::default()).map(|column| (column.name, column.values)).collect();
        prop_assert_eq!(columns.contains_key("issues.due"), begun, "absent while the ledger is empty");
        let of = |name: &str| columns.get(name).cloned();
        for (name, values) in columns.iter().filter(|column| column.0.starts_with("issues.")) {
            // Rows: g0 and g1 under the community, g2 and g3 under the subdistrict above it, and a lone community.
            let (grids, above) = values.split_at(4);
            let sum = |grids: &[i64]| grids.iter().filter(|value| **value != ABSENT).copied().reduce(|a, b| a + b).unwrap_or(ABSENT);
            prop_assert_eq!(above[0], sum(&grids[..2]), "{}", name);
            prop_assert_eq!(above[1], sum(&[above[0], grids[2], grids[3]]), "{}", name);
            prop_assert_eq!(above[2], ABSENT, "{}", name);
        }
        if let Some(reported) = of("issues.reported") {
            let parts = ["a", "b"].map(|code| of(&format!("issues.{code}.reported")).unwrap_or_else(|| vec![0; 7]));
            for row in 0..4 {
                prop_assert_eq!(reported[row], parts[0][row] + parts[1][row]);
            }
            prop_assert_eq!(&of("issues.declared.due").unwrap()[..4], [0; 4]);
            prop_assert_eq!(of("issues.due_suspended").unwrap()[..4].to_vec(), vec![0; 4]);
        }
    }
}

fn moved(kind: Kind, at: i64) -> Moved {
    let round = i32::from(!matches!(kind, Kind::Reported | Kind::Merged));
    Moved {
        kind,
        round,
        at,
        handling_deadline: None,
        total_deadline: None,
        marks: Marks::default(),
        category: None,
        worked_minutes: None,
        until: None,
    }
}

/// The move as a row that was recorded when it happened.
fn entry(issue: i64, number: i64, moved: Moved, report: Option<Report<'_>>) -> Entry<'_> {
    Entry {
        issue,
        kind: moved.kind,
        round: moved.round,
        occurred_at: moved.at,
        recorded_at: moved.at,
        number,
        handling_deadline: moved.handling_deadline,
        total_deadline: moved.total_deadline,
        marks: moved.marks,
        worked_minutes: moved.worked_minutes,
        until: moved.until,
        category: None,
        report,
    }
}

/// What the moves of an issue come to, without what is no news.
fn counted(moves: &[Moved], window: (i64, i64)) -> Vec<(Measure, i64)> {
    let (start, end) = window;
    let mut replay = Replay::default();
    replay.count(moves, Window { start, end });
    let mut counts = Counts::default();
    for part in &replay.parts {
        counts.add(&part.counts);
    }
    all()
        .map(|measure| (measure, counts.of(measure)))
        .filter(|pair| pair.1 > 0)
        .collect()
}

fn dispatched(at: i64, handling: i64, total: i64) -> Vec<Moved> {
    vec![
        moved(Kind::Reported, at),
        Moved {
            total_deadline: Some(total),
            ..moved(Kind::Filed, at)
        },
        Moved {
            handling_deadline: Some(handling),
            ..moved(Kind::Dispatched, at)
        },
    ]
}

#[test]
fn a_hand_in_at_the_very_deadline_is_on_time_and_one_a_moment_later_is_not() {
    use Measure::*;
    let handed_in = |at: i64| {
        let mut moves = dispatched(10, 20, 20);
        moves.extend([moved(Kind::HandedIn, at), moved(Kind::CheckPassed, at)]);
        moves
    };
    let on_time = [
        (Reported, 1),
        (Filed, 1),
        (Due, 1),
        (HandledOnTime, 1),
        (Closed, 1),
        (ClosedOnTime, 1),
        (Checks, 1),
    ];
    assert_eq!(counted(&handed_in(20), (0, 100)), on_time);
    assert_eq!(
        counted(&handed_in(21), (0, 100)),
        [
            (Reported, 1),
            (Filed, 1),
            (Due, 1),
            (Closed, 1),
            (Checks, 1)
        ]
    );
}

#[test]
fn periods_are_half_open() {
    use Measure::*;
    let mut moves = dispatched(10, 20, 20);
    moves.extend([moved(Kind::HandedIn, 100), moved(Kind::CheckPassed, 100)]);
    // A check that passes at the very end belongs to the next period.
    assert_eq!(
        counted(&moves, (0, 100)),
        [(Reported, 1), (Filed, 1), (Due, 1), (OverdueOpen, 1)]
    );
    assert_eq!(
        counted(&moves, (100, 200)),
        [(BacklogStart, 1), (BacklogClosed, 1), (Checks, 1)]
    );
    assert_eq!(counted(&moves, (200, 300)), []);
}

#[test]
fn the_clock_stands_while_the_check_is_awaited() {
    use Measure::*;
    let mut moves = dispatched(10, 20, 30);
    moves.push(moved(Kind::HandedIn, 15));
    assert_eq!(counted(&moves, (0, 100)), [(Reported, 1), (Filed, 1)]);
    moves.push(moved(Kind::CheckPassed, 150));
    assert_eq!(counted(&moves, (0, 100)), [(Reported, 1), (Filed, 1)]);
    assert_eq!(
        counted(&moves, (100, 200)),
        [(Due, 1), (HandledOnTime, 1), (Closed, 1), (Checks, 1)]
    );
}

#[test]
fn a_round_never_dispatched_runs_out_at_its_total_deadline_and_one_without_limits_never() {
    use Measure::*;
    let mut moves = dispatched(10, 20, 30);
    moves.pop();
    assert_eq!(
        counted(&moves, (0, 100)),
        [(Reported, 1), (Filed, 1), (Due, 1), (OverdueOpen, 1)]
    );
    assert_eq!(
        counted(&moves, (100, 200)),
        [(BacklogStart, 1), (BacklogOpen, 1)]
    );
    moves[1].total_deadline = None;
    moves.push(moved(Kind::Dispatched, 12));
    assert_eq!(counted(&moves, (0, 100)), [(Reported, 1), (Filed, 1)]);
}

#[test]
fn merged_before_it_is_accountable_never_counts_and_after_it_leaves_the_backlog() {
    use Measure::*;
    let merged = |at: i64| {
        let mut moves = dispatched(10, 20, 20);
        moves.push(moved(Kind::Merged, at));
        moves
    };
    assert_eq!(
        counted(&merged(20), (0, 100)),
        [(Reported, 1), (Merged, 1), (Filed, 1)]
    );
    assert_eq!(
        counted(&merged(50), (0, 100)),
        [(Reported, 1), (Merged, 1), (Filed, 1), (Due, 1)]
    );
    assert_eq!(
        counted(&merged(150), (100, 200)),
        [(Merged, 1), (BacklogStart, 1)]
    );
    assert_eq!(counted(&merged(150), (200, 300)), []);
}

#[test]
fn what_is_recorded_after_a_closing_takes_effect_at_its_recording() {
    let third = Closing {
        start: 0,
        end: 100,
        closed_at: 110,
        watermark: 5,
    };
    let fourth = Closing {
        start: 100,
        end: 200,
        closed_at: 205,
        watermark: 9,
    };
    let closings = Closings::new(vec![fourth, third]);
    let check = |(occurred, recorded, number): (i64, i64, i64), effective: i64| {
        assert_eq!(
            closings.effective(occurred, recorded, number),
            effective,
            "{occurred} {recorded} {number}"
        );
    };
    check((50, 60, 5), 50);
    check((50, 120, 6), 120);
    check((100, 120, 6), 100);
    check((150, 300, 10), 300);
    // It began before the period was over and wrote after the closing.
    check((50, 90, 6), 110);
    // Its recording lies in a period that was closed as well before it was committed.
    check((50, 120, 10), 205);
    check((250, 260, 10), 250);
}

#[test]
fn an_on_time_count_is_absent_where_a_due_round_had_no_deadline() {
    let mut moves = dispatched(10, 20, 30);
    moves[1].total_deadline = None;
    let window = Window { start: 0, end: 100 };
    let grids = columns::grids(&model::rows());
    let mut tally = Tally::new(window, Closings::default(), grids, []);
    for (number, moved) in (1..).zip(moves) {
        let report = Report {
            category: "a".into(),
            grid: Some("g0".into()),
        };
        tally.push(&entry(1, number, moved, (number == 1).then_some(report)));
    }
    let columns: Vec<_> = Columns::new(
        model::rows(),
        "2013-q3".parse().unwrap(),
        tally.finish(),
        &Tree::default(),
    )
    .collect();
    let value = |name: &str| {
        columns
            .iter()
            .find(|column| column.name == name)
            .unwrap()
            .values[..5]
            .to_vec()
    };
    assert_eq!(value("issues.due"), [1, 0, 0, 0, 1]);
    assert_eq!(value("issues.closed_on_time"), [ABSENT, 0, 0, 0, 0]);
    assert_eq!(value("issues.a.closed_on_time"), [ABSENT, 0, 0, 0, 0]);
    assert_eq!(value("issues.handled_on_time"), [0, 0, 0, 0, 0]);
}

#[test]
fn the_ground_is_as_the_territory_tells_it() {
    let mut rows = model::rows();
    rows[0].households = Some(30);
    rows[1].households = Some(12);
    rows[5].households = Some(1_000);
    rows[2].exists_from = Some("2013-09-21".parse().unwrap());
    let tally = Tally::new(period(0), Closings::default(), columns::grids(&rows), []).finish();
    let columns: HashMap<String, Vec<i64>> =
        Columns::new(rows, "2013-q3".parse().unwrap(), tally, &Tree::default())
            .map(|column| (column.name, column.values))
            .collect();
    assert_eq!(
        columns["grid.households"],
        [30, 12, ABSENT, ABSENT, 42, 1_000, ABSENT]
    );
    assert_eq!(columns["grid.days"], [92, 92, 10, 92, 92, 92, 92]);
    assert_eq!(
        columns.len(),
        2,
        "what is known nowhere, and an empty ledger, has no column"
    );
}
