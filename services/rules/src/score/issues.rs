//! The issue table: the rounds behind the rows, in columns as the contract has them.

use std::ops::Range;

/// Declares the columns once: a round by itself, and many of them column by column.
macro_rules! columns {
    ($($(#[$words:meta])* $column:ident: $of:ty,)*) => {
        /// One round of a row. Times are whole minutes from the start of the period, floored;
        /// [`crate::points::ABSENT`] where there is none.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Issue {
            $($(#[$words])* pub $column: $of,)*
        }

        /// The rounds of some rows. Without any entry in `starts` there is no table, which is what a rule gets that does not
        /// ask for one.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Issues {
            /// One entry more than there are rows: the rounds of row r are those from `starts[r]` up to, and without,
            /// `starts[r + 1]`.
            pub starts: Vec<u32>,
            $($(#[$words])* pub $column: Vec<$of>,)*
        }

        impl Issues {
            /// The round with this index.
            pub fn get(&self, index: usize) -> Option<Issue> {
                Some(Issue { $($column: *self.$column.get(index)?,)* })
            }

            fn push(&mut self, issue: &Issue) {
                $(self.$column.push(issue.$column);)*
            }

            fn copy(&mut self, from: &Self, rounds: Range<usize>) {
                $(
                    self.$column.clear();
                    self.$column.extend_from_slice(&from.$column[rounds.clone()]);
                )*
            }

            fn lengths(&self) -> impl Iterator<Item = usize> {
                [$(self.$column.len(),)*].into_iter()
            }
        }
    };
}

columns! {
    /// Index in the manifest's categories; -1 where it is not listed.
    category: i32,
    /// The number of the proto's severity.
    severity: u8,
    /// The number of the proto's source.
    source: u8,
    /// The number of the proto's state at the end of the period.
    state: u8,
    reported: i64,
    filed: i64,
    /// The handling deadline.
    due: i64,
    handed_in: i64,
    closed: i64,
    /// Checks of the handling that failed.
    failed_checks: u32,
    /// The bits that the contract lists.
    marks: u32,
}

impl Issues {
    /// A table to which rows can be added.
    pub fn of_no_rows() -> Self {
        Self {
            starts: vec![0],
            ..Self::default()
        }
    }

    /// Adds a row with its rounds.
    pub fn push_row<'i>(&mut self, issues: impl IntoIterator<Item = &'i Issue>) {
        for issue in issues {
            self.push(issue);
        }
        // Rounds are in memory, 62 bytes each: there are far fewer than 2^32.
        self.starts.push(self.marks.len() as u32);
    }

    /// The rounds of a row; none where there is no table.
    pub fn of_row(&self, row: usize) -> Range<usize> {
        match self.starts.get(row..row + 2) {
            Some([first, end]) => *first as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// The rounds of some of the rows.
    pub fn slice(&self, rows: Range<usize>) -> Self {
        let mut slice = Self::default();
        self.slice_into(rows, &mut slice);
        slice
    }

    /// The same, in the memory of an earlier slice.
    pub(super) fn slice_into(&self, rows: Range<usize>, slice: &mut Self) {
        let Some(starts) = self.starts.get(rows.start..=rows.end) else {
            *slice = Self::default();
            return;
        };
        let first = starts[0];
        slice.starts.clear();
        slice
            .starts
            .extend(starts.iter().map(|start| start - first));
        let end = starts[starts.len() - 1];
        slice.copy(self, first as usize..end as usize);
    }

    /// Whether it is a table for so many rows.
    pub(super) fn fits(&self, rows: usize) -> bool {
        let whole = self.starts.len() == rows + 1
            && self.starts.first() == Some(&0)
            && self.starts.is_sorted();
        let rounds = self.starts.last().map(|end| *end as usize);
        whole && self.lengths().all(|length| Some(length) == rounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Issues {
        let mut table = Issues::of_no_rows();
        let issue = |marks| Issue {
            marks,
            ..Issue::default()
        };
        table.push_row(&[issue(1), issue(2)]);
        table.push_row(&[]);
        table.push_row(&[issue(3)]);
        table
    }

    #[test]
    fn each_row_has_its_rounds_and_so_has_a_slice() {
        let table = table();
        assert_eq!(table.starts, [0, 2, 2, 3]);
        assert_eq!(
            [0, 1, 2, 3].map(|row| table.of_row(row)),
            [0..2, 2..2, 2..3, 0..0]
        );
        let mut slice = table.clone();
        table.slice_into(1..3, &mut slice);
        assert_eq!(
            (&slice.starts[..], &slice.marks[..]),
            (&[0, 0, 1][..], &[3][..])
        );
        assert_eq!(slice.get(0).map(|issue| issue.marks), Some(3));
        assert_eq!(slice.get(1), None);
        table.slice_into(1..1, &mut slice);
        assert_eq!(slice, Issues::of_no_rows());
        Issues::default().slice_into(0..3, &mut slice);
        assert_eq!(slice, Issues::default());
    }

    #[test]
    fn columns_that_do_not_belong_together_are_no_table() {
        assert!(table().fits(3) && !table().fits(2) && !table().fits(4));
        assert!(!Issues::default().fits(0) && Issues::of_no_rows().fits(0));
        let mut shorter = table();
        shorter.due.pop();
        let mut backwards = table();
        backwards.starts = vec![0, 3, 2, 3];
        let mut late = table();
        late.starts[0] = 1;
        for wrong in [shorter, backwards, late] {
            assert!(!wrong.fits(3));
        }
    }
}
