//! Finding the open issues whose deadlines are to be reckoned again, by number.

use sea_orm::{ConnectionTrait, Value};
use tidyward_kit::{Error, caller::District, db::Db};
use uuid::Uuid;

use super::statement;
use crate::standing::ENDED;

/// Which of the open issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those with a provisional deadline.
    Provisional,
    /// Those in the area and below it; nothing is the whole district.
    Within(Option<String>),
}

/// At most so many open issues behind the number, with their numbers.
pub async fn open(
    db: &Db,
    district: &District,
    which: &Which,
    after: i64,
    most: usize,
) -> Result<Vec<(i64, Uuid)>, Error> {
    let mut text = "SELECT number, issue FROM issue WHERE district = ? AND number > ? \
                    AND state NOT IN (?, ?, ?)"
        .to_owned();
    let mut values: Vec<Value> = vec![district.id().into(), after.into()];
    values.extend(ENDED.map(|state| Value::from(state as i32)));
    match which {
        Which::Provisional => text.push_str(" AND provisional = 1"),
        Which::Within(None) => {}
        Which::Within(Some(code)) => {
            text.push_str(" AND (grid = ? OR area1 = ? OR area2 = ?)");
            values.extend([(); 3].map(|()| code.clone().into()));
        }
    }
    text.push_str(" ORDER BY number LIMIT ?");
    values.push((most as i64).into());
    let select = statement(db.read().get_database_backend(), &text, values);
    let rows = db.read().query_all_raw(select).await?;
    rows.iter()
        .map(|row| {
            let id: String = row.try_get_by_index(1)?;
            Ok((
                row.try_get_by_index(0)?,
                id.parse().map_err(Error::internal)?,
            ))
        })
        .collect()
}
