//! A polygon prepared for many questions: its edges lie in horizontal strips, so that a point is compared with few of them.
//!
//! Sides are decided by exact predicates. A point on an edge is covered, so of two polygons that share an edge both
//! cover its points, and every other point near it is covered by one of them alone.

use geo::{
    Coord, Polygon,
    kernels::{Kernel, Orientation, RobustKernel},
};
use rstar::AABB;

/// Strips of one polygon at most.
const MOST_STRIPS: usize = 1_024;

/// Metres of a degree at a place. Over the 500 m for which it is used the error is below one in a thousand up to
/// 85 degrees of latitude.
#[derive(Clone, Copy, Debug)]
pub struct Metres {
    x: f64,
    y: f64,
}

impl Metres {
    pub fn at(latitude: f64) -> Metres {
        // Radii of curvature of the WGS 84 ellipsoid.
        const RADIUS: f64 = 6_378_137.0;
        const ECCENTRICITY_2: f64 = 0.006_694_379_990_141;
        let (sin, cos) = latitude.to_radians().sin_cos();
        let narrowing = 1.0 - ECCENTRICITY_2 * sin * sin;
        let across = RADIUS / narrowing.sqrt();
        let along = RADIUS * (1.0 - ECCENTRICITY_2) / (narrowing * narrowing.sqrt());
        Metres {
            x: (across * cos).to_radians(),
            y: along.to_radians(),
        }
    }

    /// Metres of a degree across, along a parallel, and along a meridian.
    #[cfg(test)]
    pub fn of_a_degree(self) -> (f64, f64) {
        (self.x, self.y)
    }

    /// A box that reaches at least so many metres from the point. Near a pole it reaches around the earth.
    pub fn around(self, point: Coord<f64>, metres: f64) -> AABB<[f64; 2]> {
        let y = 1.01 * metres / self.y;
        let x = if self.x > 1.0 {
            1.01 * metres / self.x
        } else {
            360.0
        };
        AABB::from_corners([point.x - x, point.y - y], [point.x + x, point.y + y])
    }

    fn distance(self, point: Coord<f64>, edge: &Edge) -> f64 {
        let flat = |coord: Coord<f64>| ((coord.x - point.x) * self.x, (coord.y - point.y) * self.y);
        let ((ax, ay), (bx, by)) = (flat(edge.start), flat(edge.end));
        let (dx, dy) = (bx - ax, by - ay);
        let length_2 = dx * dx + dy * dy;
        let along = if length_2 > 0.0 {
            (-(ax * dx + ay * dy) / length_2).clamp(0.0, 1.0)
        } else {
            0.0
        };
        (ax + along * dx).hypot(ay + along * dy)
    }
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    start: Coord<f64>,
    end: Coord<f64>,
}

/// One polygon with its holes.
#[derive(Clone, Debug)]
pub struct Shape {
    pub envelope: AABB<[f64; 2]>,
    strips_per_degree: f64,
    /// Where in `edges` each strip begins; one more than there are strips.
    begins: Vec<u32>,
    /// The edges that touch the first strip, then those that touch the second, and so on.
    edges: Vec<Edge>,
}

impl Shape {
    pub fn new(polygon: &Polygon<f64>) -> Shape {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        let edges: Vec<Edge> = rings
            .flat_map(|ring| ring.lines())
            .map(|line| Edge {
                start: line.start,
                end: line.end,
            })
            .collect();
        let corners: Vec<[f64; 2]> = edges.iter().map(|edge| edge.start.into()).collect();
        let mut shape = Shape {
            envelope: AABB::from_points(&corners),
            strips_per_degree: 0.0,
            begins: vec![0, edges.len() as u32],
            edges: Vec::new(),
        };
        // Long edges lie in many strips; fewer strips keep the memory in proportion to the polygon.
        let most = 8 * edges.len();
        let mut strips = (edges.len() / 2).clamp(1, MOST_STRIPS);
        while strips > 1 && shape.stripped(&edges, strips) > most {
            strips /= 2;
        }
        shape.stripped(&edges, strips);
        shape.fill(&edges, strips);
        shape
    }

