//! Locating against brute force, on shared edges, in holes, and through time.

mod edges;

use geo::{Coord, Distance, Euclidean, Intersects, Line, LineString, Point, Polygon};
use proptest::prelude::*;

use super::*;

fn ring(corners: &[(f64, f64)]) -> LineString<f64> {
    let mut ring: Vec<Coord<f64>> = corners.iter().map(|&(x, y)| Coord { x, y }).collect();
    ring.push(ring[0]);
    LineString(ring)
}

fn square(x: f64, y: f64, size: f64) -> Polygon<f64> {
    let corners = [(x, y), (x + size, y), (x + size, y + size), (x, y + size)];
    Polygon::new(ring(&corners), Vec::new())
}

fn grid(code: &str, parent: Option<&str>, polygons: Vec<Polygon<f64>>) -> IndexedArea {
    let boundary = Some(MultiPolygon(polygons));
    let version = IndexedVersion {
        from: 0,
        parent: parent.map(str::to_owned),
        boundary,
    };
    IndexedArea {
        code: code.to_owned(),
        versions: vec![version],
    }
}

fn above(code: &str, parent: Option<&str>) -> IndexedArea {
    let version = IndexedVersion {
        from: 0,
        parent: parent.map(str::to_owned),
        boundary: None,
    };
    IndexedArea {
        code: code.to_owned(),
        versions: vec![version],
    }
}

fn located(index: &Index, x: f64, y: f64, at: i64) -> Option<&str> {
    index
        .locate(Coord { x, y }, at)
        .map(|found| index.code(found.grid))
}

/// A star around a centre: no ring of it crosses itself.
fn star(x: f64, y: f64, radii: &[f64]) -> Polygon<f64> {
    let corner = |(number, radius): (usize, &f64)| {
        let angle = number as f64 / radii.len() as f64 * std::f64::consts::TAU;
        (x + radius * angle.cos(), y + radius * angle.sin())
    };
    let corners: Vec<(f64, f64)> = radii.iter().enumerate().map(corner).collect();
    Polygon::new(ring(&corners), Vec::new())
}

fn stars() -> impl Strategy<Value = Vec<Polygon<f64>>> {
    let one = (
        -50.0..50.0,
        -50.0..50.0,
        proptest::collection::vec(1.0..30.0, 3..60),
    );
    proptest::collection::vec(one.prop_map(|(x, y, radii)| star(x, y, &radii)), 1..12)
}

