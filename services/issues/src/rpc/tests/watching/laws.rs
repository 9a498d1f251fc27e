//! Whoever watches, by whatever means and however often they stop, is told everything that is theirs once, in one order.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use tidyward_kit::caller::{Caller, Role};
use tidyward_proto::v1::{
    CreatePostRequest, ListIssuesRequest, ListPostsRequest, PollWatchRequest, WatchRequest,
};

use super::{PARENT, desk, everything, note, poll, polled, told};
use crate::{
    WatchSettings,
    rpc::tests::{caller, house::House, moves::file, reports::list},
};

/// Numbers that look drawn and are the same each time (xorshift).
struct Draws(u64);

impl Draws {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Reports, files and posts, in the north and the south.
async fn write(house: &House, seed: u64, count: usize) {
    let mut draws = Draws(seed);
    let mut open = Vec::new();
    for _ in 0..count {
        let north = draws.below(2) == 0;
        match draws.below(4) {
            0 => {
                let post = note(if north { "north" } else { "south" });
                let request = CreatePostRequest {
                    parent: PARENT.to_owned(),
                    post: Some(post),
                    request_id: String::new(),
                };
                house.desk_watch().create_post(request).await.unwrap();
            }
            1 if !open.is_empty() => {
                let index = draws.below(open.len() as u64) as usize;
                let issue = open.swap_remove(index);
                house.done("op", Role::Operator, &issue, file("")).await;
            }
            _ => open.push(house.reported(if north { 41.9 } else { 41.8 }).await),
        }
    }
}

/// Watches by streams and polls that it leaves after a few messages, until the writers are done, and then to the end.
async fn watch(
    house: &House,
    caller: &Caller,
    filter: &str,
    seed: u64,
    done: Arc<AtomicBool>,
) -> Vec<String> {
    let mut draws = Draws(seed);
    let mut client = house.watch(caller);
    let mut all = Vec::new();
    let mut token = String::new();
    while !done.load(Ordering::SeqCst) {
        if draws.below(3) == 0 {
            let request = PollWatchRequest {
                filter: filter.to_owned(),
                page_size: 1 + draws.below(5) as i32,
                ..poll(&token)
            };
            let page = client.poll_watch(request).await.unwrap().into_inner();
            all.extend(page.responses.iter().map(told));
            token = page.resume_token;
            continue;
        }
        let request = WatchRequest {
            filter: filter.to_owned(),
            resume_token: token.clone(),
            from_beginning: true,
            ..everything()
        };
        let mut stream = client.watch(request).await.unwrap().into_inner();
        for _ in 0..draws.below(12) {
            let wait = Duration::from_millis(1 + draws.below(30));
            // A message that is cut off by the stop comes again.
            let Ok(message) = tokio::time::timeout(wait, stream.message()).await else {
                break;
            };
            let message = message.unwrap().unwrap();
            token = message.resume_token.clone();
            all.extend(message.happened.is_some().then(|| told(&message)));
        }
    }
    let request = PollWatchRequest {
        filter: filter.to_owned(),
        ..poll(&token)
    };
    all.extend(polled(&mut client, request).await.0.iter().map(told));
    all
}

/// All that happened, by the lists.
async fn happened(house: &House) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let request = ListIssuesRequest {
        page_size: 1_000,
        ..ListIssuesRequest::default()
    };
    for name in list(&mut house.admin(), request).await.0 {
        let events = crate::rpc::tests::reports::events(&mut house.admin(), &name).await;
        all.extend(events.iter().map(|event| {
            let kind = event.kind().as_str_name();
            let kind = kind.trim_start_matches("ISSUE_EVENT_KIND_");
            format!("{name} {} {kind}", event.sequence)
        }));
    }
    let request = ListPostsRequest {
        parent: PARENT.to_owned(),
        page_size: 1_000,
        ..ListPostsRequest::default()
    };
    let posts = house.desk_watch().list_posts(request).await.unwrap();
    all.extend(posts.into_inner().posts.into_iter().map(|post| post.name));
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_is_told_everything_once_in_one_order() {
    for seed in [1, 20_261_122, 0xdead_beef] {
        let house = House::open().await;
        let other = house
            .beside("2015-01-06T12:00:00Z", WatchSettings::default())
            .await;
        let done = Arc::new(AtomicBool::new(false));
        let north = caller("north", Role::Officer, &["north"]);
        let watchers = [
            (&house, desk(), ""),
            (&other, desk(), ""),
            (&house, desk(), "kind = FILED OR kind = POSTED"),
            (&other, north, ""),
        ];
        let writing = async {
            let writers = [(&house, 1), (&house, 2), (&other, 3)];
            join_all(writers.map(|(house, nth)| write(house, seed + nth, 25))).await;
            done.store(true, Ordering::SeqCst);
        };
        let watching = watchers
            .iter()
            .zip(10..)
            .map(|((house, caller, filter), nth)| {
                watch(house, caller, filter, seed + nth, done.clone())
            });
        let (told, ()) = tokio::join!(join_all(watching), writing);
        let [all, again, filtered, north] = <[Vec<String>; 4]>::try_from(told).unwrap();
        let happened = happened(&house).await;
        assert_eq!(all.len(), happened.len(), "seed {seed}: nothing twice");
        assert_eq!(all.iter().cloned().collect::<BTreeSet<_>>(), happened);
        assert_eq!(all, again, "seed {seed}: one order in every process");
        let is_post = |line: &&String| line.contains("/posts/");
        let expected: Vec<&String> = all
            .iter()
            .filter(|line| line.ends_with(" FILED") || is_post(line))
            .collect();
        assert_eq!(filtered.iter().collect::<Vec<_>>(), expected);
        let caller = caller("north", Role::Officer, &["north"]);
        assert_eq!(north, house.told_to(&caller, "").await);
        assert!(!north.is_empty() && north.len() < all.len());
        let in_order: Vec<&String> = all.iter().filter(|line| north.contains(line)).collect();
        assert_eq!(north.iter().collect::<Vec<_>>(), in_order);
        for house in [house, other] {
            house.issues.end_watches();
            house.issues.db.close().await.unwrap();
        }
    }
}
