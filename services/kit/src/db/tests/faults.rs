//! What the writer does when the database fails it: whoever was in the group hears that it may be tried again, nothing of
//! the group is there, and the next group is written as if nothing had been.

use std::{process::Command, sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend};
use tokio::sync::Notify;

use super::{count, insert, scene};
use crate::{
    db::{Db, Server, testing::Postgres},
    error::{Error, Reason},
};

/// What everybody hears of a fault: that it passes, and when to come again.
fn passes<T: std::fmt::Debug>(answer: Result<T, Error>) {
    let error = answer.unwrap_err();
    assert_eq!(error.reason, Reason::Unavailable, "{error:?}");
    assert!(error.retry_after.is_some());
}

async fn write(db: &Db, id: i64) -> Result<(), Error> {
    db.write(move |transaction| Box::pin(insert(transaction, id)))
        .await
}

/// Lets the file grow no further, as a full disk would, and writes until it should.
async fn fill(transaction: &DatabaseTransaction) -> Result<(), Error> {
    transaction
        .execute_unprepared("PRAGMA max_page_count = 1")
        .await?;
    let text = "x".repeat(4_096);
    for id in 1_000..1_100 {
        let sql = format!("INSERT INTO line (id, words) VALUES ({id}, '{text}')");
        transaction.execute_unprepared(&sql).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_disk_that_is_full_fails_the_group_and_nothing_after_it() {
    let scene = scene().await;
    if scene.db.read().get_database_backend() != DbBackend::Sqlite {
        return;
    }
    for round in 0..5 {
        let before = count(&scene.db).await;
        let full = scene
            .db
            .write(|transaction| Box::pin(async move { fill(transaction).await }));
        let (beside, full, after) = futures::join!(
            write(&scene.db, round * 10),
            full,
            write(&scene.db, round * 10 + 1)
        );
        passes(full);
        let kept = i64::from(beside.is_ok()) + i64::from(after.is_ok());
        for one in [beside, after] {
            if one.is_err() {
                passes(one);
            }
        }
        assert_eq!(count(&scene.db).await, before + kept);
        write(&scene.db, round * 10 + 2).await.unwrap();
        assert_eq!(count(&scene.db).await, before + kept + 1);
    }
}

/// What a job that was refused saw may be rolled back with the group, so its refusal is none.
#[tokio::test]
async fn a_refusal_does_not_outlive_the_group_that_it_rests_on() {
    let scene = scene().await;
    if scene.db.read().get_database_backend() != DbBackend::Sqlite {
        return;
    }
    let first = write(&scene.db, 1);
    let refused = scene.db.write::<(), _>(|transaction| {
        Box::pin(async move {
            insert(transaction, 2).await?;
            Err(Error::new(Reason::AlreadyExists, "for the first is there"))
        })
    });
    let full = scene
        .db
        .write(|transaction| Box::pin(async move { fill(transaction).await }));
    let (first, refused, full) = futures::join!(first, refused, full);
    passes(first);
    passes(refused);
    passes(full);
    assert_eq!(count(&scene.db).await, 0);
}

#[tokio::test]
async fn whoever_waits_too_long_for_anothers_lock_is_told_to_come_again() {
    let scene = scene().await;
    let other = crate::db::testing::open(scene._folder.path()).await;
    let (begun, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, ends) = (begun.clone(), done.clone());
    let holding = tokio::spawn(async move {
        let held = other.write(move |transaction| {
            let (begins, ends) = (begins.clone(), ends.clone());
            Box::pin(async move {
                insert(transaction, 1).await?;
                begins.notify_one();
                ends.notified().await;
                Ok(())
            })
        });
        held.await
    });
    begun.notified().await;
    passes(write(&scene.db, 2).await);
    assert_eq!(count(&scene.db).await, 0);
    done.notify_one();
    holding.await.unwrap().unwrap();
    write(&scene.db, 3).await.unwrap();
    assert_eq!(count(&scene.db).await, 2);
}

/// A PostgreSQL of the test's own, with a database that gives a silent server two seconds.
async fn own() -> Option<(Postgres, Db)> {
    if crate::db::testing::is_again() {
        return None;
    }
    let postgres = match Postgres::start(&[]) {
        Ok(postgres) => postgres,
        Err(why) => {
            println!("skipped: {why}");
            return None;
        }
    };
    let server = Server {
        url: format!("{}/postgres", postgres.url),
        readers: 1,
        longest_query: Duration::from_secs(60),
    };
    let db = Db::connect_patiently(&server, Duration::from_secs(2))
        .await
        .unwrap();
    db.read()
        .execute_unprepared("CREATE TABLE line (id BIGINT PRIMARY KEY, words TEXT NOT NULL)")
        .await
        .unwrap();
    Some((postgres, db))
}

/// The process that serves the transaction.
async fn serving(transaction: &DatabaseTransaction) -> Result<i32, Error> {
    let sql = sea_orm::Statement::from_string(DbBackend::Postgres, "SELECT pg_backend_pid()");
    let row = transaction.query_one_raw(sql).await?.unwrap();
    Ok(row.try_get_by_index(0)?)
}

fn signal(name: &str, process: i32) {
    let sent = Command::new("kill")
        .args([name, &process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[tokio::test]
async fn a_server_that_falls_silent_in_a_group_holds_nobody_for_ever() {
    let Some((_postgres, db)) = own().await else {
        return;
    };
    let silent = Arc::new(std::sync::Mutex::new(0));
    let told = silent.clone();
    let cut = db.write(move |transaction| {
        let told = told.clone();
        Box::pin(async move {
            insert(transaction, 1).await?;
            let process = serving(transaction).await?;
            *told.lock().unwrap() = process;
            signal("-STOP", process);
            insert(transaction, 2).await
        })
    });
    passes(cut.await);
    let process = *silent.lock().unwrap();
    signal("-CONT", process);
    write(&db, 3).await.unwrap();
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_server_that_dies_in_a_group_is_found_again_when_it_is_back() {
    let Some((mut postgres, db)) = own().await else {
        return;
    };
    write(&db, 1).await.unwrap();
    let (begun, killed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, goes_on) = (begun.clone(), killed.clone());
    let cut = db.write(move |transaction| {
        let (begins, goes_on) = (begins.clone(), goes_on.clone());
        Box::pin(async move {
            insert(transaction, 2).await?;
            begins.notify_one();
            goes_on.notified().await;
            insert(transaction, 3).await
        })
    });
    let kill = async {
        begun.notified().await;
        postgres.kill();
        killed.notify_one();
    };
    let (cut, ()) = futures::join!(cut, kill);
    passes(cut);
    // While it is away.
    passes(write(&db, 4).await);
    postgres.start_again();
    write(&db, 5).await.unwrap();
    assert_eq!(count(&db).await, 2);
}
