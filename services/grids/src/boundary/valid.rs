//! Whether polygons are valid: no ring crosses or touches itself, holes lie within and apart, polygons do not overlap.
//! Polygons of one area may share an edge, as the pieces of a beat that was cut do.

use geo::{
    BoundingRect, Coord, Intersects, Line, LineString, Polygon, Relate,
    coordinate_position::CoordPos,
    dimensions::Dimensions,
    kernels::{Kernel, Orientation, RobustKernel},
};
use rstar::{AABB, RTree, RTreeObject};

use super::{Refusal, invalid, rings};

pub(super) fn check(polygons: &[Polygon<f64>]) -> Result<(), Refusal> {
    for polygon in polygons {
        for ring in rings(polygon) {
            check_ring(ring)?;
        }
        check_holes(polygon)?;
    }
    let pairs = touching_boxes(polygons);
    match pairs
        .into_iter()
        .find(|&(a, b)| overlap(&polygons[a], &polygons[b]))
    {
        Some(_) => Err(invalid(
            "has polygons that overlap; cut them so that they only touch".to_owned(),
        )),
        None => Ok(()),
    }
}

struct Edge {
    line: Line<f64>,
    index: usize,
}

impl RTreeObject for Edge {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.line.start.into(), self.line.end.into())
    }
}

/// No two edges share a point, but neighbours the corner between them.
fn check_ring(ring: &LineString<f64>) -> Result<(), Refusal> {
    let edges: Vec<Edge> = ring
        .lines()
        .enumerate()
        .map(|(index, line)| Edge { line, index })
        .collect();
    let count = edges.len();
    let tree = RTree::bulk_load(edges);
    for edge in &tree {
        for other in tree.locate_in_envelope_intersecting(&edge.envelope()) {
            if other.index <= edge.index {
                continue;
            }
            let follows = other.index == edge.index + 1;
            let closes = edge.index == 0 && other.index == count - 1;
            let wrong = match (follows, closes) {
                (true, _) => folds_back(edge.line, other.line),
                (_, true) => folds_back(other.line, edge.line),
                _ => edge.line.intersects(&other.line),
            };
            if wrong {
                let Coord { x, y } = other.line.start;
                let words = format!("crosses or touches itself near [{x}, {y}]; redraw it there");
                return Err(invalid(words));
            }
        }
    }
    Ok(())
}

/// Whether the second line goes back over the first, at whose end it begins.
fn folds_back(first: Line<f64>, second: Line<f64>) -> bool {
    let turn = RobustKernel::orient2d(first.start, first.end, second.end);
    let (into, out) = (first.delta(), second.delta());
    turn == Orientation::Collinear && into.x * out.x + into.y * out.y < 0.0
}

/// Holes lie within the polygon and apart from one another; they may touch at points.
fn check_holes(polygon: &Polygon<f64>) -> Result<(), Refusal> {
    if polygon.interiors().is_empty() {
        return Ok(());
    }
    let of_ring = |ring: &LineString<f64>| Polygon::new(ring.clone(), Vec::new());
    let outer = of_ring(polygon.exterior());
    let holes: Vec<Polygon<f64>> = polygon.interiors().iter().map(of_ring).collect();
    for hole in &holes {
        let relation = outer.relate(hole);
        let along = relation.get(CoordPos::OnBoundary, CoordPos::OnBoundary);
        if !relation.is_contains() || along == Dimensions::OneDimensional {
            return Err(invalid(
                "has a hole that is not within its polygon; redraw the hole".to_owned(),
            ));
        }
    }
    for (a, b) in touching_boxes(&holes) {
        let relation = holes[a].relate(&holes[b]);
        let along = relation.get(CoordPos::OnBoundary, CoordPos::OnBoundary);
        if relation.get(CoordPos::Inside, CoordPos::Inside) == Dimensions::TwoDimensional
            || along == Dimensions::OneDimensional
        {
            return Err(invalid(
                "has holes that overlap or share an edge; make them one".to_owned(),
            ));
        }
    }
    Ok(())
}

fn overlap(a: &Polygon<f64>, b: &Polygon<f64>) -> bool {
    a.relate(b).get(CoordPos::Inside, CoordPos::Inside) == Dimensions::TwoDimensional
}

/// Pairs of polygons whose bounding boxes meet.
fn touching_boxes(polygons: &[Polygon<f64>]) -> Vec<(usize, usize)> {
    let boxes: Vec<_> = polygons.iter().map(BoundingRect::bounding_rect).collect();
    let mut pairs = Vec::new();
    for (a, one) in boxes.iter().enumerate() {
        for (b, other) in boxes.iter().enumerate().skip(a + 1) {
            if let (Some(one), Some(other)) = (one, other)
                && one.intersects(other)
            {
                pairs.push((a, b));
            }
        }
    }
    pairs
}
