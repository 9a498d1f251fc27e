//! Open deadlines follow calendars and storms, and are explained step by step.

use tidyward_kit::{Reason, caller::Role, clock};
use tidyward_proto::v1::{
    CalendarDays, DeadlineExplanation, DispatchAction, EndAreaSuspensionRequest,
    ExplainDeadlineRequest, GetAreaSuspensionRequest, Issue, IssueEvent, IssueEventKind,
    ReckonDeadlineRequest, Stage, WorkingCalendar, transition_issue_request::Action,
};

use super::{
    calendar::{leader, publish},
    caller,
    house::House,
    imports::{HEADER, MAPPING},
    moves::file,
    reason,
    reports::{litter, make, wire},
    suspensions::{PARENT, create, storm},
    wrong, wrong_fields,
};
use crate::timing::tests::weekly;

pub fn instant(time: Option<prost_types::Timestamp>) -> String {
    clock::from_wire(&time.unwrap()).unwrap().to_string()
}

/// An issue in the north with an officer: two working days to handle it, and in all.
pub async fn dispatched(house: &House) -> Issue {
    let mapping = MAPPING.replace("14 URGENT_DAYS", "2 WORKING_DAYS");
    house.import(&mapping, HEADER.as_bytes()).await;
    let asked = Issue {
        category: "bins".to_owned(),
        ..litter(41.9)
    };
    let made = make(&mut house.admin(), asked).await;
    house
        .done("operator", Role::Operator, &made, file(""))
        .await;
    let dispatch = DispatchAction {
        assignee: "officer".to_owned(),
        ..DispatchAction::default()
    };
    let dispatch = Action::Dispatch(dispatch);
    house
        .done("dispatcher", Role::Dispatcher, &made, dispatch)
        .await
}

async fn last_event(house: &House, issue: &Issue) -> IssueEvent {
    house.events(issue).await.pop().unwrap()
}

async fn explained(house: &House, issue: &Issue, stage: Stage) -> DeadlineExplanation {
    let request = ExplainDeadlineRequest {
        name: issue.name.clone(),
        stage: stage as i32,
    };
    let answer = house.admin().explain_deadline(request).await;
    answer.unwrap().into_inner()
}

#[tokio::test]
async fn a_provisional_deadline_is_reckoned_again_when_the_calendar_comes() {
    let house = House::open().await;
    let until = |day: &str, exceptions: Vec<CalendarDays>| WorkingCalendar {
        published_until: day.to_owned(),
        exceptions,
        ..weekly(5, &[(540, 1_020)])
    };
    // Monday the 5th, 06:00 in Chicago; the calendar ends on Tuesday.
    leader(&house)
        .update_working_calendar(publish(until("2015-01-06", Vec::new())))
        .await
        .unwrap();
    let issue = dispatched(&house).await;
    assert_eq!(instant(issue.handling_deadline), "2015-01-07T15:00:00Z");
    assert!(issue.provisional);

    house.tell("2015-01-05T13:00:00Z");
    let off = CalendarDays {
        first_day: "2015-01-07".to_owned(),
        title: "Snow day".to_owned(),
        ..CalendarDays::default()
    };
    leader(&house)
        .update_working_calendar(publish(until("2015-12-31", vec![off])))
        .await
        .unwrap();
    let after = house.get(&issue).await;
    assert_eq!(instant(after.handling_deadline), "2015-01-08T15:00:00Z");
    assert!(!after.provisional);
    let event = last_event(&house, &issue).await;
    assert_eq!(
        (event.kind(), event.actor.as_str()),
        (IssueEventKind::DeadlinesChanged, "a leader")
    );
    assert_eq!(event.handling_deadline, after.handling_deadline);
    let told = explained(&house, &after, Stage::Handle).await;
    assert_eq!(told.deadline, after.handling_deadline);

    // Published again, nothing is provisional, and nothing changes.
    leader(&house)
        .update_working_calendar(publish(until("2015-12-31", Vec::new())))
        .await
        .unwrap();
    assert_eq!(last_event(&house, &issue).await.sequence, event.sequence);
    house.courses_agree().await;
}

#[tokio::test]
async fn a_deadline_is_explained_from_its_event_to_its_instant() {
    let house = House::open().await;
    let issue = dispatched(&house).await;
    let told = explained(&house, &issue, Stage::Unspecified).await;
    assert_eq!(told.deadline, issue.handling_deadline);
    let words: Vec<String> = told
        .steps
        .into_iter()
        .map(|step| step.text.unwrap().en)
        .collect();
    assert!(
        words.first().unwrap().starts_with("dispatched at"),
        "{words:?}"
    );
    assert!(words.last().unwrap().starts_with("deadline "), "{words:?}");
    let none = explained(&house, &issue, Stage::Check).await;
    assert_eq!((none.deadline, none.steps.len()), (None, 0));
}

