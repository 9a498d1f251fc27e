//! Reading files: good rows, every way in which a row is bad, and a real city's file.

use std::{collections::HashSet, path::PathBuf};

use tidyward_kit::period;

use super::{
    read::{Failed, Reader},
    *,
};
use crate::{
    calendar::WorkCalendar,
    event::Kind,
    issue::{Outcome, State},
    territory::Calendar,
};

pub const EXAMPLE: &str = include_str!("../../../../deploy/examples/chicago-issues.toml");

/// The path of a file of real data, where this machine has it.
pub fn data(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no data");
    None
}

pub fn reader(mapping: &str) -> Reader {
    let zone = jiff::tz::TimeZone::get("America/Chicago").unwrap();
    let start = period::midnight("2000-01-01".parse().unwrap(), &zone);
    let mapping = Mapping::parse(mapping).unwrap();
    Reader {
        district: "chicago".to_owned(),
        categories: category::of_district(mapping.categories.clone()),
        mapping,
        timing: Timing::of(Arc::new(WorkCalendar::standard(zone.clone()))),
        calendar: Arc::new(Calendar { zone, start }),
        actor: "imports/1".to_owned(),
        now: "2015-01-05T12:00:00Z".parse().unwrap(),
    }
}

/// The batches of a file, and how reading ended.
pub fn read(reader: &Reader, bytes: Vec<u8>) -> (Vec<Batch>, Result<(), Failed>) {
    let mut batches = Vec::new();
    let ended = reader.read_batches(bytes, |batch| {
        batches.push(batch);
        true
    });
    (batches, ended)
}

/// Every issue of Chicago's file, the first row of each identity.
pub fn chicago() -> Option<Vec<NewIssue>> {
    let path = data("data/chicago/chicago_sanitation_311.csv.gz")?;
    let (batches, ended) = read(&reader(EXAMPLE), std::fs::read(path).unwrap());
    assert!(ended.is_ok());
    let mut known = HashSet::new();
    let candidates = batches.into_iter().flat_map(|batch| batch.candidates);
    Some(
        candidates
            .map(|one| one.new)
            .filter(|new| known.insert(new.issue.id))
            .collect(),
    )
}

