//! Limits by hand: around the Spring Festival of 2026, over both nights on which New York changes its clocks, in storms.

mod brute;
mod laws;

use std::sync::Arc;

use jiff::{Timestamp, Zoned, tz::TimeZone};
use tidyward_proto::v1 as wire;

use super::*;

/// China's days off and make-up workdays of 2026: first day, last day, whether it is a workday, title.
#[rustfmt::skip]
pub const CHINA_2026: [(&str, &str, bool, &str); 13] = [
    ("2026-01-01", "2026-01-03", false, "元旦"),
    ("2026-01-04", "2026-01-04", true,  "元旦调休"),
    ("2026-02-14", "2026-02-14", true,  "春节调休"),
    ("2026-02-15", "2026-02-23", false, "春节"),
    ("2026-02-28", "2026-02-28", true,  "春节调休"),
    ("2026-04-04", "2026-04-06", false, "清明节"),
    ("2026-05-01", "2026-05-05", false, "劳动节"),
    ("2026-05-09", "2026-05-09", true,  "劳动节调休"),
    ("2026-06-19", "2026-06-21", false, "端午节"),
    ("2026-09-20", "2026-09-20", true,  "国庆节调休"),
    ("2026-09-25", "2026-09-27", false, "中秋节"),
    ("2026-10-01", "2026-10-07", false, "国庆节"),
    ("2026-10-10", "2026-10-10", true,  "国庆节调休"),
];

pub fn spans(spans: &[(i32, i32)]) -> Vec<wire::WorkSpan> {
    let span = |(from_minute, to_minute): &(i32, i32)| wire::WorkSpan {
        from_minute: *from_minute,
        to_minute: *to_minute,
    };
    spans.iter().map(span).collect()
}

/// The hours on so many days from Monday on.
pub fn weekly(days: i32, hours: &[(i32, i32)]) -> wire::WorkingCalendar {
    let week = (1..=days).map(|weekday| wire::WeekdayHours {
        weekday,
        spans: spans(hours),
    });
    wire::WorkingCalendar {
        week: week.collect(),
        ..wire::WorkingCalendar::default()
    }
}

pub fn timing(zone: &str, told: &wire::WorkingCalendar) -> Timing {
    let zone = TimeZone::get(zone).unwrap();
    let calendar = WorkCalendar::read(zone, "working_calendar", told).unwrap();
    Timing::of(Arc::new(calendar))
}

/// 2026 in China, from 08:30 to 12:00 and from 14:00 to 17:30.
pub fn china() -> Timing {
    let exceptions = CHINA_2026.map(|(first, last, workday, title)| wire::CalendarDays {
        first_day: first.to_owned(),
        last_day: last.to_owned(),
        workday,
        title: title.to_owned(),
        ..wire::CalendarDays::default()
    });
    let calendar = wire::WorkingCalendar {
        exceptions: exceptions.to_vec(),
        published_until: "2026-12-31".to_owned(),
        ..weekly(5, &[(510, 720), (840, 1_050)])
    };
    timing("Asia/Shanghai", &calendar)
}

/// A wall time of Shanghai, or of the zone that it names.
pub fn at(text: &str) -> Timestamp {
    let zoned = match text.contains('[') {
        true => text.to_owned(),
        false => format!("{text}[Asia/Shanghai]"),
    };
    zoned.parse::<Zoned>().unwrap().timestamp()
}

fn pause(from: &str, until: &str) -> Pause {
    Pause {
        from: at(from),
        until: at(until),
    }
}

fn check(timing: &Timing, limit: &str, from: &str, expected: &str) {
    let deadline = timing
        .deadline(at(from), Limit::parse(limit).unwrap())
        .unwrap();
    let zone = timing.calendar.zone().clone();
    let shown = deadline.at.to_zoned(zone).datetime().to_string();
    assert_eq!(shown, expected, "{limit} from {from}");
}

/// Limit, start and end of each row.
fn check_all(timing: &Timing, rows: &[(&str, &str, &str)]) {
    for (limit, from, expected) in rows {
        check(timing, limit, from, expected);
    }
}

#[test]
fn working_days_skip_the_spring_festival_and_count_its_make_up_saturday() {
    let china = china();
    #[rustfmt::skip]
    check_all(&china, &[
        // Friday, then the make-up Saturday, then nine days off, then Tuesday the 24th.
        ("1 WORKING_DAYS", "2026-02-13T10:00", "2026-02-14T10:00:00"),
        ("2 WORKING_DAYS", "2026-02-13T10:00", "2026-02-24T10:00:00"),
        // The 24th to the 27th and the make-up Saturday, the 28th, then Monday.
        ("7 WORKING_DAYS", "2026-02-13T10:00", "2026-03-02T10:00:00"),
        ("6 WORKING_DAYS", "2026-02-13T10:00", "2026-02-28T10:00:00"),
    ]);
}

