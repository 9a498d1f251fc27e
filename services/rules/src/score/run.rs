//! A run puts chunks on threads and the results together in the rows' order.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use super::{Facts, Issues, RunError, RunSettings, Scores, chunk};
use crate::host::{Rule, THREAD_STACK_BYTES};

/// A chunk is never larger, so that its lists fit into what a call may hand over.
const MOST_CHUNK_ROWS: usize = 16_384;

type ChunkResult = Result<Scores, RunError>;

/// Where a chunk's numbers stand among those of all rows. They are put there while they are at hand: kept apart until the
/// end, those of a large city would be fetched from memory once more.
#[derive(Default)]
struct Place<'s> {
    /// By criterion.
    items: Vec<&'s mut [i64]>,
    totals: &'s mut [i64],
    stars: &'s mut [u8],
}

impl Place<'_> {
    /// Gives what is left of the chunk: its words.
    fn take(self, mut scores: Scores) -> Scores {
        let columns = scores.items.chunks_exact(scores.rows.max(1));
        for (place, column) in self.items.into_iter().zip(columns) {
            place.copy_from_slice(column);
        }
        self.totals.copy_from_slice(&scores.totals);
        self.stars.copy_from_slice(&scores.stars);
        (scores.items, scores.totals, scores.stars) = Default::default();
        scores
    }
}

/// The places of all chunks in order.
fn places(whole: &mut Scores, chunk_rows: usize) -> Vec<Place<'_>> {
    let totals = whole.totals.chunks_mut(chunk_rows);
    let pairs = totals.zip(whole.stars.chunks_mut(chunk_rows));
    let mut places: Vec<Place> = pairs
        .map(|(totals, stars)| Place {
            items: Vec::new(),
            totals,
            stars,
        })
        .collect();
    for column in whole.items.chunks_mut(whole.rows.max(1)) {
        for (place, part) in places.iter_mut().zip(column.chunks_mut(chunk_rows)) {
            place.items.push(part);
        }
    }
    places
}

impl Rule {
    /// Scores all rows. `progress` is told, from any thread, how many rows are done.
    pub fn score(
        &self,
        parameters: &[i64],
        facts: &Facts,
        run: &RunSettings,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Scores, RunError> {
        self.check_shape(parameters, facts)?;
        let chunk_rows = run.chunk_rows.clamp(1, MOST_CHUNK_ROWS);
        let chunks = facts.rows.div_ceil(chunk_rows);
        let (next, done, stop) = (
            AtomicUsize::new(0),
            AtomicUsize::new(0),
            AtomicBool::new(false),
        );
        let mut whole = Scores {
            rows: facts.rows,
            items: vec![0; self.manifest().criteria.len() * facts.rows],
            totals: vec![0; facts.rows],
            stars: vec![0; facts.rows],
            ..Scores::default()
        };
        let places = Mutex::new(places(&mut whole, chunk_rows));
        let results: Mutex<Vec<(usize, ChunkResult)>> = Mutex::new(Vec::with_capacity(chunks));
        let work = || {
            let mut chunk = Facts::default();
            while !stop.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= chunks {
                    return;
                }
                let start = index * chunk_rows;
                let rows = start..(start + chunk_rows).min(facts.rows);
                let count = rows.len();
                facts.slice_into(rows, &mut chunk);
                let result = chunk::score(self, parameters, &chunk, run.fuel);
                let place = std::mem::take(&mut locked(&places)[index]);
                let result = result.map(|scores| place.take(scores));
                stop.fetch_or(result.is_err(), Ordering::Relaxed);
                locked(&results).push((index, result));
                progress(done.fetch_add(count, Ordering::Relaxed) + count);
            }
        };
        // The caller's thread is one of them: a new one begins with no memory at hand, and what it takes of the machine
        // costs as much as some thousand areas.
        std::thread::scope(|scope| {
            for _ in 1..run.threads.clamp(1, chunks.max(1)) {
                let thread = Builder::new()
                    .name("rule-score".to_owned())
                    .stack_size(THREAD_STACK_BYTES);
                if let Err(error) = thread.spawn_scoped(scope, work) {
                    tracing::warn!(error.words = %error, "a run has fewer threads than it asked for");
                }
            }
            work();
        });
        // Chunks are taken in order, so the first error by index is the same whichever thread was faster.
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(index, _)| *index);
        for (index, result) in results {
            whole.append_words(result?, index * chunk_rows);
        }
        Ok(whole)
    }

    /// Scores all rows of `facts` as one chunk, so that a caller can keep each and go on later. It is the caller's thread that
    /// does it, with a stack of [`THREAD_STACK_BYTES`]. Rows count from the first of them; [`Scores::join`] puts chunks
    /// together.
    pub fn score_chunk(
        &self,
        parameters: &[i64],
        facts: &Facts,
        fuel: u64,
    ) -> Result<Scores, RunError> {
        self.check_shape(parameters, facts)?;
        chunk::score(self, parameters, facts, fuel)
    }

    fn check_shape(&self, parameters: &[i64], facts: &Facts) -> Result<(), RunError> {
        let manifest = self.manifest();
        let inputs = facts.rows.checked_mul(manifest.inputs.len());
        if inputs != Some(facts.inputs.len()) {
            let detail = format!(
                "{} rows of {} inputs cannot have {} values",
                facts.rows,
                manifest.inputs.len(),
                facts.inputs.len()
            );
            return Err(RunError::WrongShape(detail));
        }
        let fits = match manifest.issue_table {
            true => facts.issues.fits(facts.rows),
            false => facts.issues == Issues::default(),
        };
        if !fits {
            let detail = match manifest.issue_table {
                true => "the issue table has not the rounds of each row",
                false => "it has an issue table and the rule asks for none",
            };
            return Err(RunError::WrongShape(detail.to_owned()));
        }
        if parameters.len() != manifest.parameters.len() {
            let detail = format!(
                "the rule has {} parameters and was given {}",
                manifest.parameters.len(),
                parameters.len()
            );
            return Err(RunError::WrongShape(detail));
        }
        Ok(())
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
