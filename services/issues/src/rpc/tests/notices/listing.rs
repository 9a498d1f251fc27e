//! Whom notices are shown.

use jiff::SignedDuration;
use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    Datum, Issue, IssueEventKind as Kind, IssueSource, IssueState, ListNoticesRequest, Position,
    ReportIssueRequest,
};

use super::{
    super::reason,
    office::{Client, Office, PARENT},
};
use crate::{notice::NewNotice, store};

async fn names(client: &mut Client, request: ListNoticesRequest) -> Vec<String> {
    let parent = PARENT.to_owned();
    let request = ListNoticesRequest { parent, ..request };
    let listed = client
        .list_notices(request)
        .await
        .unwrap()
        .into_inner()
        .notices;
    listed.into_iter().map(|notice| notice.name).collect()
}

fn to(recipients: &[&str], notice: NewNotice) -> NewNotice {
    NewNotice {
        recipients: recipients.iter().map(|one| (*one).to_owned()).collect(),
        ..notice
    }
}

#[tokio::test]
async fn everybody_sees_their_own_and_a_desk_sees_all_the_latest_first() {
    let office = Office::open().await;
    let name = |notice: &NewNotice| {
        let district = Office::district();
        district.child("notices", notice.id(&district))
    };
    let filed = to(&["wang"], office.notice(1, 1, Kind::Filed));
    let dispatched = to(&["li", "wang"], office.notice(1, 2, Kind::Dispatched));
    office.pass(SignedDuration::from_secs(1));
    let noted = office.notice(2, 1, Kind::Noted);
    office
        .write(vec![filed.clone(), dispatched.clone(), noted.clone()])
        .await;
    let (filed, dispatched, noted) = (name(&filed), name(&dispatched), name(&noted));

    let all = ListNoticesRequest::default;
    let wang = &mut office.client("wang", Role::Officer, &[]);
    assert_eq!(
        names(wang, all()).await,
        [dispatched.clone(), filed.clone()]
    );
    let li = &mut office.client("li", Role::Resident, &[]);
    assert_eq!(names(li, all()).await, [dispatched.as_str()]);
    let zhao = &mut office.client("zhao", Role::Collector, &[]);
    assert!(
        names(zhao, all()).await.is_empty(),
        "who did it is not told of it"
    );
    for role in [
        Role::Operator,
        Role::Dispatcher,
        Role::Leader,
        Role::Auditor,
        Role::Admin,
    ] {
        let desk = &mut office.client("a desk", role, &[]);
        let everything = [noted.clone(), dispatched.clone(), filed.clone()];
        assert_eq!(names(desk, all()).await, everything, "{role:?}");
    }
    let desk = &mut office.client("a desk", Role::Operator, &[]);
    let of_li = ListNoticesRequest {
        recipient: "li".to_owned(),
        ..all()
    };
    assert_eq!(names(desk, of_li.clone()).await, [dispatched.as_str()]);
    let of_the_first = ListNoticesRequest {
        issue: Office::district().child("issues", uuid::Uuid::from_u128(1)),
        ..all()
    };
    assert_eq!(
        names(desk, of_the_first.clone()).await,
        [dispatched.clone(), filed]
    );
    assert_eq!(names(li, of_the_first).await, [dispatched.as_str()]);
    assert_eq!(names(li, of_li.clone()).await, [dispatched]);

    let parent = PARENT.to_owned();
    let nosy = wang
        .list_notices(ListNoticesRequest { parent, ..of_li })
        .await
        .unwrap_err();
    assert_eq!(reason(&nosy), Reason::FieldsInvalid);
    assert_eq!(
        nosy.message(),
        "recipient: only your own notices are yours to see; leave it empty for them"
    );
}

#[tokio::test]
async fn a_notice_says_what_happened_and_where_the_issue_stands() {
    let office = Office::open().await;
    let new = to(&["wang"], office.notice(1, 2, Kind::Accepted));
    office.write(vec![new.clone()]).await;
    let request = ListNoticesRequest {
        parent: PARENT.to_owned(),
        ..ListNoticesRequest::default()
    };
    let mut wang = office.client("wang", Role::Officer, &[]);
    let notice = wang
        .list_notices(request)
        .await
        .unwrap()
        .into_inner()
        .notices
        .remove(0);
    assert_eq!(notice, new.to_wire(&Office::district()));
    assert_eq!(notice.state(), IssueState::Handling);
    assert_eq!(notice.event.unwrap().kind(), Kind::Accepted);
}

