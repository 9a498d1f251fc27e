//! Points off case by case, as many cities' tables have it, with notes that point at the cases. The formulas stand in the
//! clauses of `rule.toml`. A case counts in the period in which it was handed in or closed, so that none counts twice.

use tidyward_rule_sdk::{Failure, Issue, Points, Ratio, Row, Rule, Sheet, export, mark, names};

names! {
    input { DUE = "issues.due", OPEN = "issues.overdue_open" }
}

names! {
    criterion { TIMELY = "timely", SOUND = "sound" }
}

names! {
    parameter {
        LATE = "late_points",
        OPEN = "open_points",
        REWORK = "rework_points",
        FALSE = "false_points",
    }
}

names! {
    message { LATE = "late", OPEN = "open", REWORK = "rework", FALSE = "false" }
}

/// The most cases that are named for each criterion: a row has sixteen notes at most, and one is on the open cases.
const NAMED: usize = 7;

/// What each kind of case costs.
#[derive(Debug)]
pub struct CaseDeductions {
    late: Points,
    open: Points,
    rework: Points,
    falsehood: Points,
}

export!(CaseDeductions);

impl Rule for CaseDeductions {
    const PARAMETERS: &'static [&'static str] = parameter::NAMES;
    const INPUTS: &'static [&'static str] = input::NAMES;
    const CRITERIA: &'static [&'static str] = criterion::NAMES;
    const MESSAGES: &'static [&'static str] = message::NAMES;
    const ISSUE_TABLE: bool = true;

    fn new(parameters: &[Points]) -> Result<Self, Failure> {
        Ok(Self {
            late: parameters[parameter::LATE],
            open: parameters[parameter::OPEN],
            rework: parameters[parameter::REWORK],
            falsehood: parameters[parameter::FALSE],
        })
    }

    fn score(&self, row: Row<'_>, sheet: &mut Sheet<'_>) {
        if row.get(input::DUE).is_none_or(|due| due <= 0) {
            return;
        }
        self.timely(row, sheet);
        self.sound(row, sheet);
    }
}

impl CaseDeductions {
    fn timely(&self, row: Row<'_>, sheet: &mut Sheet<'_>) {
        let Some(open) = row.get(input::OPEN) else {
            return;
        };
        let mut lost = times(self.open, open);
        if lost > 0 {
            sheet.note(criterion::TIMELY, message::OPEN, Points::whole(open));
        }
        let mut named = 0;
        for issue in row.issues() {
            let Some(late) = minutes_late(&issue) else {
                continue;
            };
            let cases = if issue.has(mark::URGENT) { 2 } else { 1 };
            lost = lost.saturating_add(times(self.late, cases));
            if named < NAMED {
                named += 1;
                let hours = Ratio::new(late, 60).map(|hours| Points::whole(1).times(hours));
                let hours = hours.unwrap_or(Points::ZERO);
                sheet.note_issue(criterion::TIMELY, message::LATE, hours, &issue);
            }
        }
        sheet.item(criterion::TIMELY, Some(left(60, lost)));
    }

    fn sound(&self, row: Row<'_>, sheet: &mut Sheet<'_>) {
        let (mut lost, mut named) = (0_i64, 0);
        let closed = |issue: &Issue| issue.closed.is_some_and(|closed| closed >= 0);
        for issue in row.issues().filter(closed) {
            let failed = i64::from(issue.failed_checks);
            let falsehood = issue.has(mark::FRAUD) || issue.has(mark::FALSE_CLOSE);
            lost = lost.saturating_add(times(self.rework, failed));
            lost = lost.saturating_add(times(self.falsehood, i64::from(falsehood)));
            let (message, value) = match (falsehood, failed) {
                (true, _) => (message::FALSE, 1),
                (false, 1..) => (message::REWORK, failed),
                _ => continue,
            };
            if named < NAMED {
                named += 1;
                sheet.note_issue(criterion::SOUND, message, Points::whole(value), &issue);
            }
        }
        sheet.item(criterion::SOUND, Some(left(40, lost)));
    }
}

