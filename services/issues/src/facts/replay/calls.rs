//! Calls back after a closing. A closing counts as called in the period of its first call, and as answered, solved and
//! satisfied by the last call of that period: so it counts once at most, and of the calls and closings of one period no
//! more are answered than called, and no more called than there was somebody to call for.

use super::{Moved, Part, Window};
use crate::{
    event::{Kind, Marks},
    facts::measure::Measure,
};

#[derive(Clone, Copy, Debug)]
struct Called {
    /// Whether the first call of the closing came in the period.
    counts: bool,
    round: i32,
    /// What the last call of the period said.
    marks: Marks,
}

#[derive(Clone, Copy, Debug)]
pub struct Calls {
    /// Whether there is somebody to call.
    contactable: bool,
    closed: bool,
    called: Option<Called>,
}

impl Calls {
    pub fn new(contactable: bool) -> Calls {
        Calls {
            contactable,
            closed: false,
            called: None,
        }
    }

    pub fn take(&mut self, moved: &Moved, window: Window, parts: &mut [Part]) {
        if !self.contactable {
            return;
        }
        let within = window.holds(moved.at);
        match moved.kind {
            Kind::CheckPassed | Kind::ForceClosed | Kind::Settled => {
                self.end(parts);
                self.closed = true;
                if let Some(part) = of(parts, moved.round) {
                    part.counts.note(Measure::Contactable, within);
                }
            }
            Kind::CalledBack if self.closed => match &mut self.called {
                None => {
                    self.called = Some(Called {
                        counts: within,
                        round: moved.round,
                        marks: moved.marks,
                    });
                }
                Some(called) if within => called.marks = moved.marks,
                Some(_) => {}
            },
            _ => {}
        }
    }

    /// The closing's calls are over.
    pub fn end(&mut self, parts: &mut [Part]) {
        let Some(called) = self.called.take().filter(|called| called.counts) else {
            return;
        };
        let Some(part) = of(parts, called.round) else {
            return;
        };
        let answered = called.marks.has(Marks::REACHED);
        let told = |mark: Marks| answered && called.marks.has(mark);
        part.counts.note(Measure::Asked, true);
        part.counts.note(Measure::Answered, answered);
        part.counts.note(Measure::Solved, told(Marks::SOLVED));
        part.counts.note(Measure::Satisfied, told(Marks::SATISFIED));
    }
}

fn of(parts: &mut [Part], round: i32) -> Option<&mut Part> {
    parts.iter_mut().rfind(|part| part.round == round)
}
