//! The rounds behind the facts: each that any fact of the period counts, as it stood at the period's end. They come from
//! the replay that counts the facts, so that the two cannot disagree.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ops::RangeInclusive,
};

use tidyward_kit::{Error, mark};
use uuid::Uuid;

use super::{
    replay::{Known, Moved, Part, Replay, Window},
    tree::Tree,
    whole::Whole,
};
use crate::{
    event::Kind,
    issue::{Severity, Source, State},
    standing::state_after,
};

/// One round, or what came of an issue that is not filed. Instants are microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundFacts {
    /// Index of its grid's row.
    pub row: u32,
    /// The issue's number within the district.
    pub issue: i64,
    /// 0 while nothing is filed.
    pub round: i32,
    /// Number of its category.
    pub category: u32,
    pub severity: Severity,
    pub state: State,
    pub reported_at: i64,
    pub filed_at: Option<i64>,
    pub due_at: Option<i64>,
    pub handed_in_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub failed_checks: u32,
    pub marks: u32,
}

/// A round with what the packed courses do not say of its issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub facts: RoundFacts,
    pub issue: Uuid,
    pub source: Source,
}

/// Rounds as they were gathered.
#[derive(Debug)]
pub struct Gathered {
    /// Of categories, by number.
    pub codes: Vec<String>,
    pub rounds: Vec<RoundFacts>,
}

/// The rounds of a period by report, then name, then number.
#[derive(Debug)]
pub struct RoundTable {
    /// First instant of the period.
    pub start: i64,
    pub codes: Vec<String>,
    pub tree: Tree,
    pub rounds: Vec<Named>,
}

impl Gathered {
    /// The issues of the rounds, each once.
    pub fn issues(&self) -> Vec<i64> {
        let mut issues: Vec<i64> = self.rounds.iter().map(|round| round.issue).collect();
        issues.dedup();
        issues
    }
}

impl RoundTable {
    /// `names` are of each issue by its number.
    pub fn new(
        start: i64,
        gathered: Gathered,
        tree: Tree,
        names: &HashMap<i64, (Uuid, Source)>,
    ) -> Result<RoundTable, Error> {
        let named = |facts: RoundFacts| {
            let name = names.get(&facts.issue);
            let (issue, source) = *name.ok_or_else(|| Error::internal("moves of no issue"))?;
            Ok(Named {
                facts,
                issue,
                source,
            })
        };
        let rounds: Result<Vec<Named>, Error> = gathered.rounds.into_iter().map(named).collect();
        let mut rounds = rounds?;
        // Ids are in the order of their text.
        rounds.sort_unstable_by_key(|one| (one.facts.reported_at, one.issue, one.facts.round));
        Ok(RoundTable {
            start,
            codes: gathered.codes,
            tree,
            rounds,
        })
    }

    /// Keeps the rounds of those rows, each with its row's place among them.
    pub fn keep(&mut self, rows: &[usize]) {
        let places: HashMap<usize, u32> = rows.iter().copied().zip(0..).collect();
        self.rounds.retain_mut(|one| {
            let place = places.get(&(one.facts.row as usize));
            one.facts.row = place.copied().unwrap_or_default();
            place.is_some()
        });
    }

    /// The categories of the rounds and all above them, each with the one above it; empty where there is none.
    pub fn categories(&self) -> BTreeMap<&str, &str> {
        let numbers: HashSet<u32> = self.rounds.iter().map(|one| one.facts.category).collect();
        let codes = numbers.into_iter();
        let lines = codes.map(|number| self.tree.line(&self.codes[number as usize]));
        let above = |code| self.tree.line(code).get(1).copied().unwrap_or_default();
        lines.flatten().map(|code| (code, above(code))).collect()
    }
}

/// Adds the issue's rounds that count in the period. What came before the first filing belongs to the first round once
/// that is filed, and stands by itself until then.
pub fn gather(
    whole: &Whole,
    row: u32,
    replay: &Replay,
    window: Window,
    rounds: &mut Vec<RoundFacts>,
) {
    let first_filed = replay
        .known(window)
        .any(|(part, known)| part.round == 1 && known.filed_at.is_some());
    for (part, known) in replay.known(window) {
        let numbers = match part.round {
            0 if first_filed => continue,
            1 if first_filed => 0..=1,
            number => number..=number,
        };
        let count = |part: &Part| numbers.contains(&part.round) && !part.counts.is_zero();
        if replay.parts.iter().any(count) {
            let told = Told::of(&whole.moves, part.round, &numbers, window);
            rounds.push(RoundFacts::new(whole, row, part, known, told));
        }
    }
}

/// What the moves of a round that took effect before the period's end say by their kinds alone.
#[derive(Clone, Copy, Debug)]
struct Told {
    state: State,
    closed_at: Option<i64>,
    marks: u32,
}

impl Told {
    fn of(moves: &[Moved], round: i32, numbers: &RangeInclusive<i32>, window: Window) -> Told {
        let mut told = Told {
            state: State::Unspecified,
            closed_at: None,
            marks: 0,
        };
        for moved in moves.iter().filter(|moved| moved.at < window.end) {
            if numbers.contains(&moved.round) {
                told.state = state_after(moved.kind).unwrap_or(told.state);
                told.marks |= mark_of(moved.kind);
            }
            if moved.round == round && state_after(moved.kind) == Some(State::Closed) {
                let first = told.closed_at.map_or(moved.at, |at| at.min(moved.at));
                told.closed_at = Some(first);
            }
            // The round that was closed hears of the reopening, the next one is begun by it.
            if moved.kind == Kind::Reopened && moved.round + 1 == round {
                told.marks |= mark::REOPENED;
            }
        }
        told
    }
}

/// `DRAWN` is set by none: this ledger holds no inspections.
fn mark_of(kind: Kind) -> u32 {
    match kind {
        Kind::ForceClosed => mark::FORCED,
        Kind::CheckFraud => mark::FRAUD,
        Kind::ReturnOverruled => mark::REFUSED,
        Kind::FoundFalse => mark::FALSE_CLOSE,
        _ => 0,
    }
}

impl RoundFacts {
    fn new(whole: &Whole, row: u32, part: &Part, known: Known, told: Told) -> RoundFacts {
        let severity = match known.filed_at {
            None => Severity::Unspecified,
            Some(_) if part.urgent => Severity::Urgent,
            Some(_) => Severity::Normal,
        };
        let state = match told.state {
            _ if known.suspended => State::Suspended,
            // It has gone on by itself.
            State::Suspended => State::Handling,
            state => state,
        };
        let marks = [
            (mark::OWN, whole.own),
            (mark::URGENT, part.urgent),
            (mark::SUSPENDED, known.suspended),
        ];
        let marks = marks.iter().filter(|mark| mark.1).map(|mark| mark.0);
        RoundFacts {
            row,
            issue: whole.issue,
            round: part.round,
            category: part.category.unwrap_or(whole.category),
            severity,
            state,
            // The report is the first of its moves.
            reported_at: whole.moves[0].at,
            filed_at: known.filed_at,
            due_at: known.due_at,
            handed_in_at: known.handed_in_at,
            closed_at: told.closed_at,
            failed_checks: known.failed_checks,
            marks: marks.fold(told.marks, |all, mark| all | mark),
        }
    }
}
