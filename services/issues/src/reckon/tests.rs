//! Rounds as they go, in Shanghai around the Spring Festival of 2026, with every step in words.

use jiff::Timestamp;
use tidyward_proto::v1::StageLimit;

use super::*;
use crate::timing::{
    Pause,
    tests::{at, china},
};

const FILED: &str = "2026-02-12T09:30";
const DISPATCHED: &str = "2026-02-12T10:30";

fn event(kind: Kind, when: &str) -> Event {
    Event {
        sequence: 0,
        kind,
        round: 1,
        occurred_at: at(when),
        recorded_at: at(when),
        actor: "somebody".to_owned(),
        handling_deadline: None,
        total_deadline: None,
        stage_deadline: None,
        detail: None,
    }
}

fn limits(event: Event, limits: &[(Stage, &str)]) -> Event {
    let limit = |(stage, limit): &(Stage, &str)| StageLimit {
        stage: *stage as i32,
        limit: (*limit).to_owned(),
    };
    let detail = Detail {
        limits: limits.iter().map(limit).collect(),
        ..Detail::default()
    };
    Event {
        detail: Some(detail),
        ..event
    }
}

/// Filed and dispatched, with two working days to handle it and ten in all.
fn begun() -> Vec<Event> {
    vec![
        limits(
            event(Kind::Filed, FILED),
            &[
                (Stage::Total, "10 WORKING_DAYS"),
                (Stage::Dispatch, "2 WORKING_HOURS"),
            ],
        ),
        limits(
            event(Kind::Dispatched, DISPATCHED),
            &[
                (Stage::Handle, "2 WORKING_DAYS"),
                (Stage::Accept, "30 URGENT_HOURS"),
            ],
        ),
    ]
}

fn with(more: &[Event]) -> Vec<Event> {
    begun().into_iter().chain(more.iter().cloned()).collect()
}

fn deadline(events: &[Event], stage: Stage) -> Option<Timestamp> {
    reckon(events, 1, stage, &china()).deadline
}

fn words(reckoned: &Reckoned) -> Vec<&str> {
    reckoned.steps.iter().map(|step| step.en.as_str()).collect()
}

#[test]
fn each_stage_begins_with_its_event() {
    let events = begun();
    assert_eq!(
        deadline(&events, Stage::Dispatch),
        Some(at("2026-02-12T11:30"))
    );
    assert_eq!(
        deadline(&events, Stage::Accept),
        Some(at("2026-02-13T16:30"))
    );
    // Friday the 13th, then the make-up Saturday.
    assert_eq!(
        deadline(&events, Stage::Handle),
        Some(at("2026-02-14T10:30"))
    );
    assert_eq!(
        deadline(&events, Stage::Total),
        Some(at("2026-03-04T09:30"))
    );
    assert_eq!(deadline(&events, Stage::Check), None);
    assert_eq!(deadline(&events[..1], Stage::Handle), None);
}

#[test]
fn a_check_that_fails_gives_back_what_remained_at_the_hand_in() {
    let mut events = with(&[event(Kind::HandedIn, "2026-02-13T17:00")]);
    let stands = reckon(&events, 1, Stage::Handle, &china());
    assert_eq!(stands.deadline, Some(at("2026-02-14T10:30")));
    assert!(words(&stands).contains(&"the clock stands since 2026-02-13 17:00"));
    // Half an hour of Friday and two hours of Saturday remain behind the holiday.
    events.push(event(Kind::CheckFailed, "2026-02-24T08:30"));
    assert_eq!(
        deadline(&events, Stage::Handle),
        Some(at("2026-02-24T11:00"))
    );
    // The total clock ran on.
    assert_eq!(
        deadline(&events, Stage::Total),
        Some(at("2026-03-04T09:30"))
    );
}

