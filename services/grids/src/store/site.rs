//! Sites: one row each.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, Order, QueryResult,
    sea_query::{Expr, OnConflict, Query, SelectStatement},
};
use tidyward_kit::{caller::District, error::Error, filter};

use super::{day_until, filter as conditions, name, read_until};
use crate::site::Site;

const COLUMNS: [&str; 10] = [
    "district",
    "site",
    "kind",
    "area",
    "display_name",
    "geometry",
    "schedule",
    "last_day",
    "created_at",
    "revision",
];
/// Sites of one statement at most.
const ROWS: usize = 500;

pub async fn find(
    db: &impl ConnectionTrait,
    district: &District,
    id: &str,
) -> Result<Option<Site>, Error> {
    let select = all(district)
        .and_where(Expr::col(name("site")).eq(id))
        .to_owned();
    let row = db.query_one(&select).await?;
    row.map(|row| read(&row)).transpose()
}

/// Those of the ids that there are.
pub async fn some(
    db: &impl ConnectionTrait,
    district: &District,
    ids: &BTreeSet<String>,
) -> Result<Vec<Site>, Error> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut sites = Vec::new();
    for ids in ids.chunks(ROWS) {
        let select = all(district)
            .and_where(Expr::col(name("site")).is_in(ids.iter().copied()))
            .to_owned();
        for row in db.query_all(&select).await? {
            sites.push(read(&row)?);
        }
    }
    Ok(sites)
}

/// So many sites with ids above `after`.
pub async fn list(
    db: &impl ConnectionTrait,
    district: &District,
    filter: Option<&filter::Expr>,
    after: &str,
    most: usize,
) -> Result<Vec<Site>, Error> {
    let mut select = all(district);
    select
        .and_where(Expr::col(name("site")).gt(after))
        .order_by(name("site"), Order::Asc)
        .limit(most as u64);
    if let Some(filter) = filter {
        select.and_where(conditions::condition(filter, &|field, op, value| {
            conditions::compare(Expr::col(name(field)), op, value)
        }));
    }
    db.query_all(&select).await?.iter().map(read).collect()
}

/// Makes the site and says whether there was none of its id.
pub async fn insert(
    transaction: &DatabaseTransaction,
    district: &District,
    site: &Site,
) -> Result<bool, Error> {
    let insert = Query::insert()
        .into_table(name("grid_site"))
        .columns(COLUMNS.map(name))
        .values_panic([
            district.id().into(),
            site.id.clone().into(),
            site.kind.into(),
            site.area.clone().into(),
            site.display_name.clone().into(),
            site.geometry.clone().into(),
            site.schedule.clone().into(),
            day_until(site.last_day).into(),
            site.created_at.as_microsecond().into(),
            site.revision.into(),
        ])
        .on_conflict(
            OnConflict::columns(["district", "site"].map(name))
                .do_nothing()
                .to_owned(),
        )
        .to_owned();
    Ok(transaction.execute(&insert).await?.rows_affected() == 1)
}

/// Writes what may change of a site.
pub async fn update(
    transaction: &DatabaseTransaction,
    district: &District,
    site: &Site,
) -> Result<(), Error> {
    let update = Query::update()
        .table(name("grid_site"))
        .value(name("area"), site.area.clone())
        .value(name("display_name"), site.display_name.clone())
        .value(name("geometry"), site.geometry.clone())
        .value(name("schedule"), site.schedule.clone())
        .value(name("last_day"), day_until(site.last_day))
        .value(name("revision"), site.revision)
        .and_where(Expr::col(name("district")).eq(district.id()))
        .and_where(Expr::col(name("site")).eq(&site.id))
        .to_owned();
    transaction.execute(&update).await?;
    Ok(())
}

/// So many sites with ids above `after` that were there at the instant, stand on the day and have no head on it.
pub async fn vacant(
    db: &impl ConnectionTrait,
    district: &District,
    (instant, day): (Timestamp, Date),
    after: &str,
    most: usize,
) -> Result<Vec<Site>, Error> {
    let head = super::duty::head_of(
        district,
        day,
        2,
        Expr::col((name("grid_site"), name("site"))),
    );
    let select = all(district)
        .and_where(Expr::col(name("site")).gt(after))
        .and_where(Expr::col(name("created_at")).lte(instant.as_microsecond()))
        .and_where(Expr::col(name("last_day")).gte(day.to_string()))
        .and_where(Expr::exists(head).not())
        .order_by(name("site"), Order::Asc)
        .limit(most as u64)
        .to_owned();
    db.query_all(&select).await?.iter().map(read).collect()
}

fn all(district: &District) -> SelectStatement {
    Query::select()
        .columns(COLUMNS.map(name))
        .from(name("grid_site"))
        .and_where(Expr::col(name("district")).eq(district.id()))
        .to_owned()
}

fn read(row: &QueryResult) -> Result<Site, Error> {
    let last_day: String = row.try_get("", "last_day")?;
    let created_at: i64 = row.try_get("", "created_at")?;
    Ok(Site {
        id: row.try_get("", "site")?,
        kind: row.try_get("", "kind")?,
        area: row.try_get("", "area")?,
        display_name: row.try_get("", "display_name")?,
        geometry: row.try_get("", "geometry")?,
        schedule: row.try_get("", "schedule")?,
        last_day: read_until(&last_day)?,
        created_at: Timestamp::from_microsecond(created_at).map_err(Error::internal)?,
        revision: row.try_get("", "revision")?,
    })
}
