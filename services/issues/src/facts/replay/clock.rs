//! The clocks of one round: from filing to the first dispatch by its total deadline, and from there on the handling
//! clock, which stands while a check is awaited and while the round is suspended.

use super::Moved;
use crate::event::{Kind, Marks};

/// Which clock runs, and from when with the deadline that holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Standing,
    Undispatched {
        since: i64,
    },
    Handling {
        since: i64,
    },
}

/// A clock that ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RanOut {
    pub at: i64,
    /// Whether the round was with a duty-holder then.
    pub duty: bool,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    phase: Phase,
    /// Those in force; a deadline holds from the move that carries it.
    pub handling_deadline: Option<i64>,
    pub total_deadline: Option<i64>,
    duty: bool,
    first: Option<RanOut>,
}

impl Clock {
    /// Takes the round's next move. Moves that are recorded later than the deadline change nothing of what ran out.
    pub fn take(&mut self, moved: &Moved) {
        let (at, carries) = (
            moved.at,
            moved.handling_deadline.is_some() || moved.total_deadline.is_some(),
        );
        match moved.kind {
            Kind::Filed => self.phase = Phase::Undispatched { since: at },
            Kind::Dispatched => {
                self.settle(at);
                // After a return that was overruled the clock has run on.
                if !matches!(self.phase, Phase::Handling { .. })
                    || moved.handling_deadline.is_some()
                {
                    self.phase = Phase::Handling { since: at };
                }
                self.duty = moved.marks.has(Marks::TO_DUTY);
            }
            Kind::HandedIn | Kind::Suspended => {
                self.settle(at);
                self.phase = Phase::Standing;
            }
            Kind::CheckFailed | Kind::CheckFraud | Kind::Resumed => {
                self.phase = Phase::Handling { since: at };
            }
            _ if carries => {
                self.settle(at);
                match &mut self.phase {
                    Phase::Undispatched { since } | Phase::Handling { since } => *since = at,
                    Phase::Standing => {}
                }
            }
            _ => {}
        }
        self.handling_deadline = moved.handling_deadline.or(self.handling_deadline);
        self.total_deadline = moved.total_deadline.or(self.total_deadline);
    }

    /// When a clock of the round first ran out or, when nothing more happens, will run out.
    pub fn ran_out(&self) -> Option<RanOut> {
        let mut last = *self;
        last.settle(i64::MAX);
        last.first
    }

    /// Lets the clock run until the instant.
    fn settle(&mut self, until: i64) {
        // A deadline that had passed when its clock began runs out at that moment.
        let ran_out = match self.phase {
            Phase::Standing => None,
            Phase::Undispatched { since } => self
                .total_deadline
                .map(|deadline| deadline.max(since))
                .filter(|at| until > *at),
            Phase::Handling { since } => self
                .handling_deadline
                .filter(|deadline| until > *deadline)
                .map(|deadline| deadline.max(since)),
        };
        let Some(at) = ran_out else {
            return;
        };
        if self.first.is_none_or(|first| at < first.at) {
            self.first = Some(RanOut {
                at,
                duty: self.duty,
            });
        }
    }
}
