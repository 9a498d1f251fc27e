//! Rates as they are asked for: who may see which areas, what days are counted, and one scan of the ledger.
//!
//! An event counts when it occurred. Where the days are exactly a month or quarter that was closed, it counts when it takes
//! effect by the closings of that kind, as in the facts, so that both give the same figures.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use tidyward_kit::{
    Error, Violations,
    caller::{Caller, District},
    db::Db,
};
use tidyward_proto::v1::AreaLevel;

use crate::{
    facts::{columns::AreaRow, effective::Closings, replay::Window},
    issue::Source,
    period_facts,
    rates::{
        days::{Cut, Days},
        sums::{Group, Pool, Row, Scope},
        table::Column,
    },
    store,
    territory::{Calendar, Territory},
};

/// The most groups of an answer.
pub const MOST_ROWS: usize = 10_000;
/// The most figures of an answer, so that it fits a message.
const MOST_FIGURES: usize = 200_000;

/// By what to group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Nothing,
    Area(AreaLevel),
    Category,
    Officer,
    Unit,
    Source,
    Time(Cut),
}

/// What is asked for, each part valid by itself.
#[derive(Clone, Debug)]
pub struct Query {
    pub days: Days,
    /// Code of the area. Nothing is the caller's areas, or the whole district.
    pub area: Option<String>,
    /// The name by which it was asked for.
    pub area_name: String,
    pub category: Option<String>,
    pub by: By,
    pub columns: Vec<Column>,
    pub compare: bool,
}

/// The groups, and what people call them.
#[derive(Debug)]
pub struct Answer {
    pub rows: Vec<Row>,
    pub names: HashMap<String, String>,
}

pub async fn query(
    db: &Db,
    territory: &Territory,
    calendar: &Calendar,
    district: &District,
    caller: &Caller,
    query: &Query,
    now: Timestamp,
) -> Result<Answer, Error> {
    let windows = windows(query, calendar, now);
    let by_area = matches!(query.by, By::Area(_));
    let ground = if by_area || query.area.is_some() || !caller.areas.is_empty() {
        let last = windows[0].last().map_or(i64::MAX, |window| window.end) - 1;
        let last = Timestamp::from_microsecond(last).map_err(Error::internal)?;
        Some(Ground::new(territory.areas(district, last).await?))
    } else {
        None
    };
    let seen = seen(ground.as_ref(), caller, query)?;
    let categories = store::category::of_district(db.read(), district).await?;
    let tree = period_facts::tree(categories.values());
    if let Some(code) = &query.category
        && !categories.contains_key(code)
    {
        let message = "is no category of the district; ListCategories gives them";
        return Err(Error::field("category", message));
    }
    let below = |top: &String| -> HashSet<String> {
        let codes = categories
            .keys()
            .filter(|code| tree.line(code).contains(&top.as_str()));
        codes.cloned().collect()
    };
    let mut names = HashMap::new();
    let (group, keys) = match query.by {
        By::Area(level) => {
            let ground = ground
                .as_ref()
                .map(|ground| ground.of_level(level, seen.as_ref()));
            let (areas, titles) = ground.unwrap_or_default();
            names = titles;
            (Group::Area(areas), names.keys().cloned().collect())
        }
        By::Category => {
            let titles = categories.values().map(|category| {
                let title = &category.title;
                let title = if title.zh.is_empty() {
                    &title.en
                } else {
                    &title.zh
                };
                (category.code.clone(), title.clone())
            });
            names = titles.collect();
            (Group::Category, Vec::new())
        }
        by => group(db, district, by, query.days, &windows).await?,
    };
    check_size("group_by", keys.len(), query)?;
    let scope = Scope {
        grids: seen.map(|seen| seen.into_iter().collect()),
        categories: query.category.as_ref().map(below),
    };
    let closings = closings(db, district, calendar, query.days).await?;
    let end = latest(&windows);
    let pool = Pool::new(closings, scope, group, keys, windows);
    let pool = store::course::scan(db, district, i64::MAX, end, pool, Pool::push).await?;
    let rows = pool.finish();
    check_size("group_by", rows.len(), query)?;
    Ok(Answer { rows, names })
}

