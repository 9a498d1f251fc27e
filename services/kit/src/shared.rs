//! Reads that callers share. Whoever asks while a read is under way waits for the next one, which answers all who asked
//! before it began: nobody is told what was true before they asked, and many callers at once cost two reads.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Mutex as Turn;

use crate::error::{Error, Reason};

/// Keys that are kept at most; behind that they are all forgotten.
const MOST_KEPT: usize = 1_000;

/// Reads of one kind, by what is read; clones share them.
pub struct Shared<K, V> {
    lines: Arc<Mutex<Lines<K, V>>>,
    clock: Arc<AtomicU64>,
}

type Lines<K, V> = HashMap<K, Arc<Turn<Option<Read<V>>>>>;

/// The last read of a key.
struct Read<V> {
    began: u64,
    /// Or why the database was away, which it is for all.
    found: Result<V, String>,
}

impl<K, V> Clone for Shared<K, V> {
    fn clone(&self) -> Shared<K, V> {
        Shared {
            lines: self.lines.clone(),
            clock: self.clock.clone(),
        }
    }
}

impl<K, V> Default for Shared<K, V> {
    fn default() -> Shared<K, V> {
        Shared {
            lines: Arc::default(),
            clock: Arc::default(),
        }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Shared<K, V> {
    /// What a read that began after this call finds: another caller's, or else `read`. A caller that goes away in the
    /// middle of its read leaves the turn to the next.
    pub async fn read<F>(&self, key: &K, read: impl FnOnce() -> F) -> Result<V, Error>
    where
        F: Future<Output = Result<V, Error>>,
    {
        let asked = self.now();
        let line = self.line(key);
        let mut last = line.lock().await;
        if let Some(last) = last.as_ref().filter(|last| last.began > asked) {
            let found = last.found.clone();
            return found.map_err(Error::unavailable);
        }
        let began = self.now();
        let found = read().await;
        let told = match &found {
            Ok(value) => Ok(value.clone()),
            Err(error) if error.reason == Reason::Unavailable => Err(error.cause()),
            // What is wrong with one question may be right with another.
            Err(_) => return found,
        };
        *last = Some(Read { began, found: told });
        found
    }

    /// No two are the same.
    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn line(&self, key: &K) -> Arc<Turn<Option<Read<V>>>> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(key) {
            return line.clone();
        }
        if lines.len() >= MOST_KEPT {
            lines.clear();
        }
        lines.entry(key.clone()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::atomic::AtomicUsize, time::Duration};

    use futures::future::join_all;

    use super::*;

    /// A row that changes, and how often it was read.
    #[derive(Default)]
    struct Row {
        truth: AtomicUsize,
        reads: AtomicUsize,
    }

    impl Row {
        async fn read(&self) -> Result<usize, Error> {
            self.reads.fetch_add(1, Ordering::SeqCst);
            let found = self.truth.load(Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(found)
        }
    }

    #[tokio::test]
    async fn many_at_once_cost_two_reads() {
        let (shared, row) = (Shared::default(), Row::default());
        let first = shared.read(&"d", || row.read());
        let others = (0..64).map(|_| shared.read(&"d", || row.read()));
        let (first, others) = tokio::join!(first, join_all(others));
        assert_eq!(first.unwrap(), 0);
        assert!(others.into_iter().all(|found| found.unwrap() == 0));
        assert_eq!(row.reads.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn nobody_is_told_what_was_true_before_they_asked() {
        let (shared, row) = (Shared::default(), Row::default());
        let asks = (0..500).map(|number| {
            let (shared, row) = (&shared, &row);
            async move {
                for _ in 0..number % 7 {
                    tokio::task::yield_now().await;
                }
                let before = row.truth.fetch_add(1, Ordering::SeqCst) + 1;
                let found = shared.read(&"d", || row.read()).await.unwrap();
                assert!(found >= before, "{found} is older than {before}");
            }
        });
        join_all(asks).await;
        assert!(row.reads.load(Ordering::SeqCst) < 250);
    }

    #[tokio::test]
    async fn whoever_goes_away_leaves_the_turn_to_the_next() {
        let (shared, row) = (Shared::default(), Row::default());
        let gone = shared.read(&"d", std::future::pending::<Result<usize, Error>>);
        let next = shared.read(&"d", || row.read());
        let gone = tokio::time::timeout(Duration::from_millis(10), gone);
        let (gone, next) = tokio::join!(gone, next);
        assert!(gone.is_err());
        assert_eq!(next.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_database_that_is_away_is_away_for_all_and_comes_back() {
        let (shared, tries) = (Shared::default(), AtomicUsize::new(0));
        let away = async || {
            tries.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Err::<usize, _>(Error::unavailable("no connection"))
        };
        let all = join_all((0..64).map(|_| shared.read(&"d", away))).await;
        assert!(
            all.into_iter()
                .all(|one| one.unwrap_err().reason == Reason::Unavailable)
        );
        assert_eq!(tries.load(Ordering::SeqCst), 2);
        let found = shared.read(&"d", || async { Ok(7) }).await;
        assert_eq!(found.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_question_that_is_refused_is_refused_alone() {
        let shared = Shared::<_, usize>::default();
        let wrong = || async { Err(Error::field("name", "is no name")) };
        let (one, other) = tokio::join!(
            shared.read(&"d", wrong),
            shared.read(&"d", || async { Ok(1) })
        );
        assert_eq!(one.unwrap_err().reason, Reason::FieldsInvalid);
        assert_eq!(other.unwrap(), 1);
    }
}
