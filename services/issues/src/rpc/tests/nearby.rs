//! What may be the same problem, and what came back.

use futures::future::join_all;
use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    Category, DuplicateCandidate, Issue, IssueEventKind, IssueSource, IssueState,
    ListDuplicateCandidatesRequest, UpdateCategoryRequest,
};

use super::{
    caller,
    house::{Client, House},
    reason,
    reports::{events, litter, make, position, wire},
};

/// A degree north, in metres.
const DEGREE: f64 = 111_195.08;

async fn candidates(client: &mut Client, name: &str) -> Vec<DuplicateCandidate> {
    let request = ListDuplicateCandidatesRequest {
        parent: name.to_owned(),
    };
    let answer = client.list_duplicate_candidates(request).await;
    answer.unwrap().into_inner().candidates
}

fn names(candidates: &[DuplicateCandidate]) -> Vec<&str> {
    candidates.iter().map(|one| one.issue.as_str()).collect()
}

/// So many metres north of a place in the north.
fn north_by(metres: f64) -> f64 {
    41.9 + metres / DEGREE
}

#[tokio::test]
async fn open_issues_of_the_category_nearby_are_offered_nearest_first_and_nothing_merges() {
    let house = House::open().await;
    let mut desk = house.client(Some("chicago"), Role::Operator);
    let far = make(&mut desk, litter(north_by(49.0))).await;
    let near = make(&mut desk, litter(north_by(10.0))).await;
    make(&mut desk, litter(north_by(-51.0))).await;
    let snow = Issue {
        category: "snow".to_owned(),
        ..litter(north_by(1.0))
    };
    make(&mut desk, snow).await;
    let by_grid = |code: &str| Issue {
        position: None,
        grid: format!("districts/chicago/areas/{code}"),
        ..litter(0.0)
    };
    let placeless = make(&mut desk, by_grid("north")).await;
    make(&mut desk, by_grid("south")).await;

    let made = make(&mut desk, litter(41.9)).await;
    let expected = [
        near.name.as_str(),
        far.name.as_str(),
        placeless.name.as_str(),
    ];
    assert_eq!(names(&made.candidates), expected);
    let metres = made.candidates[0].distance_metres.unwrap();
    assert!((metres - 10.0).abs() < 0.01, "{metres}");
    assert_eq!(made.candidates[2].distance_metres, None);
    assert_eq!(made.candidates[0].description, "bags on the pavement");
    assert_eq!(made.candidates[0].report_time, near.report_time);
    for one in &made.candidates {
        assert_eq!(
            one.state(),
            IssueState::Reported,
            "nothing merged by itself"
        );
    }
    assert_eq!(candidates(&mut desk, &made.name).await, made.candidates);
    // From a report without a position, whatever is in its grid may be the same.
    assert_eq!(candidates(&mut desk, &placeless.name).await.len(), 4);
}

#[tokio::test]
async fn radius_and_window_are_the_categorys_own() {
    let house = House::open().await;
    let mut admin = house.admin();
    let first = make(&mut admin, litter(north_by(60.0))).await;
    house.tell("2015-03-30T11:59:59Z");
    let before = make(&mut admin, litter(41.9)).await;
    assert!(before.candidates.is_empty(), "60 metres are more than 50");
    let wider = Category {
        name: "districts/chicago/categories/litter".to_owned(),
        duplicate_metres: Some(61),
        duplicate_days: Some(85),
        ..Category::default()
    };
    let request = UpdateCategoryRequest {
        category: Some(wider),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["duplicate_metres".to_owned(), "duplicate_days".to_owned()],
        }),
        request_id: String::new(),
    };
    admin.update_category(request).await.unwrap();
    assert_eq!(
        names(&candidates(&mut admin, &before.name).await),
        [first.name.as_str()]
    );
    house.tell("2015-03-31T12:00:00Z");
    let later = make(&mut admin, litter(41.9)).await;
    assert_eq!(
        names(&later.candidates),
        [before.name.as_str(), first.name.as_str()],
        "85 days are not over, though 12 weeks are"
    );
    house.tell("2015-03-31T12:00:00.000001Z");
    let latest = make(&mut admin, litter(41.9)).await;
    assert_eq!(
        names(&latest.candidates),
        [later.name.as_str(), before.name.as_str()],
        "85 days are over"
    );
}

