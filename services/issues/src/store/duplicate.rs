//! Looking for open issues near a place. Latitudes are cut into strips, in each of which the index is in the order of
//! longitudes: so the nearest of a strip are read first and a crowd is not read to its end. Metres are measured on what
//! is read.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{
    Error,
    caller::{Caller, District},
    db::Db,
};

use super::{instant, query, statement};
use crate::{
    duplicate::{self, Candidate, Search},
    issue::{Place, State},
    near::{self, Bounds},
};

/// Rows that are measured at most in every strip to one side of the place, those with the nearest longitude first.
const MOST_ASIDE: usize = 100;

const COLUMNS: &str =
    "issue, latitude, longitude, accuracy, fuzzy, reported_at, state, description";

/// What is in the index `issue_open_by_place`, in the words of its migration: no database looks behind a parameter for it.
const OPEN: &str = "state NOT IN (9, 10, 11)";

/// What may be the same problem, among what the caller may see: the nearest first.
pub async fn candidates(
    db: &Db,
    district: &District,
    caller: &Caller,
    search: &Search<'_>,
) -> Result<Vec<Candidate>, Error> {
    let mut select = Select::new(district, caller, search);
    if let Some(place) = search.place {
        select.near(place, search.metres);
    }
    if let Some(grid) = search.grid {
        // Where both have a position the distance has decided already.
        let text = match search.place {
            Some(_) => "grid = ? AND latitude IS NULL",
            None => "grid = ?",
        };
        let order = "reported_at DESC, issue";
        select.part(text, order, duplicate::MOST, [grid.into()]);
    }
    if select.parts.is_empty() {
        return Ok(Vec::new());
    }
    let text = select.parts.join(" UNION ALL ");
    let statement = statement(db.read().get_database_backend(), &text, select.values);
    let rows = db.read().query_all_raw(statement).await?;
    let found: Result<Vec<Candidate>, Error> = rows.iter().map(read).collect();
    Ok(search.choose(found?))
}

/// One statement of several parts, so that a search is one question to the database.
struct Select {
    /// Conditions of every part.
    common: String,
    common_values: Vec<Value>,
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Select {
    fn new(district: &District, caller: &Caller, search: &Search<'_>) -> Select {
        let (sight, sight_values) = query::sight(caller);
        let mut common_values: Vec<Value> = vec![
            district.id().into(),
            search.category.into(),
            search.from.as_microsecond().into(),
            search.until.as_microsecond().into(),
            search.issue.to_string().into(),
        ];
        common_values.extend(sight_values);
        Select {
            common: format!(
                "district = ? AND category = ? AND {OPEN} AND reported_at BETWEEN ? AND ? AND issue <> ? AND {sight}"
            ),
            common_values,
            parts: Vec::new(),
            values: Vec::new(),
        }
    }

    /// In each strip, from the place to the east and from the place to the west.
    fn near(&mut self, place: Place, metres: f64) {
        let bounds = near::around(place, metres);
        let own = place.longitude;
        for strip in bounds.strips() {
            for &(west, east) in &bounds.stretches {
                if (west..=east).contains(&own) {
                    self.aside(
                        &bounds,
                        strip,
                        "longitude >= ? AND longitude <= ?",
                        (own, east),
                        "",
                    );
                    self.aside(
                        &bounds,
                        strip,
                        "longitude >= ? AND longitude < ?",
                        (west, own),
                        " DESC",
                    );
                } else {
                    // Behind the antimeridian it goes on from there.
                    let order = if west == -180.0 { "" } else { " DESC" };
                    self.aside(
                        &bounds,
                        strip,
                        "longitude >= ? AND longitude <= ?",
                        (west, east),
                        order,
                    );
                }
            }
        }
    }

    fn aside(
        &mut self,
        bounds: &Bounds,
        strip: f64,
        text: &str,
        (west, east): (f64, f64),
        order: &str,
    ) {
        let text = format!("ROUND(latitude * 1000) = ? AND {text} AND latitude BETWEEN ? AND ?");
        let values = [strip, west, east, bounds.south, bounds.north].map(Value::from);
        self.part(&text, &format!("longitude{order}"), MOST_ASIDE, values);
    }

    /// The limit is no parameter: see `statement`.
    fn part(
        &mut self,
        place: &str,
        order: &str,
        most: usize,
        values: impl IntoIterator<Item = Value>,
    ) {
        let number = self.parts.len();
        self.parts.push(format!(
            "SELECT * FROM (SELECT {COLUMNS} FROM issue WHERE {} AND {place} ORDER BY {order} LIMIT {most}) AS part{number}",
            self.common
        ));
        self.values.extend(self.common_values.iter().cloned());
        self.values.extend(values);
    }
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
