//! What a request wants an area to be, field by field, with everything that is wrong about it.

use serde_json::Value;
use tidyward_kit::{
    Violations,
    caller::District as Key,
    error::{Error, Reason},
    name,
};
use tidyward_proto::v1::Area;
use tokio::task::spawn_blocking;

use crate::{
    area::{Measures, Refusal},
    boundary::Boundary,
    change::Draft,
    district::day,
};

/// The longest name and peer group, in characters.
const LONGEST_NAME: usize = 200;
/// Beyond it no count and no size on earth goes.
const LARGEST: i64 = 1_000_000_000_000_000;

/// Reads those fields of the area that the paths name; the others are not looked at.
pub async fn parse(
    violations: &mut Violations,
    district: &Key,
    area: Area,
    paths: &[&'static str],
) -> Result<Draft, Error> {
    let has = |path: &'static str| paths.contains(&path);
    let mut draft = Draft::default();
    if has("parent") {
        draft.parent = parent(violations, district, &area.parent);
    }
    if has("display_name") {
        draft.display_name = text(violations, "area.display_name", area.display_name);
    }
    if has("peer_group") {
        draft.peer_group = text(violations, "area.peer_group", area.peer_group);
    }
    let mut measure = |path: &'static str, value: Option<i64>| {
        let value = value.filter(|_| has(path));
        let good = value.is_none_or(|value| (0..=LARGEST).contains(&value));
        let words = "must be 0 to 1,000,000,000,000,000, or left out where it is unknown";
        violations.require(good, &format!("area.{path}"), words);
        value
    };
    draft.measures = Measures {
        households: measure("households", area.households),
        population: measure("population", area.population),
        area_m2: measure("area_m2", area.area_m2),
        road_metres: measure("road_metres", area.road_metres),
    };
    if has("boundary") && !area.boundary.is_empty() {
        let read = spawn_blocking(move || boundary(&area.boundary));
        match read.await.map_err(Error::internal)? {
            Ok(boundary) => draft.boundary = Some(boundary),
            Err(refusal) => {
                violations.add_reason("area.boundary", refusal.reason, refusal.words);
            }
        }
    }
    if has("exists_until") && !area.exists_until.is_empty() {
        draft.exists_until = day(&area.exists_until);
        violations.require(
            draft.exists_until.is_some(),
            "area.exists_until",
            "must be a day from 1900 to 2200 like `2026-01-31`, or empty where no end is known",
        );
    }
    Ok(draft)
}

fn parent(violations: &mut Violations, district: &Key, text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let ids = name::take::<2>("districts/{}/areas/{}", "area.parent", text);
    let [own, code] = violations.take(ids)?;
    if own != district.id() {
        let words = "is no area of the district; make it first";
        violations.add_reason("area.parent", Reason::ParentMissing, words);
    }
    Some(code)
}

fn text(violations: &mut Violations, field: &str, text: String) -> String {
    let good = text.chars().count() <= LONGEST_NAME && !text.chars().any(char::is_control);
    let words = format!("at most {LONGEST_NAME} characters and no control characters; shorten it");
    violations.require(good, field, &words);
    text
}

fn boundary(text: &str) -> Result<Boundary, Refusal> {
    let wrong = |words: String| Refusal::new(Reason::BoundaryInvalid, words);
    let geometry: Value = serde_json::from_str(text)
        .map_err(|error| wrong(format!("the boundary is no GeoJSON geometry: {error}")))?;
    if geometry.is_null() {
        let words = "the boundary is null; leave it empty where there is none";
        return Err(wrong(words.to_owned()));
    }
    Boundary::parse(&geometry)
}
