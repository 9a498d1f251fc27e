//! The territory's tables. The only place that knows the database; what comes out are domain types.

pub mod area;
pub mod district;
mod migration;

use jiff::civil::Date;
use sea_orm::sea_query::Alias;
use tidyward_kit::{db::Db, error::Error};

/// Prefix of the tables that the shared rooms keep for this service.
pub const PREFIX: &str = "grid";

/// Makes the tables that are not there yet and says how many migrations ran.
pub async fn migrate(db: &Db) -> Result<usize, Error> {
    db.migrate::<migration::Migrator>().await
}

fn name(name: &str) -> Alias {
    Alias::new(name)
}

/// Days are kept as text, which sorts as they do.
fn read_day(text: &str) -> Result<Date, Error> {
    text.parse().map_err(Error::internal)
}
