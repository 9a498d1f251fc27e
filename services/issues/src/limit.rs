//! Stage limits and the deadlines that follow from them. Exact: a limit is a whole number of ten-thousandths of its unit.

use std::fmt;

use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};

/// A decimal has at most four places.
const UNITS: i64 = 10_000;
/// The longest limit, ten years, in days.
const LONGEST_DAYS: i64 = 3_660;

/// How long a stage may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// In ten-thousandths of the unit.
    pub amount: i64,
    pub unit: Unit,
}

/// What a limit is counted in. The names are those of limits as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Elapsed hours, round the clock.
    UrgentHours,
    /// The same wall time so many days later, round the clock.
    UrgentDays,
}

const NAMES: [(Unit, &str); 2] = [
    (Unit::UrgentHours, "URGENT_HOURS"),
    (Unit::UrgentDays, "URGENT_DAYS"),
];

impl Limit {
    /// Reads `14 URGENT_DAYS` or `1.5 URGENT_HOURS`; an error says in words what to write.
    pub fn parse(text: &str) -> Result<Limit, String> {
        let (number, unit) = text
            .split_once(' ')
            .ok_or_else(|| format!("`{text}` is no limit; write one like `14 URGENT_DAYS`"))?;
        let unit = match unit {
            "WORKING_HOURS" | "WORKING_DAYS" => {
                return Err(format!(
                    "`{unit}` needs the district's working calendar, which this release does not keep; use URGENT_HOURS or URGENT_DAYS"
                ));
            }
            name => NAMES.iter().find(|row| row.1 == name).map(|row| row.0),
        };
        let unit = unit.ok_or_else(|| {
            format!("the unit of `{text}` is none; write URGENT_HOURS or URGENT_DAYS")
        })?;
        let amount = decimal(number).ok_or_else(|| {
            format!("`{number}` is no decimal of at most four places, for example 14 or 1.5")
        })?;
        let longest = match unit {
            Unit::UrgentHours => LONGEST_DAYS * 24,
            Unit::UrgentDays => LONGEST_DAYS,
        };
        if amount == 0 || amount > longest * UNITS {
            return Err(format!("`{text}` must be above 0 and at most ten years"));
        }
        Ok(Limit { amount, unit })
    }

    /// When the limit ends that begins at the instant. Nothing where that is beyond all calendars.
    ///
    /// Days end at the same wall time: one that daylight saving skips moves forward, one that it repeats is the first.
    /// A fraction of a day is that part of 24 elapsed hours.
    pub fn deadline(self, from: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let (whole, rest) = (self.amount / UNITS, self.amount % UNITS);
        let elapsed = |amount: i64, hours: i64| {
            SignedDuration::from_millis(amount * hours * 3_600_000 / UNITS)
        };
        match self.unit {
            Unit::UrgentHours => from.checked_add(elapsed(self.amount, 1)).ok(),
            // Less than a day has no wall time to keep.
            Unit::UrgentDays if whole == 0 => from.checked_add(elapsed(rest, 24)).ok(),
            Unit::UrgentDays => {
                let wall = from.to_zoned(zone.clone()).datetime();
                let wall = wall.checked_add(Span::new().try_days(whole).ok()?).ok()?;
                let same = zone.to_ambiguous_timestamp(wall).compatible().ok()?;
                same.checked_add(elapsed(rest, 24)).ok()
            }
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES
            .iter()
            .find(|row| row.0 == self.unit)
            .map_or("", |row| row.1);
        let (whole, rest) = (self.amount / UNITS, self.amount % UNITS);
        if rest == 0 {
            return write!(out, "{whole} {name}");
        }
        let places = format!("{rest:04}");
        write!(out, "{whole}.{} {name}", places.trim_end_matches('0'))
    }
}

fn decimal(text: &str) -> Option<i64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str, most| {
        let fits = (1..=most).contains(&text.len());
        fits && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(whole, 9) || !digits(places, 4) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let places: i64 = format!("{places:0<4}").parse().ok()?;
    Some(whole * UNITS + places)
}

#[cfg(test)]
mod tests;
