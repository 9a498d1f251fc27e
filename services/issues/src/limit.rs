//! Stage limits. Exact: a limit is a whole number of ten-thousandths of its unit. When it ends is `Timing`'s affair.

use std::fmt;

/// A decimal has at most four places.
pub const UNITS: i64 = 10_000;
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
    /// Hours of working time.
    WorkingHours,
    /// The same place in the working time of the day, so many working days later.
    WorkingDays,
    /// Elapsed hours, round the clock.
    UrgentHours,
    /// The same wall time so many days later, round the clock.
    UrgentDays,
}

impl Unit {
    /// Whether only working time counts.
    pub fn is_working(self) -> bool {
        matches!(self, Unit::WorkingHours | Unit::WorkingDays)
    }
}

const NAMES: [(Unit, &str); 4] = [
    (Unit::WorkingHours, "WORKING_HOURS"),
    (Unit::WorkingDays, "WORKING_DAYS"),
    (Unit::UrgentHours, "URGENT_HOURS"),
    (Unit::UrgentDays, "URGENT_DAYS"),
];

impl Limit {
    /// Reads `14 URGENT_DAYS` or `1.5 URGENT_HOURS`; an error says in words what to write.
    pub fn parse(text: &str) -> Result<Limit, String> {
        let (number, unit) = text
            .split_once(' ')
            .ok_or_else(|| format!("`{text}` is no limit; write one like `14 URGENT_DAYS`"))?;
        let unit = NAMES.iter().find(|row| row.1 == unit).map(|row| row.0);
        let unit = unit.ok_or_else(|| {
            format!(
                "the unit of `{text}` is none; write WORKING_HOURS, WORKING_DAYS, URGENT_HOURS or URGENT_DAYS"
            )
        })?;
        let amount = decimal(number).ok_or_else(|| {
            format!("`{number}` is no decimal of at most four places, for example 14 or 1.5")
        })?;
        let longest = match unit {
            Unit::WorkingHours | Unit::UrgentHours => LONGEST_DAYS * 24,
            Unit::WorkingDays | Unit::UrgentDays => LONGEST_DAYS,
        };
        if amount == 0 || amount > longest * UNITS {
            return Err(format!("`{text}` must be above 0 and at most ten years"));
        }
        Ok(Limit { amount, unit })
    }

    /// So many percent of it, half away from zero, and never nothing: what an emergency makes of it.
    #[must_use]
    pub fn percent(self, percent: i64) -> Limit {
        let amount = ((self.amount * percent + 50) / 100).max(1);
        Limit { amount, ..self }
    }

    /// The decimal alone, as it is written.
    pub fn number(self) -> String {
        let (whole, rest) = (self.amount / UNITS, self.amount % UNITS);
        if rest == 0 {
            return whole.to_string();
        }
        let places = format!("{rest:04}");
        format!("{whole}.{}", places.trim_end_matches('0'))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES
            .iter()
            .find(|row| row.0 == self.unit)
            .map_or("", |row| row.1);
        write!(out, "{} {name}", self.number())
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
