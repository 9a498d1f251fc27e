//! What is a boundary, what is none, and in which words.

use serde_json::json;

use super::*;

fn refusal(geometry: Value) -> (Reason, String) {
    let refusal = Boundary::parse(&geometry).unwrap_err();
    (refusal.reason, refusal.words)
}

fn polygon(rings: Value) -> Value {
    json!({ "type": "Polygon", "coordinates": rings })
}

#[test]
fn a_polygon_with_a_hole_keeps_its_shape_and_loses_the_holes_size() {
    let whole = polygon(json!([[
        [10, 50],
        [10.01, 50],
        [10.01, 50.01],
        [10, 50.01],
        [10, 50]
    ]]));
    let holed = polygon(json!([
        [[10, 50], [10.01, 50], [10.01, 50.01], [10, 50.01], [10, 50]],
        [
            [10.002, 50.002],
            [10.002, 50.004],
            [10.004, 50.004],
            [10.004, 50.002],
            [10.002, 50.002]
        ],
    ]));
    let (whole, holed) = (
        Boundary::parse(&whole).unwrap(),
        Boundary::parse(&holed).unwrap(),
    );
    // A hundredth of a degree: 716.96 m by 1,112.3 m at 50 degrees north.
    assert!(
        (whole.area_m2() - 797_500).abs() < 500,
        "{}",
        whole.area_m2()
    );
    let ratio = holed.area_m2() as f64 / whole.area_m2() as f64;
    assert!((ratio - 0.96).abs() < 0.0001, "{ratio}");
    assert_eq!(Boundary::from_text(&holed.to_text()), Some(holed));
}

#[test]
fn size_does_not_depend_on_the_direction_of_rings() {
    let ring = json!([[10, 50], [10.01, 50], [10.01, 50.01], [10, 50.01], [10, 50]]);
    let back = json!([[10, 50], [10, 50.01], [10.01, 50.01], [10.01, 50], [10, 50]]);
    let size = |ring| Boundary::parse(&polygon(json!([ring]))).unwrap().area_m2();
    assert_eq!(size(ring), size(back));
}

#[test]
fn what_crosses_or_touches_itself_is_refused_with_the_place() {
    let bow_tie = polygon(json!([[[1, 1], [2, 2], [2, 1], [1, 2], [1, 1]]]));
    let (reason, words) = refusal(bow_tie);
    assert_eq!(reason, Reason::BoundaryInvalid);
    assert_eq!(
        words,
        "the boundary crosses or touches itself near [2, 1]; redraw it there"
    );
    let spike = polygon(json!([[
        [1, 1],
        [2, 1],
        [2, 2],
        [2, 3],
        [2, 2],
        [1, 2],
        [1, 1]
    ]]));
    assert_eq!(refusal(spike).0, Reason::BoundaryInvalid);
    let flat = polygon(json!([[[1, 1], [2, 1], [3, 1], [1, 1]]]));
    assert_eq!(refusal(flat).0, Reason::BoundaryInvalid);
    let crossing_at_a_corner = polygon(json!([[
        [0, 1],
        [1, 2],
        [2, 1],
        [2, 3],
        [1, 2],
        [0, 3],
        [0, 1]
    ]]));
    assert_eq!(refusal(crossing_at_a_corner).0, Reason::BoundaryInvalid);
}

#[test]
fn holes_lie_within_and_apart() {
    let outer = json!([[1, 1], [9, 1], [9, 9], [1, 9], [1, 1]]);
    let square = |x: i32, y: i32, size: i32| {
        json!([
            [x, y],
            [x + size, y],
            [x + size, y + size],
            [x, y + size],
            [x, y]
        ])
    };
    let with = |holes: &[Value]| {
        let rings: Vec<&Value> = std::iter::once(&outer).chain(holes).collect();
        Boundary::parse(&polygon(json!(rings))).map_err(|refusal| refusal.words)
    };
    assert!(with(&[square(2, 2, 2), square(5, 5, 2)]).is_ok());
    assert!(
        with(&[square(2, 2, 2), square(4, 4, 2)]).is_ok(),
        "holes may touch at a corner"
    );
    let outside = "the boundary has a hole that is not within its polygon; redraw the hole";
    assert_eq!(with(&[square(8, 8, 3)]).unwrap_err(), outside);
    assert_eq!(with(&[square(20, 20, 3)]).unwrap_err(), outside);
    assert_eq!(
        with(&[square(1, 2, 2)]).unwrap_err(),
        outside,
        "along an edge"
    );
    let overlapping = "the boundary has holes that overlap or share an edge; make them one";
    assert_eq!(
        with(&[square(2, 2, 3), square(3, 3, 3)]).unwrap_err(),
        overlapping
    );
    assert_eq!(
        with(&[square(2, 2, 2), square(4, 2, 2)]).unwrap_err(),
        overlapping
    );
}

#[test]
fn polygons_of_one_area_may_touch_but_not_overlap() {
    let square = |x: f64| {
        let ring = json!([[x, 1.0], [x + 1.0, 1.0], [x + 1.0, 2.0], [x, 2.0], [x, 1.0]]);
        Boundary::parse(&polygon(json!([ring]))).unwrap()
    };
    let merged = Boundary::merge(vec![square(2.0), square(1.0)]).unwrap();
    assert_eq!(
        merged,
        Boundary::merge(vec![square(1.0), square(2.0)]).unwrap()
    );
    assert_eq!(merged.shape().0.len(), 2);
    assert!(merged.to_text().contains("MultiPolygon"));
    assert_eq!(
        Boundary::merge(vec![square(1.0), square(1.0)]).unwrap(),
        square(1.0)
    );
    let refusal = Boundary::merge(vec![square(1.0), square(1.5)]).unwrap_err();
    assert_eq!(
        refusal.words,
        "the boundary has polygons that overlap; cut them so that they only touch"
    );
}

#[test]
fn positions_are_in_range_and_not_null_island() {
    let with = |x: f64, y: f64| refusal(polygon(json!([[[x, y], [2, 1], [2, 2], [x, y]]])));
    for (x, y, words) in [
        (31.2, 121.5, "the latitude must be -90 to 90"),
        (487_000.0, 41.9, "the longitude must be -180 to 180"),
        (0.0, 0.0, "(0, 0) is what a failed picker returns"),
    ] {
        let (reason, told) = with(x, y);
        assert_eq!(reason, Reason::PositionInvalid);
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn what_is_no_polygon_says_what_it_is() {
    assert_eq!(refusal(Value::Null).0, Reason::ValueMissing);
    let point = json!({ "type": "Point", "coordinates": [1, 2] });
    let words = "the boundary must be a Polygon or a MultiPolygon, not Point";
    assert_eq!(refusal(point), (Reason::BoundaryInvalid, words.to_owned()));
    for wrong in [
        json!({}),
        json!({ "type": "Polygon" }),
        json!({ "type": "MultiPolygon", "coordinates": [] }),
        polygon(json!([])),
        polygon(json!([[]])),
        polygon(json!([[[1, 1], ["a", 1], [2, 2], [1, 1]]])),
        polygon(json!([[[1], [1], [2], [1]]])),
        polygon(json!([[[1, 1], [2, 1], [2, 2], [1, 2]]])),
        polygon(json!([[[1, 1], [2, 1], [1, 1]]])),
        polygon(json!([[
            [179, 1],
            [-179, 1],
            [-179, 2],
            [179, 2],
            [179, 1]
        ]])),
    ] {
        assert_eq!(refusal(wrong.clone()).0, Reason::BoundaryInvalid, "{wrong}");
    }
}