/// How late it was handed in, where that was within the period.
fn minutes_late(issue: &Issue) -> Option<i64> {
    let handed_in = issue.handed_in.filter(|minute| *minute >= 0)?;
    let late = handed_in.saturating_sub(issue.due?);
    (late > 0).then_some(late)
}

/// What so many cases cost, in units.
fn times(points: Points, cases: i64) -> i64 {
    points.units().saturating_mul(cases.max(0))
}

fn left(most: i64, lost: i64) -> Points {
    let units = Points::whole(most).units().saturating_sub(lost);
    Points::from_units(units.max(0))
}

#[cfg(test)]
mod tests {
    use tidyward_rule_sdk::testing::{Scored, check_golden, check_manifest, score_row_with};

    use super::*;

    const DEFAULTS: [&str; 4] = ["0.5", "1", "0.5", "5"];

    fn scored(issues: &[Issue]) -> Scored {
        let facts = [("issues.due", 20), ("issues.overdue_open", 0)];
        score_row_with::<CaseDeductions>(&DEFAULTS, &facts, issues)
    }

    fn case(due: i64, handed_in: i64) -> Issue {
        Issue {
            due: Some(due),
            handed_in: Some(handed_in),
            closed: Some(handed_in + 30),
            ..Issue::default()
        }
    }

    fn points(scored: &Scored) -> [Option<i64>; 2] {
        ["timely", "sound"].map(|id| scored.items[id].map(Points::units))
    }

    #[test]
    fn the_lists_are_the_manifests() {
        check_manifest::<CaseDeductions>(include_str!("../rule.toml"));
    }

    #[test]
    fn the_worked_rows_come_out_exactly() {
        check_golden::<CaseDeductions>(include_str!("../rule.toml"), include_str!("../golden.csv"));
    }

    #[test]
    fn a_late_case_costs_its_points_and_is_named_with_its_hours() {
        let urgent = Issue {
            marks: mark::URGENT,
            ..case(60, 150)
        };
        let scored = scored(&[case(60, 60), case(60, 61), urgent]);
        assert_eq!(points(&scored), [Some(585_000), Some(400_000)]);
        let hours = |units: i64| ("timely", "late", Points::from_units(units));
        // 1/60 of an hour, and one and a half.
        assert_eq!(scored.notes, [hours(167), hours(15_000)]);
        assert_eq!(scored.note_issues, [Some(1), Some(2)]);
    }

    #[test]
    fn what_happened_before_the_period_was_scored_there() {
        let before = Issue {
            failed_checks: 3,
            ..case(-90, -60)
        };
        // Handed in before and closed within: late there, checked here.
        let across = Issue {
            failed_checks: 1,
            ..case(-90, -10)
        };
        let scored = scored(&[before, across]);
        assert_eq!(points(&scored), [Some(600_000), Some(395_000)]);
        assert_eq!(scored.notes, [("sound", "rework", Points::whole(1))]);
    }

    #[test]
    fn fraud_and_false_closings_cost_beside_the_failed_checks() {
        let fraud = Issue {
            failed_checks: 2,
            marks: mark::FRAUD,
            ..case(60, 50)
        };
        let open = Issue {
            closed: None,
            ..fraud
        };
        let scored = scored(&[fraud, open]);
        assert_eq!(points(&scored), [Some(600_000), Some(340_000)]);
        assert_eq!(scored.notes, [("sound", "false", Points::whole(1))]);
    }

    #[test]
    fn many_bad_cases_leave_nothing_and_the_first_are_named() {
        let bad = Issue {
            failed_checks: 3,
            marks: mark::FALSE_CLOSE,
            ..case(0, 6_000)
        };
        let scored = scored(&[bad; 200]);
        assert_eq!(points(&scored), [Some(0), Some(0)]);
        assert_eq!(scored.notes.len(), 2 * NAMED);
        assert_eq!(scored.note_issues[NAMED - 1..=NAMED], [Some(6), Some(0)]);
    }
}