proptest! {
    #[test]
    fn the_index_says_what_brute_force_says(
        polygons in stars(),
        points in proptest::collection::vec((-80.0..80.0, -80.0..80.0), 1..50),
        corner in any::<proptest::sample::Index>(),
    ) {
        let corners = &polygons[0].exterior().0;
        let corner = corners[corner.index(corners.len())];
        let areas = polygons.iter().enumerate();
        let areas = areas.map(|(n, one)| grid(&format!("{n:02}"), None, vec![one.clone()])).collect();
        let index = Index::new(areas);
        for (x, y) in points.into_iter().chain([(corner.x, corner.y)]) {
            let by_force = polygons.iter().position(|one| one.intersects(&Point::new(x, y)));
            let by_force = by_force.map(|number| format!("{number:02}"));
            prop_assert_eq!(located(&index, x, y, 0), by_force.as_deref(), "at ({}, {})", x, y);
        }
    }

    /// A crooked line cuts a plane in two; both sides hold the same corners, one of them in the other direction.
    #[test]
    fn a_point_on_a_shared_edge_belongs_to_the_lowest_code(
        steps in proptest::collection::vec(-0.4_f64..0.4, 2..40),
        edge in any::<proptest::sample::Index>(),
        left_is_lower: bool,
    ) {
        let line: Vec<(f64, f64)> =
            steps.iter().enumerate().map(|(n, step)| (116.3 + step, 39.9 + n as f64)).collect();
        let (bottom, top) = (line[0].1, line[line.len() - 1].1);
        let left: Vec<_> = line.iter().rev().copied().chain([(115.0, bottom), (115.0, top)]).collect();
        let right: Vec<_> = line.iter().copied().chain([(118.0, top), (118.0, bottom)]).collect();
        let codes = if left_is_lower { ["10", "9"] } else { ["9", "10"] };
        let index = Index::new(vec![
            grid(codes[0], None, vec![Polygon::new(ring(&left), Vec::new())]),
            grid(codes[1], None, vec![Polygon::new(ring(&right), Vec::new())]),
        ]);
        let at = edge.index(line.len() - 1);
        let (a, b) = (line[at], line[at + 1]);
        prop_assert_eq!(located(&index, a.0, a.1, 0), Some("10"), "a corner, in byte order");
        // What lies near the edge belongs to exactly one side, on whichever side rounding put it.
        let middle = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
        let sides = [&left, &right].map(|side| {
            Polygon::new(ring(side), Vec::new()).intersects(&Point::new(middle.0, middle.1))
        });
        let expected = match sides {
            [true, true] => "10",
            [true, false] => codes[0],
            [false, true] => codes[1],
            [false, false] => return Err(TestCaseError::fail("a gap between two sides of a line")),
        };
        prop_assert_eq!(located(&index, middle.0, middle.1, 0), Some(expected));
    }

    /// Whole even numbers have exact midpoints, so these points lie on the edge and not merely near it.
    #[test]
    fn a_midpoint_of_a_shared_edge_belongs_to_the_lowest_code(
        steps in proptest::collection::vec(-9_i32..9, 2..40),
        edge in any::<proptest::sample::Index>(),
        left_is_lower: bool,
    ) {
        let corner = |(n, step): (usize, &i32)| (f64::from(step * 2), n as f64 * 2.0);
        let line: Vec<(f64, f64)> = steps.iter().enumerate().map(corner).collect();
        let top = line[line.len() - 1].1;
        let left: Vec<_> = line.iter().rev().copied().chain([(-40.0, 0.0), (-40.0, top)]).collect();
        let right: Vec<_> = line.iter().copied().chain([(40.0, top), (40.0, 0.0)]).collect();
        let codes = if left_is_lower { ["a", "b"] } else { ["b", "a"] };
        let index = Index::new(vec![
            grid(codes[0], None, vec![Polygon::new(ring(&left), Vec::new())]),
            grid(codes[1], None, vec![Polygon::new(ring(&right), Vec::new())]),
        ]);
        let at = edge.index(line.len() - 1);
        let ((ax, ay), (bx, by)) = (line[at], line[at + 1]);
        let (x, y) = ((ax + bx) / 2.0, (ay + by) / 2.0);
        prop_assert_eq!(located(&index, x, y, 0), Some("a"));
        prop_assert_eq!(located(&index, x - 0.01, y, 0), Some(codes[0]), "just west of it");
        prop_assert_eq!(located(&index, x + 0.01, y, 0), Some(codes[1]), "just east of it");
    }

    #[test]
    fn the_near_are_the_nearest_of_all(
        polygons in proptest::collection::vec(
            (8.49..8.51, 47.39..47.41, proptest::collection::vec(0.0005..0.002, 3..12)),
            1..40,
        ),
        metres in 1.0..500.0,
    ) {
        let shapes: Vec<Polygon<f64>> = polygons.iter().map(|(x, y, radii)| star(*x, *y, radii)).collect();
        // Every grid has two polygons, where there are enough.
        let areas = shapes.chunks(2).enumerate();
        let index = Index::new(areas.map(|(n, some)| grid(&format!("{n:02}"), None, some.to_vec())).collect());
        let (point, mut near) = (Coord { x: 8.5, y: 47.4 }, Vec::new());
        index.near(point, 0, metres, None, &mut near);
        let told: Vec<(f64, &str)> = near.iter().map(|one| (one.distance, index.code(one.grid))).collect();
        let scale = Metres::at(point.y);
        let mut all: Vec<(f64, String)> = Vec::new();
        for (number, some) in shapes.chunks(2).enumerate() {
            let distances = some.iter().filter_map(|one| Shape::new(one).distance(point, scale, metres));
            all.extend(distances.reduce(f64::min).map(|distance| (distance, format!("{number:02}"))));
        }
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        all.truncate(MOST_NEAR);
        let all: Vec<(f64, &str)> = all.iter().map(|one| (one.0, one.1.as_str())).collect();
        prop_assert_eq!(told, all);
    }

    #[test]
    fn distance_is_that_of_every_edge_tried(
        polygon in proptest::collection::vec(0.001..0.004, 3..200).prop_map(|radii| star(8.5, 47.4, &radii)),
        x in 8.495..8.505,
        y in 47.395..47.405,
    ) {
        let index = Index::new(vec![grid("a", None, vec![polygon.clone()])]);
        let point = Coord { x, y };
        let mut near = Vec::new();
        index.near(point, 0, 500.0, None, &mut near);
        let scale = Metres::at(y);
        let (east, north) = scale.of_a_degree();
        let flat = |c: Coord<f64>| Coord { x: (c.x - x) * east, y: (c.y - y) * north };
        let nearest = polygon.exterior().lines().map(|line| {
            let line = Line::new(flat(line.start), flat(line.end));
            Euclidean.distance(&Point::new(0.0, 0.0), &line)
        });
        let nearest = nearest.fold(f64::INFINITY, f64::min);
        match near.first() {
            Some(one) => prop_assert!((one.distance - nearest).abs() < 1e-6),
            None => prop_assert!(nearest > 500.0),
        }
    }
}

#[test]
fn ancestors_come_nearest_first() {
    let index = Index::new(vec![
        above("street", None),
        above("community", Some("street")),
        grid("g1", Some("community"), vec![square(1.0, 1.0, 1.0)]),
        grid("g2", Some("street"), vec![square(3.0, 1.0, 1.0)]),
        grid("g3", None, vec![square(5.0, 1.0, 1.0)]),
    ]);
    let ancestors = |x| {
        let found = index.locate(Coord { x, y: 1.5 }, 0).unwrap();
        found
            .ancestors
            .iter()
            .flatten()
            .map(|area| index.code(*area))
            .collect::<Vec<&str>>()
    };
    assert_eq!(ancestors(1.5), ["community", "street"]);
    assert_eq!(ancestors(3.5), ["street"]);
    assert!(ancestors(5.5).is_empty());
    assert_eq!(index.locate(Coord { x: 9.0, y: 9.0 }, 0), None);
}

