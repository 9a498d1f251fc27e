//! A calendar as it is written, checked; every field that is wrong is told at once.

use jiff::{civil::Date, tz::TimeZone};
use tidyward_kit::{Error, Violations, text};
use tidyward_proto::v1 as wire;

use super::{DAY, Exception, WorkCalendar, WorkSpan};

/// Spans of a day.
const MOST_SPANS: usize = 8;
const MOST_EXCEPTIONS: usize = 2_000;
/// The longest title, in characters.
const LONGEST_TITLE: usize = 200;

impl WorkCalendar {
    /// Reads a calendar of the zone. `field` is the path of the calendar in the request.
    pub fn read(
        zone: TimeZone,
        field: &str,
        told: &wire::WorkingCalendar,
    ) -> Result<WorkCalendar, Error> {
        let mut violations = Violations::default();
        let week = week(field, &told.week, &mut violations);
        let usual = week.iter().find(|spans| !spans.is_empty()).cloned();
        let exceptions = exceptions(field, told, &usual.unwrap_or_default(), &mut violations);
        let published_until = match told.published_until.as_str() {
            "" => None,
            text => day(&format!("{field}.published_until"), text, &mut violations),
        };
        violations.into_result()?;
        Ok(WorkCalendar {
            zone,
            week,
            exceptions,
            published_until,
        })
    }
}

fn week(
    field: &str,
    told: &[wire::WeekdayHours],
    violations: &mut Violations,
) -> [Vec<WorkSpan>; 7] {
    let mut week: [Vec<WorkSpan>; 7] = Default::default();
    let mut seen = [false; 7];
    // Seven days are good; what comes behind the fourteenth is told no more.
    for (index, hours) in told.iter().enumerate().take(14) {
        let path = format!("{field}.week[{index}]");
        let spans = spans(&path, &hours.spans, violations);
        let place = hours
            .weekday
            .checked_sub(1)
            .and_then(|day| usize::try_from(day).ok());
        let Some(place) = place.filter(|place| *place < 7) else {
            violations.add(
                format!("{path}.weekday"),
                "must be 1 (Monday) to 7 (Sunday)",
            );
            continue;
        };
        if std::mem::replace(&mut seen[place], true) {
            violations.add(
                format!("{path}.weekday"),
                "is there twice; name each day of the week once",
            );
        }
        week[place] = spans;
    }
    violations.require(
        told.iter().any(|hours| !hours.spans.is_empty()),
        &format!("{field}.week"),
        "a calendar with no working hours; give at least one day of the week some",
    );
    week
}

/// Spans in order and apart, each with at least a minute.
fn spans(field: &str, told: &[wire::WorkSpan], violations: &mut Violations) -> Vec<WorkSpan> {
    if told.len() > MOST_SPANS {
        violations.add(
            format!("{field}.spans"),
            format!("at most {MOST_SPANS} spans a day"),
        );
    }
    let mut before = 0;
    let mut spans = Vec::new();
    for (index, span) in told.iter().enumerate().take(MOST_SPANS) {
        let path = format!("{field}.spans[{index}]");
        if !(0..DAY).contains(&span.from_minute) {
            violations.add(
                format!("{path}.from_minute"),
                "must be 0 to 1439, a minute of the day",
            );
        } else if span.from_minute < before {
            violations.add(
                format!("{path}.from_minute"),
                "begins before the span before it ends; put spans in order and apart",
            );
        }
        if !(1..=DAY).contains(&span.to_minute) {
            violations.add(
                format!("{path}.to_minute"),
                "must be 1 to 1440, a minute of the day",
            );
        } else if span.to_minute <= span.from_minute {
            violations.add(format!("{path}.to_minute"), "must lie behind from_minute");
        }
        before = before.max(span.to_minute);
        spans.push(WorkSpan {
            from: span.from_minute,
            until: span.to_minute,
        });
    }
    spans
}

fn exceptions(
    field: &str,
    told: &wire::WorkingCalendar,
    usual: &[WorkSpan],
    violations: &mut Violations,
) -> Vec<Exception> {
    if told.exceptions.len() > MOST_EXCEPTIONS {
        violations.add(
            format!("{field}.exceptions"),
            format!("at most {MOST_EXCEPTIONS}"),
        );
    }
    let mut read: Vec<(usize, Exception)> = Vec::new();
    for (index, days) in told.exceptions.iter().enumerate().take(MOST_EXCEPTIONS) {
        let path = format!("{field}.exceptions[{index}]");
        text::check(
            violations,
            &format!("{path}.title"),
            &days.title,
            LONGEST_TITLE,
        );
        let mut spans = spans(&path, &days.spans, violations);
        if spans.is_empty() && days.workday {
            spans = usual.to_vec();
        }
        let first = day(&format!("{path}.first_day"), &days.first_day, violations);
        let last = match days.last_day.as_str() {
            "" => first,
            text => day(&format!("{path}.last_day"), text, violations),
        };
        let (Some(first), Some(last)) = (first, last) else {
            continue;
        };
        if last < first {
            violations.add(format!("{path}.last_day"), "lies before the first day");
            continue;
        }
        read.push((
            index,
            Exception {
                first,
                last,
                spans,
                title: days.title.clone(),
            },
        ));
    }
    read.sort_by_key(|(index, exception)| (exception.first, *index));
    let mut latest: Option<Date> = None;
    for (index, exception) in &read {
        if latest.is_some_and(|latest| exception.first <= latest) {
            violations.add(
                format!("{field}.exceptions[{index}].first_day"),
                format!(
                    "{} is in another exception already; name each day once",
                    exception.first
                ),
            );
        }
        latest = latest.max(Some(exception.last));
    }
    read.into_iter().map(|(_, exception)| exception).collect()
}

fn day(field: &str, text: &str, violations: &mut Violations) -> Option<Date> {
    // Only the one form, with a year that people live in.
    let date: Option<Date> = text.parse().ok();
    let date = date.filter(|date| date.to_string() == text && (1900..2200).contains(&date.year()));
    violations.require(
        date.is_some(),
        field,
        "must be a day like `2026-02-17`, from 1900 to 2199",
    );
    date
}
