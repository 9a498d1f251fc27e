//! When a limit ends, and how much time has run. All of it is whole microseconds.
//!
//! - WORKING_HOURS end at the earliest instant at which that much working time has passed.
//! - WORKING_DAYS begin in working time: a start outside it is moved to the beginning of the next working time, be that
//!   the same afternoon or the next working day. N whole days end N working days later, at the instant at which as much
//!   of that day's working time has passed as of the first day's at the start, and at that day's end where the day is
//!   shorter. A fraction is that part of the minutes of the day reached so; what does not fit before its end is the
//!   part that is left of the next working day, never beyond what a whole day more would give. So half a day from 15:00
//!   of eight hours from 09:00 on ends at 11:00 of the next working day.
//! - URGENT_HOURS are elapsed hours. URGENT_DAYS end at the same wall time; a fraction of one is that part of 24 hours.
//!
//! In a pause the clock stands: a start in it moves to its end, and what remained when it began remains when it ends.
//! No pause makes a deadline earlier. Only limits of working time depend on the calendar and can be provisional.

use std::sync::Arc;

use jiff::{Span, Timestamp, civil::Date};

use crate::{
    calendar::{Day, WorkCalendar},
    limit::{Limit, UNITS, Unit},
};

/// Days that are looked at for one deadline; what lies behind them is beyond all calendars.
const MOST_DAYS: usize = 7_320;
/// Microseconds of ten-thousandths of an hour.
const HOUR_PART: i64 = 3_600 * 1_000_000 / UNITS;
const MINUTE: i64 = 60 * 1_000_000;

/// What decides when limits end: the calendar, and the pauses of an area.
#[derive(Clone, Debug)]
pub struct Timing {
    pub calendar: Arc<WorkCalendar>,
    /// In order and apart.
    pub pauses: Vec<Pause>,
}

/// A time in which clocks stand, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// When a limit ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub at: Timestamp,
    /// Whether it is of working time and lies beyond the published calendar.
    pub provisional: bool,
}

impl Timing {
    /// With no pauses.
    pub fn of(calendar: Arc<WorkCalendar>) -> Timing {
        Timing {
            calendar,
            pauses: Vec::new(),
        }
    }

    /// When the limit ends that begins at the instant. Nothing where that is beyond all calendars.
    pub fn deadline(&self, from: Timestamp, limit: Limit) -> Option<Deadline> {
        let start = self.after_pause(from.as_microsecond());
        let plain = self.without_pauses(start, limit)?;
        let paused = self.stand(start, plain).next().is_some();
        let at = if paused {
            let amount = self.passing(start, plain, limit.unit);
            plain.max(self.advance(start, amount, limit.unit)?)
        } else {
            plain
        };
        self.made(at, limit.unit)
    }

    /// The deadline of a clock that stood from `stopped` to `resumed`: what remained then remains. One that had passed
    /// when the clock stopped stays.
    pub fn shifted(
        &self,
        deadline: Timestamp,
        stopped: Timestamp,
        resumed: Timestamp,
        unit: Unit,
    ) -> Option<Deadline> {
        let (before, stopped) = (deadline.as_microsecond(), stopped.as_microsecond());
        if before < stopped {
            return self.made(before, unit);
        }
        let remained = self.running(stopped, before, unit);
        let at = self.advance(resumed.as_microsecond(), remained, unit)?;
        self.made(at.max(before), unit)
    }

    /// Microseconds that a clock of the unit runs: working or elapsed time outside pauses.
    pub fn running(&self, from: i64, until: i64, unit: Unit) -> i64 {
        let stood: i64 = self
            .stand(from, until)
            .map(|(from, until)| self.passing(from, until, unit))
            .sum();
        self.passing(from, until, unit) - stood
    }

    /// The pauses within the time, cut to it.
    pub fn stand(&self, from: i64, until: i64) -> impl Iterator<Item = (i64, i64)> {
        let cut = self.pauses.iter().map(move |pause| {
            let (begins, ends) = (pause.from.as_microsecond(), pause.until.as_microsecond());
            (begins.max(from), ends.min(until))
        });
        cut.filter(|(begins, ends)| begins < ends)
    }

    fn made(&self, at: i64, unit: Unit) -> Option<Deadline> {
        Some(Deadline {
            at: Timestamp::from_microsecond(at).ok()?,
            provisional: unit.is_working() && self.calendar.is_beyond(at),
        })
    }