#[test]
fn a_start_outside_working_time_is_moved_to_the_next_working_time() {
    let china = china();
    // On New Year's Eve in the holiday, after hours before it, and at its very end: all from the 24th, 08:30.
    for from in [
        "2026-02-16T12:00",
        "2026-02-14T20:00",
        "2026-02-14T17:30",
        "2026-02-24T03:00",
    ] {
        check(&china, "1 WORKING_DAYS", from, "2026-02-25T08:30:00");
        check(&china, "1 WORKING_HOURS", from, "2026-02-24T09:30:00");
        check(&china, "0.5 WORKING_DAYS", from, "2026-02-24T12:00:00");
        check(&china, "7 WORKING_HOURS", from, "2026-02-24T17:30:00");
    }
    #[rustfmt::skip]
    check_all(&china, &[
        // At noon as much of the day has passed as at 14:00, and it has passed at 12:00.
        ("1 WORKING_DAYS",  "2026-03-02T13:00", "2026-03-03T12:00:00"),
        ("1 WORKING_HOURS", "2026-03-02T13:00", "2026-03-02T15:00:00"),
    ]);
}

#[test]
fn working_hours_end_at_the_earliest_instant() {
    let china = china();
    #[rustfmt::skip]
    check_all(&china, &[
        ("3.5 WORKING_HOURS",    "2026-02-13T08:30", "2026-02-13T12:00:00"),
        ("3.5001 WORKING_HOURS", "2026-02-13T08:30", "2026-02-13T14:00:00.36"),
        ("10 WORKING_HOURS",     "2026-02-14T15:00", "2026-02-25T09:00:00"),
    ]);
}

#[test]
fn half_a_day_that_does_not_fit_is_half_of_the_next_and_never_more_than_a_whole_one() {
    let standard = Timing::of(Arc::new(WorkCalendar::standard(
        TimeZone::get("Asia/Shanghai").unwrap(),
    )));
    #[rustfmt::skip]
    check_all(&standard, &[
        ("0.5 WORKING_DAYS", "2026-03-02T15:00", "2026-03-03T11:00:00"),
        ("1.5 WORKING_DAYS", "2026-03-02T11:00", "2026-03-03T15:00:00"),
    ]);
    // A short day: an hour on Tuesday the 3rd.
    let short = wire::CalendarDays {
        first_day: "2026-03-03".to_owned(),
        spans: spans(&[(540, 600)]),
        ..wire::CalendarDays::default()
    };
    let told = wire::WorkingCalendar {
        exceptions: vec![short],
        ..weekly(5, &[(540, 1_020)])
    };
    let short = timing("Asia/Shanghai", &told);
    #[rustfmt::skip]
    check_all(&short, &[
        ("1 WORKING_DAYS",   "2026-03-02T15:00", "2026-03-03T10:00:00"),
        ("2 WORKING_DAYS",   "2026-03-02T15:00", "2026-03-04T15:00:00"),
        // A quarter of Monday is left, and so a quarter of Tuesday's hour.
        ("0.5 WORKING_DAYS", "2026-03-02T15:00", "2026-03-03T09:15:00"),
        // From half an hour into the short day half a day is its other half, and nine tenths reach into Wednesday, but
        // not beyond half an hour, where a whole day would end.
        ("0.5 WORKING_DAYS", "2026-03-03T09:30", "2026-03-03T10:00:00"),
        ("0.9 WORKING_DAYS", "2026-03-03T09:30", "2026-03-04T09:30:00"),
        ("1 WORKING_DAYS",   "2026-03-03T09:30", "2026-03-04T09:30:00"),
    ]);
}

#[test]
fn a_storm_lets_clocks_stand_and_gives_back_what_remained() {
    let storm = Timing {
        pauses: vec![pause("2026-03-03T10:00", "2026-03-05T16:00")],
        ..china()
    };
    #[rustfmt::skip]
    check_all(&storm, &[
        // An hour and a half have passed on Tuesday morning; half an hour remains at Thursday 16:00.
        ("2 WORKING_HOURS", "2026-03-03T08:30", "2026-03-05T16:30:00"),
        // A start in the storm is moved to its end.
        ("1 WORKING_HOURS", "2026-03-04T09:00", "2026-03-05T17:00:00"),
        ("3 URGENT_HOURS",  "2026-03-03T09:00", "2026-03-05T18:00:00"),
        ("1 URGENT_DAYS",   "2026-03-04T09:00", "2026-03-06T16:00:00"),
        ("1 WORKING_DAYS",  "2026-03-03T09:00", "2026-03-06T15:00:00"),
        // What ends before it does not hear of it.
        ("1 WORKING_HOURS", "2026-03-03T09:00", "2026-03-03T10:00:00"),
    ]);
    let (from, until) = (at("2026-03-03T08:30"), at("2026-03-05T17:30"));
    let ran = storm.running(
        from.as_microsecond(),
        until.as_microsecond(),
        Unit::WorkingHours,
    );
    assert_eq!(minutes(ran), 180);
}

