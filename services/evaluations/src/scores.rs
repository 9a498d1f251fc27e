//! The scores of a review in their canonical layout. Their SHA-256 is the digest of the scores; it depends on the facts,
//! the rule and its parameters alone, not on chunks, threads, fuel or the engine.
//!
//! All integers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | layout version (`u32`), 1 |
//! | 4 | number of criteria (`u32`) |
//! | 4 | number of rows (`u32`): those of the facts, in the order of their codes |
//! | per row: 1 | 0: scored, and the rest follows; 1: the rule failed on this row, and nothing follows |
//! | 8 per criterion | items (`i64`) in 1/10,000 point, in the manifest's order; the smallest `i64` is absent |
//! | 8 | total (`i64`) in 1/10,000 point, not rounded; the smallest `i64` is absent |
//! | 4 | place (`u32`), from 1; 0 is unranked |
//! | 1 | stars (`u8`); 255 is none |
//! | 4 | number of notes (`u32`) |
//! | 20 per note | criterion (`u32`), message (`u32`), value (`i64`), issue (`u32`, 4,294,967,295 is none) |
//!
//! Nothing follows.

use tidyward_rules::{
    manifest::Manifest,
    points::ABSENT,
    score::{NO_STARS, Scores},
};

use crate::{
    codec::{Malformed, Reader, Writer},
    facts::PeriodFacts,
    rank::{self, Contender, Standing},
    rollup::{self, NoWeight},
};

/// Version of the layout above.
pub const LAYOUT: u32 = 1;
/// The note points at no issue.
const NO_ISSUE: u32 = u32::MAX;

/// The scores of a review with the standing of each area, rows in the order of the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankedScores {
    pub rows: Vec<ScoreRow>,
}

/// One area's score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreRow {
    /// How the rule failed on the area, in the words of the log. Nothing of it but that it failed enters the digest.
    pub failure: Option<String>,
    pub items: Vec<i64>,
    pub total: i64,
    /// `NO_STARS` is none.
    pub stars: u8,
    pub notes: Vec<ScoreNote>,
    pub standing: Standing,
}

/// What the rule says about an area: a message of the manifest with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreNote {
    pub criterion: u32,
    pub message: u32,
    pub value: i64,
    pub issue: Option<u32>,
}

/// One area's score with what people need to know of the area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaScore {
    pub code: String,
    /// The number of the proto's level.
    pub level: u8,
    pub peer_group: String,
    pub display_name: String,
    pub score: ScoreRow,
}

impl AreaScore {
    /// By place, those without one last.
    pub fn order(&self) -> i64 {
        self.score.standing.place.map_or(i64::MAX, i64::from)
    }
}

/// How many areas came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub scored: i64,
    pub absent: i64,
    pub failed: i64,
}

/// The standing of each area by its total.
pub fn standings(manifest: &Manifest, facts: &PeriodFacts, totals: &[i64]) -> Vec<Standing> {
    let contenders: Vec<Contender> = facts
        .rows
        .iter()
        .zip(totals)
        .map(|(row, total)| Contender {
            level: row.level,
            peer_group: &row.peer_group,
            rounded: manifest.rounded(*total),
        })
        .collect();
    rank::rank(&contenders, manifest.direction, manifest.lists)
}

/// Ranks what the host gave, row by row, with the levels above the grids as the manifest wants them.
pub fn ranked(
    manifest: &Manifest,
    facts: &PeriodFacts,
    scores: &Scores,
) -> Result<RankedScores, NoWeight> {
    let scores = rollup::rolled_up(manifest, facts, scores)?;
    let standings = standings(manifest, facts, &scores.totals);
    let mut rows: Vec<ScoreRow> = standings
        .into_iter()
        .enumerate()
        .map(|(row, standing)| ScoreRow {
            failure: None,
            items: (0..manifest.criteria.len())
                .map(|criterion| scores.item(criterion, row))
                .collect(),
            total: scores.totals[row],
            stars: scores.stars[row],
            notes: Vec::new(),
            standing,
        })
        .collect();
    for note in &scores.notes {
        rows[note.row].notes.push(ScoreNote {
            criterion: note.criterion as u32,
            message: note.message as u32,
            value: note.value,
            issue: note.issue,
        });
    }
    for failure in &scores.failures {
        rows[failure.row].failure = Some(failure.message.clone());
    }
    Ok(RankedScores { rows })
}

