//! Deadlines against a counter that walks the year minute by minute. Wall times are made of offsets by hand, not by the
//! time zone library: daylight saving is a table.

use std::sync::LazyLock;

use super::*;
use proptest::prelude::*;

/// Days that are counted, from the first of January 2026 on.
const DAYS: i64 = 400;
/// 2026-01-01T00:00Z in minutes.
const ORIGIN: i64 = 20_454 * 1_440;
const SECOND: i64 = 1_000_000;

/// Offsets from UTC in minutes: the first, and from each minute (UTC, since the origin) on the next.
struct Zone {
    first: i64,
    changes: &'static [(i64, i64)],
}

const SHANGHAI: Zone = Zone {
    first: 480,
    changes: &[],
};
/// 2026-03-08T07:00Z is day 66 of the year, counted from 0; 2026-11-01T06:00Z is day 304.
const NEW_YORK: Zone = Zone {
    first: -300,
    changes: &[(66 * 1_440 + 420, -240), (304 * 1_440 + 360, -300)],
};

impl Zone {
    fn offset(&self, minute: i64) -> i64 {
        let last = self.changes.iter().rev().find(|change| change.0 <= minute);
        last.map_or(self.first, |change| change.1)
    }

    /// The minute at which the wall shows so many minutes since the origin: the first such, and where there is none the
    /// one that the offset before the change gives.
    fn instant(&self, wall: i64) -> i64 {
        let changes = self.changes.iter().map(|change| change.1);
        let offsets: Vec<i64> = std::iter::once(self.first).chain(changes).collect();
        let shows = |minute: &i64| self.offset(*minute) == wall - minute;
        let first = offsets
            .iter()
            .map(|offset| wall - offset)
            .filter(shows)
            .min();
        first.unwrap_or_else(|| {
            let skipped = |change: &&(i64, i64)| wall - self.offset(change.0 - 1) >= change.0;
            let change = self.changes.iter().rev().find(skipped).unwrap();
            wall - self.offset(change.0 - 1)
        })
    }
}

/// For each minute from the origin on the day whose working time it is.
struct Counter {
    of: Vec<Option<i64>>,
}

impl Counter {
    /// `hours` gives the spans of the n-th day of the year.
    fn new(zone: &Zone, hours: impl Fn(i64) -> Vec<(i64, i64)>) -> Counter {
        let mut of = vec![None; (DAYS * 1_440) as usize];
        for day in 1..DAYS - 1 {
            for (from, until) in hours(day) {
                let wall = |minute: i64| zone.instant(day * 1_440 + minute);
                for minute in wall(from)..wall(until) {
                    of[minute as usize].get_or_insert(day);
                }
            }
        }
        Counter { of }
    }

    fn total(&self, day: i64) -> i64 {
        self.of.iter().filter(|of| **of == Some(day)).count() as i64
    }

    /// The instant, in microseconds since the origin, at which so many microseconds of work have passed.
    fn hours(&self, from: i64, mut left: i64) -> i64 {
        let mut at = from;
        while left > 0 {
            let end = (at / MINUTE + 1) * MINUTE;
            if self.of[(at / MINUTE) as usize].is_some() {
                if left <= end - at {
                    return at + left;
                }
                left -= end - at;
            }
            at = end;
        }
        at
    }

    /// The first working day whose time is not over, and what has passed of it.
    fn begin(&self, from: i64) -> (i64, i64) {
        let minute = (from / MINUTE) as usize;
        let day = self.of[minute..].iter().find_map(|of| *of).unwrap();
        let before = self.of[..minute].iter().filter(|of| **of == Some(day));
        let part = if self.of[minute] == Some(day) {
            from % MINUTE
        } else {
            0
        };
        (day, before.count() as i64 * MINUTE + part)
    }

    fn next(&self, day: i64) -> i64 {
        let days = self.of.iter().filter_map(|of| *of);
        days.filter(|other| *other > day).min().unwrap()
    }

    fn within(&self, day: i64, passed: i64) -> i64 {
        let first = self.of.iter().position(|of| *of == Some(day)).unwrap() as i64;
        self.hours(first * MINUTE, passed)
    }

