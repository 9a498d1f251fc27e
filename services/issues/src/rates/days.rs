//! The days that rates are counted over: those asked for, as many right before, the same days of the year before, and
//! how each is cut into days, weeks and months.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use tidyward_kit::{
    Error,
    period::{self, Period, PeriodKind},
};

use crate::facts::replay::Window;

/// Days from the first to the last, both among them, of a district's calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    pub first: Date,
    pub last: Date,
}

/// By what days are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    Day,
    Week,
    Month,
}

/// A day as a client writes it.
pub fn parse(field: &str, text: &str) -> Result<Date, Error> {
    let day: Option<Date> = text.parse().ok();
    // The parser knows more forms than this one.
    day.filter(|day| day.to_string() == text && (1900..=2200).contains(&day.year()))
        .ok_or_else(|| Error::field(field, "must be a day like `2026-10-01`, of 1900 to 2200"))
}

impl Days {
    pub fn count(self) -> i32 {
        (self.last - self.first).get_days() + 1
    }

    /// So many days earlier.
    pub fn earlier(self, days: i32) -> Days {
        Days {
            first: self.first.saturating_sub(days.days()),
            last: self.last.saturating_sub(days.days()),
        }
    }

    /// The same days of the year before; of 29 February, the 28th.
    pub fn year_before(self) -> Days {
        Days {
            first: self.first.saturating_sub(1.year()),
            last: self.last.saturating_sub(1.year()),
        }
    }

    pub fn window(self, zone: &TimeZone) -> Window {
        let after = self.last.saturating_add(1.day());
        Window {
            start: period::midnight(self.first, zone).as_microsecond(),
            end: period::midnight(after, zone).as_microsecond(),
        }
    }

    /// Each part with its name: the day, the week's Monday, or the month.
    pub fn cut(self, by: Cut) -> Vec<(String, Days)> {
        let mut parts = Vec::new();
        let mut first = self.first;
        while first <= self.last {
            let (name, last) = match by {
                Cut::Day => (first.to_string(), first),
                Cut::Week => {
                    let since = i32::from(first.weekday().since(Weekday::Monday));
                    let monday = first.saturating_sub(since.days());
                    (monday.to_string(), monday.saturating_add(6.days()))
                }
                Cut::Month => {
                    let month = Period::of(PeriodKind::Month, first);
                    (month.to_string(), first.last_of_month())
                }
            };
            let last = last.min(self.last);
            parts.push((name, Days { first, last }));
            first = last.saturating_add(1.day());
        }
        parts
    }

    /// The month or quarter that the days are, if they are one.
    pub fn period(self) -> Option<Period> {
        let kinds = [PeriodKind::Month, PeriodKind::Quarter];
        let periods = kinds.map(|kind| Period::of(kind, self.first));
        periods.into_iter().find(|period| {
            period.first_day() == self.first
                && period.day_after() == self.last.saturating_add(1.day())
        })
    }
}
