//! Points are located, one or many, and every wrong one is told.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_point_gives_its_grid_ancestors_and_neighbours() {
    let city = city_with_a_tree().await;
    // 83 m west of the edge between the first two.
    let found = city.locate(-87.691, 41.905, TODAY, 500.0).await;
    assert_eq!(codes(&[found.grid]), ["w1-2"]);
    assert_eq!(codes(&found.ancestors), ["w1"]);
    assert_eq!(codes(&[found.near[0].area.clone()]), ["w1-10"]);
    assert_eq!(
        (found.near.len(), found.near[0].distance_metres.round()),
        (1, 83.0)
    );
    let edge = city.locate(-87.69, 41.905, TODAY, 1.0).await;
    assert_eq!(
        codes(&[edge.grid]),
        ["w1-10"],
        "the lowest code in byte order"
    );
    assert_eq!(
        (edge.near[0].area.as_str(), edge.near[0].distance_metres),
        ("districts/city/areas/w1-2", 0.0)
    );
    let outside = city.locate(-80.0, 41.905, TODAY, 0.0).await;
    assert_eq!(outside, Location::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_points_come_back_in_their_order() {
    let city = city_with_a_tree().await;
    let points: Vec<LocatePoint> = (0..10_000)
        .map(|n| LocatePoint {
            position: Some(position(-87.705 + f64::from(n % 4) * 0.01, 41.905)),
            at_time: None,
        })
        .collect();
    let request = LocatePointsRequest {
        parent: "districts/city".to_owned(),
        points,
        near_metres: 0.0,
    };
    let answer = city
        .grids
        .locate_points(by(&city.caller, request))
        .await
        .unwrap()
        .into_inner();
    let grids: Vec<String> = answer.locations.into_iter().map(|one| one.grid).collect();
    assert_eq!(grids.len(), 10_000);
    assert_eq!(codes(&grids[4..8]), ["", "w1-2", "w1-10", "w2-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_point_is_told_at_once() {
    let city = City::new().await;
    let point = |position| LocatePoint {
        position,
        at_time: None,
    };
    let on = |datum: Datum, x, y| {
        Some(Position {
            datum: datum.into(),
            ..position(x, y)
        })
    };
    let points = vec![
        point(on(Datum::Wgs84, -87.7, 41.9)),
        point(None),
        point(on(Datum::Bd09, -87.7, 41.9)),
        point(on(Datum::Unspecified, 116.3, 39.9)),
        point(on(Datum::Wgs84, 0.0, 0.0)),
        point(on(Datum::Wgs84, 39.9, 116.3)),
        point(on(Datum::Wgs84, 181.0, 39.9)),
        point(on(Datum::Wgs84, f64::NAN, 39.9)),
    ];
    let request = LocatePointsRequest {
        parent: "districts/city".to_owned(),
        points,
        near_metres: 501.0,
    };
    let refused = city
        .grids
        .locate_points(by(&city.caller, request))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), ErrorReason::FieldsInvalid);
    let expected = [
        ("near_metres", "must be 0 to 500"),
        ("points[1].position", "is missing"),
        (
            "points[2].position.datum",
            "BD09 is of China alone; give the position in WGS84",
        ),
        ("points[3].position.datum", "must be said"),
        (
            "points[4].position",
            "(0, 0) is what a failed picker returns",
        ),
        (
            "points[5].position.latitude",
            "the latitude must be -90 to 90",
        ),
        (
            "points[6].position.longitude",
            "the longitude must be -180 to 180",
        ),
        (
            "points[7].position.longitude",
            "the longitude must be -180 to 180",
        ),
    ];
    let told = fields(&refused);
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for ((field, words), (expected, begin)) in told.iter().zip(expected) {
        assert_eq!(field, expected);
        assert!(words.starts_with(begin), "{words}");
    }
    let none = LocatePointsRequest {
        parent: "districts/city".to_owned(),
        points: Vec::new(),
        near_metres: 0.0,
    };
    let refused = city
        .grids
        .locate_points(by(&city.caller, none))
        .await
        .unwrap_err();
    assert_eq!(fields(&refused)[0].0, "points");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_point_is_in_the_same_grid_in_whatever_datum_it_comes() {
    let city = City::new().await;
    let features = [feature(
        json!({ "code": "chaoyang", "name": "x", "homes": 1 }),
        square(116.4765, 39.9855),
    )];
    city.counts(&file(&features), LAYER).await;
    let place = |datum: Datum, x: f64, y: f64| LocatePoint {
        position: Some(Position {
            datum: datum.into(),
            ..position(x, y)
        }),
        at_time: None,
    };
    let located = |points: Vec<LocatePoint>| {
        let request = LocatePointsRequest {
            parent: "districts/city".to_owned(),
            points,
            near_metres: 0.0,
        };
        city.grids.locate_points(by(&city.caller, request))
    };
    // One place, as satellites, a phone in China and the vendor of BD-09 give it.
    let inside = vec![
        place(Datum::Wgs84, 116.481499, 39.990475),
        place(Datum::Gcj02, 116.487585, 39.991754),
        place(Datum::Bd09, 116.494125, 39.997721),
        // Taken for WGS 84, the same numbers lie outside.
        place(Datum::Wgs84, 116.487585, 39.991754),
        place(Datum::Wgs84, 116.494125, 39.997721),
    ];
    let answer = located(inside).await.unwrap().into_inner();
    let grids: Vec<String> = answer.locations.into_iter().map(|one| one.grid).collect();
    assert_eq!(codes(&grids), ["chaoyang", "chaoyang", "chaoyang", "", ""]);
}
