//! What runs in this process: one run a review at a time, and how far it is.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

use tidyward_kit::{caller::District, period::Period};

type Key = (District, Period);

/// The runs of this process.
#[derive(Clone, Default)]
pub struct Runs(Arc<Mutex<HashMap<Key, Arc<Running>>>>);

/// How far a run is.
pub struct Running {
    /// The revision that is scored.
    pub revision: i64,
    /// Areas to score. 0 until the facts are read.
    pub areas: AtomicI64,
    pub done: AtomicI64,
    /// Areas that an earlier run had done; they do not count for the speed.
    pub done_before: AtomicI64,
    began: Instant,
}

/// A run's place; given back when dropped.
pub struct Place {
    runs: Runs,
    key: Key,
    pub running: Arc<Running>,
}

impl Place {
    /// Keeps the place and goes on with another revision.
    pub fn go_on(&mut self, revision: i64) {
        self.running = Running::new(revision);
        let mut runs = self.runs.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.insert(self.key.clone(), self.running.clone());
    }
}

impl Runs {
    /// Takes the review's place, or says which run has it.
    pub fn begin(
        &self,
        district: &District,
        period: Period,
        revision: i64,
    ) -> Result<Place, Arc<Running>> {
        let key = (district.clone(), period);
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = runs.get(&key) {
            return Err(other.clone());
        }
        let running = Running::new(revision);
        runs.insert(key.clone(), running.clone());
        Ok(Place {
            runs: self.clone(),
            key,
            running,
        })
    }

    pub fn of(&self, district: &District, period: Period) -> Option<Arc<Running>> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.get(&(district.clone(), period)).cloned()
    }
}

impl Running {
    fn new(revision: i64) -> Arc<Running> {
        Arc::new(Running {
            revision,
            areas: AtomicI64::new(0),
            done: AtomicI64::new(0),
            done_before: AtomicI64::new(0),
            began: Instant::now(),
        })
    }

    pub fn elapsed_ms(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// Areas to score, areas done, and areas done by this run.
    pub fn counts(&self) -> (i64, i64, i64) {
        let done = self.done.load(Ordering::Relaxed);
        (
            self.areas.load(Ordering::Relaxed),
            done,
            done - self.done_before.load(Ordering::Relaxed),
        )
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.runs
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_has_one_run_and_its_place_comes_back() {
        let runs = Runs::default();
        let (district, period) = (District::of_server("d"), "2013-q3".parse().unwrap());
        let mut place = runs.begin(&district, period, 1).ok().unwrap();
        assert!(
            runs.begin(&district, period, 2)
                .is_err_and(|other| other.revision == 1)
        );
        assert!(runs.begin(&District::of_server("e"), period, 1).is_ok());
        place.go_on(3);
        assert_eq!(runs.of(&district, period).unwrap().revision, 3);
        drop(place);
        assert!(runs.of(&district, period).is_none());
        assert!(runs.begin(&district, period, 2).is_ok());
    }
}
