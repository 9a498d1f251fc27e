//! Changes that are refused, each with its field, its reason and its words; nothing of one is ever written.

use prost_types::FieldMask;
use tidyward_proto::v1::{AreaLevel, GridKind};

use super::*;

type Set = fn(&mut CreateAreaRequest, &mut Area);
/// The mask, the first day, what else is set; the field that is refused and the words.
type BadChange<'c> = (&'c [&'c str], &'c str, fn(&mut Area), &'c str, &'c str);

/// A district with a street, a community and a grid since 2000, and a street that ends with 2016.
async fn town() -> City {
    let city = City::new().await;
    for (code, level, parent) in [
        ("street", AreaLevel::Subdistrict, ""),
        ("community", AreaLevel::Community, "street"),
        ("grid", AreaLevel::Grid, "community"),
        ("ending", AreaLevel::Subdistrict, ""),
    ] {
        let mut request = create();
        request.area_id = code.to_owned();
        let area = request.area.as_mut().unwrap();
        area.level = level.into();
        area.exists_from = "2000-01-01".to_owned();
        area.parent = match parent {
            "" => String::new(),
            parent => format!("districts/city/areas/{parent}"),
        };
        city.grids
            .create_area(by(&city.caller, request))
            .await
            .unwrap();
    }
    let mut end = update("ending", &["exists_until"]);
    end.area.as_mut().unwrap().exists_until = "2016-12-31".to_owned();
    city.grids.update_area(by(&city.caller, end)).await.unwrap();
    city
}

/// Makes a grid under the community.
fn create() -> CreateAreaRequest {
    CreateAreaRequest {
        parent: "districts/city".to_owned(),
        area_id: "fresh".to_owned(),
        area: Some(Area {
            level: AreaLevel::Grid.into(),
            parent: "districts/city/areas/community".to_owned(),
            ..Area::default()
        }),
        request_id: String::new(),
    }
}

