//! The ledger's tables. The only place that knows the database; what comes out are domain types.
//!
//! An issue is known inside by its number, which is the number of its first event: rows that are read together then lie
//! together, whatever the issue's id is. Numbers are given in the order of commits, by the district's row of
//! `issue_ledger`, which every transaction that appends events updates first.

pub mod calendar;
pub mod category;
pub mod course;
pub mod delivery;
pub mod duplicate;
pub mod evidence;
pub mod facts;
pub mod issue;
pub mod ledger;
mod migration;
pub mod news;
pub mod notice;
pub mod post;
pub mod query;
pub mod rebound;
pub mod report;
pub mod reporter;
pub mod rereckon;
pub mod suspension;
pub mod tables;
pub mod transition;
pub mod webhook;
pub mod whole;
pub mod write;

use jiff::Timestamp;
use tidyward_kit::{
    Error,
    db::{
        Db,
        sql::{places, statement},
    },
};

/// Prefix of the tables that the shared rooms keep for this service.
pub const PREFIX: &str = "issue";

/// Makes the tables that are not there yet and says how many migrations ran.
pub async fn migrate(db: &Db) -> Result<usize, Error> {
    db.migrate::<migration::Migrator>(tables::TABLES).await
}

/// How many migrations have not run yet.
pub async fn pending(db: &Db) -> Result<usize, Error> {
    db.pending::<migration::Migrator>().await
}

fn micros(instant: Option<Timestamp>) -> Option<i64> {
    instant.map(Timestamp::as_microsecond)
}

fn instant(micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    /// Every test here that opens a database, once more on PostgreSQL.
    #[test]
    fn again_on_postgres() {
        tidyward_kit::db::testing::again_on_postgres(&["rpc::", "store::"]);
    }
}
