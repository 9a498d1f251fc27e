//! Posts: written, hidden until their moment, listed, and told.

use prost_types::Timestamp;
use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{CreatePostRequest, GetPostRequest, ListPostsRequest, Post, PostKind};

use super::{PARENT, all_told, begun, desk, everything, next, note, poll, polled, told};
use crate::rpc::tests::{
    caller,
    house::{House, WatchClient},
    reason,
    reports::wire,
    wrong, wrong_fields,
};

fn create(post: Post) -> CreatePostRequest {
    CreatePostRequest {
        parent: PARENT.to_owned(),
        post: Some(post),
        request_id: String::new(),
    }
}

async fn made(client: &mut WatchClient, post: Post) -> Post {
    client.create_post(create(post)).await.unwrap().into_inner()
}

fn feed(area: &str) -> ListPostsRequest {
    ListPostsRequest {
        parent: PARENT.to_owned(),
        area: match area {
            "" => String::new(),
            code => format!("{PARENT}/areas/{code}"),
        },
        ..ListPostsRequest::default()
    }
}

async fn listed(client: &mut WatchClient, request: ListPostsRequest) -> Vec<String> {
    let answer = client.list_posts(request).await.unwrap().into_inner();
    answer.posts.into_iter().map(|post| post.name).collect()
}

#[tokio::test]
async fn a_post_goes_to_the_feed_of_its_area_and_to_who_watches() {
    let house = House::open().await;
    let mut client = house.desk_watch();
    let (mut stream, _) = begun(&mut client, everything()).await;
    let post = made(&mut client, note("north")).await;
    assert_eq!(post.author, "desk");
    assert_eq!(post.ancestors, ["districts/chicago/areas/town"]);
    assert_eq!(post.publish_time, post.create_time);
    assert_eq!(post.visible_from, None);
    assert_eq!(told(&next(&mut stream).await), post.name);
    let name = post.name.clone();
    let got = client.get_post(GetPostRequest { name }).await.unwrap();
    assert_eq!(got.into_inner(), post);
    let above = Post {
        kind: PostKind::NotDone as i32,
        ..note("town")
    };
    let above = made(&mut client, above).await;
    let (both, first) = ([above.name.clone(), post.name.clone()], [post.name]);
    assert_eq!(
        listed(&mut client, feed("")).await,
        both,
        "the latest first"
    );
    assert_eq!(listed(&mut client, feed("town")).await, both);
    assert_eq!(listed(&mut client, feed("north")).await, first);
    assert_eq!(listed(&mut client, feed("south")).await, [""; 0]);
    let of_kind = ListPostsRequest {
        kind: PostKind::NotDone as i32,
        ..feed("")
    };
    assert_eq!(listed(&mut client, of_kind).await, both[..1]);
    let page = ListPostsRequest {
        page_size: 1,
        ..feed("")
    };
    let answer = client.list_posts(page.clone()).await.unwrap().into_inner();
    assert_eq!(answer.posts[0].name, both[0]);
    let rest = ListPostsRequest {
        page_token: answer.next_page_token,
        ..page
    };
    assert_eq!(listed(&mut client, rest).await, first);
    let mut officer = house.watch(&caller("x", Role::Officer, &["north"]));
    assert_eq!(listed(&mut officer, feed("")).await, first);
    let name = above.name;
    let status = officer.get_post(GetPostRequest { name }).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
}

