//! Calendars as they are written: each field at and beyond its limits, in words.

use tidyward_proto::v1 as wire;

use super::*;
use crate::timing::tests::{spans, weekly};

/// A calendar with odd spans and some days that are otherwise, made of the seed; always with working time.
pub fn odd_calendar(seed: u64) -> wire::WorkingCalendar {
    let mut state = seed;
    let mut draw = move |below: i32| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % below as u64) as i32
    };
    let mut hours = move |most: i32| {
        let mut at = 0;
        let mut hours = Vec::new();
        for _ in 0..draw(most + 1) {
            let from = at + draw(300);
            at = from + 1 + draw(300);
            if at <= DAY {
                hours.push((from, at));
            }
        }
        hours
    };
    let mut told = weekly(1, &[(100, 1_000)]);
    told.week.extend((2..=7).map(|weekday| wire::WeekdayHours {
        weekday,
        spans: spans(&hours(4)),
    }));
    told.exceptions
        .extend((1..12).map(|month| wire::CalendarDays {
            first_day: format!("2026-{month:02}-03"),
            last_day: format!("2026-{month:02}-{:02}", 3 + month),
            spans: spans(&hours(1)),
            ..wire::CalendarDays::default()
        }));
    told
}

fn check(told: &wire::WorkingCalendar, expected: &[(&str, &str)]) {
    let error = WorkCalendar::read(TimeZone::UTC, "working_calendar", told).unwrap_err();
    let shown: Vec<String> = error
        .violations
        .iter()
        .map(|one| format!("{}: {}", one.field, one.message))
        .collect();
    assert_eq!(shown.len(), expected.len(), "{shown:#?}");
    for (shown, (field, words)) in shown.iter().zip(expected) {
        assert!(
            shown.starts_with(&format!("working_calendar.{field}: ")) && shown.contains(words),
            "{shown} is not {field}: {words}"
        );
    }
}

fn days(first: &str, last: &str) -> wire::CalendarDays {
    wire::CalendarDays {
        first_day: first.to_owned(),
        last_day: last.to_owned(),
        ..wire::CalendarDays::default()
    }
}

#[test]
fn a_calendar_with_no_working_hours_is_refused() {
    let none = ("week", "a calendar with no working hours");
    check(&wire::WorkingCalendar::default(), &[none]);
    check(&weekly(7, &[]), &[none]);
}

#[test]
fn each_day_of_the_week_is_there_once() {
    let mut told = weekly(3, &[(0, 1_440)]);
    told.week[0].weekday = 0;
    told.week[1].weekday = 8;
    told.week.push(told.week[2].clone());
    check(
        &told,
        &[
            ("week[0].weekday", "1 (Monday) to 7 (Sunday)"),
            ("week[1].weekday", "1 (Monday) to 7 (Sunday)"),
            ("week[3].weekday", "is there twice"),
        ],
    );
}

#[test]
fn spans_are_in_order_apart_and_within_the_day() {
    check(
        &weekly(1, &[(-1, 10), (1_440, 1_441)]),
        &[
            ("week[0].spans[0].from_minute", "0 to 1439"),
            ("week[0].spans[1].from_minute", "0 to 1439"),
            ("week[0].spans[1].to_minute", "1 to 1440"),
        ],
    );
    check(
        &weekly(1, &[(60, 60), (50, 70)]),
        &[
            ("week[0].spans[0].to_minute", "behind from_minute"),
            ("week[0].spans[1].from_minute", "in order and apart"),
        ],
    );
    let nine: Vec<(i32, i32)> = (0..9).map(|hour| (hour * 60, hour * 60 + 30)).collect();
    check(&weekly(1, &nine), &[("week[0].spans", "at most 8")]);
    let touching = weekly(1, &[(0, 60), (60, 1_440)]);
    assert!(WorkCalendar::read(TimeZone::UTC, "working_calendar", &touching).is_ok());
}

#[test]
fn exceptions_are_days_each_named_once() {
    let mut told = weekly(5, &[(540, 1_020)]);
    told.published_until = "soon".to_owned();
    told.exceptions = vec![
        days("2026-10-01", "2026-10-07"),
        days("2026-09-20", "2026-09-19"),
        days("2026-02-30", ""),
        days("20260101", "2026-1-3"),
        days("2026-10-07", ""),
        wire::CalendarDays {
            title: "节".repeat(201),
            ..days("2026-05-01", "")
        },
    ];
    check(
        &told,
        &[
            ("exceptions[1].last_day", "before the first day"),
            ("exceptions[2].first_day", "a day like"),
            ("exceptions[3].first_day", "a day like"),
            ("exceptions[3].last_day", "a day like"),
            ("exceptions[5].title", "at most 200 characters"),
            (
                "exceptions[4].first_day",
                "2026-10-07 is in another exception",
            ),
            ("published_until", "a day like"),
        ],
    );
    let many = |count: i32| {
        let day = |number: i32| {
            days(
                &(jiff::civil::date(2020, 1, 1) + jiff::Span::new().days(number)).to_string(),
                "",
            )
        };
        wire::WorkingCalendar {
            exceptions: (0..count).map(day).collect(),
            ..weekly(1, &[(540, 1_020)])
        }
    };
    check(&many(2_001), &[("exceptions", "at most 2000")]);
    assert!(WorkCalendar::read(TimeZone::UTC, "working_calendar", &many(2_000)).is_ok());
}

#[test]
fn a_make_up_workday_has_the_hours_of_the_first_weekday_unless_it_names_its_own() {
    let mut told = weekly(5, &[(540, 720), (780, 1_020)]);
    let workday = |day: &str| wire::CalendarDays {
        workday: true,
        ..days(day, "")
    };
    told.exceptions = vec![
        workday("2026-02-14"),
        wire::CalendarDays {
            spans: spans(&[(600, 660)]),
            ..workday("2026-02-28")
        },
        days("2026-02-16", "2026-02-20"),
    ];
    let calendar = WorkCalendar::read(TimeZone::UTC, "working_calendar", &told).unwrap();
    let hours = |date: &str| calendar.day(date.parse().unwrap()).unwrap().total / 60_000_000;
    assert_eq!(hours("2026-02-14"), 420);
    assert_eq!(hours("2026-02-28"), 60);
    assert_eq!(
        (
            hours("2026-02-16"),
            hours("2026-02-20"),
            hours("2026-02-21")
        ),
        (0, 0, 0)
    );
    assert_eq!(hours("2026-02-23"), 420);
}

#[test]
fn no_instant_belongs_to_two_days_even_where_a_whole_day_was_skipped() {
    // Samoa had no 30th of December 2011.
    let zone = TimeZone::get("Pacific/Apia").unwrap();
    let calendar = WorkCalendar::standard(zone);
    let total = |date: &str| calendar.day(date.parse().unwrap()).unwrap().total / 60_000_000;
    assert_eq!(
        (
            total("2011-12-29"),
            total("2011-12-30"),
            total("2012-01-02")
        ),
        (480, 0, 480)
    );
}
