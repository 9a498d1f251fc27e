//! Who watches is told what happens, over restarts and by long polls too, and by the command line; and posts at the three
//! levels.

use std::{
    path::Path,
    process::{Command, Output},
    time::Duration,
};

use serde_json::Value;
use tidyward::config::Settings;
use tidyward_kit::caller::Role;
use tidyward_proto::v1::{
    CreatePostRequest, FileAction, IssueSource, ListPostsRequest, PollWatchRequest, Post, PostKind,
    WatchRequest, WatchResponse, transition_issue_request::Action, watch_response::Happened,
};
use tidyward_tests::{Person, Stack, import, refusal};
use tonic::{Code, Streaming};

use crate::cast::{City, D, PARENT, QIAN, SUN, ZHAO};

const IN_G1: (f64, f64) = (30.005, 120.005);
const IN_G2: (f64, f64) = (30.005, 120.015);
/// Reports and posts of the first grid.
const FILTER: &str = "kind = REPORTED OR kind = POSTED";

fn grid() -> WatchRequest {
    WatchRequest {
        parent: PARENT.to_owned(),
        area: format!("{PARENT}/areas/G1"),
        filter: FILTER.to_owned(),
        ..WatchRequest::default()
    }
}

fn poll(resume_token: &str, wait_seconds: i32) -> PollWatchRequest {
    let grid = grid();
    PollWatchRequest {
        parent: grid.parent,
        area: grid.area,
        filter: grid.filter,
        resume_token: resume_token.to_owned(),
        wait_seconds: Some(wait_seconds),
        ..PollWatchRequest::default()
    }
}

/// The name of the issue or the post.
fn told(response: &WatchResponse) -> Option<String> {
    Some(match response.happened.as_ref()? {
        Happened::Event(watched) => watched.issue.clone(),
        Happened::Post(post) => post.name.clone(),
    })
}

/// A watcher who notes what it was told, and where it goes on.
struct Watcher {
    stream: Streaming<WatchResponse>,
    token: String,
    told: Vec<String>,
}

impl Watcher {
    /// Has begun, once the first message is there.
    async fn begin(who: &Person, resume_token: &str) -> Watcher {
        let request = WatchRequest {
            resume_token: resume_token.to_owned(),
            ..grid()
        };
        let mut stream = who.watches().watch(request).await.unwrap().into_inner();
        let first = stream.message().await.unwrap().unwrap();
        Watcher {
            stream,
            told: told(&first).into_iter().collect(),
            token: first.resume_token,
        }
    }

    /// Reads until so many things were told.
    async fn until(&mut self, count: usize) {
        let read = async {
            while self.told.len() < count {
                let next = self.stream.message().await.unwrap().unwrap();
                self.note(&next);
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), read).await;
        waited.expect("what happened is told");
    }

    fn note(&mut self, message: &WatchResponse) {
        self.told.extend(told(message));
        self.token.clone_from(&message.resume_token);
    }
}

async fn posted(who: &Person, area: &str) -> Post {
    let request = CreatePostRequest {
        parent: PARENT.to_owned(),
        post: Some(Post {
            area: format!("{PARENT}/areas/{area}"),
            kind: PostKind::WellDone.into(),
            text: format!("{area} is clean as never before"),
            ..Post::default()
        }),
        request_id: String::new(),
    };
    let made = who.watches().create_post(request).await;
    made.unwrap().into_inner()
}

