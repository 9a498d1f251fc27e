//! Lists and rates in files: what a program reads back is what the list holds, numbers are numbers, and no text of a resident
//! is run by a spreadsheet program.

use std::path::{Path, PathBuf};

use calamine::{Data, Range, Reader, Xlsx, open_workbook};
use tidyward_kit::caller::Role;
use tidyward_proto::v1::{Datum, Issue, IssueSource, Position, ReportIssueRequest};
use tidyward_tests::{Stack, import, town};

use crate::{cast::D, command_line::run};

/// What residents may write, to annoy.
const TEXTS: [&str; 6] = [
    "=HYPERLINK(\"http://example.org\",\"click\")",
    "+86 138 0000 0000",
    "-1",
    "@SUM(A1:A2)",
    "'quoted'",
    "两箱, \"满\"\n溢出",
];

async fn export(stack: &Stack, folder: &Path, name: &str, words: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let file = path.display().to_string();
    let mut words = words.to_vec();
    words.extend(["--out", &file]);
    run(stack, &words, 0).await;
    path
}

async fn scene() -> Stack {
    let stack = Stack::start().await;
    stack.district(D, "Asia/Shanghai", "2020-01-01").await;
    let (mapping, areas) = town(2);
    import!(stack.grids(D), D, mapping, areas.as_bytes());
    let operator = stack.person(D, "wu", &[Role::Operator], &[]);
    for text in TEXTS {
        let request = ReportIssueRequest {
            parent: format!("districts/{D}"),
            issue: Some(Issue {
                category: "litter".to_owned(),
                source: IssueSource::Hotline.into(),
                position: Some(Position {
                    latitude: 30.005,
                    longitude: 120.0052,
                    datum: Datum::Wgs84.into(),
                    ..Position::default()
                }),
                description: text.to_owned(),
                ..Issue::default()
            }),
            ..ReportIssueRequest::default()
        };
        operator
            .issues()
            .report_issue(request)
            .await
            .expect("a report");
    }
    stack
}

/// Rows of a sheet under its head, as columns by key.
fn sheet(path: &Path) -> Range<Data> {
    let mut workbook: Xlsx<_> = open_workbook(path).expect("a workbook");
    workbook
        .worksheet_range_at(0)
        .expect("a sheet")
        .expect("a range")
}

fn place(sheet: &Range<Data>, key: &str) -> usize {
    let head = sheet.rows().next().expect("a head");
    let place = head
        .iter()
        .position(|cell| *cell == Data::String(key.to_owned()));
    place.unwrap_or_else(|| panic!("no column {key}: {head:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_csv_runs_nothing_and_reads_back_as_it_was() {
    let stack = scene().await;
    let folder = tempfile::tempdir().unwrap();
    let path = export(&stack, folder.path(), "issues.csv", &["issues", "list"]).await;
    let mut reader = csv::Reader::from_path(path).unwrap();
    let head = reader.headers().unwrap().clone();
    let place = |key: &str| head.iter().position(|name| name == key).unwrap();
    let (description, latitude) = (place("description"), place("latitude"));
    let mut texts = Vec::new();
    for row in reader.records() {
        let row = row.unwrap();
        let text = &row[description];
        assert!(!text.starts_with(['=', '+', '-', '@']), "{text}");
        assert_eq!(&row[latitude], "30.005");
        texts.push(text.strip_prefix('\'').unwrap_or(text).to_owned());
    }
    texts.sort();
    let mut expected = TEXTS.map(str::to_owned);
    expected.sort();
    assert_eq!(texts, expected);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_as_a_workbook_has_numbers_texts_and_times() {
    let stack = scene().await;
    let folder = tempfile::tempdir().unwrap();
    let words = ["issues", "list", "--format", "xlsx"];
    let path = export(&stack, folder.path(), "issues.xlsx", &words).await;
    let sheet = sheet(&path);
    let at = |key: &str| place(&sheet, key);
    let mut texts = Vec::new();
    for row in sheet.rows().skip(1) {
        assert_eq!(row[at("latitude")], Data::Float(30.005));
        let Data::String(text) = &row[at("description")] else {
            panic!("{:?} is no text", row[at("description")]);
        };
        texts.push(text.clone());
        let Data::String(reported) = &row[at("reported")] else {
            panic!("{:?} is no text", row[at("reported")]);
        };
        assert!(
            reported.ends_with('Z') && reported.len() == 20,
            "{reported}"
        );
        assert_eq!(row[at("outcome")], Data::Empty);
    }
    texts.sort();
    let mut expected = TEXTS.map(str::to_owned);
    expected.sort();
    assert_eq!(texts, expected);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_as_a_workbook_are_numbers_and_absent_cells_are_empty() {
    let stack = scene().await;
    let folder = tempfile::tempdir().unwrap();
    let words = [
        "rates",
        "--from",
        "2024-01-01",
        "--to",
        "2026-12-31",
        "--by",
        "source",
        "--measure",
        "reported",
        "--measure",
        "close_rate",
        "--compare",
    ];
    let path = export(&stack, folder.path(), "rates.xlsx", &words).await;
    let sheet = sheet(&path);
    let at = |key: &str| place(&sheet, key);
    for key in ["close_rate.numerator", "close_rate.before.denominator"] {
        at(key);
    }
    for row in sheet.rows().skip(1) {
        assert!(matches!(row[at("reported")], Data::Float(_)), "{row:?}");
        // Nothing was due, so there is no rate: an empty cell, and never a nought.
        assert_eq!(row[at("close_rate")], Data::Empty, "{row:?}");
    }
    stack.stop().await;
}
