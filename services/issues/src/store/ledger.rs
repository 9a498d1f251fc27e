//! The district's count of events, the edition of what is in force in it, and the closings of its periods.

use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use tidyward_kit::{Error, caller::District, db::Db};

use super::statement;

/// One closing, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingRow {
    /// `2013-q3` or `2013-07`.
    pub period: String,
    /// Microseconds.
    pub closed_at: i64,
    pub watermark: i64,
}

/// Takes so many numbers and gives the last of them. Until the commit nobody else takes any.
pub(super) async fn advance(
    transaction: &DatabaseTransaction,
    district: &District,
    by: i64,
) -> Result<i64, Error> {
    let text = "INSERT INTO issue_ledger (district, last_number) VALUES (?, ?) \
                ON CONFLICT (district) DO UPDATE SET last_number = issue_ledger.last_number + excluded.last_number \
                RETURNING last_number";
    let values = vec![district.id().into(), by.into()];
    let upsert = statement(transaction.get_database_backend(), text, values);
    let row = transaction.query_one_raw(upsert).await?;
    let row = row.ok_or_else(|| Error::internal("the ledger's row gave no number"))?;
    Ok(row.try_get_by_index(0)?)
}

/// Counts how often what is in force in the district changed: its categories, its calendar and its suspensions.
pub async fn edition(db: &impl ConnectionTrait, district: &District) -> Result<i64, Error> {
    let text = "SELECT edition FROM issue_ledger WHERE district = ?";
    let select = statement(db.get_database_backend(), text, vec![district.id().into()]);
    let row = db.query_one_raw(select).await?;
    row.map_or(Ok(0), |row| Ok(row.try_get_by_index(0)?))
}

/// Whatever changes one of them calls this in its transaction.
pub(super) async fn next_edition(
    transaction: &DatabaseTransaction,
    district: &District,
) -> Result<(), Error> {
    let text = "INSERT INTO issue_ledger (district, last_number, edition) VALUES (?, 0, 1) \
                ON CONFLICT (district) DO UPDATE SET edition = issue_ledger.edition + 1";
    let upsert = statement(
        transaction.get_database_backend(),
        text,
        vec![district.id().into()],
    );
    transaction.execute_raw(upsert).await?;
    Ok(())
}

/// Closes the ledger for the period, or gives the closing that was there before.
pub async fn close(
    db: &Db,
    district: &District,
    period: String,
    now: i64,
) -> Result<ClosingRow, Error> {
    let district = district.clone();
    db.write(move |transaction| {
        let (district, period) = (district.clone(), period.clone());
        Box::pin(async move {
            let watermark = advance(transaction, &district, 0).await?;
            let backend = transaction.get_database_backend();
            let text = "SELECT period, closed_at, watermark FROM issue_closing WHERE district = ? AND period = ?";
            let key = vec![district.id().into(), period.clone().into()];
            if let Some(row) = transaction.query_one_raw(statement(backend, text, key)).await? {
                return read(&row);
            }
            let text = "INSERT INTO issue_closing (district, period, closed_at, watermark) VALUES (?, ?, ?, ?)";
            let values =
                vec![district.id().into(), period.clone().into(), now.into(), watermark.into()];
            transaction.execute_raw(statement(backend, text, values)).await?;
            Ok(ClosingRow { period, closed_at: now, watermark })
        })
    })
    .await
}

/// Every closing of the district.
pub async fn closings(db: &Db, district: &District) -> Result<Vec<ClosingRow>, Error> {
    let text = "SELECT period, closed_at, watermark FROM issue_closing WHERE district = ?";
    let select = statement(
        db.read().get_database_backend(),
        text,
        vec![district.id().into()],
    );
    db.read()
        .query_all_raw(select)
        .await?
        .iter()
        .map(read)
        .collect()
}

fn read(row: &QueryResult) -> Result<ClosingRow, Error> {
    Ok(ClosingRow {
        period: row.try_get_by_index(0)?,
        closed_at: row.try_get_by_index(1)?,
        watermark: row.try_get_by_index(2)?,
    })
}
