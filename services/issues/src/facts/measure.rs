//! What is counted: one table of the facts that are counted from events, which columns, rates and tests read.

use tidyward_kit::fact::ABSENT;

/// A count. Those after `Satisfied` are no facts; they say of how many a fact or a rate cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Reported,
    Verified,
    Rejected,
    Merged,
    OnSpot,
    Filed,
    Accepted,
    AcceptedOnTime,
    Due,
    DueSuspended,
    HandledOnTime,
    Closed,
    ClosedOnTime,
    OverdueOpen,
    BacklogStart,
    BacklogClosed,
    BacklogOpen,
    Checks,
    ChecksFailed,
    ReworkCases,
    ReworkCases3,
    Reopened,
    Rebound,
    Extended,
    Suspended,
    Forced,
    Returned,
    Refused,
    Fraud,
    FalseClose,
    Contactable,
    Asked,
    Answered,
    Solved,
    Satisfied,
    /// Due rounds that were dispatched without a handling deadline.
    Unhandled,
    /// Due rounds without a total deadline.
    Untotalled,
    /// Of those reported, by the area's own duty-holders.
    OwnReported,
}

/// How many measures there are.
const MEASURES: usize = Measure::OwnReported as usize + 1;

/// One fact.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name in the table of facts.
    pub fact: &'static str,
    pub measure: Measure,
    /// Whether a round was on time is unknown where it had no deadline; so many of those due are of that kind.
    pub unknown: Option<Measure>,
    /// Whether what a file says of a problem is enough to count it.
    pub in_files: bool,
}

const fn row(fact: &'static str, measure: Measure) -> Row {
    Row {
        fact,
        measure,
        unknown: None,
        in_files: false,
    }
}

const fn on_time(fact: &'static str, measure: Measure, unknown: Measure) -> Row {
    Row {
        fact,
        measure,
        unknown: Some(unknown),
        in_files: false,
    }
}

/// Every fact that is counted from events, in the order in which people read them. `issues.independent` and
/// `issues.missed` need drawn inspections, which this ledger does not hold, so they are absent. So is, while the ledger
/// holds nothing but imports, what no file says: zero failed checks where nobody checked would be praise for nothing.
#[rustfmt::skip]
pub const TABLE: [Row; 35] = [
    row("issues.reported", Measure::Reported).in_files(),
    row("issues.verified", Measure::Verified),
    row("issues.rejected", Measure::Rejected),
    row("issues.merged", Measure::Merged).in_files(),
    row("issues.on_spot", Measure::OnSpot),
    row("issues.filed", Measure::Filed).in_files(),
    row("issues.accepted", Measure::Accepted),
    row("issues.accepted_on_time", Measure::AcceptedOnTime),
    row("issues.due", Measure::Due).in_files(),
    row("issues.due_suspended", Measure::DueSuspended).in_files(),
    on_time("issues.handled_on_time", Measure::HandledOnTime, Measure::Unhandled).in_files(),
    row("issues.closed", Measure::Closed).in_files(),
    on_time("issues.closed_on_time", Measure::ClosedOnTime, Measure::Untotalled).in_files(),
    row("issues.overdue_open", Measure::OverdueOpen).in_files(),
    row("issues.backlog_start", Measure::BacklogStart).in_files(),
    row("issues.backlog_closed", Measure::BacklogClosed).in_files(),
    row("issues.backlog_open", Measure::BacklogOpen).in_files(),
    row("issues.checks", Measure::Checks),
    row("issues.checks_failed", Measure::ChecksFailed),
    row("issues.rework_cases", Measure::ReworkCases),
    row("issues.rework_cases_3", Measure::ReworkCases3),
    row("issues.reopened", Measure::Reopened),
    row("issues.rebound", Measure::Rebound),
    row("issues.extended", Measure::Extended),
    row("issues.suspended", Measure::Suspended),
    row("issues.forced", Measure::Forced),
    row("issues.returned", Measure::Returned),
    row("issues.refused", Measure::Refused),
    row("issues.fraud", Measure::Fraud),
    row("issues.false_close", Measure::FalseClose),
    row("callback.contactable", Measure::Contactable),
    row("callback.asked", Measure::Asked),
    row("callback.answered", Measure::Answered),
    row("callback.solved", Measure::Solved),
    row("callback.satisfied", Measure::Satisfied),
];

impl Row {
    const fn in_files(self) -> Row {
        Row {
            in_files: true,
            ..self
        }
    }

    /// Without the group of facts that it belongs to.
    pub fn last(&self) -> &'static str {
        self.fact.split_once('.').map_or(self.fact, |parts| parts.1)
    }

    /// Whether it is counted for urgent rounds, categories and so on, too.
    pub fn in_families(&self) -> bool {
        self.fact.starts_with("issues.")
    }

    /// Its value in one grid.
    pub fn read(&self, counts: &Counts) -> i64 {
        match self.unknown {
            Some(unknown) if counts.of(unknown) > 0 => ABSENT,
            _ => counts.of(self.measure),
        }
    }
}

/// One count for each measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts([u32; MEASURES]);

impl Default for Counts {
    fn default() -> Counts {
        Counts([0; MEASURES])
    }
}

impl Counts {
    pub fn of(&self, measure: Measure) -> i64 {
        i64::from(self.0[measure as usize])
    }

    pub fn add(&mut self, other: &Counts) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            *sum += count;
        }
    }

    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }

    pub fn note(&mut self, measure: Measure, holds: bool) {
        self.0[measure as usize] += u32::from(holds);
    }
}

#[cfg(test)]
mod tests {
    use tidyward_kit::fact::{self, Addition};

    use super::*;

    #[test]
    fn every_count_of_issues_and_calls_is_here_once_and_those_of_inspections_are_absent() {
        let here: Vec<&str> = TABLE.iter().map(|row| row.fact).collect();
        let plain = fact::TABLE.iter().filter(|row| {
            let ours = row.name.starts_with("issues.") || row.name.starts_with("callback.");
            ours && !row.name.contains('*') && row.addition == Addition::Sum
        });
        let expected: Vec<&str> = plain
            .map(|row| row.name)
            .filter(|name| !["issues.independent", "issues.missed"].contains(name))
            .collect();
        assert_eq!(here, expected);
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.measure as usize, index, "{}", row.fact);
        }
    }
}
