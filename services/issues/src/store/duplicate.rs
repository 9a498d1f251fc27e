//! Looking for open issues near a place. The box of degrees narrows; metres are measured on what it holds.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{
    Error,
    caller::{Caller, District},
    db::Db,
};

use super::{instant, query, statement};
use crate::{
    duplicate::{Candidate, Search},
    issue::{Place, State},
    near::{self, Bounds},
    standing::ENDED,
};

/// Rows that are measured at most, the latest reports first.
const MOST: i64 = 5_000;

const COLUMNS: &str =
    "issue, latitude, longitude, accuracy, fuzzy, reported_at, state, description";

/// What may be the same problem, among what the caller may see: the nearest first.
pub async fn candidates(
    db: &Db,
    district: &District,
    caller: &Caller,
    search: &Search<'_>,
) -> Result<Vec<Candidate>, Error> {
    let mut found = Vec::new();
    if let Some(place) = search.place {
        let (text, values) = in_bounds(&near::around(place, search.metres));
        found.extend(select(db, district, caller, search, &text, values).await?);
    }
    if let Some(grid) = search.grid {
        // Where both have a position the distance has decided already.
        let text = match search.place {
            Some(_) => "grid = ? AND latitude IS NULL",
            None => "grid = ?",
        };
        found.extend(select(db, district, caller, search, text, vec![grid.into()]).await?);
    }
    Ok(search.choose(found))
}

/// A condition on latitude and longitude.
pub(super) fn in_bounds(bounds: &Bounds) -> (String, Vec<Value>) {
    let stretches = vec!["longitude BETWEEN ? AND ?"; bounds.stretches.len()].join(" OR ");
    let text = format!("latitude BETWEEN ? AND ? AND ({stretches})");
    let mut values: Vec<Value> = vec![bounds.south.into(), bounds.north.into()];
    for (west, east) in &bounds.stretches {
        values.extend([(*west).into(), (*east).into()]);
    }
    (text, values)
}

async fn select(
    db: &Db,
    district: &District,
    caller: &Caller,
    search: &Search<'_>,
    place: &str,
    place_values: Vec<Value>,
) -> Result<Vec<Candidate>, Error> {
    let (sight, sight_values) = query::sight(caller);
    let text = format!(
        "SELECT {COLUMNS} FROM issue WHERE district = ? AND category = ? AND {place} AND state NOT IN (?, ?, ?) \
         AND reported_at BETWEEN ? AND ? AND issue <> ? AND {sight} ORDER BY reported_at DESC, issue LIMIT ?"
    );
    let mut values: Vec<Value> = vec![district.id().into(), search.category.into()];
    values.extend(place_values);
    values.extend(ENDED.map(|state| Value::from(state as i32)));
    values.extend([
        search.from.as_microsecond().into(),
        search.until.as_microsecond().into(),
        search.issue.to_string().into(),
    ]);
    values.extend(sight_values);
    values.push(MOST.into());
    let select = statement(db.read().get_database_backend(), &text, values);
    let rows = db.read().query_all_raw(select).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<Candidate, Error> {
    let id: String = row.try_get_by_index(0)?;
    let latitude: Option<f64> = row.try_get_by_index(1)?;
    let longitude: Option<f64> = row.try_get_by_index(2)?;
    let accuracy: Option<f64> = row.try_get_by_index(3)?;
    let fuzzy: i32 = row.try_get_by_index(4)?;
    Ok(Candidate {
        issue: id.parse().map_err(Error::internal)?,
        place: latitude.zip(longitude).map(|(latitude, longitude)| Place {
            latitude,
            longitude,
            accuracy: accuracy.unwrap_or(0.0),
            fuzzy: fuzzy != 0,
        }),
        metres: None,
        reported_at: instant(row.try_get_by_index(5)?)?,
        state: State::try_from(row.try_get_by_index::<i32>(6)?).map_err(Error::internal)?,
        description: row.try_get_by_index(7)?,
    })
}
