//! Whoever goes away, at whatever moment of the call, leaves nothing half done: a calendar or a storm that is written is
//! followed by the deadlines that it moves.

use tidyward_kit::testing::{cut_after, in_the_end};
use tidyward_proto::v1::{CalendarDays, Issue, WorkingCalendar};
use tonic::{Response, Status};

use super::{
    calendar::{get, leader, publish},
    deadlines::{dispatched, instant},
    house::{CalendarClient, House},
    reports::{litter, make, wire},
    suspensions::{create, everything, list, storm},
};
use crate::timing::tests::weekly;

/// Cuts one call off at every place in turn, each time in another house, and looks whether it was done and what came of it.
/// `deadlines` are the one that stands where nothing was written and the one that stands where it was.
async fn wherever_it_is_cut_off<C, W, T>(
    deadlines: [&str; 2],
    call: impl Fn(CalendarClient) -> C,
    written: impl Fn(CalendarClient) -> W,
) where
    C: Future<Output = Result<Response<T>, Status>>,
    W: Future<Output = bool>,
{
    let mut houses = Vec::new();
    for polls in 1.. {
        let house = House::open().await;
        let issue = provisional(&house).await;
        let answer = cut_after(polls, call(leader(&house))).await;
        let answered = answer.map(Result::unwrap).is_some();
        // The writer's jobs come one after the other: after this one, what the call asked of it is done.
        make(&mut house.admin(), litter(41.9)).await;
        in_the_end(&format!("whole, cut off after {polls}"), async || {
            let stands = deadlines[usize::from(written(leader(&house)).await)];
            instant(house.get(&issue).await.handling_deadline) == stands
        })
        .await;
        if answered {
            assert!(written(leader(&house)).await);
            break;
        }
        houses.push(house);
    }
    in_the_end("a call is done that nobody was answered", async || {
        for house in &houses {
            if written(leader(house)).await {
                return true;
            }
        }
        false
    })
    .await;
}

/// An issue in the north whose deadline is reckoned again by the next calendar, and by every storm.
async fn provisional(house: &House) -> Issue {
    let ends = WorkingCalendar {
        published_until: "2015-01-06".to_owned(),
        ..weekly(5, &[(540, 1_020)])
    };
    let mut leader = leader(house);
    leader.update_working_calendar(publish(ends)).await.unwrap();
    let issue = dispatched(house).await;
    house.tell("2015-01-05T13:00:00Z");
    issue
}

#[tokio::test]
async fn a_calendar_that_is_published_for_nobody_moves_deadlines() {
    let off = CalendarDays {
        first_day: "2015-01-07".to_owned(),
        title: "Snow day".to_owned(),
        ..CalendarDays::default()
    };
    let told = WorkingCalendar {
        published_until: "2015-12-31".to_owned(),
        exceptions: vec![off],
        ..weekly(5, &[(540, 1_020)])
    };
    wherever_it_is_cut_off(
        ["2015-01-07T15:00:00Z", "2015-01-08T15:00:00Z"],
        |mut leader| {
            let request = publish(told.clone());
            async move { leader.update_working_calendar(request).await }
        },
        |mut leader| async move { get(&mut leader).await.etag == "2" },
    )
    .await;
}

#[tokio::test]
async fn a_storm_that_is_told_for_nobody_moves_deadlines() {
    let mut asked = storm("town", "2015-01-08T15:00:00Z");
    asked.start_time = wire("2015-01-05T15:00:00Z");
    wherever_it_is_cut_off(
        ["2015-01-07T15:00:00Z", "2015-01-09T23:00:00Z"],
        |mut leader| {
            let request = create(asked.clone());
            async move { leader.create_area_suspension(request).await }
        },
        |mut leader| async move { !list(&mut leader, everything()).await.0.is_empty() },
    )
    .await;
}