    fn after_pause(&self, from: i64) -> i64 {
        self.pauses.iter().fold(from, |at, pause| {
            let inside = pause.from.as_microsecond() <= at && at < pause.until.as_microsecond();
            if inside {
                pause.until.as_microsecond()
            } else {
                at
            }
        })
    }

    /// The earliest instant at which a clock of the unit has run so long.
    fn advance(&self, from: i64, amount: i64, unit: Unit) -> Option<i64> {
        let (mut at, mut left) = (from, amount);
        for pause in &self.pauses {
            let (begins, ends) = (pause.from.as_microsecond(), pause.until.as_microsecond());
            if ends <= at {
                continue;
            }
            if begins > at {
                let end = self.advance_plain(at, left, unit)?;
                if end <= begins {
                    return Some(end);
                }
                left -= self.passing(at, begins, unit);
            }
            at = ends;
        }
        self.advance_plain(at, left, unit)
    }

    fn advance_plain(&self, from: i64, amount: i64, unit: Unit) -> Option<i64> {
        if !unit.is_working() || amount == 0 {
            return from.checked_add(amount);
        }
        let mut left = amount;
        for day in self.days(from).take(MOST_DAYS) {
            let passed = day.passed(from);
            if left <= day.total - passed {
                return day.instant_at(passed + left);
            }
            left -= day.total - passed;
        }
        None
    }

    /// Working or elapsed time between the instants, pauses and all.
    fn passing(&self, from: i64, until: i64, unit: Unit) -> i64 {
        if !unit.is_working() || until <= from {
            return (until - from).max(0);
        }
        let last = self.calendar.date_of(until);
        let days = self.days(from).take(MOST_DAYS);
        days.take_while(|day| last.is_some_and(|last| day.date <= last))
            .map(|day| day.passed(until) - day.passed(from))
            .sum()
    }

    fn without_pauses(&self, from: i64, limit: Limit) -> Option<i64> {
        match limit.unit {
            Unit::WorkingHours | Unit::UrgentHours => {
                let amount = limit.amount.checked_mul(HOUR_PART)?;
                self.advance_plain(from, amount, limit.unit)
            }
            Unit::WorkingDays => self.working_days(from, limit.amount),
            Unit::UrgentDays => self.urgent_days(from, limit.amount),
        }
    }

    fn working_days(&self, from: i64, amount: i64) -> Option<i64> {
        let whole = usize::try_from(amount / UNITS).ok()?;
        let fraction = i128::from(amount % UNITS);
        let days = self.days(from).take(MOST_DAYS);
        let mut days = days
            .filter(|day| day.end().is_some_and(|end| from < end))
            .peekable();
        let offset = days.peek()?.passed(from);
        let day = days.nth(whole)?;
        let total = i128::from(day.total);
        // In ten-thousandths of microseconds, so that nothing is lost.
        let full = total * i128::from(UNITS);
        let used = i128::from(offset.min(day.total)) * i128::from(UNITS) + fraction * total;
        if used <= full {
            return day.instant_at(i64::try_from(used / i128::from(UNITS)).ok()?);
        }
        let next = days.next()?;
        let rest = (used - full) * i128::from(next.total) / full;
        next.instant_at(i64::try_from(rest).ok()?.min(offset).min(next.total))
    }

    fn urgent_days(&self, from: i64, amount: i64) -> Option<i64> {
        let (whole, rest) = (amount / UNITS, amount % UNITS);
        let elapsed = rest * 24 * HOUR_PART;
        if whole == 0 {
            // Less than a day has no wall time to keep.
            return from.checked_add(elapsed);
        }
        let zone = self.calendar.zone();
        let start = Timestamp::from_microsecond(from).ok()?;
        let wall = start.to_zoned(zone.clone()).datetime();
        let wall = wall.checked_add(Span::new().try_days(whole).ok()?).ok()?;
        let same = zone.to_ambiguous_timestamp(wall).compatible().ok()?;
        same.as_microsecond().checked_add(elapsed)
    }

    /// The days from that of the instant on.
    pub fn days(&self, from: i64) -> impl Iterator<Item = Day<'_>> {
        let first: Option<Date> = self.calendar.date_of(from);
        let dates = std::iter::successors(first, |date| date.tomorrow().ok());
        dates.map_while(|date| self.calendar.day(date))
    }
}

/// Whole minutes, half away from zero.
pub fn minutes(micros: i64) -> i64 {
    (micros + MINUTE / 2).div_euclid(MINUTE)
}

#[cfg(test)]
pub mod tests;
