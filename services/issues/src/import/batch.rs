//! A batch: some thousand rows of the file on their way in.

use std::collections::{HashMap, hash_map::Entry};

use tidyward_kit::import::{Counts, Problem};
use uuid::Uuid;

use crate::store::write::NewIssue;

/// Rows that were read together.
#[derive(Debug, Default)]
pub struct Batch {
    /// Good rows, each identity once.
    pub candidates: Vec<Candidate>,
    /// Good rows whose identity is among the candidates.
    pub repeats: Vec<Repeat>,
    pub problems: Vec<Problem>,
    pub read: ReadCounts,
}

/// A row that goes in unless it is there already.
#[derive(Debug)]
pub struct Candidate {
    pub line: u64,
    pub identity: String,
    pub digest: [u8; 32],
    pub new: NewIssue,
}

/// What a candidate is told by, once its issue is handed over.
#[derive(Debug)]
pub struct Head {
    pub line: u64,
    pub identity: String,
    pub digest: [u8; 32],
    /// It has a position, which lies in no grid.
    pub outside: bool,
}

/// A row with the identity of a candidate.
#[derive(Debug)]
pub struct Repeat {
    /// Index of the candidate.
    pub of: usize,
    pub line: u64,
    pub digest: [u8; 32],
}

/// What reading alone can count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadCounts {
    pub rows: i64,
    pub rejected: i64,
    pub duplicate: i64,
    pub without_position: i64,
    /// How much of the file was read, in hundredths of a percent.
    pub done: i64,
}

impl Candidate {
    pub fn split(self) -> (Head, NewIssue) {
        let issue = &self.new.issue;
        let head = Head {
            line: self.line,
            identity: self.identity,
            digest: self.digest,
            outside: issue.place.is_some() && issue.grid.is_none(),
        };
        (head, self.new)
    }
}

impl ReadCounts {
    pub fn add_to(&self, counts: &mut Counts) {
        counts.read += self.rows;
        counts.rejected += self.rejected;
        counts.duplicate += self.duplicate;
        counts.without_position += self.without_position;
        counts.done = self.done;
    }
}

/// Puts rows into a batch; of each identity the first is the candidate.
#[derive(Debug, Default)]
pub struct Builder {
    pub batch: Batch,
    known: HashMap<Uuid, usize>,
}

impl Builder {
    pub fn push(&mut self, candidate: Candidate) {
        let candidates = &mut self.batch.candidates;
        match self.known.entry(candidate.new.issue.id) {
            Entry::Vacant(free) => {
                free.insert(candidates.len());
                candidates.push(candidate);
            }
            Entry::Occupied(first) => {
                let (line, digest) = (candidate.line, candidate.digest);
                self.batch.repeats.push(Repeat {
                    of: *first.get(),
                    line,
                    digest,
                });
            }
        }
    }

    /// The batch as it is; the next one begins.
    pub fn take(&mut self) -> Batch {
        self.known.clear();
        std::mem::take(&mut self.batch)
    }
}
