//! Calendars are published, storms let clocks stand, and open deadlines follow.

use tidyward_kit::{
    Reason,
    caller::{Caller, Role},
    clock,
};
use tidyward_proto::v1::{
    AreaSuspension, CalendarDays, CreateAreaSuspensionRequest, DispatchAction,
    EndAreaSuspensionRequest, ExplainDeadlineRequest, FileAction, GetAreaSuspensionRequest,
    GetIssueRequest, GetWorkingCalendarRequest, Issue, IssueEvent, IssueEventKind,
    ListAreaSuspensionsRequest, ListIssueEventsRequest, ReckonDeadlineRequest, Stage,
    TransitionIssueRequest, UpdateWorkingCalendarRequest, WorkingCalendar,
    transition_issue_request::Action,
};
use tonic_types::StatusExt;

use super::{
    house::{CalendarClient, House},
    imports::{HEADER, MAPPING},
    reason,
    reports::{litter, report, wire},
};
use crate::timing::tests::weekly;

const NAME: &str = "districts/chicago/workingCalendar";
const PARENT: &str = "districts/chicago";

fn leader(house: &House) -> CalendarClient {
    house.calendar(Role::Leader, &[])
}

fn publish(calendar: WorkingCalendar) -> UpdateWorkingCalendarRequest {
    UpdateWorkingCalendarRequest {
        working_calendar: Some(WorkingCalendar {
            name: NAME.to_owned(),
            ..calendar
        }),
        request_id: String::new(),
    }
}

fn storm(area: &str, end: &str) -> AreaSuspension {
    AreaSuspension {
        area: format!("{PARENT}/areas/{area}"),
        end_time: wire(end),
        reason: "a storm".to_owned(),
        clocks_stand: true,
        ..AreaSuspension::default()
    }
}

fn create(suspension: AreaSuspension) -> CreateAreaSuspensionRequest {
    CreateAreaSuspensionRequest {
        parent: PARENT.to_owned(),
        area_suspension: Some(suspension),
        request_id: String::new(),
    }
}

/// What the status says of fields: path and words.
fn fields(status: &tonic::Status) -> Vec<(String, String)> {
    assert_eq!(reason(status), Reason::FieldsInvalid, "{status}");
    let details = status.get_error_details();
    let told = details.bad_request().unwrap().field_violations.clone();
    told.into_iter()
        .map(|one| (one.field, one.description))
        .collect()
}

fn instant(time: Option<prost_types::Timestamp>) -> String {
    clock::from_wire(&time.unwrap()).unwrap().to_string()
}

async fn moved(house: &House, name: &str, action: Action) -> Issue {
    let role = match &action {
        Action::File(_) => Role::Operator,
        _ => Role::Dispatcher,
    };
    let request = TransitionIssueRequest {
        name: name.to_owned(),
        action: Some(action),
        ..TransitionIssueRequest::default()
    };
    house
        .client(Some("chicago"), role)
        .transition_issue(request)
        .await
        .unwrap()
        .into_inner()
}

/// An issue in the north with an officer: two working days to handle it, and in all.
async fn dispatched(house: &House) -> Issue {
    let mapping = MAPPING.replace("14 URGENT_DAYS", "2 WORKING_DAYS");
    house.import(&mapping, HEADER.as_bytes()).await;
    let asked = Issue {
        category: "bins".to_owned(),
        ..litter(41.9)
    };
    let made = house
        .admin()
        .report_issue(report(asked))
        .await
        .unwrap()
        .into_inner();
    moved(house, &made.name, Action::File(FileAction::default())).await;
    let dispatch = DispatchAction {
        assignee: "officer".to_owned(),
        ..DispatchAction::default()
    };
    moved(house, &made.name, Action::Dispatch(dispatch)).await
}

async fn last_event(house: &House, name: &str) -> IssueEvent {
    let request = ListIssueEventsRequest {
        parent: name.to_owned(),
        page_size: 0,
        page_token: String::new(),
    };
    let events = house
        .admin()
        .list_issue_events(request)
        .await
        .unwrap()
        .into_inner()
        .events;
    events.last().unwrap().clone()
}

