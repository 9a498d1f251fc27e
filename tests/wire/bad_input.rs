//! Files as cities have them: each bad row is told with its line, column, reason and words, the good ones go in, and
//! nothing is half-written.

use tidyward_proto::v1::{
    CreateImportRequest, ErrorReason, Import, ImportProblem, ImportState, ListAreasRequest,
    ListImportProblemsRequest, ListIssuesRequest,
};
use tidyward_tests::{Stack, import, refusal, town, upload};

const D: &str = "jinhua";

const AREAS: &str = r#"
    [[areas]]
    level = "{level}"
    code = "{code}"
    name = "{code}"
    parent = "{parent}"
"#;

const ISSUES: &str = r#"
    source = "hotline"
    issue_source = "hotline"
    [columns]
    identity = "id"
    reported = "reported"
    closed = "closed"
    status = "status"
    category = "kind"
    latitude = "lat"
    longitude = "lon"
    [time]
    format = "%Y-%m-%d"
    [status]
    closed = ["closed"]
    open = ["open"]
    [[categories]]
    code = "litter"
    title = { en = "Litter", zh = "乱扔垃圾" }
    values = ["litter"]
    handling = "3 URGENT_DAYS"
"#;

async fn scene() -> Stack {
    let stack = Stack::start().await;
    stack.district(D, "Asia/Shanghai", "2020-01-01").await;
    stack
}

/// A feature with a square boundary, or with the ring that is given.
fn feature(code: &str, parent: &str, ring: &str) -> String {
    let ring = if ring.is_empty() {
        "[120,30],[121,30],[121,31],[120,31],[120,30]"
    } else {
        ring
    };
    format!(
        r#"{{"type":"Feature","properties":{{"code":"{code}","parent":"{parent}"}},"geometry":{{"type":"Polygon","coordinates":[[{ring}]]}}}}"#
    )
}

async fn import_areas(stack: &Stack, level: &str, features: &[String]) -> Import {
    let text = format!(
        r#"{{"type":"FeatureCollection","features":[{}]}}"#,
        features.join(",")
    );
    let mapping = AREAS.replace("{level}", level);
    import!(stack.grids(D), D, mapping, text.as_bytes())
}

