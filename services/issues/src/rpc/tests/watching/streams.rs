//! What a stream and a poll tell, to whom, and how they go on.

use std::time::Duration;

use tidyward_kit::{
    Reason,
    caller::{Caller, Role},
};
use tidyward_proto::v1::{
    self as wire, CreatePostRequest, Issue, IssueSource, PollWatchRequest, WatchRequest,
    transition_issue_request::Action, watch_response::Happened,
};

use super::{PARENT, all_told, begun, desk, everything, next, note, poll, polled, told};
use crate::{
    WatchSettings,
    rpc::tests::{
        caller,
        house::House,
        moves::{accept, file},
        reason,
        reports::{litter, make},
    },
};

fn dispatched_to(officer: &str) -> Action {
    Action::Dispatch(wire::DispatchAction {
        assignee: officer.to_owned(),
        ..wire::DispatchAction::default()
    })
}

#[tokio::test]
async fn each_move_is_told_as_it_happens_with_what_places_it() {
    let house = House::open().await;
    house.limits().await;
    house.reported(41.8).await;
    let mut client = house.desk_watch();
    let (mut stream, _) = begun(&mut client, everything()).await;
    let issue = house.reported(41.9).await;
    let first = next(&mut stream).await;
    assert_eq!(told(&first), format!("{} 1 REPORTED", issue.name));
    let Some(Happened::Event(watched)) = first.happened else {
        panic!("an event")
    };
    assert_eq!(watched.category, "litter");
    assert_eq!(watched.grid, "districts/chicago/areas/north");
    assert_eq!(watched.ancestors, ["districts/chicago/areas/town"]);
    house.done("op", Role::Operator, &issue, file("bags")).await;
    let filed = next(&mut stream).await;
    assert_eq!(told(&filed), format!("{} 2 FILED", issue.name));
    let Some(Happened::Event(watched)) = filed.happened else {
        panic!("an event")
    };
    assert_eq!(watched.category, "bags", "as filed");
    let event = watched.event.unwrap();
    assert_eq!(event, house.events(&issue).await[1]);
}

#[tokio::test]
async fn a_watch_goes_on_where_it_was_left_after_a_restart() {
    let house = House::open().await;
    let mut client = house.desk_watch();
    let (mut stream, begin) = begun(&mut client, everything()).await;
    let first = house.reported(41.9).await;
    let told_first = next(&mut stream).await;
    drop(stream);
    let second = house.reported(41.8).await;
    let house = house.restarted("2015-01-06T12:00:00Z").await;
    let third = house.reported(41.9).await;
    let rest = [&second, &third].map(|issue| format!("{} 1 REPORTED", issue.name));
    let request = WatchRequest {
        resume_token: told_first.resume_token.clone(),
        ..everything()
    };
    let mut client = house.desk_watch();
    let (mut stream, _) = begun(&mut client, request).await;
    let again = [next(&mut stream).await, next(&mut stream).await];
    assert_eq!(all_told(&again), rest);
    // A poll takes the same tokens and gives the same.
    let (all, _) = polled(&mut client, poll(&begin)).await;
    let first = [format!("{} 1 REPORTED", first.name)];
    assert_eq!(all_told(&all), [&first[..], &rest].concat());
    let (all, _) = polled(&mut client, poll(&again[0].resume_token)).await;
    assert_eq!(all_told(&all), rest[1..]);
}

