//! An import: the file is read on a thread of its own, points are located in batches, and issues are written in jobs
//! that commit together. What one batch writes is durable before the next one is; so a run that was cut off can be run
//! again, and finds what it wrote as unchanged.

mod batch;
mod layout;
mod read;
mod row;

use std::sync::Arc;

use futures::future::try_join_all;
use jiff::Timestamp;
use tidyward_kit::{
    Error, Reason,
    caller::District,
    db::Db,
    import::{Counts, Problem, Run},
};
use tidyward_proto::v1::ImportProblemKind;
use tokio::sync::mpsc;

use crate::{
    category,
    in_force::Calendars,
    issue::Place,
    mapping::Mapping,
    store::{
        self,
        write::{self, NewIssue},
    },
    territory::Territory,
    timing::Timing,
};
use batch::{Batch, Candidate};
use read::Reader;

/// Batches that wait to be located, at most.
const WAITING: usize = 2;

/// Works through the file.
pub async fn run(
    db: Db,
    territory: Territory,
    mut run: Run,
    mapping: Mapping,
) -> Result<Counts, Error> {
    let calendar = territory.calendar(&run.district).await?;
    let working = Calendars::default()
        .in_force(&db, &territory, &run.district)
        .await?;
    // The categories are there before the first issue that has one.
    store::category::declare(&db, &run.district, mapping.categories.clone()).await?;
    let categories = store::category::of_district(db.read(), &run.district).await?;
    let reader = Reader {
        district: run.district.id().to_owned(),
        mapping,
        timing: Timing::of(working),
        calendar,
        categories: category::resolved(&categories),
        actor: format!("imports/{}", run.import),
        now: run.now,
    };
    let (send, receive) = mpsc::channel(WAITING);
    let bytes = std::mem::take(&mut run.file.bytes);
    // The thread ends by itself when nobody receives any more.
    let reading = tokio::task::spawn_blocking(move || reader.read(bytes, &send));
    let written = write_batches(&db, &territory, &mut run, receive).await;
    let read = reading.await.map_err(Error::internal)?;
    let counts = written?;
    match read {
        Ok(()) => Ok(counts),
        Err(failed) => {
            // The counts and problems of a file that cannot be read to its end stand beside the failure.
            run.progress.save(counts, failed.problems).await?;
            Err(*failed.error)
        }
    }
}

/// Locates the next batch while one is being written.
async fn write_batches(
    db: &Db,
    territory: &Territory,
    run: &mut Run,
    mut receive: mpsc::Receiver<Batch>,
) -> Result<Counts, Error> {
    let district = run.district.clone();
    let mut counts = Counts::default();
    let mut next = located(territory, &district, &mut receive).await?;
    while let Some(batch) = next {
        let write = write_batch(db, &district, batch, &mut counts);
        let (problems, located) = tokio::join!(write, located(territory, &district, &mut receive));
        run.progress.save(counts, problems?).await?;
        next = located?;
    }
    Ok(counts)
}

async fn located(
    territory: &Territory,
    district: &District,
    receive: &mut mpsc::Receiver<Batch>,
) -> Result<Option<Batch>, Error> {
    match receive.recv().await {
        Some(batch) => locate(territory, district, batch).await.map(Some),
        None => Ok(None),
    }
}

async fn locate(
    territory: &Territory,
    district: &District,
    mut batch: Batch,
) -> Result<Batch, Error> {
    let places: Vec<(Place, Timestamp)> = batch
        .candidates
        .iter()
        .filter_map(|one| Some((one.new.issue.place?, one.new.issue.reported_at)))
        .collect();
    let mut located = territory.locate(district, &places).await?.into_iter();
    for one in &mut batch.candidates {
        let issue = &mut one.new.issue;
        if let Some(found) = issue.place.and_then(|_| located.next()).flatten() {
            issue.grid = Some(found.grid);
            issue.ancestors = found.ancestors;
        }
    }
    Ok(batch)
}

/// Writes what is not there yet, and says what conflicts, in the order of the file.
async fn write_batch(
    db: &Db,
    district: &District,
    batch: Batch,
    counts: &mut Counts,
) -> Result<Vec<Problem>, Error> {
    let Batch {
        candidates,
        repeats,
        mut problems,
        read,
    } = batch;
    let (heads, issues): (Vec<_>, Vec<NewIssue>) =
        candidates.into_iter().map(Candidate::split).unzip();
    let jobs = issues.chunks(write::MOST).map(|some| {
        let some: Arc<[NewIssue]> = some.into();
        write::insert_imported(db, district, some)
    });
    let before: Vec<Option<Vec<u8>>> = try_join_all(jobs).await?.into_iter().flatten().collect();
    read.add_to(counts);
    for (head, before) in heads.iter().zip(&before) {
        match before {
            None => {
                counts.added += 1;
                counts.outside += i64::from(head.outside);
            }
            Some(digest) => settle(
                digest,
                &head.digest,
                head.line,
                &head.identity,
                counts,
                &mut problems,
            ),
        }
    }
    for repeat in &repeats {
        let standing = before[repeat.of]
            .as_deref()
            .unwrap_or(&heads[repeat.of].digest);
        let identity = &heads[repeat.of].identity;
        settle(
            standing,
            &repeat.digest,
            repeat.line,
            identity,
            counts,
            &mut problems,
        );
    }
    problems.sort_by_key(|problem| problem.line);
    Ok(problems)
}

/// A row whose identity is there already is unchanged or conflicts.
fn settle(
    standing: &[u8],
    digest: &[u8],
    line: u64,
    identity: &str,
    counts: &mut Counts,
    problems: &mut Vec<Problem>,
) {
    if standing == digest {
        counts.unchanged += 1;
        return;
    }
    counts.conflicting += 1;
    problems.push(Problem {
        kind: ImportProblemKind::Conflict,
        line,
        column: String::new(),
        reason: Reason::RowConflict,
        message: format!("`{identity}` is there already with other content; the first stands"),
    });
}

#[cfg(test)]
pub mod tests;
