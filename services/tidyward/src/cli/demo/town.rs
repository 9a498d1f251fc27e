//! The demo's subdistrict: who lives where, on a map of blocks with shared edges, all from one seed.

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

/// Code and name of the subdistrict; neither is a real one.
pub const STREET: (&str, &str) = ("990101", "清河街道 Clearwater");
/// The communities, row by row on the map: three blocks wide, two high.
const COMMUNITIES: [(&str, &str); 6] = [
    ("海棠", "Begonia"),
    ("青石", "Bluestone"),
    ("柳岸", "Willow Bank"),
    ("东市", "East Market"),
    ("书院", "Academy"),
    ("渡口", "Ferry"),
];
const NUMERALS: [&str; 6] = ["一", "二", "三", "四", "五", "六"];

/// Grids of a community: three wide, two high.
const WIDE: usize = 3;
const HIGH: usize = 2;
/// Where the map's lower left corner lies, in degrees.
const CORNER: (f64, f64) = (119.6420, 29.0815);
/// Size of a grid, in degrees: about 215 m by 180 m.
const SIZE: (f64, f64) = (0.0022, 0.0016);
/// How far a corner may be from its place on a straight lattice, in lattice steps. Half a step would let edges cross.
const WOBBLE: f64 = 0.18;

/// A grid and the people in it.
#[derive(Clone, Debug)]
pub struct Grid {
    pub community: usize,
    /// Within its community, from 0.
    pub index: usize,
    pub households: u32,
    pub road_metres: u32,
    /// How well it is looked after, 0 to 100: what the demo's ledger is made from, and what no rule is told.
    pub care: u32,
}

/// The whole of it.
#[derive(Clone, Debug)]
pub struct Town {
    pub grids: Vec<Grid>,
    /// Corners and the middles of edges, row by row; the same for both grids of an edge.
    lattice: Vec<Vec<(f64, f64)>>,
}

impl Grid {
    pub fn code(&self) -> String {
        format!("{}{:03}{:03}", STREET.0, self.community + 1, self.index + 1)
    }

    pub fn name(&self) -> String {
        let (zh, en) = COMMUNITIES[self.community];
        format!("{zh}{}网格 {en} {}", NUMERALS[self.index], self.index + 1)
    }

    /// Column and row on the map, from the lower left.
    fn place(&self) -> (usize, usize) {
        let column = self.community % 3 * WIDE + self.index % WIDE;
        let row = self.community / 3 * HIGH + self.index / WIDE;
        (column, row)
    }
}

impl Town {
    pub fn new(seed: u64) -> Town {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let grids = (0..COMMUNITIES.len() * WIDE * HIGH)
            .map(|number| Grid {
                community: number / (WIDE * HIGH),
                index: number % (WIDE * HIGH),
                households: random.random_range(180..=460),
                road_metres: random.random_range(320..=900),
                care: random.random_range(35..=99),
            })
            .collect();
        let (columns, rows) = (3 * WIDE * 2, 2 * HIGH * 2);
        let mut point = |column: usize, row: usize| {
            let mut wobble = || random.random_range(-WOBBLE..WOBBLE);
            let (x, y) = (column as f64 + wobble(), row as f64 + wobble());
            (
                rounded(CORNER.0 + x * SIZE.0 / 2.0),
                rounded(CORNER.1 + y * SIZE.1 / 2.0),
            )
        };
        let lattice = (0..=rows)
            .map(|row| (0..=columns).map(|column| point(column, row)).collect())
            .collect();
        Town { grids, lattice }
    }

    /// The grid's outline, anticlockwise and closed.
    fn outline(&self, grid: &Grid) -> Vec<(f64, f64)> {
        let (column, row) = grid.place();
        let (x, y) = (column * 2, row * 2);
        let steps = [
            (0, 0),
            (1, 0),
            (2, 0),
            (2, 1),
            (2, 2),
            (1, 2),
            (0, 2),
            (0, 1),
            (0, 0),
        ];
        steps
            .iter()
            .map(|(right, up)| self.lattice[y + up][x + right])
            .collect()
    }

    /// Somewhere in the grid: near its middle, which no wobble reaches.
    pub fn somewhere(&self, grid: &Grid, random: &mut ChaCha8Rng) -> (f64, f64) {
        let (column, row) = grid.place();
        let mut within = |place: usize| place as f64 + random.random_range(0.2..0.8);
        let (x, y) = (within(column), within(row));
        (
            rounded(CORNER.0 + x * SIZE.0),
            rounded(CORNER.1 + y * SIZE.1),
        )
    }

    /// The map as GeoJSON: one feature a grid, whose properties carry what is above it.
    pub fn geojson(&self) -> String {
        let features: Vec<serde_json::Value> = self
            .grids
            .iter()
            .map(|grid| {
                let (zh, en) = COMMUNITIES[grid.community];
                let outline: Vec<[f64; 2]> =
                    self.outline(grid).iter().map(|(x, y)| [*x, *y]).collect();
                serde_json::json!({
                    "type": "Feature",
                    "properties": {
                        "street": STREET.0,
                        "street_name": STREET.1,
                        "community": format!("{:03}", grid.community + 1),
                        "community_name": format!("{zh}社区 {en}"),
                        "grid": format!("{:03}", grid.index + 1),
                        "grid_name": grid.name(),
                        "households": grid.households,
                        "roads": grid.road_metres,
                    },
                    "geometry": { "type": "Polygon", "coordinates": [outline] },
                })
            })
            .collect();
        serde_json::json!({ "type": "FeatureCollection", "features": features }).to_string()
    }
}

/// To seven places, about a centimetre, as files carry them.
fn rounded(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_town() {
        assert_eq!(Town::new(7).geojson(), Town::new(7).geojson());
        assert_ne!(Town::new(7).geojson(), Town::new(8).geojson());
    }

    #[test]
    fn there_are_thirty_six_grids_and_neighbours_share_their_edges() {
        let town = Town::new(7);
        assert_eq!(town.grids.len(), 36);
        let edges = |grid: &Grid| -> Vec<[(f64, f64); 2]> {
            town.outline(grid)
                .windows(2)
                .map(|edge| [edge[0], edge[1]])
                .collect()
        };
        let all: Vec<[(f64, f64); 2]> = town.grids.iter().flat_map(edges).collect();
        let shared = all
            .iter()
            .filter(|[from, to]| all.contains(&[*to, *from]))
            .count();
        // 36 outlines of 8 edges, of which the rim of 9 by 4 grids is nobody else's.
        assert_eq!((all.len(), all.len() - shared), (36 * 8, 2 * 2 * (9 + 4)));
    }
}
