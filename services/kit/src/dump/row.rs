//! A row as its canonical bytes, which are the same whatever database it comes from, and the digest of a table's rows.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a column holds. Whole numbers of 32 and 64 bits are one kind.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Text,
    Whole,
    Real,
    Bytes,
}

/// A column, as the manifest has it. The columns of a table stand in the order of their names' bytes.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// Whether it may be null.
    pub optional: bool,
}

/// What stands in a column of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Text(String),
    Whole(i64),
    Real(f64),
    Bytes(Vec<u8>),
}

/// The values of a row in the order of its table's columns.
pub type Row = Vec<Value>;

/// The bytes of a row: of each value its kind (`u8`: 0 null, 1 text, 2 whole, 3 real, 4 bytes), then text and bytes behind
/// their length (`u32`), numbers as 8 bytes.
pub fn encode(row: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    let long = |out: &mut Vec<u8>, kind: u8, bytes: &[u8]| {
        out.push(kind);
        // The database gives no value of 4 GiB.
        out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(bytes);
    };
    for value in row {
        match value {
            Value::Null => out.push(0),
            Value::Text(text) => long(&mut out, 1, text.as_bytes()),
            Value::Whole(whole) => {
                out.push(2);
                out.extend_from_slice(&whole.to_le_bytes());
            }
            Value::Real(real) => {
                out.push(3);
                // SQLite keeps no sign of zero.
                let real = if *real == 0.0 { 0.0 } else { *real };
                out.extend_from_slice(&real.to_bits().to_le_bytes());
            }
            Value::Bytes(bytes) => long(&mut out, 4, bytes),
        }
    }
    out
}

/// The row of such bytes; nothing where they are not those of a row with these columns.
pub fn decode(mut bytes: &[u8], columns: &[Column]) -> Option<Row> {
    let mut row = Vec::with_capacity(columns.len());
    for column in columns {
        let (kind, rest) = bytes.split_first()?;
        bytes = rest;
        row.push(match (kind, column.kind) {
            (0, _) if column.optional => Value::Null,
            (1, Kind::Text) => Value::Text(String::from_utf8(long(&mut bytes)?).ok()?),
            (2, Kind::Whole) => Value::Whole(i64::from_le_bytes(eight(&mut bytes)?)),
            (3, Kind::Real) => Value::Real(f64::from_bits(u64::from_le_bytes(eight(&mut bytes)?))),
            (4, Kind::Bytes) => Value::Bytes(long(&mut bytes)?),
            _ => return None,
        });
    }
    bytes.is_empty().then_some(row)
}

fn long(bytes: &mut &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (long, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *bytes = rest;
    Some(long.to_vec())
}

fn eight(bytes: &mut &[u8]) -> Option<[u8; 8]> {
    let (eight, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*eight)
}

/// Counts and digests the rows of one table.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    rows: u64,
    sha256: Sha256,
}

impl Tally {
    /// Adds a row's canonical bytes.
    pub fn add(&mut self, row: &[u8]) {
        self.rows += 1;
        self.sha256.update((row.len() as u64).to_le_bytes());
        self.sha256.update(row);
    }

    /// How many rows there were, and their digest in hexadecimal.
    pub fn finish(self) -> (u64, String) {
        (self.rows, hex::encode(self.sha256.finalize()))
    }
}
