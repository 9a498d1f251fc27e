//! Who reports and moves issues, who reads them, and who looks at rates.

use std::{sync::Arc, time::Duration};

use rand::Rng;
use tidyward_proto::v1::{
    AcceptAction, CreatePostRequest, DispatchAction, FileAction, GetIssueRequest, HandInAction,
    ListIssuesRequest, Post, PostKind, QueryRatesRequest, RateGroup, TransitionIssueRequest,
    issue_service_client::IssueServiceClient, transition_issue_request::Action,
    watch_service_client::WatchServiceClient,
};
use uuid::Uuid;

use crate::{
    asking::{World, report},
    scene::PARENT,
};

fn fresh_id() -> String {
    Uuid::from_u128(rand::rng().random()).to_string()
}

/// Reports a problem and brings it some way on, again and again, and now and then writes to the district's feed.
pub async fn reports(world: Arc<World>, number: usize) {
    let subject = format!("works-{number}");
    let peer = world.caller("works", number);
    let client = IssueServiceClient::new(peer.clone());
    while world.goes_on() {
        let asked = report();
        let reported = world
            .until_answered("report", || {
                let (mut client, asked) = (client.clone(), asked.clone());
                async move { client.report_issue(asked).await }
            })
            .await;
        let Some(issue) = reported else {
            continue;
        };
        world.was_told(&issue);
        let moves = rand::rng().random_range(0..=4);
        for action in actions(&subject).into_iter().take(moves) {
            let asked = TransitionIssueRequest {
                name: issue.name.clone(),
                request_id: fresh_id(),
                action: Some(action),
                ..TransitionIssueRequest::default()
            };
            let moved = world
                .until_answered("move", || {
                    let (mut client, asked) = (client.clone(), asked.clone());
                    async move { client.transition_issue(asked).await }
                })
                .await;
            let Some(moved) = moved else {
                break;
            };
            world.was_told(&moved);
            world.rest(Duration::from_millis(100)).await;
        }
        if rand::rng().random_bool(0.05) {
            let mut client = WatchServiceClient::new(peer.clone());
            let _counted = world.tally.count("post", client.create_post(post()).await);
        }
        world.rest(Duration::from_millis(200)).await;
    }
}

fn actions(subject: &str) -> [Action; 4] {
    [
        Action::File(FileAction::default()),
        Action::Dispatch(DispatchAction {
            assignee: subject.to_owned(),
            ..DispatchAction::default()
        }),
        Action::Accept(AcceptAction {}),
        Action::HandIn(HandInAction {
            note: "swept".to_owned(),
        }),
    ]
}

fn post() -> CreatePostRequest {
    CreatePostRequest {
        parent: PARENT.to_owned(),
        post: Some(Post {
            area: format!("{PARENT}/areas/C1"),
            kind: PostKind::WellDone.into(),
            text: "the market is clean".to_owned(),
            ..Post::default()
        }),
        request_id: fresh_id(),
    }
}

/// Reads issues by name, and turns some pages of lists.
pub async fn reads(world: Arc<World>, number: usize) {
    let mut client = IssueServiceClient::new(world.caller("reads", number));
    while world.goes_on() {
        for _ in 0..10 {
            if let Some(name) = world.some_issue() {
                let found = client.get_issue(GetIssueRequest { name }).await;
                let _counted = world.tally.count("get", found);
            }
            world.rest(Duration::from_millis(100)).await;
        }
        let filters = [
            "",
            "state = \"DISPATCHED\"",
            "area = \"G7\"",
            "category = \"litter\" AND area = \"C1\"",
        ];
        let mut page_token = String::new();
        for _ in 0..3 {
            let request = ListIssuesRequest {
                parent: PARENT.to_owned(),
                filter: filters[number % filters.len()].to_owned(),
                page_size: 50,
                page_token,
                ..ListIssuesRequest::default()
            };
            let page = client.list_issues(request).await;
            let Ok(page) = world.tally.count("list", page) else {
                break;
            };
            page_token = page.into_inner().next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
    }
}

/// Asks for the rates of a quarter, as a dashboard does.
pub async fn rates(world: Arc<World>) {
    let mut client = IssueServiceClient::new(world.caller("rates", 0));
    while world.goes_on() {
        let request = QueryRatesRequest {
            parent: PARENT.to_owned(),
            first_day: "2024-04-01".to_owned(),
            last_day: "2024-06-30".to_owned(),
            group_by: RateGroup::Category.into(),
            ..QueryRatesRequest::default()
        };
        let rates = client.query_rates(request).await;
        let _counted = world.tally.count("rates", rates);
        world.rest(Duration::from_secs(2)).await;
    }
}