#[tokio::test]
async fn everybody_is_told_what_is_theirs_to_see_and_it_stays_so() {
    let house = House::open().await;
    house.limits().await;
    let north = make(&mut house.somebody("ann", Role::Resident), litter(41.9)).await;
    let south = make(&mut house.somebody("bob", Role::Resident), litter(41.8)).await;
    let hotline = Issue {
        source: IssueSource::Hotline as i32,
        ..litter(43.0)
    };
    let nowhere = make(&mut house.somebody("desk", Role::Operator), hotline).await;
    house.done("op", Role::Operator, &south, file("bags")).await;
    let to_carl = dispatched_to("carl");
    house.done("d", Role::Dispatcher, &south, to_carl).await;
    house.done("carl", Role::Officer, &south, accept()).await;
    let line = |issue: &Issue, rest: &str| format!("{} {rest}", issue.name);
    let reports = [&north, &south, &nowhere].map(|issue| line(issue, "1 REPORTED"));
    let filed = [line(&south, "2 FILED")];
    let handled = [line(&south, "3 DISPATCHED"), line(&south, "4 ACCEPTED")];
    let all = [&reports[..], &filed, &handled].concat();
    let of_south = [&reports[1..2], &filed, &handled].concat();
    let cases: [(Caller, Vec<String>); 7] = [
        (caller("ann", Role::Resident, &[]), reports[..1].to_vec()),
        (caller("bob", Role::Resident, &[]), of_south.clone()),
        (caller("carl", Role::Resident, &[]), Vec::new()),
        (caller("x", Role::Officer, &["south"]), of_south),
        (
            caller("x", Role::Officer, &["town"]),
            [&reports[..2], &filed, &handled].concat(),
        ),
        // Who is given it is told of it from then on, wherever else that officer works.
        (caller("carl", Role::Officer, &["late"]), handled.to_vec()),
        (caller("x", Role::Auditor, &[]), all.clone()),
    ];
    for (caller, expected) in cases {
        assert_eq!(house.told_to(&caller, "").await, expected, "{caller:?}");
    }
    let of_area = |area: &str| PollWatchRequest {
        area: format!("{PARENT}/areas/{area}"),
        ..poll("")
    };
    let mut desk = house.desk_watch();
    let (told, _) = polled(&mut desk, of_area("north")).await;
    assert_eq!(all_told(&told), reports[..1]);
    let (told, _) = polled(&mut desk, of_area("town")).await;
    assert_eq!(
        told.len(),
        all.len() - 1,
        "what lies nowhere lies in no area"
    );
}

#[tokio::test]
async fn residents_are_told_how_it_goes_but_not_who_works_on_it() {
    let house = House::open().await;
    house.limits().await;
    let issue = make(&mut house.somebody("ann", Role::Resident), litter(41.9)).await;
    house.done("op", Role::Operator, &issue, file("bags")).await;
    let seen = async |subject: &str, role| {
        let mut client = house.watch(&caller(subject, role, &[]));
        let (all, _) = polled(&mut client, poll("")).await;
        let Some(Happened::Event(watched)) = all[1].happened.clone() else {
            panic!("an event")
        };
        watched.event.unwrap()
    };
    let whole = seen("x", Role::Officer).await;
    assert_eq!(whole.actor, "op");
    assert!(whole.detail.is_some());
    let given = seen("ann", Role::Resident).await;
    let less = wire::IssueEvent {
        actor: String::new(),
        detail: None,
        ..whole
    };
    assert_eq!(given, less);
}

