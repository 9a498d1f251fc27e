//! A slow and plain model of the ledger: random histories, and a walk through time, instant by instant.

use std::{borrow::Cow, ops::Range};

use proptest::prelude::*;

use super::*;

/// Length of a period.
pub const PERIOD: i64 = 20;
/// Periods that histories lie in.
pub const PERIODS: i64 = 5;

/// One issue's events: what happened, when, how late it was recorded.
#[derive(Clone, Debug)]
pub struct History {
    category: String,
    grid: Option<String>,
    events: Vec<Happening>,
}

#[derive(Clone, Debug)]
struct Happening {
    kind: Kind,
    occurred: i64,
    recorded: i64,
    handling: Option<i64>,
    total: Option<i64>,
}

#[derive(Clone, Debug)]
struct Draw {
    reported: i64,
    delays: [i64; 3],
    lateness: [i64; 5],
    limits: (Option<i64>, Option<i64>),
    fate: u8,
    merged_after: Option<i64>,
    place: (u8, bool),
}

fn draw() -> impl Strategy<Value = Draw> {
    let lateness = prop_oneof![4 => Just(0_i64), 1 => 1_i64..5, 1 => 5_i64..50];
    (
        0..PERIOD * PERIODS,
        [0_i64..4, 0_i64..30, 0_i64..12],
        proptest::array::uniform5(lateness),
        (
            proptest::option::weighted(0.8, 1_i64..25),
            proptest::option::weighted(0.8, 1_i64..30),
        ),
        0_u8..10,
        proptest::option::weighted(0.2, 0_i64..40),
        (0_u8..5, any::<bool>()),
    )
        .prop_map(
            |(reported, delays, lateness, limits, fate, merged_after, place)| Draw {
                reported,
                delays,
                lateness,
                limits,
                fate,
                merged_after,
                place,
            },
        )
}

fn history(draw: Draw) -> History {
    let filed = draw.reported;
    let [dispatch, hand_in, check] = draw.delays;
    let (dispatched, handed_in) = (filed + dispatch, filed + dispatch + hand_in);
    let mut steps = vec![(Kind::Reported, draw.reported)];
    if draw.fate == 0 {
        steps.push((Kind::Merged, draw.reported));
    } else {
        steps.push((Kind::Filed, filed));
        if draw.fate > 1 {
            steps.push((Kind::Dispatched, dispatched));
        }
        if draw.fate > 2 {
            steps.push((Kind::HandedIn, handed_in));
        }
        if draw.fate > 4 {
            steps.push((Kind::CheckPassed, handed_in + check));
        }
        let last = steps[steps.len() - 1].1;
        if let Some(after) = draw.merged_after.filter(|_| draw.fate <= 4) {
            steps.push((Kind::Merged, last + after));
        }
    }
    let (handling, total) = draw.limits;
    let mut recorded = 0;
    let events = steps
        .into_iter()
        .enumerate()
        .map(|(index, (kind, occurred))| {
            recorded = recorded.max(occurred + draw.lateness[index % 5]);
            Happening {
                kind,
                occurred,
                recorded,
                handling: handling
                    .filter(|_| kind == Kind::Dispatched)
                    .map(|limit| occurred + limit),
                total: total
                    .filter(|_| kind == Kind::Filed)
                    .map(|limit| occurred + limit),
            }
        });
    History {
        category: if draw.place.1 { "a" } else { "b" }.to_owned(),
        grid: (draw.place.0 < 4).then(|| format!("g{}", draw.place.0)),
        events: events.collect(),
    }
}

pub fn histories() -> impl Strategy<Value = Vec<History>> {
    proptest::collection::vec(draw().prop_map(history), 1..12)
}

/// How long after each period's end it is closed.
pub fn closing_delays() -> impl Strategy<Value = Vec<i64>> {
    proptest::collection::vec(0_i64..15, PERIODS as usize)
}

/// The ledger's rows: numbers in the order of recording, rows in the order of issues.
pub fn entries(histories: &[History]) -> Vec<Entry<'_>> {
    let mut order: Vec<(i64, usize, usize)> = Vec::new();
    for (issue, history) in histories.iter().enumerate() {
        order.extend(
            history
                .events
                .iter()
                .enumerate()
                .map(|(index, event)| (event.recorded, issue, index)),
        );
    }
    order.sort_unstable();
    let mut entries: Vec<(usize, usize, Entry<'_>)> = Vec::new();
    for (number, (_, issue, index)) in (1_i64..).zip(order) {
        let (history, event) = (&histories[issue], &histories[issue].events[index]);
        let report = Report {
            category: history.category.as_str().into(),
            grid: history.grid.as_deref().map(Cow::from),
        };
        let entry = Entry {
            issue: issue as i64,
            kind: event.kind,
            round: i32::from(!matches!(event.kind, Kind::Reported | Kind::Merged)),
            occurred_at: event.occurred,
            recorded_at: event.recorded,
            number,
            handling_deadline: event.handling,
            total_deadline: event.total,
            marks: Marks::default(),
            worked_minutes: None,
            until: None,
            category: None,
            report: (index == 0).then_some(report),
        };
        entries.push((issue, index, entry));
    }
    entries.sort_by_key(|entry| (entry.0, entry.1));
    entries.into_iter().map(|entry| entry.2).collect()
}

