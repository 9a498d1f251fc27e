//! Areas made and changed by hand: from a day on, the past unmoved.

mod ends;

use prost_types::FieldMask;
use tidyward_proto::v1::AreaLevel;

use super::*;

/// Two communities, of which `north` has two grids side by side, since 2000.
async fn town() -> City {
    let city = City::new().await;
    for (code, level, parent, boundary) in [
        ("street", AreaLevel::Subdistrict, "", None),
        ("north", AreaLevel::Community, "street", None),
        ("south", AreaLevel::Community, "street", None),
        ("g1", AreaLevel::Grid, "north", Some(square(-87.70, 41.9))),
        ("g2", AreaLevel::Grid, "north", Some(square(-87.69, 41.9))),
    ] {
        let mut area = wanted(level, parent);
        area.exists_from = "2000-01-01".to_owned();
        area.boundary = boundary.map_or(String::new(), |one| one.to_string());
        city.create(code, area).await.unwrap();
    }
    city
}

fn named(code: &str) -> String {
    match code {
        "" => String::new(),
        code => format!("districts/city/areas/{code}"),
    }
}

fn wanted(level: AreaLevel, parent: &str) -> Area {
    Area {
        level: level.into(),
        parent: named(parent),
        ..Area::default()
    }
}

fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    })
}

fn change(code: &str, paths: &[&str], valid_from: &str) -> UpdateAreaRequest {
    UpdateAreaRequest {
        area: Some(Area {
            name: named(code),
            ..Area::default()
        }),
        update_mask: mask(paths),
        valid_from: valid_from.to_owned(),
        request_id: String::new(),
    }
}

fn with(mut request: UpdateAreaRequest, set: impl Fn(&mut Area)) -> UpdateAreaRequest {
    request.area.iter_mut().for_each(set);
    request
}

impl City {
    async fn create(&self, code: &str, area: Area) -> Result<Area, Status> {
        let request = CreateAreaRequest {
            parent: "districts/city".to_owned(),
            area_id: code.to_owned(),
            area: Some(area),
            request_id: String::new(),
        };
        let answer = self.grids.create_area(by(&self.caller, request)).await;
        Ok(answer?.into_inner())
    }

    async fn update(&self, request: UpdateAreaRequest) -> Result<Area, Status> {
        let answer = self.grids.update_area(by(&self.caller, request)).await;
        Ok(answer?.into_inner())
    }

