//! The geometry of a site: a point, line or polygon, or several of them, in WGS 84, longitude before latitude.

use geojson::{Geometry, GeometryValue, Position};
use serde_json::Value;
use tidyward_kit::{error::Reason, position};

use crate::{area::Refusal, boundary::Boundary};

/// Bytes of one geometry at most.
const LARGEST: usize = 64 * 1_024;

/// Checks everything about a geometry and gives it as it is kept.
pub fn parse(text: &str) -> Result<String, Refusal> {
    if text.len() > LARGEST {
        let words = format!(
            "has {} bytes and may have {LARGEST}; simplify it",
            text.len()
        );
        return Err(invalid(&words));
    }
    let value: Value =
        serde_json::from_str(text).map_err(|error| invalid(&format!("is no GeoJSON: {error}")))?;
    let kind = value
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if matches!(kind, "Polygon" | "MultiPolygon") {
        return Boundary::parse(&value).map(|boundary| boundary.to_text());
    }
    let geometry: Geometry = serde_json::from_str(text)
        .map_err(|error| invalid(&format!("is no GeoJSON geometry: {error}")))?;
    match &geometry.value {
        GeometryValue::Point { coordinates } => check(coordinates)?,
        GeometryValue::MultiPoint { coordinates } if !coordinates.is_empty() => {
            coordinates.iter().try_for_each(check)?;
        }
        GeometryValue::LineString { coordinates } => check_line(coordinates)?,
        GeometryValue::MultiLineString { coordinates } if !coordinates.is_empty() => {
            coordinates.iter().try_for_each(|line| check_line(line))?;
        }
        other => {
            let words = format!(
                "is a {} without anything, or nothing that a site can be; draw a point, a line, a polygon or several of them",
                other.type_name()
            );
            return Err(invalid(&words));
        }
    }
    Ok(Geometry::new(geometry.value).to_string())
}

fn check_line(line: &[Position]) -> Result<(), Refusal> {
    if line.len() < 2 {
        return Err(invalid(
            "has a line of less than two positions; draw its other end",
        ));
    }
    line.iter().try_for_each(check)
}

fn check(place: &Position) -> Result<(), Refusal> {
    let &[x, y, ..] = place.as_slice() else {
        return Err(invalid("holds a position without longitude and latitude"));
    };
    match position::wrong(y, x).first() {
        None => Ok(()),
        Some((_, words)) => {
            let words = format!("the geometry holds the position [{x}, {y}]: {words}");
            Err(Refusal::new(Reason::PositionInvalid, words))
        }
    }
}

fn invalid(words: &str) -> Refusal {
    Refusal::new(Reason::BoundaryInvalid, format!("the geometry {words}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        parse(text).unwrap_err().words
    }

    #[test]
    fn points_lines_and_polygons_are_kept_and_anything_else_is_told() {
        for good in [
            r#"{"type":"Point","coordinates":[121.5,31.2]}"#,
            r#"{"type":"MultiPoint","coordinates":[[121.5,31.2]]}"#,
            r#"{"type":"LineString","coordinates":[[121.5,31.2],[121.6,31.2]]}"#,
            r#"{"type":"MultiLineString","coordinates":[[[121.5,31.2],[121.6,31.2]]]}"#,
            r#"{"type":"Polygon","coordinates":[[[1,1],[2,1],[2,2],[1,1]]]}"#,
        ] {
            let kept = parse(good).unwrap();
            assert_eq!(parse(&kept).unwrap(), kept, "{good}");
        }
        for (bad, told) in [
            ("", "is no GeoJSON"),
            ("{}", "is no GeoJSON geometry"),
            (
                r#"{"type":"Point","coordinates":[31.2,121.5]}"#,
                "the latitude must be -90 to 90",
            ),
            (r#"{"type":"Point","coordinates":[0,0]}"#, "failed picker"),
            (r#"{"type":"Point","coordinates":[1]}"#, "the geometry"),
            (
                r#"{"type":"LineString","coordinates":[[1,1]]}"#,
                "the geometry",
            ),
            (
                r#"{"type":"MultiPoint","coordinates":[]}"#,
                "without anything",
            ),
            (
                r#"{"type":"GeometryCollection","geometries":[]}"#,
                "nothing that a site can be",
            ),
            (
                r#"{"type":"Polygon","coordinates":[[[1,1],[2,2],[2,1],[1,2],[1,1]]]}"#,
                "crosses or touches itself",
            ),
        ] {
            assert!(words(bad).contains(told), "{bad}: {}", words(bad));
        }
        assert!(words(&" ".repeat(LARGEST + 1)).contains("65537 bytes and may have 65536"));
    }
}
