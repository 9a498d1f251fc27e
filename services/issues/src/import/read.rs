//! Reading the file: header, then row by row, into batches. Runs on a thread that may block. CSV in UTF-8, which is what
//! large files are, is read as bytes with nothing between; any other file comes as a table of text.

use std::{collections::BTreeMap, io::Read, sync::Arc};

use csv::{ByteRecord, ReaderBuilder};
use jiff::Timestamp;
use tidyward_kit::{
    Error, Reason,
    import::{self, Problem},
    table::{Table, TableFormat},
};
use tidyward_proto::v1::ImportProblemKind;
use tokio::sync::mpsc;

use super::{
    batch::{Batch, Builder},
    layout::Layout,
};
use crate::{
    category::Category,
    mapping::Mapping,
    territory::{Calendar, MOST_POINTS},
    timing::Timing,
};

/// Rows of a batch, whose points are located in one call.
const ROWS: i64 = 4_000;
const _: () = assert!(ROWS as usize <= MOST_POINTS);
/// Problems of a batch at most; it is handed on when it has so many.
const PROBLEMS: usize = 1_000;

/// What turns rows into issues.
#[derive(Debug)]
pub struct Reader {
    pub district: String,
    pub mapping: Mapping,
    pub calendar: Arc<Calendar>,
    /// By which limits end.
    pub timing: Timing,
    pub categories: BTreeMap<String, Category>,
    /// Who did it, as events say.
    pub actor: String,
    /// When the server wrote it down, as events say.
    pub now: Timestamp,
}

/// Why a file could not be read to its end.
#[derive(Debug)]
pub struct Failed {
    pub error: Box<Error>,
    pub problems: Vec<Problem>,
}

impl Reader {
    /// Reads the whole file and hands on batch after batch.
    pub fn read(&self, bytes: Vec<u8>, send: &mpsc::Sender<Batch>) -> Result<(), Failed> {
        self.read_batches(bytes, |batch| send.blocking_send(batch).is_ok())
    }

    /// `hand_on` says whether to go on.
    pub fn read_batches(
        &self,
        bytes: Vec<u8>,
        mut hand_on: impl FnMut(Batch) -> bool,
    ) -> Result<(), Failed> {
        let mut record = ByteRecord::new();
        let mut file = Rows::open(bytes, &self.mapping.file, &mut record)?;
        let layout = Layout::find(&self.mapping.columns, &record).map_err(missing)?;
        let mut builder = Builder::default();
        while let Some(line) = file.next(&mut record)? {
            let row = layout.read(self, &record, line);
            let read = &mut builder.batch.read;
            read.rows += 1;
            read.duplicate += i64::from(row.duplicate);
            read.without_position += i64::from(row.without_position);
            match row.result {
                Ok(candidate) => builder.push(candidate),
                Err(bad) => {
                    builder.batch.read.rejected += 1;
                    builder.batch.problems.push(bad.into_problem(line));
                }
            }
            if builder.batch.read.rows == ROWS || builder.batch.problems.len() == PROBLEMS {
                builder.batch.read.done = file.done();
                if !hand_on(builder.take()) {
                    return Ok(());
                }
            }
        }
        builder.batch.read.done = 10_000;
        hand_on(builder.take());
        Ok(())
    }
}

/// The rows of a file after the one that names the columns.
enum Rows {
    Plain {
        file: Box<csv::Reader<Box<dyn Read + Send>>>,
        /// Bytes of the plain text.
        size: u64,
    },
    Table(Box<Table>),
}

impl Rows {
    /// Reads the names of the columns.
    fn open(bytes: Vec<u8>, format: &TableFormat, header: &mut ByteRecord) -> Result<Rows, Failed> {
        if *format != TableFormat::default() {
            let table = Table::open(bytes, format)?;
            *header = ByteRecord::from(table.headers.clone());
            return Ok(Rows::Table(Box::new(table)));
        }
        let size = import::plain_size(&bytes);
        let mut file = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(import::plain(bytes));
        if !next(&mut file, header)? {
            let message = "the file is empty; its first line must name its columns";
            return Err(Error::new(Reason::FileUnreadable, message).into());
        }
        Ok(Rows::Plain {
            file: Box::new(file),
            size,
        })
    }

    /// Reads the next row and gives its line; nothing at the end.
    fn next(&mut self, record: &mut ByteRecord) -> Result<Option<u64>, Failed> {
        match self {
            Rows::Plain { file, .. } => {
                let read = next(file, record)?;
                let line = record.position().map_or(0, csv::Position::line);
                Ok(read.then_some(line))
            }
            Rows::Table(table) => {
                let Some(row) = table.next().transpose()? else {
                    return Ok(None);
                };
                *record = ByteRecord::from(row.cells);
                Ok(Some(row.line))
            }
        }
    }

    /// How much was read, in hundredths of a percent.
    fn done(&self) -> i64 {
        match self {
            Rows::Plain { file, size } => done(file.position().byte(), *size),
            Rows::Table(table) => table.done(),
        }
    }
}

fn next(file: &mut csv::Reader<impl Read>, record: &mut ByteRecord) -> Result<bool, Failed> {
    file.read_byte_record(record).map_err(|error| {
        let message = format!(
            "the file cannot be read beyond line {}: {error}; what was before went in, send the whole file and run the import again",
            file.position().line()
        );
        Error::new(Reason::FileUnreadable, message).into()
    })
}

fn missing(columns: Vec<String>) -> Failed {
    let names = columns.join("`, `");
    let message = format!("the file has no column `{names}`; correct the mapping's `[columns]`");
    let problems = columns.into_iter().map(|column| Problem {
        kind: ImportProblemKind::Rejected,
        line: 1,
        message: format!("the file has no column `{column}`; correct the mapping's `[columns]`"),
        column,
        reason: Reason::ColumnMissing,
    });
    let problems = problems.collect();
    Failed {
        error: Error::new(Reason::ColumnMissing, message).into(),
        problems,
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed {
            error: error.into(),
            problems: Vec::new(),
        }
    }
}

/// In hundredths of a percent; all of it only when the end was seen.
fn done(read: u64, size: u64) -> i64 {
    let share = read.saturating_mul(10_000) / size.max(1);
    i64::try_from(share).unwrap_or(i64::MAX).min(9_999)
}