/// Groups that neither areas nor categories are, with the rows that are there in any case.
async fn group(
    db: &Db,
    district: &District,
    by: By,
    days: Days,
    windows: &[Vec<Window>],
) -> Result<(Group, Vec<String>), Error> {
    let end = latest(windows);
    Ok(match by {
        By::Officer => {
            let holders = store::facts::holders(db, district, end, |detail| detail.assignee);
            (Group::Round(holders.await?), Vec::new())
        }
        By::Unit => {
            let holders = store::facts::holders(db, district, end, |detail| detail.unit);
            (Group::Round(holders.await?), Vec::new())
        }
        By::Source => {
            let sources = store::facts::sources(db, district).await?.into_iter();
            let keys = sources.map(|(issue, source)| (issue, source_key(source)));
            (Group::Issue(keys.collect()), Vec::new())
        }
        By::Time(cut) => {
            let keys = days.cut(cut).into_iter().map(|part| part.0);
            (Group::Time, keys.collect())
        }
        By::Nothing | By::Area(_) | By::Category => (Group::Together, vec![String::new()]),
    })
}

/// For example `HOTLINE`.
fn source_key(source: Source) -> String {
    let name = source.as_str_name();
    name.strip_prefix("ISSUE_SOURCE_")
        .unwrap_or(name)
        .to_owned()
}

fn latest(windows: &[Vec<Window>]) -> i64 {
    let ends = windows.iter().flatten().map(|window| window.end);
    ends.max().unwrap_or(i64::MIN)
}

/// Of the days asked for, and of those that they are compared with.
fn windows(query: &Query, calendar: &Calendar, now: Timestamp) -> Vec<Vec<Window>> {
    let parts: Vec<Days> = match query.by {
        By::Time(cut) => query.days.cut(cut).into_iter().map(|part| part.1).collect(),
        _ => vec![query.days],
    };
    let back = query.days.count();
    let of = |shift: &dyn Fn(Days) -> Days| -> Vec<Window> {
        let windows = parts.iter().map(|part| shift(*part).window(&calendar.zone));
        // No clock has run out that is still to run out.
        windows.map(|window| window.until(now)).collect()
    };
    let mut windows = vec![of(&|days| days)];
    if query.compare {
        windows.push(of(&|days| days.earlier(back)));
        windows.push(of(&|days| days.year_before()));
    }
    windows
}

async fn closings(
    db: &Db,
    district: &District,
    calendar: &Calendar,
    days: Days,
) -> Result<Closings, Error> {
    let Some(period) = days.period() else {
        return Ok(Closings::default());
    };
    let rows = store::ledger::closings(db, district).await?;
    let closed = rows.iter().any(|row| row.period == period.to_string());
    let closings = period_facts::of_kind(&rows, period, &calendar.zone);
    Ok(Closings::new(if closed { closings } else { Vec::new() }))
}

fn check_size(field: &str, rows: usize, query: &Query) -> Result<(), Error> {
    let mut violations = Violations::default();
    if rows > MOST_ROWS {
        let message = format!(
            "gives {rows} groups, and an answer holds {MOST_ROWS}; name an area or a category, fewer days, or a higher level"
        );
        violations.add(field, message);
    }
    let figures = rows * query.columns.len() * if query.compare { 3 } else { 1 };
    if figures > MOST_FIGURES {
        let message = format!(
            "gives {figures} figures, and an answer holds {MOST_FIGURES}; name fewer measures, or do not compare"
        );
        violations.add("measures", message);
    }
    violations.into_result()
}

