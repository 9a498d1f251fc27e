//! The clock in a test's hand.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use tidyward_kit::clock::Clock;

/// A clock that stands until a test sets it. Ids count, so that a run is like the one before.
#[derive(Clone, Debug)]
pub struct HandClock(Arc<Mutex<Timestamp>>);

impl HandClock {
    /// A clock that stands at the instant, `2026-02-13T09:00:00+08:00`.
    pub fn at(instant: &str) -> HandClock {
        HandClock(Arc::new(Mutex::new(instant.parse().expect("an instant"))))
    }

    /// The clock for a server.
    pub fn clock(&self) -> Clock {
        let hand = self.clone();
        Clock::told(move || hand.now())
    }

    pub fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panicked with the clock")
    }

    /// Sets it, forward or back.
    pub fn set(&self, instant: &str) {
        let instant = instant.parse().expect("an instant");
        *self.0.lock().expect("nobody panicked with the clock") = instant;
    }

    pub fn forward(&self, by: Duration) {
        let mut now = self.0.lock().expect("nobody panicked with the clock");
        *now += by;
    }
}
