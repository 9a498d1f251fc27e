//! Areas to make that are refused.

use tidyward_proto::v1::GridKind;

use super::*;

type Set = fn(&mut CreateAreaRequest, &mut Area);

/// What is done to a good request; the field that is refused and the words.
const BAD_AREAS: [(Set, &str, &str); 21] = [
    (
        |r, _| r.area_id.clear(),
        "area_id",
        "must be 1 to 64 characters, not 0",
    ),
    (
        |r, _| r.area_id = "x".repeat(65),
        "area_id",
        "must be 1 to 64 characters, not 65",
    ),
    (
        |r, _| r.area_id = "长".repeat(64),
        "area_id",
        "a code has at most 128 bytes, this one 192",
    ),
    (
        |r, _| r.area_id = "a/b".to_owned(),
        "area_id",
        "code `a/b` holds a slash",
    ),
    (
        |r, _| r.area_id = "a b".to_owned(),
        "area_id",
        "code `a b` holds a space",
    ),
    (
        |r, _| r.request_id = "1".to_owned(),
        "request_id",
        "must be a UUID",
    ),
    (
        |_, a| a.level = 0,
        "area.level",
        "must be SUBDISTRICT, COMMUNITY or GRID",
    ),
    (
        |_, a| a.level = 9,
        "area.level",
        "must be SUBDISTRICT, COMMUNITY or GRID",
    ),
    (
        |_, a| a.kind = 3,
        "area.kind",
        "must be UNIT or DUTY, or left out",
    ),
    (
        |_, a| {
            a.level = AreaLevel::Community.into();
            a.parent = "districts/city/areas/street".to_owned();
            a.kind = GridKind::Unit.into();
        },
        "area.kind",
        "only grids have a kind; leave it out",
    ),
    (
        |_, a| a.parent = "community".to_owned(),
        "area.parent",
        "must look like `districts/{district}/areas/{area}`",
    ),
    (
        |_, a| a.parent = "districts/other/areas/community".to_owned(),
        "area.parent",
        "is no area of the district; make it first",
    ),
    (
        |_, a| a.parent = "districts/city/areas/nowhere".to_owned(),
        "area.parent",
        "is no area of the district; make it first",
    ),
    (
        |_, a| a.parent = "districts/city/areas/grid".to_owned(),
        "area.parent",
        "its parent `grid` is a grid, and a grid must be below a higher level; correct the parent",
    ),
    (
        |_, a| a.parent = "districts/city/areas/ending".to_owned(),
        "area.parent",
        "its parent `ending` ends on 2016-12-31; name one that stays as long as the area itself",
    ),
    (
        |_, a| a.exists_from = "2015-6-1".to_owned(),
        "area.exists_from",
        "must be a day from 1900 to 2200",
    ),
    (
        |_, a| {
            a.exists_from = "1999-12-31".to_owned();
            a.parent.clear();
        },
        "area.exists_from",
        "must not be before 2000-01-01, when the district's records begin",
    ),
    (
        |_, a| a.display_name = "x".repeat(201),
        "area.display_name",
        "at most 200 characters",
    ),
    (
        |_, a| a.peer_group = "a\u{7}".to_owned(),
        "area.peer_group",
        "at most 200 characters and no control",
    ),
    (
        |_, a| a.households = Some(-1),
        "area.households",
        "must be 0 to 1,000,000,000,000,000",
    ),
    (
        |_, a| a.area_m2 = Some(i64::MAX),
        "area.area_m2",
        "must be 0 to 1,000,000,000,000,000",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_area_to_make_is_refused_with_words_for_each_field() {
    let city = town().await;
    for (set, field, words) in BAD_AREAS {
        let mut request = create();
        let mut area = request.area.take().unwrap();
        set(&mut request, &mut area);
        request.area = Some(area);
        let refused = city
            .grids
            .create_area(by(&city.caller, request))
            .await
            .unwrap_err();
        check_refusal(&refused, field, words);
    }
    assert_eq!(city.areas(TODAY).await.len(), 4, "nothing is half-written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boundary_to_make_is_checked_like_one_of_a_file() {
    let city = town().await;
    for (boundary, words) in [
        ("{", "the boundary is no GeoJSON geometry: EOF"),
        (
            "null",
            "the boundary is null; leave it empty where there is none",
        ),
        (
            "[]",
            "the boundary must be a Polygon or a MultiPolygon, not nothing",
        ),
        (
            r#"{"type":"Point","coordinates":[1,2]}"#,
            "the boundary must be a Polygon or a MultiPolygon, not Point",
        ),
        (
            r#"{"type":"Polygon","coordinates":[[[1,1],[2,2],[1,1]]]}"#,
            "the boundary has a ring that is not closed",
        ),
        (
            r#"{"type":"Polygon","coordinates":[[[41,-87],[41,-97],[42,-97],[41,-87]]]}"#,
            "holds the position [41, -97]: the latitude must be -90 to 90",
        ),
        (
            r#"{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}"#,
            "holds the position [0, 0]: (0, 0) is what a failed picker returns",
        ),
        (
            r#"{"type":"Polygon","coordinates":[[[1,1],[2,2],[2,1],[1,2],[1,1]]]}"#,
            "the boundary crosses or touches itself near",
        ),
    ] {
        let mut request = create();
        request.area.as_mut().unwrap().boundary = boundary.to_owned();
        let refused = city
            .grids
            .create_area(by(&city.caller, request))
            .await
            .unwrap_err();
        let told = fields(&refused);
        assert_eq!(
            (told.len(), told[0].0.as_str()),
            (1, "area.boundary"),
            "{told:?}"
        );
        assert!(told[0].1.starts_with(words), "{}", told[0].1);
    }
}
