//! Files come in, again, with rows that are wrong, and cut short.

use tidyward_kit::Reason;
use tidyward_proto::v1::{
    CreateImportRequest, ErrorReason, GetIssueRequest, ImportProblemKind, ImportState,
    IssueOutcome, IssueState, ListIssuesRequest,
};

use super::{house::House, reason, reports::list};
use crate::import::tests as import;

pub const MAPPING: &str = r#"
source = "desk"
issue_source = "hotline"
[columns]
identity = "id"
reported = "reported"
closed = "closed"
category = "kind"
latitude = "lat"
longitude = "lon"
[time]
format = "%Y-%m-%d"
[[categories]]
code = "bins"
title = { en = "Bins" }
values = ["Bins"]
handling = "14 URGENT_DAYS"
total = "14 URGENT_DAYS"
"#;
pub const HEADER: &str = "id,reported,closed,kind,lat,lon\n";

pub fn file(rows: &[&str]) -> Vec<u8> {
    format!("{HEADER}{}\n", rows.join("\n")).into_bytes()
}

#[tokio::test]
async fn good_rows_go_in_and_each_bad_one_and_each_conflict_is_listed() {
    let house = House::open().await;
    let rows = [
        "1,2013-07-01,2013-07-05,Bins,41.9,-87.6",
        "2,2013-07-01,,Rats,41.9,-87.6",
        "1,2013-07-01,2013-07-06,Bins,41.9,-87.6",
        "1,2013-07-01,2013-07-05,Bins,41.9,-87.6",
        "3,2013-07-02,,Bins,43.0,-87.6",
        "4,2013-07-02,,Bins,,",
    ];
    let (done, problems) = house.import(MAPPING, &file(&rows)).await;
    assert_eq!(done.state(), ImportState::Done);
    assert_eq!(
        (done.rows_read, done.rows_added, done.rows_unchanged),
        (6, 3, 1)
    );
    assert_eq!((done.rows_conflicting, done.rows_rejected), (1, 1));
    assert_eq!((done.rows_outside, done.rows_without_position), (1, 1));
    assert_eq!(done.percent, 100.0);
    let told: Vec<_> = problems
        .iter()
        .map(|one| (one.kind(), one.line, one.column.as_str(), one.reason()))
        .collect();
    assert_eq!(
        told,
        [
            (
                ImportProblemKind::Rejected,
                3,
                "kind",
                ErrorReason::CategoryUnknown
            ),
            (ImportProblemKind::Conflict, 4, "", ErrorReason::RowConflict),
        ]
    );

    // The same again, and one row more: the second content of a row still conflicts with the first.
    let more = [rows[2], rows[0], rows[4], "5,2013-07-03,,litter,41.8,-87.6"];
    let (again, problems) = house.import(MAPPING, &file(&more)).await;
    assert_eq!(
        (
            again.rows_added,
            again.rows_unchanged,
            again.rows_conflicting
        ),
        (1, 2, 1)
    );
    assert_eq!(problems[0].line, 2);

    let request = ListIssuesRequest {
        parent: "districts/chicago".to_owned(),
        ..ListIssuesRequest::default()
    };
    let issues = house
        .admin()
        .list_issues(request)
        .await
        .unwrap()
        .into_inner()
        .issues;
    let identities: Vec<&str> = issues
        .iter()
        .map(|issue| issue.import_identity.as_str())
        .collect();
    assert_eq!(identities.len(), 4);
    assert_eq!((identities[0], identities[3]), ("5", "1"));
    let first = house
        .admin()
        .get_issue(GetIssueRequest {
            name: issues[3].name.clone(),
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (first.state(), first.outcome()),
        (IssueState::Closed, IssueOutcome::Resolved)
    );
    assert_eq!(first.grid, "districts/chicago/areas/north");
    let round = &first.rounds[0];
    assert_eq!((round.number, round.file_time), (1, first.report_time));
    let seconds = |time: &Option<prost_types::Timestamp>| time.unwrap().seconds;
    assert_eq!(
        seconds(&round.handling_deadline) - seconds(&round.file_time),
        14 * 86_400
    );
    assert_eq!(
        seconds(&round.close_time) - seconds(&round.file_time),
        4 * 86_400
    );
    house.courses_agree().await;
}

#[tokio::test]
async fn what_cannot_be_read_fails_with_words_and_leaves_nothing_half_written() {
    let house = House::open().await;
    let (failed, problems) = house
        .import(MAPPING, b"id,reported,kind\n1,2013-07-01,Bins\n")
        .await;
    assert_eq!(failed.state(), ImportState::Failed);
    assert!(
        failed.error.contains("closed`, `lat`, `lon"),
        "{}",
        failed.error
    );
    assert!(
        problems
            .iter()
            .all(|problem| problem.reason() == ErrorReason::ColumnMissing && problem.line == 1)
    );
    assert_eq!(problems.len(), 3);

    let (parent, mapping) = (
        "districts/chicago".to_owned(),
        format!("colour = 1\n{MAPPING}"),
    );
    let request = CreateImportRequest {
        parent,
        upload: "x".to_owned(),
        mapping,
        request_id: String::new(),
    };
    let status = house.admin().create_import(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::MappingInvalid);
    assert!(status.message().contains("colour"), "{}", status.message());
    let (issues, _) = list(&mut house.admin(), ListIssuesRequest::default()).await;
    assert!(issues.is_empty(), "nothing is half-written");
}

#[tokio::test]
async fn a_real_citys_file_goes_in_and_again_changes_nothing() {
    let Some(path) = import::data("data/chicago/chicago_sanitation_311.csv.gz") else {
        return;
    };
    let house = House::open().await;
    let whole = std::fs::read(path).unwrap();
    // What was cut off is run again with the whole file.
    let (cut, _) = house
        .import(import::EXAMPLE, &whole[..whole.len() / 8])
        .await;
    assert_eq!(cut.state(), ImportState::Failed);
    assert!(
        cut.rows_added > 4_000 && cut.rows_added < 20_000,
        "{}",
        cut.rows_added
    );

    let (done, problems) = house.import(import::EXAMPLE, &whole).await;
    assert_eq!(
        (done.state(), done.rows_read, done.rows_rejected),
        (ImportState::Done, 74_401, 0)
    );
    assert_eq!(cut.rows_added + done.rows_added, 74_026);
    assert_eq!(
        (done.rows_duplicate, done.rows_without_position),
        (3_633, 24)
    );
    assert_eq!(done.rows_conflicting, 372);
    assert_eq!(done.rows_unchanged, cut.rows_added + 3);
    assert_eq!(problems.len(), 372);
    assert!(problems.is_sorted_by_key(|problem| problem.line));

    let (again, _) = house.import(import::EXAMPLE, &whole).await;
    assert_eq!((again.rows_added, again.rows_unchanged), (0, 74_029));
    assert_eq!(again.rows_conflicting, 372);
    assert_eq!((again.rows_read, again.rows_rejected), (74_401, 0));
    house.courses_agree().await;
}
