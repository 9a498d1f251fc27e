//! Rules of evidence: limits, what a move shows and what it needs to show.

use jiff::Timestamp;
use tidyward_kit::{Reason, Violations};
use tidyward_proto::v1::{Datum, Position};

use super::*;
use crate::decide::tests::issue as reported;

fn position(latitude: f64, longitude: f64) -> Option<Position> {
    Some(Position {
        latitude,
        longitude,
        datum: Datum::Wgs84 as i32,
        ..Position::default()
    })
}

fn used(evidence: &str, kind: Kind) -> Use {
    Use {
        evidence: evidence.to_owned(),
        kind: kind as i32,
        ..Use::default()
    }
}

#[test]
fn each_limit_lets_pass_what_reaches_it_and_refuses_one_more() {
    for limits in LIMITS {
        assert!(limits.check_bytes(limits.bytes).is_ok());
        let error = limits.check_bytes(limits.bytes + 1).unwrap_err();
        assert_eq!(error.reason, Reason::EvidenceTooLarge);
        assert_eq!(error.metadata["what"], "bytes");
        if let Some(most) = limits.pixels {
            assert!(limits.check_pixels(most).is_ok() && limits.check_pixels(most + 1).is_err());
        }
        if let Some(most) = limits.seconds {
            let most = most * 1_000;
            assert!(limits.check_millis(most).is_ok() && limits.check_millis(most + 1).is_err());
        }
        assert!(limits.bytes <= LARGEST);
    }
}

#[test]
fn everything_that_is_wrong_with_uses_is_told_at_once_and_only_the_server_says_exif() {
    let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let wrong = Use {
        position: position(0.0, 0.0),
        shot_time: Some(clock::to_wire(now + std::time::Duration::from_secs(1))),
        ..Use::default()
    };
    let told = [used("a", Kind::Near), used("a", Kind::Near), wrong];
    let mut violations = Violations::default();
    check_uses(&mut violations, &told, now);
    let error = violations.into_error();
    let fields: Vec<_> = error
        .violations
        .iter()
        .map(|one| one.field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "evidence[1].evidence",
            "evidence[2].kind",
            "evidence[2].shot_time",
            "evidence[2].position"
        ]
    );

    let mut violations = Violations::default();
    let forged = Use {
        exif_position: position(1.0, 1.0),
        exif_shot_time: Some(clock::to_wire(now)),
        ..used("a", Kind::Near)
    };
    let checked = check_uses(&mut violations, &[forged, used("a", Kind::Far)], now);
    assert!(violations.is_empty());
    assert_eq!(checked, [used("a", Kind::Near), used("a", Kind::Far)]);

    let many: Vec<Use> = (0..10)
        .map(|index| used(&index.to_string(), Kind::Near))
        .collect();
    let mut violations = Violations::default();
    check_uses(&mut violations, &many, now);
    assert_eq!(violations.into_error().violations[0].field, "evidence");
}

fn photo(kind: Kind, exif: Option<Position>, claimed: Option<Position>, grid: &str) -> Shown {
    let shown = Use {
        exif_position: exif,
        position: claimed,
        ..used("photo", kind)
    };
    Shown {
        grid: (!grid.is_empty()).then(|| grid.to_owned()),
        ..Shown::new(shown, true)
    }
}

#[test]
fn a_photo_of_each_kind_is_needed_and_those_of_afterwards_from_the_place() {
    let place = Place {
        latitude: 41.9,
        longitude: -87.6,
        accuracy: 0.0,
        fuzzy: false,
    };
    let issue = Issue {
        place: Some(place),
        grid: Some("north".to_owned()),
        ..reported()
    };
    let both = [Kind::Before as i32, Kind::After as i32];
    let after = [Kind::After as i32];
    let here = position(41.9, -87.6);
    // About 33 metres to the north.
    let near = position(41.9003, -87.6);
    let far = position(42.0, -87.6);
    let video = Shown {
        is_photo: false,
        ..photo(Kind::After, here, None, "north")
    };
    // Kinds that are asked for, tolerance in metres, what is shown, why it is refused.
    type Case<'c> = (&'c [i32], i32, &'c [Shown], Option<Reason>);
    let cases: &[Case] = &[
        (&[], 0, &[], None),
        (&after, 0, &[], Some(Reason::EvidenceMissing)),
        (&after, 0, &[video], Some(Reason::EvidenceMissing)),
        (
            &both,
            50,
            &[photo(Kind::After, here, None, "")],
            Some(Reason::EvidenceMissing),
        ),
        (
            &after,
            0,
            &[photo(Kind::After, None, None, "")],
            Some(Reason::EvidenceTooFar),
        ),
        // In the grid, however far.
        (&after, 0, &[photo(Kind::After, far, None, "north")], None),
        (
            &after,
            0,
            &[photo(Kind::After, near, None, "south")],
            Some(Reason::EvidenceTooFar),
        ),
        (
            &after,
            33,
            &[photo(Kind::After, near, None, "south")],
            Some(Reason::EvidenceTooFar),
        ),
        (&after, 34, &[photo(Kind::After, near, None, "south")], None),
        (&after, 34, &[photo(Kind::After, None, near, "")], None),
        // What the file says stands over what the client says.
        (
            &after,
            34,
            &[photo(Kind::After, far, here, "")],
            Some(Reason::EvidenceTooFar),
        ),
        // Each of them must be from there.
        (
            &after,
            34,
            &[
                photo(Kind::After, here, None, ""),
                photo(Kind::After, far, None, ""),
            ],
            Some(Reason::EvidenceTooFar),
        ),
        (
            &[Kind::Check as i32],
            0,
            &[photo(Kind::Check, None, None, "")],
            None,
        ),
    ];
    for (index, (needed, tolerance, shown, expected)) in cases.iter().enumerate() {
        let checked = check_shown(&issue, needed, *tolerance, shown);
        let reason = checked.err().map(|error| error.reason);
        assert_eq!(reason, *expected, "case {index}");
    }
    let nowhere = Issue {
        place: None,
        ..issue
    };
    let shown = [photo(Kind::After, here, None, "south")];
    let error = check_shown(&nowhere, &after, 10_000, &shown).unwrap_err();
    assert_eq!(error.reason, Reason::EvidenceTooFar);
    // What lies in no grid is in the same grid as nothing.
    let lost = Issue {
        grid: None,
        ..nowhere
    };
    let shown = [photo(Kind::After, here, None, "")];
    assert!(check_shown(&lost, &after, 10_000, &shown).is_err());
}

#[test]
fn a_rule_names_each_kind_once_and_a_tolerance_on_the_earth() {
    let rule = Rule {
        hand_in: vec![Kind::After as i32, Kind::After as i32],
        settle: vec![0],
        check: vec![9],
        tolerance_metres: 10_001,
    };
    let mut violations = Violations::default();
    check_rule(&mut violations, "rule", &rule);
    let told = violations.into_error().violations;
    let fields: Vec<_> = told.iter().map(|one| one.field.as_str()).collect();
    let expected = [
        "rule.hand_in[1]",
        "rule.settle[0]",
        "rule.check[0]",
        "rule.tolerance_metres",
    ];
    assert_eq!(fields, expected);
}
