//! The replay of one issue: its moves, and what they count for in a period. The heart of the facts.
//!
//! Moves come in the order in which they were appended, each with the instant at which it takes effect. Counts of moves
//! belong to the period of that instant. A round becomes accountable once, at the first of: its check passes; it is closed
//! by force; a clock of it runs out. What happens at the very deadline happens before the clock runs out.

mod calls;
mod clock;
mod round;

use jiff::Timestamp;

use super::measure::{Counts, Measure};
use crate::event::{Kind, Marks};
use calls::Calls;
pub use round::Known;
use round::Round;

/// A half-open period, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub start: i64,
    pub end: i64,
}

impl Window {
    /// As much of it as has passed; nothing where it has not begun.
    pub fn until(self, now: Timestamp) -> Window {
        let passed = now.as_microsecond().saturating_add(1);
        Window {
            start: self.start,
            end: self.end.min(passed).max(self.start),
        }
    }

    pub fn holds(self, at: i64) -> bool {
        (self.start..self.end).contains(&at)
    }
}

/// A move with the time at which it takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    pub kind: Kind,
    /// 0 before the first.
    pub round: i32,
    pub at: i64,
    pub handling_deadline: Option<i64>,
    pub total_deadline: Option<i64>,
    pub marks: Marks,
    /// Of a filing: the number of its category, where it is not the reported one.
    pub category: Option<u32>,
    /// Of a hand-in.
    pub worked_minutes: Option<i64>,
    /// Of a suspension: when it goes on by itself.
    pub until: Option<i64>,
}

/// What one round came to in the period, or what came before the first round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// 0 is what came before the first.
    pub round: i32,
    /// As filed, where it is not the reported one.
    pub category: Option<u32>,
    pub urgent: bool,
    pub counts: Counts,
    /// Of them, those that came while it was with a duty-holder.
    pub duty: Counts,
}

/// Room for replaying, used again for every issue, so that an issue takes no memory of its own.
#[derive(Debug, Default)]
pub struct Replay {
    rounds: Vec<Round>,
    /// When it was merged or rejected: for good, whatever round that came in.
    left: Option<i64>,
    pub parts: Vec<Part>,
    /// Working minutes of handling, of the rounds whose check passed in the period.
    pub minutes: Vec<i64>,
}

impl Replay {
    /// Counts what an issue's moves, in their order, come to in the period. The answer is in `parts` and `minutes`.
    pub fn count(&mut self, moves: &[Moved], window: Window) {
        self.rounds.clear();
        self.parts.clear();
        self.minutes.clear();
        let report = moves.iter().find(|moved| moved.kind == Kind::Reported);
        let marks = report.map_or(Marks::default(), |report| report.marks);
        let mut calls = Calls::new(marks.has(Marks::CONTACTABLE));
        self.left = None;
        for moved in moves {
            let seen = moved.at < window.end;
            let at = self.part(moved.round);
            self.rounds[at].take(moved, seen);
            if seen && matches!(moved.kind, Kind::Merged | Kind::Rejected) {
                self.left = self.left.or(Some(moved.at));
            }
            calls.take(moved, window, &mut self.parts);
            if moved.at >= window.start && seen {
                self.note(at, moved);
            }
        }
        calls.end(&mut self.parts);
        for (round, part) in self.rounds.iter().zip(&mut self.parts) {
            round.count(self.left, window, part);
        }
    }

    /// How each round stands at the end of the period that was counted, with what it came to.
    pub fn known(&self, window: Window) -> impl Iterator<Item = (&Part, Known)> {
        let rounds = self.parts.iter().zip(&self.rounds);
        rounds.map(move |(part, round)| (part, round.known(self.left, window)))
    }

    /// Index of the round's part.
    fn part(&mut self, number: i32) -> usize {
        if let Some(at) = self.parts.iter().rposition(|part| part.round == number) {
            return at;
        }
        self.rounds.push(Round::default());
        self.parts.push(Part {
            round: number,
            category: None,
            urgent: false,
            counts: Counts::default(),
            duty: Counts::default(),
        });
        self.parts.len() - 1
    }

    /// Counts a move of the period by itself. Its round knows of it already.
    fn note(&mut self, at: usize, moved: &Moved) {
        let (round, part) = (&self.rounds[at], &mut self.parts[at]);
        let mut note = |measure: Measure, holds: bool| {
            part.counts.note(measure, holds);
            part.duty.note(measure, holds && round.duty);
        };
        let mark = |mark: Marks| moved.marks.has(mark);
        match moved.kind {
            Kind::Reported => {
                note(Measure::Reported, true);
                note(Measure::OwnReported, mark(Marks::OWN));
            }
            Kind::Verified => note(Measure::Verified, true),
            Kind::Rejected => note(Measure::Rejected, true),
            Kind::Merged => note(Measure::Merged, true),
            Kind::Settled => note(Measure::OnSpot, true),
            Kind::Filed => note(Measure::Filed, true),
            Kind::Accepted => {
                note(Measure::Accepted, true);
                note(Measure::AcceptedOnTime, mark(Marks::ON_TIME));
            }
            Kind::CheckPassed => {
                note(Measure::Checks, !moved.marks.has(Marks::IMPORTED));
                self.minutes.extend(round.worked_minutes());
            }
            Kind::CheckFailed | Kind::CheckFraud => {
                note(Measure::Checks, true);
                note(Measure::ChecksFailed, true);
                note(Measure::Fraud, moved.kind == Kind::CheckFraud);
                // A round counts in the period in which its first failed check came, and its third.
                note(Measure::ReworkCases, round.failed == 1);
                note(Measure::ReworkCases3, round.failed == 3);
            }
            Kind::Reopened => note(Measure::Reopened, true),
            Kind::Rebounded => note(Measure::Rebound, true),
            Kind::ExtensionApproved => note(Measure::Extended, true),
            Kind::Suspended => note(Measure::Suspended, true),
            Kind::ForceClosed => note(Measure::Forced, true),
            Kind::Returned => note(Measure::Returned, true),
            Kind::ReturnOverruled => note(Measure::Refused, true),
            Kind::FoundFalse => note(Measure::FalseClose, true),
            _ => {}
        }
    }
}

impl Part {
    fn filed(&mut self, moved: &Moved) {
        self.category = moved.category;
        self.urgent = moved.marks.has(Marks::URGENT);
    }
}

/// Whether the issue was reported before the period's end.
pub fn reported_before_end(moves: &[Moved], window: Window) -> bool {
    moves
        .iter()
        .any(|moved| moved.kind == Kind::Reported && moved.at < window.end)
}
