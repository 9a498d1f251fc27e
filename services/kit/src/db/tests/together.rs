//! What is written or read together: each item for itself, whatever the others are.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures::future::join_all;

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
