//! Names and phones of reporters. Nothing else in the database holds them.

use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use tidyward_kit::{Error, caller::District, db::Db};
use uuid::Uuid;

use super::statement;
use crate::reporter::Reporter;

pub async fn insert(
    transaction: &DatabaseTransaction,
    district: &District,
    reporter: &Reporter,
    now: i64,
) -> Result<(), Error> {
    let text = "INSERT INTO issue_reporter (district, reporter, subject, name, phone, created_at) \
                VALUES (?, ?, ?, ?, ?, ?)";
    let values = vec![
        district.id().into(),
        reporter.id.to_string().into(),
        reporter.subject.clone().into(),
        reporter.name.clone().into(),
        reporter.phone.clone().into(),
        now.into(),
    ];
    let insert = statement(transaction.get_database_backend(), text, values);
    transaction.execute_raw(insert).await?;
    Ok(())
}

/// Nothing where it was erased.
pub async fn find(db: &Db, district: &District, id: Uuid) -> Result<Option<Reporter>, Error> {
    let found = select(db.read(), district, id).await?;
    Ok(found.filter(|one| !one.name.is_empty() || !one.phone.is_empty()))
}

/// Erases name and phone of the reporter, and of every other issue that the same resident reported for himself. Gives
/// of how many issues something was erased; the row stays, so that doing it again finds the same person's later ones.
pub async fn erase(db: &Db, district: &District, id: Uuid) -> Result<u64, Error> {
    let district = district.clone();
    db.write(move |transaction| {
        let district = district.clone();
        Box::pin(async move {
            let Some(reporter) = select(transaction, &district, id).await? else {
                return Ok(0);
            };
            let (column, key) = match reporter.subject.as_str() {
                "" => ("reporter", id.to_string()),
                subject => ("subject", subject.to_owned()),
            };
            let text = format!(
                "UPDATE issue_reporter SET name = '', phone = '' WHERE district = ? AND {column} = ? \
                 AND (name <> '' OR phone <> '')"
            );
            let values = vec![district.id().into(), key.into()];
            let update = statement(transaction.get_database_backend(), &text, values);
            Ok(transaction.execute_raw(update).await?.rows_affected())
        })
    })
    .await
}

async fn select(
    db: &impl ConnectionTrait,
    district: &District,
    id: Uuid,
) -> Result<Option<Reporter>, Error> {
    let text = "SELECT reporter, subject, name, phone FROM issue_reporter WHERE district = ? AND reporter = ?";
    let values = vec![district.id().into(), id.to_string().into()];
    let row = db
        .query_one_raw(statement(db.get_database_backend(), text, values))
        .await?;
    row.map(|row| read(&row)).transpose()
}

fn read(row: &QueryResult) -> Result<Reporter, Error> {
    let id: String = row.try_get_by_index(0)?;
    Ok(Reporter {
        id: id.parse().map_err(Error::internal)?,
        subject: row.try_get_by_index(1)?,
        name: row.try_get_by_index(2)?,
        phone: row.try_get_by_index(3)?,
    })
}
