//! The scores of the levels above the grids where a rule asks for the mean: `sum(w * s) / sum(w)` over the grids below that
//! have a score, with the manifest's fact as the weight, in whole numbers, rounded once.

use std::{borrow::Cow, fmt};

use tidyward_kit::fact::ABSENT;
use tidyward_rules::{
    manifest::{Manifest, Rollup},
    points::{clamp_to_units, div_round},
    score::{NO_STARS, Scores},
};

use crate::facts::PeriodFacts;

/// The number of the proto's level.
pub(crate) const GRID: u8 = 3;

/// A grid that has a score and no weight, or less than none: there is no mean with it, and without it there is another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoWeight {
    pub grid: String,
    pub weight: String,
}

impl fmt::Display for NoWeight {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NoWeight { grid, weight } = self;
        write!(
            out,
            "the grid `{grid}` has a score and no {weight}, by which its score is weighted; record it and freeze anew"
        )
    }
}

/// The scores with those of the levels above the grids as the manifest wants them. What the rule itself gave for these levels
/// is left out where they are means: they have no items, no notes, and their stars by the bands.
pub fn rolled_up<'s>(
    manifest: &Manifest,
    facts: &PeriodFacts,
    scores: &'s Scores,
) -> Result<Cow<'s, Scores>, NoWeight> {
    if manifest.rollup == Rollup::Facts {
        return Ok(Cow::Borrowed(scores));
    }
    let mut rolled = scores.clone();
    let means = means(manifest, facts, &scores.totals)?;
    let above = |row: usize| facts.rows[row].level != GRID;
    for (row, mean) in means.into_iter().enumerate().filter(|(row, _)| above(*row)) {
        rolled.totals[row] = mean;
        rolled.stars[row] = manifest.stars(mean).unwrap_or(NO_STARS);
        for criterion in 0..manifest.criteria.len() {
            rolled.items[criterion * scores.rows + row] = ABSENT;
        }
    }
    rolled.notes.retain(|note| !above(note.row));
    rolled.failures.retain(|failure| !above(failure.row));
    Ok(Cow::Owned(rolled))
}

/// The mean of each row over the grids below it; absent where none of them has a score and a weight above 0.
fn means(manifest: &Manifest, facts: &PeriodFacts, totals: &[i64]) -> Result<Vec<i64>, NoWeight> {
    let name = manifest.weight.as_deref().unwrap_or_default();
    let weights = facts.column(name);
    let mut sums = vec![(0_i128, 0_i128); facts.rows.len()];
    for (row, total) in totals.iter().enumerate() {
        if facts.rows[row].level != GRID || *total == ABSENT {
            continue;
        }
        let weight = weights.map_or(ABSENT, |weights| weights[row]);
        if weight < 0 {
            return Err(NoWeight {
                grid: facts.rows[row].code.clone(),
                weight: name.to_owned(),
            });
        }
        // Each parent is of a level above, so the way ends.
        let mut place = facts.parent(row);
        while let Some(above) = place {
            sums[above].0 += i128::from(weight) * i128::from(*total);
            sums[above].1 += i128::from(weight);
            place = facts.parent(above);
        }
    }
    let mean = |(sum, weight): (i128, i128)| match weight {
        0 => ABSENT,
        weight => clamp_to_units(div_round(sum, weight)),
    };
    Ok(sums.into_iter().map(mean).collect())
}

#[cfg(test)]
mod tests;
