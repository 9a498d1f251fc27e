//! Rows of any table, as they are dumped and brought in: what columns a table has is asked of the database itself.

mod shape;

pub use shape::{Shape, migrations, shape, tables};

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, IsolationLevel, QueryResult,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, Value as Parameter,
};

use super::{
    Db,
    sql::{places, statement},
};
use crate::{
    dump::row::{Kind, Row, Tally, Value, encode},
    error::Error,
};

/// Rows that are read at once.
const PAGE: usize = 200;
/// Parameters of one statement: fewer than any database takes.
const PARAMETERS: usize = 16_000;
/// Rows that are deleted in one job.
const CLEARED_AT_ONCE: usize = 1_000;

/// The database as it is at one instant, whatever is written meanwhile.
pub struct Snapshot(DatabaseTransaction);

impl Db {
    /// Opens a snapshot. Writers are not held up by it.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        let postgres = self.read.get_database_backend() == DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: (!postgres).then_some(SqliteTransactionMode::Deferred),
        };
        let transaction = self.read.begin_with_options(options).await?;
        if postgres {
            // Between two pages a large object may be on its way to a slow disk.
            transaction
                .execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = 0")
                .await?;
        }
        Ok(Snapshot(transaction))
    }
}

impl Snapshot {
    pub async fn shape(&self, table: &'static str) -> Result<Shape, Error> {
        shape(&self.0, table).await
    }

    /// What has run, under the name of the table that lists it.
    pub async fn migrations(
        &self,
    ) -> Result<std::collections::BTreeMap<String, Vec<String>>, Error> {
        migrations(&self.0).await
    }

    /// Ids of the districts that the table has rows of, in order.
    pub async fn districts(&self, shape: &Shape) -> Result<Vec<String>, Error> {
        let text = format!(
            "SELECT DISTINCT district FROM \"{}\" ORDER BY district",
            shape.table
        );
        let select = statement(self.0.get_database_backend(), &text, Vec::new());
        let rows = self.0.query_all_raw(select).await?;
        rows.iter()
            .map(|row| Ok(row.try_get_by_index(0)?))
            .collect()
    }

    /// The district's rows after `after`, in the order of the primary key; none where there are no more.
    pub async fn page(
        &self,
        shape: &Shape,
        district: &str,
        after: Option<&Row>,
    ) -> Result<Vec<Row>, Error> {
        page(&self.0, shape, district, after).await
    }

    /// How many rows the district has, and their digest.
    pub async fn tally(&self, shape: &Shape, district: &str) -> Result<(u64, String), Error> {
        tally(&self.0, shape, district).await
    }

    /// Gives the connection back.
    pub async fn end(self) -> Result<(), Error> {
        Ok(self.0.rollback().await?)
    }
}

/// How many rows the district has, and their digest, as the connection sees them.
pub async fn tally(
    db: &impl ConnectionTrait,
    shape: &Shape,
    district: &str,
) -> Result<(u64, String), Error> {
    let mut tally = Tally::default();
    let mut last: Option<Row> = None;
    loop {
        let rows = page(db, shape, district, last.as_ref()).await?;
        for row in &rows {
            tally.add(&encode(row));
        }
        last = rows.into_iter().next_back();
        if last.is_none() {
            return Ok(tally.finish());
        }
    }
}

async fn page(
    db: &impl ConnectionTrait,
    shape: &Shape,
    district: &str,
    after: Option<&Row>,
) -> Result<Vec<Row>, Error> {
    let columns: Vec<String> = shape.columns.iter().map(selected).collect();
    let rest = &shape.key[1..];
    let mut values: Vec<Parameter> = vec![district.into()];
    let mut beyond = String::new();
    if let Some(after) = after {
        if rest.is_empty() {
            return Ok(Vec::new());
        }
        beyond = format!(" AND ({}) > {}", quoted(rest), places(1, rest.len()));
        for name in rest {
            values.push(parameter(shape, name, after));
        }
    }
    let text = format!(
        "SELECT {} FROM \"{}\" WHERE district = ?{beyond} ORDER BY {} LIMIT {PAGE}",
        columns.join(", "),
        shape.table,
        quoted(&shape.key),
    );
    let select = statement(db.get_database_backend(), &text, values);
    let rows = db.query_all_raw(select).await?;
    rows.iter().map(|row| read(shape, row)).collect()
}

