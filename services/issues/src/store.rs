//! The ledger's tables. The only place that knows the database; what comes out are domain types.
//!
//! An issue is known inside by its number, which is the number of its first event: rows that are read together then lie
//! together, whatever the issue's id is. Numbers are given in the order of commits, by the district's row of
//! `issue_ledger`, which every transaction that appends events updates first.

pub mod calendar;
pub mod category;
pub mod delivery;
pub mod duplicate;
pub mod facts;
pub mod issue;
pub mod ledger;
mod migration;
pub mod notice;
pub mod query;
pub mod rebound;
pub mod reporter;
pub mod rereckon;
pub mod suspension;
pub mod transition;
pub mod webhook;
pub mod write;

use jiff::Timestamp;
use sea_orm::{DbBackend, Statement, Value};
use tidyward_kit::{Error, db::Db};

/// Prefix of the tables that the shared rooms keep for this service.
pub const PREFIX: &str = "issue";

/// Makes the tables that are not there yet and says how many migrations ran.
pub async fn migrate(db: &Db) -> Result<usize, Error> {
    db.migrate::<migration::Migrator>().await
}

/// A statement of the backend from text whose parameters are all `?`.
fn statement(backend: DbBackend, text: &str, values: Vec<Value>) -> Statement {
    if backend != DbBackend::Postgres {
        return Statement::from_sql_and_values(backend, text, values);
    }
    let mut numbered = String::with_capacity(text.len() + values.len() * 2);
    let mut parts = text.split('?');
    numbered.push_str(parts.next().unwrap_or_default());
    for (number, part) in (1..).zip(parts) {
        numbered.push('$');
        numbered.push_str(&i32::to_string(&number));
        numbered.push_str(part);
    }
    Statement::from_sql_and_values(backend, numbered, values)
}

/// `(?, ?), (?, ?)`: so many rows of so many columns.
fn places(rows: usize, columns: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(", "));
    vec![row.as_str(); rows].join(", ")
}

fn micros(instant: Option<Timestamp>) -> Option<i64> {
    instant.map(Timestamp::as_microsecond)
}

fn instant(micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_where_the_backend_wants_it() {
        let text = format!("INSERT INTO t VALUES {} RETURNING a", places(2, 2));
        let values = vec![Value::from(1_i64); 4];
        let sqlite = statement(DbBackend::Sqlite, &text, values.clone());
        assert_eq!(
            sqlite.sql,
            "INSERT INTO t VALUES (?, ?), (?, ?) RETURNING a"
        );
        let postgres = statement(DbBackend::Postgres, &text, values);
        assert_eq!(
            postgres.sql,
            "INSERT INTO t VALUES ($1, $2), ($3, $4) RETURNING a"
        );
    }
}
