//! Suspensions of areas in all their versions: made once, and ended once at most.

use jiff::Timestamp;
use prost::Message;
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};
use tidyward_kit::{Error, caller::District, db::Db};
use tidyward_proto::v1::AreaSuspension;
use uuid::Uuid;

use super::{instant, ledger, statement};
use crate::suspension::Suspension;

/// The last version of each.
const LAST: &str = "SELECT suspension, version, starts_at, ends_at, created_at, body FROM issue_suspension one \
                    WHERE district = ? AND NOT EXISTS (SELECT 1 FROM issue_suspension later \
                    WHERE later.district = one.district AND later.suspension = one.suspension \
                    AND later.version > one.version)";

pub async fn find(
    connection: &impl ConnectionTrait,
    district: &District,
    id: Uuid,
) -> Result<Option<Suspension>, Error> {
    let text = format!("{LAST} AND suspension = ?");
    let values = vec![district.id().into(), id.to_string().into()];
    Ok(select(connection, &text, values).await?.pop())
}

/// Those that end behind the instant.
pub async fn ending_after(
    connection: &impl ConnectionTrait,
    district: &District,
    from: Timestamp,
) -> Result<Vec<Suspension>, Error> {
    let text = format!("{LAST} AND ends_at > ? ORDER BY created_at, suspension");
    let values = vec![district.id().into(), from.as_microsecond().into()];
    select(connection, &text, values).await
}

/// At most so many, the latest made first, behind the one of the time (microseconds) and id; those in force at the
/// instant, or all.
pub async fn list(
    db: &Db,
    district: &District,
    at: Option<Timestamp>,
    after: Option<(i64, String)>,
    most: usize,
) -> Result<Vec<Suspension>, Error> {
    let mut text = LAST.to_owned();
    let mut values: Vec<Value> = vec![district.id().into()];
    if let Some(at) = at {
        text.push_str(" AND starts_at <= ? AND ends_at > ?");
        values.extend([at.as_microsecond().into(), at.as_microsecond().into()]);
    }
    if let Some((created_at, id)) = after {
        text.push_str(" AND (created_at, suspension) < (?, ?)");
        values.extend([created_at.into(), id.into()]);
    }
    text.push_str(" ORDER BY created_at DESC, suspension DESC LIMIT ?");
    values.push((most as i64).into());
    select(db.read(), &text, values).await
}

/// Adds a version of the suspension.
pub async fn insert(
    transaction: &DatabaseTransaction,
    district: &District,
    suspension: &Suspension,
) -> Result<(), Error> {
    ledger::next_edition(transaction, district).await?;
    let text = "INSERT INTO issue_suspension (district, suspension, version, starts_at, ends_at, created_at, body) \
                VALUES (?, ?, ?, ?, ?, ?, ?)";
    let body = suspension.to_wire(district).encode_to_vec();
    let values = vec![
        district.id().into(),
        suspension.id.to_string().into(),
        suspension.version.into(),
        suspension.starts_at.as_microsecond().into(),
        suspension.ends_at.as_microsecond().into(),
        suspension.created_at.as_microsecond().into(),
        body.into(),
    ];
    let insert = statement(transaction.get_database_backend(), text, values);
    transaction.execute_raw(insert).await?;
    Ok(())
}

async fn select(
    connection: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<Vec<Suspension>, Error> {
    let select = statement(connection.get_database_backend(), text, values);
    let rows = connection.query_all_raw(select).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<Suspension, Error> {
    let id: String = row.try_get_by_index(0)?;
    let body: Vec<u8> = row.try_get_by_index(5)?;
    let told = AreaSuspension::decode(body.as_slice()).map_err(Error::internal)?;
    let area = told.area.rsplit('/').next().unwrap_or_default();
    Ok(Suspension {
        id: id.parse().map_err(Error::internal)?,
        version: row.try_get_by_index(1)?,
        starts_at: instant(row.try_get_by_index(2)?)?,
        ends_at: instant(row.try_get_by_index(3)?)?,
        created_at: instant(row.try_get_by_index(4)?)?,
        area: Some(area.to_owned()).filter(|area| !area.is_empty()),
        categories: told.categories,
        reason: told.reason,
        clocks_stand: told.clocks_stand,
        roster: told.roster,
        limit_percent: told.limit_percent,
        creator: told.creator,
    })
}
