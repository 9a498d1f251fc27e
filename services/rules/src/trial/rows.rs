//! The rows of a trial: extreme ones and usual ones, the same for every rule with as many inputs and categories.

use super::next;
use crate::manifest::Manifest;
use crate::points::ABSENT;
use crate::score::{Issue, Row};

/// Rows like those of a small district, beside the extreme ones.
const USUAL: usize = 60;
/// Rounds of the row that has most.
const MOST_ISSUES: usize = 300;
/// The largest numbers of the proto's severity, source and state.
const CODES: [u64; 3] = [2, 7, 10];
/// Bits that a round's marks may have.
const MARKS: u64 = 0x1ff;
/// Minutes that no instant is further away from a period: some ten thousand years.
const FARTHEST: i64 = 5_500_000_000;

/// The rows that a rule with this manifest is tried on.
pub fn made_up(manifest: &Manifest) -> Vec<Row> {
    let mut rows: Vec<Row> = inputs(manifest.inputs.len())
        .into_iter()
        .map(|inputs| Row {
            inputs,
            issues: Vec::new(),
        })
        .collect();
    if manifest.issue_table {
        let mut state = 3;
        let categories = manifest.categories.len();
        for (place, row) in rows.iter_mut().enumerate() {
            let count = match place {
                // Many, some, one and none.
                0 => MOST_ISSUES,
                place if place % 3 == 0 => place % 8,
                place => place % 3 - 1,
            };
            row.issues = (0..count).map(|_| issue(&mut state, categories)).collect();
            row.issues.sort_by_key(|issue| issue.reported);
        }
    }
    rows
}

/// Extreme values and usual ones, for so many inputs.
fn inputs(inputs: usize) -> Vec<Vec<i64>> {
    const EXTREMES: [i64; 7] = [ABSENT, 0, 1, -1, i64::MAX, ABSENT + 1, 1_000_000_000];
    let mut rows: Vec<Vec<i64>> = EXTREMES.iter().map(|value| vec![*value; inputs]).collect();
    for index in 0..inputs {
        for extreme in [ABSENT, 0, i64::MAX] {
            let mut row = vec![10; inputs];
            row[index] = extreme;
            rows.push(row);
        }
    }
    let mut state = 1;
    for _ in 0..USUAL {
        let usual = (0..inputs).map(|_| match next(&mut state) % 8 {
            0 => ABSENT,
            _ => (next(&mut state) % 60) as i64,
        });
        rows.push(usual.collect());
    }
    rows
}

/// A round that may have taken any course, however unlikely.
fn issue(state: &mut u64, categories: usize) -> Issue {
    let mut up_to = |most: u64| next(state) % (most + 1);
    let category = up_to(categories as u64) as i32 - 1;
    let [severity, source, stands] = CODES.map(|most| up_to(most) as u8);
    let mut time = |may_lack: bool| match up_to(15) {
        0..4 if may_lack => ABSENT,
        4 => FARTHEST,
        5 => -FARTHEST,
        // A quarter, and as much before it.
        _ => up_to(260_000) as i64 - 130_000,
    };
    let reported = time(false);
    let [filed, due, handed_in, closed] = [true; 4].map(time);
    Issue {
        category,
        severity,
        source,
        state: stands,
        reported,
        filed,
        due,
        handed_in,
        closed,
        failed_checks: up_to(5) as u32,
        marks: up_to(MARKS) as u32,
    }
}
