//! The one reckoning of every deadline: from a round's events to the instant, with the steps by which it came about.
//!
//! The limits stand in the event that begins a stage. The handling clock begins at the first dispatch, and afresh at the
//! dispatch after a return was upheld; it stands from a hand-in to the failed check and while the issue is put off. The
//! total clock begins at the filing and stands while the issue is put off. An extension is added to both deadlines; an
//! absorbed issue's earlier deadlines cap both. A deadline that ran out as it stood is never moved.

use jiff::Timestamp;
use tidyward_proto::v1::Stage;

use crate::{
    event::{Detail, Event, Kind},
    limit::{Limit, Unit},
    timing::{Deadline, Timing},
};

mod steps;

pub use steps::{Step, of_limit};

/// What a reckoning came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reckoned {
    /// Nothing where the stage has not begun or has no limit. While the clock stands, as it was when it stopped.
    pub deadline: Option<Timestamp>,
    /// Whether it lies beyond the published calendar.
    pub provisional: bool,
    /// From the beginning to the deadline.
    pub steps: Vec<Step>,
}

/// Reckons the deadline of a stage of the round from the events, in their order, and tells the steps.
pub fn reckon(events: &[Event], round: i32, stage: Stage, timing: &Timing) -> Reckoned {
    run(Clock::new(timing, stage, Some(Vec::new())), events, round)
}

/// The same without the steps, which cost more than the rest and which only people read.
pub fn deadline(events: &[Event], round: i32, stage: Stage, timing: &Timing) -> Reckoned {
    run(Clock::new(timing, stage, None), events, round)
}

fn run(mut clock: Clock<'_>, events: &[Event], round: i32) -> Reckoned {
    for event in events {
        // What came before the filing belongs to the first round.
        if event.round == round || event.round == 0 && round <= 1 {
            clock.hear(event);
        }
    }
    clock.finish()
}

/// Whole working minutes from the dispatch that began the round's handling clock to the instant, less suspensions. What
/// a check took counts.
pub fn worked_minutes(events: &[Event], round: i32, timing: &Timing, until: Timestamp) -> i64 {
    let (mut since, mut worked) = (None::<Timestamp>, 0);
    let running = |from: Timestamp, until: Timestamp| {
        timing.running(
            from.as_microsecond(),
            until.as_microsecond(),
            Unit::WorkingHours,
        )
    };
    let (mut begun, mut afresh) = (false, false);
    for event in events.iter().filter(|event| event.round == round) {
        match event.kind {
            Kind::ReturnUpheld => afresh = true,
            Kind::Dispatched if !begun || afresh => {
                (begun, afresh, worked) = (true, false, 0);
                since = Some(event.occurred_at);
            }
            Kind::Suspended => {
                worked += since
                    .take()
                    .map_or(0, |from| running(from, event.occurred_at));
            }
            Kind::Resumed if begun => since = since.or(Some(event.occurred_at)),
            _ => {}
        }
    }
    worked += since.map_or(0, |from| running(from, until));
    crate::timing::minutes(worked)
}

/// One clock, moved on from event to event.
struct Clock<'a> {
    timing: &'a Timing,
    stage: Stage,
    unit: Unit,
    deadline: Option<Deadline>,
    /// The deadline as the events so far carry it.
    stored: Option<Timestamp>,
    /// An absorbed issue's deadline that came before the clock began.
    cap: Option<Timestamp>,
    begun: bool,
    /// The next dispatch begins the clock afresh.
    afresh: bool,
    stopped: Option<Timestamp>,
    ended: bool,
    /// Up to where the steps are told.
    told: Timestamp,
    /// Nothing where none are told.
    steps: Option<Vec<Step>>,
}

