//! The one writer of a database. Jobs queue up, run each in a savepoint of one transaction, and are answered together
//! after its commit: an fsync costs as much for a hundred jobs as for one.
//!
//! On SQLite the file's own lock keeps other processes out, on PostgreSQL an advisory lock does, from the transaction's
//! first statement to its commit. So on both nobody writes beside a job, what it reads stays true until it is committed,
//! and numbers that are given out in turn are in the order of commits.

use std::panic::AssertUnwindSafe;

use futures::{FutureExt, future::BoxFuture};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::sync::{mpsc, oneshot, watch};

use super::failure;
use crate::error::Error;

/// Jobs that wait at most; whoever comes then waits for a place.
const QUEUE: usize = 1_024;
/// Jobs in one transaction at most, so that nobody waits long for others' work.
const GROUP: usize = 256;
/// How often a job is run that others keep from its end.
const ATTEMPTS: usize = 5;
/// The lock of whoever writes: `TIDY` in ASCII, and 1. It goes with the transaction.
const WRITE_LOCK: &str = "SELECT pg_advisory_xact_lock(1414087769, 1)";

/// Tells a job's caller how it ended, once it is known whether the group's commit held.
type Answer = Box<dyn FnOnce(Result<(), &DbErr>) + Send>;
type Job =
    Box<dyn for<'c> FnOnce(&'c DatabaseTransaction) -> BoxFuture<'c, Result<Answer, DbErr>> + Send>;

enum Message {
    Job(Job),
    Finish(oneshot::Sender<()>),
}

#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Message>,
    commits: watch::Receiver<u64>,
}

impl Writer {
    pub(super) fn start(connection: DatabaseConnection) -> Writer {
        let (jobs, receive) = mpsc::channel(QUEUE);
        let (committed, commits) = watch::channel(0);
        tokio::spawn(serve(connection, receive, committed));
        Writer { jobs, commits }
    }

    /// Changes after each commit.
    pub(super) fn commits(&self) -> watch::Receiver<u64> {
        self.commits.clone()
    }

    pub(super) async fn run<T, F>(&self, job: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c DatabaseTransaction) -> BoxFuture<'c, Result<T, Error>>
            + Send
            + Sync
            + 'static,
    {
        let (send, receive) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            async move {
                let result = in_savepoint(transaction, &job).await?;
                let answer: Answer = Box::new(move |commit| {
                    let answer = match (result, commit) {
                        (Ok(_), Err(error)) => Err(Error::unavailable(error.to_string())),
                        (result, _) => result,
                    };
                    // A caller that went away does not hear the answer; its work stands all the same.
                    let _gone = send.send(answer);
                });
                Ok(answer)
            }
            .boxed()
        });
        let sent = self.jobs.send(Message::Job(job)).await;
        sent.map_err(|_| Error::unavailable("the writer has ended"))?;
        receive
            .await
            .map_err(|_| Error::unavailable("the writer has ended"))?
    }

    pub(super) async fn finish(&self) {
        let (send, receive) = oneshot::channel();
        if self.jobs.send(Message::Finish(send)).await.is_ok() {
            let _ended = receive.await;
        }
    }
}

async fn serve(
    connection: DatabaseConnection,
    mut queue: mpsc::Receiver<Message>,
    committed: watch::Sender<u64>,
) {
    let mut group = Vec::with_capacity(GROUP);
    while let Some(message) = queue.recv().await {
        let mut finish = None;
        let mut next = Some(message);
        while let Some(message) = next {
            match message {
                Message::Job(job) => group.push(job),
                Message::Finish(done) => finish = Some(done),
            }
            let full = group.len() == GROUP || finish.is_some();
            next = if full { None } else { queue.try_recv().ok() };
        }
        commit_group(&connection, std::mem::take(&mut group)).await;
        committed.send_modify(|commits| *commits += 1);
        if let Some(done) = finish {
            let closed = connection.close().await;
            if let Err(error) = closed {
                tracing::error!(error.source = %error, "the database was not closed in order");
            }
            let _gone = done.send(());
            return;
        }
    }
}

async fn commit_group(connection: &DatabaseConnection, jobs: Vec<Job>) {
    if jobs.is_empty() {
        return;
    }
    let transaction = match begin(connection).await {
        Ok(transaction) => transaction,
        // The jobs are dropped unrun, and each caller hears that the writer could not answer.
        Err(error) => return tracing::error!(error.source = %error, "no transaction was begun"),
    };
    let mut answers = Vec::with_capacity(jobs.len());
    let mut broken = None;
    for job in jobs {
        match job(&transaction).await {
            Ok(answer) => answers.push(answer),
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    let ended = match broken {
        Some(error) => {
            let _rolled_back = transaction.rollback().await;
            Err(error)
        }
        None => transaction.commit().await,
    };
    if let Err(error) = &ended {
        tracing::error!(error.source = %error, "a group of writes was rolled back");
    }
    for answer in answers {
        answer(ended.as_ref().copied());
    }
}

async fn begin(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = connection.begin_with_options(options).await?;
    if connection.get_database_backend() == DbBackend::Postgres {
        transaction.execute_unprepared(WRITE_LOCK).await?;
    }
    Ok(transaction)
}

/// Runs one job, and again where another transaction was in its way. An error out here is of the transaction itself, not
/// of the job.
async fn in_savepoint<T, F>(
    transaction: &DatabaseTransaction,
    job: &F,
) -> Result<Result<T, Error>, DbErr>
where
    F: for<'c> Fn(&'c DatabaseTransaction) -> BoxFuture<'c, Result<T, Error>>,
{
    let mut attempt = 1;
    loop {
        let savepoint = transaction.begin().await?;
        let ran = AssertUnwindSafe(async { job(&savepoint).await })
            .catch_unwind()
            .await;
        let result = ran.unwrap_or_else(|_| Err(Error::internal("a write job panicked")));
        let Err(error) = &result else {
            savepoint.commit().await?;
            return Ok(result);
        };
        savepoint.rollback().await?;
        if attempt == ATTEMPTS || !failure::collided(error) {
            return Ok(result);
        }
        attempt += 1;
    }
}
