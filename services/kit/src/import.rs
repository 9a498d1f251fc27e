//! Imports: a resource made from an upload and the text of a mapping. The service brings what reads the mapping and what
//! works through the file; states, counts, problems and watching are the same for all.

mod end;
mod file;

use std::{pin::Pin, sync::Arc, time::Duration};

use futures::{Stream, future::BoxFuture};
use jiff::Timestamp;
use tidyward_proto::v1::{
    CreateImportRequest, GetImportRequest, Import, ImportProblem, ImportProblemKind, ImportState,
    ListImportProblemsRequest, ListImportProblemsResponse, WatchImportRequest,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

pub use crate::db::imports::Counts;
use crate::{
    caller::{Caller, District},
    clock::{self, Clock},
    db::{
        Db,
        imports::{self, ImportRow, ProblemRow},
    },
    error::{Error, Reason},
    page::Page,
    request::Once,
    upload::{Taken, Uploads},
};
pub use file::{plain, plain_size};

/// Imports that a service runs at once; whoever comes then is asked to come again.
const AT_ONCE: usize = 4;
/// The longest mapping in bytes.
const LONGEST_MAPPING: usize = 64 * 1_024;
/// How often a watcher is told.
const TOLD_EVERY: Duration = Duration::from_millis(200);

/// Stream of an import's progress.
pub type Watch = Pin<Box<dyn Stream<Item = Result<Import, Status>> + Send>>;

/// A service's imports.
#[derive(Clone)]
pub struct Imports {
    db: Db,
    prefix: &'static str,
    clock: Clock,
    uploads: Uploads,
    places: Arc<Semaphore>,
}

/// What a service needs to work through a file.
pub struct Run {
    pub caller: Caller,
    pub district: District,
    /// Id of the import.
    pub import: String,
    pub file: Taken,
    /// When the import was asked for: the `recorded_at` of all that it writes.
    pub now: Timestamp,
    pub progress: Progress,
}

/// Where a run tells how far it is and what it met.
pub struct Progress {
    db: Db,
    prefix: &'static str,
    row: ImportRow,
    problems: i64,
}

/// One row of the file that did not go in, or that conflicts with what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub kind: ImportProblemKind,
    /// Line of the file, from 1.
    pub line: u64,
    /// Empty where the whole row is meant.
    pub column: String,
    pub reason: Reason,
    /// What is wrong and what to do.
    pub message: String,
}

