//! Facts: what the events of a period come to, by grid and category. Pure: rows of the ledger go in, columns come out.
//!
//! A round becomes accountable once, at the first of: its check passes; its handling clock, which runs from dispatch to
//! hand-in, runs out; being never dispatched, its total deadline passes. Every instant here is an effective time, in
//! microseconds, so an event that was recorded after its period was closed changes no period that is closed.

pub mod columns;
pub mod effective;
pub mod replay;

use std::collections::{BTreeMap, HashMap};

use crate::event::Kind;
use effective::Closings;
use replay::{Counts, Moved, Window};

/// One row of the ledger, as the scan gives it: by issue, then sequence.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The issue's number within the district.
    pub issue: i64,
    pub kind: Kind,
    pub round: i32,
    pub occurred_at: i64,
    pub recorded_at: i64,
    /// District-wide, in the order of commits.
    pub number: i64,
    pub handling_deadline: Option<i64>,
    pub total_deadline: Option<i64>,
    /// What the report says, in the event that an issue begins with.
    pub report: Option<Report>,
}

/// What stays of a report for counting.
#[derive(Clone, Debug)]
pub struct Report {
    pub category: String,
    pub grid: Option<String>,
}

/// What the ledger's rows have come to so far.
#[derive(Debug)]
pub struct Tally {
    window: Window,
    closings: Closings,
    /// Index of each grid that has a row.
    grids: HashMap<String, u32>,
    /// By category, then grid.
    counts: BTreeMap<String, HashMap<u32, Counts>>,
    /// Over all issues, located or not.
    pub city: Counts,
    /// Issues reported up to the end that lie in no grid with a row.
    pub outside: i64,
    /// Whether any event took effect before the end.
    pub begun: bool,
    current: Option<(i64, Report)>,
    moved: Vec<Moved>,
}

impl Tally {
    /// `grids` are the codes that have a row, with the row's index; `declared` the codes of the district's categories
    /// that are counted even where nothing happened.
    pub fn new(
        window: Window,
        closings: Closings,
        grids: HashMap<String, u32>,
        declared: impl IntoIterator<Item = String>,
    ) -> Tally {
        let counts = declared
            .into_iter()
            .map(|code| (code, HashMap::new()))
            .collect();
        Tally {
            window,
            closings,
            grids,
            counts,
            city: Counts::default(),
            outside: 0,
            begun: false,
            current: None,
            moved: Vec::new(),
        }
    }

    /// Takes the next row. All rows of an issue come together, its report first.
    pub fn push(&mut self, entry: Entry) {
        if let Some(report) = entry.report {
            self.end_issue();
            self.current = Some((entry.issue, report));
        } else if self
            .current
            .as_ref()
            .is_none_or(|current| current.0 != entry.issue)
        {
            // A row whose report is beyond the watermark cannot be: reports come first.
            return;
        }
        let (occurred, recorded) = (entry.occurred_at, entry.recorded_at);
        self.moved.push(Moved {
            kind: entry.kind,
            round: entry.round,
            at: self.closings.effective(occurred, recorded, entry.number),
            handling_deadline: entry.handling_deadline,
            total_deadline: entry.total_deadline,
        });
    }

    /// No more rows.
    pub fn finish(mut self) -> Tally {
        self.end_issue();
        self
    }

    fn end_issue(&mut self) {
        let Some((_, report)) = self.current.take() else {
            return;
        };
        let counts = replay::count(&self.moved, self.window);
        self.begun |= self.moved.iter().any(|moved| moved.at < self.window.end);
        self.city.add(&counts);
        let grid = report.grid.and_then(|code| self.grids.get(&code).copied());
        let there = self.counts.entry(report.category).or_default();
        match grid {
            Some(_) if counts.is_zero() => {}
            Some(grid) => there.entry(grid).or_default().add(&counts),
            None if replay::reported_before_end(&self.moved, self.window) => self.outside += 1,
            None => {}
        }
        self.moved.clear();
    }
}

#[cfg(test)]
mod tests;
