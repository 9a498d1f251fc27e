//! What the writer promises: all or nothing, each job for itself, and work that ends whoever goes away.

mod faults;
mod together;

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use tempfile::TempDir;

use std::{pin::pin, sync::Arc, time::Duration};

use futures::{FutureExt, future::join_all, poll};
use tokio::{sync::Semaphore, time::Instant};

use super::Db;
use crate::{
    deadline,
    error::{Error, Reason},
};

struct Scene {
    db: Db,
    _folder: TempDir,
}

async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let db = crate::db::testing::open(folder.path()).await;
    db.read()
        .execute_unprepared("CREATE TABLE line (id BIGINT PRIMARY KEY, words TEXT NOT NULL)")
        .await
        .unwrap();
    Scene {
        db,
        _folder: folder,
    }
}

async fn insert(transaction: &DatabaseTransaction, id: i64) -> Result<(), Error> {
    let sql = format!("INSERT INTO line (id, words) VALUES ({id}, 'hello')");
    transaction.execute_unprepared(&sql).await?;
    Ok(())
}

async fn count(db: &Db) -> i64 {
    let sql = sea_orm::Statement::from_string(
        db.read().get_database_backend(),
        "SELECT COUNT(*) AS n FROM line",
    );
    let row = db.read().query_one_raw(sql).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

#[tokio::test]
async fn many_writers_are_all_answered_and_each_row_is_there() {
    let scene = scene().await;
    let jobs = (0..500).map(|id| {
        let db = scene.db.clone();
        tokio::spawn(async move {
            db.write(move |transaction| Box::pin(insert(transaction, id)))
                .await
        })
    });
    for job in futures::future::join_all(jobs).await {
        job.unwrap().unwrap();
    }
    assert_eq!(count(&scene.db).await, 500);
}

#[tokio::test]
async fn a_job_that_fails_or_panics_takes_its_own_rows_back_and_nobody_elses() {
    let scene = scene().await;
    let good = scene
        .db
        .write(|transaction| Box::pin(insert(transaction, 1)));
    let failing = scene.db.write(|transaction| {
        Box::pin(async move {
            insert(transaction, 2).await?;
            Err::<(), _>(Error::new(Reason::FactTwice, "on purpose"))
        })
    });
    let twice = scene.db.write(|transaction| {
        Box::pin(async move {
            insert(transaction, 3).await?;
            insert(transaction, 3).await
        })
    });
    let panicking = scene.db.write::<(), _>(|transaction| {
        Box::pin(async move {
            insert(transaction, 4).await?;
            panic!("on purpose")
        })
    });
    let (good, failing, twice, panicking) = futures::join!(good, failing, twice, panicking);
    good.unwrap();
    assert_eq!(failing.unwrap_err().reason, Reason::FactTwice);
    assert_eq!(twice.unwrap_err().reason, Reason::Internal);
    assert_eq!(panicking.unwrap_err().reason, Reason::Internal);
    assert_eq!(count(&scene.db).await, 1);
    scene
        .db
        .write(|transaction| Box::pin(insert(transaction, 5)))
        .await
        .unwrap();
    assert_eq!(count(&scene.db).await, 2);
}

#[tokio::test]
async fn callers_that_go_away_leave_nothing_half_written() {
    let scene = scene().await;
    for round in 0..200 {
        let db = scene.db.clone();
        let write = db.write(move |transaction| {
            Box::pin(async move {
                insert(transaction, round * 2).await?;
                tokio::task::yield_now().await;
                insert(transaction, round * 2 + 1).await
            })
        });
        tokio::select! {
            biased;
            done = write => done.unwrap(),
            () = tokio::task::yield_now() => {}
        }
    }
    scene
        .db
        .write(|transaction| Box::pin(insert(transaction, -1)))
        .await
        .unwrap();
    assert_eq!(count(&scene.db).await % 2, 1, "pairs, and the last one");
}

#[tokio::test]
async fn what_was_answered_is_there_after_the_file_was_closed_and_opened() {
    let scene = scene().await;
    scene
        .db
        .write(|transaction| Box::pin(insert(transaction, 1)))
        .await
        .unwrap();
    scene.db.clone().close().await.unwrap();
    assert_eq!(
        count(&crate::db::testing::open(scene._folder.path()).await).await,
        1
    );
    let after = scene
        .db
        .write(|transaction| Box::pin(insert(transaction, 2)))
        .await;
    assert_eq!(after.unwrap_err().reason, Reason::Unavailable);
}

/// The writer, at work on a job that ends when the gate is opened.
struct Held {
    gate: Arc<Semaphore>,
    job: tokio::task::JoinHandle<Result<(), Error>>,
}

impl Held {
    async fn new(db: &Db) -> Held {
        let (gate, begun) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (opened, begins, db) = (gate.clone(), begun.clone(), db.clone());
        let job = tokio::spawn(async move {
            db.write(move |_| {
                let (opened, begins) = (opened.clone(), begins.clone());
                Box::pin(async move {
                    begins.add_permits(1);
                    opened.acquire().await.unwrap().forget();
                    Ok(())
                })
            })
            .await
        });
        begun.acquire().await.unwrap().forget();
        Held { gate, job }
    }

    async fn open(self) {
        self.gate.add_permits(1);
        self.job.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_begun() {
    let scene = scene().await;
    let held = Held::new(&scene.db).await;
    let write = |id| {
        scene
            .db
            .write(move |transaction| Box::pin(insert(transaction, id)))
    };
    let mut late = pin!(deadline::within(Instant::now(), write(1)));
    let hour = Duration::from_secs(3_600);
    let mut in_time = pin!(deadline::within(Instant::now() + hour, write(2)));
    assert!(poll!(&mut late).is_pending() && poll!(&mut in_time).is_pending());
    held.open().await;
    assert_eq!(late.await.unwrap_err().reason, Reason::Deadline);
    in_time.await.unwrap();
    assert_eq!(count(&scene.db).await, 1);
}

#[tokio::test]
async fn a_call_that_finds_the_queue_full_is_told_so_and_the_servers_own_work_waits() {
    let scene = scene().await;
    let held = Held::new(&scene.db).await;
    let write = |id| {
        scene
            .db
            .write(move |transaction| Box::pin(insert(transaction, id)))
    };
    let until = Instant::now() + Duration::from_secs(3_600);
    let queue = 1_024;
    let mut waiting = Vec::new();
    for id in 0..queue {
        let mut call = deadline::within(until, write(id)).boxed();
        assert!(poll!(&mut call).is_pending());
        waiting.push(call);
    }
    let refused = deadline::within(until, write(queue)).await.unwrap_err();
    assert_eq!(refused.reason, Reason::Busy);
    assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
    let mut own = write(queue + 1).boxed();
    assert!(poll!(&mut own).is_pending());
    waiting.push(own);
    held.open().await;
    for answer in join_all(waiting).await {
        answer.unwrap();
    }
    assert_eq!(count(&scene.db).await, queue + 1);
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_ended_by_the_server() {
    let folder = tempfile::tempdir().unwrap();
    // SQLite ends no query, a call's own time does: this is for the run on PostgreSQL.
    let Some(mut server) = crate::db::testing::postgres(folder.path()).await else {
        return;
    };
    server.longest_query = Duration::from_millis(50);
    let db = Db::connect(&server).await.unwrap();
    let slept = db.read().execute_unprepared("SELECT pg_sleep(60)").await;
    assert_eq!(Error::from(slept.unwrap_err()).reason, Reason::Deadline);
    db.close().await.unwrap();
}
