//! What rates are grouped by, and tables of rounds tell, and the courses of issues do not say.

use std::collections::HashMap;

use futures::TryStreamExt;
use prost::Message;
use sea_orm::{ConnectionTrait, QueryResult, StreamTrait, Value};
use tidyward_kit::{
    Error,
    caller::District,
    db::{Db, sql::portions},
};
use uuid::Uuid;

use super::{places, statement};
use crate::{
    event::{Detail, Kind},
    issue::Source,
};

/// Issues that are asked for at once.
const AT_ONCE: usize = 512;

/// The id of each of the issues and where it came from, by its number. The cost is that of the issues that are asked for,
/// however many there are.
pub async fn names(
    db: &Db,
    district: &District,
    numbers: &[i64],
) -> Result<HashMap<i64, (Uuid, Source)>, Error> {
    let mut names = HashMap::with_capacity(numbers.len());
    for portion in portions(numbers, AT_ONCE) {
        let places = places(1, portion.len());
        let text = format!(
            "SELECT number, source, issue FROM issue WHERE district = ? AND number IN {places}"
        );
        let mut values: Vec<Value> = vec![district.id().into()];
        values.extend(portion.iter().copied().map(Value::from));
        let select = statement(db.read().get_database_backend(), &text, values);
        for row in db.read().query_all_raw(select).await? {
            let id: String = row.try_get_by_index(2)?;
            let id = id.parse().map_err(Error::internal)?;
            names.insert(row.try_get_by_index(0)?, (id, source(&row)?));
        }
    }
    Ok(names)
}

/// Of a row whose second column it is.
fn source(row: &QueryResult) -> Result<Source, Error> {
    let source: i32 = row.try_get_by_index(1)?;
    Source::try_from(source).map_err(Error::internal)
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
        sources.insert(row.try_get_by_index(0)?, source(&row)?);
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
