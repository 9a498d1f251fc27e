//! The first round: from the report to a closing that turns out to be false.

use tidyward_proto::v1::{
    AcceptAction, CheckResult, DecideSuspensionAction, DispatchAction, FileAction,
    IssueEventKind as Kind, IssueOutcome, IssueState as State, RequestSuspensionAction,
    ResumeAction, ReturnAction, ReturnVerdict, Stage, VerifyAction,
    transition_issue_request::Action,
};

use crate::cast::{LI, SUN, Turn, ZHAO, ZHENG, ZHOU, check, dispatch, hand_in};

pub async fn verified_and_filed(turn: &mut Turn<'_>) {
    let city = turn.city;
    // 16:40: a collector finds it as reported.
    let verify = Action::Verify(VerifyAction {
        result: CheckResult::Passed.into(),
        note: "as told".to_owned(),
    });
    let issue = turn.takes("2026-02-12T16:40", LI, verify).await;
    assert_eq!(issue.state(), State::Verified);
    turn.events(&[Kind::Verified]).await;
    turn.came_to(&[("issues.verified", 1)]).await;

    // 17:00: filed. Five working days on, over the festival: the 13th, Saturday the 14th, the 24th, 25th and 26th.
    let file = Action::File(FileAction::default());
    let issue = turn.takes("2026-02-12T17:00", SUN, file).await;
    assert_eq!(issue.state(), State::Filed);
    assert_eq!((issue.round, issue.condition.as_str()), (1, "normal"));
    city.deadlines(&issue, "2026-02-12T18:00", "", "2026-02-26T17:00");
    turn.events(&[Kind::Filed]).await;
    turn.came_to(&[("issues.filed", 1)]).await;
    city.expect_facts(&[("issues.litter.filed", 1), ("issues.urgent.filed", 0)])
        .await;
}

