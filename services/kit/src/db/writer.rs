//! The one writer of a database. Jobs queue up, run each in a savepoint of one transaction, and are answered together
//! after its commit: an fsync costs as much for a hundred jobs as for one.
//!
//! On SQLite the file's own lock keeps other processes out, on PostgreSQL an advisory lock does, from the transaction's
//! first statement to its commit. So on both nobody writes beside a job, what it reads stays true until it is committed,
//! and numbers that are given out in turn are in the order of commits.
//!
//! A transaction that did not end as it should leaves a connection of which nobody knows what it holds: SQLite rolls back
//! by itself where the disk is full, and the driver goes on counting savepoints that are gone. So the connection is given
//! up after every such end and the next group has a fresh one; while the database is away each group fails by itself.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::{
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot, watch,
    },
    time::timeout,
};

use super::failure;
use crate::{
    deadline,
    error::{Error, Reason},
};

/// Jobs that wait at most. A call that comes then is told to come again; the server's own work, for which nobody waits,
/// waits for a place.
const QUEUE: usize = 1_024;
/// Jobs in one transaction at most, so that nobody waits long for others' work.
const GROUP: usize = 256;
/// How often a job is run that others keep from its end.
const ATTEMPTS: usize = 5;
/// The longest that a group may take. It is longer than any lock is waited for: only a server that fell silent takes so
/// long, without its connection having broken.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// The lock of whoever writes: `TIDY` in ASCII, and 1. It goes with the transaction.
const WRITE_LOCK: &str = "SELECT pg_advisory_xact_lock(1414087769, 1)";

/// Tells a job's caller how it ended, once it is known whether the group's commit held.
type Answer = Box<dyn FnOnce(Result<(), &DbErr>) + Send>;
/// An error out of a job is of the transaction, not of the job.
type Job =
    Box<dyn for<'c> FnOnce(&'c DatabaseTransaction) -> BoxFuture<'c, Result<Answer, DbErr>> + Send>;

enum Message {
    Job(Job),
    Renew,
    Finish(oneshot::Sender<()>),
}

#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Message>,
    commits: watch::Receiver<u64>,
}

/// The writer's one connection, and how to make it again.
struct Line {
    connection: DatabaseConnection,
    options: ConnectOptions,
    patience: Duration,
}

impl Writer {
    /// Connects at once, so that a database that is not there is told of at the start.
    pub(super) async fn start(
        options: ConnectOptions,
        patience: Duration,
    ) -> Result<Writer, DbErr> {
        let (jobs, receive) = mpsc::channel(QUEUE);
        let (committed, commits) = watch::channel(0);
        let line = Line {
            connection: Database::connect(options.clone()).await?,
            options,
            patience,
        };
        tokio::spawn(serve(line, receive, committed));
        Ok(Writer { jobs, commits })
    }

    /// Whether it takes nothing any more.
    pub(super) fn has_ended(&self) -> bool {
        self.jobs.is_closed()
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
        let deadline = deadline::current();
        let job: Job = Box::new(move |transaction| {
            async move {
                // What its caller has been told is late must not happen after all.
                let result = match deadline {
                    Some(deadline) if deadline::passed(deadline) => Err(deadline::error()),
                    _ => in_savepoint(transaction, &job).await?,
                };
                let answer: Answer = Box::new(move |commit| {
                    // A refusal does not stand either: what it rests on may be the work of a job before it that is
                    // rolled back with the group.
                    let answer = match commit {
                        Ok(()) => result,
                        Err(error) => Err(Error::unavailable(error.to_string())),
                    };
                    // A caller that went away does not hear the answer; its work stands all the same.
                    let _gone = send.send(answer);
                });
                Ok(answer)
            }
            .boxed()
        });
        queue(&self.jobs, Message::Job(job), deadline.is_some()).await?;
        receive
            .await
            .map_err(|_| Error::unavailable("the group of writes was cut off"))?
    }

    /// Gives up its connection, which knows the tables as they were. Jobs that come later have a fresh one.
    pub(super) async fn renew(&self) {
        // A writer that has ended has none.
        let _ended = self.jobs.send(Message::Renew).await;
    }

