//! A slow and plain model of lives: a walk through time, instant by instant, with the clocks looked at in each.

use super::{
    life::Life,
    model::{MEASURES, Told},
    *,
};
use Kind::*;

/// What one round is at an instant.
#[derive(Clone, Debug, Default)]
struct Standing {
    /// `None` stands; a deadline may be missing all the same.
    running: Option<&'static str>,
    handling: Option<i64>,
    total: Option<i64>,
    dispatched: bool,
    hand_in_on_time: bool,
    on_time: bool,
    passed: bool,
    forced: bool,
    failed: i64,
    suspended: Option<(Option<i64>, Option<i64>)>,
    due: Option<(i64, bool)>,
    backlog: bool,
}

impl Standing {
    fn deadline(&self) -> Option<i64> {
        match self.running {
            Some("handling") => self.handling,
            Some(_) => self.total,
            None => None,
        }
    }
}

/// The counts of a period. Every instant is that at which a move takes effect, and they never go back.
pub fn walk(lives: &[Life], window: Window) -> Told {
    let mut counts = [0; MEASURES];
    for life in lives {
        let moves: Vec<Moved> = life.moves.iter().map(|one| one.0).collect();
        walk_one(&moves, window, &mut counts);
        calls(&moves, window, &mut counts);
    }
    counts
}

fn walk_one(moves: &[Moved], window: Window, counts: &mut Told) {
    let most = moves.iter().map(|moved| moved.round).max().unwrap_or(0);
    let mut rounds = vec![Standing::default(); most as usize + 1];
    let mut left = false;
    for now in 0..window.end {
        if now == window.start {
            for round in &mut rounds {
                let open = !round.passed && !round.forced && !left;
                round.backlog = open && round.due.is_some_and(|due| due.1);
            }
        }
        let before = rounds.clone();
        let mut ran_out = vec![false; rounds.len()];
        for moved in moves.iter().filter(|moved| moved.at == now) {
            let index = moved.round as usize;
            // A deadline that lies before the clock's beginning has passed when anything more happens.
            ran_out[index] |= rounds[index].deadline().is_some_and(|at| at < now)
                && rounds[index].running != Some("waiting");
            take(&mut rounds[index], moved);
            left |= matches!(moved.kind, Merged | Rejected);
            if now >= window.start {
                flows(&rounds[index], moved, counts);
            }
        }
        for (index, round) in rounds.iter_mut().enumerate() {
            let ended = |round: &Standing| round.passed || round.forced;
            ran_out[index] |= round.deadline().is_some_and(|at| at <= now);
            if round.due.is_some() || left {
                continue;
            }
            if ended(round) && !ended(&before[index]) {
                round.due = Some((now, false));
            } else if ran_out[index] && !ended(round) {
                round.due = Some((now, true));
            }
        }
    }
    for round in &rounds {
        states(round, left, window, counts);
    }
}

fn take(round: &mut Standing, moved: &Moved) {
    let kind = moved.kind;
    round.handling = moved.handling_deadline.or(round.handling);
    round.total = moved.total_deadline.or(round.total);
    round.running = match kind {
        Filed => Some("waiting"),
        Dispatched | CheckFailed | CheckFraud | Resumed => Some("handling"),
        HandedIn | Suspended | CheckPassed | ForceClosed => None,
        _ => round.running,
    };
    let on_time = |deadline: Option<i64>| deadline.is_some_and(|by| moved.at <= by);
    match kind {
        Dispatched => round.dispatched = true,
        HandedIn => round.hand_in_on_time = on_time(round.handling),
        CheckPassed => (round.passed, round.on_time) = (true, on_time(round.total)),
        CheckFailed | CheckFraud => round.failed += 1,
        ForceClosed => round.forced = true,
        _ => {}
    }
    match kind {
        Suspended => round.suspended = Some((round.handling, moved.until)),
        Resumed | ForceClosed => round.suspended = None,
        _ => {}
    }
}

