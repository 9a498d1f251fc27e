//! Tables that cities have: CSV in any declared encoding, or a workbook (XLSX), plain or gzip. Rows come one by one as
//! text. What cannot be read exactly is an error with its place, never replaced; all that a file can blow up is bounded.

mod text;
mod workbook;

use std::vec;

use encoding_rs::{Encoding, UTF_8};
use serde::Deserialize;

use crate::{
    error::{Error, Reason},
    import::{plain, plain_size},
};
use text::Decoded;

/// Rows of one table at most.
const MOST_ROWS: u64 = 2_000_000;
/// Columns of one table at most.
const MOST_COLUMNS: usize = 1_000;
/// Characters of one cell at most: as many as office programs keep.
const LONGEST_CELL: usize = 32_767;
/// The last row that may name the columns.
const LAST_HEADER: u64 = 1_000;

/// How a file is to be read: the `[file]` section of a mapping, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct TableFormat {
    pub kind: TableKind,
    /// Line of the file, from 1, that names the columns; what stands above it is passed over.
    pub header_row: u64,
}

/// What the bytes are.
#[derive(Clone, Debug, PartialEq)]
pub enum TableKind {
    Csv {
        /// A mark of byte order at the beginning of the file wins over it.
        encoding: &'static Encoding,
        delimiter: u8,
    },
    Xlsx {
        /// Nothing is the first sheet.
        sheet: Option<String>,
    },
}

/// The `[file]` section of a mapping as it is written. Without it a file is CSV in UTF-8 with its columns in line 1.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileSection {
    format: Option<String>,
    encoding: Option<String>,
    delimiter: Option<String>,
    sheet: Option<String>,
    header_row: Option<u64>,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Line of the text on which it begins, or row of the sheet, from 1.
    pub line: u64,
    /// As many as the file has there; a row of a sheet has at least as many as there are headers.
    pub cells: Vec<String>,
}

/// A table that is being read. It gives rows that are not empty; after an error it gives nothing more.
pub struct Table {
    /// Names of the columns, trimmed.
    pub headers: Vec<String>,
    rows: Rows,
    given: u64,
}

enum Rows {
    Text {
        file: Box<csv::Reader<Decoded>>,
        /// Bytes of the plain text.
        size: u64,
    },
    Sheet {
        rows: vec::IntoIter<workbook::SheetRow>,
        count: usize,
    },
    Ended,
}

impl Default for TableFormat {
    fn default() -> TableFormat {
        TableFormat {
            kind: TableKind::Csv {
                encoding: UTF_8,
                delimiter: b',',
            },
            header_row: 1,
        }
    }
}

impl FileSection {
    /// Checks the section and tells every key that is wrong.
    pub fn check(self, wrong: &mut Vec<String>) -> TableFormat {
        let header_row = self.header_row.unwrap_or(1);
        if !(1..=LAST_HEADER).contains(&header_row) {
            wrong.push(
                "`file.header_row` must be 1 to 1000, the line that names the columns".to_owned(),
            );
        }
        let kind = match self.format.as_deref() {
            None | Some("csv") => self.csv(wrong),
            Some("xlsx") => self.xlsx(wrong),
            Some(other) => {
                wrong.push(format!("`file.format`: `{other}` is none; `csv` or `xlsx`"));
                TableFormat::default().kind
            }
        };
        TableFormat { kind, header_row }
    }

    fn csv(self, wrong: &mut Vec<String>) -> TableKind {
        if self.sheet.is_some() {
            wrong.push("`file.sheet`: only a workbook has sheets; leave it out, or set `format = \"xlsx\"`".to_owned());
        }
        let label = self.encoding.as_deref().unwrap_or("utf-8");
        let encoding = Encoding::for_label_no_replacement(label.as_bytes());
        if encoding.is_none() {
            wrong.push(format!("`file.encoding`: `{label}` is none; write one like `utf-8`, `gb18030`, `gbk` or `utf-16le`"));
        }
        let delimiter = match self.delimiter.as_deref().unwrap_or(",").as_bytes() {
            [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => *byte,
            _ => {
                wrong.push(
                    "`file.delimiter` must be one character such as `,`, `;` or `\\t`".to_owned(),
                );
                b','
            }
        };
        TableKind::Csv {
            encoding: encoding.unwrap_or(UTF_8),
            delimiter,
        }
    }

    fn xlsx(self, wrong: &mut Vec<String>) -> TableKind {
        if self.encoding.is_some() || self.delimiter.is_some() {
            wrong.push(
                "`file.encoding` and `file.delimiter` are of CSV files; leave them out".to_owned(),
            );
        }
        TableKind::Xlsx { sheet: self.sheet }
    }
}

impl Table {
    /// Reads the names of the columns. Everything that is wrong with the file is `FILE_UNREADABLE`.
    pub fn open(bytes: Vec<u8>, format: &TableFormat) -> Result<Table, Error> {
        let rows = match &format.kind {
            TableKind::Csv {
                encoding,
                delimiter,
            } => {
                if bytes.starts_with(b"PK\x03\x04") {
                    return Err(unreadable(
                        "it is a workbook; set `format = \"xlsx\"` in the mapping's `[file]`, or save it as CSV",
                    ));
                }
                let size = plain_size(&bytes);
                let file = csv::ReaderBuilder::new()
                    .has_headers(false)
                    .flexible(true)
                    .delimiter(*delimiter)
                    .from_reader(Decoded::new(plain(bytes), encoding));
                Rows::Text {
                    file: Box::new(file),
                    size,
                }
            }
            TableKind::Xlsx { sheet } => {
                let rows = workbook::rows(bytes, sheet.as_deref())?;
                Rows::Sheet {
                    count: rows.len(),
                    rows: rows.into_iter(),
                }
            }
        };
        let mut table = Table {
            headers: Vec::new(),
            rows,
            given: 0,
        };
        table.headers = table.header(format.header_row)?;
        Ok(table)
    }