#[test]
fn what_is_put_off_stands_for_both_clocks_and_reads_as_steps() {
    let events = with(&[
        event(Kind::Suspended, "2026-02-13T08:30"),
        event(Kind::Resumed, "2026-02-24T08:30"),
    ]);
    let reckoned = reckon(&events, 1, Stage::Handle, &china());
    assert_eq!(
        words(&reckoned),
        [
            "dispatched at 2026-02-12 10:30",
            "limit 2 WORKING_DAYS from 2026-02-12 10:30",
            "2026-02-12: 300 working minutes",
            "put off: the clock stood from 2026-02-13 08:30 to 2026-02-24 08:30; the deadline is 2026-02-25 10:30",
            "2026-02-24: 420 working minutes",
            "2026-02-25: 120 working minutes",
            "deadline 2026-02-25 10:30",
        ]
    );
    let minutes: i64 = reckoned.steps.iter().filter_map(|step| step.minutes).sum();
    assert_eq!(minutes, 2 * 420);
    assert_eq!(
        reckoned.steps[3].zh,
        "缓办，2026-02-13 08:30至2026-02-24 08:30停止计时，截止时间为2026-02-25 10:30"
    );
    assert_eq!(
        deadline(&events, Stage::Total),
        Some(at("2026-03-06T09:30"))
    );
}

#[test]
fn days_off_are_named_and_runs_of_ordinary_days_are_one_step() {
    let events = [limits(
        event(Kind::Filed, "2026-02-12T09:30"),
        &[(Stage::Total, "30 WORKING_DAYS")],
    )];
    let reckoned = reckon(&events, 1, Stage::Total, &china());
    assert_eq!(
        words(&reckoned),
        [
            "filed at 2026-02-12 09:30",
            "limit 30 WORKING_DAYS from 2026-02-12 09:30",
            "2026-02-12: 360 working minutes",
            "2026-02-13: 420 working minutes",
            "2026-02-14: 420 working minutes (春节调休)",
            "2026-02-15 to 2026-02-23: off (春节)",
            "2026-02-24 to 2026-02-27: 4 working days of 420 minutes",
            "2026-02-28: 420 working minutes (春节调休)",
            "2026-03-02 to 2026-03-31: 22 working days of 420 minutes",
            "2026-04-01: 60 working minutes",
            "deadline 2026-04-01 09:30",
        ]
    );
}

#[test]
fn an_extension_is_added_to_both_and_an_earlier_deadline_caps() {
    let extended = Event {
        detail: Some(Detail {
            extra: "1 WORKING_DAYS".to_owned(),
            ..Detail::default()
        }),
        ..event(Kind::ExtensionApproved, "2026-02-13T15:00")
    };
    let mut events = with(&[extended]);
    assert_eq!(
        deadline(&events, Stage::Handle),
        Some(at("2026-02-24T10:30"))
    );
    assert_eq!(
        deadline(&events, Stage::Total),
        Some(at("2026-03-05T09:30"))
    );
    let absorbed = |handling: &str| Event {
        handling_deadline: Some(at(handling)),
        ..event(Kind::Absorbed, "2026-02-13T16:00")
    };
    events.push(absorbed("2026-02-14T08:30"));
    let capped = reckon(&events, 1, Stage::Handle, &china());
    assert_eq!(capped.deadline, Some(at("2026-02-14T08:30")));
    assert!(words(&capped).contains(&"merged: the earlier deadline 2026-02-14 08:30 is kept"));
    events.pop();
    events.push(absorbed("2026-03-14T08:30"));
    assert_eq!(
        deadline(&events, Stage::Handle),
        Some(at("2026-02-24T10:30"))
    );
}

#[test]
fn a_deadline_absorbed_before_the_dispatch_caps_what_begins_later() {
    let absorbed = Event {
        round: 0,
        handling_deadline: Some(at("2026-02-13T09:00")),
        ..event(Kind::Absorbed, "2026-02-12T09:00")
    };
    let events: Vec<Event> = std::iter::once(absorbed).chain(begun()).collect();
    assert_eq!(
        deadline(&events, Stage::Handle),
        Some(at("2026-02-13T09:00"))
    );
    assert_eq!(
        deadline(&events, Stage::Total),
        Some(at("2026-03-04T09:30"))
    );
}

