//! Imports rosters: who answers for what, from the table that an office keeps. The whole file is read before anything
//! goes in; rows then go in by batches. The same row again changes nothing.

mod mapping;
mod row;

use std::sync::Arc;

use tidyward_kit::{
    caller::District,
    clock::Clock,
    db::Db,
    error::{Error, Reason},
    import::{Counts, Problem, Run},
    table::Table,
};
use tidyward_proto::v1::ImportProblemKind;
use tokio::task::spawn_blocking;

use crate::{
    district::DistrictProfile,
    duty::{self, Duty, Node},
    places::Places,
    store::{self, duty::Origin},
};
pub use mapping::Roster;
use row::Layout;

/// Rows of one roster at most.
const MOST_ROWS: usize = 200_000;
/// Rows, and nodes of them all, of one transaction at most.
const BATCH_ROWS: usize = 200;
const BATCH_NODES: usize = 2_000;

/// A row that can go in.
#[derive(Clone, Debug)]
struct Candidate {
    line: u64,
    duty: Duty,
    origin: Origin,
}

/// A file that was read.
#[derive(Default)]
struct Gathered {
    read: i64,
    candidates: Vec<Candidate>,
    problems: Vec<Problem>,
}

/// What became of a row.
enum Verdict {
    Added,
    Unchanged,
    Refused(Problem),
}

/// Works through the file of an import.
pub async fn run(
    mut run: Run,
    roster: Roster,
    profile: DistrictProfile,
    db: Db,
    clock: Clock,
) -> Result<Counts, Error> {
    let (bytes, import, now) = (
        std::mem::take(&mut run.file.bytes),
        run.import.clone(),
        run.now,
    );
    let roster = Arc::new(roster);
    let by = roster.clone();
    let days = (profile.start_date, profile.day_of(now), now);
    let read = spawn_blocking(move || {
        let creator = format!("imports/{import}");
        let table = Table::open(bytes, &by.file)?;
        let headers = table.headers.clone();
        match Layout::find(&by, &headers, days, &creator) {
            Ok(layout) => gather(table, &layout, &clock).map(Ok),
            Err(columns) => Ok(Err(columns)),
        }
    });
    let gathered = match read.await.map_err(Error::internal)?? {
        Ok(gathered) => gathered,
        Err(columns) => return Err(missing(&mut run, columns).await?),
    };
    let mut counts = Counts {
        read: gathered.read,
        rejected: gathered.problems.len() as i64,
        done: 5_000,
        ..Counts::default()
    };
    run.progress.save(counts, Vec::new()).await?;
    let (whole, mut done) = (gathered.candidates.len().max(1), 0);
    let mut rest = gathered.candidates;
    let mut unread = gathered.problems.into_iter().peekable();
    while !rest.is_empty() {
        let later = rest.split_off(batch(&rest));
        done += rest.len();
        let last = rest.last().map_or(0, |row| row.line);
        let mut problems = Vec::new();
        for verdict in write(&db, &run, &roster, rest).await? {
            problems.extend(tally(&mut counts, verdict));
        }
        // Problems are told in the order of the file.
        while let Some(problem) = unread.next_if(|problem| problem.line <= last) {
            problems.push(problem);
        }
        problems.sort_by_key(|problem| problem.line);
        counts.done = 5_000 + (4_900 * done / whole) as i64;
        save(&mut run, counts, problems).await?;
        rest = later;
    }
    save(&mut run, counts, unread.collect()).await?;
    Ok(counts)
}

/// Counts a row, and gives what is wrong with it.
fn tally(counts: &mut Counts, verdict: Verdict) -> Option<Problem> {
    match verdict {
        Verdict::Added => counts.added += 1,
        Verdict::Unchanged => counts.unchanged += 1,
        Verdict::Refused(problem) => {
            match problem.kind {
                ImportProblemKind::Conflict => counts.conflicting += 1,
                _ => counts.rejected += 1,
            }
            return Some(problem);
        }
    }
    None
}

fn gather(table: Table, layout: &Layout<'_>, clock: &Clock) -> Result<Gathered, Error> {
    let mut gathered = Gathered::default();
    for row in table {
        let row = row?;
        gathered.read += 1;
        if gathered.read > MOST_ROWS as i64 {
            let message = format!("a roster has at most {MOST_ROWS} rows; cut the file in two");
            return Err(Error::new(Reason::FileUnreadable, message));
        }
        match layout.read(&row, clock.id()) {
            Ok((duty, origin)) => gathered.candidates.push(Candidate {
                line: row.line,
                duty,
                origin,
            }),
            Err(problem) => gathered.problems.push(problem),
        }
    }
    Ok(gathered)
}

