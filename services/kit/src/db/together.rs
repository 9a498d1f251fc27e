//! Work of one kind that many callers have at once, written in statements of many rows. What waits when a transaction has
//! ended goes into the next one together; whoever comes alone is written at once and alone.

use std::sync::Arc;

use futures::future::{BoxFuture, join_all};
use sea_orm::DatabaseTransaction;
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

use super::{Db, writer};
use crate::{
    deadline,
    error::{Error, Reason},
};

/// Items that wait at most.
const QUEUE: usize = 1_024;
/// Items of one job at most.
pub const MOST: usize = 128;

/// What each of the items came to, in their order. An error of one leaves nothing of it behind and does not concern the
/// others; an error of the job concerns all, and each is then written by itself.
pub type Ended<A> = Result<Vec<Result<A, Error>>, Error>;

/// Writes items within one transaction.
type Job<T, A> = Arc<
    dyn for<'c> Fn(&'c DatabaseTransaction, &'c [Arc<T>]) -> BoxFuture<'c, Ended<A>> + Send + Sync,
>;

/// Takes items; clones share the queue.
pub struct Together<T, A>(mpsc::Sender<Waiting<T, A>>);

struct Waiting<T, A> {
    item: Item<T>,
    answer: oneshot::Sender<Result<A, Error>>,
}

struct Item<T> {
    told: Arc<T>,
    /// What its caller has been told is late must not happen after all.
    deadline: Option<Instant>,
}

impl<T> Clone for Item<T> {
    fn clone(&self) -> Item<T> {
        Item {
            told: self.told.clone(),
            deadline: self.deadline,
        }
    }
}

impl<T, A> Clone for Together<T, A> {
    fn clone(&self) -> Together<T, A> {
        Together(self.0.clone())
    }
}

impl<T, A> Together<T, A>
where
    T: Send + Sync + 'static,
    A: Send + 'static,
{
    /// `job` writes items within one transaction; `Db::write` says what it may do.
    pub fn new<F>(db: Db, job: F) -> Together<T, A>
    where
        F: for<'c> Fn(&'c DatabaseTransaction, &'c [Arc<T>]) -> BoxFuture<'c, Ended<A>>
            + Send
            + Sync
            + 'static,
    {
        let (send, receive) = mpsc::channel(QUEUE);
        tokio::spawn(serve(db, Arc::new(job), receive));
        Together(send)
    }

    /// Answers after the commit is durable. The item is written even if the caller goes away.
    pub async fn write(&self, item: T) -> Result<A, Error> {
        let (answer, receive) = oneshot::channel();
        let item = Item {
            told: Arc::new(item),
            deadline: deadline::current(),
        };
        let somebody_waits = item.deadline.is_some();
        writer::queue(&self.0, Waiting { item, answer }, somebody_waits).await?;
        let ended = || Error::unavailable("the writer has ended");
        receive.await.map_err(|_| ended())?
    }
}

async fn serve<T, A>(db: Db, job: Job<T, A>, mut queue: mpsc::Receiver<Waiting<T, A>>)
where
    T: Send + Sync + 'static,
    A: Send + 'static,
{
    let mut waiting = Vec::with_capacity(MOST);
    while queue.recv_many(&mut waiting, MOST).await > 0 {
        let (items, answers): (Vec<_>, Vec<_>) = waiting
            .drain(..)
            .map(|one: Waiting<T, A>| (one.item, one.answer))
            .unzip();
        for (result, answer) in written(&db, &job, items).await.into_iter().zip(answers) {
            // A caller that went away does not hear the answer; its work stands all the same.
            let _gone = answer.send(result);
        }
    }
}

/// Writes the items in one job, or each in one of its own where they do not go together.
async fn written<T, A>(db: &Db, job: &Job<T, A>, items: Vec<Item<T>>) -> Vec<Result<A, Error>>
where
    T: Send + Sync + 'static,
    A: Send + 'static,
{
    let count = items.len();
    let error = match run(db, job, items.clone()).await {
        Ok(results) => return results,
        Err(error) => error,
    };
    if count == 1 {
        return vec![Err(error)];
    }
    // A database that is away for all is away for each.
    if error.reason == Reason::Unavailable {
        let cause = error.cause();
        return (0..count)
            .map(|_| Err(Error::unavailable(cause.clone())))
            .collect();
    }
    let alone = items.into_iter().map(|item| async {
        let mut results = run(db, job, vec![item]).await?;
        results.remove(0)
    });
    join_all(alone).await
}

async fn run<T, A>(db: &Db, job: &Job<T, A>, items: Vec<Item<T>>) -> Ended<A>
where
    T: Send + Sync + 'static,
    A: Send + 'static,
{
    let shared = Arc::new((job.clone(), items));
    db.write(move |transaction| {
        let shared = shared.clone();
        Box::pin(async move {
            let (job, items) = &*shared;
            let is_late = |item: &Item<T>| item.deadline.is_some_and(deadline::passed);
            let late: Vec<bool> = items.iter().map(is_late).collect();
            let in_time = items.iter().zip(&late).filter(|(_, late)| !**late);
            let in_time: Vec<Arc<T>> = in_time.map(|(item, _)| item.told.clone()).collect();
            let mut results = job(transaction, &in_time).await?.into_iter();
            let ended = late.into_iter().map(|late| match late {
                true => Some(Err(deadline::error())),
                false => results.next(),
            });
            let ended: Option<Vec<_>> = ended.collect();
            ended.ok_or_else(|| Error::internal("a job did not say what each of its items came to"))
        })
    })
    .await
}
