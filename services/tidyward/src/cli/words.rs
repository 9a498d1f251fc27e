//! Words of the command line and what they are on the wire: enum values, instants, names of resources.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use prost_types::Timestamp as WireTime;
use tidyward_kit::clock;

use super::{failure::Failure, output::Cell};

/// Every enum of the protos has fewer values.
const MOST_VALUES: i32 = 100;

/// The value of a word, `on_spot` or `on-spot` for `ISSUE_OUTCOME_ON_SPOT`; the unspecified one for no word. `flag` is how
/// the command line calls it, `name` gives the name of a value.
pub fn choose<E: TryFrom<i32> + Default>(
    flag: &str,
    word: &str,
    prefix: &str,
    name: fn(&E) -> &'static str,
) -> Result<i32, Failure> {
    if word.is_empty() {
        return Ok(0);
    }
    let asked = word.replace('-', "_").to_ascii_lowercase();
    let values = || (1..MOST_VALUES).filter_map(|number| Some((number, E::try_from(number).ok()?)));
    let found = values().find(|(_, value)| word_of(name(value), prefix) == asked);
    found.map(|(number, _)| number).ok_or_else(|| {
        let known: Vec<String> = values()
            .map(|(_, value)| word_of(name(&value), prefix))
            .collect();
        Failure::usage(format!(
            "{flag}: `{word}` is none; one of {}",
            known.join(", ")
        ))
    })
}

/// The word of an enum value: its name without the prefix, in small letters; nothing for what is unspecified.
pub fn word_of(name: &str, prefix: &str) -> String {
    match name.strip_prefix(prefix) {
        Some("UNSPECIFIED") | None => String::new(),
        Some(word) => word.to_ascii_lowercase(),
    }
}

/// An instant in UTC, as tables show it.
pub fn to_the_second(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// An instant of the wire for a table.
pub fn instant(wire: Option<&WireTime>) -> Cell {
    let instant = wire.and_then(clock::from_wire);
    Cell::text(instant.map(to_the_second).unwrap_or_default())
}

/// An instant as people write it: `2026-02-16T09:00:00Z`, with any offset, or without one for UTC, or a day alone for its
/// beginning.
pub fn parse_instant(flag: &str, text: &str) -> Result<Option<WireTime>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let utc = |civil: DateTime| {
        civil
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    };
    let read = text.parse::<Timestamp>().ok();
    let read = read.or_else(|| text.parse::<DateTime>().ok().and_then(utc));
    let read = read.or_else(|| text.parse::<Date>().ok().and_then(|day| utc(day.into())));
    match read {
        Some(instant) => Ok(Some(clock::to_wire(instant))),
        None => Err(Failure::usage(format!(
            "{flag}: `{text}` is no time; it looks like 2026-02-16T09:00:00+08:00"
        ))),
    }
}

/// The paths of an update mask: those of the fields that were named, and so of nothing that stays.
pub fn named_paths(fields: &[(&str, bool)]) -> Vec<String> {
    let named = fields.iter().filter(|(_, named)| *named);
    named.map(|(path, _)| (*path).to_owned()).collect()
}

/// Limits and minutes to read: 95 is `1 h 35 min`.
pub fn minutes(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use tidyward_proto::v1::{IssueOutcome, IssueState};

    use super::*;

    #[test]
    fn words_are_values_and_a_wrong_one_is_told_the_others() {
        let state =
            |word| choose::<IssueState>("--state", word, "ISSUE_STATE_", IssueState::as_str_name);
        assert_eq!(state("").unwrap(), 0);
        assert_eq!(state("closed").unwrap(), IssueState::Closed as i32);
        let outcome = choose::<IssueOutcome>(
            "--outcome",
            "ON-SPOT",
            "ISSUE_OUTCOME_",
            IssueOutcome::as_str_name,
        );
        assert_eq!(outcome.unwrap(), IssueOutcome::OnSpot as i32);
        let failure = state("shut").unwrap_err();
        assert!(failure.usage);
        assert!(
            failure
                .message
                .starts_with("--state: `shut` is none; one of reported, verified, filed"),
            "{}",
            failure.message
        );
    }

    #[test]
    fn instants_are_read_with_an_offset_without_one_and_as_a_day() {
        let read = |text: &str| parse_instant("--at", text).unwrap().unwrap().seconds;
        assert_eq!(read("1970-01-01T08:00:01+08:00"), 1);
        assert_eq!(read("1970-01-01T00:00:01Z"), 1);
        assert_eq!(read("1970-01-01T00:00:01"), 1);
        assert_eq!(read("1970-01-02"), 86_400);
        assert!(parse_instant("--at", "").unwrap().is_none());
        assert!(parse_instant("--at", "tomorrow").unwrap_err().usage);
    }

    #[test]
    fn minutes_are_read_in_hours() {
        assert_eq!(minutes(5), "5 min");
        assert_eq!(minutes(480), "8 h");
        assert_eq!(minutes(95), "1 h 35 min");
    }
}
