//! The rounds behind the facts of a period in their canonical layout: what the issue table of a rule is made of. The bytes
//! are what is stored, beside the facts and under a digest of their own.
//!
//! All integers are little-endian; a text is its length in bytes (`u32`) and then UTF-8.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | layout version (`u32`), 1 |
//! | 4 + n | the period, text: `2013-q3` |
//! | 4 | number of categories (`u32`): those of the rounds and all above them |
//! | per category: 4 + n | its code, text; categories stand in byte order of their codes, each once |
//! | 4 | the category above (`u32`): its number, from 0; 4,294,967,295 is none |
//! | 4 | number of rounds (`u32`), in the order of their reports, then of their issues, then of their own numbers |
//! | per round: 4 | its grid (`u32`): the number of the facts' row, from 0 |
//! | 16 | the issue: its UUID, the last part of its name |
//! | 4 | its number (`u32`), from 1; 0 while nothing is filed |
//! | 4 | its category (`u32`): a number of the list above |
//! | 1, 1, 1 | severity, source and state (`u8`), the numbers of the API's enums |
//! | 8 each | reported, filed, handling deadline, handed in, closed (`i64`): whole minutes from the period's start, floored; the smallest `i64` is none |
//! | 4 | checks that failed (`u32`) |
//! | 4 | marks (`u32`), bits as the rules' contract has them |
//!
//! Nothing follows.

use tidyward_kit::fact::ABSENT;
use tidyward_rules::score::{Issue, Issues};
use uuid::Uuid;

use crate::{
    codec::{Malformed, Reader, Writer},
    facts::PeriodFacts,
};

/// Version of the layout above.
pub const LAYOUT: u32 = 1;
/// The number of no category.
const NONE: u32 = u32::MAX;
/// Bytes of a round.
const ROUND: usize = 79;

/// Every round that the facts of a period count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeriodRounds {
    pub period: String,
    /// In byte order of the codes.
    pub categories: Vec<Category>,
    /// In the order of `Round::place`.
    pub rounds: Vec<Round>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    pub code: String,
    /// The number of the one above.
    pub parent: Option<u32>,
}

/// A round as it stood at the end of the period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// The row of the facts that is its grid.
    pub row: u32,
    pub issue: Uuid,
    /// 0 while nothing is filed.
    pub number: u32,
    /// As a rule is given it, but for the category, which is a number of the list here.
    pub told: Issue,
}

impl Round {
    /// By what rounds are put in order.
    pub fn place(&self) -> (i64, Uuid, u32) {
        (self.told.reported, self.issue, self.number)
    }
}

