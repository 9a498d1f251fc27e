//! Events: everything that happens to an issue, never changed and never deleted. All else is derived from them.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    category::Category,
    issue::{Outcome, State},
};

/// What happened; the proto's table.
pub use tidyward_proto::v1::IssueEventKind as Kind;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

/// An event that is to be appended; who, when recorded and its numbers are the same for all that are written together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    pub kind: Kind,
    pub round: i32,
    pub occurred_at: Timestamp,
    pub handling_deadline: Option<Timestamp>,
    pub total_deadline: Option<Timestamp>,
}

impl Move {
    pub fn new(kind: Kind, round: i32, occurred_at: Timestamp) -> Move {
        Move {
            kind,
            round,
            occurred_at,
            handling_deadline: None,
            total_deadline: None,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    pub moves: Vec<Move>,
    pub state: State,
    pub outcome: Outcome,
}

/// The moves that must have been made for a problem to stand as a file says. Filing and dispatch are dated at the
/// report, hand-in and check at the closing; a duplicate is merged at its report and never filed.
pub fn course(reported: Timestamp, fate: Fate, category: &Category, zone: &TimeZone) -> Course {
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
    let deadline = |limit: Option<crate::limit::Limit>| limit?.deadline(reported, zone);
    moves.push(Move {
        total_deadline: deadline(category.total),
        ..Move::new(Kind::Filed, 1, reported)
    });
    moves.push(Move {
        handling_deadline: deadline(category.handling),
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
