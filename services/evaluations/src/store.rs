//! The tables of rules, metrics and reviews. The only place that knows the database; what comes out are domain types.

pub mod activation;
pub mod change;
pub mod key;
pub mod metric;
mod migration;
pub mod policy;
pub mod review;
pub mod revision;
pub mod rule;
pub mod score;
pub mod tables;
pub mod usage;

pub use sea_orm::ConnectionTrait as Connection;
use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{
    Error,
    caller::District,
    db::{
        Db,
        sql::{places, statement},
    },
};

/// Prefix of the tables that the shared rooms keep for the rule service.
pub const RULE: &str = "rule";
/// The same for the evaluation service.
pub const EVALUATION: &str = "evaluation";
/// Rows of one statement, so that no database's limit on parameters is passed.
const ROWS_AT_ONCE: usize = 500;

/// Makes the tables that are not there yet and says how many migrations ran.
pub async fn migrate(db: &Db) -> Result<usize, Error> {
    db.migrate::<migration::Migrator>(tables::TABLES).await
}

/// How many migrations have not run yet.
pub async fn pending(db: &Db) -> Result<usize, Error> {
    db.pending::<migration::Migrator>().await
}

/// How often something was changed, so that a freeze sees whether what it collected is still so. The topic is a period,
/// for its metrics, or `RULES`.
pub async fn changes(
    db: &impl ConnectionTrait,
    district: &District,
    topic: &str,
) -> Result<i64, Error> {
    let text = "SELECT changes FROM evaluation_change WHERE district = ? AND topic = ?";
    let row = one(db, text, vec![district.id().into(), topic.into()]).await?;
    row.map_or(Ok(0), |row| Ok(row.try_get("", "changes")?))
}

/// The topic of activations.
pub const RULES: &str = "rules";

/// Counts a change of the topic, and holds others who do until the transaction ends.
pub async fn count_change(
    db: &impl ConnectionTrait,
    district: &District,
    topic: &str,
) -> Result<(), Error> {
    let text = "INSERT INTO evaluation_change (district, topic, changes) VALUES (?, ?, 1) \
                ON CONFLICT (district, topic) DO UPDATE SET changes = evaluation_change.changes + 1";
    run(db, text, vec![district.id().into(), topic.into()]).await?;
    Ok(())
}

async fn all(
    db: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<Vec<QueryResult>, Error> {
    Ok(db
        .query_all_raw(statement(db.get_database_backend(), text, values))
        .await?)
}

async fn one(
    db: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<Option<QueryResult>, Error> {
    Ok(db
        .query_one_raw(statement(db.get_database_backend(), text, values))
        .await?)
}

/// Runs a statement and says how many rows it touched.
async fn run(db: &impl ConnectionTrait, text: &str, values: Vec<Value>) -> Result<u64, Error> {
    let done = db
        .execute_raw(statement(db.get_database_backend(), text, values))
        .await?;
    Ok(done.rows_affected())
}

/// A digest as it is kept; empty bytes are none.
fn digest(bytes: Vec<u8>) -> Result<Option<[u8; 32]>, Error> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let digest: Result<[u8; 32], _> = bytes.try_into();
    digest
        .map(Some)
        .map_err(|_| Error::internal("a stored digest is not 32 bytes long"))
}

fn period(text: &str) -> Result<tidyward_kit::period::Period, Error> {
    text.parse()
        .map_err(|()| Error::internal(format!("`{text}` is stored as a period and is none")))
}
