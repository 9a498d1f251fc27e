//! What a rule used: counted where it is called, and taken by whoever keeps the books.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

/// What calls used together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    pub calls: u64,
    /// That the calls were handed.
    pub rows: u64,
    pub fuel: u64,
    /// Of a processor, not of the clock on the wall.
    pub processor: Duration,
}

impl Used {
    fn plus(self, other: Used) -> Used {
        Used {
            calls: self.calls.saturating_add(other.calls),
            rows: self.rows.saturating_add(other.rows),
            fuel: self.fuel.saturating_add(other.fuel),
            processor: self.processor.saturating_add(other.processor),
        }
    }
}

/// Counts up until it is taken.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Used>);

impl Meter {
    pub fn add(&self, used: Used) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *all = all.plus(used);
    }

    pub fn take(&self) -> Used {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The time that this thread has had of a processor.
pub(super) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_taken_once_and_can_be_given_back() {
        let meter = Meter::default();
        let one = Used {
            calls: 1,
            rows: 5,
            fuel: 7,
            processor: Duration::from_micros(3),
        };
        meter.add(one);
        meter.add(one);
        let both = meter.take();
        assert_eq!((both.calls, both.rows, both.fuel), (2, 10, 14));
        assert_eq!(both.processor, Duration::from_micros(6));
        assert_eq!(meter.take(), Used::default());
        meter.add(both);
        assert_eq!(meter.take(), both);
    }
}