#[test]
fn a_return_that_is_overruled_runs_on_and_one_that_is_upheld_begins_afresh() {
    let again = |verdict: Kind| {
        with(&[
            event(Kind::Returned, "2026-02-12T15:00"),
            event(verdict, "2026-02-13T09:00"),
            limits(
                event(Kind::Dispatched, "2026-02-13T09:00"),
                &[(Stage::Handle, "1 WORKING_HOURS")],
            ),
        ])
    };
    assert_eq!(
        deadline(&again(Kind::ReturnOverruled), Stage::Handle),
        Some(at("2026-02-14T10:30"))
    );
    assert_eq!(
        deadline(&again(Kind::ReturnUpheld), Stage::Handle),
        Some(at("2026-02-13T10:00"))
    );
    let worked = |events: &[Event]| worked_minutes(events, 1, &china(), at("2026-02-13T09:30"));
    assert_eq!(worked(&again(Kind::ReturnOverruled)), 300 + 60);
    assert_eq!(worked(&again(Kind::ReturnUpheld)), 30);
}

#[test]
fn a_deadline_that_ran_out_as_it_stood_is_never_moved() {
    let mut events = begun();
    // It was told when New Year's make-up Saturday was not known.
    events[1].handling_deadline = Some(at("2026-02-13T17:30"));
    events.push(event(Kind::HandedIn, "2026-02-14T09:00"));
    events.push(event(Kind::CheckFailed, "2026-02-24T09:00"));
    assert_eq!(
        deadline(&events, Stage::Handle),
        Some(at("2026-02-13T17:30"))
    );
}

#[test]
fn working_minutes_leave_out_what_was_put_off_and_storms_but_not_checks() {
    let events = with(&[
        event(Kind::Suspended, "2026-02-12T11:30"),
        event(Kind::Resumed, "2026-02-12T16:30"),
        event(Kind::HandedIn, "2026-02-13T09:30"),
        event(Kind::CheckFailed, "2026-02-13T10:30"),
    ]);
    let until = at("2026-02-13T11:00");
    // An hour before it was put off, an hour after it, two and a half on the next morning.
    assert_eq!(worked_minutes(&events, 1, &china(), until), 60 + 60 + 150);
    let storm = Timing {
        pauses: vec![Pause {
            from: at("2026-02-13T09:00"),
            until: at("2026-02-13T10:00"),
        }],
        ..china()
    };
    assert_eq!(worked_minutes(&events, 1, &storm, until), 60 + 60 + 90);
}

#[test]
fn a_storm_is_a_step_of_its_own() {
    let storm = Timing {
        pauses: vec![Pause {
            from: at("2026-02-12T15:30"),
            until: at("2026-02-13T15:30"),
        }],
        ..china()
    };
    let reckoned = reckon(&begun(), 1, Stage::Handle, &storm);
    assert_eq!(reckoned.deadline, Some(at("2026-02-24T10:30")));
    assert!(words(&reckoned).contains(&"the clocks of the area stood"));
    let minutes: i64 = reckoned.steps.iter().filter_map(|step| step.minutes).sum();
    assert_eq!(minutes, 2 * 420);
}

#[test]
fn a_record_without_limits_keeps_the_deadline_that_it_gives() {
    let given = Event {
        handling_deadline: Some(at("2026-02-20T10:30")),
        ..event(Kind::Dispatched, DISPATCHED)
    };
    let reckoned = reckon(
        &[event(Kind::Filed, FILED), given],
        1,
        Stage::Handle,
        &china(),
    );
    assert_eq!(reckoned.deadline, Some(at("2026-02-20T10:30")));
    assert!(words(&reckoned).contains(&"the record gives the deadline 2026-02-20 10:30"));
}
