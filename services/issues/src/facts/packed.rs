//! Moves as text, so that many are read at once: numbers in digits of five bits, each instant as what lies between it and
//! the one before. Text and not bytes, because both databases append to a text.

use std::borrow::Cow;

use super::whole::{Entry, Report};
use crate::event::{Kind, Marks};

/// The first of 64 digits, which stand together in ASCII.
const ZERO: u8 = b'0';
/// Set in a digit that another follows.
const MORE: u64 = 32;

/// What a move has; each bit says that something follows.
const FIRST: u64 = 1;
const HANDLING: u64 = 2;
const TOTAL: u64 = 4;
const CATEGORY: u64 = 8;
const GRID: u64 = 16;
const WORKED: u64 = 32;
const UNTIL: u64 = 64;

/// What the next instants and numbers are told from.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    issue: i64,
    occurred_at: i64,
    recorded_at: i64,
    number: i64,
}

/// Appends moves of one issue. Text that was packed by itself can be appended to any other.
pub fn pack(entries: &[Entry<'_>], text: &mut String) {
    let mut before = None;
    for entry in entries {
        one(entry, before, text);
        before = Some(Before {
            issue: entry.issue,
            occurred_at: entry.occurred_at,
            recorded_at: entry.recorded_at,
            number: entry.number,
        });
    }
}

fn one(entry: &Entry<'_>, before: Option<Before>, text: &mut String) {
    let report = entry.report.as_ref();
    let category = report
        .map(|report| &report.category)
        .or(entry.category.as_ref());
    let grid = report.and_then(|report| report.grid.as_ref());
    let holds = [
        (FIRST, before.is_none()),
        (HANDLING, entry.handling_deadline.is_some()),
        (TOTAL, entry.total_deadline.is_some()),
        (CATEGORY, category.is_some()),
        (GRID, grid.is_some()),
        (WORKED, entry.worked_minutes.is_some()),
        (UNTIL, entry.until.is_some()),
    ];
    let bits = holds.iter().filter(|pair| pair.1).map(|pair| pair.0);
    put(bits.sum(), text);
    put(entry.kind as u64, text);
    signed(i64::from(entry.round), text);
    signed(i64::from(entry.marks.0), text);
    let before = before.unwrap_or_else(|| {
        signed(entry.issue, text);
        start(entry.issue)
    });
    signed(entry.occurred_at.wrapping_sub(before.occurred_at), text);
    signed(entry.recorded_at.wrapping_sub(before.recorded_at), text);
    signed(entry.number.wrapping_sub(before.number), text);
    let instants = [entry.handling_deadline, entry.total_deadline, entry.until];
    for instant in instants.into_iter().flatten() {
        signed(instant.wrapping_sub(entry.occurred_at), text);
    }
    if let Some(minutes) = entry.worked_minutes {
        signed(minutes, text);
    }
    for words in [category, grid].into_iter().flatten() {
        put(words.len() as u64, text);
        text.push_str(words);
    }
}

/// What the first of some moves is told from.
fn start(issue: i64) -> Before {
    Before {
        issue,
        number: issue,
        ..Before::default()
    }
}

fn signed(number: i64, text: &mut String) {
    put(((number << 1) ^ (number >> 63)) as u64, text);
}

fn put(mut number: u64, text: &mut String) {
    loop {
        let digit = number & (MORE - 1);
        number >>= 5;
        let more = if number == 0 { 0 } else { MORE };
        text.push(char::from(ZERO + (digit | more) as u8));
        if number == 0 {
            return;
        }
    }
}

/// Reads all moves of the text. Nothing where it is no such text.
pub fn unpack<'t>(text: &'t str, entries: &mut Vec<Entry<'t>>) -> Option<()> {
    entries.clear();
    let mut rest = Rest { text, at: 0 };
    let mut before = Before::default();
    while rest.at < text.len() {
        let entry = rest.entry(before)?;
        before = Before {
            issue: entry.issue,
            occurred_at: entry.occurred_at,
            recorded_at: entry.recorded_at,
            number: entry.number,
        };
        entries.push(entry);
    }
    Some(())
}

/// What is still to be read.
struct Rest<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Rest<'t> {
    fn entry(&mut self, before: Before) -> Option<Entry<'t>> {
        let bits = self.take()?;
        let kind = Kind::try_from(i32::try_from(self.take()?).ok()?).ok()?;
        let round = i32::try_from(self.signed()?).ok()?;
        let marks = Marks(i32::try_from(self.signed()?).ok()?);
        let before = if bits & FIRST == 0 {
            before
        } else {
            start(self.signed()?)
        };
        let occurred_at = before.occurred_at.wrapping_add(self.signed()?);
        let recorded_at = before.recorded_at.wrapping_add(self.signed()?);
        let number = before.number.wrapping_add(self.signed()?);
        let mut instant = |bit: u64| match bits & bit {
            0 => Some(None),
            _ => Some(Some(occurred_at.wrapping_add(self.signed()?))),
        };
        let handling_deadline = instant(HANDLING)?;
        let total_deadline = instant(TOTAL)?;
        let until = instant(UNTIL)?;
        let worked_minutes = match bits & WORKED {
            0 => None,
            _ => Some(self.signed()?),
        };
        let mut words = |bit: u64| match bits & bit {
            0 => Some(None),
            _ => Some(Some(self.words()?)),
        };
        let (category, grid) = (words(CATEGORY)?, words(GRID)?);
        let (report, category) = match kind {
            Kind::Reported => {
                let category = category.unwrap_or_default();
                (Some(Report { category, grid }), None)
            }
            _ => (None, category),
        };
        Some(Entry {
            issue: before.issue,
            kind,
            round,
            occurred_at,
            recorded_at,
            number,
            handling_deadline,
            total_deadline,
            marks,
            worked_minutes,
            until,
            category,
            report,
        })
    }

    fn take(&mut self) -> Option<u64> {
        let bytes = self.text.as_bytes();
        let (mut number, mut shift) = (0, 0);
        loop {
            let digit = u64::from(bytes.get(self.at)?.wrapping_sub(ZERO));
            self.at += 1;
            if digit >= 2 * MORE || shift > 60 {
                return None;
            }
            number |= (digit & (MORE - 1)) << shift;
            if digit < MORE {
                return Some(number);
            }
            shift += 5;
        }
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.take()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn words(&mut self) -> Option<Cow<'t, str>> {
        let length = usize::try_from(self.take()?).ok()?;
        let end = self.at.checked_add(length)?;
        let words = self.text.get(self.at..end)?;
        self.at = end;
        Some(words.into())
    }
}

#[cfg(test)]
mod tests;