/// What a move of the period counts for by itself.
fn flows(round: &Standing, moved: &Moved, counts: &mut Told) {
    let has = |mark: Marks| moved.marks.has(mark);
    let failed = [(Measure::Checks, true), (Measure::ChecksFailed, true)];
    let counted: Vec<(Measure, bool)> = match moved.kind {
        Reported => vec![
            (Measure::Reported, true),
            (Measure::OwnReported, has(Marks::OWN)),
        ],
        Verified => vec![(Measure::Verified, true)],
        Rejected => vec![(Measure::Rejected, true)],
        Merged => vec![(Measure::Merged, true)],
        Settled => vec![(Measure::OnSpot, true)],
        Filed => vec![(Measure::Filed, true)],
        Accepted => vec![
            (Measure::Accepted, true),
            (Measure::AcceptedOnTime, has(Marks::ON_TIME)),
        ],
        CheckPassed => vec![(Measure::Checks, true)],
        CheckFailed => failed.to_vec(),
        CheckFraud => [failed.as_slice(), &[(Measure::Fraud, true)]].concat(),
        Reopened => vec![(Measure::Reopened, true)],
        Rebounded => vec![(Measure::Rebound, true)],
        ExtensionApproved => vec![(Measure::Extended, true)],
        Suspended => vec![(Measure::Suspended, true)],
        ForceClosed => vec![(Measure::Forced, true)],
        Returned => vec![(Measure::Returned, true)],
        ReturnOverruled => vec![(Measure::Refused, true)],
        FoundFalse => vec![(Measure::FalseClose, true)],
        _ => Vec::new(),
    };
    for (measure, holds) in counted {
        counts[measure as usize] += i64::from(holds);
    }
    if matches!(moved.kind, CheckFailed | CheckFraud) {
        counts[Measure::ReworkCases as usize] += i64::from(round.failed == 1);
        counts[Measure::ReworkCases3 as usize] += i64::from(round.failed == 3);
    }
}

/// What a round counts for at the end of the period.
fn states(round: &Standing, left: bool, window: Window, counts: &mut Told) {
    let mut note = |measure: Measure, holds: bool| counts[measure as usize] += i64::from(holds);
    let open = !round.passed && !round.forced && !left;
    if let Some((_, ran_out)) = round.due.filter(|due| due.0 >= window.start) {
        note(Measure::Due, true);
        note(
            Measure::HandledOnTime,
            round.passed && round.hand_in_on_time,
        );
        note(Measure::Closed, round.passed);
        note(Measure::ClosedOnTime, round.passed && round.on_time);
        note(Measure::OverdueOpen, ran_out && open);
        note(
            Measure::Unhandled,
            round.dispatched && round.handling.is_none(),
        );
        note(Measure::Untotalled, round.total.is_none());
    }
    note(Measure::BacklogStart, round.backlog);
    note(Measure::BacklogClosed, round.backlog && round.passed);
    note(Measure::BacklogOpen, round.backlog && open);
    if let (None, Some((deadline, until)), true) = (round.due, round.suspended, open) {
        let until_then = until.is_none_or(|until| until >= window.end);
        let holds = until_then && deadline.is_some_and(|at| window.holds(at));
        note(Measure::Due, holds);
        note(Measure::DueSuspended, holds);
    }
}

/// Closings with somebody to call, and the calls that followed each.
fn calls(moves: &[Moved], window: Window, counts: &mut Told) {
    if !moves[0].marks.has(Marks::CONTACTABLE) {
        return;
    }
    let mut note = |measure: Measure, holds: bool| counts[measure as usize] += i64::from(holds);
    let closes = |moved: &Moved| matches!(moved.kind, CheckPassed | ForceClosed | Settled);
    let closings: Vec<usize> = (0..moves.len())
        .filter(|index| closes(&moves[*index]))
        .collect();
    for (nth, index) in closings.iter().enumerate() {
        note(Measure::Contactable, window.holds(moves[*index].at));
        let end = closings.get(nth + 1).copied().unwrap_or(moves.len());
        let calls = moves[*index..end]
            .iter()
            .filter(|moved| moved.kind == CalledBack);
        let calls: Vec<&Moved> = calls.collect();
        let first = calls.first().is_some_and(|call| window.holds(call.at));
        let last = calls.iter().rfind(|call| window.holds(call.at));
        let Some(last) = last.filter(|_| first) else {
            continue;
        };
        let reached = last.marks.has(Marks::REACHED);
        note(Measure::Asked, true);
        note(Measure::Answered, reached);
        note(Measure::Solved, reached && last.marks.has(Marks::SOLVED));
        note(
            Measure::Satisfied,
            reached && last.marks.has(Marks::SATISFIED),
        );
    }
}
