//! The facts of a period in their canonical layout. The bytes are what is stored, and their SHA-256 is the digest of the
//! facts: the same state of the ledger gives the same bytes on any machine and any database.
//!
//! All integers are little-endian; a text is its length in bytes (`u32`) and then UTF-8.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | layout version (`u32`), 2 |
//! | 4 + n | the period, text: `2013-q3` |
//! | 4 | number of columns (`u32`) |
//! | 4 + n each | names of the columns that hold a value anywhere, text, in byte order, each once |
//! | 4 | number of rows (`u32`) |
//! | per row: 4 + n | code of the area, text; rows stand in byte order of their codes, each once |
//! | 1 | its level: 1 subdistrict, 2 community, 3 grid |
//! | 4 + n | its peer group, text |
//! | 4 | its parent (`u32`): the number of its row, from 0; 4,294,967,295 is none. A parent is of a level above |
//! | 8 per column | the values (`i64`) in the order of the columns; the smallest `i64` is absent |
//!
//! Nothing follows. Layout 1 is the same without parents; it is read and not written any more. Names that people read, parents, watermarks and ids of databases are not in it.

use sha2::{Digest, Sha256};
use tidyward_kit::fact::ABSENT;

use crate::codec::{Malformed, Reader, Writer};

/// Version of the layout above.
pub const LAYOUT: u32 = 2;
/// The layout without parents.
const WITHOUT_PARENTS: u32 = 1;
/// The number of no row.
const NO_PARENT: u32 = u32::MAX;

/// Every fact of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeriodFacts {
    pub period: String,
    /// In byte order of the codes.
    pub rows: Vec<FactRow>,
    /// In byte order of the names; each column has one value a row, at least one of them present.
    pub columns: Vec<FactColumn>,
}

/// What a row is about, as far as scores and ranks depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRow {
    pub code: String,
    /// The number of the proto's level.
    pub level: u8,
    pub peer_group: String,
    /// The row of the area above, of which it is a part.
    pub parent: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactColumn {
    pub name: String,
    pub values: Vec<i64>,
}

impl PeriodFacts {
    /// The canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.u32(LAYOUT);
        out.text(&self.period);
        out.count(self.columns.len());
        for column in &self.columns {
            out.text(&column.name);
        }
        out.count(self.rows.len());
        for (index, row) in self.rows.iter().enumerate() {
            out.text(&row.code);
            out.u8(row.level);
            out.text(&row.peer_group);
            out.u32(row.parent.unwrap_or(NO_PARENT));
            for column in &self.columns {
                out.i64(column.values[index]);
            }
        }
        out.finish()
    }

    /// Reads canonical bytes, and refuses whatever `encode` would not have written.
    pub fn decode(bytes: &[u8]) -> Result<PeriodFacts, Malformed> {
        PeriodFacts::decode_columns(bytes, &|_| true)
    }

    /// The same, but keeps only the columns that are wanted, so that a large city's facts need not all be in memory.
    pub fn decode_columns(
        bytes: &[u8],
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<PeriodFacts, Malformed> {
        let mut reader = Reader::new("the facts", bytes);
        let wrong = reader.wrong();
        let layout = reader.u32()?;
        if ![WITHOUT_PARENTS, LAYOUT].contains(&layout) {
            return Err(wrong);
        }
        let period = reader.text()?;
        let mut columns = Vec::new();
        for _ in 0..reader.count(4)? {
            let column = FactColumn {
                name: reader.text()?,
                values: Vec::new(),
            };
            columns.push((wanted(&column.name), false, column));
        }
        let mut rows = Vec::new();
        for _ in 0..reader.count(9 + 8 * columns.len())? {
            let row = FactRow {
                code: reader.text()?,
                level: reader.u8()?,
                peer_group: reader.text()?,
                parent: match layout {
                    WITHOUT_PARENTS => None,
                    _ => Some(reader.u32()?).filter(|parent| *parent != NO_PARENT),
                },
            };
            if !(1..=3).contains(&row.level) {
                return Err(wrong);
            }
            rows.push(row);
            for (wanted, present, column) in &mut columns {
                let value = reader.i64()?;
                *present |= value != ABSENT;
                if *wanted {
                    column.values.push(value);
                }
            }
        }
        reader.end()?;
        let canonical = rows.is_sorted_by(|a: &FactRow, b| a.code < b.code)
            && columns.is_sorted_by(|a, b| a.2.name < b.2.name)
            && columns.iter().all(|(_, present, _)| *present)
            && rows.iter().all(|row| is_below(row, &rows));
        if !canonical {
            return Err(wrong);
        }
        let columns = columns
            .into_iter()
            .filter(|(wanted, ..)| *wanted)
            .map(|(.., column)| column);
        Ok(PeriodFacts {
            period,
            rows,
            columns: columns.collect(),
        })
    }

    /// The row of the area above.
    pub fn parent(&self, row: usize) -> Option<usize> {
        self.rows[row].parent.map(|parent| parent as usize)
    }

    /// The row of an area.
    pub fn row(&self, code: &str) -> Option<usize> {
        self.rows
            .binary_search_by(|row| row.code.as_str().cmp(code))
            .ok()
    }

    /// The values of a fact; nothing where it is absent throughout.
    pub fn column(&self, name: &str) -> Option<&[i64]> {
        let found = self
            .columns
            .binary_search_by(|column| column.name.as_str().cmp(name));
        found.ok().map(|index| &self.columns[index].values[..])
    }
}

