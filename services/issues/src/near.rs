//! What is near what: metres over the globe, and the box of degrees in which everything near a place lies.

use crate::issue::Place;

/// Mean radius of the earth, in metres.
const RADIUS: f64 = 6_371_008.8;
/// The box is wider by so much, so that rounding leaves nothing out.
const SLACK: f64 = 1.000_001;

/// Strips of latitude to a degree: each is about 111 metres high.
pub const STRIPS: f64 = 1_000.0;

/// Metres between two places along the great circle.
pub fn metres(one: Place, other: Place) -> f64 {
    let (south, north) = (one.latitude.to_radians(), other.latitude.to_radians());
    let rise = ((north - south) / 2.0).sin();
    let turn = ((other.longitude - one.longitude).to_radians() / 2.0).sin();
    let chord = rise * rise + south.cos() * north.cos() * turn * turn;
    2.0 * RADIUS * chord.clamp(0.0, 1.0).sqrt().asin()
}

/// A box of degrees.
#[derive(Clone, Debug, PartialEq)]
pub struct Bounds {
    pub south: f64,
    pub north: f64,
    /// From west to east: one stretch, or two where the box crosses the antimeridian.
    pub stretches: Vec<(f64, f64)>,
}

impl Bounds {
    /// The strips that the box touches, by their numbers: a latitude is in the strip of `ROUND(latitude * 1000)`. On the edge
    /// between two strips databases differ in which they round to, so both are among them.
    pub fn strips(&self) -> Vec<f64> {
        let first = (self.south * STRIPS - 0.5).ceil();
        let last = (self.north * STRIPS + 0.5).floor();
        let count = (last - first) as usize;
        (0..=count).map(|step| first + step as f64).collect()
    }
}

/// The box that holds every place within so many metres. Near a pole it goes all the way around.
pub fn around(place: Place, metres: f64) -> Bounds {
    let angle = metres * SLACK / RADIUS;
    let reach = angle.to_degrees();
    let (south, north) = (place.latitude - reach, place.latitude + reach);
    let mut bounds = Bounds {
        south: south.max(-90.0),
        north: north.min(90.0),
        stretches: vec![(-180.0, 180.0)],
    };
    let share = angle.sin() / place.latitude.to_radians().cos();
    if south <= -90.0 || north >= 90.0 || !(0.0..1.0).contains(&share) {
        return bounds;
    }
    let turn = share.asin().to_degrees() * SLACK;
    let (west, east) = (place.longitude - turn, place.longitude + turn);
    bounds.stretches = if west <= -180.0 {
        vec![(-180.0, east), (west + 360.0, 180.0)]
    } else if east >= 180.0 {
        vec![(west, 180.0), (-180.0, east - 360.0)]
    } else {
        vec![(west, east)]
    };
    bounds
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(latitude: f64, longitude: f64) -> Place {
        Place {
            latitude,
            longitude,
            accuracy: 0.0,
            fuzzy: false,
        }
    }

    fn holds(bounds: &Bounds, place: Place) -> bool {
        let between = |&(west, east): &(f64, f64)| (west..=east).contains(&place.longitude);
        (bounds.south..=bounds.north).contains(&place.latitude)
            && bounds.stretches.iter().any(between)
    }

    #[test]
    fn metres_are_those_of_a_globe() {
        let near = |one, other, expected: f64| {
            let metres = metres(one, other);
            assert!(
                (metres - expected).abs() < 0.01 * expected.max(1.0),
                "{metres}"
            );
        };
        near(place(31.0, 121.0), place(31.0, 121.0), 0.0);
        near(place(0.0, 0.0), place(0.001, 0.0), 111.2);
        near(place(60.0, 10.0), place(60.0, 10.001), 55.6);
        near(place(0.0, 179.9999), place(0.0, -179.9999), 22.2);
        near(place(89.9999, 0.0), place(89.9999, 180.0), 22.2);
        near(place(0.0, 0.0), place(0.0, 180.0), 20_015_114.0);
    }

    #[test]
    fn the_box_is_no_larger_than_it_must_be_away_from_the_poles() {
        let bounds = around(place(31.2, 121.5), 50.0);
        assert!(bounds.north - bounds.south < 0.001);
        let (west, east) = bounds.stretches[0];
        assert!(bounds.stretches.len() == 1 && east - west < 0.0011);
        assert!(!holds(&bounds, place(31.2, 121.501)));
        assert_eq!(around(place(-12.0, 180.0), 50.0).stretches.len(), 2);
        assert_eq!(around(place(90.0, 0.0), 1.0).stretches, [(-180.0, 180.0)]);
        assert_eq!(around(place(31.2001, 0.0), 20.0).strips(), [31_200.0]);
        assert_eq!(around(place(-0.0005, 0.0), 1.0).strips(), [-1.0, 0.0]);
    }

    proptest! {
        #[test]
        fn whatever_is_near_lies_in_the_box(
            latitude in prop_oneof![-90.0..=90.0_f64, 89.9..=90.0_f64, -90.0..=-89.9_f64],
            longitude in prop_oneof![-180.0..=180.0_f64, 179.99..=180.0_f64, -180.0..=-179.99_f64],
            rise in -0.06..0.06_f64,
            turn in -1.0..1.0_f64,
            reach in 1.0..5_000.0_f64,
        ) {
            let here = place(latitude, longitude);
            let mut there = place((latitude + rise).clamp(-90.0, 90.0), longitude + turn);
            if there.longitude > 180.0 {
                there.longitude -= 360.0;
            } else if there.longitude < -180.0 {
                there.longitude += 360.0;
            }
            let apart = metres(here, there);
            prop_assert!((apart - metres(there, here)).abs() < 1e-6);
            let bounds = around(here, reach);
            prop_assert!(apart > reach || holds(&bounds, there), "{} {:?}", apart, bounds);
            for rounded in [f64::round, f64::round_ties_even] {
                let strip = rounded(there.latitude * STRIPS);
                let held = bounds.strips().contains(&strip);
                prop_assert!(held || !holds(&bounds, there), "{} {:?}", strip, bounds);
            }
            // The box around just that distance holds it too.
            prop_assert!(holds(&around(here, apart), there), "{} {:?}", apart, around(here, apart));
        }
    }
}
