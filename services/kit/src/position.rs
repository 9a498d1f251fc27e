//! Positions: one check for every service, of requests and of files.

use tidyward_proto::v1::{Datum, Position};

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

/// Notes everything that is wrong with a position of a request; `field` is where it stands. True where nothing is.
pub fn check(violations: &mut Violations, field: &str, position: &Position) -> bool {
    let mut good = true;
    let mut refuse = |part: &str, reason, words: &str| {
        good = false;
        let dot = if part.is_empty() { "" } else { "." };
        violations.add_reason(format!("{field}{dot}{part}"), reason, words);
    };
    match Datum::try_from(position.datum) {
        Ok(Datum::Wgs84) => {}
        Ok(Datum::Gcj02 | Datum::Bd09) => {
            let words =
                "must be WGS84 in this release; conversion of other datums comes with a later one";
            refuse("datum", Reason::FieldsInvalid, words);
        }
        Ok(Datum::Unspecified) | Err(_) => {
            refuse("datum", Reason::FieldsInvalid, "must be said: WGS84")
        }
    }
    for (part, words) in wrong(position.latitude, position.longitude) {
        refuse(part, Reason::PositionInvalid, words);
    }
    if !(0.0..=LARGEST_ACCURACY).contains(&position.accuracy_metres) {
        let words = "must be a radius in metres, 0 to 1,000,000; 0 is unknown";
        refuse("accuracy_metres", Reason::FieldsInvalid, words);
    }
    good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_that_is_wrong_is_told() {
        let check = |latitude, longitude, accuracy_metres, datum: Datum, expected: &[&str]| {
            let mut violations = Violations::default();
            let position = Position {
                latitude,
                longitude,
                accuracy_metres,
                datum: datum.into(),
                fuzzy: false,
            };
            let good = check(&mut violations, "at", &position);
            assert_eq!(good, expected.is_empty());
            if !good {
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
        check(0.0, 0.0, 0.0, Datum::Wgs84, &["at"]);
        check(
            90.1,
            180.1,
            -1.0,
            Datum::Gcj02,
            &[
                "at.datum",
                "at.latitude",
                "at.longitude",
                "at.accuracy_metres",
            ],
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
}
