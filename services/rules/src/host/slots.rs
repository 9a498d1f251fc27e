//! As many calls run at one time as the pool has places; the rest wait here, so that a full pool is never a rule's error.

use std::sync::{Condvar, Mutex, PoisonError};

pub(super) struct Slots {
    free: Mutex<u32>,
    returned: Condvar,
}

/// One place in the pool, given back when dropped.
pub(super) struct Slot<'s> {
    slots: &'s Slots,
}

impl Slots {
    pub fn new(count: u32) -> Self {
        Self {
            free: Mutex::new(count),
            returned: Condvar::new(),
        }
    }

    /// Waits for a place. The wait is bounded because every call that holds one is.
    pub fn take(&self) -> Slot<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.returned.wait_while(free, |free| *free == 0);
        *waited.unwrap_or_else(PoisonError::into_inner) -= 1;
        Slot { slots: self }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self
            .slots
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner) += 1;
        self.slots.returned.notify_one();
    }
}
