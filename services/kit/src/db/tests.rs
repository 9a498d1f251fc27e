//! What the writer promises: all or nothing, each job for itself, and work that ends whoever goes away.

mod faults;
mod together;

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use tempfile::TempDir;

use super::Db;
use crate::error::{Error, Reason};

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
