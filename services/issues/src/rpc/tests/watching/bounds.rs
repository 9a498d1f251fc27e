//! What a watch may cost: a slow reader is dropped, watchers are counted, and many of them cost little.

use std::time::{Duration, Instant};

use futures::future::join_all;
use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{CreatePostRequest, WatchRequest};

use super::{PARENT, all_told, begun, everything, next, note, poll, polled, told};
use crate::{
    WatchSettings,
    rpc::tests::{caller, house::House, reason},
};

#[tokio::test]
async fn a_slow_reader_is_dropped_and_goes_on_by_its_token() {
    let settings = WatchSettings {
        ring: 4,
        ..WatchSettings::default()
    };
    let house = House::watched(settings).await;
    let (mut one, mut other) = (house.desk_watch(), house.desk_watch());
    let (mut slow, _) = begun(&mut one, everything()).await;
    let (mut quick, _) = begun(&mut other, everything()).await;
    house.reported(41.9).await;
    let last = next(&mut slow).await;
    next(&mut quick).await;
    let mut missed = Vec::new();
    for _ in 0..20 {
        house.reported(41.9).await;
        missed.push(told(&next(&mut quick).await));
    }
    let status = slow.message().await.unwrap_err();
    assert_eq!(reason(&status), Reason::WatchLagged);
    assert_eq!(status.code(), tonic::Code::Aborted);
    let resume_token = tidyward_kit::Error::from(status).metadata["token"].clone();
    assert_eq!(resume_token, last.resume_token);
    let (rest, _) = polled(&mut one, poll(&resume_token)).await;
    assert_eq!(all_told(&rest), missed);
    let request = WatchRequest {
        resume_token,
        ..everything()
    };
    let (mut again, _) = begun(&mut one, request).await;
    for line in missed {
        assert_eq!(told(&next(&mut again).await), line);
    }
}

#[tokio::test]
async fn a_server_takes_so_many_watchers_and_each_that_goes_makes_room() {
    let settings = WatchSettings {
        watchers: 2,
        ..WatchSettings::default()
    };
    let house = House::watched(settings).await;
    let mut client = house.desk_watch();
    let (first, _) = begun(&mut client, everything()).await;
    let (_second, _) = begun(&mut client, everything()).await;
    for status in [
        client.watch(everything()).await.unwrap_err(),
        client.poll_watch(poll("")).await.unwrap_err(),
    ] {
        assert_eq!(reason(&status), Reason::Busy);
        assert!(status.message().contains("2 watch already"), "{status}");
    }
    drop(first);
    begun(&mut client, everything()).await;
}

#[tokio::test]
async fn a_stream_lasts_so_long_and_goes_on_by_its_token() {
    let settings = WatchSettings {
        longest: Duration::from_millis(50),
        ..WatchSettings::default()
    };
    let house = House::watched(settings).await;
    let mut client = house.desk_watch();
    let (mut stream, token) = begun(&mut client, everything()).await;
    let status = loop {
        match stream.message().await {
            Ok(message) => assert_eq!(message.unwrap().resume_token, token),
            Err(status) => break status,
        }
    };
    assert_eq!(reason(&status), Reason::Unavailable);
    assert_eq!(tidyward_kit::Error::from(status).metadata["token"], token);
}

#[tokio::test]
async fn two_thousand_watchers_are_told_the_same_thing() {
    const WATCHERS: usize = 2_000;
    let house = House::open().await;
    let mut client = house.desk_watch();
    let mut streams = Vec::with_capacity(WATCHERS);
    for _ in 0..WATCHERS {
        streams.push(begun(&mut client, everything()).await.0);
    }
    // The first thing each reads from the store; the second comes through the ring.
    for round in 0..2 {
        let began = Instant::now();
        let issue = house.reported(41.9).await;
        let all = join_all(streams.iter_mut().map(next)).await;
        let line = format!("{} 1 REPORTED", issue.name);
        assert!(all.iter().all(|one| told(one) == line), "each of them");
        println!(
            "round {round}: {WATCHERS} watchers in {:?}",
            began.elapsed()
        );
    }
}

#[tokio::test]
async fn a_feed_that_nobody_watches_is_closed_and_opens_again() {
    let settings = WatchSettings {
        look: Duration::from_millis(10),
        ..WatchSettings::default()
    };
    let house = House::watched(settings).await;
    let district = caller("x", Role::Officer, &[])
        .district("", PARENT)
        .unwrap();
    let mut client = house.desk_watch();
    let (stream, token) = begun(&mut client, everything()).await;
    let feeds = &house.issues.feeds;
    let held = std::sync::Arc::downgrade(&feeds.open(&district, uuid::Uuid::nil()).await.unwrap());
    drop(stream);
    while held.strong_count() > 0 {
        tokio::task::yield_now().await;
    }
    let request = CreatePostRequest {
        parent: PARENT.to_owned(),
        post: Some(note("north")),
        request_id: String::new(),
    };
    let post = client.create_post(request).await.unwrap().into_inner();
    let request = WatchRequest {
        resume_token: token,
        ..everything()
    };
    let (mut again, _) = begun(&mut client, request).await;
    assert_eq!(told(&next(&mut again).await), post.name);
}
