//! The rule that comes with Tidyward. It weighs the street before the desk; each criterion's formula stands in its clause
//! in `rule.toml`, each item is rounded once, and a note is made only where points were lost.

use tidyward_rule_sdk::{Failure, Points, Ratio, Row, Rule, Sheet, export, names};

names! {
    input {
        INSPECTIONS = "inspections.count",
        INSPECTION_SUM = "inspections.sum",
        INSPECTION_MAX = "inspections.max",
        INDEPENDENT = "issues.independent",
        MISSED = "issues.missed",
        EXTERNAL_DUE = "issues.external.due",
        EXTERNAL_SUSPENDED = "issues.external.due_suspended",
        EXTERNAL_ON_TIME = "issues.external.handled_on_time",
        DUE = "issues.due",
        SUSPENDED = "issues.due_suspended",
        CLOSED = "issues.closed",
        BACKLOG = "issues.backlog_start",
        BACKLOG_CLOSED = "issues.backlog_closed",
        CHECKS = "issues.checks",
        CHECKS_FAILED = "issues.checks_failed",
        REBOUND = "issues.rebound",
        FALSE_CLOSE = "issues.false_close",
        FRAUD = "issues.fraud",
        REFUSED = "issues.refused",
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
        QUALITY = "quality",
        SATISFACTION = "satisfaction",
    }
}

names! {
    message {
        FEW_INSPECTIONS = "few_inspections",
        INSPECTION_POINTS = "inspection_points",
        MISSED = "missed",
        LATE = "late",
        NOT_CLOSED = "not_closed",
        CHECKS_FAILED = "checks_failed",
        REBOUND = "rebound",
        FALSE_CLOSE = "false_close",
        FRAUD = "fraud",
        REFUSED = "refused",
        UNSATISFIED = "unsatisfied",
    }
}

/// Valid inspections, and answers of residents, below which there is nothing to go by.
const FEWEST_INSPECTIONS: i64 = 3;
const FEWEST_ANSWERS: i64 = 5;

/// Has no parameters: it is the same in every district that keeps it.
#[derive(Debug)]
pub struct Standard;

export!(Standard);

impl Rule for Standard {
    const PARAMETERS: &'static [&'static str] = &[];
    const INPUTS: &'static [&'static str] = input::NAMES;
    const CRITERIA: &'static [&'static str] = criterion::NAMES;
    const MESSAGES: &'static [&'static str] = message::NAMES;

    fn new(_parameters: &[Points]) -> Result<Self, Failure> {
        Ok(Self)
    }

    #[inline(always)]
    fn score(&self, row: Row<'_>, sheet: &mut Sheet<'_>) {
        let items = [
            (criterion::INSPECTIONS, inspections(row, sheet)),
            (criterion::FOUND_FIRST, found_first(row, sheet)),
            (criterion::ON_TIME, on_time(row, sheet)),
            (criterion::CLOSED, closed(row, sheet)),
            (criterion::QUALITY, quality(row, sheet)),
            (criterion::SATISFACTION, satisfaction(row, sheet)),
        ];
        for (criterion, points) in items {
            sheet.item(criterion, points);
        }
    }
}

#[inline(always)]
fn inspections(row: Row<'_>, sheet: &mut Sheet<'_>) -> Option<Points> {
    let count = row.get(input::INSPECTIONS)?;
    if count < FEWEST_INSPECTIONS {
        sheet.note(
            criterion::INSPECTIONS,
            message::FEW_INSPECTIONS,
            Points::whole(count),
        );
        return None;
    }
    let (sum, max) = (
        row.get(input::INSPECTION_SUM)?,
        row.get(input::INSPECTION_MAX)?,
    );
    let full = Points::whole(40);
    let points = full.times(Ratio::new(sum, max)?.clamp_to_one());
    if points < full {
        sheet.note(
            criterion::INSPECTIONS,
            message::INSPECTION_POINTS,
            full - points,
        );
    }
    Some(points)
}

#[inline(always)]
fn found_first(row: Row<'_>, sheet: &mut Sheet<'_>) -> Option<Points> {
    let (independent, missed) = (row.get(input::INDEPENDENT)?, row.get(input::MISSED)?);
    let found = Ratio::whole(1) - Ratio::new(missed, independent)?;
    note_count(sheet, criterion::FOUND_FIRST, message::MISSED, missed);
    Some(Points::whole(10).times(found.clamp_to_one()))
}

#[inline(always)]
fn on_time(row: Row<'_>, sheet: &mut Sheet<'_>) -> Option<Points> {
    let due = row
        .get(input::EXTERNAL_DUE)?
        .saturating_sub(row.get(input::EXTERNAL_SUSPENDED)?);
    let handled = row.get(input::EXTERNAL_ON_TIME)?;
    if due <= 0 {
        return None;
    }
    // (handled + 4.75) / (due + 5), in quarters so that it stays whole.
    let quarters = handled.saturating_mul(4).saturating_add(19);
    let rate = Ratio::new(quarters, due.saturating_add(5).saturating_mul(4))?;
    let reached = (rate - Ratio::constant(7, 10)) * Ratio::whole(4);
    let full = Points::whole(20);
    let points = full.times(reached.clamp_to_one());
    if points < full {
        note_count(
            sheet,
            criterion::ON_TIME,
            message::LATE,
            due.saturating_sub(handled),
        );
    }
    Some(points)
}