    /// Whether the point is inside or on an edge.
    pub fn covers(&self, point: Coord<f64>) -> bool {
        let (low, high) = (self.envelope.lower(), self.envelope.upper());
        if point.x < low[0] || point.x > high[0] || point.y < low[1] || point.y > high[1] {
            return false;
        }
        let strip = self.strip(point.y);
        let mut inside = false;
        for edge in &self.edges[self.begins[strip] as usize..self.begins[strip + 1] as usize] {
            let Edge { start, end } = *edge;
            let crosses = (start.y > point.y) != (end.y > point.y);
            let (left, right) = if start.x < end.x {
                (start.x, end.x)
            } else {
                (end.x, start.x)
            };
            if point.x > right {
                continue;
            }
            if point.x < left {
                inside ^= crosses;
                continue;
            }
            let (below, above) = if start.y < end.y {
                (start.y, end.y)
            } else {
                (end.y, start.y)
            };
            if point.y < below || point.y > above {
                continue;
            }
            match RobustKernel::orient2d(start, end, point) {
                Orientation::Collinear => return true,
                // The ray to the east meets the edge where the point is to its left as it goes up.
                side => {
                    inside ^=
                        crosses && (side == Orientation::CounterClockwise) == (end.y > start.y)
                }
            }
        }
        inside
    }

    /// Metres from the point to the nearest edge, where that is at most so many.
    pub fn distance(&self, point: Coord<f64>, scale: Metres, most: f64) -> Option<f64> {
        let around = scale.around(point, most);
        let (first, last) = (self.strip(around.lower()[1]), self.strip(around.upper()[1]));
        let edges = &self.edges[self.begins[first] as usize..self.begins[last + 1] as usize];
        let nearest = edges
            .iter()
            .map(|edge| scale.distance(point, edge))
            .fold(f64::INFINITY, f64::min);
        (nearest <= most).then_some(nearest)
    }

    /// The strip of a latitude; those outside the polygon count to the first or last. It never falls as latitude grows,
    /// so a point on an edge is in one of the edge's strips.
    fn strip(&self, y: f64) -> usize {
        let strip = (y - self.envelope.lower()[1]) * self.strips_per_degree;
        (strip.max(0.0) as usize).min(self.begins.len() - 2)
    }

    fn strips_of(&self, edge: &Edge) -> std::ops::RangeInclusive<usize> {
        self.strip(edge.start.y.min(edge.end.y))..=self.strip(edge.start.y.max(edge.end.y))
    }

    /// Lays out so many strips and gives how many edges they hold together.
    fn stripped(&mut self, edges: &[Edge], strips: usize) -> usize {
        let height = self.envelope.upper()[1] - self.envelope.lower()[1];
        let per_degree = strips as f64 / height;
        self.strips_per_degree = if per_degree.is_finite() {
            per_degree
        } else {
            0.0
        };
        self.begins = vec![0; strips + 1];
        edges.iter().map(|edge| self.strips_of(edge).count()).sum()
    }

    fn fill(&mut self, edges: &[Edge], strips: usize) {
        let mut begins = vec![0_u32; strips + 1];
        for edge in edges {
            for strip in self.strips_of(edge) {
                begins[strip + 1] += 1;
            }
        }
        for strip in 0..strips {
            begins[strip + 1] += begins[strip];
        }
        let nothing = Edge {
            start: Coord::zero(),
            end: Coord::zero(),
        };
        let mut filled = vec![nothing; begins[strips] as usize];
        let mut next = begins.clone();
        for edge in edges {
            for strip in self.strips_of(edge) {
                filled[next[strip] as usize] = *edge;
                next[strip] += 1;
            }
        }
        self.begins = begins;
        self.edges = filled;
    }
}