/// Whether its parent, if it has one, is there and of a level above.
fn is_below(row: &FactRow, rows: &[FactRow]) -> bool {
    let parent = row.parent.map(|parent| rows.get(parent as usize));
    parent.is_none_or(|parent| parent.is_some_and(|parent| parent.level < row.level))
}

/// SHA-256 of canonical bytes.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn small() -> PeriodFacts {
        let row = |code: &str, level: u8, parent: Option<u32>| FactRow {
            code: code.into(),
            level,
            peer_group: "old".into(),
            parent,
        };
        let column = |name: &str, values: [i64; 2]| FactColumn {
            name: name.into(),
            values: values.to_vec(),
        };
        PeriodFacts {
            period: "2013-q3".into(),
            rows: vec![row("A", 2, None), row("B", 3, Some(0))],
            columns: vec![
                column("issues.due", [1, ABSENT]),
                column("metric.x", [0, -5]),
            ],
        }
    }

    #[test]
    fn the_layout_is_the_documented_one_to_the_byte() {
        let mut facts = small();
        facts.columns.truncate(1);
        facts.rows.truncate(1);
        facts.columns[0].values.truncate(1);
        let mut expected = vec![2, 0, 0, 0, 7, 0, 0, 0];
        expected.extend(b"2013-q3");
        expected.extend([1, 0, 0, 0, 10, 0, 0, 0]);
        expected.extend(b"issues.due");
        expected.extend([1, 0, 0, 0, 1, 0, 0, 0, b'A', 2, 3, 0, 0, 0]);
        expected.extend(b"old");
        expected.extend([255, 255, 255, 255]);
        expected.extend([1, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(facts.encode(), expected);
    }

    #[test]
    fn every_byte_counts() {
        let bytes = small().encode();
        assert_eq!(PeriodFacts::decode(&bytes).unwrap(), small());
        for end in 0..bytes.len() {
            assert!(PeriodFacts::decode(&bytes[..end]).is_err());
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(PeriodFacts::decode(&longer).is_err());
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert_ne!(PeriodFacts::decode(&changed).ok(), Some(small()));
        }
    }

    #[test]
    fn the_layout_without_parents_is_read() {
        let mut facts = small();
        facts.rows[1].parent = None;
        // Nothing but parents has four bytes of 255.
        facts.columns[1].values = vec![0, 5];
        let mut bytes = facts.encode();
        bytes[0] = 1;
        let parents: Vec<usize> = (0..bytes.len() - 3)
            .filter(|place| bytes[*place..*place + 4] == [255; 4])
            .collect();
        assert_eq!(parents.len(), 2);
        for place in parents.into_iter().rev() {
            bytes.drain(place..place + 4);
        }
        assert_eq!(PeriodFacts::decode(&bytes).unwrap(), facts);
    }

    #[test]
    fn a_parent_that_is_not_there_or_not_above_is_refused() {
        for parent in [1, 2, 7] {
            let mut facts = small();
            facts.rows[1].parent = Some(parent);
            assert!(PeriodFacts::decode(&facts.encode()).is_err(), "{parent}");
        }
        assert_eq!((small().parent(0), small().parent(1)), (None, Some(0)));
    }

    #[test]
    fn rows_and_columns_are_found_by_name() {
        assert_eq!(small().column("metric.x"), Some(&[0, -5][..]));
        assert_eq!(small().column("issues.closed"), None);
        assert_eq!((small().row("B"), small().row("C")), (Some(1), None));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = PeriodFacts::decode(&bytes);
        }
    }
}
