//! Scoring rows with a compiled rule: in chunks, on several threads, and with the same result whatever the chunks and
//! threads are. A chunk that fails is scored row by row, and only rows that fail alone carry the error.

mod check;
mod chunk;
mod failure;
mod issues;
mod run;

use std::fmt;
use std::ops::Range;

use crate::manifest::Manifest;
pub(crate) use chunk::at_once;

pub use failure::FailureKind;
pub use issues::{Issue, Issues};

/// The stars of a row that has none.
pub const NO_STARS: u8 = 255;

/// Notes that a rule may make on one row.
pub const MOST_NOTES: usize = 16;

/// What is known of some rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub rows: usize,
    /// Column-major in the manifest's order: the first input for all rows, then the second.
    pub inputs: Vec<i64>,
    /// Only where the manifest asks for the issue table.
    pub issues: Issues,
}

/// What is known of one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// In the manifest's order.
    pub inputs: Vec<i64>,
    /// Its rounds; none where the manifest does not ask for them.
    pub issues: Vec<Issue>,
}

impl Facts {
    /// The rows in their order, as a rule with this manifest gets them.
    pub fn of_rows<'r>(manifest: &Manifest, rows: impl Iterator<Item = &'r Row> + Clone) -> Self {
        let column = |input: usize| rows.clone().map(move |row| row.inputs[input]);
        let mut issues = Issues::default();
        if manifest.issue_table {
            issues = Issues::of_no_rows();
            rows.clone().for_each(|row| issues.push_row(&row.issues));
        }
        Self {
            rows: rows.clone().count(),
            inputs: (0..manifest.inputs.len()).flat_map(column).collect(),
            issues,
        }
    }

    /// The facts of some of the rows, in the same layout.
    pub fn slice(&self, rows: Range<usize>) -> Self {
        let mut slice = Self::default();
        self.slice_into(rows, &mut slice);
        slice
    }

    /// The same, in the memory of an earlier slice.
    fn slice_into(&self, rows: Range<usize>, slice: &mut Self) {
        slice.rows = rows.len();
        slice.inputs.clear();
        slice
            .inputs
            .reserve(rows.len() * self.inputs.len().checked_div(self.rows).unwrap_or(0));
        for column in self.inputs.chunks_exact(self.rows.max(1)) {
            slice.inputs.extend_from_slice(&column[rows.clone()]);
        }
        self.issues.slice_into(rows, &mut slice.issues);
    }
}

/// Rows of a chunk, unless a caller says otherwise: so few that what a call is handed and gives back stays in a processor's
/// second cache, and no power of two, for columns that lie such a distance apart would take the same places of the first.
pub const CHUNK_ROWS: usize = 2_500;

/// How a run is cut and what a call may cost. Neither `chunk_rows` nor `threads` changes a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSettings {
    pub chunk_rows: usize,
    pub threads: usize,
    /// For every call alike, whatever its rows.
    pub fuel: u64,
}

impl Default for RunSettings {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            chunk_rows: CHUNK_ROWS,
            threads,
            fuel: 200_000_000,
        }
    }
}

/// The results of some rows, in their order. Rows that failed are absent in every column and listed in `failures`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    pub rows: usize,
    /// Column-major: the manifest's first criterion for all rows, then the second.
    pub items: Vec<i64>,
    pub totals: Vec<i64>,
    /// By the manifest's bands where it has them, else as the rule gave them; [`NO_STARS`] is none.
    pub stars: Vec<u8>,
    /// By row, and on one row in the rule's order.
    pub notes: Vec<Note>,
    /// By row.
    pub failures: Vec<RowFailure>,
    /// What each chunk used, in the chunks' order.
    pub fuel: Vec<u64>,
}

impl Scores {
    /// The item of a row, [`crate::points::ABSENT`] where there is none.
    pub fn item(&self, criterion: usize, row: usize) -> i64 {
        self.items
            .get(criterion * self.rows + row)
            .copied()
            .unwrap_or(crate::points::ABSENT)
    }

    /// Puts the scores of consecutive chunks together into the scores of all their rows.
    pub fn join(chunks: Vec<Self>) -> Self {
        let rows = chunks.iter().map(|chunk| chunk.rows).sum();
        let criteria = chunks
            .iter()
            .map(|chunk| chunk.items.len().checked_div(chunk.rows).unwrap_or(0))
            .max()
            .unwrap_or(0);
        let mut joined = Self {
            rows,
            items: Vec::with_capacity(criteria * rows),
            totals: Vec::with_capacity(rows),
            stars: Vec::with_capacity(rows),
            notes: Vec::with_capacity(chunks.iter().map(|chunk| chunk.notes.len()).sum()),
            failures: Vec::new(),
            fuel: Vec::with_capacity(chunks.len()),
        };
        for criterion in 0..criteria {
            for chunk in &chunks {
                joined.items.extend_from_slice(
                    &chunk.items[criterion * chunk.rows..(criterion + 1) * chunk.rows],
                );
            }
        }
        let mut before = 0;
        for chunk in chunks {
            joined.totals.extend_from_slice(&chunk.totals);
            joined.stars.extend_from_slice(&chunk.stars);
            let rows = chunk.rows;
            joined.append_words(chunk, before);
            before += rows;
        }
        joined
    }

    /// Adds what a chunk says beside its numbers; so many rows stand before it.
    fn append_words(&mut self, chunk: Self, before: usize) {
        let notes = chunk.notes.into_iter().map(|note| Note {
            row: note.row + before,
            ..note
        });
        self.notes.extend(notes);
        let failures = chunk.failures.into_iter().map(|failure| RowFailure {
            row: failure.row + before,
            ..failure
        });
        self.failures.extend(failures);
        self.fuel.extend(chunk.fuel);
    }
}

/// What a rule says about a row: one of the manifest's messages with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    pub row: usize,
    pub criterion: usize,
    pub message: usize,
    /// In units of 1/10,000; [`crate::manifest::Message::render`] puts it into words.
    pub value: i64,
    /// Which of the row's own rounds the note points at, from 0.
    pub issue: Option<u32>,
}

/// A row that failed alone. Only `row` and `kind` are the same on every machine; `message` is the engine's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFailure {
    pub row: usize,
    pub kind: FailureKind,
    pub message: String,
}

/// Why a whole run has no result. None of these is ever turned into a score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunError {
    /// The caller's columns or parameters do not fit the manifest.
    WrongShape(String),
    /// The rule refuses its parameters.
    BadParameters,
    /// The rule says that it cannot score what it was given.
    Unsupported,
    /// A call outran the wall clock in every try.
    Timeout,
    /// The machine failed: no memory, no thread.
    Host(String),
}

impl fmt::Display for RunError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongShape(detail) => write!(formatter, "the facts do not fit the rule: {detail}"),
            Self::BadParameters => formatter.write_str("the rule refuses its parameters (bad-parameters); set other values when activating it"),
            Self::Unsupported => formatter.write_str("the rule cannot score this (unsupported); use a version of it that can"),
            Self::Timeout => formatter.write_str("the rule outran the clock in every try; run the review again when the machine is less busy, or give rules more time"),
            Self::Host(detail) => write!(formatter, "the machine failed while scoring; run the review again: {detail}"),
        }
    }
}

impl std::error::Error for RunError {}