/// Two things that the watcher of the first grid is told, and three that it is not. Gives the names of the two.
async fn a_day(city: &City) -> [String; 2] {
    let mine = city.report(ZHAO, IssueSource::Patrol, IN_G1, None).await;
    let file = Action::File(FileAction::default());
    city.moves(SUN, &mine.name, file).await;
    city.report(QIAN, IssueSource::Patrol, IN_G2, None).await;
    let sun = city.person(SUN);
    posted(&sun, "C1").await;
    [mine.name, posted(&sun, "G1").await.name]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_goes_on_after_a_restart_with_nothing_missed_and_nothing_twice() {
    let city = City::founded("2026-02-12T15:00").await;
    let mut watcher = Watcher::begin(&city.person(SUN), "").await;
    let mut expected = a_day(&city).await.to_vec();
    watcher.until(2).await;
    assert_eq!(watcher.told, expected);

    // The server stops and says where to go on; while nobody watches another day passes.
    let city = city.restarted(Settings::default()).await;
    let ended = loop {
        match watcher.stream.message().await {
            Ok(Some(message)) => watcher.note(&message),
            ended => break refusal(ended),
        }
    };
    assert_eq!(
        (ended.code, ended.reason.as_str()),
        (Code::Unavailable, "UNAVAILABLE")
    );
    assert_eq!(ended.metadata["token"], watcher.token);
    expected.extend(a_day(&city).await);
    let mut again = Watcher::begin(&city.person(SUN), &watcher.token).await;
    again.until(2).await;
    expected.extend(a_day(&city).await);
    again.until(4).await;
    assert_eq!([watcher.told, again.told].concat(), expected);

    // From the beginning it is the same, whoever asks later and by whatever way.
    let whole = PollWatchRequest {
        from_beginning: true,
        ..poll("", 0)
    };
    let whole = city.person(SUN).watches().poll_watch(whole).await;
    let whole = whole.unwrap().into_inner();
    let names: Vec<String> = whole.responses.iter().filter_map(told).collect();
    assert_eq!(names, expected);
    city.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_store_or_watch_gives_no_place() {
    let city = City::founded("2026-02-12T15:00").await;
    let other = City::founded("2026-02-12T15:01").await;
    a_day(&city).await;
    a_day(&other).await;
    let token = |city: &City| {
        let sun = city.person(SUN);
        async move {
            sun.watches()
                .poll_watch(poll("", 0))
                .await
                .unwrap()
                .into_inner()
                .resume_token
        }
    };
    let (own, theirs) = (token(&city).await, token(&other).await);
    let sun = city.person(SUN);
    sun.watches().poll_watch(poll(&own, 0)).await.unwrap();
    let elsewhere = PollWatchRequest {
        area: format!("{PARENT}/areas/G2"),
        ..poll(&own, 0)
    };
    for request in [poll(&theirs, 0), elsewhere, poll("AAAA", 0)] {
        let refused = refusal(sun.watches().poll_watch(request).await);
        assert_eq!(refused.reason, "WATCH_TOKEN_UNKNOWN", "{refused:?}");
        assert_eq!(refused.code, Code::OutOfRange);
    }
    let request = WatchRequest {
        resume_token: theirs,
        ..grid()
    };
    let refused = refusal(sun.watches().watch(request).await);
    assert_eq!(refused.reason, "WATCH_TOKEN_UNKNOWN");
    for city in [city, other] {
        city.stack.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_answers_as_soon_as_there_is_something() {
    let city = City::founded("2026-02-12T15:00").await;
    let sun = city.person(SUN);
    let now = sun
        .watches()
        .poll_watch(poll("", 0))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(now.responses, []);
    let mut client = sun.watches();
    let waiting = client.poll_watch(poll(&now.resume_token, 25));
    let (answer, happened) = tokio::join!(waiting, a_day(&city));
    let answer = answer.unwrap().into_inner();
    let first: Vec<String> = answer.responses.iter().filter_map(told).collect();
    assert_eq!(first, happened[..1]);
    let rest = client.poll_watch(poll(&answer.resume_token, 25)).await;
    let rest = rest.unwrap().into_inner();
    let rest: Vec<String> = rest.responses.iter().filter_map(told).collect();
    assert_eq!(rest, happened[1..]);
    city.stack.stop().await;
}

/// Runs the program itself, for a watch writes to standard output.
async fn watches(stack: &Stack, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidyward-server"));
    let server = format!("http://{}", stack.running.address);
    let data: &Path = stack.folder.path();
    command.args(["watch", "--server", &server, "--district", D, "--data"]);
    command.arg(data).args(words);
    let ran = tokio::task::spawn_blocking(move || command.output());
    ran.await.unwrap().unwrap()
}

/// The ids of what was told, and where it goes on.
fn lines(output: &Output) -> (Vec<String>, String) {
    assert!(output.status.success(), "{output:?}");
    let objects = std::str::from_utf8(&output.stdout).unwrap().lines();
    let objects = objects.map(|line| serde_json::from_str::<Value>(line).unwrap());
    let names = objects.map(|object| object["name"].as_str().unwrap().to_owned());
    let said = std::str::from_utf8(&output.stderr).unwrap();
    let (_, token) = said.split_once("--from-token=").expect("where to go on");
    (names.collect(), token.trim().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_watches_so_many_lines_and_goes_on() {
    let city = City::founded("2026-02-12T15:00").await;
    let happened = [a_day(&city).await, a_day(&city).await].concat();
    let ids: Vec<&str> = happened
        .iter()
        .map(|name| name.rsplit('/').next().unwrap())
        .collect();
    let shared = [
        "--area", "G1", "--filter", FILTER, "--format", "json", "--limit",
    ];
    let first = [&shared[..], &["3", "--from-beginning"]].concat();
    let (names, token) = lines(&watches(&city.stack, &first).await);
    assert_eq!(names, ids[..3]);
    let from = format!("--from-token={token}");
    let rest = [&shared[..], &["1", &from]].concat();
    let (names, _) = lines(&watches(&city.stack, &rest).await);
    assert_eq!(names, ids[3..]);
    let unknown = [&shared[..], &["1", "--from-token=AAAA"]].concat();
    let refused = watches(&city.stack, &unknown).await;
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(refused.stdout.is_empty());
    city.stack.stop().await;
}

const THREE_LEVELS: &str = r#"
    [[areas]]
    level = "subdistrict"
    code = "S1"
    name = "Mill quarter"
    [[areas]]
    level = "community"
    code = "C1"
    name = "Mill Lane"
    [[areas]]
    level = "grid"
    code = "{code}"
    name = "Grid {code}"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn posts_go_to_the_feeds_of_all_three_levels() {
    let stack = Stack::start().await;
    stack.district(D, "Asia/Shanghai", "2026-01-01").await;
    let (_, areas) = tidyward_tests::town(2);
    let ended = import!(stack.grids(D), D, THREE_LEVELS, areas.as_bytes());
    assert_eq!(ended.rows_rejected, 0, "{ended:?}");
    let sun = stack.person(D, "sun", &[Role::Operator], &[]);
    let mut names = Vec::new();
    for (area, above) in [("S1", &[][..]), ("C1", &["S1"]), ("G1", &["C1", "S1"])] {
        let made = posted(&sun, area).await;
        let above = above.iter().map(|code| format!("{PARENT}/areas/{code}"));
        assert_eq!(made.ancestors, above.collect::<Vec<_>>());
        names.push(made.name);
    }
    // Each feed has what was posted to it and below it, the latest first; whoever has an area sees that.
    let zhao = stack.person(D, "zhao", &[Role::Officer], &["C1"]);
    for (who, area, expected) in [
        (&sun, "S1", &[2, 1, 0][..]),
        (&sun, "C1", &[2, 1]),
        (&sun, "G1", &[2]),
        (&sun, "G2", &[]),
        (&zhao, "S1", &[2, 1]),
    ] {
        let request = ListPostsRequest {
            parent: PARENT.to_owned(),
            area: format!("{PARENT}/areas/{area}"),
            ..ListPostsRequest::default()
        };
        let listed = who
            .watches()
            .list_posts(request)
            .await
            .unwrap()
            .into_inner();
        let listed: Vec<&String> = listed.posts.iter().map(|post| &post.name).collect();
        let expected = expected.iter().map(|place: &usize| &names[*place]);
        assert_eq!(listed, expected.collect::<Vec<_>>(), "{area}");
    }
    // The same by the watch of the highest.
    let request = PollWatchRequest {
        parent: PARENT.to_owned(),
        area: format!("{PARENT}/areas/S1"),
        from_beginning: true,
        wait_seconds: Some(0),
        ..PollWatchRequest::default()
    };
    let news = sun
        .watches()
        .poll_watch(request)
        .await
        .unwrap()
        .into_inner();
    let news: Vec<String> = news.responses.iter().filter_map(told).collect();
    assert_eq!(news, names);
    stack.stop().await;
}