impl PeriodRounds {
    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.u32(LAYOUT);
        out.text(&self.period);
        out.count(self.categories.len());
        for category in &self.categories {
            out.text(&category.code);
            out.u32(category.parent.unwrap_or(NONE));
        }
        out.count(self.rounds.len());
        for round in &self.rounds {
            let told = &round.told;
            out.u32(round.row);
            out.raw(round.issue.as_bytes());
            out.u32(round.number);
            out.u32(told.category.unsigned_abs());
            out.raw(&[told.severity, told.source, told.state]);
            let times = [
                told.reported,
                told.filed,
                told.due,
                told.handed_in,
                told.closed,
            ];
            times.into_iter().for_each(|time| out.i64(time));
            out.u32(told.failed_checks);
            out.u32(told.marks);
        }
        out.finish()
    }

    /// Reads canonical bytes, and refuses whatever `encode` would not have written, or not for these facts.
    pub fn decode(bytes: &[u8], facts: &PeriodFacts) -> Result<PeriodRounds, Malformed> {
        let mut reader = Reader::new("the rounds", bytes);
        let wrong = reader.wrong();
        if reader.u32()? != LAYOUT {
            return Err(wrong);
        }
        let period = reader.text()?;
        let mut categories = Vec::new();
        for _ in 0..reader.count(8)? {
            categories.push(Category {
                code: reader.text()?,
                parent: Some(reader.u32()?).filter(|parent| *parent != NONE),
            });
        }
        let count = reader.count(ROUND)?;
        let mut rounds = Vec::with_capacity(count);
        for _ in 0..count {
            rounds.push(read(&mut reader)?);
        }
        reader.end()?;
        let read = PeriodRounds {
            period,
            categories,
            rounds,
        };
        if read.is_whole() && read.is_of(facts) {
            Ok(read)
        } else {
            Err(wrong)
        }
    }

    /// Whether everything stands in its order and points at something.
    fn is_whole(&self) -> bool {
        let count = self.categories.len();
        let known = |number: usize| number < count;
        let mut rounds = self.rounds.iter();
        self.categories.is_sorted_by(|a, b| a.code < b.code)
            && self.rounds.is_sorted_by(|a, b| a.place() < b.place())
            && rounds.all(|round| usize::try_from(round.told.category).is_ok_and(known))
            // A line that goes round in a circle is longer than there are categories.
            && (0..count).all(|category| self.line(category).take(count + 1).count() <= count)
            && self.categories.iter().all(|one| one.parent.is_none_or(|above| known(above as usize)))
    }

    fn is_of(&self, facts: &PeriodFacts) -> bool {
        let last = self.rounds.iter().map(|round| round.row as usize).max();
        self.period == facts.period && last.is_none_or(|last| last < facts.rows.len())
    }

    /// The category and all above it, nearest first.
    fn line(&self, category: usize) -> impl Iterator<Item = usize> {
        let above = |category: &usize| {
            let one = self.categories.get(*category)?;
            one.parent.map(|parent| parent as usize)
        };
        std::iter::successors(Some(category), above)
    }

    /// Which rounds each row of the facts counts: a grid its own, and an area above all those of the grids in it.
    pub fn by_row(&self, facts: &PeriodFacts) -> Vec<Vec<u32>> {
        let mut rows = vec![Vec::new(); facts.rows.len()];
        for (index, round) in (0..).zip(&self.rounds) {
            let mut row = Some(round.row as usize);
            while let Some(within) = row {
                rows[within].push(index);
                row = facts.parent(within);
            }
        }
        rows
    }

    /// The issue table of all rows of the facts, for a rule that lists these categories: a round is of the nearest that is
    /// listed, its own or one above it.
    pub fn table(&self, facts: &PeriodFacts, listed: &[String]) -> Issues {
        let place = |code: &str| listed.iter().position(|one| one == code);
        let own: Vec<Option<usize>> = self.categories.iter().map(|one| place(&one.code)).collect();
        let nearest = |category: usize| self.line(category).find_map(|above| own[above]);
        let nearest: Vec<i32> = (0..own.len())
            .map(|category| nearest(category).and_then(|index| i32::try_from(index).ok()))
            .map(|index| index.unwrap_or(-1))
            .collect();
        let told = |index: &u32| {
            let told = &self.rounds[*index as usize].told;
            Issue {
                category: nearest[told.category.unsigned_abs() as usize],
                ..*told
            }
        };
        let mut table = Issues::of_no_rows();
        for rounds in self.by_row(facts) {
            let rounds: Vec<Issue> = rounds.iter().map(told).collect();
            table.push_row(&rounds);
        }
        table
    }
}

fn read(reader: &mut Reader) -> Result<Round, Malformed> {
    let row = reader.u32()?;
    let wrong = reader.wrong();
    let issue = Uuid::from_slice(reader.raw(16)?).map_err(|_| wrong)?;
    let number = reader.u32()?;
    Ok(Round {
        row,
        issue,
        number,
        told: Issue {
            category: i32::try_from(reader.u32()?).map_err(|_| wrong)?,
            severity: reader.u8()?,
            source: reader.u8()?,
            state: reader.u8()?,
            reported: Some(reader.i64()?)
                .filter(|time| *time != ABSENT)
                .ok_or(wrong)?,
            filed: reader.i64()?,
            due: reader.i64()?,
            handed_in: reader.i64()?,
            closed: reader.i64()?,
            failed_checks: reader.u32()?,
            marks: reader.u32()?,
        },
    })
}

#[cfg(test)]
mod tests;
