//! The same rows written bare: no call, no checks, no plan; a connection, prepared statements and commits.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, QueryResult, Statement,
    TransactionTrait, Value,
};
use tidyward_kit::db::{Db, Server, sql};

use crate::load;

/// A table's rows, each with all of its columns.
pub struct Rows {
    table: String,
    columns: Vec<(String, Kind)>,
    rows: Vec<Vec<Value>>,
}

#[derive(Clone, Copy)]
enum Kind {
    Small,
    Big,
    Real,
    Text,
    Bytes,
}

impl Rows {
    /// How many rows of the table there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }
}

/// The URL of a SQLite file that is there.
pub fn url_of(file: &Path) -> String {
    format!("sqlite://{}?mode=rw", file.display())
}

/// The rows of some tables, in the order in which they were written, by the column that tells it.
pub async fn read(url: &str, tables: &[(&str, &str)]) -> Vec<Rows> {
    let connection = Database::connect(url).await.expect("the database opens");
    let backend = connection.get_database_backend();
    let mut all = Vec::new();
    for (table, order) in tables {
        let columns = columns(&connection, table).await;
        let names: Vec<&str> = columns.iter().map(|column| column.0.as_str()).collect();
        let text = format!("SELECT {} FROM {table} ORDER BY {order}", names.join(", "));
        let found = connection
            .query_all_raw(Statement::from_string(backend, text))
            .await
            .expect("rows");
        let rows = found.iter().map(|row| values(row, &columns)).collect();
        all.push(Rows {
            table: (*table).to_owned(),
            columns,
            rows,
        });
    }
    connection.close().await.expect("the database closes");
    all
}

async fn columns(connection: &DatabaseConnection, table: &str) -> Vec<(String, Kind)> {
    let backend = connection.get_database_backend();
    let text = match backend {
        DbBackend::Sqlite => {
            format!("SELECT name, lower(type) FROM pragma_table_info('{table}')")
        }
        _ => format!(
            "SELECT column_name::text, data_type::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{table}' ORDER BY ordinal_position"
        ),
    };
    let found = connection
        .query_all_raw(Statement::from_string(backend, text))
        .await
        .expect("columns");
    let column = |row: &QueryResult| {
        let name: String = row.try_get_by_index(0).expect("a name");
        let declared: String = row.try_get_by_index(1).expect("a type");
        // A length that a type may have says nothing of how its values are read.
        let kind = match declared.split('(').next().unwrap_or_default() {
            "text" => Kind::Text,
            "blob" | "bytea" => Kind::Bytes,
            "integer" if backend == DbBackend::Postgres => Kind::Small,
            "integer" | "bigint" => Kind::Big,
            "double" | "double precision" | "real" => Kind::Real,
            _ => panic!("{table}.{name} is of the type {declared}"),
        };
        (name, kind)
    };
    found.iter().map(column).collect()
}

fn values(row: &QueryResult, columns: &[(String, Kind)]) -> Vec<Value> {
    fn value<T: sea_orm::TryGetable>(row: &QueryResult, index: usize) -> Value
    where
        Value: From<Option<T>>,
    {
        Value::from(row.try_get_by_index::<Option<T>>(index).expect("a value"))
    }
    let read = |(index, column): (usize, &(String, Kind))| match column.1 {
        Kind::Small => value::<i32>(row, index),
        Kind::Big => value::<i64>(row, index),
        Kind::Real => value::<f64>(row, index),
        Kind::Text => value::<String>(row, index),
        Kind::Bytes => value::<Vec<u8>>(row, index),
    };
    columns.iter().enumerate().map(read).collect()
}

/// Writes the rows into a file with the same tables, so many things of each table in a commit, each thing by statements
/// of its own, and gives things a second. A thing is a row of the first table.
pub async fn commit_in_groups(folder: &Path, tables: &[Rows], group: usize) -> f64 {
    let connection = empty(folder).await;
    let things = tables[0].len();
    let began = Instant::now();
    for first in (0..things).step_by(group) {
        let transaction = connection.begin().await.expect("a transaction");
        for thing in first..(first + group).min(things) {
            insert_thing(&transaction, tables, thing).await;
        }
        transaction.commit().await.expect("a commit");
    }
    things as f64 / began.elapsed().as_secs_f64()
}

/// Writes the rows to a PostgreSQL database with the same tables over a connection for each of so many writers, each
/// thing in a transaction of its own, by statements of its own, and gives things a second.
pub async fn commit_each(url: &str, tables: Vec<Rows>, writers: usize) -> f64 {
    let server = Server {
        url: url.to_owned(),
        readers: 1,
        longest_query: Duration::from_secs(60),
    };
    let db = Db::connect(&server).await.expect("a database");
    tidyward_issues::migrate(&db).await.expect("tables");
    db.close().await.expect("the database closes");
    let mut connections = Vec::new();
    for _ in 0..writers {
        let mut options = sea_orm::ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options).await.expect("a connection");
        connections.push(connection);
    }
    let (things, tables) = (tables[0].len(), Arc::new(tables));
    let run = load::closed(
        writers,
        things,
        |writer| connections[writer].clone(),
        move |connection, thing| {
            let tables = tables.clone();
            async move {
                let transaction = connection.begin().await.expect("a transaction");
                insert_thing(&transaction, &tables, thing).await;
                transaction.commit().await.expect("a commit");
            }
        },
    )
    .await;
    run.per_second()
}

/// The rows of one thing. Where a table has more rows than there are things, each thing has its share.
async fn insert_thing(connection: &impl ConnectionTrait, tables: &[Rows], thing: usize) {
    let things = tables[0].len();
    for table in tables {
        let share = |thing: usize| thing * table.len() / things;
        for row in &table.rows[share(thing)..share(thing + 1)] {
            insert(connection, table, std::slice::from_ref(row)).await;
        }
    }
}

/// Writes the rows in statements of many rows, so many rows of the first table in a commit, and gives those a second.
pub async fn in_bulk(folder: &Path, tables: &[Rows], group: usize) -> f64 {
    let connection = empty(folder).await;
    let things = tables[0].len();
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

/// A file with the ledger's tables and the settings of the server's writer, and one connection to it.
async fn empty(folder: &Path) -> DatabaseConnection {
    let file = folder.join("bare.sqlite");
    let db = Db::open(&file, 1).await.expect("a file");
    tidyward_issues::migrate(&db).await.expect("tables");
    db.close().await.expect("the file closes");
    let mut options = sea_orm::ConnectOptions::new(format!("sqlite://{}", file.display()));
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Full)
            .pragma("cache_size", "-32768")
            .pragma("wal_autocheckpoint", "4000")
    });
    Database::connect(options).await.expect("a connection")
}
