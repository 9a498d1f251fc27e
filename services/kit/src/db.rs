//! The database: a SQLite file or a PostgreSQL server, with several readers and one writer, which commits in groups.

pub mod dump;
pub(crate) mod failure;
pub mod imports;
pub mod migrate;
pub mod requests;
pub mod schema;
pub mod sql;
pub mod tables;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod together;
pub mod uploads;
mod writer;

use std::{path::Path, time::Duration};

use futures::future::BoxFuture;
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use crate::error::Error;

/// Memory for pages of the file, as SQLite writes kibibytes. The writer's pages stay good, for nobody else writes; a reader
/// forgets all of its own with every commit, so much would be of no use to it: what it reads again the system still has.
const WRITER_CACHE: &str = "-32768";
const READER_CACHE: &str = "-4096";
/// Pages in the write-ahead log from which a commit brings them into the file: 16 MiB. A page that many reports change, the
/// inner ones of each index, is then brought over once and not each time.
const LOG_PAGES: &str = "4000";
/// Rows that SQLite's thread has ready for whoever takes them: where it may go on, the two need not wake one another in turn.
const ROWS_AHEAD: usize = 1_000;
/// A writer that has not spoken for so long inside a transaction is gone; the server then lets its locks go.
const IDLE_IN_TRANSACTION: &str = "30s";
/// A connection that was idle for so long is tried before it is used: the server may have gone meanwhile. One that was used
/// a moment ago was tried when it was given back.
const IDLE: Duration = Duration::from_secs(1);
/// How long the writer waits for others who write, on other machines.
const LOCK_WAIT: &str = "20s";

/// A PostgreSQL database.
#[derive(Clone, Debug)]
pub struct Server {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// Connections for reading; one more writes.
    pub readers: u32,
    /// A query that takes longer is ended by the server.
    pub longest_query: Duration,
}

/// A handle on the database; clones share it.
#[derive(Clone)]
pub struct Db {
    read: DatabaseConnection,
    /// How to have one more connection that writes.
    alone: ConnectOptions,
    writer: writer::Writer,
}

impl Db {
    /// Opens the SQLite file, which is made where it is not there, with so many connections for reading. They share the
    /// page cache of the system, so more of them cost little.
    pub async fn open(path: &Path, readers: u32) -> Result<Db, Error> {
        let url = format!("sqlite://{}?mode=rwc", path.display());
        // The writer comes first: it makes the file and sets the write-ahead log, which readers then find.
        let alone = file_options(&url, 1, WRITER_CACHE);
        let writer = writer::Writer::start(alone.clone(), writer::PATIENCE).await?;
        let mut options = file_options(&url, readers, READER_CACHE);
        // None is opened before there is something to read, behind the migrations: see `Db::migrate`.
        options.min_connections(0).connect_lazy(true);
        let read = Database::connect(options).await?;
        Ok(Db {
            read,
            alone,
            writer,
        })
    }

    /// Connects to a PostgreSQL database, which is there.
    pub async fn connect(server: &Server) -> Result<Db, Error> {
        Db::connect_patiently(server, writer::PATIENCE).await
    }

    async fn connect_patiently(server: &Server, patience: Duration) -> Result<Db, Error> {
        let longest = format!("{}ms", server.longest_query.as_millis());
        let read = Database::connect(server_options(&server.url, server.readers, &longest)).await?;
        let write = server_options(&server.url, 1, "0");
        let writer = writer::Writer::start(write.clone(), patience).await?;
        Ok(Db {
            read,
            alone: write,
            writer,
        })
    }

    /// For queries. What was committed before the call is seen.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// Runs a job in a transaction and answers after the commit is durable.
    ///
    /// A job that was begun runs to its end even if the caller goes away; one whose turn comes after its call's deadline
    /// is not begun. It is all or nothing, makes no call and no computation of weight, writes at most some thousand rows, and
    /// may be run again from its beginning where the database asks for it.
    pub async fn write<T, F>(&self, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c DatabaseTransaction) -> BoxFuture<'c, Result<T, Error>>
            + Send
            + Sync
            + 'static,
    {
        self.writer.run(job).await
    }

    /// Whether it was closed, here or by a clone: then it answers nothing any more.
    pub fn is_closed(&self) -> bool {
        self.writer.has_ended()
    }

    /// Changes whenever this process has committed something, so that whoever reads what is new need not ask in vain. What
    /// other processes commit it does not tell.
    pub fn commits(&self) -> tokio::sync::watch::Receiver<u64> {
        self.writer.commits()
    }

    /// Waits until all that was handed to the writer is committed, then closes the file.
    pub async fn close(self) -> Result<(), Error> {
        self.writer.finish().await;
        self.read.close().await?;
        Ok(())
    }
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .connect_timeout(Duration::from_secs(10))
        .acquire_timeout(Duration::from_secs(10))
        .test_before_acquire_if_idle_for(IDLE)
        .sqlx_logging(false);
    options
}

fn file_options(url: &str, connections: u32, cache: &'static str) -> ConnectOptions {
    let mut options = options(url, connections);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .row_buffer_size(ROWS_AHEAD)
            .pragma("cache_size", cache)
            .pragma("wal_autocheckpoint", LOG_PAGES)
    });
    options
}

/// `longest` bounds a statement, as PostgreSQL writes a duration; 0 bounds none.
fn server_options(url: &str, connections: u32, longest: &str) -> ConnectOptions {
    let mut options = options(url, connections);
    let longest = longest.to_owned();
    options.map_sqlx_postgres_opts(move |postgres| {
        postgres.application_name("tidyward").options([
            ("statement_timeout", longest.as_str()),
            ("lock_timeout", LOCK_WAIT),
            ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION),
        ])
    });
    options
}

#[cfg(test)]
mod tests;
