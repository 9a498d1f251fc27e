//! Areas and their versions. Rows are added and never changed but for an area's end.

mod write;

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use futures::{Stream, StreamExt, TryStreamExt};
use jiff::civil::Date;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, ExprTrait, JoinType, Order, QueryResult, StreamTrait,
    sea_query::{Expr, Func, Query, SelectStatement},
};
use tidyward_kit::{caller::District, error::Error};

use super::{name, read_day};
use crate::{
    area::{Area, History, Kind, Level, Measures, Version},
    places::Standing,
};
pub use write::{insert, set_end};

/// Rows of one statement at most: SQLite binds 32,766 values.
const ROWS: usize = 500;

const AREA: [&str; 5] = ["area", "level", "kind", "exists_from", "exists_until"];

const VERSION: [&str; 8] = [
    "valid_from",
    "display_name",
    "parent",
    "peer_group",
    "households",
    "population",
    "area_m2",
    "road_metres",
];

/// Whether boundaries are read too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundaries {
    Left,
    Read,
}

/// One area as it is on the day.
pub async fn find(
    db: &impl ConnectionTrait,
    district: &District,
    code: &str,
    day: Date,
    boundaries: Boundaries,
) -> Result<Option<Area>, Error> {
    let select = on(district, day, boundaries)
        .and_where(of_version("area").eq(code))
        .to_owned();
    db.query_one(&select)
        .await?
        .map(|row| read(&row, boundaries))
        .transpose()
}

/// So many areas with codes above `after`, as they are on the day.
pub async fn list(
    db: &impl ConnectionTrait,
    district: &District,
    day: Date,
    level: Option<Level>,
    after: &str,
    most: usize,
) -> Result<Vec<Area>, Error> {
    let mut select = on(district, day, Boundaries::Left);
    select
        .and_where(of_version("area").gt(after))
        .limit(most as u64);
    if let Some(level) = level {
        select.and_where(Expr::col((name("area"), name("level"))).eq(level.number()));
    }
    let rows = db.query_all(&select).await?;
    rows.iter().map(|row| read(row, Boundaries::Left)).collect()
}

/// Those of the codes that stand on the day, with what is above each.
pub async fn standing(
    db: &impl ConnectionTrait,
    district: &District,
    day: Date,
    codes: &BTreeSet<String>,
) -> Result<BTreeMap<String, Standing>, Error> {
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let mut standing = BTreeMap::new();
    for codes in codes.chunks(ROWS) {
        let select = on(district, day, Boundaries::Left)
            .and_where(of_version("area").is_in(codes.iter().copied()))
            .to_owned();
        for row in db.query_all(&select).await? {
            let area = read(&row, Boundaries::Left)?;
            let (level, parent) = (area.level, area.version.parent);
            standing.insert(area.code, Standing { level, parent });
        }
    }
    Ok(standing)
}

/// So many areas of the level with codes above `after` that have no head on the day.
pub async fn vacant(
    db: &impl ConnectionTrait,
    district: &District,
    day: Date,
    level: Level,
    after: &str,
    most: usize,
) -> Result<Vec<Area>, Error> {
    let head = super::duty::head_of(district, day, 1, of_version("area"));
    let select = on(district, day, Boundaries::Left)
        .and_where(of_version("area").gt(after))
        .and_where(Expr::col((name("area"), name("level"))).eq(level.number()))
        .and_where(Expr::exists(head).not())
        .limit(most as u64)
        .to_owned();
    let rows = db.query_all(&select).await?;
    rows.iter().map(|row| read(row, Boundaries::Left)).collect()
}

/// Every area as it is on the day, by code. One statement, so that what changes meanwhile is not seen.
pub async fn all<'d>(
    db: &'d DatabaseConnection,
    district: &District,
    day: Date,
) -> Result<impl Stream<Item = Result<Area, Error>> + Send + use<'d>, Error> {
    let rows = db.stream(&on(district, day, Boundaries::Left)).await?;
    Ok(rows.map(|row| read(&row?, Boundaries::Left)))
}

/// So many versions of the area from after the day on, oldest first.
pub async fn versions_after(
    db: &impl ConnectionTrait,
    district: &District,
    code: &str,
    after: Option<Date>,
    most: usize,
) -> Result<Vec<Area>, Error> {
    let mut select = versions(district, Boundaries::Left);
    select
        .expr_as(last_change(district), name("last_change"))
        .and_where(of_version("area").eq(code))
        .order_by((name("area_version"), name("valid_from")), Order::Asc)
        .limit(most as u64);
    if let Some(after) = after {
        select.and_where(of_version("valid_from").gt(after.to_string()));
    }
    let rows = db.query_all(&select).await?;
    rows.iter().map(|row| read(row, Boundaries::Left)).collect()
}

/// Codes of the areas that have or had the area above them in any version.
pub async fn ever_below(
    db: &impl ConnectionTrait,
    district: &District,
    code: &str,
) -> Result<BTreeSet<String>, Error> {
    let select = Query::select()
        .distinct()
        .column(name("area"))
        .from(name("area_version"))
        .and_where(Expr::col(name("district")).eq(district.id()))
        .and_where(Expr::col(name("parent")).eq(code))
        .to_owned();
    let rows = db.query_all(&select).await?;
    rows.iter()
        .map(|row| Ok(row.try_get("", "area")?))
        .collect()
}