#[tokio::test]
async fn a_desk_with_areas_sees_what_lies_in_them_and_what_is_for_it() {
    let office = Office::open().await;
    let issue = Issue {
        category: "litter".to_owned(),
        source: IssueSource::Hotline as i32,
        position: Some(Position {
            latitude: 41.9,
            longitude: -87.6,
            datum: Datum::Wgs84 as i32,
            accuracy_metres: 12.0,
            fuzzy: false,
        }),
        ..Issue::default()
    };
    let request = ReportIssueRequest {
        parent: PARENT.to_owned(),
        issue: Some(issue),
        ..ReportIssueRequest::default()
    };
    let reported = office
        .ledger()
        .report_issue(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(reported.grid, "districts/chicago/areas/north");
    let id = reported.name.rsplit_once('/').unwrap().1.parse().unwrap();
    let notice = NewNotice {
        issue: id,
        ..office.notice(0, 9, Kind::Noted)
    };
    let elsewhere = to(&["a desk"], office.notice(2, 1, Kind::Noted));
    let district = Office::district();
    let name = district.child("notices", notice.id(&district));
    let own = district.child("notices", elsewhere.id(&district));
    office.write(vec![notice, elsewhere]).await;
    for (areas, seen) in [
        (&["north"][..], true),
        (&["town"], true),
        (&["south", "north"], true),
        (&["south"], false),
        (&["late", "nowhere"], false),
    ] {
        let desk = &mut office.client("a desk", Role::Operator, areas);
        let listed = names(desk, ListNoticesRequest::default()).await;
        assert_eq!(listed.contains(&name), seen, "{areas:?}");
        assert!(
            listed.contains(&own),
            "what is for it, it sees wherever that lies"
        );
    }
}

#[tokio::test]
async fn pages_hold_each_notice_once_while_others_are_written() {
    let office = Office::open().await;
    let mut expected = Vec::new();
    for issue in 0..7 {
        let notice = to(&["wang"], office.notice(issue, 1, Kind::Filed));
        let second = to(&["wang"], office.notice(issue, 2, Kind::Dispatched));
        let district = Office::district();
        for one in [&notice, &second] {
            expected.insert(0, district.child("notices", one.id(&district)));
        }
        office.write(vec![second, notice]).await;
        office.pass(SignedDuration::from_secs(1));
    }
    for role in [Role::Officer, Role::Leader] {
        let mut wang = office.client("wang", role, &[]);
        let mut request = ListNoticesRequest {
            parent: PARENT.to_owned(),
            page_size: 4,
            ..ListNoticesRequest::default()
        };
        let mut seen = Vec::new();
        for page in 0_u8.. {
            let answer = wang
                .list_notices(request.clone())
                .await
                .unwrap()
                .into_inner();
            assert!(
                answer.notices.len() <= 4,
                "{} on a page",
                answer.notices.len()
            );
            seen.extend(answer.notices.into_iter().map(|notice| notice.name));
            if answer.next_page_token.is_empty() {
                break;
            }
            request.page_token = answer.next_page_token;
            let later = 1_000 + u128::from(page) + 100 * u128::from(role == Role::Leader);
            office
                .write(vec![to(&["li"], office.notice(later, 1, Kind::Noted))])
                .await;
        }
        seen.retain(|name| expected.contains(name));
        assert_eq!(seen, expected, "{role:?}");
        // A token is for its own list.
        request.recipient = "wang".to_owned();
        request.issue = Office::district().child("issues", uuid::Uuid::from_u128(1));
        let other = wang.list_notices(request).await.unwrap_err();
        assert_eq!(reason(&other), Reason::PageTokenInvalid);
    }
}

#[tokio::test]
async fn a_thousand_notices_are_written_at_once() {
    let office = Office::open().await;
    let notices = (0..1_000).map(|issue| to(&["wang", "li"], office.notice(issue, 1, Kind::Filed)));
    office.webhook("https://example.org/", &[]).await;
    office.write(notices.collect()).await;
    let filter = store::notice::Filter::default();
    let district = Office::district();
    let listed = store::notice::list(&office.db, &district, &filter, None, 2_000)
        .await
        .unwrap();
    assert_eq!(listed.len(), 1_000);
}
