//! Workbooks (XLSX): one sheet's cells as text. A workbook is a zip; what it unpacks to is measured, not believed, before
//! any of it is read.

use std::io::{self, Cursor, Read};

use calamine::{DataRef, ExcelDateTime, Reader, SheetType, Xlsx, open_workbook_from_rs};
use zip::ZipArchive;

use super::{LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Row, unreadable};
use crate::{error::Error, import::plain};

/// Bytes of the file itself at most, unpacked where it is gzip.
const LARGEST_FILE: u64 = 64 * 1_024 * 1_024;
/// Bytes of all parts together at most.
const LARGEST_WHOLE: u64 = 128 * 1_024 * 1_024;
/// Bytes of a part that is kept whole while the sheet is read, such as the shared texts, at most.
const LARGEST_KEPT: u64 = 48 * 1_024 * 1_024;
/// Parts of one workbook at most.
const MOST_PARTS: usize = 5_000;
/// Cells that hold something, and bytes of their text, at most: a text that is shared counts wherever it stands.
const MOST_CELLS: usize = 5_000_000;
const MOST_TEXT: usize = 256 * 1_024 * 1_024;
/// Whole numbers of so many digits are exact in a workbook.
const EXACT: f64 = 1e15;

/// A row of a sheet with the cells that hold something.
#[derive(Debug)]
pub(super) struct SheetRow {
    /// From 1.
    number: u64,
    /// By column, from 0.
    cells: Vec<(u32, String)>,
}

impl SheetRow {
    /// Every cell, empty ones too, and at least so many.
    pub(super) fn dense(self, least: usize) -> Row {
        let width = self.cells.last().map_or(0, |last| last.0 as usize + 1);
        let mut cells = vec![String::new(); width.max(least)];
        for (column, text) in self.cells {
            if let Some(cell) = cells.get_mut(column as usize) {
                *cell = text;
            }
        }
        Row {
            line: self.number,
            cells,
        }
    }
}

/// The rows of the named sheet, or of the first.
pub(super) fn rows(bytes: Vec<u8>, sheet: Option<&str>) -> Result<Vec<SheetRow>, Error> {
    let bytes = unpacked(bytes)?;
    measure(&bytes)?;
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).map_err(broken)?;
    let name = chosen(&book, sheet)?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(broken)?;
    let mut rows: Vec<SheetRow> = Vec::new();
    let (mut count, mut text_bytes) = (0, 0);
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let text = text(cell.get_value(), row, column)?;
        if text.is_empty() {
            continue;
        }
        count += 1;
        text_bytes += text.len();
        check(row, column, &text, (count, text_bytes))?;
        let number = u64::from(row) + 1;
        match rows.last_mut() {
            Some(last) if last.number == number => {
                if last.cells.last().is_some_and(|before| before.0 >= column) {
                    return Err(unreadable(
                        "the cells of a row are out of order; save it anew",
                    ));
                }
                last.cells.push((column, text));
            }
            Some(last) if last.number > number => {
                return Err(unreadable(
                    "the rows of the sheet are out of order; save it anew",
                ));
            }
            _ => rows.push(SheetRow {
                number,
                cells: vec![(column, text)],
            }),
        }
    }
    Ok(rows)
}

fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    let mut file = Vec::new();
    let read = plain(bytes).take(LARGEST_FILE + 1).read_to_end(&mut file);
    read.map_err(|error| unreadable(&error.to_string()))?;
    if file.len() as u64 > LARGEST_FILE {
        return Err(unreadable(
            "the workbook is larger than 64 MiB; save it as CSV",
        ));
    }
    if !file.starts_with(b"PK") {
        let words = "it is no workbook of the kind XLSX; save it as .xlsx, without a password, or as CSV and set `format = \"csv\"`";
        return Err(unreadable(words));
    }
    Ok(file)
}

/// Unpacks every part to nowhere and counts. The zip is opened as the workbook's reader opens it, so both see the same.
fn measure(bytes: &[u8]) -> Result<(), Error> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    if zip.len() > MOST_PARTS {
        return Err(unreadable("the workbook has more than 5,000 parts"));
    }
    let mut left = LARGEST_WHOLE;
    for index in 0..zip.len() {
        let part = zip.by_index(index).map_err(broken)?;
        let is_sheet = part.name().to_ascii_lowercase().contains("worksheets/");
        let most = if is_sheet {
            left
        } else {
            left.min(LARGEST_KEPT)
        };
        let too_large = || {
            let words = "the workbook unpacks to more than is taken (128 MiB, its texts 48 MiB); save the sheet as CSV";
            unreadable(words)
        };
        if part.size() > most {
            return Err(too_large());
        }
        let read = io::copy(&mut part.take(most + 1), &mut io::sink());
        let read = read.map_err(broken)?;
        left = left.checked_sub(read).ok_or_else(too_large)?;
        if read > most {
            return Err(too_large());
        }
    }
    Ok(())
}

fn chosen<R: Read + io::Seek>(book: &Xlsx<R>, sheet: Option<&str>) -> Result<String, Error> {
    let sheets = book.sheets_metadata().iter();
    let mut sheets = sheets.filter(|one| one.typ == SheetType::WorkSheet);
    let found = sheets.find(|one| sheet.is_none_or(|name| one.name == name));
    found.map(|one| one.name.clone()).ok_or_else(|| {
        let names = book.sheet_names();
        let shown: Vec<&str> = names.iter().take(20).map(String::as_str).collect();
        let words = match sheet {
            Some(name) => format!(
                "the workbook has no sheet `{name}`; it has `{}`",
                shown.join("`, `")
            ),
            None => "the workbook has no sheet".to_owned(),
        };
        unreadable(&words)
    })
}

fn check(row: u32, column: u32, text: &str, sums: (usize, usize)) -> Result<(), Error> {
    let place = place(row, column);
    if u64::from(row) >= MOST_ROWS || column as usize >= MOST_COLUMNS {
        let words = format!("cell {place} lies beyond {MOST_ROWS} rows or {MOST_COLUMNS} columns");
        return Err(unreadable(&words));
    }
    if text.len() > LONGEST_CELL && text.chars().nth(LONGEST_CELL).is_some() {
        let words = format!("cell {place} has more than {LONGEST_CELL} characters");
        return Err(unreadable(&words));
    }
    if sums.0 > MOST_CELLS || sums.1 > MOST_TEXT {
        return Err(unreadable(
            "the sheet holds more than 5,000,000 cells or 256 MiB of text; save it as CSV",
        ));
    }
    Ok(())
}

/// What a person would read in the cell: whole numbers without a point, days and times as ISO 8601 has them.
fn text(value: &DataRef<'_>, row: u32, column: u32) -> Result<String, Error> {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(true) => "TRUE".to_owned(),
        DataRef::Bool(false) => "FALSE".to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) if number.abs() >= EXACT => {
            let words = format!(
                "cell {} holds a number of more than 15 digits, of which a workbook loses the rest; make the column text and fill it in anew",
                place(row, column)
            );
            return Err(unreadable(&words));
        }
        DataRef::Float(number) if number.fract() == 0.0 => (*number as i64).to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::DateTime(instant) => date_text(instant),
        DataRef::Error(error) => error.to_string(),
    })
}

fn date_text(instant: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = instant.to_ymd_hms_milli();
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    if instant.is_duration() || instant.as_f64() < 1.0 {
        return time;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        return date;
    }
    format!("{date}T{time}")
}

/// `B3`, as office programs name cells.
fn place(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{}", u64::from(row) + 1)
}

fn broken(error: impl std::error::Error) -> Error {
    unreadable(&format!("the workbook is damaged or protected: {error}"))
}