    /// How much of the file was read, in hundredths of a percent; all of it only when its end was seen.
    pub fn done(&self) -> i64 {
        let (read, size) = match &self.rows {
            Rows::Text { file, size } => (file.get_ref().taken(), *size),
            Rows::Sheet { rows, count } => ((count - rows.len()) as u64, *count as u64),
            Rows::Ended => return 10_000,
        };
        let share = read.saturating_mul(10_000) / size.max(1);
        i64::try_from(share).unwrap_or(i64::MAX).min(9_999)
    }

    fn header(&mut self, header_row: u64) -> Result<Vec<String>, Error> {
        while let Some(row) = self.read()? {
            if row.line >= header_row {
                let trimmed = row.cells.iter().map(|cell| cell.trim().to_owned());
                return Ok(trimmed.collect());
            }
        }
        Err(unreadable(&format!(
            "it has no columns; line {header_row} must name them"
        )))
    }

    /// The next row that is not empty.
    fn read(&mut self) -> Result<Option<Row>, Error> {
        loop {
            let row = match &mut self.rows {
                Rows::Text { file, .. } => text_row(file)?,
                Rows::Sheet { rows, .. } => rows.next().map(|row| row.dense(self.headers.len())),
                Rows::Ended => None,
            };
            let Some(row) = row else {
                self.rows = Rows::Ended;
                return Ok(None);
            };
            if row.cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            self.given += 1;
            check_size(&row, self.given)?;
            return Ok(Some(row));
        }
    }
}

impl Iterator for Table {
    type Item = Result<Row, Error>;

    fn next(&mut self) -> Option<Result<Row, Error>> {
        let row = self.read().transpose();
        if matches!(row, Some(Err(_))) {
            self.rows = Rows::Ended;
        }
        row
    }
}

fn text_row(file: &mut csv::Reader<Decoded>) -> Result<Option<Row>, Error> {
    file.get_mut().begin_row();
    let mut record = csv::StringRecord::new();
    match file.read_record(&mut record) {
        Ok(false) => Ok(None),
        Ok(true) => {
            // Told from its end, because blank lines before it are passed over.
            let within = record.as_slice().matches('\n').count() as u64 + 1;
            Ok(Some(Row {
                line: file.position().line().saturating_sub(within),
                cells: record.iter().map(str::to_owned).collect(),
            }))
        }
        Err(error) => {
            let line = file.position().line();
            Err(unreadable(&format!("beyond line {line}: {error}")))
        }
    }
}

fn check_size(row: &Row, number: u64) -> Result<(), Error> {
    let line = row.line;
    if number > MOST_ROWS {
        let words = format!("it has more than {MOST_ROWS} rows; cut it in two");
        return Err(unreadable(&words));
    }
    if row.cells.len() > MOST_COLUMNS {
        let words = format!("line {line} has more than {MOST_COLUMNS} columns; leave some out");
        return Err(unreadable(&words));
    }
    // Bytes first, which are at least as many and counted already.
    let long =
        |cell: &&String| cell.len() > LONGEST_CELL && cell.chars().nth(LONGEST_CELL).is_some();
    if row.cells.iter().any(|cell| long(&cell)) {
        let words = format!(
            "line {line} has a cell of more than {LONGEST_CELL} characters; look for a quote that is not closed"
        );
        return Err(unreadable(&words));
    }
    Ok(())
}

fn unreadable(words: &str) -> Error {
    let message = format!("the file cannot be read: {words}");
    Error::new(Reason::FileUnreadable, message)
}

#[cfg(test)]
mod tests;
