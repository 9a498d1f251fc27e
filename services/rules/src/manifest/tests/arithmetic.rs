//! What a manifest computes: totals, stars and parameters.

use std::collections::BTreeMap;

use super::whole;
use crate::points::ABSENT;

#[test]
fn totals_normalise_over_what_is_present() {
    let manifest = whole();
    let check =
        |items: [i64; 2], expected: i64| assert_eq!(manifest.total(&items), expected, "{items:?}");
    check([400_000, ABSENT], 800_000);
    check([400_000, -50_000], 700_000);
    check([ABSENT, -50_000], ABSENT);
    check([ABSENT, ABSENT], ABSENT);
    check([0, -100_000], 0);
    check([333_333, ABSENT], 666_666);
}

#[test]
fn stars_go_by_the_rounded_total() {
    let manifest = whole();
    let check =
        |total: i64, expected: Option<u8>| assert_eq!(manifest.stars(total), expected, "{total}");
    check(949_995, Some(5));
    check(949_994, Some(1));
    check(605_000, Some(1));
    check(604_994, None);
    check(ABSENT, None);
    assert_eq!(manifest.rounded(949_995), 950_000);
}

#[test]
fn parameters_are_checked_by_name_and_range() {
    let manifest = whole();
    let with = |id: &str, value: &str| {
        let overrides = BTreeMap::from([(id.to_owned(), value.to_owned())]);
        manifest
            .parameters(&overrides)
            .map_err(|problems| problems[0].to_string())
    };
    assert_eq!(manifest.parameters(&BTreeMap::new()), Ok(vec![950_000]));
    assert_eq!(with("target_percent", "98.5"), Ok(vec![985_000]));
    assert_eq!(
        with("target_percent", "101"),
        Err("target_percent: must be from 0 to 100 percent".to_owned())
    );
    assert_eq!(
        with("target_percent", "many").unwrap_err(),
        "target_percent: is not a decimal number; write digits with an optional sign and point, such as \"-12.5\""
    );
    assert_eq!(
        with("target", "98"),
        Err("target: is not a parameter of the rule; it has: target_percent".to_owned())
    );
}
