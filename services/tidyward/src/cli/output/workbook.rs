//! A table as a workbook: numbers are numbers, text is text that no spreadsheet program takes for a formula, and times are
//! text as everywhere.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{Cell, Table};

/// Digits that a spreadsheet's numbers keep. What has more is written as text, so that none is lost.
const DIGITS: usize = 15;
/// Rows of a sheet below its head.
pub const MOST_ROWS: usize = 1_048_575;

/// The workbook's bytes: one sheet, the keys at its head. `made` is when it says it was made, in seconds since 1970.
pub fn workbook(table: &Table, made: i64) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_timestamp(made)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let sheet = workbook.add_worksheet();
    let bold = Format::new().set_bold();
    for (place, column) in (0..).zip(&table.columns) {
        sheet.write_string_with_format(0, place, &column.key, &bold)?;
    }
    for (line, row) in (1..).zip(&table.rows) {
        for (place, cell) in (0..).zip(row) {
            write(sheet, line, place, cell)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    workbook.save_to_buffer()
}

fn write(sheet: &mut Worksheet, line: u32, place: u16, cell: &Cell) -> Result<(), XlsxError> {
    match cell {
        Cell::Nothing => {}
        Cell::Text(text) => {
            sheet.write_string(line, place, text)?;
        }
        Cell::Integer(value) => decimal(sheet, line, place, &value.to_string())?,
        Cell::Decimal(text) => decimal(sheet, line, place, text)?,
        Cell::Switch(on) => {
            sheet.write_boolean(line, place, *on)?;
        }
        Cell::Toned(cell, _) | Cell::Worded(cell, _) => write(sheet, line, place, cell)?,
    }
    Ok(())
}

/// A number that shows as many decimals as its text has.
fn decimal(sheet: &mut Worksheet, line: u32, place: u16, text: &str) -> Result<(), XlsxError> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && digits <= DIGITS => {
            let decimals = text.split_once('.').map_or(0, |(_, rest)| rest.len());
            let shown = match decimals {
                0 => "0".to_owned(),
                some => format!("0.{}", "0".repeat(some)),
            };
            let format = Format::new().set_num_format(shown);
            sheet.write_number_with_format(line, place, value, &format)?;
        }
        _ => {
            sheet.write_string(line, place, text)?;
        }
    }
    Ok(())
}
