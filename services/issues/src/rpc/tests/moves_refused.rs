//! Moves that are refused, answered once, or made in batches.

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    self as wire, BatchTransitionIssuesRequest, ErrorReason, GetIssueRequest, IssueState,
    TransitionIssueRequest, transition_issue_request::Action, transition_result,
};

use super::{
    caller,
    house::House,
    moves::{accept, file, moved},
    reason,
    reports::wire,
};

#[tokio::test]
async fn moves_that_cannot_be_say_why_and_leave_no_trace() {
    let house = House::open().await;
    let issue = house.reported(41.9).await;
    let mut operator = house.somebody("op", Role::Operator);
    let mut refused = async |request: TransitionIssueRequest| {
        let status = operator.transition_issue(request).await.unwrap_err();
        (reason(&status), status.message().to_owned())
    };
    let early = refused(moved(&issue, accept())).await;
    assert_eq!(early.0, Reason::MoveForbidden);
    assert!(
        early.1.contains("allowed are verify, settle, file"),
        "{}",
        early.1
    );
    let stale = TransitionIssueRequest {
        etag: "0".to_owned(),
        ..moved(&issue, file(""))
    };
    assert_eq!(refused(stale).await.0, Reason::ChangedMeanwhile);
    let nothing = TransitionIssueRequest {
        action: None,
        ..moved(&issue, file(""))
    };
    assert_eq!(refused(nothing).await.0, Reason::FieldsInvalid);
    let odd = refused(moved(&issue, file("rats"))).await;
    assert!(
        odd.1.starts_with("file.category: is no category"),
        "{}",
        odd.1
    );
    let early = TransitionIssueRequest {
        occur_time: wire("2015-01-05T11:59:59Z"),
        ..moved(&issue, file(""))
    };
    assert_eq!(refused(early).await.0, Reason::FieldsInvalid);
    let id = "0197a0a0-0000-7000-8000-000000000000";
    for name in [
        format!("districts/chicago/issues/{id}"),
        "districts/chicago/issues/x".to_owned(),
    ] {
        let nowhere = TransitionIssueRequest {
            name,
            ..moved(&issue, file(""))
        };
        assert_eq!(refused(nowhere).await.0, Reason::NotFound);
    }
    // Where nobody stands for the unit, nobody could accept.
    house.done("op", Role::Operator, &issue, file("")).await;
    let unit = |code: &str| {
        Action::Dispatch(wire::DispatchAction {
            unit: code.to_owned(),
            ..wire::DispatchAction::default()
        })
    };
    let nobody = house
        .refused("d", Role::Dispatcher, &issue, unit("diggers"))
        .await;
    assert!(
        nobody.message().starts_with("dispatch.unit: nobody"),
        "{}",
        nobody.message()
    );
    assert_eq!(
        house.events(&issue).await.len(),
        2,
        "nothing refused was written"
    );

    let sent = house
        .done("d", Role::Dispatcher, &issue, unit("cleaning"))
        .await;
    assert_eq!(
        (sent.assignee.as_str(), sent.unit.as_str()),
        ("", "cleaning")
    );
    let stranger = house
        .refused("officer-2", Role::Officer, &issue, accept())
        .await;
    assert_eq!(reason(&stranger), Reason::ActorWrong);
    let taken = house
        .done("cleaner-2", Role::Officer, &issue, accept())
        .await;
    assert_eq!(taken.assignee, "cleaner-2");
}

#[tokio::test]
async fn the_same_request_is_answered_once_and_a_batch_answers_each_move() {
    let house = House::open().await;
    let (one, other) = (house.reported(41.9).await, house.reported(41.9).await);
    let mut operator = house.somebody("op", Role::Operator);
    let request = TransitionIssueRequest {
        request_id: "6a2ee0a5-1f0e-4b7f-9f6a-6d8b0a9a0001".to_owned(),
        ..moved(&one, file(""))
    };
    let first = operator
        .transition_issue(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = operator
        .transition_issue(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    assert_eq!(house.events(&one).await.len(), 2);
    let reused = TransitionIssueRequest {
        name: other.name.clone(),
        ..request
    };
    let status = operator.transition_issue(reused).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RequestIdReused);

    let elsewhere = TransitionIssueRequest {
        name: other.name.replace("chicago", "boston"),
        ..moved(&other, file(""))
    };
    let batch = |requests| BatchTransitionIssuesRequest {
        parent: "districts/chicago".to_owned(),
        requests,
    };
    let moves = vec![moved(&one, accept()), elsewhere, moved(&other, file(""))];
    let answer = operator
        .batch_transition_issues(batch(moves))
        .await
        .unwrap()
        .into_inner();
    let results: Vec<Result<IssueState, ErrorReason>> = answer
        .results
        .into_iter()
        .map(|result| match result.result.unwrap() {
            transition_result::Result::Issue(issue) => Ok(issue.state()),
            transition_result::Result::Refusal(refusal) => Err(refusal.reason()),
        })
        .collect();
    let expected = [
        Err(ErrorReason::MoveForbidden),
        Err(ErrorReason::FieldsInvalid),
        Ok(IssueState::Filed),
    ];
    assert_eq!(results, expected);
    for count in [0, 101] {
        let moves = vec![moved(&one, accept()); count];
        let status = operator
            .batch_transition_issues(batch(moves))
            .await
            .unwrap_err();
        assert_eq!(reason(&status), Reason::FieldsInvalid);
    }
}

#[tokio::test]
async fn who_works_elsewhere_sees_nothing_but_what_they_have_a_hand_in() {
    let house = House::open().await;
    let issue = house.reported(41.9).await;
    let of = |subject: &str, role, area: &str| house.client_of(caller(subject, role, &[area]));
    let status = of("op-s", Role::Operator, "south")
        .transition_issue(moved(&issue, file("")))
        .await;
    assert_eq!(reason(&status.unwrap_err()), Reason::NotFound);
    of("op-t", Role::Operator, "town")
        .transition_issue(moved(&issue, file("")))
        .await
        .unwrap();
    let helped = Action::Dispatch(wire::DispatchAction {
        co_handlers: vec!["helper".to_owned()],
        ..wire::DispatchAction::default()
    });
    house.done("d", Role::Dispatcher, &issue, helped).await;
    let get = || GetIssueRequest {
        name: issue.name.clone(),
    };
    let seen = of("helper", Role::Officer, "south")
        .get_issue(get())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(seen.co_handlers, ["helper"]);
    let stranger = of("stranger", Role::Officer, "south")
        .get_issue(get())
        .await
        .unwrap_err();
    assert_eq!(reason(&stranger), Reason::NotFound);
}
