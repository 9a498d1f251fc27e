//! The one scan of the ledger that facts are counted from: only the columns that they need, in the order of the key.

use std::collections::HashMap;

use futures::TryStreamExt;
use prost::Message;
use sea_orm::{ConnectionTrait, QueryResult, StreamTrait};
use tidyward_kit::{Error, caller::District, clock, db::Db};

use super::statement;
use crate::{
    event::{Detail, Kind, Marks},
    facts::whole::{Entry, Report},
    issue::Source,
};

/// Hands every event up to the watermark that occurred before the instant (microseconds) to `take`, issue by issue.
/// None takes effect before it occurs, so what is left out cannot count.
pub async fn scan(
    db: &Db,
    district: &District,
    watermark: i64,
    before: i64,
    mut take: impl FnMut(Entry),
) -> Result<(), Error> {
    let text = "SELECT issue_number, kind, round, occurred_at, recorded_at, number, handling_deadline, total_deadline, \
                category, grid, marks, worked_minutes, CASE WHEN kind = ? THEN detail END FROM issue_event \
                WHERE district = ? AND number <= ? AND occurred_at < ? ORDER BY district, issue_number, sequence";
    let values = vec![
        (Kind::Suspended as i32).into(),
        district.id().into(),
        watermark.into(),
        before.into(),
    ];
    let select = statement(
        ConnectionTrait::get_database_backend(db.read()),
        text,
        values,
    );
    let mut rows = db.read().stream_raw(select).await?;
    while let Some(row) = rows.try_next().await? {
        take(read(&row)?);
    }
    Ok(())
}

/// Where each issue came from, by its number.
pub async fn sources(db: &Db, district: &District) -> Result<HashMap<i64, Source>, Error> {
    let text = "SELECT number, source FROM issue WHERE district = ?";
    let values = vec![district.id().into()];
    let select = statement(
        ConnectionTrait::get_database_backend(db.read()),
        text,
        values,
    );
    let mut rows = db.read().stream_raw(select).await?;
    let mut sources = HashMap::new();
    while let Some(row) = rows.try_next().await? {
        let source: i32 = row.try_get_by_index(1)?;
        let source = Source::try_from(source).map_err(Error::internal)?;
        sources.insert(row.try_get_by_index(0)?, source);
    }
    Ok(sources)
}

/// Who had a round last, by the issue's number and the round's: what `take` reads in the detail of its last dispatch
/// before the instant (microseconds).
pub async fn holders(
    db: &Db,
    district: &District,
    before: i64,
    take: impl Fn(Detail) -> String,
) -> Result<HashMap<(i64, i32), String>, Error> {
    let text = "SELECT issue_number, round, detail FROM issue_event \
                WHERE district = ? AND kind = ? AND occurred_at < ? ORDER BY district, issue_number, sequence";
    let kind = Kind::Dispatched as i32;
    let values = vec![district.id().into(), kind.into(), before.into()];
    let select = statement(
        ConnectionTrait::get_database_backend(db.read()),
        text,
        values,
    );
    let mut rows = db.read().stream_raw(select).await?;
    let mut holders = HashMap::new();
    while let Some(row) = rows.try_next().await? {
        let detail: Option<Vec<u8>> = row.try_get_by_index(2)?;
        let Some(detail) = detail else {
            continue;
        };
        let detail = Detail::decode(&*detail).map_err(Error::internal)?;
        let round = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        holders.insert(round, take(detail));
    }
    Ok(holders)
}

fn read(row: &QueryResult) -> Result<Entry, Error> {
    let kind: i32 = row.try_get_by_index(1)?;
    let kind = Kind::try_from(kind).map_err(Error::internal)?;
    let category: Option<String> = row.try_get_by_index(8)?;
    let (report, category) = match kind {
        Kind::Reported => {
            let grid = row.try_get_by_index(9)?;
            let category = category.unwrap_or_default();
            (Some(Report { category, grid }), None)
        }
        _ => (None, category),
    };
    let until = match kind {
        Kind::Suspended => until(row)?,
        _ => None,
    };
    Ok(Entry {
        issue: row.try_get_by_index(0)?,
        kind,
        round: row.try_get_by_index(2)?,
        occurred_at: row.try_get_by_index(3)?,
        recorded_at: row.try_get_by_index(4)?,
        number: row.try_get_by_index(5)?,
        handling_deadline: row.try_get_by_index(6)?,
        total_deadline: row.try_get_by_index(7)?,
        marks: Marks(row.try_get_by_index(10)?),
        worked_minutes: row.try_get_by_index(11)?,
        until,
        category,
        report,
    })
}

/// When a suspension ends by itself: the only thing that counting needs of a detail.
fn until(row: &QueryResult) -> Result<Option<i64>, Error> {
    let detail: Option<Vec<u8>> = row.try_get_by_index(12)?;
    let Some(detail) = detail else {
        return Ok(None);
    };
    let detail = Detail::decode(&*detail).map_err(Error::internal)?;
    let until = detail.until.as_ref().and_then(clock::from_wire);
    Ok(until.map(jiff::Timestamp::as_microsecond))
}