#[tokio::test]
async fn no_more_than_twenty_are_offered_and_residents_hear_of_their_own_alone() {
    let house = House::open().await;
    let mut desk = house.client(Some("chicago"), Role::Operator);
    let mut nearest = Vec::new();
    for index in (1..=21).rev() {
        nearest.insert(
            0,
            make(&mut desk, litter(north_by(f64::from(index))))
                .await
                .name,
        );
    }
    nearest.truncate(20);
    let made = make(&mut desk, litter(41.9)).await;
    assert_eq!(names(&made.candidates), nearest);
    let mut ann = house.somebody("ann", Role::Resident);
    assert!(make(&mut ann, litter(41.9)).await.candidates.is_empty());
    assert_eq!(make(&mut ann, litter(41.9)).await.candidates.len(), 1);

    let request = ListDuplicateCandidatesRequest { parent: made.name };
    for role in [Role::Resident, Role::Officer, Role::Auditor] {
        let mut client = house.client(Some("chicago"), role);
        let status = client
            .list_duplicate_candidates(request.clone())
            .await
            .unwrap_err();
        assert_eq!(reason(&status), Reason::RoleMissing);
    }
    let mut elsewhere = house.client_of(caller("desk-2", Role::Operator, &["south"]));
    let status = elsewhere
        .list_duplicate_candidates(request)
        .await
        .unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
}

#[tokio::test]
async fn of_a_crowd_those_are_offered_that_lie_nearest_to_the_east_and_to_the_west() {
    let house = House::open().await;
    let mut desk = house.client(Some("chicago"), Role::Operator);
    // More than are measured, to the east and on both sides of the edge between two strips of latitude.
    for index in 0..150 {
        let issue = Issue {
            position: position(41.9005 + f64::from(index % 2) * 1e-5, -87.5999),
            ..litter(0.0)
        };
        make(&mut desk, issue).await;
    }
    let here = |longitude: f64| Issue {
        position: position(41.900_505, longitude),
        ..litter(0.0)
    };
    let east = make(&mut desk, here(-87.600_05)).await;
    let west = make(&mut desk, here(-87.600_13)).await;
    let made = make(&mut desk, here(-87.600_1)).await;
    assert_eq!(made.candidates.len(), 20);
    assert_eq!(names(&made.candidates)[..2], [west.name, east.name]);
}

#[tokio::test]
async fn the_nearest_are_found_across_the_antimeridian() {
    let house = House::open().await;
    let mut desk = house.client(Some("chicago"), Role::Operator);
    let at = |longitude: f64| Issue {
        position: position(0.0001, longitude),
        ..litter(0.0)
    };
    let mut made = Vec::new();
    for longitude in [179.9998, -179.9999, 180.0, -179.9997] {
        made.push(make(&mut desk, at(longitude)).await.name);
    }
    let found = candidates(&mut desk, &made[2]).await;
    assert_eq!(names(&found), [&made[1], &made[0], &made[3]]);
    let found = candidates(&mut desk, &made[1]).await;
    assert_eq!(names(&found), [&made[2], &made[3], &made[0]]);
}

const CLOSED: &str = r#"
source = "old"
issue_source = "resident"
[columns]
identity = "id"
reported = "reported"
closed = "closed"
category = "kind"
latitude = "lat"
longitude = "lon"
[time]
format = "%Y-%m-%dT%H:%M:%S"
zone = "UTC"
"#;

/// Imports posters that were pasted up 10 metres north of the place and closed on New Year's Day at noon, and gives the
/// name of their issue.
async fn closing(house: &House) -> String {
    closings(house, 1).await.remove(0)
}

/// So many issues closed at one place.
async fn closings(house: &House, count: usize) -> Vec<String> {
    let lat = north_by(10.0);
    let mut file = "id,reported,closed,kind,lat,lon\n".to_owned();
    for id in 1..=count {
        let row =
            format!("{id},2014-12-31T12:00:00,2015-01-01T12:00:00,posters_graffiti,{lat},-87.6\n");
        file.push_str(&row);
    }
    let (import, problems) = house.import(CLOSED, file.as_bytes()).await;
    assert_eq!(problems.len(), 0, "{problems:?}");
    assert_eq!(import.rows_added, i64::try_from(count).unwrap());
    let request = tidyward_proto::v1::ListIssuesRequest {
        parent: "districts/chicago".to_owned(),
        state: IssueState::Closed as i32,
        page_size: 1_000,
        ..Default::default()
    };
    let listed = house
        .admin()
        .list_issues(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.issues[0].ancestors, ["districts/chicago/areas/town"]);
    listed.issues.into_iter().map(|issue| issue.name).collect()
}

