//! Positions: one check for every service, of requests and of files. What passes is WGS 84.

mod datum;

use tidyward_proto::v1::{Datum, Position};

pub use datum::{BD09_ERROR, Converted, Degrees, GCJ02_ERROR, to_wgs84};

use crate::error::{Reason, Violations};

/// The largest accuracy that is a radius on the earth, in metres.
const LARGEST_ACCURACY: f64 = 1_000_000.0;

/// What is wrong with degrees in WGS 84: the part of the position (empty is both together) and the words.
pub fn wrong(latitude: f64, longitude: f64) -> Vec<(&'static str, &'static str)> {
    let mut wrong = Vec::new();
    if !(-90.0..=90.0).contains(&latitude) {
        wrong.push((
            "latitude",
            "the latitude must be -90 to 90; check that longitude and latitude are not swapped",
        ));
    }
    if !(-180.0..=180.0).contains(&longitude) {
        wrong.push((
            "longitude",
            "the longitude must be -180 to 180; check that it is in degrees",
        ));
    }
    if latitude == 0.0 && longitude == 0.0 {
        wrong.push((
            "",
            "(0, 0) is what a failed picker returns; find the true place",
        ));
    }
    wrong
}

/// A position of a request, checked and converted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wgs84 {
    pub latitude: f64,
    pub longitude: f64,
    /// Radius in metres, the conversion's own error added; 0 is unknown, before the conversion and after.
    pub accuracy_metres: f64,
    /// Whether it is a guess.
    pub fuzzy: bool,
}

/// The position in WGS 84. Notes everything that is wrong with it; `field` is where it stands.
pub fn check(violations: &mut Violations, field: &str, position: &Position) -> Option<Wgs84> {
    let mut good = true;
    let mut refuse = |part: &str, reason, words: &str| {
        good = false;
        let dot = if part.is_empty() { "" } else { "." };
        violations.add_reason(format!("{field}{dot}{part}"), reason, words);
    };
    let degrees = Degrees {
        latitude: position.latitude,
        longitude: position.longitude,
    };
    let wrong = wrong(degrees.latitude, degrees.longitude);
    let datum = Datum::try_from(position.datum).unwrap_or_default();
    let converted = datum::to_wgs84(datum, degrees);
    if let Err(words) = converted
        // Whether a datum fits a place is idle to say of what is no place.
        && (wrong.is_empty() || datum == Datum::Unspecified)
    {
        refuse("datum", Reason::FieldsInvalid, words);
    }
    for (part, words) in wrong {
        refuse(part, Reason::PositionInvalid, words);
    }
    if !(0.0..=LARGEST_ACCURACY).contains(&position.accuracy_metres) {
        let words = "must be a radius in metres, 0 to 1,000,000; 0 is unknown";
        refuse("accuracy_metres", Reason::FieldsInvalid, words);
    }
    let Converted {
        place,
        error_metres,
    } = converted.ok().filter(|_| good)?;
    let accuracy_metres = match position.accuracy_metres {
        0.0 => 0.0,
        known => known + error_metres,
    };
    Some(Wgs84 {
        latitude: place.latitude,
        longitude: place.longitude,
        accuracy_metres,
        fuzzy: position.fuzzy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(latitude: f64, longitude: f64, accuracy_metres: f64, datum: Datum) -> Position {
        Position {
            latitude,
            longitude,
            accuracy_metres,
            datum: datum.into(),
            fuzzy: false,
        }
    }

    #[test]
    fn every_part_that_is_wrong_is_told() {
        let check = |latitude, longitude, accuracy_metres, datum: Datum, expected: &[&str]| {
            let mut violations = Violations::default();
            let position = position(latitude, longitude, accuracy_metres, datum);
            let place = check(&mut violations, "at", &position);
            assert_eq!(place.is_some(), expected.is_empty());
            if place.is_none() {
                let fields: Vec<String> = violations
                    .into_error()
                    .violations
                    .into_iter()
                    .map(|one| one.field)
                    .collect();
                assert_eq!(fields, expected);
            }
        };
        check(41.8, -87.6, 5.0, Datum::Wgs84, &[]);
        check(0.0, 10.0, 0.0, Datum::Wgs84, &[]);
        check(-90.0, 180.0, 0.0, Datum::Wgs84, &[]);
        check(31.2, 121.5, 5.0, Datum::Gcj02, &[]);
        check(31.2, 121.5, 5.0, Datum::Bd09, &[]);
        check(41.8, -87.6, 5.0, Datum::Gcj02, &[]);
        check(41.8, -87.6, 5.0, Datum::Bd09, &["at.datum"]);
        for datum in [Datum::Wgs84, Datum::Gcj02, Datum::Bd09] {
            check(0.0, 0.0, 0.0, datum, &["at"]);
        }
        check(
            90.1,
            180.1,
            -1.0,
            Datum::Gcj02,
            &["at.latitude", "at.longitude", "at.accuracy_metres"],
        );
        check(
            f64::NAN,
            f64::INFINITY,
            f64::NAN,
            Datum::Unspecified,
            &[
                "at.datum",
                "at.latitude",
                "at.longitude",
                "at.accuracy_metres",
            ],
        );
    }

    #[test]
    fn a_conversion_adds_its_error_to_an_accuracy_that_is_known() {
        let accuracy = |latitude, longitude, accuracy, datum| {
            let mut violations = Violations::default();
            let position = position(latitude, longitude, accuracy, datum);
            check(&mut violations, "at", &position)
                .unwrap()
                .accuracy_metres
        };
        assert_eq!(accuracy(31.2, 121.5, 5.0, Datum::Wgs84), 5.0);
        assert_eq!(accuracy(31.2, 121.5, 5.0, Datum::Gcj02), 5.0 + GCJ02_ERROR);
        assert_eq!(accuracy(31.2, 121.5, 5.0, Datum::Bd09), 5.0 + BD09_ERROR);
        assert_eq!(accuracy(31.2, 121.5, 0.0, Datum::Gcj02), 0.0);
        // Outside China there is nothing to convert.
        assert_eq!(accuracy(41.8, -87.6, 5.0, Datum::Gcj02), 5.0);
    }

    #[test]
    fn a_fuzzy_position_stays_fuzzy_when_it_moves() {
        let mut violations = Violations::default();
        let fuzzy = Position {
            fuzzy: true,
            ..position(39.91334545536069, 116.38404722455657, 0.0, Datum::Gcj02)
        };
        let place = check(&mut violations, "at", &fuzzy).unwrap();
        assert!(place.fuzzy);
        assert!((place.latitude - 39.911954).abs() < 1e-6);
        assert!((place.longitude - 116.377817).abs() < 1e-6);
    }
}