#[test]
fn a_hole_is_outside_and_its_edge_is_not() {
    let lake = square(4.0, 4.0, 2.0);
    let around = Polygon::new(
        square(1.0, 1.0, 8.0).exterior().clone(),
        vec![lake.exterior().clone()],
    );
    let index = Index::new(vec![grid("land", None, vec![around.clone()])]);
    assert_eq!(located(&index, 2.0, 5.0, 0), Some("land"));
    assert_eq!(located(&index, 5.0, 5.0, 0), None);
    assert_eq!(located(&index, 4.0, 5.0, 0), Some("land"));
    let filled = Index::new(vec![
        grid("land", None, vec![around]),
        grid("lake", None, vec![lake]),
    ]);
    assert_eq!(located(&filled, 5.0, 5.0, 0), Some("lake"));
    assert_eq!(
        located(&filled, 4.0, 5.0, 0),
        Some("lake"),
        "lake is before land"
    );
}

#[test]
fn every_polygon_of_a_grid_counts() {
    let pieces = vec![square(1.0, 1.0, 1.0), square(5.0, 5.0, 1.0)];
    let index = Index::new(vec![
        grid("a", None, pieces),
        grid("b", None, vec![square(3.0, 3.0, 1.0)]),
    ]);
    assert_eq!(located(&index, 1.5, 1.5, 0), Some("a"));
    assert_eq!(located(&index, 5.5, 5.5, 0), Some("a"));
    assert_eq!(located(&index, 3.5, 3.5, 0), Some("b"));
    assert_eq!(located(&index, 2.5, 2.5, 0), None);
}

#[test]
fn each_instant_has_its_own_boundaries_and_parents() {
    let version = |from, parent: &str, x| IndexedVersion {
        from,
        parent: Some(parent.to_owned()),
        boundary: Some(MultiPolygon(vec![square(x, 1.0, 1.0)])),
    };
    let moved = IndexedArea {
        code: "g".to_owned(),
        versions: vec![version(100, "old", 1.0), version(200, "new", 5.0)],
    };
    let index = Index::new(vec![moved, above("old", None), above("new", None)]);
    assert_eq!(located(&index, 1.5, 1.5, 99), None);
    assert_eq!(located(&index, 1.5, 1.5, 100), Some("g"));
    assert_eq!(located(&index, 1.5, 1.5, 199), Some("g"));
    assert_eq!(located(&index, 1.5, 1.5, 200), None);
    assert_eq!(located(&index, 5.5, 1.5, 200), Some("g"));
    let parent = |x, at| {
        let found = index.locate(Coord { x, y: 1.5 }, at).unwrap();
        index.code(found.ancestors[0].unwrap()).to_owned()
    };
    assert_eq!(
        (parent(1.5, 150), parent(5.5, 250)),
        ("old".to_owned(), "new".to_owned())
    );
}

#[test]
fn near_grids_come_with_their_distance_nearest_first() {
    // A thousandth of a degree at 41.9 degrees north is 111.07 m along and 82.98 m across.
    let areas = (0..12).map(|n| {
        let code = format!("{n:02}");
        grid(
            &code,
            None,
            vec![square(-87.7 + f64::from(n) * 0.001, 41.9, 0.001)],
        )
    });
    let index = Index::new(areas.collect());
    let mut near = Vec::new();
    let point = Coord {
        x: -87.6995,
        y: 41.9005,
    };
    let home = index.locate(point, 0).unwrap().grid;
    index.near(point, 0, 150.0, Some(home), &mut near);
    let told: Vec<(&str, i64)> = near
        .iter()
        .map(|one| (index.code(one.grid), one.distance.round() as i64))
        .collect();
    assert_eq!(told, [("01", 41), ("02", 124)]);
    index.near(
        Coord {
            x: -87.694,
            y: 41.901,
        },
        0,
        500.0,
        None,
        &mut near,
    );
    let told: Vec<(&str, i64)> = near
        .iter()
        .map(|one| (index.code(one.grid), one.distance.round() as i64))
        .collect();
    let expected = [
        ("05", 0),
        ("06", 0),
        ("04", 83),
        ("07", 83),
        ("03", 166),
        ("08", 166),
        ("02", 249),
        ("09", 249),
    ];
    assert_eq!(
        told, expected,
        "at most eight, of equals the lowest code first"
    );
}

#[test]
fn metres_of_a_degree_are_those_of_the_ellipsoid() {
    let check = |latitude: f64, across: f64, along: f64| {
        let (x, y) = Metres::at(latitude).of_a_degree();
        assert!(
            (x - across).abs() < 0.01 && (y - along).abs() < 0.01,
            "{latitude}: {x}, {y}"
        );
    };
    check(0.0, 111_319.49, 110_574.28);
    check(45.0, 78_846.84, 111_131.78);
    check(60.0, 55_800.00, 111_412.29);
}