impl Imports {
    pub fn new(db: Db, prefix: &'static str, clock: Clock, uploads: Uploads) -> Imports {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Imports {
            db,
            prefix,
            clock,
            uploads,
            places,
        }
    }

    /// Marks as failed what a stop of the server cut off. To be called once, before serving.
    pub async fn recover(&self) -> Result<(), Error> {
        let running = ImportState::Running as i32;
        for mut row in imports::in_state(self.db.read(), self.prefix, running).await? {
            row.state = ImportState::Failed as i32;
            row.error =
                "the server stopped; what went in stays in, run the import again".to_owned();
            row.ended_at = Some(self.clock.now().as_microsecond());
            end::write_row(&self.db, self.prefix, row).await?;
        }
        Ok(())
    }

    /// Reads the mapping, takes the upload, and starts the run; answers while it runs.
    pub async fn create<M, R>(
        &self,
        caller: &Caller,
        request: CreateImportRequest,
        read_mapping: impl FnOnce(&str) -> Result<M, Error>,
        run: R,
    ) -> Result<Import, Error>
    where
        R: FnOnce(Run, M) -> BoxFuture<'static, Result<Counts, Error>> + Send + 'static,
        M: Send + 'static,
    {
        let district = caller.district("parent", &request.parent)?;
        if request.mapping.len() > LONGEST_MAPPING {
            return Err(Error::field("mapping", "must be at most 65,536 bytes"));
        }
        let mapping = read_mapping(&request.mapping)?;
        let file = self
            .uploads
            .take(caller, &district, "upload", &request.upload)
            .await?;
        let place = self.place()?;
        let now = self.clock.now();
        let row = ImportRow {
            district: district.id().to_owned(),
            import: self.clock.id().to_string(),
            upload: request.upload.clone(),
            mapping: request.mapping.clone(),
            state: ImportState::Running as i32,
            error: String::new(),
            counts: Counts::default(),
            created_at: now.as_microsecond(),
            ended_at: None,
        };
        let progress = Progress {
            db: self.db.clone(),
            prefix: self.prefix,
            row: row.clone(),
            problems: 0,
        };
        let work = Run {
            caller: caller.clone(),
            district,
            import: row.import.clone(),
            file,
            now,
            progress,
        };
        let imports = self.clone();
        // What is written down as running has to run, even if the caller goes away in between.
        let beginning = tokio::spawn(async move {
            let import = imports
                .written(&work.caller, &work.district, &request, &row, now)
                .await?;
            // A repeated request has its answer and starts nothing.
            if import.name == render(&row).name {
                imports.start(row, place, run(work, mapping));
            }
            Ok(import)
        });
        beginning.await.map_err(Error::internal)?
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.places.clone().try_acquire_owned().map_err(|_| {
            let message = format!("{AT_ONCE} imports are running; try again when one has ended");
            let mut error = Error::new(Reason::Busy, message);
            error.retry_after = Some(Duration::from_secs(5));
            error
        })
    }

    async fn written(
        &self,
        caller: &Caller,
        district: &District,
        request: &CreateImportRequest,
        row: &ImportRow,
        now: Timestamp,
    ) -> Result<Import, Error> {
        let (prefix, id, row) = (self.prefix, request.request_id.as_str(), row.clone());
        let once = Once::new(
            prefix,
            "CreateImport",
            caller,
            Some(district),
            request,
            id,
            now,
        )?;
        once.write(&self.db, move |transaction| {
            let row = row.clone();
            Box::pin(async move {
                imports::insert(transaction, prefix, &row).await?;
                Ok(render(&row))
            })
        })
        .await
    }

    /// Runs the work to its end, whoever asked for it may go away, and writes down how it ended.
    fn start(
        &self,
        row: ImportRow,
        place: OwnedSemaphorePermit,
        work: BoxFuture<'static, Result<Counts, Error>>,
    ) {
        let (db, clock, prefix) = (self.db.clone(), self.clock.clone(), self.prefix);
        tokio::spawn(async move {
            // A task of its own, so that a panic in it is an end as well.
            let ended = tokio::spawn(work).await;
            let ended = ended.unwrap_or_else(|panic| Err(Error::internal(panic)));
            end::finish(&db, prefix, row, ended, clock.now()).await;
            drop(place);
        });
    }

    pub async fn get(&self, caller: &Caller, request: GetImportRequest) -> Result<Import, Error> {
        let (district, import) = self.named(caller, "name", &request.name)?;
        Ok(render(&self.row(&district, &import).await?))
    }

    /// Tells of the import until it has ended.
    pub async fn watch(
        &self,
        caller: &Caller,
        request: WatchImportRequest,
    ) -> Result<Watch, Error> {
        let (district, import) = self.named(caller, "name", &request.name)?;
        self.row(&district, &import).await?;
        let imports = self.clone();
        let stream = futures::stream::unfold(Some((imports, false)), move |state| {
            let (district, import) = (district.clone(), import.clone());
            async move {
                let (imports, told_before) = state?;
                if told_before {
                    tokio::time::sleep(TOLD_EVERY).await;
                }
                match imports.row(&district, &import).await {
                    Ok(row) => {
                        let ended = row.state != ImportState::Running as i32;
                        let next = (!ended).then_some((imports, true));
                        Some((Ok(render(&row)), next))
                    }
                    Err(error) => Some((Err(error.into()), None)),
                }
            }
        });
        Ok(Box::pin(stream))
    }

    pub async fn problems(
        &self,
        caller: &Caller,
        request: ListImportProblemsRequest,
    ) -> Result<ListImportProblemsResponse, Error> {
        let (district, import) = self.named(caller, "parent", &request.parent)?;
        self.row(&district, &import).await?;
        let arguments = ["ListImportProblems", self.prefix, &request.parent];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
        let after = page
            .after
            .as_ref()
            .and_then(|key| key[0].parse().ok())
            .unwrap_or(0);
        let key = (district.id(), import.as_str());
        let read = self.db.read();
        let mut rows = imports::problems(read, self.prefix, key, after, page.size + 1).await?;
        let next_page_token = page.cut(&mut rows, |row| vec![row.0.to_string()]);
        let problems = rows
            .into_iter()
            .map(|(_, row)| render_problem(row))
            .collect();
        Ok(ListImportProblemsResponse {
            problems,
            next_page_token,
        })
    }

    fn named(&self, caller: &Caller, field: &str, name: &str) -> Result<(District, String), Error> {
        let (district, [_, import]) =
            caller.resource::<2>("districts/{}/imports/{}", field, name)?;
        Ok((district, import))
    }

    async fn row(&self, district: &District, import: &str) -> Result<ImportRow, Error> {
        let row = imports::find(self.db.read(), self.prefix, district.id(), import).await?;
        row.ok_or_else(|| Error::not_found(district.child("imports", import)))
    }
}

impl Progress {
    /// Writes down how far the run is and what problems it met since the last time.
    pub async fn save(&mut self, counts: Counts, problems: Vec<Problem>) -> Result<(), Error> {
        self.row.counts = counts;
        let first = self.problems + 1;
        self.problems += problems.len() as i64;
        let (prefix, row) = (self.prefix, self.row.clone());
        let problems: Arc<[ProblemRow]> = problems.into_iter().map(Problem::into_row).collect();
        self.db
            .write(move |transaction| {
                let (row, problems) = (row.clone(), problems.clone());
                Box::pin(async move {
                    imports::update(transaction, prefix, &row).await?;
                    let key = (row.district.as_str(), row.import.as_str());
                    imports::insert_problems(transaction, prefix, key, first, &problems).await
                })
            })
            .await
    }
}

impl Problem {
    fn into_row(self) -> ProblemRow {
        ProblemRow {
            kind: self.kind as i32,
            line: i64::try_from(self.line).unwrap_or(i64::MAX),
            column: self.column,
            reason: self.reason as i32,
            message: self.message,
        }
    }
}

fn render(row: &ImportRow) -> Import {
    let time = |micros| Timestamp::from_microsecond(micros).ok().map(clock::to_wire);
    Import {
        name: format!("districts/{}/imports/{}", row.district, row.import),
        upload: row.upload.clone(),
        mapping: row.mapping.clone(),
        state: row.state,
        error: row.error.clone(),
        rows_read: row.counts.read,
        rows_added: row.counts.added,
        rows_unchanged: row.counts.unchanged,
        rows_conflicting: row.counts.conflicting,
        rows_rejected: row.counts.rejected,
        rows_duplicate: row.counts.duplicate,
        rows_without_position: row.counts.without_position,
        rows_outside: row.counts.outside,
        percent: row.counts.done as f64 / 100.0,
        create_time: time(row.created_at),
        end_time: row.ended_at.and_then(time),
    }
}

fn render_problem(row: ProblemRow) -> ImportProblem {
    ImportProblem {
        kind: row.kind,
        line: row.line,
        column: row.column,
        reason: row.reason,
        message: row.message,
    }
}

#[cfg(test)]
mod tests;
