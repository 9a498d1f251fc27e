//! As many calls run at one time as there are places; the rest wait here, so that a full pool is never a rule's error. Whose
//! calls are the fewest that run goes first: a party that asks for everything gets its share, and others theirs.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

pub(crate) struct Slots {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// One place, given back when dropped.
pub(crate) struct Slot<'s> {
    slots: &'s Slots,
    party: Arc<str>,
}

/// Who runs and who waits.
struct Queue {
    free: u32,
    /// Whoever runs or waits, and whoever had a turn in this round.
    parties: BTreeMap<Arc<str>, Party>,
    tickets: u64,
    /// In each round a party that waits has a turn.
    round: u64,
}

/// Of those on whose behalf calls are made: a district, as a rule.
#[derive(Default)]
struct Party {
    running: u32,
    /// Their tickets, the oldest first.
    waiting: VecDeque<u64>,
    /// The round in which it has its next turn.
    round: u64,
}

impl Slots {
    pub fn new(count: u32) -> Self {
        Self {
            queue: Mutex::new(Queue::new(count)),
            changed: Condvar::new(),
        }
    }

    /// Waits for a place. The wait is bounded because every call that holds one is.
    pub fn take(&self, party: &Arc<str>) -> Slot<'_> {
        let mut queue = self.queue();
        let ticket = queue.enter(party);
        let others = |queue: &mut Queue| queue.next() != Some(ticket);
        let waited = self.changed.wait_while(queue, others);
        waited.unwrap_or_else(PoisonError::into_inner).begin(party);
        // There may be a place for the next one, too.
        self.changed.notify_all();
        Slot {
            slots: self,
            party: party.clone(),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.slots.queue().end(&self.party);
        self.slots.changed.notify_all();
    }
}

impl Queue {
    fn new(free: u32) -> Self {
        Self {
            free,
            parties: BTreeMap::new(),
            tickets: 0,
            round: 0,
        }
    }

    /// A ticket for one call of the party.
    fn enter(&mut self, party: &Arc<str>) -> u64 {
        self.tickets += 1;
        let party = self.parties.entry(party.clone()).or_default();
        // What it did not ask for in earlier rounds it does not get now. Whoever comes back at once is not before those who
        // have waited since.
        party.round = party.round.max(self.round);
        party.waiting.push_back(self.tickets);
        self.tickets
    }

    /// The ticket whose turn it is: of the party with the fewest calls that run; of those, one that has had no turn in this
    /// round; of those, the one that came first.
    fn next(&self) -> Option<u64> {
        let waiting = self.parties.values().filter_map(|party| {
            let ticket = party.waiting.front()?;
            Some((party.running, party.round, *ticket))
        });
        let next = waiting.min().map(|(_, _, ticket)| ticket);
        next.filter(|_| self.free > 0)
    }

    /// The party's oldest ticket has its turn.
    fn begin(&mut self, party: &str) {
        if let Some(party) = self.parties.get_mut(party) {
            party.waiting.pop_front();
            party.running += 1;
            self.round = self.round.max(party.round);
            party.round += 1;
            self.free -= 1;
        }
        let round = self.round;
        self.parties
            .retain(|_, party| party.is_busy() || party.round > round);
    }

    fn end(&mut self, party: &str) {
        if let Some(its) = self.parties.get_mut(party) {
            its.running -= 1;
            self.free += 1;
        }
        if !self.parties.values().any(Party::is_busy) {
            self.parties.clear();
        }
    }
}

impl Party {
    fn is_busy(&self) -> bool {
        self.running > 0 || !self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(party: usize) -> Arc<str> {
        format!("district-{party}").into()
    }

    /// Lets parties call again and again, each with so many calls that wait or run at any time, and counts their turns.
    /// `order` says which of the running calls ends next.
    fn turns(places: u32, callers: &[usize], order: &[usize]) -> Vec<usize> {
        let mut queue = Queue::new(places);
        let mut tickets: BTreeMap<u64, usize> = BTreeMap::new();
        for (party, count) in callers.iter().enumerate() {
            for _ in 0..*count {
                tickets.insert(queue.enter(&name(party)), party);
            }
        }
        let (mut running, mut turns) = (Vec::new(), vec![0; callers.len()]);
        for choice in order {
            while let Some(ticket) = queue.next() {
                let party = tickets.remove(&ticket).unwrap();
                queue.begin(&name(party));
                turns[party] += 1;
                running.push(party);
            }
            assert!(running.len() == places as usize || tickets.is_empty());
            let ended = running.remove(choice % running.len());
            queue.end(&name(ended));
            tickets.insert(queue.enter(&name(ended)), ended);
        }
        turns
    }

    proptest! {
        #[test]
        fn no_party_waits_for_what_another_has_beyond_its_share(
            places in 1_u32..6,
            callers in prop::collection::vec(1_usize..20, 1..5),
        ) {
            // Whoever has run for the longest ends: calls of one length.
            let order = vec![0; 2_000];
            let turns = turns(places, &callers, &order);
            let all: usize = turns.iter().sum();
            for (party, count) in callers.iter().enumerate() {
                // A party with few callers cannot have more at once than these.
                let share = (places as usize).min(*count * callers.len()) * all / places as usize / callers.len();
                prop_assert!(turns[party] * 2 >= share, "{party} of {callers:?}: {turns:?}");
            }
        }

        #[test]
        fn everybody_has_a_turn_whoever_ends_first(
            places in 1_u32..6,
            callers in prop::collection::vec(1_usize..20, 1..5),
            order in prop::collection::vec(0_usize..100, 500),
        ) {
            let turns = turns(places, &callers, &order);
            prop_assert!(turns.iter().all(|turns| *turns > 0), "{turns:?}");
        }
    }

    #[test]
    fn one_caller_beside_many_has_every_other_turn_at_one_place() {
        let turns = turns(1, &[30, 1], &vec![0; 1_000]);
        assert!(turns[0].abs_diff(turns[1]) <= 2, "{turns:?}");
    }

    #[test]
    fn places_come_back_and_nothing_of_a_party_stays() {
        let slots = Slots::new(2);
        let (one, other) = (name(1), name(2));
        std::thread::scope(|scope| {
            for party in [&one, &other] {
                for _ in 0..4 {
                    scope.spawn(|| (0..200).for_each(|_| drop(slots.take(party))));
                }
            }
        });
        let queue = slots.queue();
        assert_eq!(queue.free, 2);
        assert!(queue.parties.is_empty());
    }
}
