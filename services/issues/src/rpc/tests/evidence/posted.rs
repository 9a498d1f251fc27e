//! Posts are shown by evidence, which whoever sees the post may read.

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    CreatePostRequest, Evidence, GetPostRequest, PollWatchRequest, Post, PostKind,
    watch_response::Happened,
};
use tonic::Status;

use super::{PARENT, get, jpeg, sent};
use crate::rpc::tests::{caller, house::House, reason, reports, wrong};

fn shown(area: &str, evidence: &[&Evidence]) -> Post {
    let names = evidence.iter();
    Post {
        area: format!("{PARENT}/areas/{area}"),
        kind: PostKind::WellDone as i32,
        text: "clean as never before".to_owned(),
        evidence: names.map(|one| one.name.clone()).collect(),
        ..Post::default()
    }
}

/// An officer who works everywhere posts.
async fn posts(house: &House, post: Post) -> Result<Post, Status> {
    let request = CreatePostRequest {
        parent: PARENT.to_owned(),
        post: Some(post),
        request_id: String::new(),
    };
    let mut client = house.watch(&caller("author", Role::Officer, &[]));
    Ok(client.create_post(request).await?.into_inner())
}

/// Who of the district may read it: the officers of both grids, one who works everywhere, and a resident.
async fn readers(house: &House, evidence: &Evidence) -> [bool; 4] {
    let mut may = [false; 4];
    for (index, (role, areas)) in [
        (Role::Officer, &["north"][..]),
        (Role::Officer, &["south"]),
        (Role::Auditor, &[]),
        (Role::Resident, &[]),
    ]
    .into_iter()
    .enumerate()
    {
        let mut client = house.evidence(&format!("reader {index}"), role, areas);
        let got = get(&mut client, &evidence.name).await;
        may[index] = got
            .map_err(|status| assert_eq!(reason(&status), Reason::NotFound))
            .is_ok();
    }
    may
}

#[tokio::test]
async fn whoever_sees_a_post_reads_what_shows_it_and_it_stays() {
    let house = House::open().await;
    let mut author = house.evidence("author", Role::Officer, &[]);
    let first = sent(&mut author, &jpeg(64)).await.unwrap();
    let second = sent(&mut author, &jpeg(65)).await.unwrap();
    assert_eq!(readers(&house, &first).await, [false; 4]);
    let made = posts(&house, shown("north", &[&second, &first])).await;
    let made = made.unwrap();
    assert_eq!(made.evidence, [second.name.clone(), first.name.clone()]);
    assert_eq!(readers(&house, &first).await, [true, false, true, false]);

    // It is told as it stands, to whoever gets, lists or watches.
    let mut desk = house.watch(&caller("desk", Role::Operator, &[]));
    let name = made.name.clone();
    let got = desk.get_post(GetPostRequest { name }).await.unwrap();
    assert_eq!(got.into_inner(), made);
    let poll = PollWatchRequest {
        parent: PARENT.to_owned(),
        from_beginning: true,
        wait_seconds: Some(0),
        ..PollWatchRequest::default()
    };
    let news = desk.poll_watch(poll).await.unwrap().into_inner().responses;
    assert_eq!(news[0].happened, Some(Happened::Post(made)));

    // A day later nothing of it is deleted.
    house.tell("2015-01-06T12:00:00Z");
    house.issues.sweep_once().await.unwrap();
    assert_eq!(readers(&house, &second).await, [true, false, true, false]);
}

#[tokio::test]
async fn what_shows_a_hidden_post_is_its_authors_until_its_moment() {
    let house = House::open().await;
    let mut author = house.evidence("author", Role::Officer, &[]);
    let photo = sent(&mut author, &jpeg(64)).await.unwrap();
    let hidden = Post {
        visible_from: reports::wire("2015-01-07T13:00:00Z"),
        ..shown("north", &[&photo])
    };
    posts(&house, hidden).await.unwrap();
    house.tell("2015-01-07T12:59:59Z");
    house.issues.sweep_once().await.unwrap();
    assert_eq!(readers(&house, &photo).await, [false; 4]);
    assert_eq!(get(&mut author, &photo.name).await.unwrap(), photo);
    house.tell("2015-01-07T13:00:00Z");
    house.issues.sweep_once().await.unwrap();
    assert_eq!(readers(&house, &photo).await, [true, false, true, false]);
}

#[tokio::test]
async fn a_post_that_shows_what_its_author_may_not_see_is_not_written() {
    let house = House::open().await;
    let mut author = house.evidence("author", Role::Officer, &[]);
    let own = sent(&mut author, &jpeg(64)).await.unwrap();
    let mut other = house.evidence("other", Role::Resident, &[]);
    let theirs = sent(&mut other, &jpeg(65)).await.unwrap();
    let named = |name: &str| Evidence {
        name: name.to_owned(),
        ..own.clone()
    };
    let elsewhere = named(&format!("districts/boston/evidence/{}", "0".repeat(64)));
    let nothing = named("a photo");
    let many: Vec<&Evidence> = vec![&own; 10];
    for (evidence, field, words) in [
        (&[&theirs][..], "post.evidence[0]", "not yours to see"),
        (&[&own, &elsewhere], "post.evidence[1]", "not yours to see"),
        (&[&own, &nothing], "post.evidence[1]", "must look like"),
        (&[&own, &own], "post.evidence[1]", "twice"),
        (&many, "post.evidence", "at most 9"),
    ] {
        let status = posts(&house, shown("north", evidence)).await.unwrap_err();
        let told = wrong(&status);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, field);
        assert!(told[0].1.contains(words), "{told:?}");
    }
    assert_eq!(
        readers(&house, &own).await,
        [false; 4],
        "nothing is half-written"
    );
    // Nothing uses it, so it goes, and a post that comes too late is not written either.
    house.tell("2015-01-06T12:00:00Z");
    house.issues.sweep_once().await.unwrap();
    let status = posts(&house, shown("north", &[&own])).await.unwrap_err();
    assert_eq!(wrong(&status)[0].0, "post.evidence[0]");
}
