//! The moves of all issues once more, packed into few rows, so that facts and rates read a district's ledger in a moment.
//! Whoever writes events writes them here in the same transaction; the events stay what is true.
//!
//! A row holds the issues whose numbers lie in one block, each with all of its moves, whenever they came: a row only ever
//! grows at its end. Blocks are small, so that a row stays within a page and a move is cheap.

use std::{borrow::Cow, collections::BTreeMap};

use futures::TryStreamExt;
use prost::Message;
use sea_orm::{ConnectionTrait, QueryResult, StreamTrait, Value};
use tidyward_kit::{Error, caller::District, clock, db::Db};
use tokio::{sync::mpsc, task::spawn_blocking};

use super::{places, statement};
use crate::{
    event::{Detail, Kind, Marks},
    facts::{
        packed,
        whole::{Entry, Report},
    },
};

/// Numbers of a block. Rows are there by it, so it stays.
const NUMBERS: i64 = 64;
/// Rows of one statement.
const ROWS: usize = 40;
/// Rows that are unpacked at once.
const AT_ONCE: usize = 64;
/// Portions of rows that wait at most.
const AHEAD: usize = 4;
/// Events that are read at once where all courses are made anew.
const PAGE: usize = 2_000;

/// Appends moves, those of an issue in their order.
pub(super) async fn append(
    connection: &impl ConnectionTrait,
    district: &str,
    entries: &[Entry<'_>],
) -> Result<(), Error> {
    let mut blocks: BTreeMap<i64, String> = BTreeMap::new();
    for run in entries.chunk_by(|one, next| one.issue == next.issue) {
        let block = run[0].issue.div_euclid(NUMBERS);
        packed::pack(run, blocks.entry(block).or_default());
    }
    let blocks: Vec<(i64, String)> = blocks.into_iter().collect();
    for rows in blocks.chunks(ROWS) {
        let text = format!(
            "INSERT INTO issue_course (district, block, moves) VALUES {} \
             ON CONFLICT (district, block) DO UPDATE SET moves = issue_course.moves || excluded.moves",
            places(rows.len(), 3)
        );
        let values = rows.iter().flat_map(|(block, moves)| {
            let row: [Value; 3] = [district.into(), (*block).into(), moves.clone().into()];
            row
        });
        let upsert = statement(connection.get_database_backend(), &text, values.collect());
        connection.execute_raw(upsert).await?;
    }
    Ok(())
}

/// Has `take` count every move up to the watermark that occurred before the instant (microseconds), issue by issue, and
/// gives what was counted. None takes effect before it occurs, so what is left out cannot count.
///
/// While rows are counted, off the workers, the next ones are read: a million moves take a while.
pub async fn scan<C: Send + 'static>(
    db: &Db,
    district: &District,
    watermark: i64,
    before: i64,
    counts: C,
    take: fn(&mut C, &Entry<'_>),
) -> Result<C, Error> {
    let (send, rows) = mpsc::channel(AHEAD);
    let is_seen = move |entry: &Entry<'_>| entry.number <= watermark && entry.occurred_at < before;
    let counting = spawn_blocking(move || count(rows, is_seen, counts, take));
    // Where reading ends early, so does counting: nobody sends any more.
    read_rows(db, district, send).await?;
    counting.await.map_err(Error::internal)?
}

/// Sends the district's rows, many at once.
async fn read_rows(
    db: &Db,
    district: &District,
    send: mpsc::Sender<Vec<String>>,
) -> Result<(), Error> {
    let text = "SELECT moves FROM issue_course WHERE district = ? ORDER BY district, block";
    let backend = ConnectionTrait::get_database_backend(db.read());
    let select = statement(backend, text, vec![district.id().into()]);
    let rows = db.read().stream_raw(select).await?;
    let mut portions = rows.try_chunks(AT_ONCE);
    while let Some(rows) = portions.try_next().await.map_err(|error| error.1)? {
        let moves: Result<Vec<String>, _> =
            rows.iter().map(|row| row.try_get_by_index(0)).collect();
        if send.send(moves?).await.is_err() {
            // What went wrong is for whoever counts to tell.
            break;
        }
    }
    Ok(())
}

fn count<C>(
    mut rows: mpsc::Receiver<Vec<String>>,
    is_seen: impl Fn(&Entry<'_>) -> bool,
    mut counts: C,
    take: fn(&mut C, &Entry<'_>),
) -> Result<C, Error> {
    while let Some(rows) = rows.blocking_recv() {
        let mut of_row = Vec::new();
        for row in &rows {
            let whole = packed::unpack(row, &mut of_row);
            whole.ok_or_else(|| Error::internal("a packed course cannot be read"))?;
            // What came later stands at the end of the row; the sort keeps each issue's own order.
            if !of_row.is_sorted_by_key(|entry| entry.issue) {
                of_row.sort_by_key(|entry| entry.issue);
            }
            for entry in of_row.iter().filter(|entry| is_seen(entry)) {
                take(&mut counts, entry);
            }
        }
    }
    Ok(counts)
}

/// When a suspension ends by itself: the only thing that counting needs of a detail.
pub(super) fn until(kind: Kind, detail: Option<&Detail>) -> Option<i64> {
    let until = detail.filter(|_| kind == Kind::Suspended)?.until.as_ref()?;
    clock::from_wire(until).map(jiff::Timestamp::as_microsecond)
}

/// Makes the courses of every district from its events.
pub(super) async fn rebuild(connection: &impl ConnectionTrait) -> Result<(), Error> {
    let backend = connection.get_database_backend();
    let delete = statement(backend, "DELETE FROM issue_course", Vec::new());
    connection.execute_raw(delete).await?;
    let mut after = (String::new(), 0_i64, 0_i32);
    loop {
        let (district, issue, sequence) = after.clone();
        let values = vec![
            district.into(),
            issue.into(),
            sequence.into(),
            (PAGE as i64).into(),
        ];
        let rows = connection
            .query_all_raw(statement(backend, EVENTS, values))
            .await?;
        let mut courses: BTreeMap<String, Vec<Entry<'static>>> = BTreeMap::new();
        for row in &rows {
            let entry = read(row)?;
            let district: String = row.try_get_by_index(13)?;
            after = (district.clone(), entry.issue, row.try_get_by_index(14)?);
            courses.entry(district).or_default().push(entry);
        }
        for (district, entries) in courses {
            append(connection, &district, &entries).await?;
        }
        if rows.len() < PAGE {
            return Ok(());
        }
    }
}

/// The events of all districts behind one of them, in the order of the key.
const EVENTS: &str = "SELECT issue_number, kind, round, occurred_at, recorded_at, number, handling_deadline, total_deadline, \
     category, grid, marks, worked_minutes, detail, district, sequence FROM issue_event \
     WHERE (district, issue_number, sequence) > (?, ?, ?) ORDER BY district, issue_number, sequence LIMIT ?";

fn read(row: &QueryResult) -> Result<Entry<'static>, Error> {
    let kind = Kind::try_from(row.try_get_by_index::<i32>(1)?).map_err(Error::internal)?;
    let category: Option<String> = row.try_get_by_index(8)?;
    let category = category.map(Cow::from);
    let (report, category) = match kind {
        Kind::Reported => {
            let grid: Option<String> = row.try_get_by_index(9)?;
            let category = category.unwrap_or_default();
            (
                Some(Report {
                    category,
                    grid: grid.map(Cow::from),
                }),
                None,
            )
        }
        _ => (None, category),
    };
    let detail: Option<Vec<u8>> = row.try_get_by_index(12)?;
    let detail = detail.map(|bytes| Detail::decode(&*bytes)).transpose();
    let detail = detail.map_err(Error::internal)?;
    Ok(Entry {
        issue: row.try_get_by_index(0)?,
        kind,
        round: row.try_get_by_index(2)?,
        occurred_at: row.try_get_by_index(3)?,
        recorded_at: row.try_get_by_index(4)?,
        number: row.try_get_by_index(5)?,
        handling_deadline: row.try_get_by_index(6)?,
        total_deadline: row.try_get_by_index(7)?,
        marks: Marks(row.try_get_by_index(10)?),
        worked_minutes: row.try_get_by_index(11)?,
        until: until(kind, detail.as_ref()),
        category,
        report,
    })
}

#[cfg(test)]
pub mod tests;