/// How many of the rows go into one transaction.
fn batch(rows: &[Candidate]) -> usize {
    let mut nodes = 0;
    let fit = rows.iter().take(BATCH_ROWS).take_while(|row| {
        nodes += row.duty.nodes.len();
        nodes <= BATCH_NODES
    });
    fit.count().max(1)
}

/// Writes the rows whose nodes are there.
async fn write(
    db: &Db,
    run: &Run,
    roster: &Roster,
    rows: Vec<Candidate>,
) -> Result<Vec<Verdict>, Error> {
    let district = &run.district;
    let nodes = rows
        .iter()
        .map(|row| (row.duty.first_day, &row.duty.nodes[..]));
    let places = Places::by_day(db, district, nodes).await?;
    let (mut verdicts, mut good) = (Vec::new(), Vec::new());
    for row in rows {
        let places = &places[&row.duty.first_day];
        let mut nodes = row.duty.nodes.iter();
        match nodes.find(|node| !places.within(node, &run.caller.areas)) {
            Some(node) => verdicts.push(Verdict::Refused(unknown(roster, &row, node))),
            None => good.push(row),
        }
    }
    let (district, good): (District, Arc<[Candidate]>) = (district.clone(), good.into());
    let written = db.write(move |transaction| {
        let (district, good) = (district.clone(), good.clone());
        Box::pin(async move {
            store::duty::lock(transaction, &district).await?;
            let mut verdicts = Vec::with_capacity(good.len());
            for row in good.iter() {
                let (duty, origin) = (&row.duty, &row.origin);
                let before =
                    store::duty::imported(transaction, &district, &origin.identity).await?;
                if let Some(before) = before {
                    verdicts.push(compared(row, &before));
                    continue;
                }
                let other = match duty.head {
                    true => store::duty::other_head(transaction, &district, duty).await?,
                    false => None,
                };
                if let Some((node, other)) = other {
                    let taken = duty::head_taken(&district, &node, &other);
                    let kind = ImportProblemKind::Rejected;
                    verdicts.push(refused(row, kind, "", taken.reason, taken.message));
                    continue;
                }
                store::duty::insert(transaction, &district, duty, Some(origin)).await?;
                verdicts.push(Verdict::Added);
            }
            Ok(verdicts)
        })
    });
    verdicts.extend(written.await?);
    Ok(verdicts)
}

/// A row that is there already.
fn compared(row: &Candidate, before: &[u8]) -> Verdict {
    if before == row.origin.content {
        return Verdict::Unchanged;
    }
    let message = "this duty was imported before with another name, unit, set, head or last day; the first stands, end it by EndDuty";
    let kind = ImportProblemKind::Conflict;
    refused(row, kind, "", Reason::RowConflict, message.to_owned())
}

fn unknown(roster: &Roster, row: &Candidate, node: &Node) -> Problem {
    let (field, what) = match node {
        Node::Area(_) => ("areas", "area"),
        Node::Site(_) => ("site", "site"),
    };
    Problem {
        kind: ImportProblemKind::Rejected,
        line: row.line,
        column: roster.column(field).to_owned(),
        reason: Reason::AreaUnknown,
        message: format!(
            "{what} `{}` is not there on {}; check the code and the first day",
            node.id(),
            row.duty.first_day
        ),
    }
}

fn refused(
    row: &Candidate,
    kind: ImportProblemKind,
    column: &str,
    reason: Reason,
    message: String,
) -> Verdict {
    Verdict::Refused(Problem {
        kind,
        line: row.line,
        column: column.to_owned(),
        reason,
        message,
    })
}

/// Writes down every column that the file lacks, and gives the error.
async fn missing(run: &mut Run, columns: Vec<String>) -> Result<Error, Error> {
    let told = |column: &str| {
        format!("the file has no column `{column}`; correct the mapping's `[columns]`")
    };
    let message = told(&columns.join("`, `"));
    let problems = columns.into_iter().map(|column| Problem {
        kind: ImportProblemKind::Rejected,
        line: 1,
        message: told(&column),
        column,
        reason: Reason::ColumnMissing,
    });
    save(run, Counts::default(), problems.collect()).await?;
    Ok(Error::new(Reason::ColumnMissing, message))
}

async fn save(run: &mut Run, counts: Counts, problems: Vec<Problem>) -> Result<(), Error> {
    let mut problems = problems.into_iter();
    loop {
        let some = problems.by_ref().take(BATCH_NODES).collect();
        run.progress.save(counts, some).await?;
        if problems.len() == 0 {
            return Ok(());
        }
    }
}
