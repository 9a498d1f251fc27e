//! News on the wire.

use tidyward_kit::caller::{Caller, District};
use tidyward_proto::v1::{IssueEvent, WatchResponse, WatchedEvent, watch_response::Happened};

use crate::{
    news::{IssueNews, News, What},
    rpc::render,
    sight,
};

/// What happened, with the token that goes on behind it.
pub fn response(
    district: &District,
    caller: &Caller,
    news: &News,
    resume_token: String,
) -> WatchResponse {
    let happened = match &news.what {
        What::Event(event) => Happened::Event(watched(district, caller, event)),
        What::Post(post) => Happened::Post(post.to_wire(district)),
    };
    WatchResponse {
        resume_token,
        happened: Some(happened),
    }
}

/// How far a watch is on which nothing is to be told.
pub fn heartbeat(resume_token: String) -> WatchResponse {
    WatchResponse {
        resume_token,
        happened: None,
    }
}

fn watched(district: &District, caller: &Caller, news: &IssueNews) -> WatchedEvent {
    let mut event = render::event(&news.event);
    // Residents follow their reports; who works on them, and what these write, is the staff's.
    if !sight::is_staff(caller) {
        event = IssueEvent {
            actor: String::new(),
            detail: None,
            ..event
        };
    }
    let area = |code: &String| district.child("areas", code);
    WatchedEvent {
        issue: district.child("issues", news.issue),
        event: Some(event),
        category: news.as_of.category.clone(),
        grid: news.grid.as_ref().map(area).unwrap_or_default(),
        ancestors: news.ancestors.iter().map(area).collect(),
        urgent: news.as_of.urgent,
    }
}
