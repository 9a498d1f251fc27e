//! Residents report, officers read.

use jiff::Timestamp;
use tidyward_kit::{Reason, caller::Role, clock};
use tidyward_proto::v1::{
    Category, CreateCategoryRequest, Datum, GetIssueRequest, Issue, IssueEvent, IssueEventKind,
    IssueSource, IssueState, ListIssueEventsRequest, ListIssuesRequest, Position,
    ReportIssueRequest, UpdateCategoryRequest,
};

use super::{
    house::{Client, House},
    reason, wrong_fields,
};

pub fn position(latitude: f64, longitude: f64) -> Option<Position> {
    Some(Position {
        latitude,
        longitude,
        datum: Datum::Wgs84 as i32,
        accuracy_metres: 12.0,
        fuzzy: false,
    })
}

pub fn litter(latitude: f64) -> Issue {
    Issue {
        category: "litter".to_owned(),
        source: IssueSource::Resident as i32,
        position: position(latitude, -87.6),
        description: "bags on the pavement".to_owned(),
        ..Issue::default()
    }
}

pub fn report(issue: Issue) -> ReportIssueRequest {
    ReportIssueRequest {
        parent: "districts/chicago".to_owned(),
        issue: Some(issue),
        ..ReportIssueRequest::default()
    }
}

pub async fn make(client: &mut Client, issue: Issue) -> Issue {
    let answer = client.report_issue(report(issue)).await;
    answer.unwrap().into_inner()
}

/// The history of an issue.
pub async fn events(client: &mut Client, name: &str) -> Vec<IssueEvent> {
    let request = ListIssueEventsRequest {
        parent: name.to_owned(),
        ..ListIssueEventsRequest::default()
    };
    let answer = client.list_issue_events(request).await.unwrap();
    answer.into_inner().events
}

pub async fn list(client: &mut Client, request: ListIssuesRequest) -> (Vec<String>, String) {
    let parent = "districts/chicago".to_owned();
    let answer = client
        .list_issues(ListIssuesRequest { parent, ..request })
        .await
        .unwrap()
        .into_inner();
    (
        answer.issues.into_iter().map(|issue| issue.name).collect(),
        answer.next_page_token,
    )
}

pub fn wire(instant: &str) -> Option<prost_types::Timestamp> {
    Some(clock::to_wire(instant.parse::<Timestamp>().unwrap()))
}

#[tokio::test]
async fn a_resident_reports_and_everybody_sees_where_it_stands() {
    let house = House::open().await;
    let mut resident = house.client(Some("chicago"), Role::Resident);
    let issue = Issue {
        report_time: wire("2015-01-04T08:00:00.5Z"),
        ..litter(41.9)
    };
    let made = make(&mut resident, issue).await;
    assert_eq!(made.grid, "districts/chicago/areas/north");
    assert_eq!(made.state(), IssueState::Reported);
    assert_eq!(made.report_time, wire("2015-01-04T08:00:00.5Z"));
    assert_eq!(made.record_time, wire("2015-01-05T12:00:00Z"));
    assert_eq!(made.position.unwrap().datum(), Datum::Wgs84);
    assert!(made.rounds.is_empty());

    let read = resident
        .get_issue(GetIssueRequest {
            name: made.name.clone(),
        })
        .await
        .unwrap();
    assert_eq!(read.into_inner(), made);
    let events = events(&mut house.admin(), &made.name).await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].kind(), events[0].sequence, events[0].round),
        (IssueEventKind::Reported, 1, 0)
    );
    assert_eq!(events[0].actor, "a resident");

    let outside = make(&mut resident, litter(43.0)).await;
    assert_eq!(
        outside.grid, "",
        "what lies in no grid stays with the district"
    );
    let by_grid = Issue {
        position: None,
        grid: "districts/chicago/areas/late".to_owned(),
        ..litter(0.0)
    };
    let made = make(&mut resident, by_grid).await;
    assert_eq!(
        (made.position, made.grid.as_str()),
        (None, "districts/chicago/areas/late")
    );
}

