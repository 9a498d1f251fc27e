//! Columns: one value of one fact for every area, made one at a time so that memory does not grow with their number.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tidyward_kit::{
    fact::{self, ABSENT},
    period::Period,
};

use super::{
    Tally,
    replay::{Counts, Measure, Window},
};

/// One area of the district, as it is at the last instant of the period.
#[derive(Clone, Debug, Default)]
pub struct AreaRow {
    pub code: String,
    /// The number of its level; a lower area has a higher one.
    pub level: i32,
    pub is_grid: bool,
    /// Code of the area above; empty where there is none.
    pub parent: String,
    pub peer_group: String,
    pub display_name: String,
    pub households: Option<i64>,
    pub population: Option<i64>,
    pub area_m2: Option<i64>,
    pub road_metres: Option<i64>,
    /// First day on which it exists.
    pub exists_from: Option<Date>,
}

/// One fact for every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub values: Vec<i64>,
}

/// Reads a fact's value in one grid.
type InGrid = fn(&Counts) -> i64;
/// Reads what the territory tells of an area.
type OfArea = fn(&AreaRow) -> Option<i64>;

/// Every fact of `issues` that the moves of this release can carry: its last part, and its value in one grid.
const MEASURES: [(&str, InGrid); 12] = [
    ("reported", |counts| counts.of(Measure::Reported)),
    ("merged", |counts| counts.of(Measure::Merged)),
    ("filed", |counts| counts.of(Measure::Filed)),
    ("due", |counts| counts.of(Measure::Due)),
    // Nothing suspends a round, so none is suspended at the end.
    ("due_suspended", |_| 0),
    ("handled_on_time", |counts| {
        known(counts, Measure::Unhandled, Measure::HandledOnTime)
    }),
    ("closed", |counts| counts.of(Measure::Closed)),
    ("closed_on_time", |counts| {
        known(counts, Measure::Untotalled, Measure::ClosedOnTime)
    }),
    ("overdue_open", |counts| counts.of(Measure::OverdueOpen)),
    ("backlog_start", |counts| counts.of(Measure::BacklogStart)),
    ("backlog_closed", |counts| counts.of(Measure::BacklogClosed)),
    ("backlog_open", |counts| counts.of(Measure::BacklogOpen)),
];

/// Whether a round was on time is unknown where it had no deadline.
fn known(counts: &Counts, without: Measure, measure: Measure) -> i64 {
    if counts.of(without) > 0 {
        ABSENT
    } else {
        counts.of(measure)
    }
}

const GROUND: [(&str, OfArea); 4] = [
    ("grid.area", |row| row.area_m2),
    ("grid.roads", |row| row.road_metres),
    ("grid.households", |row| row.households),
    ("grid.population", |row| row.population),
];

/// The facts of a period, column after column.
#[derive(Debug)]
pub struct Columns {
    rows: Vec<AreaRow>,
    parents: Vec<Option<usize>>,
    depths: Vec<u8>,
    days: Vec<i64>,
    /// All categories together, under no name, then each under its code. Empty while the ledger is.
    families: Vec<(String, HashMap<u32, Counts>)>,
    next: usize,
}

/// First instant of the period and first after it, in microseconds.
pub fn window(period: Period, zone: &TimeZone) -> Window {
    let bounds = period.bounds(zone);
    Window {
        start: bounds.start.as_microsecond(),
        end: bounds.end.as_microsecond(),
    }
}

/// The last instant at which the period is not over.
pub fn last_instant(window: Window) -> Option<Timestamp> {
    Timestamp::from_microsecond(window.end - 1).ok()
}

/// The codes that are counted in, with the index of their rows.
pub fn grids(rows: &[AreaRow]) -> HashMap<String, u32> {
    let indexed = (0_u32..).zip(rows);
    indexed
        .filter(|row| row.1.is_grid)
        .map(|(index, row)| (row.code.clone(), index))
        .collect()
}

impl Columns {
    pub fn new(rows: Vec<AreaRow>, period: Period, tally: Tally) -> Columns {
        let index: HashMap<&str, usize> = rows
            .iter()
            .enumerate()
            .map(|(index, row)| (row.code.as_str(), index))
            .collect();
        let parents = rows
            .iter()
            .map(|row| {
                index
                    .get(row.parent.as_str())
                    .copied()
                    .filter(|above| rows[*above].level < row.level)
            })
            .collect();
        let depths = rows
            .iter()
            .map(|row| u8::try_from(row.level).unwrap_or(0))
            .collect();
        let days = rows.iter().map(|row| days(row, period)).collect();
        let mut families = Vec::new();
        if tally.begun {
            let mut all: HashMap<u32, Counts> = HashMap::new();
            for (grid, counts) in tally.counts.values().flatten() {
                all.entry(*grid).or_default().add(counts);
            }
            families.push((String::new(), all));
            families.extend(tally.counts);
        }
        Columns {
            rows,
            parents,
            depths,
            days,
            families,
            next: 0,
        }
    }

    pub fn rows(&self) -> &[AreaRow] {
        &self.rows
    }

    fn ground(&self, read: OfArea) -> Vec<i64> {
        let mut values: Vec<i64> = self
            .rows
            .iter()
            .map(|row| read(row).unwrap_or(ABSENT))
            .collect();
        fact::roll_up(&self.depths, &self.parents, &mut values);
        values
    }

    fn counted(&self, family: &HashMap<u32, Counts>, read: InGrid) -> Vec<i64> {
        let nothing = read(&Counts::default());
        let start = |row: &AreaRow| if row.is_grid { nothing } else { ABSENT };
        let mut values: Vec<i64> = self.rows.iter().map(start).collect();
        for (grid, counts) in family {
            values[*grid as usize] = read(counts);
        }
        fact::roll_up(&self.depths, &self.parents, &mut values);
        values
    }

    fn column(&self, at: usize) -> Option<Column> {
        let Some(at) = at.checked_sub(1) else {
            return Some(Column {
                name: "grid.days".to_owned(),
                values: self.days.clone(),
            });
        };
        if let Some((name, read)) = GROUND.get(at) {
            return Some(Column {
                name: (*name).to_owned(),
                values: self.ground(*read),
            });
        }
        let at = at - GROUND.len();
        let (code, family) = self.families.get(at / MEASURES.len())?;
        let (last, read) = MEASURES[at % MEASURES.len()];
        let name = match code.as_str() {
            "" => format!("issues.{last}"),
            code => format!("issues.{code}.{last}"),
        };
        Some(Column {
            name,
            values: self.counted(family, read),
        })
    }
}

impl Iterator for Columns {
    type Item = Column;

    /// Columns in which nothing is known are left out.
    fn next(&mut self) -> Option<Column> {
        loop {
            let column = self.column(self.next)?;
            self.next += 1;
            if column.values.iter().any(|value| *value != ABSENT) {
                return Some(column);
            }
        }
    }
}

/// Days of the period on which the area exists.
fn days(row: &AreaRow, period: Period) -> i64 {
    let Some(from) = row.exists_from else {
        return ABSENT;
    };
    let first = period.first_day().max(from);
    first
        .until(period.day_after())
        .map_or(ABSENT, |span| i64::from(span.get_days()).max(0))
}