#[tokio::test]
async fn a_storm_moves_open_deadlines_and_its_early_end_moves_them_back() {
    let house = House::open().await;
    let issue = dispatched(&house).await;
    assert_eq!(instant(issue.handling_deadline), "2015-01-07T15:00:00Z");
    let mut leader = leader(&house);
    // Monday 09:00 to Thursday 09:00 in Chicago.
    let mut asked = storm("town", "2015-01-08T15:00:00Z");
    asked.start_time = wire("2015-01-05T15:00:00Z");
    let made = leader
        .create_area_suspension(create(asked))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(made.creator, "a leader");
    let stood = house.get(&issue).await;
    // Two whole days of eight hours remain from Thursday on.
    assert_eq!(instant(stood.handling_deadline), "2015-01-09T23:00:00Z");
    let event = last_event(&house, &issue).await;
    assert_eq!(event.detail.unwrap().suspension, made.name);

    // The other grid is not named, and so nothing of this issue changes.
    leader
        .create_area_suspension(create(storm("south", "2015-02-08T15:00:00Z")))
        .await
        .unwrap();
    assert_eq!(last_event(&house, &issue).await.sequence, event.sequence);

    house.tell("2015-01-06T15:00:00Z");
    let end = EndAreaSuspensionRequest {
        name: made.name.clone(),
        etag: made.etag.clone(),
        request_id: String::new(),
    };
    let ended = leader
        .end_area_suspension(end.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(ended.end_time, wire("2015-01-06T15:00:00Z"));
    let after = house.get(&issue).await;
    assert_eq!(instant(after.handling_deadline), "2015-01-07T23:00:00Z");
    // Ended once.
    let status = leader.end_area_suspension(end.clone()).await.unwrap_err();
    assert_eq!(reason(&status), Reason::ChangedMeanwhile);
    let blind = EndAreaSuspensionRequest {
        etag: String::new(),
        ..end
    };
    let status = leader.end_area_suspension(blind).await.unwrap_err();
    assert_eq!(reason(&status), Reason::DeadlinePassed);
    let get = GetAreaSuspensionRequest { name: made.name };
    assert_eq!(
        leader.get_area_suspension(get).await.unwrap().into_inner(),
        ended
    );
    house.courses_agree().await;
}

#[tokio::test]
async fn what_ran_out_already_is_not_moved() {
    let house = House::open().await;
    let issue = dispatched(&house).await;
    house.tell("2015-01-08T12:00:00Z");
    let sequence = last_event(&house, &issue).await.sequence;
    leader(&house)
        .create_area_suspension(create(storm("town", "2015-01-20T00:00:00Z")))
        .await
        .unwrap();
    let after = house.get(&issue).await;
    assert_eq!(after.handling_deadline, issue.handling_deadline);
    assert_eq!(last_event(&house, &issue).await.sequence, sequence);
}

#[tokio::test]
async fn a_limit_is_reckoned_for_whoever_asks() {
    let house = House::open().await;
    let mut leader = leader(&house);
    leader
        .create_area_suspension(create(storm("town", "2015-01-06T23:00:00Z")))
        .await
        .unwrap();
    let mut officer = house.calendar(Role::Officer, &[]);
    let ask = |limit: &str, area: &str| ReckonDeadlineRequest {
        parent: PARENT.to_owned(),
        limit: limit.to_owned(),
        start_time: wire("2015-01-05T15:00:00Z"),
        area: area.to_owned(),
        category: String::new(),
    };
    let told = officer
        .reckon_deadline(ask("1.5 WORKING_DAYS", ""))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(instant(told.deadline), "2015-01-06T19:00:00Z");
    let north = format!("{PARENT}/areas/north");
    let told = officer
        .reckon_deadline(ask("1.5 WORKING_DAYS", &north))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(instant(told.deadline), "2015-01-08T19:00:00Z");
    let words: Vec<String> = told
        .steps
        .into_iter()
        .map(|step| step.text.unwrap().zh)
        .collect();
    assert_eq!(
        words.first().unwrap(),
        "自2015-01-05 09:00起，时限1.5个工作日"
    );

    let asked = ReckonDeadlineRequest {
        start_time: Some(prost_types::Timestamp {
            seconds: 0,
            nanos: -1,
        }),
        category: "rats".to_owned(),
        ..ask("3 DAYS", "districts/chicago/areas/nowhere")
    };
    let status = officer.reckon_deadline(asked).await.unwrap_err();
    assert_eq!(
        wrong_fields(&status),
        ["limit", "start_time", "category", "area"]
    );
    let status = officer
        .reckon_deadline(ask("87840 WORKING_HOURS", ""))
        .await
        .unwrap_err();
    assert!(wrong(&status)[0].1.contains("twenty years"));
}

#[tokio::test]
async fn what_a_caller_may_not_see_is_not_explained() {
    let house = House::open().await;
    let issue = dispatched(&house).await;
    let stranger = caller("stranger", Role::Officer, &["south"]);
    let request = ExplainDeadlineRequest {
        name: issue.name.clone(),
        stage: 0,
    };
    let status = house
        .client_of(stranger)
        .explain_deadline(request)
        .await
        .unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
    let request = ExplainDeadlineRequest {
        name: issue.name,
        stage: 99,
    };
    let status = house.admin().explain_deadline(request).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["stage"]);
}
