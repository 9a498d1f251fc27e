//! What a watch refuses, and in which words.

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{PollWatchRequest, WatchRequest};

use super::{PARENT, begun, everything, poll};
use crate::rpc::tests::{caller, house::House, reason, wrong, wrong_fields};

#[tokio::test]
async fn a_token_of_another_store_or_of_other_arguments_is_no_place() {
    let (house, other) = (House::open().await, House::open().await);
    // Ids of tests follow the clock: another store has another beginning.
    other.tell("2015-02-05T12:00:00Z");
    for house in [&house, &other] {
        house.reported(41.9).await;
    }
    let mut client = house.desk_watch();
    let (_stream, token) = begun(&mut client, everything()).await;
    let (_stream, foreign) = begun(&mut other.desk_watch(), everything()).await;
    let at = |resume_token: &str| WatchRequest {
        resume_token: resume_token.to_owned(),
        ..everything()
    };
    #[rustfmt::skip]
    let cases = [
        ("another store", at(&foreign)),
        ("another area", WatchRequest { area: format!("{PARENT}/areas/north"), ..at(&token) }),
        ("another filter", WatchRequest { filter: "kind = POSTED".to_owned(), ..at(&token) }),
        ("no token", at("AAAA")),
        ("no base64", at("?!")),
        ("a page's token", at(&"A".repeat(40))),
    ];
    for (what, request) in cases {
        let polled = PollWatchRequest {
            area: request.area.clone(),
            filter: request.filter.clone(),
            ..poll(&request.resume_token)
        };
        for status in [
            client.watch(request).await.unwrap_err(),
            client.poll_watch(polled).await.unwrap_err(),
        ] {
            assert_eq!(reason(&status), Reason::WatchTokenUnknown, "{what}");
            assert_eq!(status.code(), tonic::Code::OutOfRange, "{what}");
            assert!(status.message().contains("begin anew"), "{status}");
        }
    }
}

#[tokio::test]
async fn a_token_ahead_of_the_ledger_is_no_place() {
    let house = House::open().await;
    let district = caller("x", Role::Officer, &[])
        .district("", PARENT)
        .unwrap();
    let mut client = house.desk_watch();
    let (_stream, _) = begun(&mut client, everything()).await;
    let feed = house.issues.feeds.open(&district, uuid::Uuid::nil());
    let store = feed.await.unwrap().store;
    let bound = tidyward_kit::resume::Bound::new(store, &["Watch", "chicago", "", ""]);
    let at = |number| WatchRequest {
        resume_token: bound.token(number),
        ..everything()
    };
    let status = client.watch(at(1)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::WatchTokenUnknown);
    assert!(status.message().contains("ahead"), "{status}");
    house.reported(41.9).await;
    client.watch(at(1)).await.unwrap();
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_watch_is_told_at_once() {
    let house = House::open().await;
    let mut client = house.desk_watch();
    #[rustfmt::skip]
    let cases = [
        (WatchRequest { area: "north".to_owned(), ..everything() }, "must look like"),
        (WatchRequest { area: "districts/boston/areas/x".to_owned(), ..everything() }, "the same district"),
        (WatchRequest { area: format!("{PARENT}/areas/nowhere"), ..everything() }, "is no area"),
    ];
    for (request, words) in cases {
        let told = wrong(&client.watch(request).await.unwrap_err());
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, "area");
        assert!(told[0].1.contains(words), "{told:?}");
    }
    for (filter, words) in [
        ("colour = red", "colour"),
        ("kind = NOWHERE", "NOWHERE"),
        ("kind > REPORTED", ">"),
        ("round = one", "one"),
        ("category =", "character"),
    ] {
        let request = WatchRequest {
            filter: filter.to_owned(),
            ..everything()
        };
        let status = client.watch(request).await.unwrap_err();
        assert_eq!(reason(&status), Reason::FilterInvalid, "{filter}");
        assert!(status.message().contains(words), "{status}");
    }
    let all = PollWatchRequest {
        area: "north".to_owned(),
        filter: "colour = red".to_owned(),
        page_size: -1,
        wait_seconds: Some(26),
        ..poll("")
    };
    let status = client.poll_watch(all).await.unwrap_err();
    let fields = ["page_size", "wait_seconds", "area", "filter"];
    assert_eq!(wrong_fields(&status), fields);
    let waits = PollWatchRequest {
        wait_seconds: Some(-1),
        ..poll("")
    };
    let status = client.poll_watch(waits).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["wait_seconds"]);
    for parent in ["districts/boston", "districts/nowhere"] {
        let request = WatchRequest {
            parent: parent.to_owned(),
            ..everything()
        };
        let status = client.watch(request).await.unwrap_err();
        assert_eq!(reason(&status), Reason::NotFound);
    }
}
