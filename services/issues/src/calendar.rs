//! The working calendar of a district: the hours of its week, and the days that are otherwise (holidays, make-up
//! workdays). Days are of the district's time zone; their spans are wall times.
//!
//! A wall time that daylight saving skips moves forward, one that it repeats is the first. The working time of a day is
//! the time that elapses between the instants of its spans; no instant belongs to two spans or to two days.

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

mod read;

/// Minutes of a day.
const DAY: i32 = 1_440;
/// The hours of a district that published no calendar, Monday to Friday.
pub const STANDARD_HOURS: WorkSpan = WorkSpan {
    from: 9 * 60,
    until: 17 * 60,
};
/// Days of its week on which it works, from Monday on.
pub const STANDARD_DAYS: usize = 5;

/// When work is done.
#[derive(Clone, Debug)]
pub struct WorkCalendar {
    zone: TimeZone,
    /// Monday first.
    week: [Vec<WorkSpan>; 7],
    /// By their first day, apart from one another.
    exceptions: Vec<Exception>,
    /// The last day that was announced. Nothing is no end.
    published_until: Option<Date>,
}

/// Minutes of a day by the wall clock, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkSpan {
    pub from: i32,
    pub until: i32,
}

/// Some days that are otherwise than their weekday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    pub first: Date,
    pub last: Date,
    /// None is a day off.
    pub spans: Vec<WorkSpan>,
    /// What people call it; may be empty.
    pub title: String,
}

/// One day with its working time as instants, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day<'a> {
    pub date: Date,
    /// In order and apart.
    pub spans: Vec<(i64, i64)>,
    /// Microseconds of work.
    pub total: i64,
    pub exception: Option<&'a Exception>,
}

impl WorkCalendar {
    /// Monday to Friday, 09:00 to 17:00, without an end.
    pub fn standard(zone: TimeZone) -> WorkCalendar {
        let spans = |day| (day < STANDARD_DAYS).then_some(STANDARD_HOURS);
        WorkCalendar {
            zone,
            week: std::array::from_fn(|day| spans(day).into_iter().collect()),
            exceptions: Vec::new(),
            published_until: None,
        }
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The day with its working time. Nothing at the ends of all calendars.
    pub fn day(&self, date: Date) -> Option<Day<'_>> {
        let exception = self.exception(date);
        let spans = match exception {
            Some(exception) => &exception.spans,
            None => &self.week[date.weekday().to_monday_zero_offset() as usize % 7],
        };
        let mut day = Day {
            date,
            spans: Vec::with_capacity(spans.len()),
            total: 0,
            exception,
        };
        if spans.is_empty() {
            return Some(day);
        }
        // What daylight saving moves is kept within the day and behind the span before.
        let mut free = self.instant(date, 0)?;
        let end = self.instant(date, DAY)?;
        for span in spans {
            let from = self.instant(date, span.from)?.max(free);
            let until = self.instant(date, span.until)?.min(end);
            if from < until {
                day.spans.push((from, until));
                day.total += until - from;
                free = until;
            }
        }
        Some(day)
    }

    /// The day to which the instant (microseconds) belongs.
    pub fn date_of(&self, at: i64) -> Option<Date> {
        let date = Timestamp::from_microsecond(at)
            .ok()?
            .to_zoned(self.zone.clone())
            .date();
        // Where a skipped hour lies over midnight, the day before ends behind it.
        if self.instant(date, 0)? > at {
            date.yesterday().ok()
        } else {
            Some(date)
        }
    }

    /// Whether the instant (microseconds) lies behind the last day that was announced.
    pub fn is_beyond(&self, at: i64) -> bool {
        let end = self
            .published_until
            .and_then(|last| self.instant(last, DAY));
        end.is_some_and(|end| at > end)
    }

    fn exception(&self, date: Date) -> Option<&Exception> {
        let behind = self
            .exceptions
            .partition_point(|exception| exception.first <= date);
        let nearest = self.exceptions.get(behind.checked_sub(1)?)?;
        (date <= nearest.last).then_some(nearest)
    }

    fn instant(&self, date: Date, minute: i32) -> Option<i64> {
        let (date, minute) = if minute >= DAY {
            (date.tomorrow().ok()?, 0)
        } else {
            (date, minute)
        };
        let time = Time::new((minute / 60) as i8, (minute % 60) as i8, 0, 0).ok()?;
        let wall = self.zone.to_ambiguous_timestamp(date.to_datetime(time));
        Some(wall.compatible().ok()?.as_microsecond())
    }
}

impl Day<'_> {
    /// When its working time is over. Nothing where it has none.
    pub fn end(&self) -> Option<i64> {
        self.spans.last().map(|span| span.1)
    }

    /// Working time of the day before the instant.
    pub fn passed(&self, at: i64) -> i64 {
        self.spans
            .iter()
            .map(|(from, until)| at.clamp(*from, *until) - from)
            .sum()
    }

    /// The earliest instant at which so much of its working time has passed; nothing of it has at its beginning.
    pub fn instant_at(&self, passed: i64) -> Option<i64> {
        let mut left = passed;
        for (from, until) in &self.spans {
            if left <= until - from {
                return Some(from + left);
            }
            left -= until - from;
        }
        self.end()
    }
}

#[cfg(test)]
pub mod tests;