fn posters(latitude: f64) -> Issue {
    Issue {
        category: "posters_graffiti".to_owned(),
        ..litter(latitude)
    }
}

async fn rebounds(house: &House, name: &str) -> usize {
    let events = events(&mut house.admin(), name).await;
    let kinds = events.iter().map(|one| one.kind());
    kinds
        .filter(|kind| *kind == IssueEventKind::Rebounded)
        .count()
}

#[tokio::test]
async fn what_comes_back_is_written_into_the_closings_history_once() {
    let house = House::open().await;
    let closed = closing(&house).await;
    house.tell("2015-01-08T12:00:00Z");
    let mut resident = house.somebody("ann", Role::Resident);
    let issue = Issue {
        report_time: wire("2015-01-08T11:00:00Z"),
        ..posters(41.9)
    };
    let made = make(&mut resident, issue).await;
    assert_eq!(
        made.state(),
        IssueState::Reported,
        "the new report goes its own way"
    );
    let history = events(&mut house.admin(), &closed).await;
    let last = history.last().unwrap();
    assert_eq!(last.kind(), IssueEventKind::Rebounded);
    assert_eq!((last.round, last.sequence), (1, 6));
    assert_eq!(last.occur_time, wire("2015-01-08T11:00:00Z"));
    assert_eq!(last.record_time, wire("2015-01-08T12:00:00Z"));
    let other = &last.detail.as_ref().unwrap().other_issue;
    assert!(made.name.ends_with(other.as_str()) && !other.is_empty());
    make(&mut house.somebody("bob", Role::Resident), posters(41.9)).await;
    assert_eq!(rebounds(&house, &closed).await, 1, "once for each closing");
    house.courses_agree().await;
}

#[tokio::test]
async fn of_reports_that_go_in_together_one_is_the_rebound() {
    let house = House::open().await;
    let closed = closing(&house).await;
    house.tell("2015-01-08T12:00:00Z");
    let reports = (0..20).map(|number| {
        let mut resident = house.somebody(&format!("resident-{number}"), Role::Resident);
        // Every other one is of somewhere else.
        let latitude = if number % 2 == 0 { 41.9 } else { 41.95 };
        async move { make(&mut resident, posters(latitude)).await }
    });
    join_all(reports).await;
    assert_eq!(rebounds(&house, &closed).await, 1);
    house.courses_agree().await;
}

/// One report is the rebound of a hundred at most. Of those that go in together each finds what the ones before it left.
#[tokio::test]
async fn reports_that_go_in_together_share_more_closings_than_one_of_them_takes() {
    let house = House::open().await;
    let closed = closings(&house, 205).await;
    assert_eq!(closed.len(), 205);
    house.tell("2015-01-08T12:00:00Z");
    let reports = (0..20).map(|number| {
        let mut resident = house.somebody(&format!("resident-{number}"), Role::Resident);
        async move { make(&mut resident, posters(41.9)).await }
    });
    join_all(reports).await;
    for closing in &closed {
        assert_eq!(rebounds(&house, closing).await, 1, "{closing}");
    }
    house.courses_agree().await;
}

#[tokio::test]
async fn a_report_that_is_own_or_far_or_late_or_of_something_else_is_no_rebound() {
    let house = House::open().await;
    let closed = closing(&house).await;
    let mut resident = house.somebody("ann", Role::Resident);
    let before_it = Issue {
        report_time: wire("2015-01-01T11:59:59Z"),
        ..posters(41.9)
    };
    make(&mut resident, before_it).await;
    house.tell("2015-01-08T12:00:00Z");
    let own = Issue {
        source: IssueSource::Patrol as i32,
        ..posters(41.9)
    };
    make(&mut house.somebody("officer-1", Role::Officer), own).await;
    make(&mut resident, posters(north_by(-6.0))).await;
    make(&mut resident, litter(41.9)).await;
    let by_grid = Issue {
        position: None,
        grid: "districts/chicago/areas/north".to_owned(),
        ..posters(0.0)
    };
    make(&mut resident, by_grid).await;
    assert_eq!(rebounds(&house, &closed).await, 0);
    house.tell("2015-01-08T12:00:00.000001Z");
    make(&mut resident, posters(41.9)).await;
    assert_eq!(
        rebounds(&house, &closed).await,
        0,
        "the seven days are over"
    );
    let in_time = Issue {
        report_time: wire("2015-01-08T12:00:00Z"),
        ..posters(41.9)
    };
    make(&mut resident, in_time).await;
    assert_eq!(rebounds(&house, &closed).await, 1);
}
