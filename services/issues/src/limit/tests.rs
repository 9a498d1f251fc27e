//! Limits as people write them, and deadlines over both nights on which New York changes its clocks.

use jiff::civil::DateTime;
use proptest::prelude::*;

use super::*;

fn new_york() -> TimeZone {
    TimeZone::get("America/New_York").unwrap()
}

fn check(limit: &str, from: &str, expected: &str) {
    let from: jiff::Zoned = from.parse().unwrap();
    let deadline = Limit::parse(limit)
        .unwrap()
        .deadline(from.timestamp(), &new_york())
        .unwrap();
    assert_eq!(
        deadline.to_zoned(new_york()).to_string(),
        expected,
        "{limit} from {from}"
    );
}

#[test]
fn days_end_at_the_same_wall_time() {
    check(
        "14 URGENT_DAYS",
        "2013-07-01T00:00[America/New_York]",
        "2013-07-15T00:00:00-04:00[America/New_York]",
    );
    // A night of 23 hours, and one of 25.
    check(
        "1 URGENT_DAYS",
        "2013-03-09T12:00[America/New_York]",
        "2013-03-10T12:00:00-04:00[America/New_York]",
    );
    check(
        "1 URGENT_DAYS",
        "2013-11-02T12:00[America/New_York]",
        "2013-11-03T12:00:00-05:00[America/New_York]",
    );
}

#[test]
fn a_skipped_wall_time_moves_forward_and_a_repeated_one_is_the_first() {
    check(
        "1 URGENT_DAYS",
        "2013-03-09T02:30[America/New_York]",
        "2013-03-10T03:30:00-04:00[America/New_York]",
    );
    check(
        "1 URGENT_DAYS",
        "2013-11-02T01:30[America/New_York]",
        "2013-11-03T01:30:00-04:00[America/New_York]",
    );
    // From the second 01:30 on, half a day is twelve hours.
    check(
        "0.5 URGENT_DAYS",
        "2013-11-03T01:30:00-05:00[America/New_York]",
        "2013-11-03T13:30:00-05:00[America/New_York]",
    );
}

#[test]
fn hours_and_fractions_of_a_day_are_elapsed_time() {
    check(
        "24 URGENT_HOURS",
        "2013-03-09T12:00[America/New_York]",
        "2013-03-10T13:00:00-04:00[America/New_York]",
    );
    check(
        "3 URGENT_HOURS",
        "2013-11-03T00:30[America/New_York]",
        "2013-11-03T02:30:00-05:00[America/New_York]",
    );
    check(
        "1.5 URGENT_DAYS",
        "2013-03-08T18:00[America/New_York]",
        "2013-03-10T07:00:00-04:00[America/New_York]",
    );
    check(
        "0.0001 URGENT_HOURS",
        "2013-07-01T00:00[America/New_York]",
        "2013-07-01T00:00:00.36-04:00[America/New_York]",
    );
}

#[test]
fn what_is_no_limit_is_told_in_words() {
    let refused = |text: &str, words: &str| {
        let error = Limit::parse(text).unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
    };
    refused("5 WORKING_DAYS", "needs the district's working calendar");
    refused("8 WORKING_HOURS", "needs the district's working calendar");
    refused("14", "write one like `14 URGENT_DAYS`");
    refused("14 DAYS", "write URGENT_HOURS or URGENT_DAYS");
    refused("1.23456 URGENT_DAYS", "at most four places");
    refused("-1 URGENT_DAYS", "at most four places");
    refused("1e3 URGENT_DAYS", "at most four places");
    refused("0 URGENT_DAYS", "above 0");
    refused("3661 URGENT_DAYS", "at most ten years");
}

proptest! {
    #[test]
    fn a_limit_reads_back_as_it_is_written(amount in 1_i64..36_600_000, hours: bool) {
        let unit = if hours { Unit::UrgentHours } else { Unit::UrgentDays };
        let limit = Limit { amount, unit };
        prop_assert_eq!(Limit::parse(&limit.to_string()).unwrap(), limit);
    }

    /// Against arithmetic by hand: wall time plus days, read by the offset before, or else the offset after it.
    #[test]
    fn days_keep_the_wall_time_wherever_there_is_one(
        from in 1_362_700_000_i64..1_384_000_000, days in 1_i64..40,
    ) {
        let zone = new_york();
        let from = Timestamp::from_second(from).unwrap();
        let limit = Limit { amount: days * UNITS, unit: Unit::UrgentDays };
        let deadline = limit.deadline(from, &zone).unwrap();
        let wall: DateTime = from.to_zoned(zone.clone()).datetime() + Span::new().days(days);
        let ends = deadline.to_zoned(zone.clone()).datetime();
        let seconds = |wall: DateTime| wall.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
        // Summer time is UTC-4, winter time UTC-5; the first of two readings is the summer's.
        let summer = Timestamp::from_second(seconds(wall) + 4 * 3_600).unwrap();
        let winter = Timestamp::from_second(seconds(wall) + 5 * 3_600).unwrap();
        let reads = |instant: Timestamp| instant.to_zoned(zone.clone()).datetime() == wall;
        if reads(summer) {
            prop_assert_eq!(deadline, summer);
        } else if reads(winter) {
            prop_assert_eq!(deadline, winter);
        } else {
            prop_assert_eq!(seconds(ends) - seconds(wall), 3_600);
        }
    }

    #[test]
    fn a_later_start_never_has_an_earlier_deadline_by_more_than_the_repeated_hour(
        from in 1_362_700_000_i64..1_384_000_000, later in 0_i64..200_000, amount in 1_i64..400_000, hours: bool,
    ) {
        let zone = new_york();
        let unit = if hours { Unit::UrgentHours } else { Unit::UrgentDays };
        let at = |second| Limit { amount, unit }.deadline(Timestamp::from_second(second).unwrap(), &zone).unwrap();
        let (first, second) = (at(from), at(from + later));
        let slack = if hours { 0 } else { 3_600 };
        prop_assert!(second.as_second() + slack >= first.as_second());
        prop_assert!(first.as_microsecond() > from * 1_000_000);
    }
}
