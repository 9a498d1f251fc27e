//! Mappings that fit together and mappings that do not, each told in words that name the key.

use super::*;

const EXAMPLE: &str = include_str!("../../../../deploy/examples/chicago-issues.toml");

const SMALL: &str = r#"
source = "s"
issue_source = "hotline"
[columns]
identity = "id"
reported = "day"
category = "kind"
[time]
format = "%Y-%m-%d"
"#;

#[test]
fn the_example_reads_as_it_says() {
    let mapping = Mapping::parse(EXAMPLE).unwrap();
    assert_eq!(mapping.source, "chicago-311");
    assert_eq!(mapping.issue_source, Some(Source::Hotline));
    assert_eq!(mapping.categories.len(), 10);
    let limit = Limit::parse("14 URGENT_DAYS").unwrap();
    for category in &mapping.categories {
        assert_eq!(
            (category.handling(), category.total()),
            (Some(limit), Some(limit)),
            "{}",
            category.code
        );
    }
    assert_eq!(mapping.category_values[""], "not_stated");
    assert_eq!(
        mapping.statuses["Completed - Dup"],
        Status {
            closed: true,
            duplicate: true
        }
    );
    assert_eq!(
        mapping.statuses["Open"],
        Status {
            closed: false,
            duplicate: false
        }
    );
}

fn refused(text: &str, words: &[&str]) {
    let error = Mapping::parse(text).unwrap_err();
    assert_eq!(error.reason, Reason::MappingInvalid);
    for word in words {
        assert!(
            error.message.contains(word),
            "`{word}` is not in: {}",
            error.message
        );
    }
}

#[test]
fn an_unknown_or_missing_key_is_named_with_its_line() {
    Mapping::parse(SMALL).unwrap();
    refused(
        &SMALL.replace("kind\"", "kind\"\nlattitude = \"y\""),
        &["line 8", "lattitude"],
    );
    refused(&SMALL.replace("[time]", "[times]"), &["times"]);
    refused(&SMALL.replace("reported = \"day\"", ""), &["reported"]);
    refused(
        &format!("{SMALL}\n[[categories]]\ncode = \"a\"\ncolour = 1"),
        &["colour"],
    );
    refused("source = ", &["line 1"]);
}

#[test]
fn everything_that_does_not_fit_is_told_at_once() {
    let text = r#"
source = ""
issue_source = "telepathy"
[columns]
identity = "id"
reported = "day"
category = "kind"
latitude = "y"
status = "status"
[time]
format = "%H:%M"
zone = "Mars/Olympus"
[[categories]]
code = "Litter"
handling = "5 MOONS"
total = "soon"
[[categories]]
code = "dumping"
values = ["x", "x"]
"#;
    refused(
        text,
        &[
            "`source` must be",
            "`telepathy` is no source",
            "belong together",
            "`columns.status` needs a table",
            "gives no day",
            "`Mars/Olympus` is no time zone",
            "`Litter` is no code",
            "the unit of `5 MOONS` is none",
            "`soon` is no limit",
            "the value `x` is there twice",
        ],
    );
}

#[test]
fn a_datum_is_one_of_three_and_belongs_to_positions() {
    let with = |datum: &str, columns: &str| {
        let small = SMALL.replace("[columns]", &format!("datum = \"{datum}\"\n[columns]"));
        small.replace("[time]", &format!("{columns}\n[time]"))
    };
    let columns = "latitude = \"y\"\nlongitude = \"x\"";
    assert_eq!(Mapping::parse(SMALL).unwrap().datum, Datum::Wgs84);
    for (name, datum) in DATUMS {
        assert_eq!(Mapping::parse(&with(name, columns)).unwrap().datum, datum);
    }
    refused(
        &with("mars", columns),
        &["`datum`: `mars` is no datum; one of wgs84, gcj02, bd09"],
    );
    refused(&with("gcj02", ""), &["`datum` needs `columns.latitude`"]);
}

#[test]
fn lists_of_status_and_source_must_fit_their_columns() {
    let with = |columns: &str, tables: &str| {
        format!(
            "{}\n{tables}",
            SMALL.replace("[time]", &format!("{columns}\n[time]"))
        )
    };
    refused(
        &with("", "[status]\nclosed = [\"x\"]"),
        &["needs `columns.status`", "needs `columns.closed`"],
    );
    refused(
        &with(
            "status = \"s\"\nclosed = \"c\"",
            "[status]\nclosed = [\"x\"]\nopen = [\"x\"]",
        ),
        &["`x` is both"],
    );
    refused(
        &with("issue_source = \"m\"", ""),
        &["needs a table `[issue_sources]`"],
    );
    refused(
        &with("", "[issue_sources]\nvideo = [\"cam\"]"),
        &["needs `columns.issue_source`"],
    );
    let text = with("issue_source = \"m\"", "[issue_sources]\nvideo = [\"cam\"]");
    assert_eq!(
        Mapping::parse(&text).unwrap().issue_sources["cam"],
        Source::Video
    );
    refused(
        &SMALL.replace("issue_source = \"hotline\"", ""),
        &["`issue_source` is missing"],
    );
}