impl<'a> Clock<'a> {
    fn new(timing: &'a Timing, stage: Stage, steps: Option<Vec<Step>>) -> Clock<'a> {
        Clock {
            timing,
            stage,
            unit: Unit::UrgentHours,
            deadline: None,
            stored: None,
            cap: None,
            begun: false,
            afresh: false,
            stopped: None,
            ended: false,
            told: Timestamp::MIN,
            steps,
        }
    }

    fn hear(&mut self, event: &Event) {
        if let Some(stored) = self.ran_out_before(event.occurred_at) {
            self.deadline = Some(Deadline {
                at: stored,
                provisional: false,
            });
        }
        if self.is_beginning(event.kind) {
            self.begin(event);
        } else if self.stage == Stage::Handle || self.stage == Stage::Total {
            self.moved(event);
        }
        self.stored = self.column(event).or(self.stored);
    }

    /// The deadline as it stood, where it passed while the clock ran.
    fn ran_out_before(&self, at: Timestamp) -> Option<Timestamp> {
        let running = self.begun && self.stopped.is_none() && !self.ended;
        self.stored.filter(|stored| running && *stored < at)
    }

    fn is_beginning(&self, kind: Kind) -> bool {
        match self.stage {
            Stage::Verify => kind == Kind::Reported,
            Stage::Dispatch | Stage::Total => kind == Kind::Filed,
            Stage::Accept => kind == Kind::Dispatched,
            Stage::Handle => kind == Kind::Dispatched && (!self.begun || self.afresh),
            Stage::Check => kind == Kind::HandedIn,
            Stage::Unspecified => false,
        }
    }

    fn column(&self, event: &Event) -> Option<Timestamp> {
        match self.stage {
            Stage::Handle => event.handling_deadline,
            Stage::Total => event.total_deadline,
            _ => None,
        }
    }

    fn begin(&mut self, event: &Event) {
        let at = event.occurred_at;
        if self.stage != Stage::Handle || !self.begun {
            self.steps.iter_mut().for_each(Vec::clear);
        }
        self.flush(at);
        (self.begun, self.afresh, self.stopped, self.ended) = (true, false, None, false);
        (self.told, self.stored) = (at, None);
        self.tell(|timing| Step::begun(timing, event.kind, at));
        let limit = event
            .detail
            .as_ref()
            .and_then(|detail| limit(detail, self.stage));
        self.deadline = match limit {
            Some(limit) => {
                self.unit = limit.unit;
                self.tell(|timing| Step::limit(timing, limit, at));
                self.timing.deadline(at, limit)
            }
            None => {
                // A file gives deadlines without limits.
                let given = self.column(event);
                if let Some(given) = given {
                    self.tell(|timing| Step::given(timing, at, given));
                }
                given.map(|at| Deadline {
                    at,
                    provisional: false,
                })
            }
        };
        if let Some(cap) = self.cap.take() {
            self.capped(cap, at);
        }
    }

    fn moved(&mut self, event: &Event) {
        let at = event.occurred_at;
        let is_handling = self.stage == Stage::Handle;
        match event.kind {
            Kind::ReturnUpheld => self.afresh = true,
            Kind::HandedIn if is_handling => self.stop(at),
            Kind::Suspended => self.stop(at),
            Kind::CheckFailed | Kind::CheckFraud if is_handling => self.resume(at, event.kind),
            Kind::Resumed => self.resume(at, event.kind),
            Kind::ExtensionApproved => self.extend(event),
            Kind::Absorbed => {
                let cap = self.column(event);
                let earlier = cap.filter(|cap| self.stored.is_none_or(|stored| *cap < stored));
                match earlier {
                    Some(cap) if self.begun => self.capped(cap, at),
                    Some(cap) => self.cap = Some(cap),
                    None => {}
                }
            }
            Kind::CheckPassed
            | Kind::ForceClosed
            | Kind::Merged
            | Kind::Rejected
            | Kind::Settled => {
                self.flush(at);
                self.ended = true;
            }
            _ => {}
        }
    }

    fn stop(&mut self, at: Timestamp) {
        if self.begun && self.stopped.is_none() {
            self.flush(at);
            self.stopped = Some(at);
        }
    }

    fn resume(&mut self, at: Timestamp, kind: Kind) {
        let Some(stopped) = self.stopped.take() else {
            return;
        };
        self.told = at;
        let Some(before) = self.deadline else {
            return;
        };
        self.deadline = self.timing.shifted(before.at, stopped, at, self.unit);
        let deadline = self.deadline.map_or(before.at, |deadline| deadline.at);
        self.tell(|timing| Step::stood(timing, kind, (stopped, at), deadline));
    }

    fn extend(&mut self, event: &Event) {
        let extra = event
            .detail
            .as_ref()
            .and_then(|detail| Limit::parse(&detail.extra).ok());
        let (Some(extra), Some(before)) = (extra, self.deadline) else {
            return;
        };
        let at = event.occurred_at;
        self.flush(at);
        let Some(deadline) = self.timing.deadline(before.at, extra) else {
            return;
        };
        self.deadline = Some(deadline);
        self.tell(|timing| Step::extended(timing, at, extra, (before.at, deadline.at)));
    }

    fn capped(&mut self, cap: Timestamp, at: Timestamp) {
        if self.deadline.is_some_and(|deadline| deadline.at <= cap) {
            return;
        }
        self.flush(at);
        self.deadline = Some(Deadline {
            at: cap,
            provisional: false,
        });
        self.tell(|timing| Step::capped(timing, at, cap));
    }

    fn tell(&mut self, step: impl FnOnce(&Timing) -> Step) {
        if let Some(steps) = &mut self.steps {
            steps.push(step(self.timing));
        }
    }

    /// Tells what ran up to the instant.
    fn flush(&mut self, until: Timestamp) {
        if let Some(steps) = &mut self.steps
            && let Some(deadline) = self.deadline
            && self.stopped.is_none()
            && !self.ended
        {
            let end = until.min(deadline.at);
            if self.told < end {
                steps::ran(steps, self.timing, (self.told, end), self.unit);
            }
        }
        self.told = self.told.max(until);
    }

    fn finish(mut self) -> Reckoned {
        let Some(deadline) = self.deadline else {
            return Reckoned {
                steps: self.steps.unwrap_or_default(),
                ..Reckoned::default()
            };
        };
        self.flush(deadline.at);
        if let Some(stopped) = self.stopped {
            self.tell(|timing| Step::stands(timing, stopped));
        }
        // What stands or is over is as it was told then; what was learned since counts when it goes on.
        let at = self.stored.filter(|_| self.stopped.is_some() || self.ended);
        let deadline = Deadline {
            at: at.unwrap_or(deadline.at),
            ..deadline
        };
        self.tell(|timing| Step::deadline(timing, deadline));
        Reckoned {
            deadline: Some(deadline.at),
            provisional: deadline.provisional,
            steps: self.steps.unwrap_or_default(),
        }
    }
}

fn limit(detail: &Detail, stage: Stage) -> Option<Limit> {
    let told = detail.limits.iter().find(|limit| limit.stage() == stage)?;
    Limit::parse(&told.limit).ok()
}

#[cfg(test)]
mod tests;
