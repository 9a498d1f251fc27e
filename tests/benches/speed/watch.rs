//! What is committed reaches those who watch: how long it takes, from the moment before a report is sent to the moment
//! at which each of 2,000 watchers has read it. The commit itself is in it.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use tidyward_kit::peer::Peer;
use tidyward_proto::v1::{
    WatchRequest, WatchResponse, watch_response::Happened, watch_service_client::WatchServiceClient,
};
use tidyward_tests::Stack;
use tokio::{task::JoinSet, time::MissedTickBehavior};
use tonic::{Streaming, transport::Channel};
use uuid::Uuid;

use crate::{
    figure::Figure,
    work::{D, city, position, report},
};

const WATCHERS: usize = 2_000;
/// Each with 200 streams, as a gateway before many watchers has them.
const CONNECTIONS: usize = 10;
const SECONDS: usize = 20;

/// When each report was read by one watcher.
type Read = Vec<(Uuid, Instant)>;

/// Everybody watches the whole district, so each report goes to all of them: at a city's rate, and at the peak of one.
pub async fn watch() -> Vec<Figure> {
    let mut figures = Vec::new();
    for per_second in [10, 50] {
        let mut took = told(per_second).await;
        let mut within = |per_mille: usize| {
            let index = (took.len() * per_mille / 1_000).min(took.len() - 1);
            let (_, one, _) = took.select_nth_unstable(index);
            one.as_secs_f64() * 1_000.0
        };
        let (half, most) = (within(500), within(990));
        let work = format!("a report to each of 2,000 watchers, {per_second}/s, half within");
        figures.push(Figure::at_most(&work, half, "ms", 50.0));
        figures.push(Figure::bare("  99 in 100 within", most, "ms"));
    }
    figures
}

/// How long each report took to each watcher.
async fn told(per_second: usize) -> Vec<Duration> {
    let stack = city().await;
    let reports = per_second * SECONDS;
    let mut watchers = JoinSet::new();
    for stream in streams(&stack).await {
        watchers.spawn(read(stream, reports));
    }
    let sent = report_at(&stack, per_second, reports).await;
    let mut took = Vec::with_capacity(reports * WATCHERS);
    while let Some(read) = watchers.join_next().await {
        let read = read.expect("a watcher reads to its end");
        let since = |(issue, at): &(Uuid, Instant)| at.duration_since(sent[issue]);
        took.extend(read.iter().map(since));
    }
    assert_eq!(took.len(), reports * WATCHERS);
    stack.stop().await;
    took
}

/// Everybody's watch, begun.
async fn streams(stack: &Stack) -> Vec<Streaming<WatchResponse>> {
    let token = stack.admin(D);
    let mut streams = Vec::with_capacity(WATCHERS);
    for _ in 0..CONNECTIONS {
        let address = format!("http://{}", stack.running.address);
        let channel = Channel::from_shared(address).expect("an address");
        let peer = Peer::remote(channel.connect_lazy(), &token).expect("a token");
        for _ in 0..WATCHERS / CONNECTIONS {
            let request = WatchRequest {
                parent: format!("districts/{D}"),
                ..WatchRequest::default()
            };
            let watch = WatchServiceClient::new(peer.clone()).watch(request).await;
            let mut stream = watch.expect("a watch").into_inner();
            // Before anything happens it says from where it begins.
            let first = stream.message().await.expect("where it begins");
            assert!(first.is_some_and(|first| first.happened.is_none()));
            streams.push(stream);
        }
    }
    streams
}

/// Reads until all of the reports have been read.
async fn read(mut stream: Streaming<WatchResponse>, reports: usize) -> Read {
    let mut read = Vec::with_capacity(reports);
    while read.len() < reports {
        let message = stream.message().await.expect("a watch goes on");
        let message = message.expect("a watch does not end");
        let at = Instant::now();
        if let Some(Happened::Event(event)) = message.happened {
            let id = event.issue.rsplit('/').next().expect("a name");
            read.push((id.parse().expect("an id"), at));
        }
    }
    read
}

/// Reports at a steady rate, whether answered or not, and says when each was sent.
async fn report_at(stack: &Stack, per_second: usize, reports: usize) -> HashMap<Uuid, Instant> {
    let client = stack.issues(D);
    let mut tick = tokio::time::interval(Duration::from_secs(1) / per_second as u32);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut calls = JoinSet::new();
    for number in 0..reports {
        tick.tick().await;
        let mut client = client.clone();
        calls.spawn(async move {
            let sent = Instant::now();
            let issue = client
                .report_issue(report(number, position(number)))
                .await
                .expect("a report");
            let name = issue.into_inner().name;
            let id = name.rsplit('/').next().expect("a name");
            (id.parse::<Uuid>().expect("an id"), sent)
        });
    }
    calls.join_all().await.into_iter().collect()
}
