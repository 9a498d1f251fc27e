//! One round: when and how it becomes accountable, and what that counts for.

use super::{
    Moved, Part, Window,
    clock::{Clock, RanOut},
};
use crate::{
    event::{Kind, Marks},
    facts::measure::Measure,
};

/// When and how a round became accountable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Accountable {
    at: i64,
    /// A clock ran out, and neither had the check passed by then nor was it closed by force.
    ran_out: bool,
    duty: bool,
}

#[derive(Clone, Copy, Debug)]
struct HandIn {
    at: i64,
    deadline: Option<i64>,
    worked_minutes: Option<i64>,
}

/// A check that passed, or a closing by force.
#[derive(Clone, Copy, Debug)]
struct End {
    at: i64,
    handling_deadline: Option<i64>,
    total_deadline: Option<i64>,
    duty: bool,
}

#[derive(Clone, Copy, Debug)]
struct Suspension {
    /// As it was when the clock stopped.
    deadline: Option<i64>,
    until: Option<i64>,
    duty: bool,
}

/// How a round stands at the period's end, for whoever looks at rounds and not at counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub filed_at: Option<i64>,
    /// The handling deadline: the one by which the last hand-in was measured or, without one, the one in force.
    pub due_at: Option<i64>,
    /// The last hand-in.
    pub handed_in_at: Option<i64>,
    pub failed_checks: u32,
    pub suspended: bool,
}

/// What is known of a round from the moves that took effect before the period's end. Their deadlines are known from the
/// moves before them in any case: where a dispatch takes effect later than the closing of the same round, because it was
/// recorded late, the closing is measured by it all the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct Round {
    clock: Clock,
    dispatched: bool,
    /// As the last move before the period's end left them.
    handling_deadline: Option<i64>,
    total_deadline: Option<i64>,
    /// Whether its last dispatch was to a duty-holder.
    pub duty: bool,
    /// Checks that failed up to the period's end.
    pub failed: u32,
    filing: Option<Moved>,
    hand_in: Option<HandIn>,
    passed: Option<End>,
    forced: Option<End>,
    suspension: Option<Suspension>,
}

impl Round {
    pub fn take(&mut self, moved: &Moved, seen: bool) {
        if moved.kind == Kind::Filed {
            self.filing = Some(*moved);
        }
        if moved.round == 0 {
            return;
        }
        self.clock.take(moved);
        if !seen {
            return;
        }
        self.handling_deadline = self.clock.handling_deadline;
        self.total_deadline = self.clock.total_deadline;
        let end = End {
            at: moved.at,
            handling_deadline: self.handling_deadline,
            total_deadline: self.total_deadline,
            duty: self.duty,
        };
        match moved.kind {
            Kind::Dispatched => {
                self.dispatched = true;
                self.duty = moved.marks.has(Marks::TO_DUTY);
                self.suspension = None;
            }
            Kind::HandedIn => {
                self.hand_in = Some(HandIn {
                    at: moved.at,
                    deadline: self.handling_deadline,
                    worked_minutes: moved.worked_minutes,
                });
                self.suspension = None;
            }
            Kind::CheckPassed => self.passed = Some(end),
            Kind::CheckFailed | Kind::CheckFraud => self.failed += 1,
            Kind::ForceClosed => {
                self.forced = Some(end);
                self.suspension = None;
            }
            Kind::Suspended => {
                self.suspension = Some(Suspension {
                    deadline: self.handling_deadline,
                    until: moved.until,
                    duty: self.duty,
                });
            }
            Kind::Resumed => self.suspension = None,
            _ => {}
        }
    }

    /// Of the last hand-in.
    pub fn worked_minutes(&self) -> Option<i64> {
        self.hand_in?.worked_minutes
    }

    fn accountable(&self, left: Option<i64>) -> Option<Accountable> {
        let ends = [self.passed, self.forced].into_iter().flatten();
        let ended = ends.min_by_key(|end| end.at);
        let first: Option<RanOut> = self.clock.ran_out();
        let first = first.filter(|ran_out| ended.is_none_or(|end| ran_out.at < end.at));
        let accountable = match first {
            Some(RanOut { at, duty }) => Accountable {
                at,
                ran_out: true,
                duty,
            },
            None => Accountable {
                at: ended?.at,
                ran_out: false,
                duty: ended?.duty,
            },
        };
        // What happens at the very deadline happens before the clock runs out.
        let never = left.is_some_and(|left| {
            left < accountable.at || (first.is_some() && left == accountable.at)
        });
        (!never).then_some(accountable)
    }

