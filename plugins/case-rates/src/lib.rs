//! For a city that has only a ledger: of the cases that were to be closed, those that were, and those handled on time.
//! The formulas stand in the clauses of `rule.toml`; a note is made only where points were lost.

use tidyward_rule_sdk::{Failure, Points, Ratio, Row, Rule, Sheet, export, names};

names! {
    input {
        DUE = "issues.due",
        SUSPENDED = "issues.due_suspended",
        ON_TIME = "issues.handled_on_time",
        CLOSED = "issues.closed",
        BACKLOG = "issues.backlog_start",
        BACKLOG_CLOSED = "issues.backlog_closed",
    }
}

names! {
    criterion { CLOSING = "closing", ON_TIME = "on_time" }
}

names! {
    message { NOT_CLOSED = "not_closed", NOT_ON_TIME = "not_on_time" }
}

/// Has no parameters.
#[derive(Debug)]
pub struct CaseRates;

export!(CaseRates);

impl Rule for CaseRates {
    const PARAMETERS: &'static [&'static str] = &[];
    const INPUTS: &'static [&'static str] = input::NAMES;
    const CRITERIA: &'static [&'static str] = criterion::NAMES;
    const MESSAGES: &'static [&'static str] = message::NAMES;

    fn new(_parameters: &[Points]) -> Result<Self, Failure> {
        Ok(Self)
    }

    #[inline(always)]
    fn score(&self, row: Row<'_>, sheet: &mut Sheet<'_>) {
        let Some(base) = base(row) else { return };
        if let Some(closed) = closed(row) {
            share(sheet, criterion::CLOSING, message::NOT_CLOSED, closed, base);
        }
        if let Some(handled) = row.get(input::ON_TIME) {
            share(
                sheet,
                criterion::ON_TIME,
                message::NOT_ON_TIME,
                handled,
                base,
            );
        }
    }
}

/// What was to be closed; none where a part of it is absent.
#[inline(always)]
fn base(row: Row<'_>) -> Option<i64> {
    let due = row
        .get(input::DUE)?
        .saturating_sub(row.get(input::SUSPENDED)?);
    Some(due.saturating_add(row.get(input::BACKLOG)?))
}

#[inline(always)]
fn closed(row: Row<'_>) -> Option<i64> {
    Some(
        row.get(input::CLOSED)?
            .saturating_add(row.get(input::BACKLOG_CLOSED)?),
    )
}

/// Fifty points times the part of the base, and a note on the rest.
fn share(sheet: &mut Sheet<'_>, criterion: usize, message: usize, part: i64, base: i64) {
    let Some(rate) = Ratio::new(part, base) else {
        return;
    };
    sheet.item(
        criterion,
        Some(Points::whole(50).times(rate.clamp_to_one())),
    );
    if part < base {
        sheet.note(criterion, message, Points::whole(base.saturating_sub(part)));
    }
}

#[cfg(test)]
mod tests {
    use tidyward_rule_sdk::testing::{check_golden, check_manifest, score_row};

    use super::*;

    #[test]
    fn the_lists_are_the_manifests() {
        check_manifest::<CaseRates>(include_str!("../rule.toml"));
    }

    #[test]
    fn the_worked_rows_come_out_exactly() {
        check_golden::<CaseRates>(include_str!("../rule.toml"), include_str!("../golden.csv"));
    }

    #[test]
    fn only_what_was_lost_is_said() {
        let facts = [
            ("issues.due", 12),
            ("issues.due_suspended", 2),
            ("issues.handled_on_time", 12),
            ("issues.closed", 7),
            ("issues.backlog_start", 2),
            ("issues.backlog_closed", 1),
        ];
        let scored = score_row::<CaseRates>(&[], &facts);
        assert_eq!(scored.notes, [("closing", "not_closed", Points::whole(4))]);
    }
}
