//! What is refused, with reason and words.

use jiff::SignedDuration;
use tidyward_kit::{Error, Reason, caller::Role, clock};
use tidyward_proto::v1 as wire;
use uuid::Uuid;

use super::{Case, at, context};
use crate::{
    decide::{Survivor, occurred_at},
    event::Kind,
    issue::{Outcome, State},
    machine::Action,
    standing::Stage,
};

pub fn file() -> Action {
    Action::File(wire::FileAction::default())
}

pub fn dispatch(assignee: &str) -> Action {
    Action::Dispatch(wire::DispatchAction {
        assignee: assignee.to_owned(),
        ..wire::DispatchAction::default()
    })
}

pub fn accept() -> Action {
    Action::Accept(wire::AcceptAction {})
}

fn extension(extra: &str) -> Action {
    Action::RequestExtension(wire::RequestExtensionAction {
        extra: extra.to_owned(),
        reason: "rain".to_owned(),
    })
}

fn approve() -> Action {
    Action::DecideExtension(wire::DecideExtensionAction {
        approve: true,
        note: String::new(),
    })
}

pub fn suspension(minutes: i64) -> Action {
    Action::RequestSuspension(wire::RequestSuspensionAction {
        until: Some(clock::to_wire(at(minutes))),
        reason: "storm".to_owned(),
    })
}

pub fn put_off() -> Action {
    Action::DecideSuspension(wire::DecideSuspensionAction {
        approve: true,
        note: String::new(),
    })
}

/// In the hands of the officer `o`, who has two hours from minute 2 on.
pub fn handling() -> Case {
    let mut case = Case::limited(&[
        (Stage::Handle, "2 URGENT_HOURS"),
        (Stage::Total, "1 URGENT_DAYS"),
        (Stage::Check, "1 URGENT_HOURS"),
    ]);
    case.attempt("p", Role::Operator, file()).unwrap();
    case.attempt("d", Role::Dispatcher, dispatch("o")).unwrap();
    case.attempt("o", Role::Officer, accept()).unwrap();
    case
}

pub fn wrong_fields(error: Error) -> Vec<String> {
    assert_eq!(error.reason, Reason::FieldsInvalid, "{error}");
    error.violations.into_iter().map(|one| one.field).collect()
}

#[test]
fn every_wrong_field_of_an_action_is_named() {
    let long = "字".repeat(2_001);
    let mut case = Case::new();
    let mut wrong = |role, action| wrong_fields(case.attempt("x", role, action).unwrap_err());
    let verify = |result, note: &str| {
        Action::Verify(wire::VerifyAction {
            result,
            note: note.to_owned(),
        })
    };
    assert_eq!(
        wrong(Role::Collector, verify(0, &long)),
        ["verify.note", "verify.result"]
    );
    assert_eq!(wrong(Role::Collector, verify(4, "")), ["verify.result"]);
    assert_eq!(wrong(Role::Collector, verify(99, "")), ["verify.result"]);
    let reject = Action::Reject(wire::RejectAction {
        outcome: Outcome::Resolved as i32,
        reason: " ".to_owned(),
    });
    assert_eq!(
        wrong(Role::Operator, reject),
        ["reject.outcome", "reject.reason"]
    );
    let escalate = Action::Escalate(wire::EscalateAction::default());
    assert_eq!(wrong(Role::Leader, escalate), ["escalate.reason"]);
    let note = Action::Note(wire::NoteAction {
        text: "a\u{7}".to_owned(),
    });
    assert_eq!(wrong(Role::Officer, note), ["note.text"]);

    case.attempt("p", Role::Operator, file()).unwrap();
    let mut wrong = |action| wrong_fields(case.attempt("d", Role::Dispatcher, action).unwrap_err());
    assert_eq!(
        wrong(dispatch("")),
        ["dispatch.assignee"],
        "nobody heads the grid"
    );
    let odd = Action::Dispatch(wire::DispatchAction {
        assignee: "o".to_owned(),
        co_handlers: vec![
            "a".to_owned(),
            "a".to_owned(),
            "o".to_owned(),
            String::new(),
        ],
        verdict: wire::ReturnVerdict::Upheld as i32,
        note: long,
        ..wire::DispatchAction::default()
    });
    assert_eq!(
        wrong(odd),
        [
            "dispatch.note",
            "dispatch.co_handlers[1]",
            "dispatch.co_handlers[2]",
            "dispatch.co_handlers[3]",
            "dispatch.verdict"
        ]
    );
    let many = Action::Dispatch(wire::DispatchAction {
        assignee: "o".to_owned(),
        co_handlers: (0..21).map(|index| format!("c{index}")).collect(),
        ..wire::DispatchAction::default()
    });
    assert_eq!(wrong(many), ["dispatch.co_handlers"]);
}

#[test]
fn a_return_is_upheld_or_overruled_before_it_is_dispatched_again() {
    let mut case = handling();
    let back = Action::ReturnToDesk(wire::ReturnAction {
        reason: "not ours".to_owned(),
    });
    case.attempt("o", Role::Officer, back).unwrap();
    assert_eq!(case.state(), State::Returned);
    let deadline = case.history.standing.handling_deadline;
    let error = case
        .attempt("d", Role::Dispatcher, dispatch("o"))
        .unwrap_err();
    assert_eq!(wrong_fields(error), ["dispatch.verdict"]);
    let overruled = Action::Dispatch(wire::DispatchAction {
        assignee: "o".to_owned(),
        verdict: wire::ReturnVerdict::Overruled as i32,
        ..wire::DispatchAction::default()
    });
    case.attempt("d", Role::Dispatcher, overruled).unwrap();
    assert_eq!(
        case.history.standing.handling_deadline, deadline,
        "the clock ran on"
    );
    let kinds: Vec<Kind> = case
        .history
        .events
        .iter()
        .rev()
        .take(2)
        .map(|event| event.kind)
        .collect();
    assert_eq!(kinds, [Kind::Dispatched, Kind::ReturnOverruled]);
}