    pub fn count(&self, left: Option<i64>, window: Window, part: &mut Part) {
        if let Some(filing) = &self.filing {
            part.filed(filing);
        }
        let accountable = self.accountable(left);
        match accountable {
            Some(accountable) if window.holds(accountable.at) => {
                self.count_due(accountable, left, window, part);
            }
            Some(accountable) if accountable.at < window.start => {
                self.count_backlog(accountable, left, window, part);
            }
            _ => self.count_suspended(left, window, part),
        }
    }

    fn count_due(
        &self,
        accountable: Accountable,
        left: Option<i64>,
        window: Window,
        part: &mut Part,
    ) {
        let mut note = |measure: Measure, holds: bool| {
            part.counts.note(measure, holds);
            part.duty.note(measure, holds && accountable.duty);
        };
        let on_time = |at: i64, deadline: Option<i64>| deadline.is_some_and(|by| at <= by);
        let passed = self.passed;
        note(Measure::Due, true);
        note(
            Measure::HandledOnTime,
            passed.is_some()
                && self
                    .hand_in
                    .is_some_and(|hand_in| on_time(hand_in.at, hand_in.deadline)),
        );
        note(Measure::Closed, passed.is_some());
        note(
            Measure::ClosedOnTime,
            passed.is_some_and(|passed| on_time(passed.at, passed.total_deadline)),
        );
        let open = self.open_at(window.end, left);
        note(Measure::OverdueOpen, accountable.ran_out && open);
        let (unhandled, untotalled) = match passed {
            Some(end) => (
                end.handling_deadline.is_none(),
                end.total_deadline.is_none(),
            ),
            // One that was never dispatched was not handled on time, whatever deadline it would have had.
            None => (
                self.dispatched && self.handling_deadline.is_none(),
                self.total_deadline.is_none(),
            ),
        };
        note(Measure::Unhandled, unhandled);
        note(Measure::Untotalled, untotalled);
    }

    fn count_backlog(
        &self,
        accountable: Accountable,
        left: Option<i64>,
        window: Window,
        part: &mut Part,
    ) {
        if !accountable.ran_out || !self.open_at(window.start, left) {
            return;
        }
        let mut note = |measure: Measure, holds: bool| {
            part.counts.note(measure, holds);
            part.duty.note(measure, holds && accountable.duty);
        };
        let passed = self.passed.is_some_and(|passed| passed.at >= window.start);
        note(Measure::BacklogStart, true);
        note(Measure::BacklogClosed, passed);
        note(Measure::BacklogOpen, self.open_at(window.end, left));
    }

    /// A round that is not accountable and is suspended at the end counts as due where its deadline lay in the period.
    fn count_suspended(&self, left: Option<i64>, window: Window, part: &mut Part) {
        let Some(suspension) = self.suspended(left, window) else {
            return;
        };
        let holds = suspension
            .deadline
            .is_some_and(|deadline| window.holds(deadline));
        for measure in [Measure::Due, Measure::DueSuspended] {
            part.counts.note(measure, holds);
            part.duty.note(measure, holds && suspension.duty);
        }
    }

    /// The suspension in which it stands at the end.
    fn suspended(&self, left: Option<i64>, window: Window) -> Option<Suspension> {
        // It goes on by itself, even where nobody has written that down yet.
        self.suspension
            .filter(|one| left.is_none() && one.until.is_none_or(|until| until >= window.end))
    }

    pub fn known(&self, left: Option<i64>, window: Window) -> Known {
        let filing = self.filing.filter(|filing| filing.at < window.end);
        let measured_by = |hand_in: HandIn| hand_in.deadline;
        Known {
            filed_at: filing.map(|filing| filing.at),
            due_at: self.hand_in.map_or(self.handling_deadline, measured_by),
            handed_in_at: self.hand_in.map(|hand_in| hand_in.at),
            failed_checks: self.failed,
            suspended: self.suspended(left, window).is_some(),
        }
    }

    fn open_at(&self, instant: i64, left: Option<i64>) -> bool {
        let ended = |at: Option<i64>| at.is_some_and(|at| at < instant);
        let end_of = |end: Option<End>| end.map(|end| end.at);
        !ended(end_of(self.passed)) && !ended(end_of(self.forced)) && !ended(left)
    }
}
