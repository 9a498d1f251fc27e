//! Three replicas of the service over one database do each thing that falls due once.

use futures::future::join_all;
use tidyward_kit::caller::Role;
use tidyward_proto::v1::{self as wire, IssueEventKind as Kind, transition_issue_request::Action};

use super::{
    house::House,
    moves::{accept, dispatch, file},
    reports::wire,
};

#[tokio::test]
async fn three_replicas_sweep_at_once_and_each_thing_happens_once() {
    let house = House::open().await;
    house.limits().await;
    let mut issues = Vec::new();
    for _ in 0..7 {
        let issue = house.reported(41.9).await;
        house.done("op", Role::Operator, &issue, file("bags")).await;
        house.done("d", Role::Dispatcher, &issue, dispatch()).await;
        house
            .done("officer-1", Role::Officer, &issue, accept())
            .await;
        issues.push(issue);
    }
    let asks = Action::RequestSuspension(wire::RequestSuspensionAction {
        until: wire("2015-01-05T15:00:00Z"),
        reason: "snow".to_owned(),
    });
    house
        .done("officer-1", Role::Officer, &issues[0], asks)
        .await;
    let gives = Action::DecideSuspension(wire::DecideSuspensionAction {
        approve: true,
        note: String::new(),
    });
    house.done("lead", Role::Leader, &issues[0], gives).await;

    let replicas = [
        house.replica().await,
        house.replica().await,
        house.replica().await,
    ];
    let sweep = async || {
        let sweeps = replicas.iter().map(crate::Issues::sweep_once);
        let done = join_all(sweeps).await;
        done.into_iter().map(Result::unwrap).sum::<usize>()
    };
    assert_eq!(sweep().await, 0);
    // At two in the afternoon the handling deadlines pass; what is put off has none to pass.
    house.tell("2015-01-05T14:00:00Z");
    assert_eq!(sweep().await, 0, "at the deadline it is still on time");
    house.tell("2015-01-05T14:00:01Z");
    assert_eq!(sweep().await, 6);
    assert_eq!(sweep().await, 0);
    house.tell("2015-01-05T15:00:00Z");
    assert_eq!(sweep().await, 1, "the one goes on by itself");
    // At six the six have run three times their limit, and the one that went on ran out at five.
    house.tell("2015-01-05T18:00:01Z");
    assert_eq!(sweep().await, 6 + 1);
    for (index, issue) in issues.iter().enumerate() {
        let events = house.events(issue).await;
        let escalated = events
            .iter()
            .filter(|event| event.kind() == Kind::Escalated);
        let escalated: Vec<_> = escalated
            .map(|event| event.detail.as_ref().unwrap().clone())
            .collect();
        let levels: Vec<i32> = escalated.iter().map(|detail| detail.level).collect();
        assert_eq!(levels, if index == 0 { vec![1] } else { vec![1, 3] });
        assert_eq!(escalated[0].told, ["officer-1"], "the head of the grid");
        let resumed = events.iter().filter(|event| event.kind() == Kind::Resumed);
        assert_eq!(resumed.count(), usize::from(index == 0));
    }
    for replica in replicas {
        replica.db.close().await.unwrap();
    }
    house.courses_agree().await;
}
