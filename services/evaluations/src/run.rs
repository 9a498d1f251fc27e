//! Running a review: chunks are claimed, scored on threads of the rule host's own, and written one by one, so that what
//! a stop cut off goes on with the chunks that are undone. The last step ranks and writes the scores.

mod begin;
mod finish;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tidyward_kit::{Error, Reason};
use tidyward_rules::{
    host::Rule,
    manifest::Manifest,
    score::{RunSettings, Scores},
};
use tokio::task::JoinSet;

pub(crate) use begin::{Ask, begin};

use crate::{
    House, chunk, kept,
    progress::{Place, Running},
    reading::{Reading, Unreadable},
    review::{ChunkRange, Revision, RevisionState},
    rule, scores,
    store::{self, revision::Key},
    usage,
};

/// How long a claimed chunk is left alone. Its worker renews the lease, so that only a dead one's runs out.
const LEASE: Duration = Duration::from_secs(5);
const RENEW_EVERY: Duration = Duration::from_millis(1_500);
/// How long a run waits for a database that went away.
const AGAIN: Duration = Duration::from_secs(1);
/// How often a worker without a chunk looks whether a lease ran out.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Why scoring has no result.
enum Cut {
    /// The rule or its rows: the revision has failed, in these words.
    Failed(String),
    /// The database, the store or the machine: the revision goes on when it is run again.
    Stopped(Error),
}

impl From<Error> for Cut {
    fn from(error: Error) -> Cut {
        match error.reason {
            Reason::StoredBytesDamaged | Reason::RuleRefused => Cut::Failed(error.message),
            _ => Cut::Stopped(error),
        }
    }
}

/// What a run works with.
struct Work {
    house: Arc<House>,
    key: Key,
    revision: Revision,
    reading: Reading,
    rule: Rule,
    parameters: Vec<i64>,
    running: Arc<Running>,
}

/// Goes on with every revision that a stop of the server cut off.
pub(crate) async fn recover(house: &Arc<House>) -> Result<(), Error> {
    for key in store::revision::scoring(house.db.read()).await? {
        if let Ok(place) = house.runs.begin(&key.district, key.period, key.number) {
            tracing::info!(
                review.name = key.district.child("reviews", key.period),
                "a run that was cut off goes on"
            );
            spawn(house.clone(), key, place);
        }
    }
    Ok(())
}

/// Scores a revision whose chunks are there, and whatever other of the review has its chunks there: the one in shadow.
fn spawn(house: Arc<House>, mut key: Key, mut place: Place) {
    tokio::spawn(async move {
        while to_its_end(&house, &key, &place.running).await {
            let Some(number) = next(&house, &key).await else {
                break;
            };
            key.number = number;
            place.go_on(number);
        }
        drop(place);
    });
}

/// Where the database goes away meanwhile, it goes on once it is back. Says whether the revision has ended.
async fn to_its_end(house: &Arc<House>, key: &Key, running: &Arc<Running>) -> bool {
    while let Err(error) = score(house, key, running).await {
        let name = key.district.child("reviews", key.period);
        tracing::error!(review.name = name, error.words = %error, error.source = ?error.source, "a run was cut off");
        if error.reason != Reason::Unavailable || house.db.is_closed() {
            return false;
        }
        tokio::time::sleep(AGAIN).await;
    }
    true
}

/// Another revision of the review that is to be scored.
async fn next(house: &House, key: &Key) -> Option<i64> {
    let all = store::revision::list(house.db.read(), &key.district, key.period).await;
    let told = all.inspect_err(|error| {
        let name = key.district.child("reviews", key.period);
        tracing::error!(review.name = name, error.words = %error, "whether more is to be scored is not known");
    });
    let mut scoring = told.ok()?.into_iter().filter(is_scoring);
    scoring
        .find(|one| one.number != key.number)
        .map(|one| one.number)
}

/// Scores a revision's rows afresh, keeps nothing but the digest, and compares it.
fn spawn_again(house: Arc<House>, key: Key, place: Place) {
    tokio::spawn(async move {
        let name = key.district.child("reviews", key.period);
        let ended = match load(&house, &key, &place.running).await {
            Ok(work) => again(work).await,
            Err(cut) => Err(cut),
        };
        let words = match ended {
            Ok(()) => None,
            Err(Cut::Failed(words)) => Some(words),
            Err(Cut::Stopped(error)) => {
                tracing::error!(review.name = name, error.words = %error, error.source = ?error.source, "scoring afresh was cut off");
                Some(error.message)
            }
        };
        if let Some(words) = words {
            let words = format!("scoring afresh gave no result to compare: {words}");
            if let Err(error) = finish::tell(&house, &key, words).await {
                tracing::error!(review.name = name, error.words = %error, "the end of scoring afresh was not written down");
            }
        }
        drop(place);
    });
}

