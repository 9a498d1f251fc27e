//! A chunk's scores as they are kept until the run is done: little-endian, read strictly. They are working material and
//! enter no digest.

use tidyward_rules::score::{FailureKind, Note, RowFailure, Scores};

use crate::codec::{Malformed, Reader, Writer};

const NO_ISSUE: u32 = u32::MAX;

pub fn encode(scores: &Scores) -> Vec<u8> {
    let mut out = Writer::default();
    out.count(scores.rows);
    out.count(scores.items.len());
    for item in &scores.items {
        out.i64(*item);
    }
    for total in &scores.totals {
        out.i64(*total);
    }
    out.raw(&scores.stars);
    out.count(scores.notes.len());
    for note in &scores.notes {
        out.count(note.row);
        out.count(note.criterion);
        out.count(note.message);
        out.i64(note.value);
        out.u32(note.issue.unwrap_or(NO_ISSUE));
    }
    out.count(scores.failures.len());
    for failure in &scores.failures {
        out.count(failure.row);
        out.u8(failure.kind.code());
        out.text(&failure.message);
    }
    out.count(scores.fuel.len());
    for fuel in &scores.fuel {
        out.u64(*fuel);
    }
    out.finish()
}

pub fn decode(bytes: &[u8]) -> Result<Scores, Malformed> {
    let mut reader = Reader::new("a chunk's result", bytes);
    let mut scores = Scores {
        rows: reader.count(1)?,
        ..Scores::default()
    };
    for _ in 0..reader.count(8)? {
        scores.items.push(reader.i64()?);
    }
    for _ in 0..scores.rows {
        scores.totals.push(reader.i64()?);
    }
    scores.stars = reader.raw(scores.rows)?.to_vec();
    for _ in 0..reader.count(24)? {
        scores.notes.push(Note {
            row: reader.u32()? as usize,
            criterion: reader.u32()? as usize,
            message: reader.u32()? as usize,
            value: reader.i64()?,
            issue: Some(reader.u32()?).filter(|issue| *issue != NO_ISSUE),
        });
    }
    for _ in 0..reader.count(9)? {
        let row = reader.u32()? as usize;
        let kind = FailureKind::from_code(reader.u8()?).ok_or(reader.wrong())?;
        scores.failures.push(RowFailure {
            row,
            kind,
            message: reader.text()?,
        });
    }
    for _ in 0..reader.count(8)? {
        scores.fuel.push(reader.u64()?);
    }
    let inside = |row: usize| row < scores.rows;
    let fits = scores.notes.iter().all(|note| inside(note.row))
        && scores.failures.iter().all(|failure| inside(failure.row));
    let wrong = reader.wrong();
    reader.end()?;
    if fits { Ok(scores) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_reads_back_whole() {
        let scores = Scores {
            rows: 2,
            items: vec![1, i64::MIN],
            totals: vec![1, i64::MIN],
            stars: vec![5, 255],
            notes: vec![Note {
                row: 0,
                criterion: 0,
                message: 1,
                value: -7,
                issue: Some(3),
            }],
            failures: vec![RowFailure {
                row: 1,
                kind: FailureKind::OutOfFuel,
                message: "no fuel".into(),
            }],
            fuel: vec![12_345],
        };
        let bytes = encode(&scores);
        assert_eq!(decode(&bytes), Ok(scores));
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end]).is_err());
        }
    }
}
