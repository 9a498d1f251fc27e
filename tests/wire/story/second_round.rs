//! The second round: she who reported it is asked, says that it is not solved, and in the end is satisfied.

use tidyward_proto::v1::{
    AcceptAction, CallBackAction, CheckResult, IssueEventKind as Kind, IssueState as State,
    ReopenAction, ReopenReason, transition_issue_request::Action,
};

use crate::cast::{LI, SUN, Turn, ZHAO, ZHOU, check, dispatch, hand_in};

pub async fn reopened_for_a_false_closing(turn: &mut Turn<'_>) {
    let city = turn.city;
    // Thursday, 10:00: she is called back, and it is not solved in her eyes.
    let call = Action::CallBack(CallBackAction {
        reached: true,
        solved: false,
        satisfied: false,
        note: "bags again".to_owned(),
    });
    turn.takes("2026-02-26T10:00", SUN, call).await;
    turn.events(&[Kind::CalledBack]).await;
    turn.came_to(&[("callback.asked", 1), ("callback.answered", 1)])
        .await;

    // 10:10: reopened, the closing was false. A new round with new deadlines; what the first came to stands.
    let reopen = Action::Reopen(ReopenAction {
        reason: ReopenReason::NotSolved.into(),
        note: "she sent a picture".to_owned(),
        condition: String::new(),
    });
    let issue = turn.takes("2026-02-26T10:10", SUN, reopen).await;
    assert_eq!(
        (issue.state(), issue.round, issue.rounds.len()),
        (State::Filed, 2, 2)
    );
    city.deadlines(&issue, "2026-02-26T11:10", "", "2026-03-04T10:10");
    turn.events(&[Kind::Reopened, Kind::FoundFalse, Kind::Filed])
        .await;
    turn.came_to(&[
        ("issues.reopened", 1),
        ("issues.false_close", 1),
        ("issues.filed", 2),
    ])
    .await;
}

/// Dispatched, accepted, handed in, checked, and she is satisfied.
pub async fn straight_to_the_closing(turn: &mut Turn<'_>) {
    let city = turn.city;
    let issue = turn.takes("2026-02-26T10:20", ZHOU, dispatch()).await;
    city.deadlines(
        &issue,
        "2026-02-26T14:20",
        "2026-02-28T10:20",
        "2026-03-04T10:10",
    );
    turn.events(&[Kind::Dispatched]).await;
    turn.came_to(&[]).await;
    let accept = Action::Accept(AcceptAction {});
    turn.takes("2026-02-26T10:30", ZHAO, accept).await;
    turn.events(&[Kind::Accepted]).await;
    turn.came_to(&[("issues.accepted", 2), ("issues.accepted_on_time", 2)])
        .await;
    turn.takes("2026-02-27T11:00", ZHAO, hand_in("swept")).await;
    turn.events(&[Kind::HandedIn]).await;
    turn.came_to(&[]).await;
    let passed = check(CheckResult::Passed, "");
    let issue = turn.takes("2026-02-27T14:30", LI, passed).await;
    assert_eq!(issue.state(), State::Closed);
    assert_eq!(issue.rounds[0].failed_checks, 1);
    let closed = city.time("2026-02-27T14:30");
    assert_eq!(issue.rounds[1].close_time, Some(closed));
    turn.events(&[Kind::CheckPassed]).await;
    turn.came_to(&[
        ("issues.due", 2),
        ("issues.handled_on_time", 2),
        ("issues.closed", 2),
        ("issues.closed_on_time", 2),
        ("issues.checks", 3),
        ("callback.contactable", 2),
    ])
    .await;
    let call = Action::CallBack(CallBackAction {
        reached: true,
        solved: true,
        satisfied: true,
        note: String::new(),
    });
    turn.takes("2026-02-27T15:00", SUN, call).await;
    turn.events(&[Kind::CalledBack]).await;
    turn.came_to(&[
        ("callback.asked", 2),
        ("callback.answered", 2),
        ("callback.solved", 1),
        ("callback.satisfied", 1),
    ])
    .await;
}

pub async fn what_the_quarter_came_to(turn: &Turn<'_>) {
    let city = turn.city;
    assert_eq!(city.rate("close_rate").await, Some(10_000));
    assert_eq!(city.rate("satisfaction_rate").await, Some(5_000));
}
