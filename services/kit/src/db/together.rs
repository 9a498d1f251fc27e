//! Work of one kind that many callers have at once, done by statements of many rows: they write together, or read together.
//! What waits when a job has ended goes into the next one; whoever comes alone has a job of its own at once.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use sea_orm::{DatabaseConnection, DatabaseTransaction};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
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
/// Jobs that read at once: while one waits for a thing of unusual size, the other goes on.
const READERS: usize = 2;

/// What each of the items came to, in their order. An error of one leaves nothing of it behind and does not concern the
/// others; an error of the job concerns all, and each is then done by itself.
pub type Ended<A> = Result<Vec<Result<A, Error>>, Error>;

/// Does items at once.
type Job<T, A> = Arc<dyn Fn(Vec<Item<T>>) -> BoxFuture<'static, Ended<A>> + Send + Sync>;
type Queue<T, A> = Arc<Mutex<mpsc::Receiver<Waiting<T, A>>>>;

/// Takes items; clones share the queue.
pub struct Together<T, A>(mpsc::Sender<Waiting<T, A>>);

struct Waiting<T, A> {
    item: Item<T>,
    answer: oneshot::Sender<Result<A, Error>>,
}

struct Item<T> {
    told: Arc<T>,
    /// What its caller has been told is late is not done after all.
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
    /// `job` writes items within one transaction; `Db::write` says what it may do. Whoever gives an item hears of it after
    /// the commit is durable.
    pub fn writing<F>(db: Db, job: F) -> Together<T, A>
    where
        F: for<'c> Fn(&'c DatabaseTransaction, &'c [Arc<T>]) -> BoxFuture<'c, Ended<A>>
            + Send
            + Sync
            + 'static,
    {
        let job = Arc::new(job);
        let write = move |items: Vec<Item<T>>| -> BoxFuture<'static, Ended<A>> {
            let (db, shared) = (db.clone(), Arc::new((job.clone(), items)));
            Box::pin(async move {
                db.write(move |transaction| {
                    let shared = shared.clone();
                    Box::pin(async move {
                        let (job, items) = &*shared;
                        let turn = Turn::of(items);
                        let results = job(transaction, &turn.in_time).await?;
                        turn.ended(results)
                    })
                })
                .await
            })
        };
        // There is one writer, and items keep their order.
        Together::new(1, Arc::new(write))
    }

    /// `job` reads items. What was committed before an item was given is seen.
    pub fn reading<F>(db: Db, job: F) -> Together<T, A>
    where
        F: for<'c> Fn(&'c DatabaseConnection, &'c [Arc<T>]) -> BoxFuture<'c, Ended<A>>
            + Send
            + Sync
            + 'static,
    {
        let job = Arc::new(job);
        let read = move |items: Vec<Item<T>>| -> BoxFuture<'static, Ended<A>> {
            let (db, job) = (db.clone(), job.clone());
            Box::pin(async move {
                let turn = Turn::of(&items);
                let results = job(db.read(), &turn.in_time).await?;
                turn.ended(results)
            })
        };
        Together::new(READERS, Arc::new(read))
    }

    fn new(lines: usize, job: Job<T, A>) -> Together<T, A> {
        let (send, receive) = mpsc::channel(QUEUE);
        let queue = Arc::new(Mutex::new(receive));
        for _ in 0..lines {
            tokio::spawn(serve(job.clone(), queue.clone()));
        }
        Together(send)
    }

    /// What the item came to. It is done even if the caller goes away.
    pub async fn run(&self, item: T) -> Result<A, Error> {
        let (answer, receive) = oneshot::channel();
        let item = Item {
            told: Arc::new(item),
            deadline: deadline::current(),
        };
        let somebody_waits = item.deadline.is_some();
        writer::queue(&self.0, Waiting { item, answer }, somebody_waits).await?;
        let ended = || Error::unavailable("the queue has ended");
        receive.await.map_err(|_| ended())?
    }
}

/// The items whose turn has come.
struct Turn<T> {
    in_time: Vec<Arc<T>>,
    /// Of each of all items, whether its caller has been told that it is late.
    late: Vec<bool>,
}

impl<T> Turn<T> {
    fn of(items: &[Item<T>]) -> Turn<T> {
        let is_late = |item: &Item<T>| item.deadline.is_some_and(deadline::passed);
        let late: Vec<bool> = items.iter().map(is_late).collect();
        let in_time = items.iter().zip(&late).filter(|(_, late)| !**late);
        Turn {
            in_time: in_time.map(|(item, _)| item.told.clone()).collect(),
            late,
        }
    }

    /// What those in time came to, with what the others are told.
    fn ended<A>(self, results: Vec<Result<A, Error>>) -> Ended<A> {
        let mut results = results.into_iter();
        let ended = self.late.into_iter().map(|late| match late {
            true => Some(Err(deadline::error())),
            false => results.next(),
        });
        let ended: Option<Vec<_>> = ended.collect();
        ended.ok_or_else(|| Error::internal("a job did not say what each of its items came to"))
    }
}

async fn serve<T, A>(job: Job<T, A>, queue: Queue<T, A>)
where
    T: Send + Sync + 'static,
    A: Send + 'static,
{
    let mut waiting = Vec::with_capacity(MOST);
    while next(&queue, &mut waiting).await {
        let (items, answers): (Vec<_>, Vec<_>) = waiting
            .drain(..)
            .map(|one: Waiting<T, A>| (one.item, one.answer))
            .unzip();
        for (result, answer) in done(&job, items).await.into_iter().zip(answers) {
            // A caller that went away does not hear the answer; its work stands all the same.
            let _gone = answer.send(result);
        }
    }
}

/// Takes what waits; `false` when nobody is left to give anything.
async fn next<T>(queue: &Mutex<mpsc::Receiver<T>>, waiting: &mut Vec<T>) -> bool {
    let mut queue = queue.lock().await;
    if queue.recv_many(waiting, MOST).await == 0 {
        return false;
    }
    // Calls that have arrived and were not looked at yet come along. Whoever is alone waits for nobody.
    tokio::task::yield_now().await;
    while waiting.len() < MOST
        && let Ok(one) = queue.try_recv()
    {
        waiting.push(one);
    }
    true
}

/// Does the items in one job, or each in one of its own where they do not go together.
async fn done<T, A>(job: &Job<T, A>, items: Vec<Item<T>>) -> Vec<Result<A, Error>>
where
    T: Send + Sync + 'static,
    A: Send + 'static,
{
    let count = items.len();
    let error = match unless_it_panics(job, items.clone()).await {
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
        let mut results = unless_it_panics(job, vec![item]).await?;
        results.remove(0)
    });
    join_all(alone).await
}

/// A panic is an error of the job, and the queue goes on.
async fn unless_it_panics<T, A>(job: &Job<T, A>, items: Vec<Item<T>>) -> Ended<A> {
    let ran = AssertUnwindSafe(async { job(items).await })
        .catch_unwind()
        .await;
    ran.unwrap_or_else(|_| Err(Error::internal("a job of many callers panicked")))
}
