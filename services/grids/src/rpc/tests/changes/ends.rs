//! Areas that end: others come in their place, and nothing is left hanging below one.

use tidyward_proto::v1::GridKind;

use super::*;

/// A town whose grid `g1` ended on 2010-06-30, with two in its place.
async fn town_with_a_split() -> City {
    let city = town().await;
    let end = with(change("g1", &["exists_until"], ""), |area| {
        area.exists_until = "2010-06-30".to_owned();
    });
    let ended = city.update(end).await.unwrap();
    assert_eq!(ended.exists_until, "2010-06-30");
    for (code, from, to) in [("g1a", -87.70, -87.695), ("g1b", -87.695, -87.69)] {
        let mut area = wanted(AreaLevel::Grid, "north");
        area.kind = GridKind::Duty.into();
        area.exists_from = "2010-07-01".to_owned();
        let ring = json!([
            [from, 41.9],
            [to, 41.9],
            [to, 41.91],
            [from, 41.91],
            [from, 41.9]
        ]);
        area.boundary = json!({ "type": "Polygon", "coordinates": [ring] }).to_string();
        let made = city.create(code, area).await.unwrap();
        assert_eq!(
            (made.kind(), made.display_name.as_str()),
            (GridKind::Duty, code)
        );
        assert_eq!(made.valid_from, "2010-07-01");
    }
    city
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grid_is_split_in_two() {
    let city = town_with_a_split().await;
    assert_eq!(
        city.place(-87.698, "2010-06-30").await,
        "g1 < north < street"
    );
    assert_eq!(
        city.place(-87.698, "2010-07-01").await,
        "g1a < north < street"
    );
    assert_eq!(
        city.place(-87.692, "2010-07-01").await,
        "g1b < north < street"
    );
    assert_eq!(
        city.place(-87.695, "2010-07-01").await,
        "g1a < north < street",
        "the edge"
    );

    let listed = |time: &'static str| {
        let city = &city;
        async move {
            let names: Vec<String> = city
                .areas(time)
                .await
                .into_iter()
                .map(|one| one.name)
                .collect();
            codes(&names).join(" ")
        }
    };
    assert_eq!(
        listed("2010-07-01T04:59:59Z").await,
        "g1 g2 north south street"
    );
    assert_eq!(
        listed("2010-07-01T05:00:00Z").await,
        "g1a g1b g2 north south street"
    );
    let gone = city.area("g1", "2010-07-01T05:00:00Z").await.unwrap_err();
    assert_eq!(reason(&gone), ErrorReason::NotFound);
    assert!(city.area("g1", "2010-07-01T04:59:59Z").await.is_ok());
    assert_eq!(city.versions("g1", 0).await.len(), 1, "its history stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_stays_so() {
    let city = town_with_a_split().await;
    let again = with(change("g1", &["display_name"], ""), |area| {
        area.display_name = "again".to_owned();
    });
    let refused = city.update(again).await.unwrap_err();
    let words = "the area ended on 2010-06-30; what has ended stays so, make another area";
    assert_eq!(
        fields(&refused)[0],
        ("area.name".to_owned(), words.to_owned())
    );
    let taken = city
        .create("g1", wanted(AreaLevel::Grid, ""))
        .await
        .unwrap_err();
    assert_eq!(reason(&taken), ErrorReason::AlreadyExists);
    // Nor does an import bring it back.
    let layer = format!("valid_from = \"2015-01-01\"\n{LAYER}");
    let features = [feature(
        json!({ "code": "g1", "name": "g1", "homes": 1 }),
        square(-87.7, 41.9),
    )];
    let import = city.import(&file(&features), &layer).await;
    assert_eq!(import.rows_conflicting, 1);
    let told = city.problems(&import).await.remove(0).message;
    assert_eq!(
        told,
        "area `g1` ended on 2010-06-30; what has ended stays so, use another code"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_area_with_areas_below_it_does_not_end_before_them() {
    let city = town().await;
    let end = |code: &str, day: &str| {
        let day = day.to_owned();
        with(change(code, &["exists_until"], ""), move |area| {
            area.exists_until.clone_from(&day)
        })
    };
    let words = |status: Status| {
        let mut told = fields(&status);
        assert_eq!(told.len(), 1, "{told:?}");
        told.remove(0)
    };
    let refused = words(city.update(end("north", "2016-01-31")).await.unwrap_err());
    let expected = "areas below it stand after 2016-01-31: `g1`, `g2`; move or end them first";
    assert_eq!(
        refused,
        ("area.exists_until".to_owned(), expected.to_owned())
    );

    // One goes elsewhere on the day after, the other ends with it.
    let request = with(change("g1", &["parent"], "2016-02-01"), |area| {
        area.parent = named("south")
    });
    city.update(request).await.unwrap();
    let refused = words(city.update(end("north", "2016-01-31")).await.unwrap_err());
    assert!(refused.1.contains(": `g2`;"), "{refused:?}");
    city.update(end("g2", "2016-01-31")).await.unwrap();
    city.update(end("north", "2016-01-31")).await.unwrap();
    assert_eq!(
        city.place(-87.695, "2016-01-31").await,
        "g1 < north < street"
    );
    assert_eq!(
        city.place(-87.695, "2016-02-01").await,
        "g1 < south < street"
    );
    assert_eq!(city.place(-87.685, "2016-02-01").await, "");

    // What is below it stays no longer than it, and nothing new comes below it.
    let refused = words(city.update(end("g2", "")).await.unwrap_err());
    let expected =
        "its parent `north` ends on 2016-01-31; name one that stays as long as the area itself";
    assert_eq!(
        refused,
        ("area.exists_until".to_owned(), expected.to_owned())
    );
    let refused = words(
        city.create("g3", wanted(AreaLevel::Grid, "north"))
            .await
            .unwrap_err(),
    );
    assert_eq!(refused, ("area.parent".to_owned(), expected.to_owned()));
    // An end that has not come may be taken back.
    city.update(end("north", "")).await.unwrap();
    city.update(end("g2", "")).await.unwrap();
    assert_eq!(
        city.place(-87.685, "2016-02-01").await,
        "g2 < north < street"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_present_stay_on_the_day_of_the_first() {
    let city = town().await;
    let list = |page_token: String, time: Option<&'static str>| {
        let mut grids = city.grids.clone();
        if let Some(time) = time {
            grids.clock = Clock::told(move || time.parse().unwrap());
        }
        let caller = city.caller.clone();
        async move {
            let request = ListAreasRequest {
                parent: "districts/city".to_owned(),
                page_size: 2,
                page_token,
                ..ListAreasRequest::default()
            };
            let page = grids
                .list_areas(by(&caller, request))
                .await
                .unwrap()
                .into_inner();
            let names: Vec<String> = page.areas.into_iter().map(|one| one.name).collect();
            (codes(&names).join(" "), page.next_page_token)
        }
    };
    let end = with(change("north", &["exists_until"], ""), |area| {
        area.exists_until = "2015-06-01".to_owned();
    });
    for code in ["g1", "g2"] {
        let request = with(change(code, &["parent"], "2015-06-02"), |area| {
            area.parent = named("south");
        });
        city.update(request).await.unwrap();
    }
    city.update(end).await.unwrap();
    let (first, token) = list(String::new(), None).await;
    assert_eq!(first, "g1 g2");
    // The next page is asked for after midnight, when `north` is no more.
    let tomorrow = Some("2015-06-02T12:00:00Z");
    assert_eq!(list(token, tomorrow).await.0, "north south");
    let (_, token) = list(String::new(), tomorrow).await;
    assert_eq!(list(token, tomorrow).await.0, "south street");
}