#[tokio::test]
async fn a_repeated_request_gives_the_first_answer_and_writes_nothing() {
    let house = House::open().await;
    let mut client = house.admin();
    let request_id = "5f2d9c1e-7a9b-4a53-9f2d-0a5b6c7d8e9f".to_owned();
    let request = ReportIssueRequest {
        request_id,
        ..report(litter(41.9))
    };
    let first = client
        .report_issue(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = client
        .report_issue(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let (issues, _) = list(&mut client, ListIssuesRequest::default()).await;
    assert_eq!(issues, [first.name]);
    let other = ReportIssueRequest {
        issue: Some(litter(41.8)),
        ..request
    };
    let status = client.report_issue(other).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RequestIdReused);
}

#[tokio::test]
async fn reports_at_once_are_each_written_once_and_a_request_sent_twice_at_once_too() {
    let house = House::open().await;
    let send = |number: usize| {
        let mut client = house.client(Some("chicago"), Role::Resident);
        let request = ReportIssueRequest {
            request_id: uuid::Uuid::from_u128(number as u128 / 2).to_string(),
            ..report(litter(41.9))
        };
        async move {
            client
                .report_issue(request)
                .await
                .unwrap()
                .into_inner()
                .name
        }
    };
    let names = futures::future::join_all((0..40).map(send)).await;
    for twice in names.chunks(2) {
        assert_eq!(twice[0], twice[1]);
    }
    let different: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(different.len(), 20);
    let mut officer = house.client(Some("chicago"), Role::Officer);
    let request = ListIssuesRequest {
        page_size: 1_000,
        ..ListIssuesRequest::default()
    };
    let (listed, _) = list(&mut officer, request).await;
    assert_eq!(
        listed.iter().collect::<std::collections::BTreeSet<_>>(),
        different
    );
    assert_eq!(events(&mut officer, &names[0]).await.len(), 1);
}

#[tokio::test]
async fn a_report_goes_by_what_is_in_force_when_it_is_written_whoever_changed_it() {
    let house = House::open().await;
    let mut desk = house.client(Some("chicago"), Role::Operator);
    make(&mut desk, litter(41.9)).await;
    let (mut admin, mut beside) = (house.admin(), house.replica_client(Role::Admin).await);
    let snails = |client: &mut Client| {
        let (mut client, issue) = (client.clone(), litter(41.9));
        let issue = Issue {
            category: "snails".to_owned(),
            ..issue
        };
        async move { client.report_issue(report(issue)).await }
    };
    let status = snails(&mut desk).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["issue.category"]);
    let create = CreateCategoryRequest {
        parent: "districts/chicago".to_owned(),
        category_id: "snails".to_owned(),
        category: Some(Category::default()),
        request_id: String::new(),
    };
    let made = beside.create_category(create).await.unwrap().into_inner();
    snails(&mut desk).await.unwrap();
    let retired = UpdateCategoryRequest {
        category: Some(Category {
            retired: true,
            ..made
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["retired".to_owned()],
        }),
        request_id: String::new(),
    };
    admin.update_category(retired).await.unwrap();
    for client in [&mut desk, &mut beside] {
        let status = snails(client).await.unwrap_err();
        assert_eq!(wrong_fields(&status), ["issue.category"]);
    }
}

#[tokio::test]
async fn lists_are_newest_first_and_their_pages_hold_while_others_report() {
    let house = House::open().await;
    let mut client = house.admin();
    let mut names = Vec::new();
    for minute in [10, 30, 30, 20, 50] {
        let issue = Issue {
            report_time: wire(&format!("2015-01-05T10:{minute}:00Z")),
            ..litter(41.9)
        };
        names.push(make(&mut client, issue).await.name);
    }
    let expected = [4, 2, 1, 3, 0].map(|index: usize| names[index].clone());
    let page = |page_token: String| ListIssuesRequest {
        page_size: 2,
        page_token,
        ..ListIssuesRequest::default()
    };
    let (first, token) = list(&mut client, page(String::new())).await;
    // A later report stands before the first page and moves nothing behind it.
    client.report_issue(report(litter(41.8))).await.unwrap();
    let (second, token_of_third) = list(&mut client, page(token.clone())).await;
    let (third, end) = list(&mut client, page(token_of_third)).await;
    assert_eq!([first, second, third].concat(), expected);
    assert_eq!(end, "");

    let south = ListIssuesRequest {
        grid: "districts/chicago/areas/south".to_owned(),
        ..ListIssuesRequest::default()
    };
    assert_eq!(list(&mut client, south.clone()).await.0.len(), 1);
    let closed = ListIssuesRequest {
        state: IssueState::Closed as i32,
        ..ListIssuesRequest::default()
    };
    assert!(list(&mut client, closed).await.0.is_empty());
    let snow = ListIssuesRequest {
        category: "snow".to_owned(),
        ..ListIssuesRequest::default()
    };
    assert!(list(&mut client, snow).await.0.is_empty());

    let parent = "districts/chicago".to_owned();
    let foreign = ListIssuesRequest {
        parent: parent.clone(),
        page_token: token,
        ..south
    };
    let status = client.list_issues(foreign).await.unwrap_err();
    assert_eq!(reason(&status), Reason::PageTokenInvalid);
    let bad = ListIssuesRequest {
        parent,
        state: 99,
        grid: "north".to_owned(),
        ..ListIssuesRequest::default()
    };
    let status = client.list_issues(bad).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["state", "grid"]);
}

#[tokio::test]
async fn nobody_sees_more_than_is_theirs() {
    let house = House::open().await;
    let made = house
        .admin()
        .report_issue(report(litter(41.9)))
        .await
        .unwrap()
        .into_inner();
    let mut boston = house.client(Some("boston"), Role::Admin);
    let status = boston
        .get_issue(GetIssueRequest {
            name: made.name.clone(),
        })
        .await
        .unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
    let missing = "districts/chicago/issues/00000000-0000-7000-8000-000000000000";
    let status = house
        .admin()
        .get_issue(GetIssueRequest {
            name: missing.to_owned(),
        })
        .await
        .unwrap_err();
    assert_eq!(
        status.message(),
        tidyward_kit::Error::not_found(missing).message
    );
    let mut resident = house.client(Some("chicago"), Role::Resident);
    let request = ListIssuesRequest {
        parent: "districts/chicago".to_owned(),
        ..ListIssuesRequest::default()
    };
    let listed = resident.list_issues(request).await.unwrap().into_inner();
    assert!(listed.issues.is_empty(), "residents are given their own");
    let request = GetIssueRequest { name: made.name };
    let status = resident.get_issue(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
    // A district that nobody made does not exist for those who see all either.
    let mut platform = house.client(None, Role::PlatformAdmin);
    let request = ListIssuesRequest {
        parent: "districts/boston".to_owned(),
        ..ListIssuesRequest::default()
    };
    assert_eq!(
        reason(&platform.list_issues(request).await.unwrap_err()),
        Reason::NotFound
    );
}
