//! A review and its states. One table says which move is allowed from which state.

use std::{collections::BTreeMap, fmt::Write as _};

use jiff::Timestamp;
use tidyward_kit::{Error, Reason, period::Period};

use crate::{rule::VersionId, scores::Tally};

/// Where a review stands. The numbers are the proto's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReviewState {
    Open = 1,
    Frozen = 2,
    Scored = 3,
    Published = 4,
    Final = 5,
    Failed = 6,
}

/// What may be done with a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Fixes facts, rule and parameters.
    Freeze,
    /// Scores with the pinned rule.
    Run,
    /// Scores afresh and compares.
    Again,
    /// Scores with another rule, beside the review's own revision.
    Trial,
    /// Reads scores: lists, explanations, bundles.
    Read,
}

/// Each allowed move and the state that it leads to when it succeeds.
pub const TABLE: &[(ReviewState, Move, ReviewState)] = &[
    (ReviewState::Open, Move::Freeze, ReviewState::Frozen),
    (ReviewState::Frozen, Move::Run, ReviewState::Scored),
    (ReviewState::Failed, Move::Run, ReviewState::Scored),
    (ReviewState::Scored, Move::Again, ReviewState::Scored),
    (ReviewState::Scored, Move::Trial, ReviewState::Scored),
    (ReviewState::Scored, Move::Read, ReviewState::Scored),
    (ReviewState::Published, Move::Again, ReviewState::Published),
    (ReviewState::Published, Move::Trial, ReviewState::Published),
    (ReviewState::Published, Move::Read, ReviewState::Published),
    (ReviewState::Final, Move::Again, ReviewState::Final),
    (ReviewState::Final, Move::Trial, ReviewState::Final),
    (ReviewState::Final, Move::Read, ReviewState::Final),
];

impl ReviewState {
    pub const ALL: [ReviewState; 6] = [
        ReviewState::Open,
        ReviewState::Frozen,
        ReviewState::Scored,
        ReviewState::Published,
        ReviewState::Final,
        ReviewState::Failed,
    ];

    pub fn from_number(number: i32) -> Option<ReviewState> {
        ReviewState::ALL
            .into_iter()
            .find(|state| *state as i32 == number)
    }

    pub fn name(self) -> &'static str {
        match self {
            ReviewState::Open => "OPEN",
            ReviewState::Frozen => "FROZEN",
            ReviewState::Scored => "SCORED",
            ReviewState::Published => "PUBLISHED",
            ReviewState::Final => "FINAL",
            ReviewState::Failed => "FAILED",
        }
    }

    /// Facts, rule and parameters are fixed.
    pub fn is_frozen(self) -> bool {
        self != ReviewState::Open
    }

    pub fn after(self, action: Move) -> Result<ReviewState, Error> {
        let row = TABLE.iter().find(|row| row.0 == self && row.1 == action);
        row.map(|row| row.2).ok_or_else(|| self.forbidden(action))
    }

    fn forbidden(self, action: Move) -> Error {
        let allowed: Vec<&str> = TABLE
            .iter()
            .filter(|row| row.0 == self)
            .map(|row| row.1.name())
            .collect();
        let message = format!(
            "the review is {} and cannot be {}; {}",
            self.name(),
            action.participle(),
            match self {
                ReviewState::Open => "freeze it first",
                ReviewState::Frozen | ReviewState::Failed => "run it first",
                _ => "it is scored already: run it with `again` to compare, or with a trial rule",
            }
        );
        Error::new(Reason::MoveForbidden, message)
            .with("state", self.name())
            .with("action", action.name())
            .with("allowed", allowed.join(","))
    }
}

impl Move {
    pub fn name(self) -> &'static str {
        match self {
            Move::Freeze => "freeze",
            Move::Run => "run",
            Move::Again => "again",
            Move::Trial => "trial",
            Move::Read => "read",
        }
    }

    fn participle(self) -> &'static str {
        match self {
            Move::Freeze => "frozen",
            Move::Run => "run",
            Move::Again => "scored again",
            Move::Trial => "tried with another rule",
            Move::Read => "read for scores",
        }
    }
}

/// One period's review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub period: Period,
    pub state: ReviewState,
    /// First instant of the period, microseconds.
    pub start_at: i64,
    /// First instant after it.
    pub end_at: i64,
    pub created_at: i64,
    /// What the freeze fixed. Nothing before.
    pub frozen: Option<Frozen>,
    /// Why it failed; empty unless it did.
    pub error: String,
}

/// What a freeze fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    pub rule: Pinned,
    pub areas: i64,
    pub issues_outside: i64,
    pub facts_sha256: [u8; 32],
    /// Of the rounds behind the facts. Nothing where an earlier release froze it.
    pub rounds_sha256: Option<[u8; 32]>,
    /// Number of the ledger's last event that counts.
    pub watermark: i64,
    /// Microseconds.
    pub frozen_at: i64,
}

/// A rule version by its digest, with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pinned {
    pub id: VersionId,
    pub sha256: [u8; 32],
    /// Every parameter, decimal text by id.
    pub parameters: BTreeMap<String, String>,
}