#[inline(always)]
fn closed(row: Row<'_>, sheet: &mut Sheet<'_>) -> Option<Points> {
    let due = row
        .get(input::DUE)?
        .saturating_sub(row.get(input::SUSPENDED)?);
    let base = due.saturating_add(row.get(input::BACKLOG)?);
    let closed = row
        .get(input::CLOSED)?
        .saturating_add(row.get(input::BACKLOG_CLOSED)?);
    let rate = Ratio::new(closed, base)?;
    note_count(
        sheet,
        criterion::CLOSED,
        message::NOT_CLOSED,
        base.saturating_sub(closed),
    );
    Some(Points::whole(10).times(rate.clamp_to_one()))
}

#[inline(always)]
fn quality(row: Row<'_>, sheet: &mut Sheet<'_>) -> Option<Points> {
    let (checks, failed) = (row.get(input::CHECKS)?, row.get(input::CHECKS_FAILED)?);
    let (rebound, closed) = (row.get(input::REBOUND)?, row.get(input::CLOSED)?);
    let false_close = row.get(input::FALSE_CLOSE)?;
    let (fraud, refused) = (row.get(input::FRAUD)?, row.get(input::REFUSED)?);
    let lost_by_rates =
        (Ratio::new(failed, checks)? + Ratio::new(rebound, closed.max(1))?) * Ratio::whole(25);
    let lost_by_count = false_close.saturating_add(fraud).saturating_add(refused);
    let left = Ratio::whole(10) - lost_by_rates - Ratio::whole(lost_by_count);
    note_count(sheet, criterion::QUALITY, message::CHECKS_FAILED, failed);
    note_count(sheet, criterion::QUALITY, message::REBOUND, rebound);
    note_count(sheet, criterion::QUALITY, message::FALSE_CLOSE, false_close);
    note_count(sheet, criterion::QUALITY, message::FRAUD, fraud);
    note_count(sheet, criterion::QUALITY, message::REFUSED, refused);
    Some(
        Points::whole(1)
            .times(left)
            .clamp(Points::ZERO, Points::whole(10)),
    )
}

#[inline(always)]
fn satisfaction(row: Row<'_>, sheet: &mut Sheet<'_>) -> Option<Points> {
    let (answered, satisfied) = (row.get(input::ANSWERED)?, row.get(input::SATISFIED)?);
    if answered < FEWEST_ANSWERS {
        return None;
    }
    note_count(
        sheet,
        criterion::SATISFACTION,
        message::UNSATISFIED,
        answered.saturating_sub(satisfied),
    );
    Some(Points::whole(10).times(Ratio::new(satisfied, answered)?.clamp_to_one()))
}

/// A note where there is something to count.
fn note_count(sheet: &mut Sheet<'_>, criterion: usize, message: usize, count: i64) {
    if count > 0 {
        sheet.note(criterion, message, Points::whole(count));
    }
}

#[cfg(test)]
mod tests {
    use tidyward_rule_sdk::testing::{check_golden, check_manifest, score_row};

    use super::*;

    #[test]
    fn the_lists_are_the_manifests() {
        check_manifest::<Standard>(include_str!("../rule.toml"));
    }

    #[test]
    fn the_worked_rows_come_out_exactly() {
        check_golden::<Standard>(include_str!("../rule.toml"), include_str!("../golden.csv"));
    }

    #[test]
    fn one_late_case_in_two_is_not_fifty() {
        let due = [
            ("issues.external.due", 2),
            ("issues.external.due_suspended", 0),
        ];
        let with = |handled| {
            score_row::<Standard>(
                &[],
                &[due[0], due[1], ("issues.external.handled_on_time", handled)],
            )
        };
        // (1 + 4.75) / 7 = 0.8214..., of 0.70 to 0.95.
        assert_eq!(with(1).items["on_time"], Some(Points::from_units(97_143)));
        assert_eq!(with(1).notes, [("on_time", "late", Points::whole(1))]);
        assert_eq!(with(2).items["on_time"], Some(Points::whole(20)));
        assert_eq!(with(2).notes, []);
    }

    #[test]
    fn few_inspections_are_said_and_not_scored() {
        let scored = score_row::<Standard>(&[], &[("inspections.count", 2)]);
        assert_eq!(scored.items["inspections"], None);
        assert_eq!(
            scored.notes,
            [("inspections", "few_inspections", Points::whole(2))]
        );
    }

    #[test]
    fn no_facts_make_no_items() {
        let scored = score_row::<Standard>(&[], &[]);
        assert!(scored.items.values().all(Option::is_none));
        assert_eq!(scored.notes, []);
    }

    #[test]
    fn extremes_stay_within_the_criteria() {
        for value in [i64::MIN + 1, -1, 0, 1, 5, i64::MAX] {
            for other in [i64::MIN + 1, -1, 0, 1, i64::MAX] {
                let facts: Vec<(&str, i64)> = Standard::INPUTS
                    .iter()
                    .enumerate()
                    .map(|(index, name)| (*name, if index % 2 == 0 { value } else { other }))
                    .collect();
                for points in score_row::<Standard>(&[], &facts).items.values().flatten() {
                    assert!(
                        (Points::ZERO..=Points::whole(40)).contains(points),
                        "{value} {other}"
                    );
                }
            }
        }
    }
}
