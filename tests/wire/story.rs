//! A day in the life: one problem around the Spring Festival of 2026 in Shanghai time, from the hotline to its second
//! closing, with everybody who has a part in it.
//!
//! Work is from 09:00 to 12:00 and from 14:00 to 18:00, 420 minutes a day. 15 to 23 February are off; the Saturdays 14 and
//! 28 February are made up. All times below are of Shanghai, eight hours ahead of UTC.

use tidyward_kit::caller::Role;
use tidyward_proto::v1::{
    AcceptAction, CallBackAction, CheckAction, CheckResult, DecideSuspensionAction, DispatchAction,
    FileAction, HandInAction, IssueEventKind as Kind, IssueOutcome, IssueSource,
    IssueState as State, ReopenAction, ReopenReason, Reporter, RequestSuspensionAction,
    ResumeAction, ReturnAction, ReturnVerdict, Stage, VerifyAction,
    transition_issue_request::Action,
};

use crate::cast::{City, Turn};

#[tokio::test]
async fn a_problem_from_the_hotline_to_its_second_closing() {
    let city = City::founded("2026-02-12T15:00").await;

    // An officer on patrol has seen litter nearby an hour ago.
    city.at("2026-02-12T16:00");
    let earlier = city
        .report(
            "qian",
            Role::Officer,
            IssueSource::Patrol,
            (30.005, 120.005),
            None,
        )
        .await;
    assert!(!earlier.own_report, "qian answers for another grid");
    assert!(earlier.candidates.is_empty());

    // A resident calls the hotline, and the operator writes it down. The earlier one is offered; nothing is merged.
    city.at("2026-02-12T16:30");
    let wang = Reporter {
        name: "王女士".to_owned(),
        phone: "138 0013 8000".to_owned(),
    };
    let issue = city
        .report(
            "sun",
            Role::Operator,
            IssueSource::Hotline,
            (30.0051, 120.0051),
            Some(wang.clone()),
        )
        .await;
    assert_eq!(issue.grid, "districts/jinhua/areas/G1");
    assert_eq!(issue.ancestors, ["districts/jinhua/areas/C1"]);
    assert_eq!(issue.state(), State::Reported);
    let offered: Vec<&str> = issue
        .candidates
        .iter()
        .map(|one| one.issue.as_str())
        .collect();
    assert_eq!(offered, [earlier.name.as_str()]);
    let metres = issue.candidates[0].distance_metres.unwrap();
    assert!((13.0..16.0).contains(&metres), "{metres}");
    city.expect_facts(&[
        ("issues.reported", 2),
        ("issues.external.reported", 2),
        ("issues.merged", 0),
    ])
    .await;
    // Whoever has to call her back sees her name; the officer does not.
    assert_eq!(
        city.get("sun", Role::Operator, &issue.name).await.reporter,
        Some(wang)
    );
    assert_eq!(
        city.get("zhao", Role::Officer, &issue.name).await.reporter,
        None
    );

    let name = issue.name.as_str();
    let mut turn = Turn::new(&city, name, 1);

    // 16:40: a collector finds it as reported.
    let verify = VerifyAction {
        result: CheckResult::Passed.into(),
        note: "as told".to_owned(),
    };
    let issue = turn
        .takes(
            "2026-02-12T16:40",
            "li",
            Role::Collector,
            Action::Verify(verify),
        )
        .await;
    assert_eq!(issue.state(), State::Verified);
    turn.events(&[Kind::Verified]).await;
    city.expect_facts(&[("issues.verified", 1), ("issues.filed", 0)])
        .await;

    // 17:00: filed. Five working days on, over the festival: the 13th, Saturday the 14th, the 24th, 25th and 26th.
    let issue = turn
        .takes(
            "2026-02-12T17:00",
            "sun",
            Role::Operator,
            Action::File(FileAction::default()),
        )
        .await;
    assert_eq!(issue.state(), State::Filed);
    assert_eq!((issue.round, issue.condition.as_str()), (1, "normal"));
    city.deadlines(&issue, "2026-02-12T18:00", "", "2026-02-26T17:00");
    turn.events(&[Kind::Filed]).await;
    city.expect_facts(&[
        ("issues.filed", 1),
        ("issues.litter.filed", 1),
        ("issues.urgent.filed", 0),
    ])
    .await;

    // 17:20: dispatched to whoever the duties name, the street chief. Accept within two working hours, handle within two
    // working days: the Saturday is made up.
    let issue = turn
        .takes(
            "2026-02-12T17:20",
            "zhou",
            Role::Dispatcher,
            Action::Dispatch(DispatchAction::default()),
        )
        .await;
    assert_eq!(
        (issue.state(), issue.assignee.as_str()),
        (State::Dispatched, "zhao")
    );
    city.deadlines(
        &issue,
        "2026-02-13T10:20",
        "2026-02-14T17:20",
        "2026-02-26T17:00",
    );
    let told = turn.events(&[Kind::Dispatched]).await;
    let detail = told[0].detail.as_ref().unwrap();
    assert!(detail.to_duty_holder);
    assert_eq!(
        detail.told,
        ["wu", "zheng"],
        "the head of the category and the leader are told"
    );
    turn.notice(Kind::Dispatched, &["wu", "zhao", "zheng"])
        .await;

    // Friday, 09:10: returned. The clock runs on.
    let back = ReturnAction {
        reason: "not my side of the street".to_owned(),
    };
    let issue = turn
        .takes(
            "2026-02-13T09:10",
            "zhao",
            Role::Officer,
            Action::ReturnToDesk(back),
        )
        .await;
    assert_eq!(issue.state(), State::Returned);
    turn.events(&[Kind::Returned]).await;
    turn.notice(Kind::Returned, &["zhou"]).await;
    city.expect_facts(&[("issues.returned", 1), ("issues.refused", 0)])
        .await;

    // 09:30: overruled. The handling deadline stands; there is a fresh one to accept.
    let again = DispatchAction {
        assignee: "zhao".to_owned(),
        verdict: ReturnVerdict::Overruled.into(),
        note: "the map says it is".to_owned(),
        ..DispatchAction::default()
    };
    let issue = turn
        .takes(
            "2026-02-13T09:30",
            "zhou",
            Role::Dispatcher,
            Action::Dispatch(again),
        )
        .await;
    city.deadlines(
        &issue,
        "2026-02-13T11:30",
        "2026-02-14T17:20",
        "2026-02-26T17:00",
    );
    turn.events(&[Kind::ReturnOverruled, Kind::Dispatched])
        .await;
    city.expect_facts(&[("issues.refused", 1)]).await;

    // 10:00: accepted, in time.
    let issue = turn
        .takes(
            "2026-02-13T10:00",
            "zhao",
            Role::Officer,
            Action::Accept(AcceptAction {}),
        )
        .await;
    assert_eq!(issue.state(), State::Handling);
    turn.events(&[Kind::Accepted]).await;
    city.expect_facts(&[("issues.accepted", 1), ("issues.accepted_on_time", 1)])
        .await;

    // 15:00: a storm. 530 working minutes are left when the leader lets it rest at 15:30.
    let ask = RequestSuspensionAction {
        until: Some(city.time("2026-02-24T12:00")),
        reason: "storm warning".to_owned(),
    };
    turn.takes(
        "2026-02-13T15:00",
        "zhao",
        Role::Officer,
        Action::RequestSuspension(ask),
    )
    .await;
    turn.events(&[Kind::SuspensionRequested]).await;
    let yes = DecideSuspensionAction {
        approve: true,
        note: String::new(),
    };
    let issue = turn
        .takes(
            "2026-02-13T15:30",
            "zheng",
            Role::Leader,
            Action::DecideSuspension(yes),
        )
        .await;
    assert_eq!(issue.state(), State::Suspended);
    assert_eq!(issue.suspended_until, Some(city.time("2026-02-24T12:00")));
    turn.events(&[Kind::Suspended]).await;
    turn.notice(Kind::Suspended, &["zhao"]).await;
    // Its date lies within the quarter, so at the quarter's end it is not put off any more.
    city.expect_facts(&[
        ("issues.suspended", 1),
        ("issues.due", 0),
        ("issues.due_suspended", 0),
    ])
    .await;

    // Tuesday the 24th, 10:00: he goes on before the date, and gets back what was left of both deadlines.
    let issue = turn
        .takes(
            "2026-02-24T10:00",
            "zhao",
            Role::Officer,
            Action::Resume(ResumeAction::default()),
        )
        .await;
    assert_eq!(issue.state(), State::Handling);
    city.deadlines(
        &issue,
        "2026-02-25T11:50",
        "2026-02-25T11:50",
        "2026-02-28T11:30",
    );
    turn.events(&[Kind::Resumed]).await;
    city.expect_facts(&[("issues.due", 0), ("issues.due_suspended", 0)])
        .await;
    let steps = city.explained(name, Stage::Handle).await;
    assert_eq!(steps.deadline, Some(city.time("2026-02-25T11:50")));
    assert!(steps.steps.len() >= 4, "{steps:?}");

    // 16:00: handed in. Four working hours to check.
    let done = HandInAction {
        note: "swept".to_owned(),
    };
    let issue = turn
        .takes(
            "2026-02-24T16:00",
            "zhao",
            Role::Officer,
            Action::HandIn(done.clone()),
        )
        .await;
    assert_eq!(issue.state(), State::Checking);
    city.deadlines(
        &issue,
        "2026-02-25T11:00",
        "2026-02-25T11:50",
        "2026-02-28T11:30",
    );
    let told = turn.events(&[Kind::HandedIn]).await;
    assert_eq!(told[0].detail.as_ref().unwrap().worked_minutes, Some(550));

    // Wednesday, 09:30: not clean. The clock goes on with the 290 minutes that were left.
    let failed = CheckAction {
        result: CheckResult::Failed.into(),
        note: "bags behind the wall".to_owned(),
    };
    let issue = turn
        .takes(
            "2026-02-25T09:30",
            "li",
            Role::Collector,
            Action::Check(failed),
        )
        .await;
    assert_eq!(issue.state(), State::Handling);
    city.deadlines(
        &issue,
        "2026-02-25T16:20",
        "2026-02-25T16:20",
        "2026-02-28T11:30",
    );
    turn.events(&[Kind::CheckFailed]).await;
    turn.notice(Kind::CheckFailed, &["zhao"]).await;
    city.expect_facts(&[
        ("issues.checks", 1),
        ("issues.checks_failed", 1),
        ("issues.rework_cases", 1),
        ("issues.due", 0),
    ])
    .await;

    // 15:00: handed in again; 17:00: clean. Closed in time by both clocks.
    turn.takes(
        "2026-02-25T15:00",
        "zhao",
        Role::Officer,
        Action::HandIn(done.clone()),
    )
    .await;
    let told = turn.events(&[Kind::HandedIn]).await;
    assert_eq!(told[0].detail.as_ref().unwrap().worked_minutes, Some(910));
    let passed = CheckAction {
        result: CheckResult::Passed.into(),
        note: String::new(),
    };
    let issue = turn
        .takes(
            "2026-02-25T17:00",
            "li",
            Role::Collector,
            Action::Check(passed.clone()),
        )
        .await;
    assert_eq!(
        (issue.state(), issue.outcome()),
        (State::Closed, IssueOutcome::Resolved)
    );
    turn.events(&[Kind::CheckPassed]).await;
    turn.notice(Kind::CheckPassed, &["sun", "zhao"]).await;
    city.expect_facts(&[
        ("issues.due", 1),
        ("issues.handled_on_time", 1),
        ("issues.closed", 1),
        ("issues.closed_on_time", 1),
        ("issues.duty.closed", 1),
        ("issues.external.closed", 1),
        ("issues.own.closed", 0),
        ("callback.contactable", 1),
        ("callback.asked", 0),
    ])
    .await;

    // Thursday, 10:00: she is called back, and it is not solved in her eyes.
    let call = CallBackAction {
        reached: true,
        solved: false,
        satisfied: false,
        note: "bags again".to_owned(),
    };
    turn.takes(
        "2026-02-26T10:00",
        "sun",
        Role::Operator,
        Action::CallBack(call),
    )
    .await;
    turn.events(&[Kind::CalledBack]).await;
    city.expect_facts(&[
        ("callback.asked", 1),
        ("callback.answered", 1),
        ("callback.solved", 0),
        ("callback.satisfied", 0),
    ])
    .await;

    // 10:10: reopened, the closing was false. A new round with new deadlines; what the first came to stands.
    let reopen = ReopenAction {
        reason: ReopenReason::NotSolved.into(),
        note: "she sent a picture".to_owned(),
        condition: String::new(),
    };
    let issue = turn
        .takes(
            "2026-02-26T10:10",
            "sun",
            Role::Operator,
            Action::Reopen(reopen),
        )
        .await;
    assert_eq!(
        (issue.state(), issue.round, issue.rounds.len()),
        (State::Filed, 2, 2)
    );
    city.deadlines(&issue, "2026-02-26T11:10", "", "2026-03-04T10:10");
    turn.events(&[Kind::Reopened, Kind::FoundFalse, Kind::Filed])
        .await;
    city.expect_facts(&[
        ("issues.reopened", 1),
        ("issues.false_close", 1),
        ("issues.filed", 2),
        ("issues.due", 1),
        ("issues.closed", 1),
    ])
    .await;

    // The second round goes straight: dispatched, accepted, handed in, checked.
    let issue = turn
        .takes(
            "2026-02-26T10:20",
            "zhou",
            Role::Dispatcher,
            Action::Dispatch(DispatchAction::default()),
        )
        .await;
    city.deadlines(
        &issue,
        "2026-02-26T14:20",
        "2026-02-28T10:20",
        "2026-03-04T10:10",
    );
    turn.takes(
        "2026-02-26T10:30",
        "zhao",
        Role::Officer,
        Action::Accept(AcceptAction {}),
    )
    .await;
    turn.takes(
        "2026-02-27T11:00",
        "zhao",
        Role::Officer,
        Action::HandIn(done),
    )
    .await;
    let issue = turn
        .takes(
            "2026-02-27T14:30",
            "li",
            Role::Collector,
            Action::Check(passed),
        )
        .await;
    assert_eq!(issue.state(), State::Closed);
    assert_eq!(issue.rounds[0].failed_checks, 1);
    assert_eq!(
        issue.rounds[1].close_time,
        Some(city.time("2026-02-27T14:30"))
    );
    turn.events(&[
        Kind::Dispatched,
        Kind::Accepted,
        Kind::HandedIn,
        Kind::CheckPassed,
    ])
    .await;
    let call = CallBackAction {
        reached: true,
        solved: true,
        satisfied: true,
        note: String::new(),
    };
    turn.takes(
        "2026-02-27T15:00",
        "sun",
        Role::Operator,
        Action::CallBack(call),
    )
    .await;
    turn.events(&[Kind::CalledBack]).await;
    city.expect_facts(&[
        ("issues.reported", 2),
        ("issues.filed", 2),
        ("issues.due", 2),
        ("issues.closed", 2),
        ("issues.handled_on_time", 2),
        ("issues.closed_on_time", 2),
        ("issues.checks", 3),
        ("callback.asked", 2),
        ("callback.satisfied", 1),
    ])
    .await;
    assert_eq!(city.rate("close_rate").await, Some(10_000));
    assert_eq!(city.rate("satisfaction_rate").await, Some(5_000));
}

