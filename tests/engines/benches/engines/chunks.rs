//! How scripts are given columns and give them back: by the same chunks as the component.

use std::ops::Range;

use tidyward_rules::score::{CHUNK_ROWS, Facts};

/// The criteria of the rule.
pub const CRITERIA: usize = 5;

pub fn chunks(rows: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows)
        .step_by(CHUNK_ROWS)
        .map(move |start| start..(start + CHUNK_ROWS).min(rows))
}

/// The facts of some rows, column by column.
pub fn columns(facts: &Facts, rows: Range<usize>) -> impl Iterator<Item = &[i64]> {
    let columns = facts.inputs.chunks_exact(facts.rows);
    columns.map(move |column| &column[rows.clone()])
}

/// Puts the items of some rows, column by column, to their places among those of all rows.
pub fn place<T: Copy>(
    items: &mut [i64],
    all: usize,
    rows: Range<usize>,
    given: &[T],
    number: impl Fn(T) -> i64,
) {
    for (column, given) in items
        .chunks_exact_mut(all)
        .zip(given.chunks_exact(rows.len()))
    {
        for (item, value) in column[rows.clone()].iter_mut().zip(given) {
            *item = number(*value);
        }
    }
}
