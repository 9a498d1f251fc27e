//! Districts: one row each. The row's generation counts the changes of the district's areas, its duty edition those of its
//! duties.

use jiff::Timestamp;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, Order, QueryResult,
    sea_query::{Expr, OnConflict, Query, SelectStatement},
};
use tidyward_kit::{caller::District, error::Error};

use super::{name, read_day};
use crate::district::{DistrictProfile, zone};

const COLUMNS: [&str; 8] = [
    "district",
    "display_name",
    "time_zone",
    "start_date",
    "currency",
    "created_at",
    "generation",
    "duty_edition",
];

pub async fn find(
    db: &impl ConnectionTrait,
    district: &District,
) -> Result<Option<DistrictProfile>, Error> {
    let select = all()
        .and_where(Expr::col(name("district")).eq(district.id()))
        .to_owned();
    db.query_one(&select)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// So many districts with ids above `after`: all of them, or the only one that a caller sees.
pub async fn list(
    db: &impl ConnectionTrait,
    only: Option<&str>,
    after: &str,
    most: usize,
) -> Result<Vec<DistrictProfile>, Error> {
    let mut select = all();
    select
        .and_where(Expr::col(name("district")).gt(after))
        .order_by(name("district"), Order::Asc)
        .limit(most as u64);
    if let Some(only) = only {
        select.and_where(Expr::col(name("district")).eq(only));
    }
    db.query_all(&select).await?.iter().map(read).collect()
}

/// Makes the district and says whether there was none of its id.
pub async fn insert(
    transaction: &DatabaseTransaction,
    profile: &DistrictProfile,
) -> Result<bool, Error> {
    let insert = Query::insert()
        .into_table(name("district"))
        .columns(COLUMNS.map(name))
        .values_panic([
            profile.id.clone().into(),
            profile.display_name.clone().into(),
            profile.time_zone().into(),
            profile.start_date.to_string().into(),
            profile.currency.clone().into(),
            profile.created_at.as_microsecond().into(),
            profile.generation.into(),
            profile.duty_edition.into(),
        ])
        .on_conflict(OnConflict::column(name("district")).do_nothing().to_owned())
        .to_owned();
    Ok(transaction.execute(&insert).await?.rows_affected() == 1)
}

/// Counts a change of the district's areas, and says whether there was none since the generation was read.
pub async fn step(
    transaction: &DatabaseTransaction,
    district: &District,
    generation: i64,
) -> Result<bool, Error> {
    let update = Query::update()
        .table(name("district"))
        .value(name("generation"), generation + 1)
        .and_where(Expr::col(name("district")).eq(district.id()))
        .and_where(Expr::col(name("generation")).eq(generation))
        .to_owned();
    Ok(transaction.execute(&update).await?.rows_affected() == 1)
}

fn all() -> SelectStatement {
    Query::select()
        .columns(COLUMNS.map(name))
        .from(name("district"))
        .to_owned()
}

fn read(row: &QueryResult) -> Result<DistrictProfile, Error> {
    let time_zone: String = row.try_get("", "time_zone")?;
    let start_date: String = row.try_get("", "start_date")?;
    Ok(DistrictProfile {
        id: row.try_get("", "district")?,
        display_name: row.try_get("", "display_name")?,
        zone: zone(&time_zone)
            .ok_or_else(|| Error::internal(format!("no time zone {time_zone}")))?,
        start_date: read_day(&start_date)?,
        currency: row.try_get("", "currency")?,
        created_at: Timestamp::from_microsecond(row.try_get("", "created_at")?)
            .map_err(Error::internal)?,
        generation: row.try_get("", "generation")?,
        duty_edition: row.try_get("", "duty_edition")?,
    })
}
