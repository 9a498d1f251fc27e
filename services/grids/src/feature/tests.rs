//! What is read of a file, and every way in which a feature can be wrong.

use serde_json::json;

use super::*;
use crate::area::Level;

fn mapping(text: &str) -> Mapping {
    Mapping::parse(text, "2000-01-01".parse().unwrap()).unwrap()
}

fn sectors() -> Mapping {
    mapping(
        r#"
        [[areas]]
        level = "community"
        code = "{district}-{sector}"
        name = "Sector {district}-{sector}"
        [[areas]]
        level = "grid"
        code = "{beat}"
        kind = "unit"
        households = "homes"
        road_metres = "roads"
        "#,
    )
}

fn square() -> Value {
    json!({ "type": "Polygon", "coordinates": [[[10, 50], [11, 50], [11, 51], [10, 51], [10, 50]]] })
}

fn collection(features: &[Value]) -> Vec<u8> {
    json!({ "type": "FeatureCollection", "features": features })
        .to_string()
        .into_bytes()
}

fn feature(properties: Value) -> Value {
    json!({ "type": "Feature", "properties": properties, "geometry": square() })
}

fn good() -> Value {
    feature(
        json!({ "district": "01", "sector": 2, "beat": "0121", "homes": 12.0, "roads": "99.5" }),
    )
}

/// The problems of a second feature with the properties changed, beside a good first one.
fn problems(change: &str, to: Option<Value>) -> Vec<(String, Reason, String)> {
    let mut wrong = good();
    let properties = wrong["properties"].as_object_mut().unwrap();
    match to {
        Some(value) => properties.insert(change.to_owned(), value),
        None => properties.remove(change),
    };
    told(&[good(), wrong])
}

fn told(features: &[Value]) -> Vec<(String, Reason, String)> {
    let read = read(collection(features).as_slice(), &sectors()).unwrap();
    assert_eq!(read.good.len(), 1, "the good one goes in");
    let all = read.problems.into_iter();
    all.map(|one| {
        assert_eq!((one.line, one.kind), (2, ImportProblemKind::Rejected));
        (one.column, one.reason, one.message)
    })
    .collect()
}

fn unusable(bytes: &[u8]) -> String {
    read(bytes, &sectors()).unwrap_err().words
}

#[test]
fn a_feature_says_something_of_each_area_of_the_mapping() {
    let read = read(collection(&[good()]).as_slice(), &sectors()).unwrap();
    let [sector, beat] = read.good[0].statements.as_slice() else {
        panic!("two areas")
    };
    assert_eq!(
        (sector.code.as_str(), sector.level, &sector.parent),
        ("01-2", Level::Community, &None)
    );
    assert_eq!(sector.display_name.as_deref(), Some("Sector 01-2"));
    assert_eq!(
        (beat.code.as_str(), beat.level, beat.parent.as_deref()),
        ("0121", Level::Grid, Some("01-2"))
    );
    assert_eq!(
        (beat.measures.households, beat.measures.road_metres),
        (Some(12), Some(100))
    );
    assert_eq!(
        (beat.measures.population, beat.display_name.as_deref()),
        (None, None)
    );
}

#[test]
fn codes_that_are_missing_empty_or_no_code_are_told_by_property() {
    let one =
        |column: &str, reason, words: &str| vec![(column.to_owned(), reason, words.to_owned())];
    assert_eq!(
        problems("beat", None),
        one(
            "beat",
            Reason::ColumnMissing,
            "the feature has no property `beat`; add it or correct the mapping"
        )
    );
    assert_eq!(
        problems("sector", Some(Value::Null)),
        one(
            "sector",
            Reason::ValueMissing,
            "property `sector` is empty and a code is made of it; fill it in"
        )
    );
    assert_eq!(
        problems("beat", Some(json!([1]))),
        one(
            "beat",
            Reason::ValueInvalid,
            "property `beat` is neither text nor a number; correct it"
        )
    );
    let slash = "code `1/2` holds a slash, which separates the parts of a name; compose another";
    assert_eq!(
        problems("beat", Some(json!("1/2"))),
        one("beat", Reason::ValueInvalid, slash)
    );
    let space = "code `0 1-2` holds a space; compose another of properties without one";
    assert_eq!(
        problems("district", Some(json!("0 1"))),
        one("district, sector", Reason::ValueInvalid, space)
    );
}

#[test]
fn only_the_top_level_may_leave_its_parent_empty() {
    let layer = |level: &str| {
        mapping(&format!(
            "[[areas]]\nlevel = \"{level}\"\ncode = \"{{c}}\"\nparent = \"{{up}}\"\n"
        ))
    };
    let features = [
        feature(json!({ "c": 1, "up": "" })),
        feature(json!({ "c": 2, "up": "x" })),
    ];
    let top = read(collection(&features).as_slice(), &layer("subdistrict")).unwrap();
    assert_eq!(top.good[0].statements[0].parent, None);
    assert_eq!(top.good[1].statements[0].parent.as_deref(), Some("x"));
    let below = read(collection(&features).as_slice(), &layer("community")).unwrap();
    assert_eq!(
        (below.good.len(), below.problems[0].reason),
        (1, Reason::ValueMissing)
    );
}

