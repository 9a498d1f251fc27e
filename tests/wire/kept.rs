//! What was published is verified for ever: a bundle of each format, as its release wrote it, comes out as it did then. The
//! files under `releases/` never change; a new format adds one.

use sha2::{Digest, Sha256};
use tidyward_evaluations::{scores::Tally, verify::verify};
use tidyward_tests::compiler;

/// The review of the demo's district by `standard`, in the first format.
const FIRST: &[u8] = include_bytes!("releases/bundle-1");
const FIRST_SHA256: &str = "6847f1f7bb55509c3f44f321180338b819979cd2f0de3b44190b3d636ddd690c";
const FIRST_KEY: &str = "5616453a87a24e15dda2ee1e98aee87df0e230444c33785334264f64a14e3f53";

/// A review of a district of four grids by `case-deductions`, in the second format, which has the rounds.
const SECOND: &[u8] = include_bytes!("releases/bundle-2");
const SECOND_SHA256: &str = "83c3f3aadc10f4e1d96c6100a0e3cd997d9e19d51cbad3c57f2513fa0e3f8b56";
const SECOND_KEY: &str = "26b57e69da29a9c3823654f132ea3641d8fc135092a46a21e9d6cae2983a7aef";

#[test]
fn the_bundle_of_the_first_format_verifies_and_says_what_it_said() {
    assert_eq!(hex::encode(Sha256::digest(FIRST)), FIRST_SHA256);
    let verified = verify(&compiler(), FIRST, Some(FIRST_KEY)).expect("it verifies");
    let names = (verified.district.as_str(), verified.period.as_str());
    assert_eq!(names, ("clearwater", "2026-q3"));
    assert_eq!(
        (verified.rule.as_str(), verified.trial),
        ("standard@1.0.0", false)
    );
    assert_eq!(verified.areas, 43);
    let tally = Tally {
        scored: 42,
        absent: 1,
        failed: 0,
    };
    assert_eq!(verified.tally, tally);
    assert_eq!(
        verified.scores_sha256,
        "bf88a0a69923055040ba26ff07a9f4cc58749d3c893641f21f75f9ff066a22ab"
    );
    assert_eq!(
        verified.facts_sha256,
        "8fb1dfbc236e1fed2813246a33027a894d6e8e7499c46cfed73e677026565db9"
    );
}

#[test]
fn the_bundle_of_the_second_format_verifies_and_says_what_it_said() {
    assert_eq!(hex::encode(Sha256::digest(SECOND)), SECOND_SHA256);
    let verified = verify(&compiler(), SECOND, Some(SECOND_KEY)).expect("it verifies");
    let names = (verified.district.as_str(), verified.period.as_str());
    assert_eq!(names, ("jinhua", "2024-q2"));
    assert_eq!(verified.rule, "case-deductions@1.0.0");
    assert_eq!(verified.parameters["late_points"], "2.5000");
    assert_eq!(
        verified.scores_sha256,
        "912275ecf674455aeb02812d578601c948ed65c900206bf1573cc05a41c65192"
    );
    assert_eq!(
        verified.rounds_sha256,
        "2a1fffa03f78839148e8ce320adaa251d34b02aab9f9674467c45ddf4a3773a2"
    );
}
