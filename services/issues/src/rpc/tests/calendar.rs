//! Districts publish their calendars.

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    CalendarDays, GetWorkingCalendarRequest, UpdateWorkingCalendarRequest, WorkingCalendar,
};

use super::{
    house::{CalendarClient, House},
    reason,
    reports::wire,
    wrong, wrong_fields,
};
use crate::timing::tests::weekly;

const NAME: &str = "districts/chicago/workingCalendar";

pub fn leader(house: &House) -> CalendarClient {
    house.calendar(Role::Leader, &[])
}

pub fn publish(calendar: WorkingCalendar) -> UpdateWorkingCalendarRequest {
    UpdateWorkingCalendarRequest {
        working_calendar: Some(WorkingCalendar {
            name: NAME.to_owned(),
            ..calendar
        }),
        request_id: String::new(),
    }
}

pub async fn get(client: &mut CalendarClient) -> WorkingCalendar {
    let request = GetWorkingCalendarRequest {
        name: NAME.to_owned(),
    };
    let answer = client.get_working_calendar(request).await;
    answer.unwrap().into_inner()
}

async fn update(
    client: &mut CalendarClient,
    request: UpdateWorkingCalendarRequest,
) -> WorkingCalendar {
    let answer = client.update_working_calendar(request).await;
    answer.unwrap().into_inner()
}

#[tokio::test]
async fn a_district_without_a_calendar_has_the_ordinary_week_and_publishes_its_own() {
    let house = House::open().await;
    let mut resident = house.calendar(Role::Resident, &[]);
    let ordinary = get(&mut resident).await;
    assert_eq!((ordinary.week.len(), ordinary.publish_time), (5, None));
    assert_eq!(ordinary.week[0].spans[0].from_minute, 540);

    let mut leader = leader(&house);
    let own = WorkingCalendar {
        etag: ordinary.etag.clone(),
        published_until: "2015-12-31".to_owned(),
        ..weekly(6, &[(480, 720)])
    };
    let published = update(&mut leader, publish(own.clone())).await;
    assert_eq!(published.publish_time, wire("2015-01-05T12:00:00Z"));
    assert_eq!(get(&mut resident).await, published);
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
    let first = update(&mut leader, request.clone()).await;
    let again = update(&mut leader, request.clone()).await;
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
    assert_eq!(
        wrong_fields(&status),
        [
            "working_calendar.week[0].spans[0].to_minute",
            "working_calendar.exceptions[0].first_day",
            "working_calendar.published_until",
        ]
    );
    let none = publish(WorkingCalendar::default());
    let status = leader.update_working_calendar(none).await.unwrap_err();
    assert!(
        wrong(&status)[0]
            .1
            .contains("a calendar with no working hours")
    );
    let request = UpdateWorkingCalendarRequest::default();
    let status = leader.update_working_calendar(request).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["working_calendar"]);
    // Nothing was half-written.
    assert_eq!(get(&mut leader).await.etag, "0");
}
