//! Of two grids with the same street, the one that reports more by itself does not lose by it.

use tidyward_rule_sdk::testing::score_row;
use tidyward_rule_standard::Standard;

/// A grid whose street has these problems: what inspectors found there, what others reported, and what its own people
/// reported by themselves. Of every four rounds, reported by whomever, `closed` are closed and `failed` checks fail.
fn grid(own: i64, closed: i64, failed: i64) -> Vec<(&'static str, i64)> {
    let external = 12;
    let due = external + own;
    vec![
        ("inspections.count", 4),
        ("inspections.sum", 83),
        ("inspections.max", 100),
        ("issues.independent", 10),
        ("issues.missed", 2),
        ("issues.external.due", external),
        ("issues.external.due_suspended", 0),
        ("issues.external.handled_on_time", external / 4 * closed),
        ("issues.due", due),
        ("issues.due_suspended", 0),
        ("issues.closed", due / 4 * closed),
        ("issues.backlog_start", 0),
        ("issues.backlog_closed", 0),
        ("issues.checks", due),
        ("issues.checks_failed", due / 4 * failed),
        ("issues.rebound", 1),
        ("issues.false_close", 1),
        ("issues.fraud", 0),
        ("issues.refused", 1),
        ("callback.answered", 8),
        ("callback.satisfied", 6),
    ]
}

/// Of two grids with the same street, the one that reports twice as much by itself must not be ranked lower, or nobody
/// would report what he sees. It is not, because own reports never enter the criterion of handling on time, which a
/// late one would lower; because what was found, closed and checked enters as a share and never as a count, so
/// more of the same is the same; and because a rebound weighs less where more was closed.
#[test]
fn a_grid_that_reports_more_by_itself_does_not_lose_by_it() {
    for (closed, failed) in [(4, 0), (3, 0), (3, 1), (2, 2), (0, 4)] {
        for own in [4, 20, 400] {
            let quiet = score_row::<Standard>(&[], &grid(own, closed, failed));
            let honest = score_row::<Standard>(&[], &grid(own * 2, closed, failed));
            for (criterion, points) in &quiet.items {
                let more = honest.items[criterion];
                assert!(
                    points.is_some() && more >= *points,
                    "{criterion}: {more:?} and {points:?}"
                );
            }
            assert_eq!(honest.items["on_time"], quiet.items["on_time"]);
            assert_eq!(honest.items["closed"], quiet.items["closed"]);
        }
    }
    // To find first what inspectors would have found is worth points, and it takes reporting.
    let mut first = grid(8, 3, 1);
    first[4] = ("issues.missed", 0);
    let first = score_row::<Standard>(&[], &first);
    let quiet = score_row::<Standard>(&[], &grid(4, 3, 1));
    assert!(first.items["found_first"] > quiet.items["found_first"]);
}
