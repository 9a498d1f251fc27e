//! Rows of the ledger, gathered into issues.

use std::{borrow::Cow, collections::HashMap};

use super::{effective::Closings, replay::Moved};
use crate::event::{Kind, Marks};

/// One row of the ledger, as the scan gives it: by issue, then sequence. The scan's words are those of the packed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'t> {
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
    pub marks: Marks,
    pub worked_minutes: Option<i64>,
    /// Of a suspension: when it goes on by itself.
    pub until: Option<i64>,
    /// As filed, of a filing under another category than the reported one.
    pub category: Option<Cow<'t, str>>,
    /// What the report says, in the event that an issue begins with.
    pub report: Option<Report<'t>>,
}

/// What stays of a report for counting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report<'t> {
    pub category: Cow<'t, str>,
    pub grid: Option<Cow<'t, str>>,
}

/// One issue: all of its moves by effective time.
#[derive(Clone, Debug)]
pub struct Whole {
    pub issue: i64,
    /// Number of the category as reported.
    pub category: u32,
    pub grid: Option<String>,
    /// Whether the area's own people reported it.
    pub own: bool,
    pub moves: Vec<Moved>,
}

impl Whole {
    /// In the memory of the issue before it.
    fn lies_in(&mut self, code: Option<&str>) {
        match (&mut self.grid, code) {
            (Some(kept), Some(code)) => code.clone_into(kept),
            (grid, code) => *grid = code.map(str::to_owned),
        }
    }
}

/// Categories, numbered as they come.
#[derive(Debug, Default)]
pub struct Categories {
    codes: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Categories {
    pub fn number(&mut self, code: &str) -> u32 {
        if let Some(number) = self.numbers.get(code) {
            return *number;
        }
        let number = self.codes.len() as u32;
        self.codes.push(code.to_owned());
        self.numbers.insert(code.to_owned(), number);
        number
    }

    pub fn into_codes(self) -> Vec<String> {
        self.codes
    }

    pub fn code(&self, number: u32) -> &str {
        &self.codes[number as usize]
    }
}

/// Gathers rows into issues, in the same memory for one after another.
#[derive(Debug)]
pub struct Gather {
    closings: Closings,
    pub categories: Categories,
    begun: bool,
    whole: Whole,
}

impl Gather {
    /// The declared categories get the first numbers.
    pub fn new(closings: Closings, declared: impl IntoIterator<Item = String>) -> Gather {
        let mut categories = Categories::default();
        for code in declared {
            categories.number(&code);
        }
        Gather {
            closings,
            categories,
            begun: false,
            whole: Whole {
                issue: 0,
                category: 0,
                grid: None,
                own: false,
                moves: Vec::new(),
            },
        }
    }

    /// Takes the next row; where another issue begins with it, the one before is handed on.
    pub fn push(&mut self, entry: &Entry<'_>, take: impl FnOnce(&Whole, &Categories)) {
        if let Some(report) = &entry.report {
            self.end(take);
            self.begun = true;
            self.whole.issue = entry.issue;
            self.whole.category = self.categories.number(&report.category);
            self.whole.lies_in(report.grid.as_deref());
            self.whole.own = entry.marks.has(Marks::OWN);
        } else if !self.begun || self.whole.issue != entry.issue {
            // A row whose report is beyond the watermark cannot be: reports come first.
            return;
        }
        let (occurred, recorded) = (entry.occurred_at, entry.recorded_at);
        let category = entry.category.as_ref();
        let category = category.map(|code| self.categories.number(code));
        self.whole.moves.push(Moved {
            kind: entry.kind,
            round: entry.round,
            at: self.closings.effective(occurred, recorded, entry.number),
            handling_deadline: entry.handling_deadline,
            total_deadline: entry.total_deadline,
            marks: entry.marks,
            category,
            worked_minutes: entry.worked_minutes,
            until: entry.until,
        });
    }

    /// No more rows of the issue.
    pub fn end(&mut self, take: impl FnOnce(&Whole, &Categories)) {
        if self.begun {
            take(&self.whole, &self.categories);
        }
        self.begun = false;
        self.whole.moves.clear();
    }
}