async fn area_problems(stack: &Stack, import: &Import) -> Vec<ImportProblem> {
    let request = ListImportProblemsRequest {
        parent: import.name.clone(),
        ..Default::default()
    };
    stack
        .grids(D)
        .list_import_problems(request)
        .await
        .unwrap()
        .into_inner()
        .problems
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_areas_are_told_and_the_good_ones_go_in() {
    let stack = scene().await;
    let top = import_areas(&stack, "subdistrict", &[feature("S1", "", "")]).await;
    assert_eq!(
        (top.rows_added, top.rows_rejected),
        (1, 0),
        "{:?}",
        area_problems(&stack, &top).await
    );
    let bow_tie = "[120,30],[121,31],[121,30],[120,31],[120,30]";
    let far = "[120,30],[121,30],[121,95],[120,31],[120,30]";
    let nowhere = "[0,0],[1,0],[1,1],[0,1],[0,0]";
    let ended = import_areas(
        &stack,
        "grid",
        &[
            feature("G1", "S1", ""),
            feature("G2", "S1", bow_tie),
            feature("G3", "S1", far),
            feature("G4", "S1", nowhere),
            feature("G5", "S9", ""),
            feature("G6", "G7", ""),
            feature("G7", "G6", ""),
            feature("G8", "G1", ""),
        ],
    )
    .await;
    assert_eq!(ended.state(), ImportState::Done);
    let problems = area_problems(&stack, &ended).await;
    let told: Vec<(i64, ErrorReason)> = problems
        .iter()
        .map(|one| (one.line, one.reason()))
        .collect();
    assert_eq!(
        told,
        [
            (2, ErrorReason::BoundaryInvalid),
            (3, ErrorReason::PositionInvalid),
            (4, ErrorReason::PositionInvalid),
            (5, ErrorReason::ParentMissing),
            (6, ErrorReason::ParentCycle),
            (7, ErrorReason::ParentCycle),
            (8, ErrorReason::LevelOrder),
        ],
        "{problems:?}"
    );
    assert!(
        problems.iter().all(|one| one.message.len() > 20),
        "{problems:?}"
    );
    assert_eq!(
        (ended.rows_read, ended.rows_added, ended.rows_rejected),
        (8, 1, 7)
    );
    let request = ListAreasRequest {
        parent: format!("districts/{D}"),
        ..Default::default()
    };
    let areas = stack
        .grids(D)
        .list_areas(request)
        .await
        .unwrap()
        .into_inner()
        .areas;
    let names: Vec<&str> = areas.iter().map(|area| area.name.as_str()).collect();
    assert_eq!(
        names,
        ["districts/jinhua/areas/G1", "districts/jinhua/areas/S1"]
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_issues_are_told_and_the_good_ones_go_in() {
    let stack = scene().await;
    let (mapping, areas) = town(2);
    import!(stack.grids(D), D, mapping, areas.as_bytes());
    let rows = "id,reported,closed,status,kind,lat,lon\n\
        1,2024-05-02,2024-05-03,closed,litter,30.005,120.005\n\
        2,yesterday,,open,litter,30.005,120.005\n\
        3,2019-12-31,,open,litter,30.005,120.005\n\
        4,2024-05-02,2024-05-01,closed,litter,30.005,120.005\n\
        5,2024-05-02,,open,litter,95,120.005\n\
        6,2024-05-02,,open,litter,0,0\n\
        7,2024-05-02,,open,litter,30.005,\n\
        8,2024-05-02,,open,noise,30.005,120.005\n\
        9,2024-05-02,,perhaps,litter,30.005,120.005\n\
        ,2024-05-02,,open,litter,30.005,120.005\n\
        11,2024-05-02,,open,litter,,\n\
        12,2024-05-02,,open,litter,50,120\n\
        1,2024-05-02,2024-05-04,closed,litter,30.005,120.005\n\
        1,2024-05-02,2024-05-03,closed,litter,30.005,120.005\n";
    let ended = import!(stack.issues(D), D, ISSUES, rows.as_bytes());
    assert_eq!(ended.state(), ImportState::Done, "{}", ended.error);
    let request = ListImportProblemsRequest {
        parent: ended.name.clone(),
        ..Default::default()
    };
    let problems = stack
        .issues(D)
        .list_import_problems(request)
        .await
        .unwrap()
        .into_inner()
        .problems;
    let told: Vec<(i64, &str, ErrorReason)> = problems
        .iter()
        .map(|one| (one.line, one.column.as_str(), one.reason()))
        .collect();
    let expected = [
        (3, "reported", ErrorReason::TimeInvalid),
        (4, "reported", ErrorReason::TimeInvalid),
        (5, "closed", ErrorReason::TimeInvalid),
        (6, "lat", ErrorReason::PositionInvalid),
        (7, "lat", ErrorReason::PositionInvalid),
        (8, "lon", ErrorReason::PositionInvalid),
        (9, "kind", ErrorReason::CategoryUnknown),
        (10, "status", ErrorReason::ValueInvalid),
        (11, "id", ErrorReason::ValueMissing),
        (14, "", ErrorReason::RowConflict),
    ];
    assert_eq!(told, expected, "{problems:?}");
    assert_eq!(
        (ended.rows_read, ended.rows_added, ended.rows_rejected),
        (14, 3, 9)
    );
    assert_eq!((ended.rows_conflicting, ended.rows_unchanged), (1, 1));
    assert_eq!((ended.rows_without_position, ended.rows_outside), (1, 1));
    let request = ListIssuesRequest {
        parent: format!("districts/{D}"),
        ..Default::default()
    };
    assert_eq!(
        stack
            .issues(D)
            .list_issues(request)
            .await
            .unwrap()
            .into_inner()
            .issues
            .len(),
        3
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_column_fails_the_import_and_each_is_named() {
    let stack = scene().await;
    let rows = "id,reported,kind,lat\n1,2024-05-02,litter,30\n";
    let ended = import!(stack.issues(D), D, ISSUES, rows.as_bytes());
    assert_eq!(ended.state(), ImportState::Failed);
    for column in ["closed", "status", "lon"] {
        assert!(ended.error.contains(column), "{}", ended.error);
    }
    let request = ListIssuesRequest {
        parent: format!("districts/{D}"),
        ..Default::default()
    };
    assert_eq!(
        stack
            .issues(D)
            .list_issues(request)
            .await
            .unwrap()
            .into_inner()
            .issues
            .len(),
        0
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_cannot_be_read_is_refused_before_anything_runs() {
    let stack = scene().await;
    let upload = upload!(stack.issues(D), D, &b"id\n"[..]);
    let request = CreateImportRequest {
        parent: format!("districts/{D}"),
        upload,
        mapping: ISSUES.replace("issue_source", "isue_source"),
        request_id: String::new(),
    };
    let refused = refusal(stack.issues(D).create_import(request).await);
    assert_eq!(refused.reason, "MAPPING_INVALID");
    assert!(refused.message.contains("isue_source"), "{refused:?}");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_cut_short_fails_and_what_went_in_stays() {
    let stack = scene().await;
    let mapping = AREAS.replace("{level}", "grid");
    let ended = import!(
        stack.grids(D),
        D,
        mapping,
        &b"{\"type\":\"FeatureCollection\",\"features\":[{"[..]
    );
    assert_eq!(ended.state(), ImportState::Failed);
    assert!(!ended.error.is_empty());
    stack.stop().await;
}
