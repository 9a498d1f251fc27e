//! What holds of every limit.

use proptest::prelude::*;

use super::*;
use crate::calendar::tests::odd_calendar;

const UNITS_OF: [Unit; 4] = [
    Unit::WorkingHours,
    Unit::WorkingDays,
    Unit::UrgentHours,
    Unit::UrgentDays,
];
/// 2026-01-01T00:00Z in seconds.
const YEAR: i64 = 1_767_225_600;

fn instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..365 * 86_400).prop_map(|second| Timestamp::from_second(YEAR + second).unwrap())
}

fn limit() -> impl Strategy<Value = Limit> {
    (1_i64..200_000, 0_usize..4).prop_map(|(amount, unit)| Limit {
        amount,
        unit: UNITS_OF[unit],
    })
}

/// At most two storms, in order and apart.
fn pauses() -> impl Strategy<Value = Vec<Pause>> {
    proptest::collection::btree_set(0_i64..60 * 86_400, 0..5).prop_map(|cuts| {
        let cuts: Vec<i64> = cuts.into_iter().collect();
        let pause = |pair: &[i64]| Pause {
            from: Timestamp::from_second(YEAR + pair[0]).unwrap(),
            until: Timestamp::from_second(YEAR + pair[1]).unwrap(),
        };
        cuts.chunks_exact(2).map(pause).collect()
    })
}

fn of(zone: bool, seed: u64, pauses: Vec<Pause>) -> Timing {
    let zone = if zone {
        "Asia/Shanghai"
    } else {
        "America/New_York"
    };
    Timing {
        pauses,
        ..timing(zone, &odd_calendar(seed))
    }
}

fn after(from: Timestamp, seconds: i64) -> Timestamp {
    from + jiff::SignedDuration::from_secs(seconds)
}

proptest! {
    #[test]
    fn a_later_start_or_a_longer_limit_never_ends_earlier(
        zone: bool, seed: u64, from in instant(), later in 0_i64..20 * 86_400, limit in limit(), more in 0_i64..30_000,
    ) {
        let timing = of(zone, seed, Vec::new());
        let (first, second) = (timing.deadline(from, limit), timing.deadline(after(from, later), limit));
        let (Some(first), Some(second)) = (first, second) else { return Ok(()) };
        // Wall times repeat for an hour when summer time ends.
        let slack = if limit.unit == Unit::UrgentDays { 3_600_000_000 } else { 0 };
        prop_assert!(first.at.as_microsecond() <= second.at.as_microsecond() + slack);
        prop_assert!(first.at >= from);
        let longer = timing.deadline(from, Limit { amount: limit.amount + more, ..limit });
        let Some(longer) = longer else { return Ok(()) };
        prop_assert!(first.at.as_microsecond() <= longer.at.as_microsecond() + slack);
    }

    #[test]
    fn a_shifted_deadline_gives_back_exactly_what_remained(
        zone: bool, seed: u64, pauses in pauses(), from in instant(), limit in limit(),
        ran in 0_i64..10 * 86_400, stood in 0_i64..30 * 86_400,
    ) {
        let timing = of(zone, seed, pauses);
        let Some(before) = timing.deadline(from, limit) else { return Ok(()) };
        let (stopped, resumed) = (after(from, ran), after(from, ran + stood));
        let Some(shifted) = timing.shifted(before.at, stopped, resumed, limit.unit) else { return Ok(()) };
        if before.at < stopped {
            prop_assert_eq!(shifted.at, before.at);
            return Ok(());
        }
        let runs = |from: Timestamp, until: Timestamp| {
            timing.running(from.as_microsecond(), until.as_microsecond(), limit.unit)
        };
        prop_assert_eq!(runs(resumed, shifted.at), runs(stopped, before.at));
        prop_assert!(shifted.at >= before.at);
    }

    #[test]
    fn hours_are_what_runs_until_their_end_and_no_earlier_end_would_do(
        zone: bool, seed: u64, pauses in pauses(), from in instant(), amount in 1_i64..400_000, working: bool,
    ) {
        let timing = of(zone, seed, pauses);
        let unit = if working { Unit::WorkingHours } else { Unit::UrgentHours };
        let Some(deadline) = timing.deadline(from, Limit { amount, unit }) else { return Ok(()) };
        let (from, at) = (from.as_microsecond(), deadline.at.as_microsecond());
        prop_assert_eq!(timing.running(from, at, unit), amount * HOUR_PART);
        prop_assert_eq!(timing.running(from, at - 1, unit), amount * HOUR_PART - 1);
    }

    #[test]
    fn a_pause_never_makes_a_deadline_earlier(
        zone: bool, seed: u64, pauses in pauses(), from in instant(), limit in limit(),
    ) {
        let paused = of(zone, seed, pauses);
        let plain = Timing { pauses: Vec::new(), ..paused.clone() };
        let (Some(paused), Some(plain)) = (paused.deadline(from, limit), plain.deadline(from, limit)) else {
            return Ok(());
        };
        prop_assert!(paused.at >= plain.at);
    }

    #[test]
    fn a_working_deadline_is_provisional_exactly_where_it_lies_beyond_the_calendar(
        seed: u64, from in instant(), limit in limit(), month in 1_i8..13,
    ) {
        let last = jiff::civil::date(2026, month, 20);
        let mut told = odd_calendar(seed);
        told.published_until = last.to_string();
        let timing = timing("Asia/Shanghai", &told);
        let Some(deadline) = timing.deadline(from, limit) else { return Ok(()) };
        let end = at(&format!("{}T00:00", last.tomorrow().unwrap()));
        prop_assert_eq!(deadline.provisional, limit.unit.is_working() && deadline.at > end);
    }
}