impl RankedScores {
    /// The canonical bytes.
    pub fn encode(&self, criteria: usize) -> Vec<u8> {
        let mut out = Writer::default();
        out.u32(LAYOUT);
        out.count(criteria);
        out.count(self.rows.len());
        for row in &self.rows {
            if row.failure.is_some() {
                out.u8(1);
                continue;
            }
            out.u8(0);
            for item in &row.items {
                out.i64(*item);
            }
            out.i64(row.total);
            out.u32(row.standing.place.unwrap_or(0));
            out.u8(row.stars);
            out.count(row.notes.len());
            for note in &row.notes {
                out.u32(note.criterion);
                out.u32(note.message);
                out.i64(note.value);
                out.u32(note.issue.unwrap_or(NO_ISSUE));
            }
        }
        out.finish()
    }

    /// Reads canonical bytes of so many criteria. Lists and the size of groups are not in them.
    pub fn decode(bytes: &[u8], criteria: usize) -> Result<RankedScores, Malformed> {
        let mut reader = Reader::new("the scores", bytes);
        let wrong = reader.wrong();
        if reader.u32()? != LAYOUT || reader.u32()? as usize != criteria {
            return Err(wrong);
        }
        let count = reader.count(1)?;
        let mut rows = Vec::with_capacity(count);
        for _ in 0..count {
            rows.push(match reader.u8()? {
                0 => read_row(&mut reader, criteria)?,
                1 => ScoreRow::failed(criteria, String::new()),
                _ => return Err(wrong),
            });
        }
        reader.end()?;
        Ok(RankedScores { rows })
    }

    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for row in &self.rows {
            match (&row.failure, row.total) {
                (Some(_), _) => tally.failed += 1,
                (None, ABSENT) => tally.absent += 1,
                (None, _) => tally.scored += 1,
            }
        }
        tally
    }
}

impl ScoreRow {
    pub fn failed(criteria: usize, message: String) -> ScoreRow {
        ScoreRow {
            failure: Some(message),
            items: vec![ABSENT; criteria],
            total: ABSENT,
            stars: NO_STARS,
            notes: Vec::new(),
            standing: Standing::default(),
        }
    }
}

fn read_row(reader: &mut Reader, criteria: usize) -> Result<ScoreRow, Malformed> {
    let mut items = Vec::new();
    for _ in 0..criteria {
        items.push(reader.i64()?);
    }
    let total = reader.i64()?;
    let place = reader.u32()?;
    let stars = reader.u8()?;
    let mut notes = Vec::new();
    for _ in 0..reader.count(20)? {
        notes.push(ScoreNote {
            criterion: reader.u32()?,
            message: reader.u32()?,
            value: reader.i64()?,
            issue: Some(reader.u32()?).filter(|issue| *issue != NO_ISSUE),
        });
    }
    let standing = Standing {
        place: (place > 0).then_some(place),
        ..Standing::default()
    };
    Ok(ScoreRow {
        failure: None,
        items,
        total,
        stars,
        notes,
        standing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> RankedScores {
        let note = ScoreNote {
            criterion: 0,
            message: 1,
            value: -3,
            issue: None,
        };
        let scored = ScoreRow {
            failure: None,
            items: vec![5],
            total: 5,
            stars: 4,
            notes: vec![note],
            standing: Standing {
                place: Some(1),
                ..Standing::default()
            },
        };
        RankedScores {
            rows: vec![
                scored,
                ScoreRow::failed(1, "the rule divided by zero".into()),
            ],
        }
    }

    #[test]
    fn the_layout_is_the_documented_one_to_the_byte() {
        let mut expected = vec![1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0];
        expected.extend([
            0, 5, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4,
        ]);
        expected.extend([1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
        expected.extend([253, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255]);
        expected.push(1);
        assert_eq!(two().encode(1), expected);
    }

    #[test]
    fn a_failed_row_is_one_byte_and_its_words_are_not_in_the_digest() {
        let mut other = two();
        other.rows[1].failure = Some("other words of another engine".into());
        assert_eq!(other.encode(1), two().encode(1));
        let read = RankedScores::decode(&two().encode(1), 1).unwrap();
        assert_eq!(read.encode(1), two().encode(1));
        assert_eq!(
            read.tally(),
            Tally {
                scored: 1,
                absent: 0,
                failed: 1
            }
        );
    }

    #[test]
    fn what_is_cut_short_is_refused() {
        let bytes = two().encode(1);
        for end in 0..bytes.len() {
            assert!(RankedScores::decode(&bytes[..end], 1).is_err());
        }
    }
}
