//! The demo's quarter of problems: what people reported, how long it took, and what of it an import file says.

use std::collections::BTreeMap;

use jiff::civil::{DateTime, date};
use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::town::{Grid, Town};

/// Kinds of problems: value in the file, how often of a hundred, limit in hours (as `issues.toml` has it).
const CATEGORIES: [(&str, u32, i64); 6] = [
    ("Litter", 34, 24),
    ("Overflowing bin", 20, 12),
    ("Posters", 14, 72),
    ("Dumping", 12, 48),
    ("Dirty road", 12, 24),
    ("Occupied pavement", 8, 48),
];
const SOURCES: [(&str, u32); 3] = [("Patrol", 38), ("Resident", 40), ("12345", 22)];

/// The quarter, in the district's own wall time.
const START: DateTime = date(2026, 7, 1).at(0, 0, 0, 0);
const END: DateTime = date(2026, 10, 1).at(0, 0, 0, 0);

/// One row of the file.
#[derive(Clone, Debug)]
pub struct Row {
    pub number: u32,
    pub category: &'static str,
    pub reported: DateTime,
    pub closed: Option<DateTime>,
    pub duplicate: bool,
    pub position: (f64, f64),
    pub source: &'static str,
    due_by: DateTime,
}

/// What the ledger cannot tell from a file alone, counted by grid.
#[derive(Clone, Copy, Debug, Default)]
pub struct External {
    pub due: u32,
    pub on_time: u32,
    pub closed: u32,
}

/// The whole file, in the order of reports.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub rows: Vec<Row>,
    /// By the grid's code: issues that others than the grid's own people reported.
    pub external: BTreeMap<String, External>,
}

impl Ledger {
    pub fn new(town: &Town, seed: u64) -> Ledger {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut rows = Vec::new();
        let mut external = BTreeMap::new();
        for grid in &town.grids {
            let counted: &mut External = external.entry(grid.code()).or_default();
            for _ in 0..random.random_range(12..=28) {
                let row = report(town, grid, &mut random);
                if row.source != "Patrol" {
                    counted.count(&row);
                }
                rows.push(row);
            }
        }
        rows.sort_by_key(|row| row.reported);
        for (number, row) in (1..).zip(&mut rows) {
            row.number = number;
        }
        Ledger { rows, external }
    }

    /// The file. One row cannot be read, and one lies outside every grid, as in every real file.
    pub fn csv(&self) -> String {
        let mut lines =
            String::from("No,Category,Reported,Closed,Status,Longitude,Latitude,Source\n");
        for row in &self.rows {
            let status = match (row.duplicate, row.closed) {
                (true, _) => "Duplicate",
                (false, Some(_)) => "Closed",
                (false, None) => "Open",
            };
            let closed = row.closed.map(written).unwrap_or_default();
            let (longitude, latitude) = row.position;
            let (number, category, source) = (row.number, row.category, row.source);
            let reported = written(row.reported);
            lines.push_str(&format!("CW-{number:04},{category},{reported},{closed},{status},{longitude},{latitude},{source}\n"));
        }
        lines.push_str("CW-9001,Litter,2026-08-32 09:10,,Open,119.6442,29.0831,Patrol\n");
        lines.push_str(
            "CW-9002,Dumping,2026-09-02 07:45,2026-09-03 10:20,Closed,119.7011,29.0832,12345\n",
        );
        lines
    }
}

impl External {
    /// Counts a row that became accountable in the quarter, as the ledger itself would.
    fn count(&mut self, row: &Row) {
        if row.duplicate {
            return;
        }
        let accountable = row
            .closed
            .map_or(row.due_by, |closed| closed.min(row.due_by));
        if (START..END).contains(&accountable) {
            self.due += 1;
            self.on_time += u32::from(row.closed.is_some_and(|closed| closed <= row.due_by));
            self.closed += u32::from(row.closed.is_some_and(|closed| closed < END));
        }
    }
}

fn report(town: &Town, grid: &Grid, random: &mut ChaCha8Rng) -> Row {
    let category = weighted(&CATEGORIES.map(|row| row.1), random);
    let (category, _, hours) = CATEGORIES[category];
    let source = SOURCES[weighted(&SOURCES.map(|row| row.1), random)].0;
    // From a week before the quarter, so that it begins with a backlog, to its last evening.
    let day = random.random_range(-8..92_i64);
    let minute = random.random_range(7 * 60..21 * 60_i64);
    let reported = later(START, day * 24 * 60 + minute);
    let limit = hours * 60;
    let duplicate = random.random_range(0..100) < 3;
    let left_open = random.random_range(0..1_000) < 6 + (100 - grid.care) * 2;
    let on_time = random.random_range(0..100) < 55 + grid.care * 44 / 100;
    let took = match on_time {
        true => random.random_range(limit / 12..=limit * 95 / 100),
        false => random.random_range(limit * 11 / 10..=limit * 5),
    };
    let closed = later(reported, took);
    // The file was written on the quarter's last evening.
    let closed = (!duplicate && !left_open && closed < END).then_some(closed);
    Row {
        number: 0,
        category,
        reported,
        closed,
        duplicate,
        position: town.somewhere(grid, random),
        source,
        due_by: later(reported, limit),
    }
}

/// An index, each as likely as its weight says.
fn weighted(weights: &[u32], random: &mut ChaCha8Rng) -> usize {
    let mut drawn = random.random_range(0..weights.iter().sum());
    for (index, weight) in weights.iter().enumerate() {
        match drawn.checked_sub(*weight) {
            Some(rest) => drawn = rest,
            None => return index,
        }
    }
    0
}

fn later(time: DateTime, minutes: i64) -> DateTime {
    // Within a year or two of the quarter, where adding minutes cannot fail.
    time.checked_add(jiff::SignedDuration::from_mins(minutes))
        .unwrap_or(time)
}

fn written(time: DateTime) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_same_each_time_and_has_one_row_that_cannot_be_read() {
        let town = Town::new(7);
        let file = Ledger::new(&town, 8).csv();
        assert_eq!(file, Ledger::new(&town, 8).csv());
        assert_eq!(file.matches("2026-08-32").count(), 1);
        assert!(file.lines().count() > 500);
    }

    #[test]
    fn limits_are_those_of_the_mapping() {
        let mapping: toml::Table = toml::from_str(include_str!("issues.toml")).unwrap();
        for category in mapping["categories"].as_array().unwrap() {
            let value = category["values"][0].as_str().unwrap();
            let (number, unit) = category["handling"]
                .as_str()
                .unwrap()
                .split_once(' ')
                .unwrap();
            let hours = number.parse::<i64>().unwrap() * if unit == "URGENT_DAYS" { 24 } else { 1 };
            assert!(
                CATEGORIES
                    .iter()
                    .any(|row| row.0 == value && row.2 == hours),
                "{value}"
            );
        }
    }

    #[test]
    fn problems_are_closed_after_they_were_reported_and_before_the_file_was_written() {
        let town = Town::new(7);
        for row in Ledger::new(&town, 8).rows {
            assert!(
                row.closed
                    .is_none_or(|closed| row.reported < closed && closed < END),
                "{row:?}"
            );
        }
    }
}
