//! Who watches: streams that come and go, readers who fall behind, and long polls.

use std::{sync::Arc, time::Duration};

use rand::Rng;
use tidyward_proto::v1::{
    PollWatchRequest, WatchRequest, WatchResponse, watch_service_client::WatchServiceClient,
};
use tokio::time::{Instant, timeout_at};
use tonic::Streaming;

use crate::{asking::World, scene::PARENT};

fn watch(resume_token: String, from_beginning: bool) -> WatchRequest {
    WatchRequest {
        parent: PARENT.to_owned(),
        from_beginning: from_beginning && resume_token.is_empty(),
        resume_token,
        ..WatchRequest::default()
    }
}

/// Watches for some seconds, goes away, and goes on by the token, mostly; else from the present or the beginning.
pub async fn comes_and_goes(world: Arc<World>, number: usize) {
    let mut client = WatchServiceClient::new(world.caller("watches", number));
    let mut token = String::new();
    while world.goes_on() {
        if rand::rng().random_bool(0.2) {
            token.clear();
        }
        let from_beginning = rand::rng().random_bool(0.1);
        let begun = client.watch(watch(token.clone(), from_beginning)).await;
        if let Ok(stream) = world.tally.count("watch", begun) {
            let seconds = rand::rng().random_range(1..10);
            let read = read(&world, stream.into_inner(), Duration::from_secs(seconds)).await;
            token = read.unwrap_or_default();
        }
        world.rest(Duration::from_millis(500)).await;
    }
}

/// Reads so long and gives the last token, where the stream has not failed.
async fn read(
    world: &World,
    mut stream: Streaming<WatchResponse>,
    length: Duration,
) -> Option<String> {
    let ends = Instant::now() + length;
    let mut token = None;
    while world.goes_on() {
        let Ok(message) = timeout_at(ends, stream.message()).await else {
            return token;
        };
        match world.tally.count("watched", message) {
            Ok(Some(message)) => token = Some(message.resume_token),
            Ok(None) => {
                let words = "a watch ended without a word".to_owned();
                world.tally.wrong_answer(words);
                return None;
            }
            Err(_counted) => return None,
        }
    }
    token
}

/// Begins at the beginning, reads nothing for half a minute, and then what is there, over a connection of their own.
pub async fn reads_slowly(world: Arc<World>, number: usize) {
    while world.goes_on() {
        let mut client = WatchServiceClient::new(world.stranger(&format!("slow-{number}")));
        let begun = client.watch(watch(String::new(), true)).await;
        if let Ok(stream) = world.tally.count("watch slowly", begun) {
            world.pause(Duration::from_secs(30)).await;
            read(&world, stream.into_inner(), Duration::from_secs(5)).await;
        }
        world.rest(Duration::from_secs(1)).await;
    }
}

/// Asks for the news of two seconds at a time.
pub async fn polls(world: Arc<World>, number: usize) {
    let mut client = WatchServiceClient::new(world.caller("polls", number));
    let mut resume_token = String::new();
    while world.goes_on() {
        let request = PollWatchRequest {
            parent: PARENT.to_owned(),
            resume_token: resume_token.clone(),
            wait_seconds: Some(2),
            ..PollWatchRequest::default()
        };
        let polled = client.poll_watch(request).await;
        match world.tally.count("poll", polled) {
            Ok(page) => resume_token = page.into_inner().resume_token,
            Err(_counted) => world.rest(Duration::from_secs(1)).await,
        }
    }
}