/// The grids that are counted: of the area that was asked for, or of the caller's. Nothing is all.
fn seen(
    ground: Option<&Ground>,
    caller: &Caller,
    query: &Query,
) -> Result<Option<HashSet<String>>, Error> {
    let Some(ground) = ground else {
        return Ok(None);
    };
    let own = |code: &str| {
        caller
            .areas
            .iter()
            .any(|own| ground.line(code).contains(&own.as_str()))
    };
    if let Some(area) = &query.area {
        let may = caller.areas.is_empty() || own(area);
        if !may || !ground.index.contains_key(area) {
            return Err(Error::not_found(&query.area_name));
        }
        return Ok(Some(
            ground.within(|code| ground.line(code).contains(&area.as_str())),
        ));
    }
    Ok((!caller.areas.is_empty()).then(|| ground.within(own)))
}

/// The areas as they are on the last day.
struct Ground {
    rows: Vec<AreaRow>,
    index: HashMap<String, usize>,
}

impl Ground {
    fn new(rows: Vec<AreaRow>) -> Ground {
        let index = rows.iter().enumerate();
        let index = index
            .map(|(index, row)| (row.code.clone(), index))
            .collect();
        Ground { rows, index }
    }

    /// The area and all above it, nearest first.
    fn line<'a>(&'a self, code: &'a str) -> Vec<&'a str> {
        let mut line = vec![code];
        let above = |code: &str| {
            let row = self.index.get(code).map(|index| &self.rows[*index]);
            row.map(|row| row.parent.as_str())
                .filter(|parent| !parent.is_empty())
        };
        while let Some(parent) = above(line[line.len() - 1]).filter(|parent| !line.contains(parent))
        {
            line.push(parent);
        }
        line
    }

    /// Codes of areas, whatever their level, so that an issue counts where its area was split into grids later.
    fn within(&self, holds: impl Fn(&str) -> bool) -> HashSet<String> {
        let codes = self.rows.iter().map(|row| &row.code);
        codes.filter(|code| holds(code)).cloned().collect()
    }

    /// For each area the one of the level that it lies in, and what people call those.
    fn of_level(
        &self,
        level: AreaLevel,
        seen: Option<&HashSet<String>>,
    ) -> (HashMap<String, String>, HashMap<String, String>) {
        let sees = |code: &str| seen.is_none_or(|seen| seen.contains(code));
        let at_level = |code: &&str| {
            let row = self.index.get(*code).map(|index| &self.rows[*index]);
            row.is_some_and(|row| row.level == level as i32)
        };
        let mut areas = HashMap::new();
        let mut names = HashMap::new();
        for row in self.rows.iter().filter(|row| sees(&row.code)) {
            if let Some(area) = self.line(&row.code).into_iter().find(at_level) {
                areas.insert(row.code.clone(), area.to_owned());
            }
            if row.level == level as i32 {
                names.insert(row.code.clone(), row.display_name.clone());
            }
        }
        (areas, names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::{days, table::RATES};

    #[test]
    fn an_answer_that_would_be_too_large_says_what_to_narrow() {
        let day = days::parse("day", "2026-10-01").unwrap();
        let query = |compare: bool| Query {
            days: Days {
                first: day,
                last: day,
            },
            area: None,
            area_name: String::new(),
            category: None,
            by: By::Officer,
            columns: RATES.iter().map(Column::Rate).collect(),
            compare,
        };
        let check = |rows: usize, compare: bool, fields: &[&str]| {
            let violations = check_size("group_by", rows, &query(compare))
                .map_or_else(|error| error.violations, |()| Vec::new());
            let told: Vec<&str> = violations.iter().map(|one| one.field.as_str()).collect();
            assert_eq!(told, fields, "{rows} rows");
        };
        check(MOST_ROWS, false, &[]);
        check(MOST_ROWS + 1, false, &["group_by"]);
        check(MOST_FIGURES / 42, true, &[]);
        check(MOST_FIGURES / 42 + 1, true, &["measures"]);
    }
}