#[test]
fn a_night_that_pauses_moves_nothing() {
    let night = Timing {
        pauses: vec![pause("2026-03-02T20:00", "2026-03-03T06:00")],
        ..china()
    };
    #[rustfmt::skip]
    check_all(&night, &[
        ("1 WORKING_DAYS", "2026-03-02T08:30", "2026-03-03T08:30:00"),
    ]);
}

#[test]
fn a_deadline_that_had_passed_when_the_clock_stopped_stays() {
    let china = china();
    let shifted = |stopped: &str| {
        let deadline = china.shifted(
            at("2026-03-03T10:00"),
            at(stopped),
            at("2026-03-09T08:30"),
            Unit::WorkingHours,
        );
        deadline.unwrap().at
    };
    assert_eq!(shifted("2026-03-03T10:01"), at("2026-03-03T10:00"));
    assert_eq!(shifted("2026-03-03T09:00"), at("2026-03-09T09:30"));
    // Stopped at the deadline, nothing remains.
    assert_eq!(shifted("2026-03-03T10:00"), at("2026-03-09T08:30"));
}

#[test]
fn working_limits_beyond_the_published_calendar_are_provisional() {
    let china = china();
    let made = |from: &str, limit: &str| {
        china
            .deadline(at(from), Limit::parse(limit).unwrap())
            .unwrap()
    };
    assert!(!made("2026-12-31T08:30", "7 WORKING_HOURS").provisional);
    let beyond = made("2026-12-31T08:30", "1 WORKING_DAYS");
    // The weekly hours are assumed, New Year's Day and all.
    assert_eq!(
        (beyond.at, beyond.provisional),
        (at("2027-01-01T08:30"), true)
    );
    assert!(!made("2026-12-31T08:30", "30 URGENT_DAYS").provisional);
}

#[test]
fn what_the_calendar_cannot_hold_has_no_deadline() {
    let told = weekly(1, &[(540, 541)]);
    let minute = timing("Asia/Shanghai", &told);
    let limit = Limit::parse("1000 WORKING_HOURS").unwrap();
    assert_eq!(minute.deadline(at("2026-03-02T09:00"), limit), None);
}

#[test]
fn urgent_days_keep_the_wall_time_and_hours_are_elapsed() {
    let york = timing("America/New_York", &weekly(5, &[(540, 1_020)]));
    #[rustfmt::skip]
    let cases = [
        ("14 URGENT_DAYS",      "2013-07-01T00:00",       "2013-07-15T00:00:00"),
        // A night of 23 hours, and one of 25.
        ("1 URGENT_DAYS",       "2013-03-09T12:00",       "2013-03-10T12:00:00"),
        ("1 URGENT_DAYS",       "2013-11-02T12:00",       "2013-11-03T12:00:00"),
        // A skipped wall time moves forward.
        ("1 URGENT_DAYS",       "2013-03-09T02:30",       "2013-03-10T03:30:00"),
        // From the second 01:30 on, half a day is twelve hours.
        ("0.5 URGENT_DAYS",     "2013-11-03T01:30-05:00", "2013-11-03T13:30:00"),
        ("24 URGENT_HOURS",     "2013-03-09T12:00",       "2013-03-10T13:00:00"),
        ("3 URGENT_HOURS",      "2013-11-03T00:30",       "2013-11-03T02:30:00"),
        ("1.5 URGENT_DAYS",     "2013-03-08T18:00",       "2013-03-10T07:00:00"),
        ("0.0001 URGENT_HOURS", "2013-07-01T00:00",       "2013-07-01T00:00:00.36"),
    ];
    for (limit, from, expected) in cases {
        check(&york, limit, &format!("{from}[America/New_York]"), expected);
    }
    // A repeated wall time is the first.
    let first = york.deadline(
        at("2013-11-02T01:30[America/New_York]"),
        Limit::parse("1 URGENT_DAYS").unwrap(),
    );
    assert_eq!(
        first.unwrap().at,
        at("2013-11-03T01:30-04:00[America/New_York]")
    );
}

#[test]
fn spans_over_a_change_of_clocks_are_the_time_that_elapses() {
    let york = timing("America/New_York", &weekly(7, &[(60, 120), (150, 210)]));
    let total = |date: &str| york.calendar.day(date.parse().unwrap()).unwrap().total / MINUTE;
    assert_eq!(total("2026-03-07"), 120);
    // 02:30 moves to 03:30, where its span ends.
    assert_eq!(total("2026-03-08"), 60);
    // From 01:00 to 02:00 it is two hours.
    assert_eq!(total("2026-11-01"), 180);
}
