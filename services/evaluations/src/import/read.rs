//! Reading a file of metrics: each row becomes numbers of an area and a period, or a problem with its line, column and
//! reason.

use csv::StringRecord;
use tidyward_kit::{
    Error, Reason,
    import::{Problem, plain},
    period::Period,
};
use tidyward_proto::v1::ImportProblemKind;

use crate::{
    mapping::{Mapping, PeriodSource, dated},
    metric::parse_decimal,
};

/// Rows of one file, so that a small gzip cannot fill the memory.
const MOST_ROWS: usize = 1_000_000;

/// A row that can be recorded, unless something else was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub line: u64,
    pub area: String,
    pub period: Period,
    /// Metric and value, in the mapping's order; empty cells are left out.
    pub numbers: Vec<(String, i64)>,
}

/// Where the columns of the mapping stand in the file.
#[derive(Clone, Debug)]
struct Columns {
    area: usize,
    /// Nothing where every row has the same period.
    period: Option<usize>,
    metrics: Vec<usize>,
    width: usize,
}

/// Every row of the file, and what is wrong with the others.
pub(super) fn read_file(
    bytes: Vec<u8>,
    mapping: &Mapping,
) -> Result<(Vec<Row>, Vec<Problem>), Error> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(plain(bytes));
    let headers = reader.headers().map_err(unreadable)?.clone();
    let columns = find_columns(&headers, mapping)?;
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(unreadable)? {
        let line = record.position().map_or(0, csv::Position::line);
        match read_row(&record, line, &columns, mapping) {
            Ok(row) => rows.push(row),
            Err(problem) => problems.push(problem),
        }
        if rows.len() + problems.len() > MOST_ROWS {
            let message = "the file has more than 1,000,000 rows; split it and import the parts one after the other";
            return Err(Error::new(Reason::FileUnreadable, message));
        }
    }
    Ok((rows, problems))
}

fn unreadable(error: csv::Error) -> Error {
    let message = format!(
        "the file cannot be read as CSV: {error}; give UTF-8 CSV with a header line, plain or gzip"
    );
    Error::new(Reason::FileUnreadable, message)
}

fn find_columns(headers: &StringRecord, mapping: &Mapping) -> Result<Columns, Error> {
    let mut missing = Vec::new();
    let mut find = |name: &str| {
        let place = headers
            .iter()
            .position(|header| header.trim_start_matches('\u{feff}').trim() == name.trim());
        place.unwrap_or_else(|| {
            missing.push(format!("`{name}`"));
            0
        })
    };
    let columns = Columns {
        area: find(&mapping.area),
        period: match &mapping.period {
            PeriodSource::Fixed(_) => None,
            PeriodSource::Column(column) | PeriodSource::Dated(column, ..) => Some(find(column)),
        },
        metrics: mapping
            .metrics
            .iter()
            .map(|(column, _)| find(column))
            .collect(),
        width: headers.len(),
    };
    if missing.is_empty() {
        return Ok(columns);
    }
    let there: Vec<&str> = headers.iter().take(30).collect();
    let message = format!(
        "the file has no column {}; it has {}",
        missing.join(", "),
        there.join(", ")
    );
    Err(Error::new(Reason::ColumnMissing, message))
}

fn read_row(
    record: &csv::ByteRecord,
    line: u64,
    columns: &Columns,
    mapping: &Mapping,
) -> Result<Row, Problem> {
    if record.len() != columns.width {
        let message = format!(
            "the row has {} fields and the header {}; quote what holds a comma",
            record.len(),
            columns.width
        );
        return Err(rejected(line, "", Reason::ValueInvalid, message));
    }
    let row = Cells { record, line };
    let area = row.needed(columns.area, &mapping.area)?;
    let period = match (&mapping.period, columns.period) {
        (PeriodSource::Fixed(period), _) => *period,
        (PeriodSource::Column(column) | PeriodSource::Dated(column, ..), index) => {
            let text = row.needed(index.unwrap_or(0), column)?;
            read_period(&text, &mapping.period).ok_or_else(|| {
                let text: String = text.chars().take(40).collect();
                let message = format!("`{text}` is no period in the mapping's format");
                rejected(line, column, Reason::TimeInvalid, message)
            })?
        }
    };
    let mut numbers = Vec::new();
    for ((column, metric), index) in mapping.metrics.iter().zip(&columns.metrics) {
        let text = row.cell(*index, column)?;
        if !text.is_empty() {
            let value = parse_decimal(&text, metric.scale);
            let invalid = |words| rejected(line, column, Reason::ValueInvalid, words);
            numbers.push((metric.name.clone(), value.map_err(invalid)?));
        }
    }
    Ok(Row {
        line,
        area,
        period,
        numbers,
    })
}