/// Nobody did anything: at the deadline and at three times the limit the desk is pressed, once each, and once only.
#[tokio::test]
async fn what_nobody_handles_is_escalated_twice() {
    let city = City::founded("2026-02-12T15:00").await;
    city.at("2026-02-12T17:00");
    let issue = city
        .report(
            "sun",
            Role::Operator,
            IssueSource::Hotline,
            (30.005, 120.005),
            None,
        )
        .await;
    let mut turn = Turn::new(&city, &issue.name, 1);
    turn.takes(
        "2026-02-12T17:10",
        "sun",
        Role::Operator,
        Action::File(FileAction::default()),
    )
    .await;
    let issue = turn
        .takes(
            "2026-02-12T17:30",
            "zhou",
            Role::Dispatcher,
            Action::Dispatch(DispatchAction::default()),
        )
        .await;
    city.deadlines(
        &issue,
        "2026-02-13T10:30",
        "2026-02-14T17:30",
        "2026-02-26T17:10",
    );
    turn.events(&[Kind::Filed, Kind::Dispatched]).await;

    city.at("2026-02-14T17:31");
    turn.until(1).await;
    let told = turn.events(&[Kind::Escalated]).await;
    assert_eq!(told[0].detail.as_ref().unwrap().level, 1);
    assert_eq!(
        told[0].occur_time,
        Some(city.right_after("2026-02-14T17:30"))
    );
    turn.notice(Kind::Escalated, &["wu", "zhao", "zheng"]).await;

    // Twice the limit more, which is four working days: the 24th to the 27th.
    city.at("2026-02-27T17:31");
    turn.until(3).await;
    let told = turn.events(&[Kind::Escalated]).await;
    assert_eq!(told[0].detail.as_ref().unwrap().level, 3);
    assert_eq!(
        told[0].occur_time,
        Some(city.right_after("2026-02-27T17:30"))
    );
    city.expect_facts(&[
        ("issues.due", 1),
        ("issues.overdue_open", 1),
        ("issues.closed", 0),
    ])
    .await;
}
