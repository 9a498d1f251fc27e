//! How items become a total. It is said twice: for one row in numbers of any size, and for many rows in 64 bits, where the
//! criteria's ranges say that these are enough.

use super::Manifest;
use crate::points::{ABSENT, UNITS, clamp_to_units, div_round};

/// What one row has so far.
#[derive(Clone, Copy, Default)]
struct Sum {
    items: i64,
    /// What the present items could be at most.
    attainable: i64,
    present: bool,
    /// A required item is absent.
    void: bool,
}

impl Manifest {
    /// The total of one row's items, in the manifest's order; absent when all items or a required one are.
    pub fn total(&self, items: &[i64]) -> i64 {
        let mut sum = 0_i128;
        let mut attainable = 0_i128;
        let mut present = 0_usize;
        for (index, criterion) in self.criteria.iter().enumerate() {
            match items.get(index).copied().unwrap_or(ABSENT) {
                ABSENT if criterion.required => return ABSENT,
                ABSENT => {}
                item => {
                    sum += i128::from(item);
                    attainable += i128::from(criterion.max);
                    present += 1;
                }
            }
        }
        if present == 0 || (self.normalise && attainable == 0) {
            return ABSENT;
        }
        let total = match self.normalise {
            true => div_round(100 * i128::from(UNITS) * sum, attainable),
            false => sum,
        };
        clamp_to_units(total).clamp(self.range.min, self.range.max)
    }

    /// The totals of rows whose items, column-major, are within the criteria's ranges.
    pub fn totals(&self, items: &[i64], rows: usize) -> Vec<i64> {
        if !self.sums_are_narrow() {
            return self.totals_one_by_one(items, rows);
        }
        let mut sums = vec![Sum::default(); rows];
        for (criterion, column) in self.criteria.iter().zip(items.chunks_exact(rows.max(1))) {
            // Without a jump: which items are absent cannot be foreseen.
            for (sum, item) in sums.iter_mut().zip(column) {
                let present = *item != ABSENT;
                sum.items += if present { *item } else { 0 };
                sum.attainable += if present { criterion.max } else { 0 };
                sum.present |= present;
                sum.void |= criterion.required & !present;
            }
        }
        sums.iter().map(|sum| self.total_of(sum)).collect()
    }

    fn total_of(&self, sum: &Sum) -> i64 {
        if sum.void || !sum.present || (self.normalise && sum.attainable == 0) {
            return ABSENT;
        }
        let total = match self.normalise {
            true => round_ratio(100 * UNITS * sum.items, sum.attainable),
            false => sum.items,
        };
        total.clamp(self.range.min, self.range.max)
    }

    /// Whether every sum of items, times what makes it a share of a hundred, fits into 64 bits.
    fn sums_are_narrow(&self) -> bool {
        let largest = self.criteria.iter().map(|criterion| {
            i128::from(
                criterion
                    .min
                    .unsigned_abs()
                    .max(criterion.max.unsigned_abs()),
            )
        });
        largest.sum::<i128>() * i128::from(100 * UNITS) < i128::from(i64::MAX)
    }

    fn totals_one_by_one(&self, items: &[i64], rows: usize) -> Vec<i64> {
        let mut row_items = vec![ABSENT; self.criteria.len()];
        let total = |row: usize| {
            for (criterion, item) in row_items.iter_mut().enumerate() {
                *item = items[criterion * rows + row];
            }
            self.total(&row_items)
        };
        (0..rows).map(total).collect()
    }
}

/// Rounded half away from zero, as [`div_round`] does in 128 bits. Neither is the smallest number.
fn round_ratio(numerator: i64, denominator: i64) -> i64 {
    let (quotient, remainder) = (numerator / denominator, numerator % denominator);
    let away = remainder.abs() >= denominator.abs() - remainder.abs();
    // Without a jump: half of all quotients are rounded away.
    quotient + i64::from(away) * numerator.signum() * denominator.signum()
}

#[cfg(all(test, feature = "builtin"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::builtin::BUILTIN;
    use crate::gate::{GateLimits, inspect};
    use crate::manifest::Criterion;

    fn manifest() -> Manifest {
        let candidate = inspect(BUILTIN[1].bytes, &GateLimits::default(), &|_| true);
        candidate.expect("an embedded rule passes").manifest
    }

    fn item(criterion: &Criterion) -> impl Strategy<Value = i64> + use<> {
        prop_oneof![
            1 => Just(ABSENT),
            3 => criterion.min..=criterion.max,
            1 => Just(criterion.max),
        ]
    }

    proptest! {
        #[test]
        fn many_rows_have_the_totals_that_each_has_alone(
            rows in prop::collection::vec(
                manifest().criteria.iter().map(item).collect::<Vec<_>>(),
                0..50,
            ),
            normalise: bool,
        ) {
            let manifest = Manifest { normalise, ..manifest() };
            prop_assert!(manifest.sums_are_narrow());
            let columns = 0..manifest.criteria.len();
            let items: Vec<i64> = columns
                .flat_map(|criterion| rows.iter().map(move |row| row[criterion]))
                .collect();
            let alone: Vec<i64> = rows.iter().map(|row| manifest.total(row)).collect();
            prop_assert_eq!(manifest.totals_one_by_one(&items, rows.len()), alone.clone());
            prop_assert_eq!(manifest.totals(&items, rows.len()), alone);
        }
    }
}