/// 17:20: the duties name the street chief. Accept within two working hours, handle within two working days: the Saturday
/// is made up.
pub async fn dispatched_to_who_the_duties_name(turn: &mut Turn<'_>) {
    let issue = turn.takes("2026-02-12T17:20", ZHOU, dispatch()).await;
    assert_eq!(
        (issue.state(), issue.assignee.as_str()),
        (State::Dispatched, "zhao")
    );
    turn.city.deadlines(
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
    turn.came_to(&[]).await;
}

pub async fn returned_overruled_and_accepted(turn: &mut Turn<'_>) {
    let city = turn.city;
    // Friday, 09:10: returned. The clock runs on.
    let back = Action::ReturnToDesk(ReturnAction {
        reason: "not my side of the street".to_owned(),
    });
    let issue = turn.takes("2026-02-13T09:10", ZHAO, back).await;
    assert_eq!(issue.state(), State::Returned);
    turn.events(&[Kind::Returned]).await;
    turn.notice(Kind::Returned, &["zhou"]).await;
    turn.came_to(&[("issues.returned", 1)]).await;

    // 09:30: overruled. The handling deadline stands; there is a fresh one to accept.
    let again = Action::Dispatch(DispatchAction {
        assignee: "zhao".to_owned(),
        verdict: ReturnVerdict::Overruled.into(),
        note: "the map says it is".to_owned(),
        ..DispatchAction::default()
    });
    let issue = turn.takes("2026-02-13T09:30", ZHOU, again).await;
    city.deadlines(
        &issue,
        "2026-02-13T11:30",
        "2026-02-14T17:20",
        "2026-02-26T17:00",
    );
    turn.events(&[Kind::ReturnOverruled, Kind::Dispatched])
        .await;
    turn.came_to(&[("issues.refused", 1)]).await;

    // 10:00: accepted, in time.
    let accept = Action::Accept(AcceptAction {});
    let issue = turn.takes("2026-02-13T10:00", ZHAO, accept).await;
    assert_eq!(issue.state(), State::Handling);
    turn.events(&[Kind::Accepted]).await;
    turn.came_to(&[("issues.accepted", 1), ("issues.accepted_on_time", 1)])
        .await;
}

/// 15:00: a storm. 530 working minutes are left when the leader lets it rest at 15:30.
pub async fn put_off_for_the_storm(turn: &mut Turn<'_>) {
    let city = turn.city;
    let ask = Action::RequestSuspension(RequestSuspensionAction {
        until: Some(city.time("2026-02-24T12:00")),
        reason: "storm warning".to_owned(),
    });
    turn.takes("2026-02-13T15:00", ZHAO, ask).await;
    turn.events(&[Kind::SuspensionRequested]).await;
    turn.came_to(&[]).await;
    let yes = Action::DecideSuspension(DecideSuspensionAction {
        approve: true,
        note: String::new(),
    });
    let issue = turn.takes("2026-02-13T15:30", ZHENG, yes).await;
    assert_eq!(issue.state(), State::Suspended);
    assert_eq!(issue.suspended_until, Some(city.time("2026-02-24T12:00")));
    turn.events(&[Kind::Suspended]).await;
    turn.notice(Kind::Suspended, &["zhao"]).await;
    // Its date lies within the quarter, so at the quarter's end it is not put off any more.
    turn.came_to(&[("issues.suspended", 1)]).await;
}

/// Tuesday the 24th, 10:00: he goes on before the date, and gets back what was left of both deadlines.
pub async fn resumed_before_the_date(turn: &mut Turn<'_>) {
    let city = turn.city;
    let resume = Action::Resume(ResumeAction::default());
    let issue = turn.takes("2026-02-24T10:00", ZHAO, resume).await;
    assert_eq!(issue.state(), State::Handling);
    city.deadlines(
        &issue,
        "2026-02-25T11:50",
        "2026-02-25T11:50",
        "2026-02-28T11:30",
    );
    turn.events(&[Kind::Resumed]).await;
    turn.came_to(&[]).await;
    let steps = city.explained(&turn.name, Stage::Handle).await;
    assert_eq!(steps.deadline, Some(city.time("2026-02-25T11:50")));
    assert!(steps.steps.len() >= 4, "{steps:?}");
}

pub async fn handed_in_and_not_clean(turn: &mut Turn<'_>) {
    let city = turn.city;
    // 16:00: handed in. Four working hours to check.
    let issue = turn.takes("2026-02-24T16:00", ZHAO, hand_in("swept")).await;
    assert_eq!(issue.state(), State::Checking);
    city.deadlines(
        &issue,
        "2026-02-25T11:00",
        "2026-02-25T11:50",
        "2026-02-28T11:30",
    );
    let told = turn.events(&[Kind::HandedIn]).await;
    assert_eq!(told[0].detail.as_ref().unwrap().worked_minutes, Some(550));
    turn.came_to(&[]).await;

    // Wednesday, 09:30: not clean. The clock goes on with the 290 minutes that were left.
    let failed = check(CheckResult::Failed, "bags behind the wall");
    let issue = turn.takes("2026-02-25T09:30", LI, failed).await;
    assert_eq!(issue.state(), State::Handling);
    city.deadlines(
        &issue,
        "2026-02-25T16:20",
        "2026-02-25T16:20",
        "2026-02-28T11:30",
    );
    turn.events(&[Kind::CheckFailed]).await;
    turn.notice(Kind::CheckFailed, &["zhao"]).await;
    turn.came_to(&[
        ("issues.checks", 1),
        ("issues.checks_failed", 1),
        ("issues.rework_cases", 1),
    ])
    .await;
}

/// 15:00: handed in again; 17:00: clean. Closed in time by both clocks.
pub async fn handed_in_again_and_closed(turn: &mut Turn<'_>) {
    turn.takes("2026-02-25T15:00", ZHAO, hand_in("swept")).await;
    let told = turn.events(&[Kind::HandedIn]).await;
    assert_eq!(told[0].detail.as_ref().unwrap().worked_minutes, Some(910));
    turn.came_to(&[]).await;
    let passed = check(CheckResult::Passed, "");
    let issue = turn.takes("2026-02-25T17:00", LI, passed).await;
    assert_eq!(
        (issue.state(), issue.outcome()),
        (State::Closed, IssueOutcome::Resolved)
    );
    turn.events(&[Kind::CheckPassed]).await;
    turn.notice(Kind::CheckPassed, &["sun", "zhao"]).await;
    turn.came_to(&[
        ("issues.due", 1),
        ("issues.handled_on_time", 1),
        ("issues.closed", 1),
        ("issues.closed_on_time", 1),
        ("issues.checks", 2),
        ("callback.contactable", 1),
    ])
    .await;
    let families = [
        ("issues.duty.closed", 1),
        ("issues.external.closed", 1),
        ("issues.own.closed", 0),
    ];
    turn.city.expect_facts(&families).await;
}
