//! Where points lie: the grids of a district with their history in an R-tree, made once and asked often. Pure: no clock,
//! no store. A question allocates nothing.

use std::{collections::HashMap, ops::ControlFlow};

use geo::{Coord, MultiPolygon};
use rstar::{AABB, RTree, RTreeObject};

use crate::shape::{Metres, Shape};

/// Grids that are told to be near a point at most.
pub const MOST_NEAR: usize = 8;
/// Levels above a grid.
const ABOVE: usize = 2;

/// An area with its versions, as an index is made of it.
#[derive(Clone, Debug)]
pub struct IndexedArea {
    pub code: String,
    /// Oldest first.
    pub versions: Vec<IndexedVersion>,
}

/// What an area is from an instant on.
#[derive(Clone, Debug)]
pub struct IndexedVersion {
    /// Microseconds.
    pub from: i64,
    pub parent: Option<String>,
    /// Of a grid, where it has one.
    pub boundary: Option<MultiPolygon<f64>>,
}

/// An area of an index. In the order of codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AreaId(u32);

/// The grid in which a point lies, and the areas above it, nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub grid: AreaId,
    pub ancestors: [Option<AreaId>; ABOVE],
}

/// A grid near a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    pub grid: AreaId,
    /// From the point to the grid's boundary, in metres.
    pub distance: f64,
}

/// The grids of a district.
#[derive(Debug)]
pub struct Index {
    areas: Vec<Node>,
    shapes: Vec<Shape>,
    tree: RTree<Part>,
}

#[derive(Debug)]
struct Node {
    code: String,
    /// Since when which parent, oldest first.
    parents: Vec<(i64, Option<AreaId>)>,
}

/// One polygon of one version of a grid.
#[derive(Debug)]
struct Part {
    envelope: AABB<[f64; 2]>,
    area: AreaId,
    shape: u32,
    from: i64,
    until: i64,
}

impl RTreeObject for Part {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

impl Index {
    pub fn new(mut areas: Vec<IndexedArea>) -> Index {
        areas.sort_by(|a, b| a.code.cmp(&b.code));
        let ids: HashMap<String, AreaId> = (0..)
            .map(AreaId)
            .zip(&areas)
            .map(|(id, area)| (area.code.clone(), id))
            .collect();
        let (mut nodes, mut shapes, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        for (id, area) in (0..).map(AreaId).zip(areas) {
            let parent = |version: &IndexedVersion| {
                version
                    .parent
                    .as_ref()
                    .and_then(|code| ids.get(code).copied())
            };
            let parents = area
                .versions
                .iter()
                .map(|one| (one.from, parent(one)))
                .collect();
            nodes.push(Node {
                code: area.code,
                parents,
            });
            for (number, version) in area.versions.iter().enumerate() {
                let until = area
                    .versions
                    .get(number + 1)
                    .map_or(i64::MAX, |next| next.from);
                for polygon in version.boundary.iter().flatten() {
                    let shape = Shape::new(polygon);
                    let envelope = shape.envelope;
                    parts.push(Part {
                        envelope,
                        area: id,
                        shape: shapes.len() as u32,
                        from: version.from,
                        until,
                    });
                    shapes.push(shape);
                }
            }
        }
        Index {
            areas: nodes,
            shapes,
            tree: RTree::bulk_load(parts),
        }
    }

    pub fn code(&self, area: AreaId) -> &str {
        &self.areas[area.0 as usize].code
    }

    /// The grid that covers the point at the instant (microseconds). Where several do, as on a shared edge: the lowest
    /// code in byte order.
    pub fn locate(&self, point: Coord<f64>, at: i64) -> Option<Found> {
        let mut lowest: Option<AreaId> = None;
        let place = AABB::from_point([point.x, point.y]);
        let _all: ControlFlow<()> = self
            .tree
            .locate_in_envelope_intersecting_int(&place, |part| {
                if (part.from..part.until).contains(&at)
                    && lowest.is_none_or(|lowest| part.area < lowest)
                    && self.shapes[part.shape as usize].covers(point)
                {
                    lowest = Some(part.area);
                }
                ControlFlow::Continue(())
            });
        lowest.map(|grid| Found {
            grid,
            ancestors: self.ancestors(grid, at),
        })
    }

    /// Fills `near` with the grids whose boundary at the instant is within so many metres of the point, but the one in
    /// which it lies: nearest first, of equals the lowest code first, at most `MOST_NEAR`.
    pub fn near(
        &self,
        point: Coord<f64>,
        at: i64,
        metres: f64,
        but: Option<AreaId>,
        near: &mut Vec<Near>,
    ) {
        near.clear();
        let scale = Metres::at(point.y);
        let around = scale.around(point, metres);
        let _all: ControlFlow<()> =
            self.tree
                .locate_in_envelope_intersecting_int(&around, |part| {
                    if (part.from..part.until).contains(&at) && Some(part.area) != but {
                        let shape = &self.shapes[part.shape as usize];
                        if let Some(distance) = shape.distance(point, scale, metres) {
                            note(
                                near,
                                Near {
                                    grid: part.area,
                                    distance,
                                },
                            );
                        }
                    }
                    ControlFlow::Continue(())
                });
    }

    fn ancestors(&self, grid: AreaId, at: i64) -> [Option<AreaId>; ABOVE] {
        let mut ancestors = [None; ABOVE];
        let mut area = Some(grid);
        for place in &mut ancestors {
            area = area.and_then(|area| self.parent(area, at));
            *place = area;
        }
        ancestors
    }

    fn parent(&self, area: AreaId, at: i64) -> Option<AreaId> {
        let parents = &self.areas[area.0 as usize].parents;
        parents
            .iter()
            .rev()
            .find(|since| since.0 <= at)
            .and_then(|since| since.1)
    }
}

/// Keeps the nearest in order. A grid of several polygons is as near as the nearest of them.
fn note(near: &mut Vec<Near>, one: Near) {
    let order = |a: &Near, b: &Near| a.distance.total_cmp(&b.distance).then(a.grid.cmp(&b.grid));
    match near.iter().position(|other| other.grid == one.grid) {
        Some(known) if near[known].distance <= one.distance => return,
        Some(known) => drop(near.remove(known)),
        None => {}
    }
    let place = near.partition_point(|other| order(other, &one).is_lt());
    if place < MOST_NEAR {
        near.truncate(MOST_NEAR - 1);
        near.insert(place, one);
    }
}

#[cfg(test)]
mod tests;