/// The cells of one row, without the spaces around them.
struct Cells<'r> {
    record: &'r csv::ByteRecord,
    line: u64,
}

impl Cells<'_> {
    fn cell(&self, index: usize, column: &str) -> Result<String, Problem> {
        let bytes = self.record.get(index).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map(|text| text.trim().to_owned());
        let message = || "is not UTF-8; convert the file".to_owned();
        text.map_err(|_| rejected(self.line, column, Reason::ValueInvalid, message()))
    }

    fn needed(&self, index: usize, column: &str) -> Result<String, Problem> {
        let text = self.cell(index, column)?;
        if text.is_empty() {
            let message = "is empty; fill it in".to_owned();
            return Err(rejected(self.line, column, Reason::ValueMissing, message));
        }
        Ok(text)
    }
}

fn read_period(text: &str, source: &PeriodSource) -> Option<Period> {
    match source {
        PeriodSource::Fixed(period) => Some(*period),
        PeriodSource::Column(_) => text.parse().ok(),
        PeriodSource::Dated(_, format, kind) => dated(text, format, *kind),
    }
}

pub(super) fn rejected(line: u64, column: &str, reason: Reason, message: String) -> Problem {
    Problem {
        kind: ImportProblemKind::Rejected,
        line,
        column: column.to_owned(),
        reason,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping;

    fn a_mapping() -> Mapping {
        mapping::read(
            "[area]\ncolumn = \"grid\"\n[period]\ncolumn = \"when\"\n\
             [[metrics]]\ncolumn = \"clean\"\nname = \"metric.clean\"\nunit = \"percent\"\nscale = 2\naddition = \"none\"\n\
             [[metrics]]\ncolumn = \"visits\"\nname = \"inspections.count\"\n",
        )
        .unwrap()
    }

    #[test]
    fn good_rows_are_read_and_bad_ones_told_with_line_column_and_reason() {
        let file = "\u{feff}grid,when,clean,visits\nG1,2013-q3,66.67,3\nG2,2013-q3,,0\n,2013-q3,1,1\nG3,2013,1,1\nG4,2013-q3,1.234,1\nG5,2013-q3,1\n";
        let (rows, problems) = read_file(file.into(), &a_mapping()).unwrap();
        assert_eq!(
            rows[0].numbers,
            [
                ("metric.clean".to_owned(), 6_667),
                ("inspections.count".to_owned(), 3)
            ]
        );
        assert_eq!(
            rows[1].numbers,
            [("inspections.count".to_owned(), 0)],
            "an empty cell is no data"
        );
        assert_eq!(rows.len(), 2);
        let told: Vec<(u64, &str, Reason)> = problems
            .iter()
            .map(|one| (one.line, one.column.as_str(), one.reason))
            .collect();
        let expected = [
            (4, "grid", Reason::ValueMissing),
            (5, "when", Reason::TimeInvalid),
            (6, "clean", Reason::ValueInvalid),
            (7, "", Reason::ValueInvalid),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn missing_columns_are_all_named() {
        let error = read_file(b"grid,visits\n".to_vec(), &a_mapping()).unwrap_err();
        assert_eq!(error.reason, Reason::ColumnMissing);
        assert_eq!(
            error.message,
            "the file has no column `when`, `clean`; it has grid, visits"
        );
    }
}
