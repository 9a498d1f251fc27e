//! Leaders let the clocks of an area stand.

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    AreaSuspension, CreateAreaSuspensionRequest, EndAreaSuspensionRequest,
    ListAreaSuspensionsRequest,
};

use super::{
    calendar::leader,
    house::{CalendarClient, House},
    reason,
    reports::wire,
    wrong, wrong_fields,
};

pub const PARENT: &str = "districts/chicago";

pub fn storm(area: &str, end: &str) -> AreaSuspension {
    AreaSuspension {
        area: format!("{PARENT}/areas/{area}"),
        end_time: wire(end),
        reason: "a storm".to_owned(),
        clocks_stand: true,
        ..AreaSuspension::default()
    }
}

pub fn create(suspension: AreaSuspension) -> CreateAreaSuspensionRequest {
    CreateAreaSuspensionRequest {
        parent: PARENT.to_owned(),
        area_suspension: Some(suspension),
        request_id: String::new(),
    }
}

pub fn everything() -> ListAreaSuspensionsRequest {
    ListAreaSuspensionsRequest {
        parent: PARENT.to_owned(),
        ..ListAreaSuspensionsRequest::default()
    }
}

pub async fn list(
    client: &mut CalendarClient,
    request: ListAreaSuspensionsRequest,
) -> (Vec<String>, String) {
    let answer = client.list_area_suspensions(request).await.unwrap();
    let answer = answer.into_inner();
    let names = answer.area_suspensions.into_iter().map(|one| one.name);
    (names.collect(), answer.next_page_token)
}

async fn refused(client: &mut CalendarClient, suspension: AreaSuspension) -> tonic::Status {
    let answer = client.create_area_suspension(create(suspension)).await;
    answer.unwrap_err()
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
    let page = |page_token: &str, at_time| ListAreaSuspensionsRequest {
        parent: PARENT.to_owned(),
        at_time,
        page_size: 2,
        page_token: page_token.to_owned(),
    };
    let (first, token) = list(&mut leader, page("", None)).await;
    let (rest, end) = list(&mut leader, page(&token, None)).await;
    assert_eq!([first, rest].concat(), names);
    assert_eq!(end, "");
    let later = wire("2015-01-07T12:00:00Z");
    let (in_force, _) = list(&mut leader, page("", later)).await;
    assert_eq!(in_force, names[..1], "the others are over by then");
    let status = leader
        .list_area_suspensions(page(&token, later))
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
        let told = wrong(&refused(&mut leader, suspension).await);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, format!("area_suspension.{field}"));
        assert!(told[0].1.contains(words), "{told:?}");
    }
    let many = AreaSuspension {
        categories: vec!["rats".to_owned(); 51],
        ..good()
    };
    let status = refused(&mut leader, many).await;
    assert!(wrong(&status)[0].1.contains("at most 50"));
    let status = refused(&mut leader, AreaSuspension::default()).await;
    let all = ["end_time", "reason", "clocks_stand"];
    assert_eq!(
        wrong_fields(&status),
        all.map(|field| format!("area_suspension.{field}"))
    );
    let (listed, _) = list(&mut leader, everything()).await;
    assert_eq!(listed, [""; 0], "nothing is half-written");
}

#[tokio::test]
async fn at_their_very_bounds_all_fields_of_a_suspension_are_good() {
    let house = House::open().await;
    let mut leader = leader(&house);
    let bounds = AreaSuspension {
        categories: vec!["snow".to_owned(), "litter".to_owned()],
        start_time: wire("2015-01-05T12:00:00Z"),
        reason: "x".repeat(500),
        roster: "x".repeat(40),
        limit_percent: 1_000,
        clocks_stand: false,
        area: String::new(),
        ..storm("north", "2016-01-06T12:00:00Z")
    };
    leader.create_area_suspension(create(bounds)).await.unwrap();
    let (listed, _) = list(&mut leader, everything()).await;
    assert_eq!(listed.len(), 1);
}

#[tokio::test]
async fn a_leader_of_some_areas_lets_clocks_stand_in_no_other() {
    let house = House::open().await;
    let mut north = house.calendar(Role::Leader, &["north"]);
    let end = "2015-01-06T12:00:00Z";
    for area in ["south", "town"] {
        let status = refused(&mut north, storm(area, end)).await;
        assert!(wrong(&status)[0].1.contains("outside your areas"));
    }
    let whole = AreaSuspension {
        area: String::new(),
        ..storm("north", end)
    };
    let status = refused(&mut north, whole).await;
    assert!(wrong(&status)[0].1.contains("outside your areas"));
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
