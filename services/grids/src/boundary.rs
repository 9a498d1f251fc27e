//! A boundary: a polygon or multipolygon in WGS 84, longitude before latitude, holes allowed, checked when it comes in.

mod valid;

use std::cmp::Ordering;

use geo::{Coord, GeodesicArea, LineString, MultiPolygon, Polygon};
use geojson::{Geometry, GeometryValue, Position};
use serde::Deserialize;
use serde_json::Value;
use tidyward_kit::{error::Reason, position::wrong};

use crate::area::Refusal;

/// Positions of one boundary at most.
const MOST_POSITIONS: usize = 100_000;
/// Polygons of one boundary, and holes of one polygon, at most.
const MOST_PARTS: usize = 1_000;

/// A valid boundary. Its polygons stand in the order of their coordinates, so that the same shape is the same text.
#[derive(Clone, Debug, PartialEq)]
pub struct Boundary(MultiPolygon<f64>);

impl Boundary {
    /// Reads a GeoJSON geometry and checks everything about it.
    pub fn parse(geometry: &Value) -> Result<Boundary, Refusal> {
        let polygons = read(geometry)?;
        Boundary::of_polygons(polygons)
    }

    /// One boundary of several: the features of one area. A polygon that is there twice counts once.
    pub fn merge(boundaries: Vec<Boundary>) -> Result<Boundary, Refusal> {
        Boundary::of_polygons(
            boundaries
                .into_iter()
                .flat_map(|boundary| boundary.0.0)
                .collect(),
        )
    }

    /// Reads what `to_text` wrote, which was checked when it came in.
    pub fn from_text(text: &str) -> Option<Boundary> {
        let value: Value = serde_json::from_str(text).ok()?;
        read(&value)
            .ok()
            .map(|polygons| Boundary(MultiPolygon(polygons)))
    }

    /// A GeoJSON geometry: a polygon where one is enough.
    pub fn to_text(&self) -> String {
        let value = match self.0.0.as_slice() {
            [one] => GeometryValue::from(one),
            _ => GeometryValue::from(&self.0),
        };
        Geometry::new(value).to_string()
    }

    /// Size in square metres on the ellipsoid, rounded.
    pub fn area_m2(&self) -> i64 {
        let ring = |ring: &LineString<f64>| {
            Polygon::new(ring.clone(), Vec::new())
                .geodesic_area_signed()
                .abs()
        };
        let polygon = |polygon: &Polygon<f64>| {
            ring(polygon.exterior()) - polygon.interiors().iter().map(ring).sum::<f64>()
        };
        self.0.iter().map(polygon).sum::<f64>().round() as i64
    }

    pub fn shape(&self) -> &MultiPolygon<f64> {
        &self.0
    }

    fn of_polygons(mut polygons: Vec<Polygon<f64>>) -> Result<Boundary, Refusal> {
        polygons.sort_by(order);
        polygons.dedup();
        let positions: usize = polygons
            .iter()
            .flat_map(rings)
            .map(|ring| ring.0.len())
            .sum();
        let holes = polygons
            .iter()
            .map(|polygon| polygon.interiors().len())
            .max()
            .unwrap_or(0);
        if positions > MOST_POSITIONS || polygons.len().max(holes) > MOST_PARTS {
            return Err(invalid(format!(
                "has more than {MOST_POSITIONS} positions or {MOST_PARTS} parts; simplify it"
            )));
        }
        valid::check(&polygons)?;
        Ok(Boundary(MultiPolygon(polygons)))
    }
}

fn read(geometry: &Value) -> Result<Vec<Polygon<f64>>, Refusal> {
    if geometry.is_null() {
        let words = "the feature has no geometry; draw its boundary or leave the feature out";
        return Err(Refusal::new(Reason::ValueMissing, words));
    }
    let kind = geometry
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("nothing")
        .to_owned();
    if kind != "Polygon" && kind != "MultiPolygon" {
        return Err(invalid(format!(
            "must be a Polygon or a MultiPolygon, not {kind}"
        )));
    }
    let parsed: Result<Geometry, _> = Geometry::deserialize(geometry);
    let parsed = parsed.map_err(|error| invalid(format!("is no {kind}: {error}")))?;
    let polygons = match parsed.value {
        GeometryValue::Polygon { coordinates } => vec![coordinates],
        GeometryValue::MultiPolygon { coordinates } => coordinates,
        other => {
            return Err(invalid(format!(
                "must be a Polygon, not {}",
                other.type_name()
            )));
        }
    };
    if polygons.is_empty() {
        return Err(invalid("holds no polygon".to_owned()));
    }
    polygons
        .iter()
        .map(|polygon| read_polygon(polygon))
        .collect()
}

fn read_polygon(rings: &[Vec<Position>]) -> Result<Polygon<f64>, Refusal> {
    let mut rings = rings.iter().map(|ring| read_ring(ring));
    let exterior = rings
        .next()
        .ok_or_else(|| invalid("holds a polygon without a ring".to_owned()))??;
    Ok(Polygon::new(exterior, rings.collect::<Result<_, _>>()?))
}

/// A ring without positions that follow themselves. Heights are left out.
fn read_ring(positions: &[Position]) -> Result<LineString<f64>, Refusal> {
    let mut ring: Vec<Coord<f64>> = Vec::with_capacity(positions.len());
    for position in positions {
        let &[x, y, ..] = position.as_slice() else {
            return Err(invalid(
                "holds a position without longitude and latitude".to_owned(),
            ));
        };
        if let Some((_, words)) = wrong(y, x).first() {
            let words = format!("holds the position [{x}, {y}]: {words}");
            return Err(Refusal::new(Reason::PositionInvalid, words));
        }
        let place = Coord { x, y };
        if let Some(before) = ring.last() {
            if (before.x - x).abs() > 180.0 {
                return Err(invalid(
                    "crosses the 180th meridian; cut it there in two".to_owned(),
                ));
            }
            if *before == place {
                continue;
            }
        }
        ring.push(place);
    }
    if ring.len() < 4 || ring.first() != ring.last() {
        let words = "has a ring that is not closed or has less than three corners; end each ring where it began";
        return Err(invalid(words.to_owned()));
    }
    Ok(LineString(ring))
}

fn rings(polygon: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

fn order(a: &Polygon<f64>, b: &Polygon<f64>) -> Ordering {
    let numbers = |polygon| {
        rings(polygon)
            .flat_map(|ring| ring.0.iter())
            .flat_map(|corner| [corner.x, corner.y])
    };
    let mut pairs = numbers(a).zip(numbers(b));
    let differing = pairs.find_map(|(a, b)| Some(a.total_cmp(&b)).filter(|order| order.is_ne()));
    differing.unwrap_or_else(|| numbers(a).count().cmp(&numbers(b).count()))
}

fn invalid(words: String) -> Refusal {
    Refusal::new(Reason::BoundaryInvalid, format!("the boundary {words}"))
}

#[cfg(test)]
mod tests;
