//! A working calendar as a file has it: TOML with everything, or CSV with the days off and the make-up workdays alone, as
//! authorities announce them.

use serde::Deserialize;
use tidyward_proto::v1::{CalendarDays, WeekdayHours, WorkSpan, WorkingCalendar};

use crate::cli::failure::Failure;

/// Days of the week as files and flags name them, Monday first.
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// As the flag has them: `mon-fri 09:00-12:00 13:30-17:30`.
    week: Vec<String>,
    #[serde(default)]
    published_until: String,
    #[serde(default)]
    days: Vec<Days>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Days {
    kind: String,
    from: String,
    to: String,
    hours: String,
    title: String,
}

/// The whole calendar.
pub fn toml(text: &str) -> Result<WorkingCalendar, Failure> {
    let file: File = toml::from_str(text)
        .map_err(|error| Failure::usage(format!("the file cannot be read: {error}")))?;
    Ok(WorkingCalendar {
        week: week(&file.week)?,
        exceptions: file.days.into_iter().map(days).collect::<Result<_, _>>()?,
        published_until: file.published_until,
        ..WorkingCalendar::default()
    })
}

/// The days of a CSV file with the head `kind,from,to`, and `title` where there is one.
pub fn csv(text: &str) -> Result<Vec<CalendarDays>, Failure> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let rows = reader.deserialize::<Days>().map(|row| {
        let row = row.map_err(|error| {
            Failure::usage(format!("the file cannot be read: {error}"))
                .next("its head is kind,from,to and its kinds are day_off and workday")
        })?;
        days(row)
    });
    rows.collect()
}

fn days(days: Days) -> Result<CalendarDays, Failure> {
    let spans = spans(&days.hours)?;
    let fits = match days.kind.as_str() {
        "day_off" => spans.is_empty(),
        "workday" => true,
        "hours" => !spans.is_empty(),
        _ => false,
    };
    if !fits {
        let message = format!(
            "{}: `{}` is none: day_off, workday, or hours with its hours",
            days.from, days.kind
        );
        return Err(Failure::usage(message));
    }
    Ok(CalendarDays {
        first_day: days.from,
        last_day: days.to,
        spans,
        workday: days.kind == "workday",
        title: days.title,
    })
}

/// The hours of a week: `mon-fri 09:00-12:00 13:30-17:30`, or `sat 09:00-12:00`, each day once.
pub fn week(lines: &[String]) -> Result<Vec<WeekdayHours>, Failure> {
    let mut week: Vec<WeekdayHours> = Vec::new();
    for line in lines {
        let (named, hours) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let (from, to) = named.split_once('-').unwrap_or((named, named));
        let (from, to) = (weekday(from)?, weekday(to)?);
        if from > to {
            return Err(Failure::usage(format!(
                "`{named}`: Monday is the first day"
            )));
        }
        for weekday in from..=to {
            if week.iter().any(|day| day.weekday == weekday) {
                let name = weekday_name(weekday);
                return Err(Failure::usage(format!("{name} has its hours twice")));
            }
            let spans = spans(hours)?;
            week.push(WeekdayHours { weekday, spans });
        }
    }
    week.sort_by_key(|day| day.weekday);
    Ok(week)
}

fn weekday(word: &str) -> Result<i32, Failure> {
    let asked = word.to_ascii_lowercase();
    (1..)
        .zip(WEEKDAYS)
        .find(|(_, name)| *name == asked)
        .map(|(number, _)| number)
        .ok_or_else(|| {
            let message = format!("`{word}` is no weekday; one of {}", WEEKDAYS.join(", "));
            Failure::usage(message).next("hours look like 'mon-fri 09:00-12:00 13:30-17:30'")
        })
}

/// The name of a weekday, 1 for Monday.
pub fn weekday_name(weekday: i32) -> &'static str {
    let place = usize::try_from(weekday - 1).unwrap_or(usize::MAX);
    WEEKDAYS.get(place).copied().unwrap_or("")
}

/// `09:00-12:00 13:30-17:30`; no text is no span.
fn spans(text: &str) -> Result<Vec<WorkSpan>, Failure> {
    let read = |part: &str| {
        let (from, to) = part.split_once('-')?;
        Some(WorkSpan {
            from_minute: minute(from)?,
            to_minute: minute(to)?,
        })
    };
    text.split_whitespace()
        .map(|part| {
            read(part).ok_or_else(|| {
                Failure::usage(format!("`{part}` is no span of hours"))
                    .next("it looks like 09:00-17:30; the end of a day is 24:00")
            })
        })
        .collect()
}

fn minute(text: &str) -> Option<i32> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let whole =
        (0..24).contains(&hours) && (0..60).contains(&minutes) || (hours, minutes) == (24, 0);
    whole.then_some(hours * 60 + minutes)
}

/// Spans as they are written.
pub fn spans_text(spans: &[WorkSpan]) -> String {
    let clock = |minute: i32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let spans = spans
        .iter()
        .map(|span| format!("{}-{}", clock(span.from_minute), clock(span.to_minute)));
    spans.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_a_week_are_read_and_written() {
        let week = week(&[
            "sat 09:00-12:00".to_owned(),
            "mon-fri 08:30-12:00 14:00-24:00".to_owned(),
        ])
        .unwrap();
        let weekdays: Vec<i32> = week.iter().map(|day| day.weekday).collect();
        assert_eq!(weekdays, [1, 2, 3, 4, 5, 6]);
        assert_eq!(spans_text(&week[0].spans), "08:30-12:00 14:00-24:00");
        assert_eq!(week[5].spans[0].to_minute, 720);
    }

    #[test]
    fn what_is_no_hour_or_weekday_is_told() {
        for wrong in [
            "mon 9-17",
            "mon 09:00",
            "mon 25:00-26:00",
            "mon 09:60-10:00",
            "monday 09:00-10:00",
            "fri-mon 09:00-10:00",
            "",
        ] {
            assert!(week(&[wrong.to_owned()]).is_err(), "{wrong}");
        }
        let twice = ["mon-wed 09:00-10:00", "tue 11:00-12:00"].map(str::to_owned);
        assert_eq!(
            super::week(&twice).unwrap_err().message,
            "tue has its hours twice"
        );
    }

    #[test]
    fn days_come_as_csv_with_and_without_a_byte_order_mark() {
        let text = "kind,from,to\nday_off,2026-02-15,2026-02-23\nworkday,2026-02-14,2026-02-14\n";
        for text in [text.to_owned(), format!("\u{feff}{text}")] {
            let days = csv(&text).unwrap();
            assert_eq!(days[0].first_day, "2026-02-15");
            assert_eq!(days[0].last_day, "2026-02-23");
            assert_eq!((days[0].workday, days[1].workday), (false, true));
        }
        assert!(csv("kind,from,to\nholiday,2026-02-15,2026-02-15\n").is_err());
        assert!(csv("type,from,to\nday_off,2026-02-15,2026-02-15\n").is_err());
    }

    #[test]
    fn the_example_is_one() {
        let text = include_str!("../../../../../deploy/examples/calendar.toml");
        let calendar = toml(text).unwrap();
        assert_eq!(calendar.week.len(), 5);
        assert_eq!(calendar.published_until, "2026-12-31");
        assert!(calendar.exceptions.iter().any(|days| days.workday));
    }
}
