//! The rule that engines are compared by: twelve facts, five criteria, each with the arithmetic that regulations have. The
//! formulas stand in the clauses of `rule.toml`; each item is rounded once. It makes no notes, so that what is compared is
//! the scoring of an area and the way of its numbers in and out.

use tidyward_rule_sdk::{Failure, Points, Ratio, Row, Rule, Sheet, export, names};

names! {
    input {
        INSPECTION_SUM = "inspections.sum",
        INSPECTION_MAX = "inspections.max",
        INDEPENDENT = "issues.independent",
        MISSED = "issues.missed",
        DUE = "issues.due",
        SUSPENDED = "issues.due_suspended",
        ON_TIME = "issues.handled_on_time",
        CLOSED = "issues.closed",
        BACKLOG = "issues.backlog_start",
        BACKLOG_CLOSED = "issues.backlog_closed",
        ANSWERED = "callback.answered",
        SATISFIED = "callback.satisfied",
    }
}

names! {
    criterion {
        INSPECTIONS = "inspections",
        FOUND_FIRST = "found_first",
        ON_TIME = "on_time",
        CLOSED = "closed",
        SATISFACTION = "satisfaction",
    }
}

/// Answers of residents below which there is nothing to go by.
const FEWEST_ANSWERS: i64 = 5;

/// Has no parameters.
#[derive(Debug)]
pub struct Twelve;

export!(Twelve);

impl Rule for Twelve {
    const PARAMETERS: &'static [&'static str] = &[];
    const INPUTS: &'static [&'static str] = input::NAMES;
    const CRITERIA: &'static [&'static str] = criterion::NAMES;
    const MESSAGES: &'static [&'static str] = &[];

    fn new(_parameters: &[Points]) -> Result<Self, Failure> {
        Ok(Self)
    }

    #[inline(always)]
    fn score(&self, row: Row<'_>, sheet: &mut Sheet<'_>) {
        sheet.item(criterion::INSPECTIONS, inspections(row));
        sheet.item(criterion::FOUND_FIRST, found_first(row));
        sheet.item(criterion::ON_TIME, on_time(row));
        sheet.item(criterion::CLOSED, closed(row));
        sheet.item(criterion::SATISFACTION, satisfaction(row));
    }
}

#[inline(always)]
fn inspections(row: Row<'_>) -> Option<Points> {
    let rate = Ratio::new(
        row.get(input::INSPECTION_SUM)?,
        row.get(input::INSPECTION_MAX)?,
    )?;
    Some(Points::whole(40).times(rate.clamp_to_one()))
}

#[inline(always)]
fn found_first(row: Row<'_>) -> Option<Points> {
    let missed = Ratio::new(row.get(input::MISSED)?, row.get(input::INDEPENDENT)?)?;
    Some(Points::whole(10).times((Ratio::whole(1) - missed).clamp_to_one()))
}

/// The cases that were to be handled; none where a part of the number is absent.
#[inline(always)]
fn due(row: Row<'_>) -> Option<i64> {
    let due = row.get(input::DUE)?;
    Some(due.saturating_sub(row.get(input::SUSPENDED)?))
}

#[inline(always)]
fn on_time(row: Row<'_>) -> Option<Points> {
    let due = due(row)?;
    let handled = row.get(input::ON_TIME)?;
    if due <= 0 {
        return None;
    }
    // (handled + 4.75) / (due + 5), in quarters so that it stays whole.
    let quarters = handled.saturating_mul(4).saturating_add(19);
    let rate = Ratio::new(quarters, due.saturating_add(5).saturating_mul(4))?;
    let reached = (rate - Ratio::constant(7, 10)) * Ratio::whole(4);
    Some(Points::whole(20).times(reached.clamp_to_one()))
}

#[inline(always)]
fn closed(row: Row<'_>) -> Option<Points> {
    let base = due(row)?.saturating_add(row.get(input::BACKLOG)?);
    let closed = row.get(input::CLOSED)?;
    let closed = closed.saturating_add(row.get(input::BACKLOG_CLOSED)?);
    let rate = Ratio::new(closed, base)?;
    Some(Points::whole(20).times(rate.clamp_to_one()))
}

#[inline(always)]
fn satisfaction(row: Row<'_>) -> Option<Points> {
    let (answered, satisfied) = (row.get(input::ANSWERED)?, row.get(input::SATISFIED)?);
    if answered < FEWEST_ANSWERS {
        return None;
    }
    let rate = Ratio::new(satisfied, answered)?;
    Some(Points::whole(10).times(rate.clamp_to_one()))
}