#[tokio::test]
async fn a_filter_tells_what_it_says() {
    let house = House::open().await;
    house.limits().await;
    let issue = house.reported(41.9).await;
    house.done("op", Role::Operator, &issue, file("bags")).await;
    let to_carl = dispatched_to("carl");
    house.done("d", Role::Dispatcher, &issue, to_carl).await;
    house.reported(41.8).await;
    let request = CreatePostRequest {
        parent: PARENT.to_owned(),
        post: Some(note("north")),
        request_id: String::new(),
    };
    house.desk_watch().create_post(request).await.unwrap();
    let all = house.told_to(&desk(), "").await;
    assert_eq!(all.len(), 5);
    let id = issue.name.rsplit('/').next().unwrap();
    let of_issue = format!("issue = \"{id}\"");
    let by_name = format!("issue = \"{}\"", issue.name);
    let cases: [(&str, &[usize]); 15] = [
        ("kind = REPORTED", &[0, 3]),
        ("kind = REPORTED OR kind = POSTED", &[0, 3, 4]),
        ("kind != POSTED", &[0, 1, 2, 3]),
        ("post_kind = WELL_DONE", &[4]),
        ("post_kind = NOT_DONE", &[]),
        ("category = bags", &[1, 2]),
        ("NOT category = bags", &[0, 3, 4]),
        ("area = north", &[0, 1, 2, 4]),
        ("area = \"districts/chicago/areas/south\"", &[3]),
        ("assignee = carl", &[2]),
        ("round >= 1", &[1, 2]),
        ("urgent = true", &[]),
        ("imported = false AND area = town AND round = 0", &[0, 3, 4]),
        (&of_issue, &[0, 1, 2]),
        (&by_name, &[0, 1, 2]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<String> = expected.iter().map(|index| all[*index].clone()).collect();
        assert_eq!(house.told_to(&desk(), filter).await, expected, "{filter}");
    }
}

#[tokio::test]
async fn where_nothing_happens_a_heartbeat_says_how_far_the_watch_is() {
    let settings = WatchSettings {
        heartbeat: Duration::from_millis(20),
        ..WatchSettings::default()
    };
    let house = House::watched(settings).await;
    let mut client = house.watch(&caller("ann", Role::Resident, &[]));
    let (mut stream, first) = begun(&mut client, everything()).await;
    let quiet = stream.message().await.unwrap().unwrap();
    assert_eq!(quiet.resume_token, first);
    // What is not hers to see moves her place on, unseen.
    house.reported(41.9).await;
    loop {
        let quiet = stream.message().await.unwrap().unwrap();
        assert_eq!(quiet.happened, None);
        if quiet.resume_token != first {
            break;
        }
    }
}

#[tokio::test]
async fn a_poll_waits_for_the_first_thing_and_ends_empty_when_the_time_is_up() {
    let house = House::open().await;
    let mut client = house.desk_watch();
    let waiting = |seconds| PollWatchRequest {
        from_beginning: false,
        wait_seconds: Some(seconds),
        ..poll("")
    };
    let began = std::time::Instant::now();
    let page = client.poll_watch(waiting(1)).await.unwrap().into_inner();
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(page.responses, []);
    let request = PollWatchRequest {
        resume_token: page.resume_token,
        ..waiting(25)
    };
    let (page, issue) = tokio::join!(client.poll_watch(request), house.reported(41.9));
    let page = page.unwrap().into_inner();
    assert!(began.elapsed() < Duration::from_secs(20));
    let reported = format!("{} 1 REPORTED", issue.name);
    assert_eq!(all_told(&page.responses), [reported]);
    assert_eq!(page.resume_token, page.responses[0].resume_token);
}

#[tokio::test]
async fn what_another_process_commits_is_told_too() {
    let house = House::open().await;
    let other = house
        .beside("2015-01-06T12:00:00Z", WatchSettings::default())
        .await;
    let (mut client, mut far) = (house.desk_watch(), other.desk_watch());
    let (mut stream, _) = begun(&mut client, everything()).await;
    let (mut beside, token) = begun(&mut far, everything()).await;
    let mut tokens = vec![token];
    for turn in [&house, &other, &house] {
        let issue = turn.reported(41.9).await;
        let line = format!("{} 1 REPORTED", issue.name);
        let (here, there) = (next(&mut stream).await, next(&mut beside).await);
        assert_eq!([told(&here), told(&there)], [line.clone(), line]);
        assert_eq!(
            here.resume_token, there.resume_token,
            "one store, one place"
        );
        tokens.push(here.resume_token);
    }
    // Each takes the other's tokens.
    for (place, token) in tokens.iter().enumerate() {
        for client in [&mut client, &mut far] {
            let (rest, end) = polled(client, poll(token)).await;
            assert_eq!(rest.len(), 3 - place);
            assert_eq!(&end, tokens.last().unwrap());
        }
    }
}

#[tokio::test]
async fn a_server_that_stops_ends_each_watch_with_the_token_to_go_on_with() {
    let house = House::open().await;
    let mut client = house.desk_watch();
    let (mut stream, _) = begun(&mut client, everything()).await;
    house.reported(41.9).await;
    let first = next(&mut stream).await;
    let (mut quiet, token) = begun(&mut client, everything()).await;
    let mut polling = house.desk_watch();
    let poll = PollWatchRequest {
        resume_token: token.clone(),
        wait_seconds: Some(25),
        ..poll("")
    };
    let (poll, ()) = tokio::join!(polling.poll_watch(poll), async {
        tokio::task::yield_now().await;
        house.issues.end_watches();
    });
    for status in [
        poll.unwrap_err(),
        stream.message().await.unwrap_err(),
        quiet.message().await.unwrap_err(),
    ] {
        assert_eq!(reason(&status), Reason::Unavailable);
        let error = tidyward_kit::Error::from(status);
        assert_eq!(error.metadata["token"], first.resume_token);
    }
}
