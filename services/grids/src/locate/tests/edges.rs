//! Points on the edges of grids that lie side by side.

use super::*;

/// Rows of rectangles side by side, each row cut in its own places, so that corners meet the middles of edges too.
fn rows() -> impl Strategy<Value = Vec<Polygon<f64>>> {
    let cuts = || proptest::collection::btree_set(1_u32..9_999, 1..6);
    (cuts(), proptest::collection::vec(cuts(), 7)).prop_map(|(heights, rows)| {
        let places = |cuts: &std::collections::BTreeSet<u32>, from: f64| -> Vec<f64> {
            let ends = std::iter::once(0)
                .chain(cuts.iter().copied())
                .chain([10_000]);
            ends.map(|cut| from + f64::from(cut) / 123_457.0).collect()
        };
        let heights = places(&heights, 39.9);
        let mut rectangles = Vec::new();
        for (row, cuts) in heights.windows(2).zip(rows) {
            for side in places(&cuts, 116.3).windows(2) {
                let corners = [
                    (side[0], row[0]),
                    (side[1], row[0]),
                    (side[1], row[1]),
                    (side[0], row[1]),
                ];
                rectangles.push(Polygon::new(ring(&corners), Vec::new()));
            }
        }
        rectangles
    })
}

/// Corners of the rectangle and places on its edges, exactly.
fn on_edges(rectangle: &Polygon<f64>, part: f64) -> Vec<Coord<f64>> {
    let corners = &rectangle.exterior().0;
    let between = corners.windows(2).map(|edge| Coord {
        x: edge[0].x + (edge[1].x - edge[0].x) * part,
        y: edge[0].y + (edge[1].y - edge[0].y) * part,
    });
    corners.iter().copied().chain(between).collect()
}

proptest! {
    #[test]
    fn a_point_on_an_edge_is_in_the_grid_with_the_lowest_code_in_whatever_order_they_came(
        rectangles in rows(),
        seed in any::<u64>(),
        part in 0.0..1.0_f64,
    ) {
        // Codes go by a shuffle of the places, and the grids come in by another.
        let mixed = |number: usize, salt: u64| {
            (number as u64 + 1).wrapping_mul(seed | 1).wrapping_add(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20
        };
        let coded: Vec<(String, &Polygon<f64>)> = rectangles
            .iter()
            .enumerate()
            .map(|(number, one)| (format!("g{:012x}-{number}", mixed(number, 1)), one))
            .collect();
        let areas = || coded.iter().map(|(code, one)| grid(code, None, vec![(*one).clone()]));
        let mut shuffled: Vec<IndexedArea> = areas().collect();
        let number = |code: &str| code.rsplit('-').next().unwrap().parse::<usize>().unwrap();
        shuffled.sort_by_key(|area| mixed(number(&area.code), 7));
        let (index, other) = (Index::new(areas().collect()), Index::new(shuffled));
        for point in rectangles.iter().flat_map(|one| on_edges(one, part)) {
            let covers = |one: &Polygon<f64>| {
                let ring = &one.exterior().0;
                (ring[0].x..=ring[2].x).contains(&point.x) && (ring[0].y..=ring[2].y).contains(&point.y)
            };
            let covering = coded.iter().filter(|(_, one)| covers(one));
            let lowest = covering.map(|(code, _)| code.as_str()).min();
            prop_assert!(lowest.is_some());
            prop_assert_eq!(located(&index, point.x, point.y, 0), lowest);
            prop_assert_eq!(located(&other, point.x, point.y, 0), lowest);
        }
    }
}
