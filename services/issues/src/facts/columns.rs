//! Columns: one value of one fact for every area, made one at a time so that memory does not grow with their number.

use std::collections::{BTreeMap, HashMap};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tidyward_kit::{
    fact::{self, ABSENT},
    period::Period,
};

use super::{
    ByGrid, Counted,
    measure::{self, Counts, TABLE},
    replay::Window,
    tree::Tree,
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

/// Reads what the territory tells of an area.
type OfArea = fn(&AreaRow) -> Option<i64>;

const GROUND: [(&str, OfArea); 4] = [
    ("grid.area", |row| row.area_m2),
    ("grid.roads", |row| row.road_metres),
    ("grid.households", |row| row.households),
    ("grid.population", |row| row.population),
];

/// Handling times, which are none where there are fewer than that many.
const FEWEST: usize = 5;
const PERCENTILES: [(&str, usize); 2] = [
    ("issues.handle_minutes_p50", 50),
    ("issues.handle_minutes_p90", 90),
];

/// How a column is made.
#[derive(Clone, Copy, Debug)]
enum Plan {
    Days,
    Ground(&'static str, OfArea),
    Count {
        family: usize,
        row: &'static measure::Row,
    },
    Minutes(&'static str, usize),
}

/// The facts of a period, column after column.
#[derive(Debug)]
pub struct Columns {
    rows: Vec<AreaRow>,
    parents: Vec<Option<usize>>,
    depths: Vec<u8>,
    days: Vec<i64>,
    /// Each under its name: all rounds under none, then urgent ones and so on, then each category with its descendants.
    families: Vec<(String, ByGrid)>,
    /// Sorted, of each row that has any.
    minutes: HashMap<usize, Vec<i64>>,
    plan: std::vec::IntoIter<Plan>,
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
    /// `tree` says which categories are above which.
    pub fn new(rows: Vec<AreaRow>, period: Period, counted: Counted, tree: &Tree) -> Columns {
        let index: HashMap<&str, usize> = rows
            .iter()
            .enumerate()
            .map(|(index, row)| (row.code.as_str(), index))
            .collect();
        let parents: Vec<Option<usize>> = rows
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
        let minutes = pooled(&counted.sums.minutes, &parents);
        let worked = counted.sums.worked;
        let families = if counted.sums.begun {
            families(counted, tree)
        } else {
            Vec::new()
        };
        let plan = plan(&families, worked);
        Columns {
            rows,
            parents,
            depths,
            days,
            families,
            minutes,
            plan: plan.into_iter(),
        }
    }

    pub fn rows(&self) -> &[AreaRow] {
        &self.rows
    }

    /// The rows that are one of the areas or lie in one.
    pub fn within(&self, areas: &[String]) -> Vec<usize> {
        let inside = |row: usize| {
            let mut next = Some(row);
            while let Some(row) = next {
                if areas.contains(&self.rows[row].code) {
                    return true;
                }
                next = self.parents[row];
            }
            false
        };
        (0..self.rows.len()).filter(|row| inside(*row)).collect()
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

    fn counted(&self, family: &ByGrid, row: &measure::Row) -> Vec<i64> {
        let nothing = row.read(&Counts::default());
        let start = |row: &AreaRow| if row.is_grid { nothing } else { ABSENT };
        let mut values: Vec<i64> = self.rows.iter().map(start).collect();
        for (grid, counts) in family {
            values[*grid as usize] = row.read(counts);
        }
        fact::roll_up(&self.depths, &self.parents, &mut values);
        values
    }

    fn percentile(&self, percent: usize) -> Vec<i64> {
        let mut values = vec![ABSENT; self.rows.len()];
        for (row, minutes) in &self.minutes {
            values[*row] = nearest_rank(minutes, percent).unwrap_or(ABSENT);
        }
        values
    }

    fn column(&self, plan: Plan) -> Column {
        let (name, values) = match plan {
            Plan::Days => ("grid.days".to_owned(), self.days.clone()),
            Plan::Ground(name, read) => (name.to_owned(), self.ground(read)),
            Plan::Minutes(name, percent) => (name.to_owned(), self.percentile(percent)),
            Plan::Count { family, row } => {
                let (id, counts) = &self.families[family];
                let name = match id.as_str() {
                    "" => row.fact.to_owned(),
                    id => format!("issues.{id}.{}", row.last()),
                };
                (name, self.counted(counts, row))
            }
        };
        Column { name, values }
    }
}

/// Everything by grid: all, then the families, none of which a category may be called, then categories. Files do not say
/// whose problem it was, so where there is nothing else there are no families.
fn families(counted: Counted, tree: &Tree) -> Vec<(String, ByGrid)> {
    let sums = counted.sums;
    let mut all = sums.own.clone();
    add_all(&mut all, &sums.external);
    let mut by_category: BTreeMap<String, ByGrid> = BTreeMap::new();
    for (code, by_grid) in &counted.categories {
        for above in tree.line(code) {
            add_all(by_category.entry(above.to_owned()).or_default(), by_grid);
        }
    }
    let named = [
        ("", all),
        ("urgent", sums.urgent),
        ("own", sums.own),
        ("external", sums.external),
        ("duty", sums.duty),
    ];
    let named = named
        .into_iter()
        .filter(|(id, _)| sums.worked || id.is_empty());
    let named = named.map(|(id, by_grid)| (id.to_owned(), by_grid));
    named.chain(by_category).collect()
}

fn add_all(sum: &mut ByGrid, other: &ByGrid) {
    for (grid, counts) in other {
        sum.entry(*grid).or_default().add(counts);
    }
}

fn plan(families: &[(String, ByGrid)], worked: bool) -> Vec<Plan> {
    let mut plan = vec![Plan::Days];
    plan.extend(GROUND.iter().map(|(name, read)| Plan::Ground(name, *read)));
    for (family, (id, _)) in families.iter().enumerate() {
        let rows = TABLE
            .iter()
            .filter(|row| id.is_empty() || row.in_families())
            .filter(|row| worked || row.in_files);
        plan.extend(rows.map(|row| Plan::Count { family, row }));
    }
    if !families.is_empty() {
        plan.extend(PERCENTILES.map(|(name, percent)| Plan::Minutes(name, percent)));
    }
    plan
}

/// The handling times of each grid and of all below each other area, sorted.
fn pooled(by_grid: &HashMap<u32, Vec<i64>>, parents: &[Option<usize>]) -> HashMap<usize, Vec<i64>> {
    let mut pooled: HashMap<usize, Vec<i64>> = HashMap::new();
    for (grid, minutes) in by_grid {
        let mut next = Some(*grid as usize);
        while let Some(row) = next {
            pooled.entry(row).or_default().extend(minutes);
            next = parents[row];
        }
    }
    for minutes in pooled.values_mut() {
        minutes.sort_unstable();
    }
    pooled
}

/// The least value that so many percent do not exceed; nothing where there are too few.
fn nearest_rank(sorted: &[i64], percent: usize) -> Option<i64> {
    if sorted.len() < FEWEST {
        return None;
    }
    sorted
        .get((sorted.len() * percent).div_ceil(100) - 1)
        .copied()
}

impl Iterator for Columns {
    type Item = Column;

    /// Columns in which nothing is known are left out.
    fn next(&mut self) -> Option<Column> {
        loop {
            let plan = self.plan.next()?;
            let column = self.column(plan);
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
