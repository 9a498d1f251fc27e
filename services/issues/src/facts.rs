//! Facts: what the events of a period come to, by grid and category. Pure: rows of the ledger go in, columns come out.
//!
//! Every instant here is an effective time, in microseconds, so an event that was recorded after its period was closed
//! changes no period that is closed.

pub mod columns;
pub mod effective;
pub mod measure;
pub mod packed;
pub mod replay;
pub mod rounds;
pub mod tree;
pub mod whole;

use std::collections::HashMap;

use effective::Closings;
use measure::Counts;
use replay::{Moved, Replay, Window};
use rounds::{Gathered, RoundFacts};
use whole::{Entry, Gather, Whole};

use crate::event::Marks;

/// Counts by the index of their grid's row.
pub type ByGrid = HashMap<u32, Counts>;

/// What the ledger's rows have come to so far.
#[derive(Debug)]
pub struct Tally {
    gather: Gather,
    sums: Sums,
}

#[derive(Debug)]
pub struct Sums {
    window: Window,
    replay: Replay,
    /// Index of each grid that has a row.
    grids: HashMap<String, u32>,
    /// By the number of the category.
    by_category: Vec<ByGrid>,
    pub own: ByGrid,
    pub external: ByGrid,
    pub urgent: ByGrid,
    pub duty: ByGrid,
    /// Working minutes of handling, of the rounds whose check passed in the period.
    pub minutes: HashMap<u32, Vec<i64>>,
    /// Nothing where nobody asked for them.
    rounds: Option<Vec<RoundFacts>>,
    /// Over all issues, located or not.
    #[cfg(test)]
    pub city: Counts,
    /// Issues reported up to the end that lie in no grid with a row.
    pub outside: i64,
    /// Whether any event took effect before the end.
    pub begun: bool,
    /// Whether any of those was made here, by somebody, and not concluded from a file.
    pub worked: bool,
}

/// All that was counted.
#[derive(Debug)]
pub struct Counted {
    pub sums: Sums,
    /// By code, in byte order; each category by itself.
    pub categories: Vec<(String, ByGrid)>,
    /// Where they were asked for.
    pub rounds: Option<Gathered>,
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
        Tally {
            gather: Gather::new(closings, declared),
            sums: Sums {
                window,
                replay: Replay::default(),
                grids,
                by_category: Vec::new(),
                own: HashMap::new(),
                external: HashMap::new(),
                urgent: HashMap::new(),
                duty: HashMap::new(),
                minutes: HashMap::new(),
                rounds: None,
                #[cfg(test)]
                city: Counts::default(),
                outside: 0,
                begun: false,
                worked: false,
            },
        }
    }

    /// Gathers the rounds behind the counts, too.
    #[must_use]
    pub fn with_rounds(mut self) -> Tally {
        self.sums.rounds = Some(Vec::new());
        self
    }

    /// Takes the next row. All rows of an issue come together, its report first.
    pub fn push(&mut self, entry: &Entry<'_>) {
        let sums = &mut self.sums;
        self.gather.push(entry, |whole, _| sums.take(whole));
    }

    /// No more rows.
    pub fn finish(mut self) -> Counted {
        let sums = &mut self.sums;
        self.gather.end(|whole, _| sums.take(whole));
        let codes = self.gather.categories.into_codes();
        let rounds = self.sums.rounds.take().map(|rounds| Gathered {
            codes: codes.clone(),
            rounds,
        });
        let mut by_category = std::mem::take(&mut self.sums.by_category);
        by_category.resize_with(codes.len(), HashMap::new);
        let mut categories: Vec<_> = codes.into_iter().zip(by_category).collect();
        categories.sort_by(|a, b| a.0.cmp(&b.0));
        Counted {
            sums: self.sums,
            categories,
            rounds,
        }
    }
}

impl Sums {
    fn take(&mut self, whole: &Whole) {
        let before_end = |moved: &&Moved| moved.at < self.window.end;
        for moved in whole.moves.iter().filter(before_end) {
            self.begun = true;
            self.worked |= !moved.marks.has(Marks::IMPORTED);
        }
        self.replay.count(&whole.moves, self.window);
        #[cfg(test)]
        for part in &self.replay.parts {
            self.city.add(&part.counts);
        }
        let grid = whole.grid.as_ref().and_then(|code| self.grids.get(code));
        let Some(&grid) = grid else {
            let reported = replay::reported_before_end(&whole.moves, self.window);
            self.outside += i64::from(reported);
            return;
        };
        if let Some(rounds) = &mut self.rounds {
            rounds::gather(whole, grid, &self.replay, self.window, rounds);
        }
        let reporter = if whole.own {
            &mut self.own
        } else {
            &mut self.external
        };
        for part in &self.replay.parts {
            if part.counts.is_zero() {
                continue;
            }
            let category = part.category.unwrap_or(whole.category) as usize;
            if category >= self.by_category.len() {
                self.by_category.resize_with(category + 1, HashMap::new);
            }
            add(&mut self.by_category[category], grid, &part.counts);
            add(reporter, grid, &part.counts);
            if part.urgent {
                add(&mut self.urgent, grid, &part.counts);
            }
            if !part.duty.is_zero() {
                add(&mut self.duty, grid, &part.duty);
            }
        }
        if !self.replay.minutes.is_empty() {
            let there = self.minutes.entry(grid).or_default();
            there.extend(&self.replay.minutes);
        }
    }
}

fn add(sums: &mut ByGrid, grid: u32, counts: &Counts) {
    sums.entry(grid).or_default().add(counts);
}

#[cfg(test)]
pub mod tests;
