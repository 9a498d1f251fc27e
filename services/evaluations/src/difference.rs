//! How two sets of scores of the same areas differ: a rule's beside those of the rule in force, a shadow's beside the
//! review's own.

use tidyward_rules::points::ABSENT;

use crate::{facts::PeriodFacts, scores::RankedScores};

/// Areas that are shown.
pub const SHOWN: usize = 20;

/// How many areas fared how, and which differ most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub same: i64,
    pub higher: i64,
    pub lower: i64,
    /// Had a score and have none.
    pub lost: i64,
    /// Had no score and have one.
    pub gained: i64,
    /// Have another place.
    pub moved: i64,
    /// The largest first, at most `SHOWN`.
    pub largest: Vec<Changed>,
}

/// One area's score, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    pub code: String,
    pub level: u8,
    /// `ABSENT` is none.
    pub before: i64,
    pub after: i64,
    pub place_before: Option<u32>,
    pub place_after: Option<u32>,
}

impl Changed {
    /// A score that came or went is further than any difference of two.
    fn size(&self) -> u64 {
        match (self.before, self.after) {
            (ABSENT, ABSENT) => 0,
            (ABSENT, _) | (_, ABSENT) => u64::MAX,
            (before, after) => before.abs_diff(after),
        }
    }
}

/// Both have the rows of the facts, in their order.
pub fn difference(facts: &PeriodFacts, before: &RankedScores, after: &RankedScores) -> Difference {
    let mut difference = Difference::default();
    let mut changed = Vec::new();
    for ((row, before), after) in facts.rows.iter().zip(&before.rows).zip(&after.rows) {
        let places = (before.standing.place, after.standing.place);
        let one = Changed {
            code: row.code.clone(),
            level: row.level,
            before: before.total,
            after: after.total,
            place_before: places.0,
            place_after: places.1,
        };
        difference.moved += i64::from(places.0 != places.1);
        let count = match (one.before, one.after) {
            (before, after) if before == after => {
                difference.same += 1;
                continue;
            }
            (ABSENT, _) => &mut difference.gained,
            (_, ABSENT) => &mut difference.lost,
            (before, after) if after > before => &mut difference.higher,
            _ => &mut difference.lower,
        };
        *count += 1;
        changed.push(one);
    }
    // The rows are in the order of their codes, and equal ones stay so.
    changed.sort_by_key(|one| std::cmp::Reverse(one.size()));
    changed.truncate(SHOWN);
    difference.largest = changed;
    difference
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{facts::FactRow, rank::Standing, scores::ScoreRow};

    fn facts(codes: &[&str]) -> PeriodFacts {
        PeriodFacts {
            rows: codes
                .iter()
                .map(|code| FactRow {
                    code: (*code).to_owned(),
                    level: 3,
                    peer_group: String::new(),
                    parent: None,
                })
                .collect(),
            ..PeriodFacts::default()
        }
    }

    fn scores(rows: &[(i64, u32)]) -> RankedScores {
        let row = |(total, place): &(i64, u32)| ScoreRow {
            failure: None,
            items: Vec::new(),
            total: *total,
            stars: 255,
            notes: Vec::new(),
            standing: Standing {
                place: (*place > 0).then_some(*place),
                ..Standing::default()
            },
        };
        RankedScores {
            rows: rows.iter().map(row).collect(),
        }
    }

    #[test]
    fn each_area_is_counted_once_and_the_largest_come_first() {
        let facts = facts(&["a", "b", "c", "d", "e", "f"]);
        let before = scores(&[(5, 1), (4, 2), (3, 3), (2, 4), (ABSENT, 0), (ABSENT, 0)]);
        let after = scores(&[(5, 1), (9, 1), (1, 4), (ABSENT, 0), (7, 2), (ABSENT, 0)]);
        let found = difference(&facts, &before, &after);
        let counts = [
            found.same,
            found.higher,
            found.lower,
            found.lost,
            found.gained,
        ];
        assert_eq!(counts, [2, 1, 1, 1, 1]);
        assert_eq!(found.moved, 4);
        let codes: Vec<&str> = found.largest.iter().map(|one| one.code.as_str()).collect();
        assert_eq!(codes, ["d", "e", "b", "c"]);
        assert_eq!(
            (found.largest[2].place_before, found.largest[2].place_after),
            (Some(2), Some(1))
        );
    }

    #[test]
    fn extreme_scores_differ_without_an_overflow() {
        let facts = facts(&["a"]);
        let found = difference(
            &facts,
            &scores(&[(i64::MAX, 1)]),
            &scores(&[(i64::MIN + 1, 1)]),
        );
        assert_eq!((found.lower, found.largest.len()), (1, 1));
    }
}