/// Everything that the codes have been. A code that the district does not have is not among them.
pub async fn histories(
    db: &DatabaseConnection,
    district: &District,
    codes: &BTreeSet<String>,
    boundaries: Boundaries,
) -> Result<BTreeMap<String, History>, Error> {
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let mut histories = BTreeMap::new();
    for codes in codes.chunks(ROWS) {
        let select = versions(district, boundaries)
            .and_where(of_version("area").is_in(codes.iter().copied()))
            .order_by((name("area_version"), name("area")), Order::Asc)
            .order_by((name("area_version"), name("valid_from")), Order::Asc)
            .to_owned();
        for row in db.query_all(&select).await? {
            add_to(&mut histories, &row, boundaries)?;
        }
    }
    Ok(histories)
}

/// Everything that every area of the district has been.
pub async fn every_history(
    db: &DatabaseConnection,
    district: &District,
) -> Result<BTreeMap<String, History>, Error> {
    let select = versions(district, Boundaries::Read)
        .order_by((name("area_version"), name("area")), Order::Asc)
        .order_by((name("area_version"), name("valid_from")), Order::Asc)
        .to_owned();
    let mut rows = db.stream(&select).await?;
    let mut histories = BTreeMap::new();
    while let Some(row) = rows.try_next().await? {
        add_to(&mut histories, &row, Boundaries::Read)?;
    }
    Ok(histories)
}

/// The version of every area that is valid on the day, by code.
fn on(district: &District, day: Date, boundaries: Boundaries) -> SelectStatement {
    let until = || Expr::col((name("area"), name("exists_until")));
    let latest = last_change(district)
        .and_where(Expr::col((name("other"), name("valid_from"))).lte(day.to_string()))
        .to_owned();
    versions(district, boundaries)
        .expr_as(last_change(district), name("last_change"))
        .and_where(of_version("valid_from").eq(latest))
        .and_where(until().is_null().or(until().gte(day.to_string())))
        .order_by((name("area_version"), name("area")), Order::Asc)
        .to_owned()
}

/// First day of the last version of the same area.
fn last_change(district: &District) -> SelectStatement {
    Query::select()
        .expr(Func::max(Expr::col((name("other"), name("valid_from")))))
        .from_as(name("area_version"), name("other"))
        .and_where(Expr::col((name("other"), name("district"))).eq(district.id()))
        .and_where(Expr::col((name("other"), name("area"))).eq(of_version("area")))
        .to_owned()
}

fn versions(district: &District, boundaries: Boundaries) -> SelectStatement {
    let mut select = Query::select();
    select
        .columns(AREA.map(|column| (name("area"), name(column))))
        .columns(VERSION.map(|column| (name("area_version"), name(column))))
        .from(name("area_version"))
        .join(
            JoinType::InnerJoin,
            name("area"),
            Expr::col((name("area"), name("district")))
                .eq(of_version("district"))
                .and(Expr::col((name("area"), name("area"))).eq(of_version("area"))),
        )
        .and_where(of_version("district").eq(district.id()));
    if boundaries == Boundaries::Read {
        select.column((name("area_version"), name("boundary")));
    }
    select
}

fn of_version(column: &str) -> Expr {
    Expr::col((name("area_version"), name(column)))
}

fn add_to(
    histories: &mut BTreeMap<String, History>,
    row: &QueryResult,
    boundaries: Boundaries,
) -> Result<(), Error> {
    let version = read_version(row, boundaries)?;
    match histories.entry(row.try_get("", "area")?) {
        Entry::Occupied(mut known) => known.get_mut().versions.push(version),
        Entry::Vacant(place) => {
            place.insert(History {
                level: read_level(row)?,
                kind: Kind::from_number(row.try_get("", "kind")?),
                exists_until: read_until(row)?,
                versions: vec![version],
            });
        }
    }
    Ok(())
}

fn read(row: &QueryResult, boundaries: Boundaries) -> Result<Area, Error> {
    let exists_from: String = row.try_get("", "exists_from")?;
    let last_change: String = row.try_get("", "last_change")?;
    Ok(Area {
        code: row.try_get("", "area")?,
        level: read_level(row)?,
        kind: Kind::from_number(row.try_get("", "kind")?),
        exists_from: read_day(&exists_from)?,
        exists_until: read_until(row)?,
        last_change: read_day(&last_change)?,
        version: read_version(row, boundaries)?,
    })
}

fn read_level(row: &QueryResult) -> Result<Level, Error> {
    let level: i32 = row.try_get("", "level")?;
    Level::from_number(level).ok_or_else(|| Error::internal(format!("no level {level}")))
}

fn read_until(row: &QueryResult) -> Result<Option<Date>, Error> {
    let until: Option<String> = row.try_get("", "exists_until")?;
    until.map(|until| read_day(&until)).transpose()
}

fn read_version(row: &QueryResult, boundaries: Boundaries) -> Result<Version, Error> {
    let valid_from: String = row.try_get("", "valid_from")?;
    let boundary = match boundaries {
        Boundaries::Read => row.try_get("", "boundary")?,
        Boundaries::Left => None,
    };
    Ok(Version {
        valid_from: read_day(&valid_from)?,
        display_name: row.try_get("", "display_name")?,
        parent: row.try_get("", "parent")?,
        peer_group: row.try_get("", "peer_group")?,
        measures: Measures {
            households: row.try_get("", "households")?,
            population: row.try_get("", "population")?,
            area_m2: row.try_get("", "area_m2")?,
            road_metres: row.try_get("", "road_metres")?,
        },
        boundary,
    })
}
