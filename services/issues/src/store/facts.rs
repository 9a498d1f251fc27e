//! What rates are grouped by and the courses of issues do not say.

use std::collections::HashMap;

use futures::TryStreamExt;
use prost::Message;
use sea_orm::{ConnectionTrait, StreamTrait};
use tidyward_kit::{Error, caller::District, db::Db};

use super::statement;
use crate::{
    event::{Detail, Kind},
    issue::Source,
};

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