    async fn versions(&self, code: &str, page_size: i32) -> Vec<Area> {
        let mut versions = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListAreaVersionsRequest {
                parent: named(code),
                page_size,
                page_token,
            };
            let answer = self
                .grids
                .list_area_versions(by(&self.caller, request))
                .await;
            let page = answer.unwrap().into_inner();
            versions.extend(page.versions);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return versions;
            }
        }
    }

    /// The grid and its ancestors, at noon of the day in Chicago.
    async fn place(&self, x: f64, day: &str) -> String {
        let time = format!("{day}T18:00:00Z");
        let found = self.locate(x, 41.905, &time, 0.0).await;
        let mut names = vec![found.grid];
        names.extend(found.ancestors);
        codes(&names).join(" < ")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_community_moves_under_another_street_from_a_day_on() {
    let city = town().await;
    let mut area = wanted(AreaLevel::Subdistrict, "");
    area.exists_from = "2005-01-01".to_owned();
    city.create("avenue", area).await.unwrap();
    let before = city.area("north", "2009-12-31T18:00:00Z").await.unwrap();

    let request = with(change("north", &["parent"], "2010-01-01"), |area| {
        area.parent = named("avenue");
    });
    let moved = city.update(request).await.unwrap();
    assert_eq!(
        (moved.parent, moved.valid_from),
        (named("avenue"), "2010-01-01".to_owned())
    );
    assert_eq!(moved.exists_from, "2000-01-01");

    assert_eq!(
        city.place(-87.695, "2009-12-31").await,
        "g1 < north < street"
    );
    assert_eq!(
        city.place(-87.695, "2010-01-01").await,
        "g1 < north < avenue"
    );
    let after = city.area("north", "2009-12-31T18:00:00Z").await.unwrap();
    assert_ne!(
        after.etag, before.etag,
        "the etag tells of changes at any time"
    );
    assert_eq!(
        Area {
            etag: before.etag.clone(),
            ..after
        },
        before
    );

    let versions = city.versions("north", 1).await;
    let told: Vec<(&str, &str)> = versions
        .iter()
        .map(|one| {
            (
                one.valid_from.as_str(),
                one.parent.rsplit('/').next().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("2000-01-01", "street"), ("2010-01-01", "avenue")]);
    assert!(versions.iter().all(|one| one.etag == versions[0].etag));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boundary_changes_from_a_day_on_and_the_size_with_it() {
    let city = town().await;
    let before = city.area("g2", "2009-12-31T18:00:00Z").await.unwrap();
    let request = with(
        change("g2", &["boundary", "households"], "2010-01-01"),
        |area| {
            area.boundary = square(-87.60, 41.0).to_string();
            area.households = Some(40);
        },
    );
    let after = city.update(request).await.unwrap();
    assert!(after.boundary.is_empty(), "the answer is the basic view");
    assert_eq!(after.households, Some(40));
    assert!(
        after.area_m2 > before.area_m2,
        "nearer to the equator a degree is longer"
    );
    assert_eq!(
        city.place(-87.685, "2009-12-31").await,
        "g2 < north < street"
    );
    assert_eq!(city.place(-87.685, "2010-01-01").await, "");
    assert_eq!(
        city.area("g2", "2009-12-31T18:00:00Z").await.unwrap(),
        Area {
            etag: after.etag,
            ..before
        }
    );

    // Without a boundary its size stays, as nobody says otherwise.
    let gone = city
        .update(change("g2", &["boundary"], "2011-01-01"))
        .await
        .unwrap();
    assert_eq!(gone.area_m2, after.area_m2);
    let unknown = city
        .update(change("g2", &["area_m2", "households"], "2012-01-01"))
        .await;
    let unknown = unknown.unwrap();
    assert_eq!((unknown.area_m2, unknown.households), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_change_again_changes_nothing_and_the_past_is_not_moved() {
    let city = town().await;
    let rename = |valid_from: &str, name: &str| {
        let name = name.to_owned();
        let request = change("g1", &["display_name"], valid_from);
        with(request, move |area| area.display_name.clone_from(&name))
    };
    let first = city.update(rename("2010-01-01", "Corner")).await.unwrap();
    for valid_from in ["2010-01-01", "2005-01-01", "", "2020-01-01"] {
        let same = city.update(rename(valid_from, "Corner")).await.unwrap();
        assert_eq!(same, first, "{valid_from}");
    }
    for valid_from in ["2010-01-01", "2009-12-31", "2000-01-01"] {
        let refused = city.update(rename(valid_from, "Other")).await.unwrap_err();
        let words = "must be after 2010-01-01, the first day of the area's last version; the past is not moved";
        assert_eq!(
            fields(&refused),
            [("valid_from".to_owned(), words.to_owned())]
        );
    }
    // Empty is today, which is in Chicago's calendar.
    let today = city.update(rename("", "Other")).await.unwrap();
    assert_eq!(today.valid_from, "2015-06-01");
    // An empty name is the code.
    let plain = city.update(rename("2016-01-01", "")).await.unwrap();
    assert_eq!(plain.display_name, "g1");
    assert_eq!(city.area("g1", TODAY).await.unwrap().display_name, "Other");
    assert_eq!(city.versions("g1", 0).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_etag_is_refused_and_a_repeated_call_gives_its_first_answer() {
    let city = town().await;
    let read = city.area("g1", TODAY).await.unwrap();
    let mut request = with(change("g1", &["peer_group"], "2010-01-01"), |area| {
        area.peer_group = "river".to_owned();
        area.etag.clone_from(&read.etag);
    });
    request.request_id = "018f0000-0000-7000-8000-000000000001".to_owned();
    let first = city.update(request.clone()).await.unwrap();
    assert_eq!(city.update(request.clone()).await.unwrap(), first);
    let mut other = request.clone();
    other.valid_from = "2011-01-01".to_owned();
    let reused = city.update(other.clone()).await.unwrap_err();
    assert_eq!(reason(&reused), ErrorReason::RequestIdReused);
    other.request_id = String::new();
    let stale = city.update(other.clone()).await.unwrap_err();
    assert_eq!(reason(&stale), ErrorReason::ChangedMeanwhile);
    assert!(stale.message().contains("read it again"), "{stale}");
    other.area.as_mut().unwrap().etag = first.etag;
    city.update(other).await.unwrap();

    let make = CreateAreaRequest {
        parent: "districts/city".to_owned(),
        area_id: "g9".to_owned(),
        area: Some(wanted(AreaLevel::Grid, "south")),
        request_id: "018f0000-0000-7000-8000-000000000002".to_owned(),
    };
    let create = |request: CreateAreaRequest| city.grids.create_area(by(&city.caller, request));
    let made = create(make.clone()).await.unwrap().into_inner();
    assert_eq!(made.exists_from, "2015-06-01");
    assert_eq!(create(make.clone()).await.unwrap().into_inner(), made);
    let again = CreateAreaRequest {
        request_id: String::new(),
        ..make
    };
    let refused = create(again).await.unwrap_err();
    assert_eq!(reason(&refused), ErrorReason::AlreadyExists);
    assert!(
        refused
            .message()
            .contains("`districts/city/areas/g9` exists already"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_at_the_same_time_all_go_in() {
    let city = town().await;
    let make = |number: i32| {
        let city = &city;
        async move {
            let code = format!("new{number}");
            city.create(&code, wanted(AreaLevel::Grid, "south"))
                .await
                .unwrap();
        }
    };
    futures::future::join_all((0..8).map(make)).await;
    assert_eq!(city.areas(TODAY).await.len(), 5 + 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_of_some_areas_changes_those_alone() {
    let mut city = town().await;
    city.caller.areas = vec!["north".to_owned()];
    let rename = |code: &str| {
        with(change(code, &["display_name"], ""), |area| {
            area.display_name = "mine".to_owned()
        })
    };
    city.update(rename("g1")).await.unwrap();
    city.update(rename("north")).await.unwrap();
    for code in ["street", "south", "nowhere"] {
        let refused = city.update(rename(code)).await.unwrap_err();
        assert_eq!(reason(&refused), ErrorReason::NotFound, "{code}");
    }
    city.create("g3", wanted(AreaLevel::Grid, "north"))
        .await
        .unwrap();
    let away = with(change("g1", &["parent"], "2016-01-01"), |area| {
        area.parent = named("south")
    });
    let words =
        "must be one of your areas or below one; choose another, or ask an admin of the district";
    for refused in [
        city.create("g4", wanted(AreaLevel::Grid, "south"))
            .await
            .unwrap_err(),
        city.create("g4", wanted(AreaLevel::Grid, ""))
            .await
            .unwrap_err(),
        city.update(away).await.unwrap_err(),
    ] {
        assert_eq!(
            fields(&refused),
            [("area.parent".to_owned(), words.to_owned())]
        );
    }
}
