//! Good rows, and every way in which a row is bad.

use super::*;
use crate::{
    event::Kind,
    issue::{Outcome, State},
};

fn rows(text: &str) -> Batch {
    let (mut batches, ended) = read(&reader(MAPPING), format!("{HEADER}{text}").into_bytes());
    assert!(ended.is_ok());
    assert_eq!(batches.len(), 1);
    batches.remove(0)
}

#[test]
fn positions_are_converted_from_the_datum_of_the_mapping() {
    let read_in = |datum: &str, row: &str| {
        let mapping = MAPPING.replace("[columns]", &format!("datum = \"{datum}\"\n[columns]"));
        let (mut batches, ended) = read(&reader(&mapping), format!("{HEADER}{row}\n").into_bytes());
        assert!(ended.is_ok());
        batches.remove(0)
    };
    let row = "1,2013-07-01,,open,Bins,39.991754014757,116.487585177952,,";
    let place = |datum| read_in(datum, row).candidates[0].new.issue.place.unwrap();
    let (wgs84, gcj02) = (place("wgs84"), place("gcj02"));
    assert_eq!(
        (wgs84.latitude, wgs84.longitude),
        (39.991754014757, 116.487585177952)
    );
    assert!((gcj02.latitude - 39.990475).abs() < 1e-6);
    assert!((gcj02.longitude - 116.481499).abs() < 1e-6);
    assert_eq!(gcj02.accuracy, 0.0, "what is unknown stays so");

    let batch = read_in("bd09", "1,2013-07-01,,open,Bins,41.8,-87.6,,");
    let problem = &batch.problems[0];
    assert_eq!(
        (problem.column.as_str(), problem.reason),
        ("lat", Reason::PositionInvalid)
    );
    assert!(
        problem.message.contains("BD09 is of China alone"),
        "{}",
        problem.message
    );
}

#[test]
fn a_closed_row_becomes_the_moves_that_lead_there() {
    let batch = rows("1,2013-07-01,2013-07-03,done,Bins,41.8,-87.6,\"5 Main St, rear\",cam\n");
    let new = &batch.candidates[0].new;
    assert_eq!(
        (new.issue.state, new.issue.outcome),
        (State::Closed, Outcome::Resolved)
    );
    assert_eq!(new.issue.address, "5 Main St, rear");
    assert_eq!(new.issue.source, crate::issue::Source::Video);
    assert_eq!(new.issue.category, "bins");
    let moves: Vec<(Kind, String)> = new
        .moves
        .iter()
        .map(|step| (step.kind, step.occurred_at.to_string()))
        .collect();
    let (first, last) = (
        "2013-07-01T05:00:00Z".to_owned(),
        "2013-07-03T05:00:00Z".to_owned(),
    );
    assert_eq!(
        moves,
        [
            (Kind::Reported, first.clone()),
            (Kind::Filed, first.clone()),
            (Kind::Dispatched, first),
            (Kind::HandedIn, last.clone()),
            (Kind::CheckPassed, last),
        ]
    );
    assert_eq!(
        new.moves[1].total_deadline.unwrap().to_string(),
        "2013-07-04T05:00:00Z"
    );
    assert_eq!(
        new.moves[2].handling_deadline.unwrap().to_string(),
        "2013-07-03T05:00:00Z"
    );
}

#[test]
fn open_and_duplicate_rows_stop_where_they_stand_and_a_known_code_needs_no_value() {
    let batch = rows("1,2013-07-01,2013-07-02,open,litter,,,,\n2,2013-07-01,,dup,,,,,phone\n");
    let issues: Vec<_> = batch.candidates.iter().map(|one| &one.new).collect();
    assert_eq!(
        (issues[0].issue.state, issues[0].moves.len()),
        (State::Dispatched, 3)
    );
    assert_eq!(issues[0].issue.category, "litter");
    assert_eq!(issues[0].moves[2].handling_deadline, None);
    assert_eq!(
        (issues[1].issue.state, issues[1].issue.outcome),
        (State::Merged, Outcome::Duplicate)
    );
    assert_eq!(issues[1].moves.len(), 2);
    assert_eq!(issues[1].issue.source, crate::issue::Source::Resident);
    assert_eq!(
        (
            batch.read.duplicate,
            batch.read.without_position,
            batch.read.rejected
        ),
        (1, 2, 0)
    );
}

#[test]
fn each_bad_row_is_told_with_line_column_and_reason_and_the_good_ones_go_in() {
    #[rustfmt::skip]
    let cases = [
        (",2013-07-01,,open,Bins,,,,", "id", Reason::ValueMissing, "is empty"),
        ("1,,,open,Bins,,,,", "reported", Reason::ValueMissing, "is empty"),
        ("1,July 1st,,open,Bins,,,,", "reported", Reason::TimeInvalid, "`July 1st` is no time"),
        ("1,1999-12-31,,open,Bins,,,,", "reported", Reason::TimeInvalid, "before the district's start"),
        ("1,2013-07-02,2013-07-01,done,Bins,,,,", "closed", Reason::TimeInvalid, "before the time of the report"),
        ("1,2013-07-02,,done,Bins,,,,", "closed", Reason::ValueMissing, "is empty"),
        ("1,2013-07-02,,gone,Bins,,,,", "status", Reason::ValueInvalid, "`gone` is in none of the lists"),
        ("1,2013-07-02,,,Bins,,,,", "status", Reason::ValueMissing, "is empty"),
        ("1,2013-07-02,,open,Rats,,,,", "kind", Reason::CategoryUnknown, "`Rats`"),
        ("1,2013-07-02,,open,Bins,0,0,,", "lat", Reason::PositionInvalid, "(0, 0)"),
        ("1,2013-07-02,,open,Bins,0.0,-0.0,,", "lat", Reason::PositionInvalid, "(0, 0)"),
        ("1,2013-07-02,,open,Bins,91,7,,", "lat", Reason::PositionInvalid, "the latitude must be -90 to 90"),
        ("1,2013-07-02,,open,Bins,41,NaN,,", "lon", Reason::PositionInvalid, "the longitude must be -180 to 180"),
        ("1,2013-07-02,,open,Bins,41,,,", "lon", Reason::PositionInvalid, "both latitude and longitude"),
        ("1,2013-07-02,,open,Bins,north,1,,", "lat", Reason::PositionInvalid, "no number of degrees"),
        ("1,2013-07-02,,open", "", Reason::ValueInvalid, "4 fields and the header 9"),
    ];
    for (row, column, reason, words) in cases {
        let batch = rows(&format!(
            "a,2013-07-01,,open,Bins,,,,\n{row}\nb,2013-07-01,,open,Bins,,,,\n"
        ));
        assert_eq!(batch.candidates.len(), 2, "{row}");
        assert_eq!((batch.read.rows, batch.read.rejected), (3, 1), "{row}");
        let problem = &batch.problems[0];
        assert_eq!(
            (problem.line, problem.column.as_str(), problem.reason),
            (3, column, reason),
            "{row}"
        );
        assert!(
            problem.message.contains(words),
            "{row}: {}",
            problem.message
        );
    }
}
