//! The front door: tokens, rights, limits, retries, and what an error looks like from outside.

use std::time::Duration;

use tidyward_kit::{caller::Role, clock::Clock, key, token::Tokens};
use tidyward_proto::v1::{
    CreateDistrictRequest, District, GetDistrictRequest, Issue, IssueSource, ListDistrictsRequest,
    ListIssuesRequest, LocatePoint, LocatePointsRequest, Position, ReportIssueRequest,
    grid_service_client::GridServiceClient, issue_service_client::IssueServiceClient,
};
use tidyward_tests::{Refusal, Stack, refusal};
use tonic::Code;

const HOUR: Duration = Duration::from_secs(3_600);

/// A bag of litter, reported by a resident.
fn litter(description: &str, request_id: &str) -> ReportIssueRequest {
    ReportIssueRequest {
        parent: "districts/jinhua".to_owned(),
        issue: Some(Issue {
            category: "litter".to_owned(),
            source: IssueSource::Resident.into(),
            position: Some(Position {
                latitude: 29.1,
                longitude: 119.6,
                datum: 1,
                ..Default::default()
            }),
            description: description.to_owned(),
            ..Issue::default()
        }),
        request_id: request_id.to_owned(),
        ..ReportIssueRequest::default()
    }
}

async fn get_with(stack: &Stack, token: &str) -> Refusal {
    let mut client = GridServiceClient::new(stack.as_holder(token));
    let request = GetDistrictRequest {
        name: "districts/jinhua".to_owned(),
    };
    refusal(client.get_district(request).await)
}

#[tokio::test]
async fn no_token_a_forged_one_and_an_expired_one_are_refused_each_in_its_words() {
    let stack = Stack::start().await;
    stack
        .district("jinhua", "Asia/Shanghai", "2020-01-01")
        .await;
    let now = Clock::system().now();

    let mut client = GridServiceClient::new(stack.channel());
    let request = GetDistrictRequest {
        name: "districts/jinhua".to_owned(),
    };
    let none = refusal(client.get_district(request).await);
    assert_eq!(
        (none.code, none.reason.as_str()),
        (Code::Unauthenticated, "TOKEN_MISSING")
    );
    assert_eq!(
        none.message,
        "the call carries no bearer token; send `authorization: Bearer TOKEN`, from `tidyward token`"
    );

    let expired = stack.token(Some("jinhua"), &[Role::Admin], now - 2 * HOUR, HOUR);
    let expired = get_with(&stack, &expired).await;
    assert_eq!(
        (expired.code, expired.reason.as_str()),
        (Code::Unauthenticated, "TOKEN_EXPIRED")
    );
    assert_eq!(
        expired.message,
        "the token has expired; get another, for example with `tidyward token`"
    );

    let folder = tempfile::tempdir().unwrap();
    let other = Tokens::new(&key::read_or_make(&folder.path().join("other.key")).unwrap()).unwrap();
    let caller = tidyward_kit::caller::Caller {
        subject: "li".to_owned(),
        district: Some("jinhua".to_owned()),
        roles: vec![Role::Admin],
        areas: Vec::new(),
    };
    let forged = get_with(&stack, &other.make(&caller, now, HOUR).unwrap()).await;
    assert_eq!(
        (forged.code, forged.reason.as_str()),
        (Code::Unauthenticated, "TOKEN_INVALID")
    );
    stack.stop().await;
}

#[tokio::test]
async fn a_district_sees_itself_alone() {
    let stack = Stack::start().await;
    stack
        .district("jinhua", "Asia/Shanghai", "2020-01-01")
        .await;
    stack.district("yulin", "Asia/Shanghai", "2020-01-01").await;

    let other = get_with(&stack, &stack.admin("yulin")).await;
    assert_eq!(
        (other.code, other.reason.as_str()),
        (Code::NotFound, "NOT_FOUND")
    );
    let request = GetDistrictRequest {
        name: "districts/nowhere".to_owned(),
    };
    let missing = refusal(stack.grids("yulin").get_district(request).await);
    assert_eq!(other.message.replace("jinhua", "nowhere"), missing.message);

    let request = ListIssuesRequest {
        parent: "districts/jinhua".to_owned(),
        ..Default::default()
    };
    let issues = refusal(stack.issues("yulin").list_issues(request).await);
    assert_eq!(issues.reason, "NOT_FOUND");

    let listed = stack
        .grids("yulin")
        .list_districts(ListDistrictsRequest::default())
        .await;
    let names: Vec<String> = listed
        .unwrap()
        .into_inner()
        .districts
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(names, ["districts/yulin"]);
    stack.stop().await;
}

#[tokio::test]
async fn a_role_that_may_not_is_told_which_may() {
    let stack = Stack::start().await;
    let request = CreateDistrictRequest {
        district_id: "jinhua".to_owned(),
        district: Some(District::default()),
        request_id: String::new(),
    };
    let denied = refusal(stack.grids("jinhua").create_district(request).await);
    assert_eq!(
        (denied.code, denied.reason.as_str()),
        (Code::PermissionDenied, "ROLE_MISSING")
    );
    assert_eq!(
        denied.message,
        "this call needs one of the roles platform_admin"
    );
    stack.stop().await;
}

