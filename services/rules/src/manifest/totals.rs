//! How items become a total. It is said twice: for one row in numbers of any size, and for many rows in 64 bits, where the
//! criteria's ranges say that these are enough.

use super::Manifest;
use crate::points::{ABSENT, UNITS, clamp_to_units, div_round};

/// What an absent item adds to what its row lacks, beside its criterion's `max` where totals are shares: one in the count of
/// those that lack and, where it is required, one in the count of those. Sums of `max` stay below the first.
const LACKS: u64 = 1 << 48;
const LACKS_REQUIRED: u64 = 1 << 56;
/// More criteria than that could overflow the counts.
const MOST_COUNTED: usize = 64;
/// Rows whose sums stay close at hand while criterion after criterion is added.
const AT_ONCE: usize = 512;

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

    /// The totals of rows by their items, column-major; nothing where one is outside its criterion's range. Both are found
    /// out in one look at the items.
    pub fn totals(&self, items: &[i64], rows: usize) -> Option<Vec<i64>> {
        if rows == 0 {
            return Some(Vec::new());
        }
        if !self.sums_are_narrow() {
            let columns = self.criteria.iter().zip(items.chunks_exact(rows));
            let mut outside = columns.map(|(criterion, column)| criterion.first_outside(column));
            return match outside.any(|first| first.is_some()) {
                true => None,
                false => Some(self.totals_one_by_one(items, rows)),
            };
        }
        let mut totals = vec![0; rows];
        for (block, totals) in totals.chunks_mut(AT_ONCE).enumerate() {
            let block = block * AT_ONCE..block * AT_ONCE + totals.len();
            let columns = items.chunks_exact(rows);
            self.totals_of_block(columns.map(|column| &column[block.clone()]), totals)?;
        }
        Some(totals)
    }

    /// Adds the columns to the totals, which are zero before; nothing where an item is outside its range.
    fn totals_of_block<'i>(
        &self,
        columns: impl Iterator<Item = &'i [i64]>,
        totals: &mut [i64],
    ) -> Option<()> {
        let mut lacks = [0_u64; AT_ONCE];
        // Below zero once an item is outside: its difference to the end that it is beyond is. Where that is more than 63 bits
        // can say and has wrapped round to above, the difference to the other end is larger still and has wrapped round to below.
        let mut outside = 0;
        for (criterion, column) in self.criteria.iter().zip(columns) {
            let lack = LACKS
                + if criterion.required {
                    LACKS_REQUIRED
                } else {
                    0
                }
                + if self.normalise {
                    criterion.max.unsigned_abs()
                } else {
                    0
                };
            // Without a jump: which items are absent cannot be foreseen.
            for ((sum, lacks), item) in totals.iter_mut().zip(&mut lacks).zip(column) {
                let absent = -i64::from(*item == ABSENT);
                let differences =
                    item.wrapping_sub(criterion.min) | criterion.max.wrapping_sub(*item);
                outside |= differences & !absent;
                *sum = sum.wrapping_add(*item & !absent);
                *lacks += lack & absent.cast_unsigned();
            }
        }
        if outside < 0 {
            return None;
        }
        let attainable = self.criteria.iter().map(|criterion| criterion.max).sum();
        for (total, lacks) in totals.iter_mut().zip(&lacks) {
            *total = match self.normalise {
                true => self.share(*total, *lacks, attainable),
                false => self.sum(*total, *lacks),
            };
        }
        Some(())
    }

    /// The total of a row whose present items come to the sum.
    #[inline(always)]
    fn sum(&self, sum: i64, lacks: u64) -> i64 {
        let total = sum.clamp(self.range.min, self.range.max);
        if self.is_void(lacks) { ABSENT } else { total }
    }

    /// The same where totals are shares of a hundred. It divides for every row: which ones lack something cannot be foreseen,
    /// and a wrong guess costs as much.
    #[inline(always)]
    fn share(&self, sum: i64, lacks: u64, attainable: i64) -> i64 {
        let attainable = attainable - (lacks % LACKS) as i64;
        let total = round_ratio(100 * UNITS * sum, attainable.max(1));
        let total = total.clamp(self.range.min, self.range.max);
        if self.is_void(lacks) | (attainable == 0) {
            ABSENT
        } else {
            total
        }
    }

    #[inline(always)]
    fn is_void(&self, lacks: u64) -> bool {
        let absent = (lacks / LACKS) as usize % (2 * MOST_COUNTED);
        (lacks >= LACKS_REQUIRED) | (absent == self.criteria.len())
    }

    /// Whether every sum of items, times what makes it a share of a hundred, fits into 61 bits, and the counts of those that
    /// lack into theirs.
    fn sums_are_narrow(&self) -> bool {
        if self.criteria.len() > MOST_COUNTED {
            return false;
        }
        let largest = self.criteria.iter().map(|criterion| {
            i128::from(
                criterion
                    .min
                    .unsigned_abs()
                    .max(criterion.max.unsigned_abs()),
            )
        });
        largest.sum::<i128>() * i128::from(100 * UNITS) < 1 << 61
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

/// Rounded half away from zero, as [`div_round`] does in 128 bits, of a numerator of 61 bits and a denominator above zero.
/// Halves are added before the division, which then needs no remainder.
fn round_ratio(numerator: i64, denominator: i64) -> i64 {
    let (magnitude, base) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    let rounded = ((2 * magnitude + base) / (2 * base)) as i64;
    if numerator < 0 { -rounded } else { rounded }
}

#[cfg(all(test, feature = "builtin"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::builtin::BUILTIN;
    use crate::gate::{GateLimits, inspect};
    use crate::manifest::Criterion;

    fn manifest() -> Manifest {
        let standard = BUILTIN.iter().find(|rule| rule.id == "standard");
        let bytes = standard.expect("it is embedded").bytes;
        let candidate = inspect(bytes, &GateLimits::default(), &|_| true);
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
            prop_assert_eq!(manifest.totals(&items, rows.len()), Some(alone));
        }

        #[test]
        fn one_item_outside_its_range_is_found_wherever_it_is(
            rows in 1_usize..2_000,
            row: prop::sample::Index,
            criterion: prop::sample::Index,
            by in prop_oneof![Just(1), 1..i64::MAX, Just(i64::MAX)],
            above: bool,
            wide: bool,
        ) {
            let mut manifest = manifest();
            if wide {
                manifest.criteria[0].max = i64::MAX / 2;
            }
            prop_assert_eq!(manifest.sums_are_narrow(), !wide);
            let mut items: Vec<i64> = manifest
                .criteria
                .iter()
                .flat_map(|criterion| std::iter::repeat_n(criterion.max, rows))
                .collect();
            prop_assert!(manifest.totals(&items, rows).is_some());
            let (row, criterion) = (row.index(rows), criterion.index(manifest.criteria.len()));
            let Criterion { min, max, .. } = manifest.criteria[criterion];
            let item = match above {
                true => max.saturating_add(by),
                false => min.saturating_sub(by).max(ABSENT + 1),
            };
            items[criterion * rows + row] = item;
            prop_assert_eq!(manifest.totals(&items, rows), None);
            prop_assert_eq!(manifest.criteria[criterion].first_outside(&items[criterion * rows..][..rows]), Some(item));
        }
    }
}
