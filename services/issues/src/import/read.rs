//! Reading the file: header, then row by row, into batches. Runs on a thread that may block.

use std::{collections::BTreeMap, io::Read, sync::Arc};

use csv::{ByteRecord, ReaderBuilder};
use jiff::Timestamp;
use tidyward_kit::{
    Error, Reason,
    import::{self, Problem},
};
use tidyward_proto::v1::ImportProblemKind;
use tokio::sync::mpsc;

use super::{
    batch::{Batch, Builder},
    row::Layout,
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
        let size = plain_size(&bytes);
        let plain = import::plain(bytes);
        let mut file = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(plain);
        let mut record = ByteRecord::new();
        if !next(&mut file, &mut record)? {
            let message = "the file is empty; its first line must name its columns";
            return Err(Error::new(Reason::FileUnreadable, message).into());
        }
        let layout = Layout::find(&self.mapping.columns, &record).map_err(missing)?;
        let mut builder = Builder::default();
        while next(&mut file, &mut record)? {
            let line = record.position().map_or(0, csv::Position::line);
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
                builder.batch.read.done = done(file.position().byte(), size);
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

/// Size of the plain text: a gzip says at its end what it unpacks to, which is right below 4 GiB and one member.
fn plain_size(bytes: &[u8]) -> u64 {
    match bytes {
        [0x1f, 0x8b, .., a, b, c, d] => u32::from_le_bytes([*a, *b, *c, *d]).into(),
        bytes => bytes.len() as u64,
    }
}

/// In hundredths of a percent; all of it only when the end was seen.
fn done(read: u64, size: u64) -> i64 {
    let share = read.saturating_mul(10_000) / size.max(1);
    i64::try_from(share).unwrap_or(i64::MAX).min(9_999)
}