async fn score(house: &Arc<House>, key: &Key, running: &Arc<Running>) -> Result<(), Error> {
    let ended = match load(house, key, running).await {
        Ok(work) => {
            let work = Arc::new(work);
            let scored = score_chunks(&work).await;
            // Of what failed, and of chunks that others wrote down first.
            usage::note(house, &key.district, &work.rule).await?;
            match scored {
                Ok(()) => finish::finish(&work).await,
                Err(cut) => Err(cut),
            }
        }
        Err(cut) => Err(cut),
    };
    match ended {
        Ok(()) => Ok(()),
        Err(Cut::Failed(words)) => finish::fail(house, key, running, words).await,
        Err(Cut::Stopped(error)) => Err(error),
    }
}

/// Reads facts and rule by their digests, and compiles.
async fn load(house: &Arc<House>, key: &Key, running: &Arc<Running>) -> Result<Work, Cut> {
    let read = house.db.read();
    let revision = store::revision::find(read, key).await?;
    let revision = revision.ok_or_else(|| Error::internal("a revision that runs is gone"))?;
    let review = store::review::find(read, &key.district, key.period).await?;
    let frozen = review.and_then(|review| review.frozen);
    let frozen = frozen.ok_or_else(|| Error::internal("a review that runs is not frozen"))?;
    let (objects, own) = (&house.objects, key.district.id());
    let facts = objects.get(own, &frozen.facts_sha256).await?;
    let component = objects.get(own, &revision.rule.sha256).await?;
    let (compiler, district) = (house.compiler.clone(), key.district.clone());
    let compiling = tokio::task::spawn_blocking(move || {
        let candidate = rule::inspect(&component)?;
        // What compiled once and does not any more is for people to look at, and to be run again.
        let rule = compiler.compile(district.id(), &candidate);
        rule.map_err(|error| Cut::Failed(error.to_string()))
    });
    let rule = compiling.await.map_err(Error::internal)??;
    let rounds = kept::rounds(house, &key.district, rule.manifest(), &frozen).await?;
    let own = rule.clone();
    let reading = tokio::task::spawn_blocking(move || {
        Reading::of_bytes(own.manifest(), &facts, rounds.as_deref())
    });
    let reading = reading.await.map_err(Error::internal)?;
    let reading = reading.map_err(|error| match error {
        Unreadable::NoRounds => Cut::Failed(error.to_string()),
        Unreadable::Malformed(_) => Cut::Stopped(Error::internal(error)),
    })?;
    let parameters = rule::parameter_values(rule.manifest(), &revision.rule.parameters)?;
    running
        .areas
        .store(reading.rows() as i64, Ordering::Relaxed);
    let (house, key, running) = (house.clone(), key.clone(), running.clone());
    Ok(Work {
        house,
        key,
        revision,
        reading,
        rule,
        parameters,
        running,
    })
}

impl Work {
    fn manifest(&self) -> &Manifest {
        self.rule.manifest()
    }

    fn fuel(&self) -> u64 {
        self.revision.fuel_limit.unsigned_abs()
    }
}

/// Works until no chunk is left, on as many chunks at once as there are threads.
async fn score_chunks(work: &Arc<Work>) -> Result<(), Cut> {
    let before = store::revision::progress(work.house.db.read(), &work.key).await?;
    work.running
        .done_before
        .store(before.rows_done, Ordering::Relaxed);
    work.running.done.store(before.rows_done, Ordering::Relaxed);
    let workers = work
        .house
        .settings
        .threads
        .clamp(1, usize::try_from(before.chunks_left).unwrap_or(1).max(1));
    let mut set = JoinSet::new();
    for _ in 0..workers {
        set.spawn(worker(work.clone()));
    }
    // The first that fails ends them all: dropping the set lets their claims run out.
    while let Some(ended) = set.join_next().await {
        ended.map_err(Error::internal)??;
    }
    Ok(())
}

