//! Which calls go first where there are too many: as more and more of the server's places are taken, the least urgent
//! kinds of calls are put off first, so that an officer's hand-in still finds a place when every dashboard asks at once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// How urgent a call is, the least urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Dashboards' rates, exports, facts: they can be asked for again at any time.
    Figures,
    /// Lists that people look through.
    Lists,
    /// All that is not named otherwise: single resources, and the desk's work.
    Desk,
    /// What people in the street report, hand in and photograph. They may have no second chance.
    Field,
    /// Long polls: they wait more than they work, and others than these places bound them.
    Waits,
}

impl Priority {
    /// Every priority with its name and the percentage of the places that may be taken when such a call still gets one.
    pub const TABLE: &[(Priority, &str, usize)] = &[
        (Priority::Figures, "figures", 50),
        (Priority::Lists, "lists", 75),
        (Priority::Desk, "desk", 90),
        (Priority::Field, "field", 100),
        (Priority::Waits, "waits", 100),
    ];

    fn row(self) -> (&'static str, usize) {
        let row = Priority::TABLE.iter().find(|row| row.0 == self);
        row.map_or(("", 100), |row| (row.1, row.2))
    }

    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Of so many places, how many a call of this priority may find taken at most, itself counted. Never none.
    pub fn places(self, all: usize) -> usize {
        all.saturating_mul(self.row().1).div_ceil(100)
    }
}

/// How urgent methods are, by their full paths; what is not listed is `Desk`.
pub type Priorities = &'static [(&'static str, Priority)];

/// The places of calls that are worked on at once.
#[derive(Debug)]
pub struct Places {
    taken: AtomicUsize,
    all: usize,
}

/// A place that is taken as long as this is held.
#[derive(Debug)]
pub struct Place(Arc<Places>);

impl Places {
    pub fn new(all: usize) -> Arc<Places> {
        Arc::new(Places {
            taken: AtomicUsize::new(0),
            all,
        })
    }

    /// A place for a call of that priority, unless too many are taken.
    pub fn take(self: &Arc<Self>, priority: Priority) -> Option<Place> {
        let most = priority.places(self.all);
        let free = |taken: usize| (taken < most).then(|| taken + 1);
        let taken = self
            .taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, free);
        taken.ok().map(|_| Place(self.clone()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_urgent_are_put_off_first_and_all_come_back() {
        let places = Places::new(100);
        let mut held = Vec::new();
        for (priority, name, most) in Priority::TABLE {
            // Each kind fills the places up to its own share and no further.
            while let Some(place) = places.take(*priority) {
                held.push(place);
            }
            assert_eq!(held.len(), *most, "{name}");
            for lower in Priority::TABLE.iter().filter(|row| row.0 <= *priority) {
                assert!(places.take(lower.0).is_none(), "{} at {most}", lower.1);
            }
        }
        held.truncate(49);
        assert!(places.take(Priority::Figures).is_some());
    }

    #[test]
    fn even_one_place_is_for_everybody() {
        for (priority, name, _) in Priority::TABLE {
            assert_eq!(priority.places(1), 1, "{name}");
        }
    }
}
