//! Working calendars as they were published, each with a number; the highest is in force.

use jiff::Timestamp;
use prost::Message;
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use tidyward_kit::{Error, caller::District};
use tidyward_proto::v1::WorkingCalendar;

use super::{instant, ledger, statement};

/// A calendar that was published.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    pub number: i64,
    pub published_at: Timestamp,
    pub calendar: WorkingCalendar,
}

/// Number of the calendar in force; 0 where none was published.
pub async fn number(connection: &impl ConnectionTrait, district: &District) -> Result<i64, Error> {
    let text = "SELECT MAX(number) FROM issue_calendar WHERE district = ?";
    let values = vec![district.id().into()];
    let select = statement(connection.get_database_backend(), text, values);
    let row = connection.query_one_raw(select).await?;
    let number: Option<i64> = row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .flatten();
    Ok(number.unwrap_or(0))
}

/// The calendar in force. Nothing where none was published.
pub async fn latest(
    connection: &impl ConnectionTrait,
    district: &District,
) -> Result<Option<Published>, Error> {
    let text = "SELECT number, published_at, body FROM issue_calendar WHERE district = ? \
                ORDER BY number DESC LIMIT 1";
    let values = vec![district.id().into()];
    let select = statement(connection.get_database_backend(), text, values);
    let row = connection.query_one_raw(select).await?;
    row.map(|row| {
        let body: Vec<u8> = row.try_get_by_index(2)?;
        Ok(Published {
            number: row.try_get_by_index(0)?,
            published_at: instant(row.try_get_by_index(1)?)?,
            calendar: WorkingCalendar::decode(body.as_slice()).map_err(Error::internal)?,
        })
    })
    .transpose()
}

/// From here to the commit nobody else publishes a calendar or makes or ends a suspension in the district.
pub async fn lock(transaction: &DatabaseTransaction, district: &District) -> Result<(), Error> {
    ledger::advance(transaction, district, 0).await.map(drop)
}

/// Adds the calendar behind the one of the number.
pub async fn publish(
    transaction: &DatabaseTransaction,
    district: &District,
    published: &Published,
) -> Result<(), Error> {
    ledger::next_edition(transaction, district).await?;
    let text =
        "INSERT INTO issue_calendar (district, number, published_at, body) VALUES (?, ?, ?, ?)";
    let values = vec![
        district.id().into(),
        published.number.into(),
        published.published_at.as_microsecond().into(),
        published.calendar.encode_to_vec().into(),
    ];
    let insert = statement(transaction.get_database_backend(), text, values);
    transaction.execute_raw(insert).await?;
    Ok(())
}
