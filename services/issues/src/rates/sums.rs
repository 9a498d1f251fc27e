//! Sums of counts by group, over the windows that are asked for.

use std::collections::{HashMap, HashSet};

use crate::{
    event::Kind,
    facts::{
        effective::Closings,
        measure::Counts,
        replay::{Moved, Part, Replay, Window},
        whole::{Categories, Entry, Gather, Whole},
    },
};

/// The days asked for, as many right before, and the same of the year before.
pub const TIMES: usize = 3;

/// By what counts are grouped.
#[derive(Clone, Debug)]
pub enum Group {
    /// All together.
    Together,
    /// By window: the first row is that of the first window, and so on.
    Time,
    /// By the area that stands for each grid.
    Area(HashMap<String, String>),
    Category,
    /// By the key of each issue, by its number.
    Issue(HashMap<i64, String>),
    /// By the key of each round, by the issue's number and its own.
    Round(HashMap<(i64, i32), String>),
}

/// What is counted.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Codes of the grids. Nothing is all, and what lies in none.
    pub grids: Option<HashSet<String>>,
    /// Codes of categories. Nothing is all.
    pub categories: Option<HashSet<String>>,
}

/// One group: its key, and counts of each of the times.
#[derive(Clone, Debug)]
pub struct Row {
    pub key: String,
    pub counts: [Counts; TIMES],
}

/// What the ledger's rows have come to so far.
#[derive(Debug)]
pub struct Pool {
    gather: Gather,
    sums: Sums,
}

#[derive(Debug)]
struct Sums {
    scope: Scope,
    group: Group,
    /// Of each of the times, in order: one, or one for each row where the group is time.
    windows: Vec<Vec<Window>>,
    table: Table,
    replay: Replay,
}

#[derive(Debug, Default)]
struct Table {
    rows: Vec<Row>,
    index: HashMap<String, usize>,
}

impl Pool {
    /// `keys` are the rows that are there whatever is counted.
    pub fn new(
        closings: Closings,
        scope: Scope,
        group: Group,
        keys: Vec<String>,
        windows: Vec<Vec<Window>>,
    ) -> Pool {
        let mut table = Table::default();
        for key in keys {
            table.row(&key);
        }
        Pool {
            gather: Gather::new(closings, []),
            sums: Sums {
                scope,
                group,
                windows,
                table,
                replay: Replay::default(),
            },
        }
    }

    /// Takes the next row. All rows of an issue come together, its report first.
    pub fn push(&mut self, entry: &Entry<'_>) {
        let sums = &mut self.sums;
        self.gather
            .push(entry, |whole, categories| sums.take(whole, categories));
    }

    /// No more rows. Groups come in byte order of their keys.
    pub fn finish(mut self) -> Vec<Row> {
        let sums = &mut self.sums;
        self.gather
            .end(|whole, categories| sums.take(whole, categories));
        let mut rows = self.sums.table.rows;
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        rows
    }
}

impl Sums {
    fn take(&mut self, whole: &Whole, categories: &Categories) {
        let grids = self.scope.grids.as_ref();
        let lies_there = |grids: &HashSet<String>| {
            let grid = whole.grid.as_ref();
            grid.is_some_and(|grid| grids.contains(grid))
        };
        if !grids.is_none_or(lies_there) {
            return;
        }
        let (first, last) = span(&whole.moves);
        for (time, windows) in self.windows.iter().enumerate() {
            let begin = windows.partition_point(|window| window.end <= first);
            let end = windows.partition_point(|window| window.start <= last);
            for (index, window) in windows.iter().enumerate().take(end).skip(begin) {
                self.replay.count(&whole.moves, *window);
                for part in &self.replay.parts {
                    let category = categories.code(part.category.unwrap_or(whole.category));
                    let wanted = self.scope.categories.as_ref();
                    if part.counts.is_zero() || !wanted.is_none_or(|codes| codes.contains(category))
                    {
                        continue;
                    }
                    let row = match &self.group {
                        Group::Time => index,
                        Group::Category => self.table.row(category),
                        group => self.table.row(key(group, whole, part)),
                    };
                    self.table.rows[row].counts[time].add(&part.counts);
                }
            }
        }
    }
}

/// Empty where the issue or round has none.
fn key<'a>(group: &'a Group, whole: &Whole, part: &Part) -> &'a str {
    let key = match group {
        Group::Area(areas) => whole.grid.as_ref().and_then(|grid| areas.get(grid)),
        Group::Issue(keys) => keys.get(&whole.issue),
        Group::Round(keys) => keys.get(&(whole.issue, part.round)),
        Group::Together | Group::Time | Group::Category => None,
    };
    key.map_or("", String::as_str)
}

impl Table {
    /// Index of the key's row.
    fn row(&mut self, key: &str) -> usize {
        if let Some(index) = self.index.get(key) {
            return *index;
        }
        let index = self.rows.len();
        self.rows.push(Row {
            key: key.to_owned(),
            counts: [Counts::default(); TIMES],
        });
        self.index.insert(key.to_owned(), index);
        index
    }
}

/// The first and last instants at which an issue may count for anything: a round that is open may be in every backlog to
/// come.
fn span(moves: &[Moved]) -> (i64, i64) {
    let instants = || moves.iter().map(|moved| moved.at);
    let (mut open, mut left) = (false, false);
    for moved in moves {
        match moved.kind {
            Kind::Filed => open = true,
            Kind::CheckPassed | Kind::ForceClosed => open = false,
            Kind::Merged | Kind::Rejected => left = true,
            _ => {}
        }
    }
    let last = if open && !left {
        i64::MAX
    } else {
        instants().max().unwrap_or(i64::MAX)
    };
    (instants().min().unwrap_or(i64::MIN), last)
}