#[test]
fn an_extension_is_asked_for_and_given_before_the_deadline_by_another() {
    let mut case = handling();
    let error = case
        .attempt("o", Role::Officer, extension("2 WEEKS"))
        .unwrap_err();
    assert_eq!(wrong_fields(error), ["request_extension.extra"]);
    case.attempt("o", Role::Officer, extension("1.50 URGENT_HOURS"))
        .unwrap();
    let again = case
        .attempt("o", Role::Officer, extension("1 URGENT_HOURS"))
        .unwrap_err();
    assert_eq!(again.reason, Reason::MoveForbidden);
    assert!(again.message.contains("is not decided yet"), "{again}");
    // The asker does not decide, whatever the role.
    let own = case.attempt("o", Role::Leader, approve()).unwrap_err();
    assert_eq!(own.reason, Reason::ActorWrong);
    assert_eq!(
        own.metadata["actor"],
        "leader, dispatcher, operator: not the one who asked"
    );
    let other = case.attempt("l", Role::Leader, put_off()).unwrap_err();
    assert_eq!(other.reason, Reason::MoveForbidden);
    // At the deadline, minute 122, it may still be given; a minute later it has lapsed.
    case.minutes = 121;
    case.attempt("l", Role::Leader, approve()).unwrap();
    assert_eq!(case.history.standing.handling_deadline, Some(at(122 + 90)));
    case.attempt("o", Role::Officer, extension("1 URGENT_HOURS"))
        .unwrap();
    case.minutes = 122 + 90;
    let lapsed = case.attempt("l", Role::Leader, approve()).unwrap_err();
    assert_eq!(lapsed.reason, Reason::DeadlinePassed);
    assert_eq!(lapsed.metadata["deadline"], at(122 + 90).to_string());
}

#[test]
fn nothing_is_asked_for_after_the_deadline() {
    for action in [extension("1 URGENT_HOURS"), suspension(600)] {
        let mut case = handling();
        case.minutes = 122;
        let error = case.attempt("o", Role::Officer, action).unwrap_err();
        assert_eq!(error.reason, Reason::DeadlinePassed, "{error}");
    }
}

#[test]
fn an_issue_is_merged_into_an_earlier_open_one_alone() {
    let survivor = |state, minutes, number, id| Survivor {
        id: Uuid::from_u128(id),
        state,
        reported_at: at(minutes),
        number,
        merged_number: 10,
    };
    let merge = Action::Merge(wire::MergeAction {
        into: "districts/d/issues/x".to_owned(),
        note: String::new(),
    });
    let cases = [
        (survivor(State::Reported, 0, 9, 1), None),
        (survivor(State::Handling, -5, 99, 1), None),
        (survivor(State::Reported, 0, 11, 1), Some("reported later")),
        (survivor(State::Reported, 1, 9, 1), Some("reported later")),
        (survivor(State::Closed, -5, 9, 1), Some("has ended")),
        (survivor(State::Rejected, -5, 9, 1), Some("has ended")),
        (survivor(State::Merged, -5, 9, 1), Some("does not name")),
        (
            survivor(State::Reported, 0, 10, 7),
            Some("the issue itself"),
        ),
    ];
    for (target, refused) in cases {
        let mut case = Case::new();
        let mut context = context("p", &[Role::Operator], at(9));
        context.survivor = Some(target);
        match (case.attempt_in(&context, &merge), refused) {
            (Ok(()), None) => assert_eq!(case.history.standing.outcome, Outcome::Duplicate),
            (Err(error), Some(words)) => {
                assert_eq!(error.reason, Reason::MergeForbidden);
                assert!(error.message.contains(words), "{error}");
            }
            (result, refused) => panic!("{result:?} where {refused:?}"),
        }
    }
}

#[test]
fn times_of_clients_that_were_offline_are_bounded() {
    let mut case = Case::new();
    case.minutes = 60;
    case.attempt("p", Role::Operator, file()).unwrap();
    let standing = &case.history.standing;
    let now = at(61) + SignedDuration::from_hours(7 * 24);
    let when =
        |minutes, now, start| occurred_at(Some(&clock::to_wire(at(minutes))), standing, start, now);
    assert_eq!(
        when(61, now, at(0)).unwrap(),
        at(61),
        "seven days back are allowed"
    );
    assert_eq!(occurred_at(None, standing, at(0), now).unwrap(), now);
    let odd = prost_types::Timestamp {
        seconds: 0,
        nanos: -1,
    };
    let cases = [
        (
            when(62, at(61), at(0)),
            "lies ahead; leave it out for the present",
        ),
        (when(60, now, at(0)), "is more than 7 days back"),
        (
            when(60, at(62), at(0)),
            "lies before the move before it, which was at 2026-03-02T10:01:00Z",
        ),
        (when(61, at(62), at(62)), "lies before the district's start"),
        (occurred_at(Some(&odd), standing, at(0), now), "is no time"),
    ];
    for (result, words) in cases {
        let error = result.unwrap_err();
        assert_eq!(error.violations[0].reason, Reason::TimeInvalid);
        assert_eq!(error.violations[0].message, words);
    }
}
