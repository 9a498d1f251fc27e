//! A day in the life: one problem around the Spring Festival of 2026 in Shanghai time, from the hotline to its second
//! closing, with everybody who has a part in it; and one that nobody takes on.
//!
//! Work is from 09:00 to 12:00 and from 14:00 to 18:00, 420 minutes a day. 15 to 23 February are off; the Saturdays 14 and
//! 28 February are made up. All times below are of Shanghai, eight hours ahead of UTC.

mod first_round;
mod second_round;

use tidyward_proto::v1::{
    FileAction, Issue, IssueEventKind as Kind, IssueSource, IssueState as State, Reporter,
    transition_issue_request::Action,
};

use crate::cast::{City, QIAN, SUN, Turn, ZHAO, ZHOU, dispatch};

/// One story in acts. Each goes on where the one before it ended, in the same city.
#[tokio::test]
async fn a_problem_from_the_hotline_to_its_second_closing() {
    let city = City::founded("2026-02-12T15:00").await;
    let issue = reported(&city).await;
    let mut turn = Turn::new(&city, &issue.name).await;

    first_round::verified_and_filed(&mut turn).await;
    first_round::dispatched_to_who_the_duties_name(&mut turn).await;
    first_round::returned_overruled_and_accepted(&mut turn).await;
    first_round::put_off_for_the_storm(&mut turn).await;
    first_round::resumed_before_the_date(&mut turn).await;
    first_round::handed_in_and_not_clean(&mut turn).await;
    first_round::handed_in_again_and_closed(&mut turn).await;

    second_round::reopened_for_a_false_closing(&mut turn).await;
    second_round::straight_to_the_closing(&mut turn).await;
    second_round::what_the_quarter_came_to(&turn).await;
}

async fn reported(city: &City) -> Issue {
    // An officer on patrol has seen litter nearby an hour ago.
    city.at("2026-02-12T16:00");
    let spot = (30.005, 120.005);
    let earlier = city.report(QIAN, IssueSource::Patrol, spot, None).await;
    assert!(!earlier.own_report, "qian answers for another grid");
    assert!(earlier.candidates.is_empty());

    // A resident calls the hotline, and the operator writes it down. The earlier one is offered; nothing is merged.
    city.at("2026-02-12T16:30");
    let wang = Reporter {
        name: "王女士".to_owned(),
        phone: "138 0013 8000".to_owned(),
    };
    let spot = (30.0051, 120.0051);
    let caller = Some(wang.clone());
    let issue = city.report(SUN, IssueSource::Hotline, spot, caller).await;
    assert_eq!(issue.grid, "districts/jinhua/areas/G1");
    assert_eq!(issue.ancestors, ["districts/jinhua/areas/C1"]);
    assert_eq!(issue.state(), State::Reported);
    let offered = issue.candidates.iter().map(|one| one.issue.as_str());
    assert_eq!(offered.collect::<Vec<_>>(), [earlier.name.as_str()]);
    let metres = issue.candidates[0].distance_metres.unwrap();
    assert!((13.0..16.0).contains(&metres), "{metres}");
    city.expect_facts(&[
        ("issues.reported", 2),
        ("issues.external.reported", 2),
        ("issues.merged", 0),
    ])
    .await;

    // Whoever has to call her back sees her name; the officer does not.
    assert_eq!(city.get(SUN, &issue.name).await.reporter, Some(wang));
    assert_eq!(city.get(ZHAO, &issue.name).await.reporter, None);
    issue
}

/// Nobody did anything: at the deadline and at three times the limit the desk is pressed, once each, and once only.
#[tokio::test]
async fn what_nobody_handles_is_escalated_twice() {
    let city = City::founded("2026-02-12T15:00").await;
    city.at("2026-02-12T17:00");
    let spot = (30.005, 120.005);
    let issue = city.report(SUN, IssueSource::Hotline, spot, None).await;
    let mut turn = Turn::new(&city, &issue.name).await;
    let file = Action::File(FileAction::default());
    turn.takes("2026-02-12T17:10", SUN, file).await;
    let issue = turn.takes("2026-02-12T17:30", ZHOU, dispatch()).await;
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
    let passed = city.right_after("2026-02-14T17:30");
    assert_eq!(told[0].occur_time, Some(passed));
    turn.notice(Kind::Escalated, &["wu", "zhao", "zheng"]).await;

    // Twice the limit more, which is four working days: the 24th to the 27th.
    city.at("2026-02-27T17:31");
    turn.until(3).await;
    let told = turn.events(&[Kind::Escalated]).await;
    assert_eq!(told[0].detail.as_ref().unwrap().level, 3);
    let passed = city.right_after("2026-02-27T17:30");
    assert_eq!(told[0].occur_time, Some(passed));
    turn.came_to(&[
        ("issues.filed", 1),
        ("issues.due", 1),
        ("issues.overdue_open", 1),
    ])
    .await;
}