async fn read(house: &House, name: &str) -> Issue {
    let request = GetIssueRequest {
        name: name.to_owned(),
    };
    house.admin().get_issue(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_district_without_a_calendar_has_the_ordinary_week_and_publishes_its_own() {
    let house = House::open().await;
    let name = || GetWorkingCalendarRequest {
        name: NAME.to_owned(),
    };
    let mut resident = house.calendar(Role::Resident, &[]);
    let ordinary = resident
        .get_working_calendar(name())
        .await
        .unwrap()
        .into_inner();
    assert_eq!((ordinary.week.len(), ordinary.publish_time), (5, None));
    assert_eq!(ordinary.week[0].spans[0].from_minute, 540);

    let mut leader = leader(&house);
    let own = WorkingCalendar {
        etag: ordinary.etag.clone(),
        published_until: "2015-12-31".to_owned(),
        ..weekly(6, &[(480, 720)])
    };
    let published = leader
        .update_working_calendar(publish(own.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(published.publish_time, wire("2015-01-05T12:00:00Z"));
    assert_eq!(
        resident
            .get_working_calendar(name())
            .await
            .unwrap()
            .into_inner(),
        published
    );
    // The etag of the ordinary week is stale by that.
    let status = leader
        .update_working_calendar(publish(own))
        .await
        .unwrap_err();
    assert_eq!(reason(&status), Reason::ChangedMeanwhile);
    let status = resident
        .update_working_calendar(publish(weekly(1, &[(0, 1)])))
        .await
        .unwrap_err();
    assert_eq!(reason(&status), Reason::RoleMissing);
    let request = GetWorkingCalendarRequest {
        name: "districts/boston/workingCalendar".to_owned(),
    };
    let status = leader.get_working_calendar(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
}

#[tokio::test]
async fn a_repeated_publication_is_one() {
    let house = House::open().await;
    let mut leader = leader(&house);
    let request = UpdateWorkingCalendarRequest {
        request_id: "5f2d9c1e-7a9b-4a53-9f2d-0a5b6c7d8e9f".to_owned(),
        ..publish(weekly(5, &[(540, 1_020)]))
    };
    let first = leader
        .update_working_calendar(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = leader
        .update_working_calendar(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!((first.etag.as_str(), &again), ("1", &first));
    let other = UpdateWorkingCalendarRequest {
        working_calendar: publish(weekly(4, &[(540, 1_020)])).working_calendar,
        ..request
    };
    let status = leader.update_working_calendar(other).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RequestIdReused);
}

#[tokio::test]
async fn a_calendar_that_is_wrong_is_refused_field_by_field() {
    let house = House::open().await;
    let mut leader = leader(&house);
    let mut told = weekly(1, &[(600, 500)]);
    told.published_until = "2015-02-30".to_owned();
    told.exceptions = vec![CalendarDays::default()];
    let status = leader
        .update_working_calendar(publish(told))
        .await
        .unwrap_err();
    let told: Vec<String> = fields(&status).into_iter().map(|one| one.0).collect();
    assert_eq!(
        told,
        [
            "working_calendar.week[0].spans[0].to_minute",
            "working_calendar.exceptions[0].first_day",
            "working_calendar.published_until",
        ]
    );
    let none = publish(WorkingCalendar::default());
    let status = leader.update_working_calendar(none).await.unwrap_err();
    assert!(
        fields(&status)[0]
            .1
            .contains("a calendar with no working hours")
    );
    let request = UpdateWorkingCalendarRequest::default();
    let status = leader.update_working_calendar(request).await.unwrap_err();
    assert_eq!(fields(&status)[0].0, "working_calendar");
    // Nothing was half-written.
    let name = GetWorkingCalendarRequest {
        name: NAME.to_owned(),
    };
    let read = leader
        .get_working_calendar(name)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(read.etag, "0");
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
    let after = read(&house, &issue.name).await;
    assert_eq!(instant(after.handling_deadline), "2015-01-08T15:00:00Z");
    assert!(!after.provisional);
    let event = last_event(&house, &issue.name).await;
    assert_eq!(
        (event.kind(), event.actor.as_str()),
        (IssueEventKind::DeadlinesChanged, "a leader")
    );
    assert_eq!(event.handling_deadline, after.handling_deadline);

    // Published again, nothing is provisional, and nothing changes.
    leader(&house)
        .update_working_calendar(publish(until("2015-12-31", Vec::new())))
        .await
        .unwrap();
    assert_eq!(
        last_event(&house, &issue.name).await.sequence,
        event.sequence
    );

    let request = ExplainDeadlineRequest {
        name: issue.name.clone(),
        stage: 0,
    };
    let told = house
        .admin()
        .explain_deadline(request)
        .await
        .unwrap()
        .into_inner();
    assert!(
        told.steps
            .first()
            .unwrap()
            .text
            .as_ref()
            .unwrap()
            .en
            .starts_with("dispatched at")
    );
    assert!(
        told.steps
            .last()
            .unwrap()
            .text
            .as_ref()
            .unwrap()
            .en
            .starts_with("deadline ")
    );
    let request = ExplainDeadlineRequest {
        name: issue.name,
        stage: Stage::Check as i32,
    };
    let told = house
        .admin()
        .explain_deadline(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((told.deadline, told.steps.len()), (None, 0));
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
    let stood = read(&house, &issue.name).await;
    // Two whole days of eight hours remain from Thursday on.
    assert_eq!(instant(stood.handling_deadline), "2015-01-09T23:00:00Z");
    let event = last_event(&house, &issue.name).await;
    assert_eq!(event.detail.unwrap().suspension, made.name);

    // The other grid is not named, and so nothing of this issue changes.
    leader
        .create_area_suspension(create(storm("south", "2015-02-08T15:00:00Z")))
        .await
        .unwrap();
    assert_eq!(
        last_event(&house, &issue.name).await.sequence,
        event.sequence
    );

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
    let after = read(&house, &issue.name).await;
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
}

#[tokio::test]
async fn what_ran_out_already_is_not_moved() {
    let house = House::open().await;
    let issue = dispatched(&house).await;
    house.tell("2015-01-08T12:00:00Z");
    let sequence = last_event(&house, &issue.name).await.sequence;
    leader(&house)
        .create_area_suspension(create(storm("town", "2015-01-20T00:00:00Z")))
        .await
        .unwrap();
    let after = read(&house, &issue.name).await;
    assert_eq!(after.handling_deadline, issue.handling_deadline);
    assert_eq!(last_event(&house, &issue.name).await.sequence, sequence);
}

#[tokio::test]
async fn suspensions_are_listed_the_latest_first_and_by_time() {
    let house = House::open().await;
    let mut leader = leader(&house);
    let mut names = Vec::new();
    for (minute, end) in [
        (0, "2015-01-06T00:00:00Z"),
        (1, "2015-01-07T00:00:00Z"),
        (2, "2015-01-08T00:00:00Z"),
    ] {
        house.tell(&format!("2015-01-05T12:0{minute}:00Z"));
        let made = leader
            .create_area_suspension(create(storm("north", end)))
            .await
            .unwrap();
        names.push(made.into_inner().name);
    }
    names.reverse();
    let page = |page_token: String, at: &str| ListAreaSuspensionsRequest {
        parent: PARENT.to_owned(),
        at_time: wire(at).filter(|_| !at.starts_with("1970")),
        page_size: 2,
        page_token,
    };
    let all = "1970-01-01T00:00:00Z";
    let first = leader
        .list_area_suspensions(page(String::new(), all))
        .await
        .unwrap()
        .into_inner();
    let token = first.next_page_token.clone();
    let rest = leader
        .list_area_suspensions(page(token.clone(), all))
        .await
        .unwrap()
        .into_inner();
    let listed: Vec<String> = first
        .area_suspensions
        .into_iter()
        .chain(rest.area_suspensions)
        .map(|one| one.name)
        .collect();
    assert_eq!(listed, names);
    let later = "2015-01-07T12:00:00Z";
    let at = leader
        .list_area_suspensions(page(String::new(), later))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(at.area_suspensions.len(), 1);
    let status = leader
        .list_area_suspensions(page(token, later))
        .await
        .unwrap_err();
    assert_eq!(reason(&status), Reason::PageTokenInvalid);
}

#[tokio::test]
async fn each_way_in_which_a_suspension_is_wrong_is_told() {
    let house = House::open().await;
    let mut leader = leader(&house);
    let good = || storm("north", "2015-01-06T12:00:00Z");
    let until = |end: &str| AreaSuspension {
        end_time: wire(end),
        ..good()
    };
    let wrong_time = Some(prost_types::Timestamp {
        seconds: i64::MAX,
        nanos: 0,
    });
    #[rustfmt::skip]
    let cases: Vec<(AreaSuspension, &str, &str)> = vec![
        (AreaSuspension { area: "north".to_owned(), ..good() }, "area", "must look like"),
        (AreaSuspension { area: "districts/boston/areas/north".to_owned(), ..good() }, "area", "the same district"),
        (storm("nowhere", "2015-01-06T12:00:00Z"), "area", "is no area"),
        (AreaSuspension { categories: vec!["rats".to_owned()], ..good() }, "categories[0]", "is no category"),
        (AreaSuspension { categories: vec!["snow".to_owned(); 2], ..good() }, "categories[1]", "is there twice"),
        (AreaSuspension { start_time: wire("2015-01-05T11:59:59.999999Z"), ..good() }, "start_time", "in the past"),
        (AreaSuspension { start_time: wrong_time, ..good() }, "start_time", "is no time"),
        (AreaSuspension { end_time: None, ..good() }, "end_time", "say when it ends"),
        (AreaSuspension { end_time: wrong_time, ..good() }, "end_time", "is no time"),
        (until("2015-01-05T12:00:00Z"), "end_time", "behind the beginning"),
        (until("2016-01-06T12:00:00.000001Z"), "end_time", "at most 366 days"),
        (AreaSuspension { reason: " ".to_owned(), ..good() }, "reason", "say why"),
        (AreaSuspension { reason: "x".repeat(501), ..good() }, "reason", "at most 500"),
        (AreaSuspension { roster: "Flood!".to_owned(), ..good() }, "roster", "at most 40"),
        (AreaSuspension { roster: "x".repeat(41), ..good() }, "roster", "at most 40"),
        (AreaSuspension { limit_percent: -1, ..good() }, "limit_percent", "1 to 1000"),
        (AreaSuspension { limit_percent: 1_001, ..good() }, "limit_percent", "1 to 1000"),
        (AreaSuspension { clocks_stand: false, ..good() }, "clocks_stand", "it changes nothing"),
    ];
    for (suspension, field, words) in cases {
        let status = leader
            .create_area_suspension(create(suspension))
            .await
            .unwrap_err();
        let told = fields(&status);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, format!("area_suspension.{field}"));
        assert!(told[0].1.contains(words), "{told:?}");
    }
    let many = AreaSuspension {
        categories: vec!["rats".to_owned(); 51],
        ..good()
    };
    let status = leader
        .create_area_suspension(create(many))
        .await
        .unwrap_err();
    assert!(fields(&status)[0].1.contains("at most 50"));
    let status = leader
        .create_area_suspension(create(AreaSuspension::default()))
        .await
        .unwrap_err();
    let told: Vec<String> = fields(&status).into_iter().map(|one| one.0).collect();
    let all = ["end_time", "reason", "clocks_stand"];
    assert_eq!(told, all.map(|field| format!("area_suspension.{field}")));
    // At their very bounds all of it is good.
    let bounds = AreaSuspension {
        categories: vec!["snow".to_owned(), "litter".to_owned()],
        start_time: wire("2015-01-05T12:00:00Z"),
        reason: "x".repeat(500),
        roster: "x".repeat(40),
        limit_percent: 1_000,
        clocks_stand: false,
        area: String::new(),
        ..until("2016-01-06T12:00:00Z")
    };
    leader.create_area_suspension(create(bounds)).await.unwrap();
    let list = ListAreaSuspensionsRequest {
        parent: PARENT.to_owned(),
        ..ListAreaSuspensionsRequest::default()
    };
    let listed = leader
        .list_area_suspensions(list)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.area_suspensions.len(), 1, "nothing is half-written");
}

#[tokio::test]
async fn a_leader_of_some_areas_lets_clocks_stand_in_no_other() {
    let house = House::open().await;
    let mut north = house.calendar(Role::Leader, &["north"]);
    let end = "2015-01-06T12:00:00Z";
    for area in ["south", "town"] {
        let status = north
            .create_area_suspension(create(storm(area, end)))
            .await
            .unwrap_err();
        assert!(fields(&status)[0].1.contains("outside your areas"));
    }
    let whole = AreaSuspension {
        area: String::new(),
        ..storm("north", end)
    };
    assert!(north.create_area_suspension(create(whole)).await.is_err());
    north
        .create_area_suspension(create(storm("north", end)))
        .await
        .unwrap();
    let of_town = leader(&house)
        .create_area_suspension(create(storm("town", end)))
        .await
        .unwrap();
    let request = EndAreaSuspensionRequest {
        name: of_town.into_inner().name,
        ..EndAreaSuspensionRequest::default()
    };
    let status = north.end_area_suspension(request).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
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

    let wrong = ReckonDeadlineRequest {
        start_time: Some(prost_types::Timestamp {
            seconds: 0,
            nanos: -1,
        }),
        category: "rats".to_owned(),
        ..ask("3 DAYS", "districts/chicago/areas/nowhere")
    };
    let status = officer.reckon_deadline(wrong).await.unwrap_err();
    let told: Vec<String> = fields(&status).into_iter().map(|one| one.0).collect();
    assert_eq!(told, ["limit", "start_time", "category", "area"]);
    let status = officer
        .reckon_deadline(ask("87840 WORKING_HOURS", ""))
        .await
        .unwrap_err();
    assert!(fields(&status)[0].1.contains("twenty years"));
}

#[tokio::test]
async fn what_a_caller_may_not_see_is_not_explained() {
    let house = House::open().await;
    let issue = dispatched(&house).await;
    let stranger = Caller {
        subject: "stranger".to_owned(),
        district: Some("chicago".to_owned()),
        roles: vec![Role::Officer],
        areas: vec!["south".to_owned()],
    };
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
    assert_eq!(fields(&status)[0].0, "stage");
}
