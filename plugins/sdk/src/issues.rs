//! The rounds behind a row, for rules whose manifest asks for the issue table.

use crate::rule::ABSENT;

/// Bits of [`Issue::marks`].
pub mod mark {
    /// Reported by the area's own duty-holders.
    pub const OWN: u32 = 1;
    pub const URGENT: u32 = 2;
    /// Found by a drawn inspection.
    pub const DRAWN: u32 = 4;
    /// Begun by reopening.
    pub const REOPENED: u32 = 8;
    /// Suspended at the end of the period.
    pub const SUSPENDED: u32 = 16;
    pub const FORCED: u32 = 32;
    pub const FRAUD: u32 = 64;
    /// A return of it was overruled.
    pub const REFUSED: u32 = 128;
    pub const FALSE_CLOSE: u32 = 256;
}

/// One round of an issue. Times are whole minutes from the start of the period, and negative before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Issue {
    /// What a note points at it by; its place in the whole table.
    pub index: u32,
    /// Which of `CATEGORIES` it is of or lies below.
    pub category: Option<usize>,
    /// 0 not filed yet, 1 normal, 2 urgent.
    pub severity: u8,
    /// The number of the proto's `IssueSource`.
    pub source: u8,
    /// The number of the proto's `IssueState`.
    pub state: u8,
    pub reported: i64,
    pub filed: Option<i64>,
    /// The handling deadline.
    pub due: Option<i64>,
    pub handed_in: Option<i64>,
    pub closed: Option<i64>,
    /// Checks of the handling that failed.
    pub failed_checks: u32,
    pub marks: u32,
}

impl Issue {
    /// Whether it has the mark, one of [`mark`].
    pub fn has(&self, mark: u32) -> bool {
        self.marks & mark != 0
    }
}

/// The table as the contract has it, column by column; without any `starts` where the rule asks for none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Issues<'a> {
    pub starts: &'a [u32],
    pub category: &'a [i32],
    pub severity: &'a [u8],
    pub source: &'a [u8],
    pub state: &'a [u8],
    pub reported: &'a [i64],
    pub filed: &'a [i64],
    pub due: &'a [i64],
    pub handed_in: &'a [i64],
    pub closed: &'a [i64],
    pub failed_checks: &'a [u32],
    pub marks: &'a [u32],
}

impl<'a> Issues<'a> {
    /// The rounds of a row, in the order of their reports.
    pub(crate) fn of_row(self, row: usize) -> impl Iterator<Item = Issue> + use<'a> {
        let place = |row: usize| self.starts.get(row).copied().unwrap_or(0);
        (place(row)..place(row + 1)).filter_map(move |index| self.get(index))
    }

    fn get(self, index: u32) -> Option<Issue> {
        let at = index as usize;
        let time = |column: &[i64]| column.get(at).copied();
        let present = |column: &[i64]| time(column).filter(|minute| *minute != ABSENT);
        Some(Issue {
            index,
            category: usize::try_from(*self.category.get(at)?).ok(),
            severity: *self.severity.get(at)?,
            source: *self.source.get(at)?,
            state: *self.state.get(at)?,
            reported: time(self.reported)?,
            filed: present(self.filed),
            due: present(self.due),
            handed_in: present(self.handed_in),
            closed: present(self.closed),
            failed_checks: *self.failed_checks.get(at)?,
            marks: *self.marks.get(at)?,
        })
    }
}