const MAPPING: &str = r#"
source = "desk"
issue_source = "resident"
[columns]
identity = "id"
reported = "reported"
closed = "closed"
status = "status"
category = "kind"
latitude = "lat"
longitude = "lon"
address = "street"
issue_source = "via"
[issue_sources]
video = ["cam"]
[time]
format = "%Y-%m-%d"
[status]
closed = ["done"]
open = ["open"]
duplicate = ["dup"]
[[categories]]
code = "bins"
values = ["Bins", ""]
handling = "2 URGENT_DAYS"
total = "3 URGENT_DAYS"
"#;
const HEADER: &str = "id,reported,closed,status,kind,lat,lon,street,via\n";

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
    let cases = [
        (
            ",2013-07-01,,open,Bins,,,,",
            "id",
            Reason::ValueMissing,
            "is empty",
        ),
        (
            "1,,,open,Bins,,,,",
            "reported",
            Reason::ValueMissing,
            "is empty",
        ),
        (
            "1,July 1st,,open,Bins,,,,",
            "reported",
            Reason::TimeInvalid,
            "`July 1st` is no time",
        ),
        (
            "1,1999-12-31,,open,Bins,,,,",
            "reported",
            Reason::TimeInvalid,
            "before the district's start",
        ),
        (
            "1,2013-07-02,2013-07-01,done,Bins,,,,",
            "closed",
            Reason::TimeInvalid,
            "before the time of the report",
        ),
        (
            "1,2013-07-02,,done,Bins,,,,",
            "closed",
            Reason::ValueMissing,
            "is empty",
        ),
        (
            "1,2013-07-02,,gone,Bins,,,,",
            "status",
            Reason::ValueInvalid,
            "`gone` is in none of the lists",
        ),
        (
            "1,2013-07-02,,,Bins,,,,",
            "status",
            Reason::ValueMissing,
            "is empty",
        ),
        (
            "1,2013-07-02,,open,Rats,,,,",
            "kind",
            Reason::CategoryUnknown,
            "`Rats`",
        ),
        (
            "1,2013-07-02,,open,Bins,0,0,,",
            "lat",
            Reason::PositionInvalid,
            "(0, 0)",
        ),
        (
            "1,2013-07-02,,open,Bins,0.0,-0.0,,",
            "lat",
            Reason::PositionInvalid,
            "(0, 0)",
        ),
        (
            "1,2013-07-02,,open,Bins,91,7,,",
            "lat",
            Reason::PositionInvalid,
            "the latitude must be -90 to 90",
        ),
        (
            "1,2013-07-02,,open,Bins,41,NaN,,",
            "lon",
            Reason::PositionInvalid,
            "the longitude must be -180 to 180",
        ),
        (
            "1,2013-07-02,,open,Bins,41,,,",
            "lon",
            Reason::PositionInvalid,
            "both latitude and longitude",
        ),
        (
            "1,2013-07-02,,open,Bins,north,1,,",
            "lat",
            Reason::PositionInvalid,
            "no number of degrees",
        ),
        (
            "1,2013-07-02,,open",
            "",
            Reason::ValueInvalid,
            "4 fields and the header 9",
        ),
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

#[test]
fn lines_are_counted_through_quoted_breaks_and_text_that_is_not_utf8_is_told() {
    let mut bytes =
        format!("\u{feff}{HEADER}1,2013-07-01,,open,Bins,,,\"two\nlines\",\n").into_bytes();
    bytes.extend_from_slice(b"2,2013-07-01,,open,Bins,,,\xff,\n");
    let (batches, ended) = read(&reader(MAPPING), bytes);
    assert!(ended.is_ok());
    assert_eq!(batches[0].candidates[0].new.issue.address, "two\nlines");
    let problem = &batches[0].problems[0];
    assert_eq!(
        (problem.line, problem.column.as_str(), problem.reason),
        (4, "street", Reason::ValueInvalid)
    );
}

/// What the rows of a file came to, without what names the import.
fn read_as(section: &str, bytes: Vec<u8>) -> Vec<(u64, String, NewIssue)> {
    let mapping = MAPPING.replacen("[columns]", &format!("{section}\n[columns]"), 1);
    let (mut batches, ended) = read(&reader(&mapping), bytes);
    assert!(ended.is_ok(), "{:?}", ended.err());
    let batch = batches.remove(0);
    assert_eq!(batch.problems, []);
    let candidates = batch.candidates.into_iter();
    candidates
        .map(|one| (one.line, one.identity, one.new))
        .collect()
}

#[test]
fn an_office_file_in_another_encoding_and_a_workbook_give_the_same_issues() {
    let text = format!(
        "{HEADER}一,2013-07-01,2013-07-03,done,Bins,41.8,-87.6,中山路5号,cam\n二,2013-07-02,,open,Bins,,,,\n"
    );
    let plain = read_as("", text.clone().into_bytes());
    assert_eq!((plain[0].1.as_str(), plain[1].1.as_str()), ("一", "二"));
    let gb = encoding_rs::GB18030.encode(&text).0.into_owned();
    let of_gb = read_as("[file]\nencoding = \"gb18030\"", gb.clone());
    let semicolons = text.replace(',', ";").into_bytes();
    let of_semicolons = read_as("[file]\ndelimiter = \";\"", semicolons);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let day = rust_xlsxwriter::Format::new().set_num_format("m/d/yyyy");
    for (row, line) in (0..).zip(text.lines()) {
        for (column, cell) in (0..).zip(line.split(',')) {
            match rust_xlsxwriter::ExcelDateTime::parse_from_str(cell) {
                Ok(date) if cell.len() == 10 => sheet.write_with_format(row, column, &date, &day),
                _ => sheet.write(row, column, cell),
            }
            .unwrap();
        }
    }
    let book = book.save_to_buffer().unwrap();
    let of_book = read_as("[file]\nformat = \"xlsx\"", book);
    for other in [of_gb, of_semicolons, of_book] {
        for (one, other) in plain.iter().zip(&other) {
            assert_eq!((one.0, &one.1), (other.0, &other.1));
            // Digests too: the same words are the same row, whatever file they came in.
            assert_eq!(format!("{:?}", one.2), format!("{:?}", other.2));
        }
        assert_eq!(other.len(), 2);
    }
    let (_, ended) = read(
        &reader(&MAPPING.replacen("[columns]", "[file]\nencoding = \"utf-16le\"\n[columns]", 1)),
        gb,
    );
    assert_eq!(ended.unwrap_err().error.reason, Reason::FileUnreadable);
}

#[test]
fn a_file_without_the_columns_or_without_anything_fails_and_names_them_all() {
    let failed = read(
        &reader(MAPPING),
        b"id,reported,kind,lat,street\n1,2,3,4,5\n".to_vec(),
    )
    .1
    .unwrap_err();
    assert_eq!(failed.error.reason, Reason::ColumnMissing);
    let columns: Vec<&str> = failed
        .problems
        .iter()
        .map(|problem| problem.column.as_str())
        .collect();
    assert_eq!(columns, ["closed", "status", "lon", "via"]);
    for column in columns {
        assert!(
            failed.error.message.contains(column),
            "{}",
            failed.error.message
        );
    }
    let failed = read(&reader(MAPPING), Vec::new()).1.unwrap_err();
    assert_eq!(failed.error.reason, Reason::FileUnreadable);
}

#[test]
fn a_gzip_that_is_cut_short_gives_what_it_held_and_then_fails() {
    let Some(path) = data("data/chicago/chicago_sanitation_311.csv.gz") else {
        return;
    };
    let mut bytes = std::fs::read(path).unwrap();
    bytes.truncate(bytes.len() / 2);
    let (batches, ended) = read(&reader(EXAMPLE), bytes);
    assert!(
        batches
            .iter()
            .map(|batch| batch.candidates.len())
            .sum::<usize>()
            > 10_000
    );
    let failed = ended.unwrap_err();
    assert_eq!(failed.error.reason, Reason::FileUnreadable);
    assert!(
        failed.error.message.contains("run the import again"),
        "{}",
        failed.error.message
    );
}

#[test]
fn a_real_citys_file_is_read_whole() {
    let Some(path) = data("data/chicago/chicago_sanitation_311.csv.gz") else {
        return;
    };
    let (batches, ended) = read(&reader(EXAMPLE), std::fs::read(path).unwrap());
    assert!(ended.is_ok());
    let sum = |count: fn(&Batch) -> i64| batches.iter().map(count).sum::<i64>();
    assert_eq!(sum(|batch| batch.read.rows), 74_401);
    assert_eq!(sum(|batch| batch.read.rejected), 0);
    assert_eq!(sum(|batch| batch.read.duplicate), 3_633);
    assert_eq!(sum(|batch| batch.read.without_position), 24);
    assert_eq!(batches.last().unwrap().read.done, 10_000);
    let shares: Vec<i64> = batches.iter().map(|batch| batch.read.done).collect();
    assert!(shares.is_sorted() && shares[0] > 0, "{shares:?}");
    assert_eq!(chicago().unwrap().len(), 74_026);
}