#[tokio::test]
async fn every_wrong_field_is_told_at_once() {
    let stack = Stack::start().await;
    stack
        .district("jinhua", "Asia/Shanghai", "2020-01-01")
        .await;
    let report = ReportIssueRequest {
        parent: "districts/jinhua".to_owned(),
        issue: Some(Issue {
            category: "nonsense".to_owned(),
            position: Some(Position {
                latitude: 91.0,
                longitude: 0.0,
                ..Default::default()
            }),
            description: "x".repeat(2_001),
            ..Issue::default()
        }),
        ..ReportIssueRequest::default()
    };
    let refused = refusal(stack.issues("jinhua").report_issue(report).await);
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (Code::InvalidArgument, "FIELDS_INVALID")
    );
    for field in [
        "issue.category",
        "issue.source",
        "issue.position.latitude",
        "issue.position.datum",
        "issue.description",
    ] {
        assert!(
            refused.fields.iter().any(|one| one == field),
            "{field} in {:?}",
            refused.fields
        );
    }
    let mut client = stack.issues("jinhua");
    let listed = client.list_issues(ListIssuesRequest {
        parent: "districts/jinhua".to_owned(),
        ..Default::default()
    });
    assert_eq!(
        listed.await.unwrap().into_inner().issues.len(),
        0,
        "nothing was half-written"
    );

    let points = LocatePointsRequest {
        parent: "districts/jinhua".to_owned(),
        points: vec![LocatePoint {
            position: Some(Position {
                datum: 1,
                ..Position::default()
            }),
            at_time: None,
        }],
        near_metres: -1.0,
    };
    let refused = refusal(stack.grids("jinhua").locate_points(points).await);
    assert!(
        refused
            .fields
            .iter()
            .any(|one| one.starts_with("points[0].position")),
        "{refused:?}"
    );
    assert!(
        refused.fields.contains(&"near_metres".to_owned()),
        "{refused:?}"
    );
    stack.stop().await;
}

#[tokio::test]
async fn a_report_is_answered_once_however_often_it_is_sent() {
    let stack = Stack::start().await;
    stack
        .district("jinhua", "Asia/Shanghai", "2020-01-01")
        .await;
    let report = |description: &str| litter(description, "6f1b0f0e-0c4e-4d59-9d1c-5a2f0a4f9f11");
    let mut client = stack.issues("jinhua");
    let first = client
        .report_issue(report("a bag"))
        .await
        .unwrap()
        .into_inner();
    let again = client
        .report_issue(report("a bag"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let other = refusal(client.report_issue(report("two bags")).await);
    assert_eq!(
        (other.code, other.reason.as_str()),
        (Code::InvalidArgument, "REQUEST_ID_REUSED")
    );
    let request = ListIssuesRequest {
        parent: "districts/jinhua".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        client
            .list_issues(request)
            .await
            .unwrap()
            .into_inner()
            .issues
            .len(),
        1
    );
    stack.stop().await;
}

#[tokio::test]
async fn pages_follow_one_another_and_their_tokens_fit_nothing_else() {
    let stack = Stack::start().await;
    stack
        .district("jinhua", "Asia/Shanghai", "2020-01-01")
        .await;
    stack.district("yulin", "Asia/Shanghai", "2020-01-01").await;
    let mut client = stack.issues("jinhua");
    for _ in 0..5 {
        client.report_issue(litter("", "")).await.unwrap();
    }
    let page = |page_token: &str, category: &str| ListIssuesRequest {
        parent: "districts/jinhua".to_owned(),
        category: category.to_owned(),
        page_size: 2,
        page_token: page_token.to_owned(),
        ..Default::default()
    };
    let first = client.list_issues(page("", "")).await.unwrap().into_inner();
    let second = client
        .list_issues(page(&first.next_page_token, ""))
        .await
        .unwrap()
        .into_inner();
    let third = client
        .list_issues(page(&second.next_page_token, ""))
        .await
        .unwrap()
        .into_inner();
    let mut names: Vec<&str> = [&first, &second, &third]
        .into_iter()
        .flat_map(|page| page.issues.iter().map(|issue| issue.name.as_str()))
        .collect();
    assert_eq!((names.len(), third.next_page_token.as_str()), (5, ""));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 5);

    let other = refusal(
        client
            .list_issues(page(&first.next_page_token, "litter"))
            .await,
    );
    assert_eq!(
        (other.code, other.reason.as_str()),
        (Code::InvalidArgument, "PAGE_TOKEN_INVALID")
    );
    let mut request = page(&first.next_page_token, "");
    request.parent = "districts/yulin".to_owned();
    let other = refusal(stack.issues("yulin").list_issues(request).await);
    assert_eq!(other.reason, "PAGE_TOKEN_INVALID");
    stack.stop().await;
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_stop() {
    let stack = Stack::start().await;
    stack
        .district("jinhua", "Asia/Shanghai", "2020-01-01")
        .await;
    let report = litter("", "");
    let issue = stack
        .issues("jinhua")
        .report_issue(report)
        .await
        .unwrap()
        .into_inner();
    let stack = Stack::open(stack.stop().await, Clock::system()).await;
    let request = tidyward_proto::v1::GetIssueRequest {
        name: issue.name.clone(),
    };
    let there = IssueServiceClient::new(stack.as_holder(&stack.admin("jinhua")))
        .get_issue(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (there.name, there.report_time),
        (issue.name, issue.report_time)
    );
    stack.stop().await;
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_in_words() {
    let stack = Stack::start().await;
    stack
        .district("jinhua", "Asia/Shanghai", "2020-01-01")
        .await;
    let report = ReportIssueRequest {
        parent: "districts/jinhua".to_owned(),
        issue: Some(Issue {
            description: "x".repeat(5 * 1_024 * 1_024),
            ..Issue::default()
        }),
        ..ReportIssueRequest::default()
    };
    let refused = refusal(stack.issues("jinhua").report_issue(report).await);
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (Code::ResourceExhausted, "MESSAGE_TOO_LARGE")
    );
    stack.stop().await;
}