#[test]
fn counts_are_whole_and_sizes_are_not_negative() {
    let words = "`12.5` is not a whole number of 0 or more, as households must be; correct it";
    assert_eq!(
        problems("homes", Some(json!(12.5))),
        [("homes".to_owned(), Reason::ValueInvalid, words.to_owned())]
    );
    let words = "`-1` is not a number of 0 or more, as road_metres must be; correct it";
    assert_eq!(
        problems("roads", Some(json!(-1))),
        [("roads".to_owned(), Reason::ValueInvalid, words.to_owned())]
    );
    for wrong in [
        json!("many"),
        json!("NaN"),
        json!("inf"),
        json!(1e300),
        json!(true),
    ] {
        assert_eq!(
            problems("homes", Some(wrong.clone()))[0].1,
            Reason::ValueInvalid,
            "{wrong}"
        );
    }
}

#[test]
fn everything_wrong_with_a_feature_is_told() {
    let mut wrong = good();
    wrong["geometry"] = json!({ "type": "Point", "coordinates": [1, 2] });
    wrong["properties"]["homes"] = json!("many");
    wrong["properties"]["district"] = Value::Null;
    let told: Vec<(String, Reason)> = told(&[good(), wrong])
        .into_iter()
        .map(|one| (one.0, one.1))
        .collect();
    let expected = [
        ("district", Reason::ValueMissing),
        ("homes", Reason::ValueInvalid),
        ("geometry", Reason::BoundaryInvalid),
    ];
    assert_eq!(
        told,
        expected.map(|(column, reason)| (column.to_owned(), reason))
    );
    assert_eq!(
        self::told(&[good(), json!(3)])[0].2,
        "is no GeoJSON Feature; export the layer again"
    );
}

#[test]
fn a_long_name_is_refused_and_a_missing_one_is_not() {
    let named = mapping(
        "[[areas]]\nlevel = \"grid\"\ncode = \"{c}\"\nname = \"{n}\"\npeer_group = \"{p}\"\n",
    );
    let features = [
        feature(json!({ "c": 1, "n": "x".repeat(201), "p": "a" })),
        feature(json!({ "c": 2, "n": null })),
        feature(json!({ "c": 3, "n": "Three", "p": "line\nbreak" })),
    ];
    let read = read(collection(&features).as_slice(), &named).unwrap();
    assert_eq!(read.good.len(), 1);
    assert_eq!(read.good[0].statements[0].display_name, None);
    let columns: Vec<(u64, &str)> = read
        .problems
        .iter()
        .map(|one| (one.line, one.column.as_str()))
        .collect();
    assert_eq!(columns, [(1, "n"), (3, "p")]);
    assert_eq!(
        read.bad,
        [(1, Some("1".to_owned())), (3, Some("3".to_owned()))]
    );
}

#[test]
fn a_property_that_is_nowhere_is_a_slip_in_the_mapping() {
    let mut lacking = good();
    lacking["properties"]
        .as_object_mut()
        .unwrap()
        .remove("homes");
    let unusable = read(collection(&[lacking]).as_slice(), &sectors()).unwrap_err();
    let words = "no feature has the property `homes`, which the mapping names in areas[1].households; correct the mapping";
    assert_eq!(unusable.words, words);
    assert_eq!(
        unusable.problems,
        [rejected(
            1,
            "homes",
            Reason::ColumnMissing,
            words.to_owned()
        )]
    );
}

#[test]
fn a_file_that_is_no_feature_collection_says_what_it_is() {
    let check = |bytes: &[u8], words: &str| {
        let told = unusable(bytes);
        assert!(told.contains(words), "{told}");
    };
    check(
        b"<kml></kml>",
        "the file is no GeoJSON: expected value at line 1 column 1",
    );
    check(b"[1, 2]", "expected a GeoJSON FeatureCollection");
    check(b"", "the file is cut short");
    check(
        b"{}",
        "the file is a JSON object without a type, not a GeoJSON FeatureCollection",
    );
    check(
        square().to_string().as_bytes(),
        "the file is a Polygon, not",
    );
    check(good().to_string().as_bytes(), "the file is a Feature, not");
    check(&collection(&[]), "the file holds no feature");
    check(
        br#"{"type": "FeatureCollection", "features": {}}"#,
        "expected a list of features",
    );
    let whole = collection(&[good(), good()]);
    check(&whole[..whole.len() - 20], "the file is cut short");
    let projected = json!({
        "type": "FeatureCollection",
        "crs": { "type": "name", "properties": { "name": "urn:ogc:def:crs:EPSG::3857" } },
        "features": [good()],
    });
    check(
        projected.to_string().as_bytes(),
        "coordinates are in urn:ogc:def:crs:EPSG::3857; export it in WGS 84",
    );
}
