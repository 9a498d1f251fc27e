//! What is written or read together: each item for itself, whatever the others are.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::future::join_all;
use sea_orm::{ConnectionTrait, Statement};

use super::{count, insert, scene};
use crate::{
    db::{
        Db,
        together::{MOST, Together},
    },
    error::{Error, Reason},
};

/// Writes lines. A negative number is refused by itself. `jobs` counts the jobs that were run to their end.
fn lines(db: &Db, jobs: &Arc<AtomicUsize>) -> Together<i64, i64> {
    let jobs = jobs.clone();
    Together::writing(db.clone(), move |transaction, ids| {
        let jobs = jobs.clone();
        Box::pin(async move {
            let mut ended = Vec::new();
            for id in ids {
                if **id < 0 {
                    ended.push(Err(Error::new(Reason::FactTwice, "on purpose")));
                    continue;
                }
                insert(transaction, **id).await?;
                ended.push(Ok(**id));
            }
            jobs.fetch_add(1, Ordering::SeqCst);
            Ok(ended)
        })
    })
}

#[tokio::test]
async fn many_items_go_in_few_jobs_and_each_caller_hears_of_its_own() {
    let scene = scene().await;
    let jobs = Arc::new(AtomicUsize::new(0));
    let lines = lines(&scene.db, &jobs);
    let ids = (0..1_000).map(|number| if number % 10 == 9 { -number } else { number });
    let ids: Vec<i64> = ids.collect();
    let writes = ids.iter().map(|id| lines.run(*id));
    for (id, result) in ids.iter().zip(join_all(writes).await) {
        match result {
            Ok(written) => assert_eq!(written, *id),
            Err(error) => assert!(*id < 0 && error.reason == Reason::FactTwice, "{id}"),
        }
    }
    assert_eq!(count(&scene.db).await, 900);
    let jobs = jobs.load(Ordering::SeqCst);
    assert!((1_000 / MOST..100).contains(&jobs), "{jobs}");
}

#[tokio::test]
async fn an_item_that_breaks_its_job_stops_no_other() {
    let scene = scene().await;
    let lines = lines(&scene.db, &Arc::default());
    lines.run(7).await.unwrap();
    let written = join_all((0..100).map(|id| lines.run(id))).await;
    for (id, result) in written.into_iter().enumerate() {
        let expected = if id == 7 {
            Err(Reason::Internal)
        } else {
            Ok(id as i64)
        };
        assert_eq!(result.map_err(|error| error.reason), expected);
    }
    assert_eq!(count(&scene.db).await, 100);
}

#[tokio::test]
async fn a_caller_that_goes_away_is_written_all_the_same() {
    let scene = scene().await;
    let lines = lines(&scene.db, &Arc::default());
    for id in 0..50 {
        let write = lines.run(id);
        tokio::select! {
            biased;
            done = write => { done.unwrap(); }
            () = tokio::task::yield_now() => {}
        }
    }
    // Items keep their order, so all before this one are written by then.
    lines.run(50).await.unwrap();
    assert_eq!(count(&scene.db).await, 51);
}

/// Reads whether a line is there. On a negative number it panics.
fn looks(db: &Db, jobs: &Arc<AtomicUsize>) -> Together<i64, bool> {
    let jobs = jobs.clone();
    Together::reading(db.clone(), move |connection, ids| {
        let jobs = jobs.clone();
        Box::pin(async move {
            jobs.fetch_add(1, Ordering::SeqCst);
            assert!(ids.iter().all(|id| **id >= 0), "on purpose");
            let text = "SELECT id FROM line";
            let select = Statement::from_string(connection.get_database_backend(), text);
            let rows = connection.query_all_raw(select).await?;
            let there: Result<Vec<i64>, _> =
                rows.iter().map(|row| row.try_get_by_index(0)).collect();
            let there = there?;
            Ok(ids.iter().map(|id| Ok(there.contains(id))).collect())
        })
    })
}

#[tokio::test]
async fn what_was_committed_before_it_was_asked_for_is_seen_by_few_reads() {
    let scene = scene().await;
    let jobs = Arc::new(AtomicUsize::new(0));
    let (lines, looks) = (lines(&scene.db, &Arc::default()), looks(&scene.db, &jobs));
    let asks = (0..200).map(|id| {
        let (lines, looks) = (&lines, &looks);
        async move {
            assert!(!looks.run(id).await.unwrap(), "{id} is not written yet");
            lines.run(id).await.unwrap();
            assert!(looks.run(id).await.unwrap(), "{id} was written");
        }
    });
    join_all(asks).await;
    let jobs = jobs.load(Ordering::SeqCst);
    assert!(jobs < 100, "{jobs} reads for 400 questions");
}

#[tokio::test]
async fn a_question_on_which_a_read_panics_is_answered_and_stops_no_other() {
    let scene = scene().await;
    let looks = looks(&scene.db, &Arc::default());
    for _ in 0..5 {
        let asked = [1, -1, 2, -2, 3];
        let answers = join_all(asked.map(|id| looks.run(id))).await;
        for (id, answer) in asked.into_iter().zip(answers) {
            let expected = if id < 0 {
                Err(Reason::Internal)
            } else {
                Ok(false)
            };
            assert_eq!(answer.map_err(|error| error.reason), expected, "{id}");
        }
    }
}