/// Adds rows. A row whose key is there already fails the job.
pub async fn insert(
    transaction: &DatabaseTransaction,
    shape: &Shape,
    rows: &[Row],
) -> Result<(), Error> {
    let width = shape.columns.len();
    let names: Vec<String> = shape.columns.iter().map(|one| one.name.clone()).collect();
    for some in rows.chunks((PARAMETERS / width).max(1)) {
        let text = format!(
            "INSERT INTO \"{}\" ({}) VALUES {}",
            shape.table,
            quoted(&names),
            places(some.len(), width)
        );
        let mut values = Vec::with_capacity(some.len() * width);
        for row in some {
            values.extend(
                (0..width).map(|index| {
                    bound(shape.columns[index].kind, shape.narrow[index], &row[index])
                }),
            );
        }
        let insert = statement(transaction.get_database_backend(), &text, values);
        transaction.execute_raw(insert).await?;
    }
    Ok(())
}

/// Deletes some of the district's rows and says whether there may be more.
pub async fn clear(
    transaction: &DatabaseTransaction,
    shape: &Shape,
    district: &str,
) -> Result<bool, Error> {
    let text = format!(
        "DELETE FROM \"{table}\" WHERE district = ? AND ({key}) IN \
         (SELECT {key} FROM \"{table}\" WHERE district = ? ORDER BY {key} LIMIT {CLEARED_AT_ONCE})",
        table = shape.table,
        key = quoted(&shape.key),
    );
    let values = vec![district.into(), district.into()];
    let delete = statement(transaction.get_database_backend(), &text, values);
    let deleted = transaction.execute_raw(delete).await?.rows_affected();
    Ok(deleted == CLEARED_AT_ONCE as u64)
}

/// Where a column is a keyword, quotes make it a name; 32-bit numbers are read as wide as all others.
fn selected(column: &crate::dump::row::Column) -> String {
    match column.kind {
        Kind::Whole => format!("CAST(\"{}\" AS bigint)", column.name),
        _ => format!("\"{}\"", column.name),
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}

fn read(shape: &Shape, row: &QueryResult) -> Result<Row, Error> {
    let columns = shape.columns.iter().enumerate();
    columns
        .map(|(index, column)| {
            Ok(match column.kind {
                Kind::Text => row
                    .try_get_by_index::<Option<String>>(index)?
                    .map(Value::Text),
                Kind::Whole => row
                    .try_get_by_index::<Option<i64>>(index)?
                    .map(Value::Whole),
                Kind::Real => row.try_get_by_index::<Option<f64>>(index)?.map(Value::Real),
                Kind::Bytes => row
                    .try_get_by_index::<Option<Vec<u8>>>(index)?
                    .map(Value::Bytes),
            }
            .unwrap_or(Value::Null))
        })
        .collect()
}

fn parameter(shape: &Shape, name: &str, row: &Row) -> Parameter {
    let index = shape.columns.iter().position(|column| column.name == name);
    // A key's columns are columns of the table.
    let index = index.unwrap_or_default();
    bound(shape.columns[index].kind, false, &row[index])
}

fn bound(kind: Kind, narrow: bool, value: &Value) -> Parameter {
    match value {
        Value::Text(text) => text.clone().into(),
        Value::Whole(whole) => match i32::try_from(*whole) {
            Ok(whole) if narrow => whole.into(),
            _ => (*whole).into(),
        },
        Value::Real(real) => (*real).into(),
        Value::Bytes(bytes) => bytes.clone().into(),
        Value::Null => match kind {
            Kind::Text => Parameter::String(None),
            Kind::Whole if narrow => Parameter::Int(None),
            Kind::Whole => Parameter::BigInt(None),
            Kind::Real => Parameter::Double(None),
            Kind::Bytes => Parameter::Bytes(None),
        },
    }
}