#[tokio::test]
async fn a_hidden_post_is_its_authors_alone_until_its_moment_and_comes_once() {
    let house = House::open().await;
    let mut client = house.desk_watch();
    let (mut stream, begin) = begun(&mut client, everything()).await;
    let hidden = Post {
        visible_from: wire("2015-01-05T13:00:00Z"),
        ..note("north")
    };
    let hidden = made(&mut client, hidden).await;
    assert_eq!(hidden.publish_time, None);
    let open = made(&mut client, note("south")).await;
    assert_eq!(told(&next(&mut stream).await), open.name);
    let mut other = house.watch(&caller("x", Role::Officer, &[]));
    let get = || GetPostRequest {
        name: hidden.name.clone(),
    };
    house.tell("2015-01-05T12:59:59.999999Z");
    assert_eq!(house.issues.sweep_once().await.unwrap(), 0);
    client.get_post(get()).await.unwrap();
    let status = other.get_post(get()).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
    assert_eq!(
        listed(&mut client, feed("")).await,
        std::slice::from_ref(&open.name)
    );
    let (before, place) = polled(&mut other, poll("")).await;
    assert_eq!(all_told(&before), std::slice::from_ref(&open.name));

    house.tell("2015-01-05T13:00:00Z");
    // Of several processes one publishes it.
    let replicas = [house.replica().await, house.replica().await];
    let swept = [
        replicas[0].sweep_once(),
        replicas[1].sweep_once(),
        house.issues.sweep_once(),
    ];
    let swept = futures::future::join_all(swept).await;
    assert_eq!(swept.into_iter().map(Result::unwrap).sum::<usize>(), 1);
    let message = next(&mut stream).await;
    assert_eq!(told(&message), hidden.name);
    let got = other.get_post(get()).await.unwrap().into_inner();
    assert_eq!(got.publish_time, wire("2015-01-05T13:00:00Z"));
    let both = [hidden.name.clone(), open.name.clone()];
    assert_eq!(listed(&mut other, feed("")).await, both);
    // It stands behind what was told before it, so who was there already is told it as well, and once.
    let (rest, _) = polled(&mut other, poll(&place)).await;
    assert_eq!(all_told(&rest), std::slice::from_ref(&hidden.name));
    let (all, _) = polled(&mut other, poll(&begin)).await;
    assert_eq!(all_told(&all), [open.name, hidden.name]);
    for replica in replicas {
        replica.db.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_repeated_request_writes_one_post() {
    let house = House::open().await;
    let mut client = house.desk_watch();
    let request = |text: &str| CreatePostRequest {
        request_id: "0197a2f0-0000-7000-8000-000000000001".to_owned(),
        ..create(Post {
            text: text.to_owned(),
            ..note("north")
        })
    };
    let first = client.create_post(request("once")).await.unwrap();
    let again = client.create_post(request("once")).await.unwrap();
    assert_eq!(first.into_inner(), again.into_inner());
    let status = client.create_post(request("twice")).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RequestIdReused);
    assert_eq!(house.told_to(&desk(), "").await.len(), 1);
}

#[tokio::test]
async fn each_way_in_which_a_post_is_wrong_is_told_and_nothing_is_written() {
    let house = House::open().await;
    let mut client = house.desk_watch();
    let good = || note("north");
    let no_time = Some(Timestamp {
        seconds: i64::MAX,
        nanos: 0,
    });
    let text = |text: String| Post { text, ..good() };
    let hidden = |visible_from| Post {
        visible_from,
        ..good()
    };
    #[rustfmt::skip]
    let cases: Vec<(Post, &str, &str)> = vec![
        (Post { area: String::new(), ..good() }, "area", "must look like"),
        (Post { area: "districts/boston/areas/north".to_owned(), ..good() }, "area", "the same district"),
        (note("nowhere"), "area", "is no area"),
        (Post { kind: 0, ..good() }, "kind", "WELL_DONE"),
        (Post { kind: 99, ..good() }, "kind", "WELL_DONE"),
        (text(" \n".to_owned()), "text", "say something"),
        (text("x".repeat(2_001)), "text", "at most 2000"),
        (text("a\u{7}".to_owned()), "text", "control characters"),
        (hidden(no_time), "visible_from", "is no time"),
        (hidden(wire("2016-01-06T12:00:00.000001Z")), "visible_from", "at most 366 days"),
    ];
    for (post, field, words) in cases {
        let status = client.create_post(create(post)).await.unwrap_err();
        let told = wrong(&status);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, format!("post.{field}"));
        assert!(told[0].1.contains(words), "{told:?}");
    }
    let nothing = CreatePostRequest {
        post: None,
        ..create(good())
    };
    let status = client.create_post(nothing).await.unwrap_err();
    let all = ["area", "kind", "text"].map(|field| format!("post.{field}"));
    assert_eq!(wrong_fields(&status), all);
    let mut north = house.watch(&caller("x", Role::Officer, &["north"]));
    for area in ["south", "town"] {
        let status = north.create_post(create(note(area))).await.unwrap_err();
        assert!(wrong(&status)[0].1.contains("outside your areas"));
    }
    assert_eq!(house.told_to(&desk(), "").await, [""; 0]);
    // At their very bounds they are good, and what lies above one's areas is read by those whose areas hold it.
    let bounds = Post {
        visible_from: wire("2016-01-06T12:00:00Z"),
        ..text("界".repeat(2_000))
    };
    made(&mut north, bounds).await;
    made(&mut north, note("north")).await;
}

#[tokio::test]
async fn a_list_of_posts_that_is_asked_for_wrongly_is_refused() {
    let house = House::open().await;
    let mut client = house.desk_watch();
    let wrong_all = ListPostsRequest {
        area: "north".to_owned(),
        kind: 9,
        page_size: -1,
        ..feed("")
    };
    let status = client.list_posts(wrong_all).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["area", "kind", "page_size"]);
    let page_token = "AAAA".to_owned();
    let other = ListPostsRequest {
        page_token,
        ..feed("")
    };
    let status = client.list_posts(other).await.unwrap_err();
    assert_eq!(reason(&status), Reason::PageTokenInvalid);
    let mut resident = house.watch(&caller("ann", Role::Resident, &[]));
    let status = resident.list_posts(feed("")).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RoleMissing);
}