async fn worker(work: Arc<Work>) -> Result<(), Cut> {
    loop {
        if let Some(range) = claim(&work).await? {
            let scores = scored(&work, range).await?;
            keep(&work, range, &scores).await?;
            work.running.done.fetch_add(range.rows, Ordering::Relaxed);
            continue;
        }
        let progress = store::revision::progress(work.house.db.read(), &work.key).await?;
        if progress.chunks_left == 0 {
            return Ok(());
        }
        // Another worker holds what is left; should it be dead, its lease runs out.
        work.running
            .done
            .fetch_max(progress.rows_done, Ordering::Relaxed);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn claim(work: &Work) -> Result<Option<ChunkRange>, Error> {
    let (key, clock) = (work.key.clone(), work.house.clock.clone());
    let claim = work.house.db.write(move |transaction| {
        let (key, now) = (key.clone(), clock.now());
        Box::pin(async move {
            let lease = (now + LEASE).as_microsecond();
            store::revision::claim(transaction, &key, now.as_microsecond(), lease).await
        })
    });
    claim.await
}

/// Scores one chunk while its lease is kept alive.
async fn scored(work: &Arc<Work>, range: ChunkRange) -> Result<Scores, Cut> {
    let own = work.clone();
    let mut scoring = tokio::task::spawn_blocking(move || {
        let first = usize::try_from(range.first_row).unwrap_or(0);
        let rows = first..first + usize::try_from(range.rows).unwrap_or(0);
        let inputs = own.reading.inputs(own.manifest(), rows);
        own.rule.score_chunk(&own.parameters, &inputs, own.fuel())
    });
    loop {
        tokio::select! {
            ended = &mut scoring => {
                return ended.map_err(Error::internal)?.map_err(|error| Cut::Failed(error.to_string()));
            }
            () = tokio::time::sleep(RENEW_EVERY) => renew(work, range).await?,
        }
    }
}

async fn renew(work: &Work, range: ChunkRange) -> Result<(), Error> {
    let (key, lease) = (
        work.key.clone(),
        (work.house.clock.now() + LEASE).as_microsecond(),
    );
    let renewal = work.house.db.write(move |transaction| {
        let key = key.clone();
        Box::pin(async move { store::revision::renew(transaction, &key, range.chunk, lease).await })
    });
    renewal.await
}

async fn keep(work: &Work, range: ChunkRange, scores: &Scores) -> Result<(), Error> {
    let (key, result): (Key, Arc<[u8]>) = (work.key.clone(), chunk::encode(scores).into());
    let fuel = scores
        .fuel
        .iter()
        .fold(0_u64, |sum, fuel| sum.saturating_add(*fuel));
    let fuel = i64::try_from(fuel).unwrap_or(i64::MAX);
    let used = work.rule.take_used();
    let (id, month) = (
        work.revision.rule.id.clone(),
        usage::month(work.house.clock.now()),
    );
    let write = work.house.db.write(move |transaction| {
        let (key, result) = (key.clone(), result.clone());
        let (id, month) = (id.clone(), month.clone());
        Box::pin(async move {
            store::usage::add(transaction, &key.district, &id, &month, &used).await?;
            store::revision::done(transaction, &key, range.chunk, fuel, result.to_vec()).await
        })
    });
    write.await.inspect_err(|_| work.rule.give_back(used))
}

async fn again(work: Work) -> Result<(), Cut> {
    let work = Arc::new(work);
    let own = work.clone();
    let scoring = tokio::task::spawn_blocking(move || {
        let settings = RunSettings {
            threads: own.house.settings.threads.max(1),
            fuel: own.fuel(),
            ..RunSettings::default()
        };
        let inputs = own.reading.inputs(own.manifest(), 0..own.reading.rows());
        let told = |done: usize| own.running.done.store(done as i64, Ordering::Relaxed);
        let fresh = own.rule.score(&own.parameters, &inputs, &settings, &told)?;
        Ok::<_, tidyward_rules::score::RunError>(
            scores::ranked(own.manifest(), &own.reading.facts, &fresh)
                .map(|ranked| ranked.encode(own.manifest().criteria.len())),
        )
    });
    let scored = scoring.await.map_err(Error::internal)?;
    usage::note(&work.house, &work.key.district, &work.rule).await?;
    let ranked = scored.map_err(|error| Cut::Failed(error.to_string()))?;
    let bytes = ranked.map_err(|error| Cut::Failed(error.to_string()))?;
    Ok(finish::compare(&work, crate::facts::digest(&bytes)).await?)
}

/// Whether a revision is still to be scored by somebody.
fn is_scoring(revision: &Revision) -> bool {
    revision.state == RevisionState::Scoring
}
