//! Watches and posts over the wire.

mod bounds;
mod laws;
mod posts;
mod refusals;
mod streams;

use tidyward_kit::caller::{Caller, Role};
use tidyward_proto::v1::{
    PollWatchRequest, PollWatchResponse, Post, PostKind, WatchRequest, WatchResponse,
    watch_response::Happened,
};
use tonic::Streaming;

use super::{
    caller,
    house::{House, WatchClient},
};

const PARENT: &str = "districts/chicago";

/// A watch of everything, from now on.
fn everything() -> WatchRequest {
    WatchRequest {
        parent: PARENT.to_owned(),
        ..WatchRequest::default()
    }
}

/// The same by polls that do not wait.
fn poll(resume_token: &str) -> PollWatchRequest {
    PollWatchRequest {
        parent: PARENT.to_owned(),
        resume_token: resume_token.to_owned(),
        from_beginning: true,
        wait_seconds: Some(0),
        ..PollWatchRequest::default()
    }
}

fn desk() -> Caller {
    caller("desk", Role::Operator, &[])
}

/// A watch that has begun, as its first message says, with its token.
async fn begun(
    client: &mut WatchClient,
    request: WatchRequest,
) -> (Streaming<WatchResponse>, String) {
    let mut stream = client.watch(request).await.unwrap().into_inner();
    let first = stream.message().await.unwrap().unwrap();
    assert_eq!(first.happened, None);
    (stream, first.resume_token)
}

/// What happens next on the stream; heartbeats do not count.
async fn next(stream: &mut Streaming<WatchResponse>) -> WatchResponse {
    loop {
        let message = stream.message().await.unwrap().unwrap();
        if message.happened.is_some() {
            return message;
        }
    }
}

/// All that polls give until there is nothing, and the last token.
async fn polled(
    client: &mut WatchClient,
    request: PollWatchRequest,
) -> (Vec<WatchResponse>, String) {
    let mut all = Vec::new();
    let mut resume_token = request.resume_token.clone();
    loop {
        let request = PollWatchRequest {
            resume_token,
            ..request.clone()
        };
        let page: PollWatchResponse = client.poll_watch(request).await.unwrap().into_inner();
        resume_token = page.resume_token;
        if page.responses.is_empty() {
            return (all, resume_token);
        }
        all.extend(page.responses);
    }
}

/// `issue 1 REPORTED`, or `post WELL_DONE`: the issue's name, the sequence and the kind, or the post's name.
fn told(response: &WatchResponse) -> String {
    match response.happened.as_ref().unwrap() {
        Happened::Event(watched) => {
            let event = watched.event.as_ref().unwrap();
            let kind = event.kind().as_str_name();
            let kind = kind.trim_start_matches("ISSUE_EVENT_KIND_");
            format!("{} {} {kind}", watched.issue, event.sequence)
        }
        Happened::Post(post) => post.name.clone(),
    }
}

fn all_told(responses: &[WatchResponse]) -> Vec<String> {
    responses.iter().map(told).collect()
}

/// A post to the area's feed.
fn note(area: &str) -> Post {
    Post {
        area: format!("{PARENT}/areas/{area}"),
        kind: PostKind::WellDone as i32,
        text: "clean as never before".to_owned(),
        ..Post::default()
    }
}

impl House {
    /// The desk's client for watching.
    fn desk_watch(&self) -> WatchClient {
        self.watch(&desk())
    }

    /// All that the caller is told of what has happened.
    async fn told_to(&self, caller: &Caller, filter: &str) -> Vec<String> {
        let request = PollWatchRequest {
            filter: filter.to_owned(),
            ..poll("")
        };
        all_told(&polled(&mut self.watch(caller), request).await.0)
    }
}
