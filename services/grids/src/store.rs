//! The territory's tables. The only place that knows the database; what comes out are domain types.

pub mod area;
pub mod arrival;
pub mod district;
pub mod duty;
mod filter;
mod migration;
pub mod site;
pub mod tables;

use jiff::civil::Date;
use tidyward_kit::{
    db::{Db, schema::name},
    error::Error,
};

/// Prefix of the tables that the shared rooms keep for this service.
pub const PREFIX: &str = "grid";

/// Makes the tables that are not there yet and says how many migrations ran.
pub async fn migrate(db: &Db) -> Result<usize, Error> {
    db.migrate::<migration::Migrator>(tables::TABLES).await
}

/// How many migrations have not run yet.
pub async fn pending(db: &Db) -> Result<usize, Error> {
    db.pending::<migration::Migrator>().await
}

/// Days are kept as text, which sorts as they do.
fn read_day(text: &str) -> Result<Date, Error> {
    text.parse().map_err(Error::internal)
}

/// The last day of what has not ended: it sorts after every day that can be written.
const OPEN: &str = "9999-12-31";

fn day_until(last_day: Option<Date>) -> String {
    last_day.map_or_else(|| OPEN.to_owned(), |day| day.to_string())
}

fn read_until(text: &str) -> Result<Option<Date>, Error> {
    let ended = text != OPEN;
    ended.then(|| read_day(text)).transpose()
}