fn update(code: &str, paths: &[&str]) -> UpdateAreaRequest {
    UpdateAreaRequest {
        area: Some(Area {
            name: format!("districts/city/areas/{code}"),
            ..Area::default()
        }),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        valid_from: String::new(),
        request_id: String::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_area_to_make_is_refused_with_words_for_each_field() {
    let city = town().await;
    let cases: [(Set, &str, &str); 21] = [
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
    for (set, field, words) in cases {
        let mut request = create();
        let mut area = request.area.take().unwrap();
        set(&mut request, &mut area);
        request.area = Some(area);
        let refused = city
            .grids
            .create_area(by(&city.caller, request))
            .await
            .unwrap_err();
        assert_eq!(
            reason(&refused),
            ErrorReason::FieldsInvalid,
            "{field} {refused}"
        );
        let told = fields(&refused);
        assert_eq!(told.len(), 1, "{field}: {told:?}");
        assert_eq!(told[0].0, field, "{told:?}");
        assert!(told[0].1.starts_with(words), "{field}: {}", told[0].1);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_refused_with_words_for_each_field() {
    let city = town().await;
    let cases: [BadChange; 14] = [
        (
            &[],
            "",
            |_| {},
            "update_mask",
            "must name what to change; give some of parent, display_name",
        ),
        (
            &["level"],
            "",
            |_| {},
            "update_mask",
            "`level` cannot be changed; give some of parent",
        ),
        (
            &["parent"],
            "",
            |a| a.parent = "x".to_owned(),
            "area.parent",
            "must look like",
        ),
        (
            &["parent"],
            "",
            |a| a.parent = "districts/city/areas/grid".to_owned(),
            "area.parent",
            "following the parents of `grid` leads back to it",
        ),
        (
            &["parent"],
            "",
            |a| a.parent = "districts/city/areas/nowhere".to_owned(),
            "area.parent",
            "is no area of the district",
        ),
        (
            &["parent"],
            "",
            |a| a.parent = "districts/city/areas/ending".to_owned(),
            "area.parent",
            "its parent `ending` ends on 2016-12-31",
        ),
        (
            &["boundary"],
            "",
            |a| a.boundary = "x".to_owned(),
            "area.boundary",
            "the boundary is no GeoJSON",
        ),
        (
            &["population"],
            "",
            |a| a.population = Some(-1),
            "area.population",
            "must be 0 to",
        ),
        (
            &["display_name"],
            "soon",
            |_| {},
            "valid_from",
            "must be a day from 1900 to 2200",
        ),
        (
            &["peer_group"],
            "2000-01-01",
            |a| a.peer_group = "old".to_owned(),
            "valid_from",
            "must be after 2000-01-01, the first day of the area's last version",
        ),
        (
            &["exists_until"],
            "",
            |a| a.exists_until = "soon".to_owned(),
            "area.exists_until",
            "must be a day",
        ),
        (
            &["exists_until"],
            "",
            |a| a.exists_until = "1999-12-31".to_owned(),
            "area.exists_until",
            "must not be before 2000-01-01, the first day of the area's last version",
        ),
        (
            &["exists_until", "peer_group"],
            "2016-01-02",
            |a| {
                a.exists_until = "2016-01-01".to_owned();
                a.peer_group = "old".to_owned();
            },
            "area.exists_until",
            "must not be before 2016-01-02, the first day of the area's last version",
        ),
        (
            &["*"],
            "",
            |a| a.households = Some(-1),
            "area.households",
            "must be 0 to",
        ),
    ];
    for (paths, valid_from, set, field, words) in cases {
        let mut request = update("grid", paths);
        request.valid_from = valid_from.to_owned();
        set(request.area.as_mut().unwrap());
        let refused = city
            .grids
            .update_area(by(&city.caller, request))
            .await
            .unwrap_err();
        assert_eq!(
            reason(&refused),
            ErrorReason::FieldsInvalid,
            "{field} {refused}"
        );
        let told = fields(&refused);
        assert_eq!(told.len(), 1, "{field}: {told:?}");
        assert_eq!(told[0].0, field, "{told:?}");
        assert!(told[0].1.starts_with(words), "{field}: {}", told[0].1);
    }
    let mut late = update("ending", &["display_name"]);
    late.valid_from = "2017-01-01".to_owned();
    late.area.as_mut().unwrap().display_name = "late".to_owned();
    let refused = city
        .grids
        .update_area(by(&city.caller, late))
        .await
        .unwrap_err();
    let words = "must not be after 2016-12-31, on which the area ends";
    assert_eq!(
        fields(&refused),
        [("valid_from".to_owned(), words.to_owned())]
    );

    // What the mask does not name is not looked at.
    let mut other = update("grid", &["peer_group"]);
    other.area.as_mut().unwrap().boundary = "x".to_owned();
    other.area.as_mut().unwrap().peer_group = "old".to_owned();
    city.grids
        .update_area(by(&city.caller, other))
        .await
        .unwrap();
    let grid = city.area("grid", TODAY).await.unwrap();
    assert_eq!(
        (grid.peer_group.as_str(), grid.valid_from.as_str()),
        ("old", "2015-06-01")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_wrong_with_a_change_is_told_at_once() {
    let city = town().await;
    let mut request = update(
        "grid",
        &["parent", "display_name", "households", "exists_until"],
    );
    request.valid_from = "never".to_owned();
    request.request_id = "x".to_owned();
    let area = request.area.as_mut().unwrap();
    area.parent = "districts/city/areas/nowhere".to_owned();
    area.display_name = "x".repeat(201);
    area.households = Some(-1);
    area.exists_until = "never".to_owned();
    let refused = city
        .grids
        .update_area(by(&city.caller, request))
        .await
        .unwrap_err();
    let told: Vec<String> = fields(&refused).into_iter().map(|field| field.0).collect();
    assert_eq!(
        told,
        [
            "request_id",
            "valid_from",
            "area.display_name",
            "area.households",
            "area.exists_until",
            "area.parent"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_of_another_district_is_not_found() {
    let city = town().await;
    let stranger = admin_of("elsewhere");
    let versions = |code: &str, page_token: &str| ListAreaVersionsRequest {
        parent: format!("districts/city/areas/{code}"),
        page_size: 0,
        page_token: page_token.to_owned(),
    };
    let grids = &city.grids;
    for refused in [
        grids
            .update_area(by(&city.caller, update("nowhere", &["parent"])))
            .await
            .unwrap_err(),
        grids
            .update_area(by(&stranger, update("grid", &["parent"])))
            .await
            .unwrap_err(),
        grids
            .create_area(by(&stranger, create()))
            .await
            .unwrap_err(),
        grids
            .list_area_versions(by(&city.caller, versions("nowhere", "")))
            .await
            .unwrap_err(),
        grids
            .list_area_versions(by(&stranger, versions("grid", "")))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(reason(&refused), ErrorReason::NotFound, "{refused}");
        assert!(
            refused
                .message()
                .contains("does not exist or is not yours to see"),
            "{refused}"
        );
    }
    let token = grids
        .list_area_versions(by(&city.caller, versions("grid", "x")))
        .await
        .unwrap_err();
    assert_eq!(reason(&token), ErrorReason::PageTokenInvalid);
    let nameless = UpdateAreaRequest::default();
    let refused = grids
        .update_area(by(&city.caller, nameless))
        .await
        .unwrap_err();
    assert_eq!(fields(&refused)[0].0, "area.name");
}