    pub(super) async fn finish(&self) {
        let (send, receive) = oneshot::channel();
        if self.jobs.send(Message::Finish(send)).await.is_ok() {
            let _ended = receive.await;
        }
    }
}

/// Puts it into a queue for the database. Where that is full, work for which somebody waits is refused.
pub(super) async fn queue<M>(
    to: &mpsc::Sender<M>,
    message: M,
    somebody_waits: bool,
) -> Result<(), Error> {
    let ended = || Error::unavailable("the writer has ended");
    if !somebody_waits {
        return to.send(message).await.map_err(|_| ended());
    }
    to.try_send(message).map_err(|error| match error {
        TrySendError::Full(_) => {
            Error::busy("too many wait for the database; nothing was done, try again in a second")
        }
        TrySendError::Closed(_) => ended(),
    })
}

async fn serve(mut line: Line, mut queue: mpsc::Receiver<Message>, committed: watch::Sender<u64>) {
    let mut group = Vec::with_capacity(GROUP);
    while let Some(message) = queue.recv().await {
        let (mut finish, mut renew) = (None, false);
        let mut next = Some(message);
        while let Some(message) = next {
            match message {
                Message::Job(job) => group.push(job),
                Message::Renew => renew = true,
                Message::Finish(done) => finish = Some(done),
            }
            let full = group.len() == GROUP || finish.is_some();
            next = if full { None } else { queue.try_recv().ok() };
        }
        let jobs = std::mem::take(&mut group);
        if !jobs.is_empty() {
            if line.commit(jobs).await {
                committed.send_modify(|commits| *commits += 1);
            } else {
                renew = true;
            }
        }
        if renew {
            line.renew().await;
        }
        if let Some(done) = finish {
            let closed = line.connection.close().await;
            if let Err(error) = closed {
                tracing::error!(error.source = %error, "the database was not closed in order");
            }
            let _gone = done.send(());
            return;
        }
    }
}

impl Line {
    /// Runs the group in a task of its own, so that neither a panic nor a silent server ends the writer. Says whether the
    /// group was committed.
    async fn commit(&self, jobs: Vec<Job>) -> bool {
        let mut group = tokio::spawn(commit_group(self.connection.clone(), jobs));
        match timeout(self.patience, &mut group).await {
            Ok(Ok(committed)) => committed,
            Ok(Err(panic)) => {
                tracing::error!(error.source = %panic, "a group of writes panicked");
                false
            }
            // Whether it will be committed nobody can know. Its connection is given up, so that nobody works on in it.
            Err(_) => {
                tracing::error!("the database does not answer; a group of writes is given up");
                group.abort();
                false
            }
        }
    }

    /// Gives the connection up. The fresh one is made when it is needed, so that this cannot fail for want of a server.
    async fn renew(&mut self) {
        let mut options = self.options.clone();
        options.connect_lazy(true);
        match Database::connect(options).await {
            Ok(fresh) => {
                let old = std::mem::replace(&mut self.connection, fresh);
                // It may hang on a server that does not answer, and nothing depends on it.
                tokio::spawn(old.close());
            }
            Err(error) => tracing::error!(error.source = %error, "no fresh connection was made"),
        }
    }
}

/// Runs the jobs and answers each after the commit. Says whether that held.
async fn commit_group(connection: DatabaseConnection, jobs: Vec<Job>) -> bool {
    let transaction = match begin(&connection).await {
        Ok(transaction) => transaction,
        // The jobs are dropped unrun, and each caller hears that the writer could not answer.
        Err(error) => {
            tracing::error!(error.source = %error, "no transaction was begun");
            return false;
        }
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
    ended.is_ok()
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
        if attempt < ATTEMPTS && failure::collided(error) {
            attempt += 1;
            continue;
        }
        // A database that is away for one is away for all: the others are not to wait as long, one after the other.
        if error.reason == Reason::Unavailable {
            let source = error.source.as_ref().map(ToString::to_string);
            return Err(DbErr::Custom(source.unwrap_or_else(|| error.to_string())));
        }
        return Ok(result);
    }
}
