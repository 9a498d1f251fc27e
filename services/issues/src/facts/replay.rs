//! The replay of one issue: its moves by effective time, and what they count for in a period. The heart of the facts.

use crate::event::Kind;

/// A half-open period, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub start: i64,
    pub end: i64,
}

/// A move with the time at which it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    pub kind: Kind,
    pub round: i32,
    pub at: i64,
    pub handling_deadline: Option<i64>,
    pub total_deadline: Option<i64>,
}

/// What is counted. `Unhandled` and `Untotalled` are due rounds without the deadline that an on-time count needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Reported,
    Merged,
    Filed,
    Due,
    HandledOnTime,
    Closed,
    ClosedOnTime,
    OverdueOpen,
    BacklogStart,
    BacklogClosed,
    BacklogOpen,
    Unhandled,
    Untotalled,
}

/// One count for each measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([u32; 13]);

impl Counts {
    pub fn of(&self, measure: Measure) -> i64 {
        i64::from(self.0[measure as usize])
    }

    pub fn add(&mut self, other: &Counts) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            *sum += count;
        }
    }

    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }

    fn note(&mut self, measure: Measure, holds: bool) {
        self.0[measure as usize] += u32::from(holds);
    }
}

/// What an issue's moves, in their order, count for in the period.
pub fn count(moves: &[Moved], window: Window) -> Counts {
    let mut counts = Counts::default();
    let mut merged = None;
    let mut rounds: [Option<Round>; 1] = [None];
    let mut more: Vec<Round> = Vec::new();
    for moved in moves {
        let seen = moved.at < window.end;
        let within = seen && moved.at >= window.start;
        match moved.kind {
            Kind::Reported => counts.note(Measure::Reported, within),
            Kind::Merged => {
                counts.note(Measure::Merged, within);
                merged = merged.or(seen.then_some(moved.at));
            }
            Kind::Filed => counts.note(Measure::Filed, within),
            _ => {}
        }
        if moved.round > 0 {
            // Nearly every issue has one round, which needs no allocation.
            let mut known = rounds.iter_mut().flatten().chain(&mut more);
            match known.find(|round| round.number == moved.round) {
                Some(round) => round.take(moved, seen),
                None => {
                    let mut round = Round::begin(moved.round);
                    round.take(moved, seen);
                    match &mut rounds[0] {
                        empty @ None => *empty = Some(round),
                        Some(_) => more.push(round),
                    }
                }
            }
        }
    }
    for round in rounds.iter().flatten().chain(&more) {
        round.count(merged, window, &mut counts);
    }
    counts
}

/// Whether the issue was reported before the period's end.
pub fn reported_before_end(moves: &[Moved], window: Window) -> bool {
    moves
        .iter()
        .any(|moved| moved.kind == Kind::Reported && moved.at < window.end)
}

/// When and how a round became accountable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Accountable {
    at: i64,
    /// A clock ran out, and the check had not passed by then.
    ran_out: bool,
}

/// What is known of a round from the moves that took effect before the period's end.
#[derive(Clone, Copy, Debug)]
struct Round {
    number: i32,
    filed: Option<i64>,
    dispatched: Option<i64>,
    /// The first hand-in stops the clock; the last is the one that is checked.
    first_hand_in: Option<i64>,
    last_hand_in: Option<i64>,
    passed: Option<i64>,
    handling_deadline: Option<i64>,
    total_deadline: Option<i64>,
}

impl Round {
    fn begin(number: i32) -> Round {
        Round {
            number,
            filed: None,
            dispatched: None,
            first_hand_in: None,
            last_hand_in: None,
            passed: None,
            handling_deadline: None,
            total_deadline: None,
        }
    }

    /// A deadline belongs to its round from the moment that it is recorded: where filing takes effect later than the
    /// closing of the same round, because it was recorded late, the closing is measured by it all the same.
    fn take(&mut self, moved: &Moved, seen: bool) {
        if seen || self.handling_deadline.is_none() {
            self.handling_deadline = moved.handling_deadline.or(self.handling_deadline);
        }
        if seen || self.total_deadline.is_none() {
            self.total_deadline = moved.total_deadline.or(self.total_deadline);
        }
        if !seen {
            return;
        }
        match moved.kind {
            Kind::Filed => self.filed = Some(moved.at),
            Kind::Dispatched => self.dispatched = self.dispatched.or(Some(moved.at)),
            Kind::HandedIn => {
                self.first_hand_in = self.first_hand_in.or(Some(moved.at));
                self.last_hand_in = Some(moved.at);
            }
            Kind::CheckPassed => self.passed = Some(moved.at),
            _ => {}
        }
    }

    /// When a clock of the round ran out, if one did.
    fn ran_out(&self) -> Option<i64> {
        // A deadline that had passed when its clock began runs out at that moment.
        let waiting = self
            .filed
            .zip(self.total_deadline)
            .map(|(filed, deadline)| deadline.max(filed));
        let waiting =
            waiting.filter(|at| self.dispatched.is_none_or(|dispatched| dispatched > *at));
        let handling = self
            .dispatched
            .zip(self.handling_deadline)
            .and_then(|(began, deadline)| {
                let stopped = self
                    .first_hand_in
                    .is_some_and(|hand_in| hand_in <= deadline);
                (!stopped).then_some(deadline.max(began))
            });
        waiting.into_iter().chain(handling).min()
    }

    fn accountable(&self, merged: Option<i64>) -> Option<Accountable> {
        let ran_out = self.ran_out();
        let by_clock = ran_out.is_some_and(|at| self.passed.is_none_or(|passed| at < passed));
        let at = if by_clock { ran_out? } else { self.passed? };
        // What happens at the very deadline happens before the clock runs out.
        let never = merged.is_some_and(|merged| merged < at || (by_clock && merged == at));
        (!never).then_some(Accountable {
            at,
            ran_out: by_clock,
        })
    }

    fn count(&self, merged: Option<i64>, window: Window, counts: &mut Counts) {
        let Some(accountable) = self.accountable(merged) else {
            return;
        };
        let open_at = |instant: i64| {
            let ended = |at: Option<i64>| at.is_some_and(|at| at < instant);
            !ended(self.passed) && !ended(merged)
        };
        let passed_within = self.passed.is_some_and(|passed| passed >= window.start);
        if (window.start..window.end).contains(&accountable.at) {
            let on_time = |at: Option<i64>, deadline: Option<i64>| {
                self.passed.is_some()
                    && at
                        .zip(deadline)
                        .is_some_and(|(at, deadline)| at <= deadline)
            };
            counts.note(Measure::Due, true);
            counts.note(
                Measure::HandledOnTime,
                on_time(self.last_hand_in, self.handling_deadline),
            );
            counts.note(Measure::Closed, self.passed.is_some());
            counts.note(
                Measure::ClosedOnTime,
                on_time(self.passed, self.total_deadline),
            );
            counts.note(
                Measure::OverdueOpen,
                accountable.ran_out && open_at(window.end),
            );
            counts.note(Measure::Unhandled, self.handling_deadline.is_none());
            counts.note(Measure::Untotalled, self.total_deadline.is_none());
        } else if accountable.at < window.start && accountable.ran_out && open_at(window.start) {
            counts.note(Measure::BacklogStart, true);
            counts.note(Measure::BacklogClosed, passed_within);
            counts.note(Measure::BacklogOpen, open_at(window.end));
        }
    }
}
