//! Periods: a quarter (`2026-q4`) or a month (`2026-11`) of a district's calendar, half-open in its time zone.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::error::Error;

/// Quarters and months are reviewed each for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeriodKind {
    Month,
    Quarter,
}

/// A quarter or month. Ordered by kind, then time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    pub kind: PeriodKind,
    pub year: i16,
    /// 1 to 4 of a quarter, 1 to 12 of a month.
    pub number: i8,
}

/// First instant of a period, and first instant after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub start: Timestamp,
    pub end: Timestamp,
}

impl Period {
    pub fn parse(field: &str, text: &str) -> Result<Period, Error> {
        text.parse().map_err(|()| {
            let example = "must be a quarter like `2026-q4` or a month like `2026-11`";
            Error::field(field, example)
        })
    }

    /// The period of the kind in which the day lies.
    pub fn of(kind: PeriodKind, day: Date) -> Period {
        let number = match kind {
            PeriodKind::Month => day.month(),
            PeriodKind::Quarter => (day.month() - 1) / 3 + 1,
        };
        Period {
            kind,
            year: day.year(),
            number,
        }
    }

    pub fn first_day(self) -> Date {
        Date::constant(self.year, self.first_month(), 1)
    }

    /// First day after the period.
    pub fn day_after(self) -> Date {
        self.next().first_day()
    }

    pub fn next(self) -> Period {
        self.step(1)
    }

    pub fn previous(self) -> Period {
        self.step(-1)
    }

    /// The instants in the time zone; a midnight that daylight saving skips moves forward.
    pub fn bounds(self, zone: &TimeZone) -> Bounds {
        Bounds {
            start: midnight(self.first_day(), zone),
            end: midnight(self.day_after(), zone),
        }
    }

    fn months(self) -> i8 {
        match self.kind {
            PeriodKind::Month => 1,
            PeriodKind::Quarter => 3,
        }
    }

    fn first_month(self) -> i8 {
        (self.number - 1) * self.months() + 1
    }

    fn step(self, by: i32) -> Period {
        let a_year = 12 / i32::from(self.months());
        let index = i32::from(self.year) * a_year + i32::from(self.number) - 1 + by;
        Period {
            kind: self.kind,
            year: index.div_euclid(a_year) as i16,
            number: index.rem_euclid(a_year) as i8 + 1,
        }
    }
}

/// First instant of a day in a time zone.
pub fn midnight(day: Date, zone: &TimeZone) -> Timestamp {
    let start = day
        .to_zoned(zone.clone())
        .and_then(|zoned| zoned.start_of_day());
    // Days are within years 1900 to 2200, where every zone has an instant for each of them.
    start
        .expect("a day of the calendar has a beginning")
        .timestamp()
}

impl FromStr for Period {
    type Err = ();

    fn from_str(text: &str) -> Result<Period, ()> {
        let (year, rest) = text.split_once('-').ok_or(())?;
        let digits = |text: &str, count| {
            let all = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
            all.then(|| text.parse::<i16>().ok()).flatten().ok_or(())
        };
        let year = digits(year, 4)?;
        let (kind, number, most) = match rest.strip_prefix('q') {
            Some(quarter) => (PeriodKind::Quarter, digits(quarter, 1)?, 4),
            None => (PeriodKind::Month, digits(rest, 2)?, 12),
        };
        if !(1900..=2200).contains(&year) || !(1..=most).contains(&number) {
            return Err(());
        }
        Ok(Period {
            kind,
            year,
            number: number as i8,
        })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            PeriodKind::Quarter => write!(out, "{:04}-q{}", self.year, self.number),
            PeriodKind::Month => write!(out, "{:04}-{:02}", self.year, self.number),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounds_are_midnights_of_the_zone() {
        let zone = TimeZone::get("America/Chicago").unwrap();
        let bounds = "2013-q3".parse::<Period>().unwrap().bounds(&zone);
        assert_eq!(bounds.start.to_string(), "2013-07-01T05:00:00Z");
        assert_eq!(bounds.end.to_string(), "2013-10-01T05:00:00Z");
        let month = "2013-11".parse::<Period>().unwrap().bounds(&zone);
        assert_eq!(month.start.to_string(), "2013-11-01T05:00:00Z");
        assert_eq!(month.end.to_string(), "2013-12-01T06:00:00Z");
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in [
            "", "2013", "2013-q0", "2013-q5", "2013-13", "2013-00", "2013-7", "13-q1", "2013-Q1",
            "2013-q11", "1899-q1",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn periods_follow_one_another_without_a_gap(year in 1901_i16..2199, number in 1_i8..=12, quarter: bool) {
            let kind = if quarter { PeriodKind::Quarter } else { PeriodKind::Month };
            let period = Period { kind, year, number: if quarter { (number - 1) % 4 + 1 } else { number } };
            prop_assert_eq!(period.next().previous(), period);
            prop_assert_eq!(period.to_string().parse::<Period>().unwrap(), period);
            for zone in ["Asia/Shanghai", "America/New_York", "America/Sao_Paulo"] {
                let zone = TimeZone::get(zone).unwrap();
                prop_assert_eq!(period.bounds(&zone).end, period.next().bounds(&zone).start);
            }
            prop_assert_eq!(Period::of(kind, period.first_day()), period);
            prop_assert_eq!(Period::of(kind, period.day_after().yesterday().unwrap()), period);
        }
    }
}