/// Each period is closed at its end plus its delay, and never before the one before it.
pub fn closings(entries: &[Entry<'_>], delays: &[i64]) -> Vec<Closing> {
    let recorded: Vec<i64> = entries.iter().map(|entry| entry.recorded_at).collect();
    let mut earliest = 0;
    let closing = |(index, delay): (usize, &i64)| {
        let window = period(index as i64);
        earliest = earliest.max(window.end + delay);
        let watermark = recorded.iter().filter(|at| **at < earliest).count() as i64;
        Closing {
            start: window.start,
            end: window.end,
            closed_at: earliest,
            watermark,
        }
    };
    delays.iter().enumerate().map(closing).collect()
}

/// When an event takes effect, by the words of the design.
pub fn effective(entry: &Entry<'_>, closings: &[Closing]) -> i64 {
    let mut at = entry.occurred_at;
    loop {
        let closed = closings.iter().find(|closing| {
            (closing.start..closing.end).contains(&at) && entry.number > closing.watermark
        });
        match closed {
            None => return at,
            Some(_) => at = entry.recorded_at,
        }
    }
}

/// A count for each measure.
pub type Told = [i64; MEASURES];
pub const MEASURES: usize = Measure::OwnReported as usize + 1;

/// The counts of a period, by walking through each issue's time.
pub fn walk(histories: &[History], closings: &[Closing], window: Window, watermark: i64) -> Told {
    let mut counts = [0; MEASURES];
    let entries: Vec<Entry<'_>> = entries(histories)
        .into_iter()
        .filter(|entry| entry.number <= watermark)
        .collect();
    for issue in entries.chunk_by(|a, b| a.issue == b.issue) {
        let events: Vec<(i64, &Entry<'_>)> = issue
            .iter()
            .map(|entry| (effective(entry, closings), entry))
            .collect();
        walk_issue(&events, window, &mut counts);
    }
    counts
}

#[derive(Default)]
struct Standing {
    filed: bool,
    dispatched: bool,
    hand_in: Option<i64>,
    passed: Option<i64>,
    merged: bool,
    due: Option<(i64, bool)>,
}

fn walk_issue(events: &[(i64, &Entry<'_>)], window: Window, counts: &mut Told) {
    let handling = events.iter().find_map(|event| event.1.handling_deadline);
    let total = events.iter().find_map(|event| event.1.total_deadline);
    let mut note = |measure: Measure, holds: bool| counts[measure as usize] += i64::from(holds);
    let mut standing = Standing::default();
    let mut backlog = false;
    let whole: Range<i64> = 0..window.end;
    for now in whole {
        let within = now >= window.start;
        if now == window.start {
            let open = standing.passed.is_none() && !standing.merged;
            backlog = open && standing.due.is_some_and(|due| due.1);
        }
        for (_, event) in events.iter().filter(|event| event.0 == now) {
            match event.kind {
                Kind::Reported => note(Measure::Reported, within),
                Kind::Filed => {
                    note(Measure::Filed, within);
                    standing.filed = true;
                }
                Kind::Dispatched => standing.dispatched = true,
                Kind::HandedIn => standing.hand_in = Some(now),
                Kind::CheckPassed => {
                    note(Measure::Checks, within);
                    standing.passed = Some(now);
                }
                Kind::Merged => {
                    note(Measure::Merged, within);
                    standing.merged = true;
                }
                _ => unreachable!("no such event is made here"),
            }
        }
        if standing.due.is_none() && !standing.merged {
            let in_time = standing
                .hand_in
                .zip(handling)
                .is_some_and(|(at, deadline)| at <= deadline);
            let clock = match standing.dispatched {
                true => handling.is_some_and(|deadline| now >= deadline) && !in_time,
                false => standing.filed && total.is_some_and(|deadline| now >= deadline),
            };
            if standing.passed.is_some() {
                standing.due = Some((now, false));
            } else if clock {
                standing.due = Some((now, true));
            }
        }
    }
    let open = standing.passed.is_none() && !standing.merged;
    if let Some((_, ran_out)) = standing.due.filter(|due| due.0 >= window.start) {
        let in_time = |at: Option<i64>, deadline: Option<i64>| {
            standing.passed.is_some()
                && at
                    .zip(deadline)
                    .is_some_and(|(at, deadline)| at <= deadline)
        };
        note(Measure::Due, true);
        note(Measure::HandledOnTime, in_time(standing.hand_in, handling));
        note(Measure::Closed, standing.passed.is_some());
        note(Measure::ClosedOnTime, in_time(standing.passed, total));
        note(Measure::OverdueOpen, ran_out && open);
        note(
            Measure::Unhandled,
            (standing.dispatched || standing.passed.is_some()) && handling.is_none(),
        );
        note(Measure::Untotalled, total.is_none());
    }
    note(Measure::BacklogStart, backlog);
    note(Measure::BacklogClosed, backlog && standing.passed.is_some());
    note(Measure::BacklogOpen, backlog && open);
}

/// Four grids, two of them in a community; the subdistrict above; and a community with nothing in it.
pub fn rows() -> Vec<AreaRow> {
    let row = |code: &str, level: i32, parent: &str| AreaRow {
        code: code.to_owned(),
        level,
        is_grid: level == 3,
        parent: parent.to_owned(),
        exists_from: Some("2000-01-01".parse().unwrap()),
        ..AreaRow::default()
    };
    vec![
        row("g0", 3, "u"),
        row("g1", 3, "u"),
        row("g2", 3, "v"),
        row("g3", 3, "v"),
        row("u", 2, "v"),
        row("v", 1, ""),
        row("w", 2, "v"),
    ]
}
