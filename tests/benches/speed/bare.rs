//! The same rows written bare: no call, no checks, no plan; a connection, prepared statements and commits.

use std::{path::Path, time::Instant};

use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement,
    TransactionTrait, Value,
};
use tidyward_kit::db::{Db, sql};

/// A table's rows, each with all of its columns.
pub struct Rows {
    table: String,
    columns: Vec<(String, Kind)>,
    rows: Vec<Vec<Value>>,
}

#[derive(Clone, Copy)]
enum Kind {
    Number,
    Text,
    Bytes,
}

/// The rows of some tables of a SQLite file, in the order in which they were written.
pub async fn read(file: &Path, tables: &[&str]) -> Vec<Rows> {
    let connection = Database::connect(format!("sqlite://{}?mode=ro", file.display()))
        .await
        .expect("the file opens");
    let mut all = Vec::new();
    for table in tables {
        let columns = columns(&connection, table).await;
        let names: Vec<&str> = columns.iter().map(|column| column.0.as_str()).collect();
        let text = format!("SELECT {} FROM {table} ORDER BY rowid", names.join(", "));
        let found = connection
            .query_all_raw(Statement::from_string(DbBackend::Sqlite, text))
            .await
            .expect("rows");
        let rows = found.iter().map(|row| values(row, &columns)).collect();
        all.push(Rows {
            table: (*table).to_owned(),
            columns,
            rows,
        });
    }
    all
}

async fn columns(connection: &DatabaseConnection, table: &str) -> Vec<(String, Kind)> {
    let text = format!("SELECT name, lower(type) AS type FROM pragma_table_info('{table}')");
    let found = connection
        .query_all_raw(Statement::from_string(DbBackend::Sqlite, text))
        .await
        .expect("columns");
    let column = |row: &QueryResult| {
        let name: String = row.try_get_by_index(0).expect("a name");
        let declared: String = row.try_get_by_index(1).expect("a type");
        let kind = match declared.as_str() {
            "text" => Kind::Text,
            "blob" => Kind::Bytes,
            _ => Kind::Number,
        };
        (name, kind)
    };
    found.iter().map(column).collect()
}

fn values(row: &QueryResult, columns: &[(String, Kind)]) -> Vec<Value> {
    let value = |(index, column): (usize, &(String, Kind))| match column.1 {
        Kind::Number => Value::from(
            row.try_get_by_index::<Option<i64>>(index)
                .expect("a number"),
        ),
        Kind::Text => Value::from(
            row.try_get_by_index::<Option<String>>(index)
                .expect("a text"),
        ),
        Kind::Bytes => Value::from(
            row.try_get_by_index::<Option<Vec<u8>>>(index)
                .expect("bytes"),
        ),
    };
    columns.iter().enumerate().map(value).collect()
}

/// Writes the rows into a file with the same tables, so many things of each table in a commit, each thing by statements
/// of its own, and gives things a second. A thing is a row of the first table.
pub async fn commit_in_groups(folder: &Path, tables: &[Rows], group: usize) -> f64 {
    let connection = empty(folder).await;
    let things = tables[0].rows.len();
    let began = Instant::now();
    for first in (0..things).step_by(group) {
        let transaction = connection.begin().await.expect("a transaction");
        for thing in first..(first + group).min(things) {
            for table in tables {
                // Where a table has more rows than there are things, each thing has its share.
                let share = |thing: usize| thing * table.rows.len() / things;
                for row in &table.rows[share(thing)..share(thing + 1)] {
                    insert(&transaction, table, std::slice::from_ref(row)).await;
                }
            }
        }
        transaction.commit().await.expect("a commit");
    }
    things as f64 / began.elapsed().as_secs_f64()
}

/// Writes the rows in statements of many rows, so many rows of the first table in a commit, and gives those a second.
pub async fn in_bulk(folder: &Path, tables: &[Rows], group: usize) -> f64 {
    let connection = empty(folder).await;
    let things = tables[0].rows.len();
    let began = Instant::now();
    for first in (0..things).step_by(group) {
        let transaction = connection.begin().await.expect("a transaction");
        let last = (first + group).min(things);
        for table in tables {
            let share = |thing: usize| thing * table.rows.len() / things;
            for rows in table.rows[share(first)..share(last)].chunks(500) {
                insert(&transaction, table, rows).await;
            }
        }
        transaction.commit().await.expect("a commit");
    }
    things as f64 / began.elapsed().as_secs_f64()
}

async fn insert(connection: &impl ConnectionTrait, table: &Rows, rows: &[Vec<Value>]) {
    let names: Vec<&str> = table
        .columns
        .iter()
        .map(|column| column.0.as_str())
        .collect();
    let places = sql::places(rows.len(), names.len());
    let text = format!(
        "INSERT INTO {} ({}) VALUES {places}",
        table.table,
        names.join(", ")
    );
    let values = rows.iter().flatten().cloned().collect();
    let statement = sql::statement(connection.get_database_backend(), &text, values);
    connection.execute_raw(statement).await.expect("an insert");
}

/// A file with the ledger's tables and the server's settings of durability, and one connection to it.
async fn empty(folder: &Path) -> DatabaseConnection {
    let file = folder.join("bare.sqlite");
    let db = Db::open(&file, 4).await.expect("a file");
    tidyward_issues::migrate(&db).await.expect("tables");
    db.close().await.expect("the file closes");
    let mut options = sea_orm::ConnectOptions::new(format!("sqlite://{}", file.display()));
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Full)
    });
    Database::connect(options).await.expect("a connection")
}
