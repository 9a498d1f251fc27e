//! The one scan of the ledger that facts are counted from: only the columns that they need, in the order of the key.

use futures::TryStreamExt;
use sea_orm::{ConnectionTrait, QueryResult, StreamTrait};
use tidyward_kit::{Error, caller::District, db::Db};

use super::statement;
use crate::{
    event::Kind,
    facts::{Entry, Report},
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
                category, grid, marks, worked_minutes FROM issue_event WHERE district = ? AND number <= ? AND occurred_at < ? \
                ORDER BY district, issue_number, sequence";
    let values = vec![district.id().into(), watermark.into(), before.into()];
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

fn read(row: &QueryResult) -> Result<Entry, Error> {
    let kind: i32 = row.try_get_by_index(1)?;
    let kind = Kind::try_from(kind).map_err(Error::internal)?;
    let report = match kind {
        Kind::Reported => Some(Report {
            category: row.try_get_by_index(8)?,
            grid: row.try_get_by_index(9)?,
        }),
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
        report,
    })
}
