//! The formulas against what vendors answer, and the way there and back.

use super::*;

const METRES_OF_A_DEGREE: f64 = 111_320.0;

fn at(latitude: f64, longitude: f64) -> Degrees {
    Degrees {
        latitude,
        longitude,
    }
}

fn metres(a: Degrees, b: Degrees) -> f64 {
    let east = (a.longitude - b.longitude) * a.latitude.to_radians().cos();
    east.hypot(a.latitude - b.latitude) * METRES_OF_A_DEGREE
}

/// Places all over China, not on round degrees.
fn grid() -> impl Iterator<Item = Degrees> {
    let north = (0..70).map(|step| 18.013 + f64::from(step) * 0.5);
    north
        .flat_map(|latitude| (0..120).map(move |step| at(latitude, 73.507 + f64::from(step) * 0.5)))
}

#[test]
fn positions_that_a_vendor_made_gcj02_come_back_within_the_stated_error() {
    for (gps, gcj02) in [
        (
            at(39.990475, 116.481499),
            at(39.991754014757, 116.487585177952),
        ),
        (
            at(39.990375, 116.481499),
            at(39.991653917101, 116.487585177952),
        ),
        (
            at(30.50848, 114.520212),
            at(30.505929633247, 114.525421278212),
        ),
        (
            at(39.1632171277, 116.9764091450),
            at(39.164154188369, 116.982440321181),
        ),
    ] {
        let converted = to_wgs84(Datum::Gcj02, gcj02).unwrap();
        let off = metres(converted.place, gps);
        assert!(off < 0.5, "{gps:?} is off by {off} m");
        assert_eq!(converted.error_metres, GCJ02_ERROR);
        assert!(metres(gps, gcj02) > 400.0, "the shift itself is large");
    }
}

#[test]
fn positions_that_a_vendor_made_bd09_come_back_within_the_stated_error() {
    let gps = at(29.575429778924, 114.21892734521);
    // The service has answered differently at different times.
    for bd09 in [
        at(29.57908428837437, 114.2307519546763),
        at(29.579087603387, 114.23075654746),
    ] {
        let converted = to_wgs84(Datum::Bd09, bd09).unwrap();
        let off = metres(converted.place, gps);
        assert!(off < 1.5, "{bd09:?} is off by {off} m");
        assert_eq!(converted.error_metres, BD09_ERROR);
    }
}

#[test]
fn the_formulas_give_what_others_publish_of_them() {
    for (wgs84, gcj02) in [
        (
            at(31.1774276, 121.5272106),
            at(31.17530398364597, 121.531541859215),
        ),
        (
            at(22.543847, 113.912316),
            at(22.540796131694766, 113.9171764808363),
        ),
        (
            at(39.911954, 116.377817),
            at(39.91334545536069, 116.38404722455657),
        ),
    ] {
        assert!(metres(to_gcj02(wgs84), gcj02) < 1e-6);
    }
    let bd09 = at(39.92133699351021, 116.41036949371029);
    assert!(metres(to_bd09(at(39.915, 116.404)), bd09) < 1e-6);
}

#[test]
fn there_and_back_is_the_same_place_all_over_china() {
    for place in grid() {
        let gcj02 = to_gcj02(place);
        let shift = metres(place, gcj02);
        assert!(
            (10.0..2_000.0).contains(&shift),
            "{place:?} moves by {shift} m"
        );
        for (datum, shifted, error) in [
            (Datum::Gcj02, gcj02, GCJ02_ERROR),
            (Datum::Bd09, to_bd09(gcj02), BD09_ERROR),
        ] {
            if !is_shifted(shifted) {
                continue;
            }
            let back = to_wgs84(datum, shifted).unwrap();
            let off = metres(back.place, place);
            assert!(
                off < 0.001 && off < error,
                "{datum:?} {place:?} is off by {off} m"
            );
        }
    }
}

#[test]
fn a_kink_in_the_formula_does_not_stop_the_way_back() {
    for (latitude, longitude) in [(35.0, 105.0), (30.0, 105.0 + 1e-9), (35.0 - 1e-9, 110.0)] {
        let place = at(latitude, longitude);
        for (datum, shifted) in [
            (Datum::Gcj02, to_gcj02(place)),
            (Datum::Bd09, to_bd09(to_gcj02(place))),
        ] {
            let back = to_wgs84(datum, shifted).unwrap();
            assert!(metres(back.place, place) < 0.001, "{datum:?} {place:?}");
        }
    }
}

#[test]
fn outside_the_rectangle_nothing_is_shifted_and_bd09_is_refused() {
    for place in [
        at(41.88, -87.63),
        at(-33.86, 151.2),
        at(0.8, 100.0),
        at(40.0, 72.0),
    ] {
        assert_eq!(to_wgs84(Datum::Gcj02, place), Ok(exactly(place)));
        assert!(
            to_wgs84(Datum::Bd09, place)
                .unwrap_err()
                .contains("of China alone")
        );
    }
    for place in [at(0.8293, 72.004), at(55.8271, 137.8347)] {
        assert_ne!(to_wgs84(Datum::Gcj02, place), Ok(exactly(place)));
        assert!(to_wgs84(Datum::Bd09, place).is_ok());
    }
    let place = at(39.9, 116.4);
    assert_eq!(to_wgs84(Datum::Wgs84, place), Ok(exactly(place)));
    assert!(to_wgs84(Datum::Unspecified, place).is_err());
}
