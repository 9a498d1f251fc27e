//! Each kind of bad input has its reason and its words, and nothing of it goes in.

use super::*;

fn with(geometry: Value) -> Value {
    feature(json!({ "code": "bad", "name": "x", "homes": 1 }), geometry)
}

fn good() -> Value {
    feature(
        json!({ "code": "good", "name": "x", "homes": 1 }),
        square(-87.70, 41.9),
    )
}

/// Imports a bad feature after a good one and gives the only problem.
async fn problem(bad: Value) -> (String, ErrorReason, String) {
    let city = City::new().await;
    let ended = city.import(&file(&[good(), bad]), LAYER).await;
    assert_eq!(ended.state(), ImportState::Done);
    assert_eq!(
        (ended.rows_read, ended.rows_added, ended.rows_rejected),
        (2, 1, 1)
    );
    let areas: Vec<String> = city
        .areas(TODAY)
        .await
        .into_iter()
        .map(|area| area.name)
        .collect();
    assert_eq!(codes(&areas), ["good"], "the good one goes in alone");
    let mut problems = city.problems(&ended).await;
    assert_eq!((problems.len(), problems[0].line), (1, 2));
    let one = problems.remove(0);
    (one.column.clone(), one.reason(), one.message)
}

async fn check(bad: Value, column: &str, reason: ErrorReason, words: &str) {
    let told = problem(bad).await;
    assert_eq!((told.0.as_str(), told.1), (column, reason));
    assert!(told.2.contains(words), "{}", told.2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boundary_that_crosses_itself() {
    let bow_tie =
        json!({ "type": "Polygon", "coordinates": [[[1, 1], [2, 2], [2, 1], [1, 2], [1, 1]]] });
    check(
        with(bow_tie),
        "geometry",
        ErrorReason::BoundaryInvalid,
        "crosses or touches itself near [2, 1]",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boundary_out_of_range_or_in_the_gulf_of_guinea() {
    let range =
        json!({ "type": "Polygon", "coordinates": [[[41, -97], [42, -97], [42, -98], [41, -97]]] });
    check(
        with(range),
        "geometry",
        ErrorReason::PositionInvalid,
        "the latitude must be -90 to 90",
    )
    .await;
    let null = json!({ "type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]] });
    check(
        with(null),
        "geometry",
        ErrorReason::PositionInvalid,
        "(0, 0) is what a failed picker returns",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_boundary_at_all() {
    check(
        with(Value::Null),
        "geometry",
        ErrorReason::ValueMissing,
        "the feature has no geometry",
    )
    .await;
    let line = json!({ "type": "LineString", "coordinates": [[1, 1], [2, 2]] });
    check(
        with(line),
        "geometry",
        ErrorReason::BoundaryInvalid,
        "not LineString",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_missing_or_none() {
    let coded = |code: Value| {
        feature(
            json!({ "code": code, "name": "x", "homes": 1 }),
            square(1.0, 1.0),
        )
    };
    check(
        coded(Value::Null),
        "code",
        ErrorReason::ValueMissing,
        "property `code` is empty",
    )
    .await;
    check(
        coded(json!("a/b")),
        "code",
        ErrorReason::ValueInvalid,
        "holds a slash",
    )
    .await;
    let uncoded = feature(json!({ "name": "x", "homes": 1 }), square(1.0, 1.0));
    check(
        uncoded,
        "code",
        ErrorReason::ColumnMissing,
        "the feature has no property `code`",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_is_none() {
    let counted = feature(
        json!({ "code": "b", "name": "x", "homes": "many" }),
        square(1.0, 1.0),
    );
    let words = "`many` is not a whole number of 0 or more, as households must be; correct it";
    check(counted, "homes", ErrorReason::ValueInvalid, words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parents_that_lead_in_a_circle() {
    let city = City::new().await;
    let mapping = "[[areas]]\nlevel = \"community\"\ncode = \"{code}\"\nparent = \"{up}\"\n";
    let round =
        |code: &str, up: &str, x| feature(json!({ "code": code, "up": up }), square(x, 1.0));
    let ended = city
        .import(
            &file(&[round("a", "b", 1.0), round("b", "a", 2.0)]),
            mapping,
        )
        .await;
    assert_eq!(ended.rows_rejected, 2);
    for problem in city.problems(&ended).await {
        assert_eq!(
            (problem.column.as_str(), problem.reason()),
            ("up", ErrorReason::ParentCycle)
        );
        assert!(problem.message.contains("leads back to it"));
    }
    assert!(city.areas(TODAY).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_property_that_no_feature_has_fails_the_import() {
    let city = City::new().await;
    let mapping = LAYER.replace("\"homes\"", "\"houses\"");
    let ended = city.import(&file(&[good()]), &mapping).await;
    assert_eq!(ended.state(), ImportState::Failed);
    let words = "no feature has the property `houses`, which the mapping names in areas[0].households; correct the mapping";
    assert_eq!(ended.error, words);
    let problems = city.problems(&ended).await;
    assert_eq!((problems.len(), problems[0].column.as_str()), (1, "houses"));
    assert_eq!(problems[0].reason(), ErrorReason::ColumnMissing);
    assert!(city.areas(TODAY).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_geojson_or_cut_short_fails_the_import() {
    let city = City::new().await;
    let whole = file(&[good(), good()]);
    let zipped = gzip(&whole);
    for (bytes, words) in [
        (b"PK\x03\x04 a shapefile".to_vec(), "the file is no GeoJSON"),
        (whole[..whole.len() / 2].to_vec(), "the file is cut short"),
        (zipped[..zipped.len() / 2].to_vec(), "the file "),
        (file(&[]), "the file holds no feature"),
    ] {
        let ended = city.import(&bytes, LAYER).await;
        assert_eq!(ended.state(), ImportState::Failed);
        assert!(ended.error.starts_with(words), "{}", ended.error);
        assert_eq!((ended.rows_read, ended.rows_added), (0, 0));
    }
    assert!(city.areas(TODAY).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_cannot_be_used_starts_nothing() {
    let city = City::new().await;
    for (mapping, words) in [
        (
            format!("{LAYER}colour = \"red\"\n"),
            "unknown field `colour`",
        ),
        (
            format!("valid_from = \"1999-01-01\"\n{LAYER}"),
            "valid_from: 1999-01-01 is before the district's start",
        ),
        (
            LAYER.replace("grid", "block"),
            "areas[0].level: must be `subdistrict`, `community` or `grid`",
        ),
    ] {
        let refused = city
            .begin_import(&file(&[good()]), &mapping)
            .await
            .unwrap_err();
        assert_eq!(reason(&refused), ErrorReason::MappingInvalid);
        assert!(refused.message().contains(words), "{}", refused.message());
    }
    assert!(city.areas(TODAY).await.is_empty());
}
