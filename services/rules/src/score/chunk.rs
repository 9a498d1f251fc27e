//! One chunk: one call where all is well, else one call a row, each with the same fuel.

use std::time::Duration;

use super::check::{Believed, check};
use super::{Facts, FailureKind, NO_STARS, RowFailure, RunError, Scores};
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
        Ok((given, believed)) => Some(finish(rule, given, believed, used)),
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
    Scores {
        rows: 1,
        items: vec![ABSENT; rule.inner.manifest.criteria.len()],
        totals: vec![ABSENT],
        stars: vec![NO_STARS],
        notes: Vec::new(),
        failures: vec![RowFailure {
            row: 0,
            kind,
            message,
        }],
        fuel: vec![used],
    }
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

type Checked = Result<(Given, Believed), (FailureKind, String)>;

/// The outer error ends the run; the inner one is the rule's fault with these rows.
fn checked(
    rule: &Rule,
    facts: &Facts,
    outcome: Result<Given, CallError>,
) -> Result<Checked, RunError> {
    match outcome {
        Ok(given) => {
            Ok(check(&rule.inner.manifest, facts, &given).map(|believed| (given, believed)))
        }
        Err(CallError::Rule { kind, message }) => Ok(Err((kind, message))),
        Err(CallError::Declined(Declined::BadParameters)) => Err(RunError::BadParameters),
        Err(CallError::Declined(Declined::Unsupported)) => Err(RunError::Unsupported),
        Err(CallError::Timeout) => Err(RunError::Timeout),
        Err(CallError::Host(detail)) => Err(RunError::Host(detail)),
    }
}

/// Adds what the host itself decides: stars by bands.
fn finish(rule: &Rule, given: Given, believed: Believed, used: u64) -> Scores {
    let manifest = &rule.inner.manifest;
    let Believed { totals, notes } = believed;
    let stars =
        totals
            .iter()
            .zip(&given.stars)
            .map(|(total, given)| match manifest.stars.is_empty() {
                true if *total == ABSENT => NO_STARS,
                true => *given,
                false => manifest.stars(*total).unwrap_or(NO_STARS),
            });
    let stars = stars.collect();
    Scores {
        rows: totals.len(),
        items: given.items,
        totals,
        stars,
        notes,
        failures: Vec::new(),
        fuel: vec![used],
    }
}
