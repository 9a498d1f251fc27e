//! One chunk: one call where all is well, else one call a row, each with the same fuel.

use std::time::Duration;

use super::{Facts, FailureKind, NO_STARS, Note, RowFailure, RunError, Scores, check};
use crate::host::Rule;
use crate::host::call::{CallError, Declined, Given, call};
use crate::points::ABSENT;

/// One call for some rows.
pub(crate) struct Tried {
    /// Nothing where it failed and the rows are several: which of them it fails on is not known then.
    pub scores: Result<Option<Scores>, RunError>,
    pub fuel: u64,
    /// Of a processor.
    pub ran: Duration,
}

/// Scores all rows of `facts` as one chunk. Rows are counted from the first of them.
pub(super) fn score(
    rule: &Rule,
    parameters: &[i64],
    facts: &Facts,
    fuel: u64,
) -> Result<Scores, RunError> {
    if facts.rows == 0 {
        return Ok(Scores {
            fuel: vec![0],
            ..Scores::default()
        });
    }
    let tried = at_once(rule, parameters, facts, fuel);
    match tried.scores? {
        Some(scores) => Ok(scores),
        None => one_by_one(rule, parameters, facts, fuel, tried.fuel),
    }
}

/// Scores the rows in one call. One row alone that fails has its failure.
pub(crate) fn at_once(rule: &Rule, parameters: &[i64], facts: &Facts, fuel: u64) -> Tried {
    let Ok(rows) = u32::try_from(facts.rows) else {
        let words = "a chunk has more rows than a rule can count".to_owned();
        return Tried {
            scores: Err(RunError::WrongShape(words)),
            fuel: 0,
            ran: Duration::ZERO,
        };
    };
    let called = call(rule, parameters, rows, facts, fuel);
    let used = called.fuel;
    let scores = checked(rule, facts, called.outcome).map(|checked| match checked {
        Ok((given, notes)) => Some(finish(
            rule,
            facts.rows,
            given.items,
            &given.stars,
            notes,
            Vec::new(),
            used,
        )),
        Err(failure) if facts.rows == 1 => Some(failed(rule, failure, used)),
        Err(_) => None,
    });
    Tried {
        scores,
        fuel: used,
        ran: called.ran,
    }
}

/// The one row that there is, which failed.
fn failed(rule: &Rule, (kind, message): (FailureKind, String), used: u64) -> Scores {
    let items = vec![ABSENT; rule.inner.manifest.criteria.len()];
    let failure = RowFailure {
        row: 0,
        kind,
        message,
    };
    finish(rule, 1, items, &[NO_STARS], Vec::new(), vec![failure], used)
}

fn one_by_one(
    rule: &Rule,
    parameters: &[i64],
    facts: &Facts,
    fuel: u64,
    used: u64,
) -> Result<Scores, RunError> {
    let mut rows = Vec::with_capacity(facts.rows);
    for row in 0..facts.rows {
        rows.push(score(rule, parameters, &facts.slice(row..row + 1), fuel)?);
    }
    let mut scores = Scores::join(rows);
    scores.fuel = vec![
        scores
            .fuel
            .iter()
            .fold(used, |sum, fuel| sum.saturating_add(*fuel)),
    ];
    Ok(scores)
}

type Checked = Result<(Given, Vec<Note>), (FailureKind, String)>;

/// The outer error ends the run; the inner one is the rule's fault with these rows.
fn checked(
    rule: &Rule,
    facts: &Facts,
    outcome: Result<Given, CallError>,
) -> Result<Checked, RunError> {
    match outcome {
        Ok(given) => {
            Ok(check::check(&rule.inner.manifest, facts, &given).map(|notes| (given, notes)))
        }
        Err(CallError::Rule { kind, message }) => Ok(Err((kind, message))),
        Err(CallError::Declined(Declined::BadParameters)) => Err(RunError::BadParameters),
        Err(CallError::Declined(Declined::Unsupported)) => Err(RunError::Unsupported),
        Err(CallError::Timeout) => Err(RunError::Timeout),
        Err(CallError::Host(detail)) => Err(RunError::Host(detail)),
    }
}

/// Adds what the host itself decides: totals, and stars by bands.
fn finish(
    rule: &Rule,
    rows: usize,
    items: Vec<i64>,
    given_stars: &[u8],
    notes: Vec<Note>,
    failures: Vec<RowFailure>,
    used: u64,
) -> Scores {
    let manifest = &rule.inner.manifest;
    let totals = manifest.totals(&items, rows);
    let stars =
        totals
            .iter()
            .zip(given_stars)
            .map(|(total, given)| match manifest.stars.is_empty() {
                true if *total == ABSENT => NO_STARS,
                true => *given,
                false => manifest.stars(*total).unwrap_or(NO_STARS),
            });
    let stars = stars.collect();
    Scores {
        rows,
        items,
        totals,
        stars,
        notes,
        failures,
        fuel: vec![used],
    }
}
