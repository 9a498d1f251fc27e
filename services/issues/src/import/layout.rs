//! Where the columns of the mapping are in the file, the cells that they give, and how it is told what is wrong with one.

use std::collections::HashSet;

use csv::ByteRecord;
use sha2::{Digest, Sha256};
use tidyward_kit::{Reason, import::Problem};
use tidyward_proto::v1::ImportProblemKind;

use crate::mapping::Columns;

/// Where the columns of the mapping are in the file.
#[derive(Debug)]
pub struct Layout {
    pub headers: Vec<String>,
    pub identity: usize,
    pub reported: usize,
    pub category: usize,
    pub closed: Option<usize>,
    pub status: Option<usize>,
    pub latitude: Option<usize>,
    pub longitude: Option<usize>,
    pub address: Option<usize>,
    pub description: Option<usize>,
    pub issue_source: Option<usize>,
}

/// What is wrong with a row.
#[derive(Debug)]
pub struct Bad {
    pub column: String,
    pub reason: Reason,
    pub message: String,
}

impl Bad {
    pub fn into_problem(self, line: u64) -> Problem {
        Problem {
            kind: ImportProblemKind::Rejected,
            line,
            column: self.column,
            reason: self.reason,
            message: self.message,
        }
    }
}

impl Layout {
    /// Finds every column of the mapping, or gives all that are missing.
    pub fn find(columns: &Columns, header: &ByteRecord) -> Result<Layout, Vec<String>> {
        let headers: Vec<String> = header.iter().enumerate().map(header_text).collect();
        let mut missing = Vec::new();
        let mut find = |name: &str| {
            let found = headers.iter().position(|header| header == name);
            found.unwrap_or_else(|| {
                missing.push(name.to_owned());
                0
            })
        };
        let mut maybe = |name: &Option<String>| name.as_deref().map(&mut find);
        let (closed, status) = (maybe(&columns.closed), maybe(&columns.status));
        let (latitude, longitude) = (maybe(&columns.latitude), maybe(&columns.longitude));
        let (address, description) = (maybe(&columns.address), maybe(&columns.description));
        let issue_source = maybe(&columns.issue_source);
        let (identity, reported) = (find(&columns.identity), find(&columns.reported));
        let category = find(&columns.category);
        if !missing.is_empty() {
            let mut told = HashSet::new();
            missing.retain(|name| told.insert(name.clone()));
            return Err(missing);
        }
        Ok(Layout {
            headers,
            identity,
            reported,
            category,
            closed,
            status,
            latitude,
            longitude,
            address,
            description,
            issue_source,
        })
    }

    /// Over every header and value, so that nothing of the row can change unseen.
    pub fn digest(&self, record: &ByteRecord) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (header, value) in self.headers.iter().zip(record) {
            for part in [header.as_bytes(), value] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
        hash.finalize().into()
    }

    /// A cell that must say something.
    pub fn required<'r>(&self, record: &'r ByteRecord, index: usize) -> Result<&'r str, Bad> {
        match self.cell(record, index)? {
            "" => Err(self.bad(index, Reason::ValueMissing, "is empty and must not be")),
            value => Ok(value),
        }
    }

    /// Without the blanks around it.
    pub fn cell<'r>(&self, record: &'r ByteRecord, index: usize) -> Result<&'r str, Bad> {
        let bytes = record.get(index).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|_| {
            self.bad(
                index,
                Reason::ValueInvalid,
                "is not UTF-8; save the file as UTF-8, or declare its `encoding` in the mapping's `[file]`",
            )
        })?;
        Ok(text.trim())
    }

    /// Says what is wrong with the column.
    pub fn bad(&self, index: usize, reason: Reason, message: impl Into<String>) -> Bad {
        let column = self.headers.get(index).cloned().unwrap_or_default();
        Bad {
            column,
            reason,
            message: message.into(),
        }
    }
}

/// Without the mark of byte order that some programs put before the first.
fn header_text((index, bytes): (usize, &[u8])) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = if index == 0 {
        text.trim_start_matches('\u{feff}')
    } else {
        &text
    };
    text.trim().to_owned()
}
