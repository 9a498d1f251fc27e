//! Events: everything that happens to an issue, never changed and never deleted. All else is derived from them.

use jiff::Timestamp;

use crate::{
    category::Category,
    evidence::Shown,
    issue::{Outcome, Progress, State},
    timing::Timing,
};

/// What happened, and what it says beside its kind and times; the proto's tables. Details are stored as the proto encodes
/// them.
pub use tidyward_proto::v1::{IssueEventDetail as Detail, IssueEventKind as Kind};

/// What counting needs of an event's detail, a bit each, so that the scan for facts decodes none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks(pub i32);

impl Marks {
    /// Of a report: the reporter held a duty on the grid or above.
    pub const OWN: Marks = Marks(1);
    /// Of a report: there is somebody to call back.
    pub const CONTACTABLE: Marks = Marks(2);
    /// Of a filing: urgent.
    pub const URGENT: Marks = Marks(4);
    /// Of a dispatch: to a holder of a duty on the grid or above.
    pub const TO_DUTY: Marks = Marks(8);
    /// Of an acceptance: by its deadline, or without one.
    pub const ON_TIME: Marks = Marks(16);
    /// Of a call back.
    pub const REACHED: Marks = Marks(32);
    /// Of a call back.
    pub const SOLVED: Marks = Marks(64);
    /// Of a call back or a rating.
    pub const SATISFIED: Marks = Marks(128);
    /// Of every move that was concluded from a file: nobody made it here.
    pub const IMPORTED: Marks = Marks(256);

    pub fn has(self, mark: Marks) -> bool {
        self.0 & mark.0 != 0
    }

    #[must_use]
    pub fn with(self, mark: Marks, holds: bool) -> Marks {
        Marks(if holds { self.0 | mark.0 } else { self.0 })
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Within the issue, from 1.
    pub sequence: i32,
    pub kind: Kind,
    /// 0 before the first.
    pub round: i32,
    /// As the client or the file says.
    pub occurred_at: Timestamp,
    /// By the server.
    pub recorded_at: Timestamp,
    /// Who did it.
    pub actor: String,
    pub handling_deadline: Option<Timestamp>,
    pub total_deadline: Option<Timestamp>,
    /// Of the stage verify, dispatch, accept or check, whichever begins with the event.
    pub stage_deadline: Option<Timestamp>,
    pub detail: Option<Detail>,
}

/// An event that is to be appended; who, when recorded and its numbers are the same for all that are written together.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    pub kind: Kind,
    pub round: i32,
    pub occurred_at: Timestamp,
    pub handling_deadline: Option<Timestamp>,
    pub total_deadline: Option<Timestamp>,
    pub stage_deadline: Option<Timestamp>,
    pub marks: Marks,
    /// Of a filing: the category as filed, where it is not the reported one.
    pub category: Option<String>,
    /// Of a hand-in: working minutes from the dispatch to it, less suspensions.
    pub worked_minutes: Option<i64>,
    pub detail: Option<Detail>,
}

impl Move {
    /// Adds what shows it.
    pub fn show(&mut self, shown: &[Shown]) {
        if !shown.is_empty() {
            let uses = shown.iter().map(|one| one.used.clone());
            self.detail.get_or_insert_default().evidence = uses.collect();
        }
    }

    pub fn new(kind: Kind, round: i32, occurred_at: Timestamp) -> Move {
        Move {
            kind,
            round,
            occurred_at,
            handling_deadline: None,
            total_deadline: None,
            stage_deadline: None,
            marks: Marks::default(),
            category: None,
            worked_minutes: None,
            detail: None,
        }
    }
}

/// What a file says became of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Open,
    Closed(Timestamp),
    /// Of another issue, which the file may not name.
    Duplicate,
}

/// What an issue came to by its moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    pub moves: Vec<Move>,
    pub state: State,
    pub outcome: Outcome,
}

impl Course {
    /// What the row keeps of the moves.
    pub fn progress(&self, recorded_at: Timestamp) -> Progress {
        let last = |read: fn(&Move) -> Option<Timestamp>| self.moves.iter().rev().find_map(read);
        let ended = self.state == State::Closed || self.state == State::Merged;
        Progress {
            last_sequence: i32::try_from(self.moves.len()).unwrap_or(i32::MAX),
            ended_at: self
                .moves
                .last()
                .filter(|_| ended)
                .map(|last| last.occurred_at),
            round: self.moves.last().map_or(0, |last| last.round),
            handling_deadline: last(|step| step.handling_deadline),
            total_deadline: last(|step| step.total_deadline),
            ..Progress::reported(recorded_at)
        }
    }
}

/// The moves that must have been made for a problem to stand as a file says. Filing and dispatch are dated at the
/// report, hand-in and check at the closing; a duplicate is merged at its report and never filed.
pub fn course(reported: Timestamp, fate: Fate, category: &Category, timing: &Timing) -> Course {
    let mut course = concluded(reported, fate, category, timing);
    for step in &mut course.moves {
        step.marks = step.marks.with(Marks::IMPORTED, true);
    }
    course
}

fn concluded(reported: Timestamp, fate: Fate, category: &Category, timing: &Timing) -> Course {
    let mut moves = Vec::with_capacity(5);
    moves.push(Move::new(Kind::Reported, 0, reported));
    if fate == Fate::Duplicate {
        moves.push(Move::new(Kind::Merged, 0, reported));
        return Course {
            moves,
            state: State::Merged,
            outcome: Outcome::Duplicate,
        };
    }
    let deadline = |limit: Option<crate::limit::Limit>| Some(timing.deadline(reported, limit?)?.at);
    moves.push(Move {
        total_deadline: deadline(category.total()),
        ..Move::new(Kind::Filed, 1, reported)
    });
    moves.push(Move {
        handling_deadline: deadline(category.handling()),
        ..Move::new(Kind::Dispatched, 1, reported)
    });
    let Fate::Closed(closed) = fate else {
        return Course {
            moves,
            state: State::Dispatched,
            outcome: Outcome::Unspecified,
        };
    };
    moves.push(Move::new(Kind::HandedIn, 1, closed));
    moves.push(Move::new(Kind::CheckPassed, 1, closed));
    Course {
        moves,
        state: State::Closed,
        outcome: Outcome::Resolved,
    }
}
