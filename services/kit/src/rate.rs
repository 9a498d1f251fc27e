//! How often a caller and a district may call: so many times a second, and for a moment more often.

use std::{num::NonZeroU32, sync::Mutex, time::Duration};

use governor::{
    NotUntil, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};

use crate::{
    caller::{Caller, Role},
    error::{Error, Reason},
};

/// So many checks later, whoever has not called for a while is forgotten.
const FORGET_EVERY: u32 = 10_000;

/// How often one key may call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Calls a second in the long run. 0 is as often as it likes.
    pub per_second: u32,
    /// Calls at once after a rest. 0 is as many as there are a second.
    pub burst: u32,
}

/// How often a caller, and all callers of a district together, may call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateSettings {
    pub caller: Rate,
    pub district: Rate,
}

/// Counts calls by caller and by district.
pub struct Rates<C: Clock = DefaultClock> {
    caller: Option<Limit<(Option<String>, String), C>>,
    district: Option<Limit<String, C>>,
}

type Limiter<K, C> = RateLimiter<K, HashMapStateStore<K>, C, NoOpMiddleware<<C as Clock>::Instant>>;

struct Limit<K: std::hash::Hash + Eq + Clone, C: Clock> {
    whose: &'static str,
    rate: Rate,
    limiter: Limiter<K, C>,
    clock: C,
    checks: Mutex<u32>,
}

impl Rates {
    pub fn new(settings: RateSettings) -> Rates {
        Rates::with_clock(settings, &DefaultClock::default())
    }
}

impl<C: Clock + Clone> Rates<C> {
    fn with_clock(settings: RateSettings, clock: &C) -> Rates<C> {
        Rates {
            caller: Limit::new("caller", settings.caller, clock),
            district: Limit::new("district", settings.district, clock),
        }
    }

    /// Counts a call, or says when to come again. The system's own work belongs to calls that were counted.
    pub fn count(&self, caller: &Caller) -> Result<(), Error> {
        if caller.has(Role::Service) {
            return Ok(());
        }
        if let Some(limit) = &self.caller {
            limit.count(&(caller.district.clone(), caller.subject.clone()))?;
        }
        match (&self.district, &caller.district) {
            (Some(limit), Some(district)) => limit.count(district),
            _ => Ok(()),
        }
    }
}

impl<K: std::hash::Hash + Eq + Clone, C: Clock + Clone> Limit<K, C> {
    fn new(whose: &'static str, rate: Rate, clock: &C) -> Option<Limit<K, C>> {
        let quota = Quota::per_second(NonZeroU32::new(rate.per_second)?);
        let quota = match NonZeroU32::new(rate.burst) {
            Some(burst) => quota.allow_burst(burst),
            None => quota,
        };
        Some(Limit {
            whose,
            rate,
            limiter: RateLimiter::hashmap_with_clock(quota, clock.clone()),
            clock: clock.clone(),
            checks: Mutex::default(),
        })
    }

    fn count(&self, key: &K) -> Result<(), Error> {
        self.forget();
        self.limiter.check_key(key).map_err(|until: NotUntil<_>| {
            let wait = until.wait_time_from(self.clock.now());
            self.refusal(wait)
        })
    }

    fn refusal(&self, wait: Duration) -> Error {
        // Rounded up, so that who waits as long as it was told is not refused again.
        let wait = Duration::from_millis(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) + 1);
        let message = format!(
            "this {} calls more than {} times a second; wait {} ms",
            self.whose,
            self.rate.per_second,
            wait.as_millis()
        );
        let mut error = Error::new(Reason::RateLimited, message)
            .with("limit", self.whose)
            .with("per_second", self.rate.per_second);
        error.retry_after = Some(wait);
        error
    }

    /// Keeps the table as small as the number of those who called of late.
    fn forget(&self) {
        let Ok(mut checks) = self.checks.lock() else {
            return;
        };
        *checks += 1;
        if *checks == FORGET_EVERY {
            *checks = 0;
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn caller(district: &str, subject: &str, role: Role) -> Caller {
        Caller {
            subject: subject.to_owned(),
            district: Some(district.to_owned()),
            roles: vec![role],
            areas: Vec::new(),
        }
    }

    fn rates(caller: Rate, district: Rate) -> (Rates<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let settings = RateSettings { caller, district };
        (Rates::with_clock(settings, &clock), clock)
    }

    const NONE: Rate = Rate {
        per_second: 0,
        burst: 0,
    };

    #[test]
    fn a_caller_has_its_burst_and_then_its_rate_and_is_told_when() {
        let rate = Rate {
            per_second: 2,
            burst: 3,
        };
        let (rates, clock) = rates(rate, NONE);
        let (li, wu) = (
            caller("jinhua", "li", Role::Officer),
            caller("jinhua", "wu", Role::Officer),
        );
        for _ in 0..3 {
            rates.count(&li).unwrap();
        }
        let error = rates.count(&li).unwrap_err();
        assert_eq!(error.reason, Reason::RateLimited);
        assert_eq!(error.metadata["limit"], "caller");
        let wait = error.retry_after.unwrap();
        assert_eq!(wait, Duration::from_millis(501));
        assert!(error.message.contains("wait 501 ms"), "{error}");
        // Others are not held up, not even who has the same name elsewhere.
        rates.count(&wu).unwrap();
        rates.count(&caller("yulin", "li", Role::Officer)).unwrap();
        clock.advance(wait);
        rates.count(&li).unwrap();
        rates.count(&li).unwrap_err();
    }

    #[test]
    fn a_district_is_limited_over_all_its_callers_and_the_systems_own_work_is_not() {
        let rate = Rate {
            per_second: 1,
            burst: 2,
        };
        let (rates, clock) = rates(NONE, rate);
        for subject in ["li", "wu"] {
            rates
                .count(&caller("jinhua", subject, Role::Officer))
                .unwrap();
        }
        let third = rates.count(&caller("jinhua", "ma", Role::Officer));
        assert_eq!(third.unwrap_err().metadata["limit"], "district");
        for _ in 0..10 {
            rates
                .count(&caller("jinhua", "tidyward", Role::Service))
                .unwrap();
        }
        rates.count(&caller("yulin", "ma", Role::Officer)).unwrap();
        clock.advance(Duration::from_secs(1));
        rates.count(&caller("jinhua", "ma", Role::Officer)).unwrap();
    }

    #[test]
    fn who_has_not_called_for_a_while_is_forgotten() {
        let rate = Rate {
            per_second: 1_000,
            burst: 1,
        };
        let (rates, clock) = rates(rate, NONE);
        for number in 0..FORGET_EVERY - 1 {
            let subject = format!("caller {number}");
            rates
                .count(&caller("jinhua", &subject, Role::Officer))
                .unwrap();
        }
        let limit = rates.caller.as_ref().unwrap();
        assert_eq!(limit.limiter.len(), FORGET_EVERY as usize - 1);
        clock.advance(Duration::from_secs(10));
        rates.count(&caller("jinhua", "li", Role::Officer)).unwrap();
        assert_eq!(limit.limiter.len(), 1);
    }
}
