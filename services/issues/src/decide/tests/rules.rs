//! The rules that hang on time and on who handled what.

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1 as wire;
use uuid::Uuid;

use super::{
    Case, at, context,
    refusals::{handling, put_off, suspension, wrong_fields},
};
use crate::{
    decide::checking::is_drawn,
    event::Kind,
    issue::{Outcome, State},
    machine::Action,
};

#[test]
fn what_is_put_off_goes_on_by_itself_with_the_time_that_was_left() {
    let mut case = handling();
    for minutes in [4, 366 * 1_440 + 6] {
        let error = case
            .attempt("o", Role::Officer, suspension(minutes))
            .unwrap_err();
        assert_eq!(wrong_fields(error), ["request_suspension.until"]);
    }
    case.minutes = 9;
    case.attempt("o", Role::Officer, suspension(1_000)).unwrap();
    case.minutes = 21;
    case.attempt("l", Role::Leader, put_off()).unwrap();
    assert_eq!(case.state(), State::Suspended);
    assert_eq!(case.history.standing.suspended_until, Some(at(1_000)));
    assert_eq!(case.history.add_due(&[], at(999)), 0);
    assert_eq!(case.history.add_due(&[], at(1_001)), 1);
    assert_eq!(case.state(), State::Handling);
    let resumed = case.history.events.last().unwrap();
    assert_eq!(
        (resumed.kind, resumed.occurred_at),
        (Kind::Resumed, at(1_000))
    );
    assert_eq!(
        case.history.standing.handling_deadline,
        Some(at(1_000 + 100))
    );
}

#[test]
fn nobody_checks_what_they_handled_and_no_task_is_left_open() {
    let mut case = handling();
    let task = |owner: &str| {
        Action::AssignTask(wire::AssignTaskAction {
            title: "sweep".to_owned(),
            owner: owner.to_owned(),
        })
    };
    case.attempt("o", Role::Officer, task("helper")).unwrap();
    let hand_in = || Action::HandIn(wire::HandInAction::default());
    let error = case.attempt("o", Role::Officer, hand_in()).unwrap_err();
    assert_eq!(error.reason, Reason::MoveForbidden);
    assert!(error.message.contains("numbers 1"), "{error}");
    let finish = || {
        Action::FinishTask(wire::FinishTaskAction {
            task: 1,
            note: String::new(),
        })
    };
    let error = case.attempt("o", Role::Officer, finish()).unwrap_err();
    assert_eq!(error.reason, Reason::ActorWrong);
    case.attempt("helper", Role::Officer, finish()).unwrap();
    let error = case.attempt("helper", Role::Officer, finish()).unwrap_err();
    assert_eq!(wrong_fields(error), ["finish_task.task"]);
    case.attempt("o", Role::Officer, hand_in()).unwrap();
    assert_eq!(
        case.history.standing.stage_deadline,
        Some(at(case.minutes + 60))
    );

    let check = |result: wire::CheckResult| {
        Action::Check(wire::CheckAction {
            result: result as i32,
            note: "seen".to_owned(),
        })
    };
    for handler in ["o", "helper"] {
        let check = check(wire::CheckResult::Passed);
        let error = case.attempt(handler, Role::Collector, check).unwrap_err();
        assert_eq!(error.reason, Reason::ActorWrong, "{handler}");
    }
    case.attempt("c", Role::Collector, check(wire::CheckResult::Unable))
        .unwrap();
    assert_eq!(case.state(), State::Checking);
    case.attempt("c", Role::Collector, check(wire::CheckResult::Fraud))
        .unwrap();
    assert_eq!(case.state(), State::Handling);
    let rounds = crate::round::rounds(&case.history.events);
    assert_eq!(rounds[0].failed_checks, 1);
}

#[test]
fn escalations_come_once_at_the_limit_and_once_at_three_times_the_limit() {
    let mut case = handling();
    assert_eq!(
        case.history.add_due(&[], at(122)),
        0,
        "at the deadline it is still on time"
    );
    assert_eq!(case.history.add_due(&[], at(123)), 1);
    assert_eq!(case.history.standing.escalation, 1);
    assert_eq!(case.history.add_due(&[], at(362)), 0);
    assert_eq!(case.history.add_due(&[], at(363)), 1);
    assert_eq!(case.history.standing.escalation, 3);
    assert_eq!(case.history.add_due(&[], at(1_000_000)), 0);
    // Whoever comes late finds both at once, each dated when it fell due.
    let mut late = handling();
    assert_eq!(late.history.add_due(&[], at(5_000)), 2);
    let levels = |case: &Case| {
        let events = case.history.events.iter();
        let escalated = events.filter(|event| event.kind == Kind::Escalated);
        escalated
            .map(|event| (event.occurred_at, event.detail.as_ref().unwrap().level))
            .collect::<Vec<_>>()
    };
    assert_eq!(levels(&late), levels(&case));
}

#[test]
fn a_closing_is_found_false_once_and_the_next_round_begins() {
    let mut case = Case::new();
    let settle = Action::Settle(wire::SettleAction::default());
    let mut on_duty = context("reporter", &[Role::Officer], at(1));
    let error = case.attempt_in(&on_duty, &settle).unwrap_err();
    assert_eq!(error.reason, Reason::ActorWrong, "without a duty there");
    on_duty.on_duty = true;
    let seed = (0..=u8::MAX)
        .map(|byte| [byte; 16])
        .find(|seed| is_drawn(seed, Uuid::from_u128(7)));
    on_duty.draw_seed = seed.expect("one in twenty is drawn");
    case.attempt_in(&on_duty, &settle).unwrap();
    assert_eq!(case.history.standing.outcome, Outcome::OnSpot);
    assert!(case.history.standing.recheck_due);
    let recheck = |result: wire::CheckResult| {
        Action::Recheck(wire::RecheckAction {
            result: result as i32,
            note: String::new(),
        })
    };
    case.minutes = 1;
    let failed = || recheck(wire::CheckResult::Failed);
    let own = case
        .attempt("reporter", Role::Collector, failed())
        .unwrap_err();
    assert_eq!(own.reason, Reason::ActorWrong);
    case.attempt("c", Role::Collector, failed()).unwrap();
    let twice = case.attempt("c", Role::Collector, failed()).unwrap_err();
    assert_eq!(twice.reason, Reason::MoveForbidden);
    let reopen = Action::Reopen(wire::ReopenAction {
        reason: wire::ReopenReason::NotSolved as i32,
        note: "still there".to_owned(),
        condition: String::new(),
    });
    case.attempt("p", Role::Operator, reopen).unwrap();
    let false_ones = case
        .history
        .events
        .iter()
        .filter(|event| event.kind == Kind::FoundFalse);
    assert_eq!(false_ones.count(), 1);
    assert_eq!(
        (case.state(), case.history.standing.round),
        (State::Filed, 1)
    );
}

#[test]
fn one_in_twenty_is_drawn() {
    let drawn = (0..20_000_u128)
        .filter(|id| is_drawn(b"seed", Uuid::from_u128(*id)))
        .count();
    assert!((900..1_100).contains(&drawn), "{drawn} of 20,000");
}
