//! Limits as people write them.

use proptest::prelude::*;

use super::*;

#[test]
fn what_is_no_limit_is_told_in_words() {
    let refused = |text: &str, words: &str| {
        let error = Limit::parse(text).unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
    };
    refused("14", "write one like `14 URGENT_DAYS`");
    refused(
        "14 DAYS",
        "write WORKING_HOURS, WORKING_DAYS, URGENT_HOURS or URGENT_DAYS",
    );
    refused("1.23456 URGENT_DAYS", "at most four places");
    refused("-1 WORKING_DAYS", "at most four places");
    refused("1e3 WORKING_HOURS", "at most four places");
    refused("0 WORKING_DAYS", "above 0");
    refused("3661 URGENT_DAYS", "at most ten years");
    refused("3660.0001 WORKING_DAYS", "at most ten years");
    refused("87840.5 WORKING_HOURS", "at most ten years");
    for most in [
        "3660 URGENT_DAYS",
        "3660 WORKING_DAYS",
        "87840 WORKING_HOURS",
    ] {
        assert!(Limit::parse(most).is_ok(), "{most}");
    }
}

proptest! {
    #[test]
    fn a_limit_reads_back_as_it_is_written(amount in 1_i64..36_600_000, row in 0_usize..4) {
        let limit = Limit { amount, unit: NAMES[row].0 };
        prop_assert_eq!(Limit::parse(&limit.to_string()).unwrap(), limit);
    }
}
