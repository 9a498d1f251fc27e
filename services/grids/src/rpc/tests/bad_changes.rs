//! Changes that are refused, each with its field, its reason and its words; nothing of one is ever written.

mod fresh;

use prost_types::FieldMask;
use tidyward_proto::v1::AreaLevel;

use super::*;

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

/// One field is refused, with words that begin so.
fn check_refusal(refused: &Status, field: &str, words: &str) {
    assert_eq!(
        reason(refused),
        ErrorReason::FieldsInvalid,
        "{field} {refused}"
    );
    let told = fields(refused);
    assert_eq!(told.len(), 1, "{field}: {told:?}");
    assert_eq!(told[0].0, field, "{told:?}");
    assert!(told[0].1.starts_with(words), "{field}: {}", told[0].1);
}

/// Changes of the grid.
const BAD_CHANGES: [BadChange; 14] = [
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

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_refused_with_words_for_each_field() {
    let city = town().await;
    for (paths, valid_from, set, field, words) in BAD_CHANGES {
        let mut request = update("grid", paths);
        request.valid_from = valid_from.to_owned();
        set(request.area.as_mut().unwrap());
        let refused = city
            .grids
            .update_area(by(&city.caller, request))
            .await
            .unwrap_err();
        check_refusal(&refused, field, words);
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