    /// By the words of the rule, a day at a time.
    fn days(&self, from: i64, amount: i64) -> i64 {
        let (mut day, offset) = self.begin(from);
        for _ in 0..amount / UNITS {
            day = self.next(day);
        }
        let total = self.total(day) * MINUTE;
        let used = offset.min(total) * UNITS + (amount % UNITS) * total;
        if used <= total * UNITS {
            return self.within(day, used / UNITS);
        }
        let next = self.next(day);
        let of_next = self.total(next) * MINUTE;
        let rest =
            i128::from(used - total * UNITS) * i128::from(of_next) / i128::from(total * UNITS);
        self.within(next, i64::try_from(rest).unwrap().min(offset).min(of_next))
    }

    fn worked(&self, from: i64, until: i64) -> i64 {
        let minutes = (from / MINUTE) as usize..(until / MINUTE) as usize;
        let whole = self.of[minutes].iter().filter(|of| of.is_some()).count() as i64;
        let part = |at: i64| self.of[(at / MINUTE) as usize].map_or(0, |_| at % MINUTE);
        whole * MINUTE + part(until) - part(from)
    }
}

/// Monday is 0; the first of January 2026 was a Thursday.
fn weekday(day: i64) -> i64 {
    (day + 3) % 7
}

static CHINA: LazyLock<(Timing, Counter)> = LazyLock::new(|| {
    let number = |date: &str| {
        let date: jiff::civil::Date = date.parse().unwrap();
        i64::from(date.day_of_year()) - 1
    };
    let counter = Counter::new(&SHANGHAI, |day| {
        let within =
            |row: &&(&str, &str, bool, &str)| (number(row.0)..=number(row.1)).contains(&day);
        let works = CHINA_2026
            .iter()
            .find(within)
            .map_or(weekday(day) < 5, |row| row.2);
        if works {
            vec![(510, 720), (840, 1_050)]
        } else {
            Vec::new()
        }
    });
    (china(), counter)
});

/// Spans that begin, end and lie where New York changes its clocks, every day of the week.
const ODD: [&[(i32, i32)]; 4] = [
    &[(0, 90), (125, 170), (175, 240)],
    &[(60, 120), (120, 180)],
    &[(30, 150), (151, 181), (1_380, 1_440)],
    &[(90, 130), (540, 1_020)],
];

static YORK: LazyLock<Vec<(Timing, Counter)>> = LazyLock::new(|| {
    let wide = |spans: &[(i32, i32)]| {
        spans
            .iter()
            .map(|span| (span.0.into(), span.1.into()))
            .collect()
    };
    let make = |spans: &&[(i32, i32)]| {
        let counter = Counter::new(&NEW_YORK, |_| wide(spans));
        (timing("America/New_York", &weekly(7, spans)), counter)
    };
    ODD.iter().map(make).collect()
});

fn compare(
    (timing, counter): &(Timing, Counter),
    from: i64,
    limit: Limit,
) -> Result<(), TestCaseError> {
    let origin = ORIGIN * MINUTE;
    let start = Timestamp::from_microsecond(origin + from).unwrap();
    let expected = match limit.unit {
        Unit::WorkingDays => counter.days(from, limit.amount),
        _ => counter.hours(from, limit.amount * 3_600 * SECOND / UNITS),
    };
    let got = timing.deadline(start, limit).unwrap().at.as_microsecond() - origin;
    prop_assert_eq!(got, expected, "{} from {}", limit, start);
    let running = timing.running(origin + from, origin + got, Unit::WorkingHours);
    prop_assert_eq!(running, counter.worked(from, got));
    Ok(())
}

/// Instants of the days; half of them are whole minutes, where edges are.
fn within(days: std::ops::Range<i64>) -> impl Strategy<Value = i64> {
    let day = 1_440 * MINUTE;
    (days.start * day..days.end * day, any::<bool>())
        .prop_map(|(at, whole)| if whole { at / MINUTE * MINUTE } else { at })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn china_2026(from in within(3..300), days in 1_i64..150_000, hours in 1_i64..800_000) {
        compare(&CHINA, from, Limit { amount: days, unit: Unit::WorkingDays })?;
        compare(&CHINA, from, Limit { amount: hours, unit: Unit::WorkingHours })?;
    }

    #[test]
    fn both_nights_of_new_york(
        spring in within(64..68), autumn in within(302..306), odd in 0_usize..4,
        days in 1_i64..40_000, hours in 1_i64..200_000,
    ) {
        for from in [spring, autumn] {
            compare(&YORK[odd], from, Limit { amount: days, unit: Unit::WorkingDays })?;
            compare(&YORK[odd], from, Limit { amount: hours, unit: Unit::WorkingHours })?;
        }
    }
}