/// One set of scores of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// From 1. The first is by the pinned rule.
    pub number: i64,
    pub state: RevisionState,
    pub trial: bool,
    /// A trial by the rule in shadow, which every run brings along.
    pub shadow: bool,
    pub rule: Pinned,
    /// What every call may use.
    pub fuel_limit: i64,
    pub chunk_rows: i64,
    pub engine: String,
    pub engine_configuration: String,
    /// Nothing until the scores are there.
    pub scores_sha256: Option<[u8; 32]>,
    /// What the last scoring afresh gave.
    pub again_sha256: Option<[u8; 32]>,
    pub tally: Tally,
    pub fuel: i64,
    pub elapsed_ms: i64,
    pub error: String,
}

/// Where a revision stands. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevisionState {
    Scoring = 1,
    Done = 2,
    Failed = 3,
}

/// A part of a revision's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkRange {
    pub chunk: i64,
    pub first_row: i64,
    pub rows: i64,
}

/// Cuts so many rows into chunks; no rows are one empty chunk.
pub fn chunks(rows: usize, chunk_rows: usize) -> Vec<ChunkRange> {
    let count = rows.div_ceil(chunk_rows).max(1);
    let range = |chunk: usize| {
        let first = chunk * chunk_rows;
        let here = chunk_rows.min(rows - first);
        ChunkRange {
            chunk: chunk as i64,
            first_row: first as i64,
            rows: here as i64,
        }
    };
    (0..count).map(range).collect()
}

/// A period can be frozen from the first instant after it.
pub fn over(end: Timestamp, now: Timestamp) -> Result<(), Error> {
    if now >= end {
        return Ok(());
    }
    let message = format!("the period is not over before {end}; freeze it then");
    Err(Error::new(Reason::PeriodNotOver, message).with("end", end))
}

/// How many failed rows a run bears: 1 %, and at least one.
pub fn failures_allowed(rows: usize) -> usize {
    (rows / 100).max(1)
}

/// Parameters by id, decimal text, as one text: a line `id=value` each, in byte order of the ids. It is what is stored.
pub fn parameters_text(parameters: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for (id, value) in parameters {
        // Writing to a `String` cannot fail.
        let _infallible = writeln!(text, "{id}={value}");
    }
    text
}

/// Reads `parameters_text` back.
pub fn read_parameters(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(id, value)| (id.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_move_names_the_state_the_action_and_the_allowed_ones() {
        let error = ReviewState::Open.after(Move::Run).unwrap_err();
        assert_eq!(error.reason, Reason::MoveForbidden);
        assert_eq!(
            error.message,
            "the review is OPEN and cannot be run; freeze it first"
        );
        let metadata: Vec<(&str, &str)> = error
            .metadata
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            metadata,
            [("action", "run"), ("allowed", "freeze"), ("state", "OPEN")]
        );
    }

    #[test]
    fn every_state_reads_back_and_has_a_way_on() {
        for state in ReviewState::ALL {
            assert_eq!(ReviewState::from_number(state as i32), Some(state));
            assert!(TABLE.iter().any(|row| row.0 == state));
        }
        assert_eq!(
            ReviewState::Failed.after(Move::Run).unwrap(),
            ReviewState::Scored
        );
        assert!(ReviewState::Scored.after(Move::Freeze).is_err());
    }

    #[test]
    fn a_period_is_over_at_its_end_and_not_a_microsecond_before() {
        let end: Timestamp = "2013-10-01T05:00:00Z".parse().unwrap();
        assert!(over(end, end).is_ok());
        let before = Timestamp::from_microsecond(end.as_microsecond() - 1).unwrap();
        let error = over(end, before).unwrap_err();
        assert_eq!(error.reason, Reason::PeriodNotOver);
        assert_eq!(error.metadata["end"], "2013-10-01T05:00:00Z");
    }

    #[test]
    fn one_in_a_hundred_may_fail_and_always_one() {
        assert_eq!(
            [0, 1, 99, 100, 199, 200, 2_432].map(failures_allowed),
            [1, 1, 1, 1, 1, 2, 24]
        );
    }

    #[test]
    fn chunks_cover_every_row_once() {
        for (rows, size) in [(0, 5), (1, 5), (5, 5), (6, 5), (11, 5)] {
            let cut = chunks(rows, size);
            let mut next = 0;
            for (index, range) in cut.iter().enumerate() {
                assert_eq!((range.chunk, range.first_row), (index as i64, next));
                next += range.rows;
            }
            assert_eq!(next, rows as i64);
        }
    }

    #[test]
    fn parameters_read_back() {
        let parameters = BTreeMap::from([
            ("a".to_owned(), "1.5".to_owned()),
            ("b".to_owned(), "-2".to_owned()),
        ]);
        assert_eq!(parameters_text(&parameters), "a=1.5\nb=-2\n");
        assert_eq!(read_parameters(&parameters_text(&parameters)), parameters);
    }
}
