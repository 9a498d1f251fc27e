//! Revisions and their chunks. A chunk is claimed with a lease, scored, and its result written once; a lease that ran
//! out is free again, so that whoever comes goes on where another was cut off.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{Error, caller::District, period::Period};

use super::{
    ROWS_AT_ONCE, all, digest, one, period as read_period, places, review::read_pinned, run,
};
use crate::{
    review::{ChunkRange, Revision, RevisionState, parameters_text},
    scores::Tally,
};

const COLUMNS: &str = "revision, state, trial, rule, version, rule_sha256, parameters, fuel_limit, chunk_rows, engine, \
                       engine_configuration, scores_sha256, again_sha256, scored, absent, failed, fuel, elapsed_ms, error, shadow";

/// Which revision of which review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub district: District,
    pub period: Period,
    pub number: i64,
}

impl Key {
    fn values(&self) -> Vec<Value> {
        vec![
            self.district.id().into(),
            self.period.to_string().into(),
            self.number.into(),
        ]
    }
}

/// The revisions of a review, in order.
pub async fn list(
    db: &impl ConnectionTrait,
    district: &District,
    period: Period,
) -> Result<Vec<Revision>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM revision WHERE district = ? AND period = ? ORDER BY revision"
    );
    let rows = all(
        db,
        &text,
        vec![district.id().into(), period.to_string().into()],
    )
    .await?;
    rows.iter().map(read).collect()
}

pub async fn find(db: &impl ConnectionTrait, key: &Key) -> Result<Option<Revision>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM revision WHERE district = ? AND period = ? AND revision = ?"
    );
    one(db, &text, key.values())
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// Every revision of every district that is being scored: at start, those that a stop cut off.
pub async fn scoring(db: &impl ConnectionTrait) -> Result<Vec<Key>, Error> {
    let text = "SELECT district, period, revision FROM revision WHERE state = ? ORDER BY district, period, revision";
    let rows = all(db, text, vec![(RevisionState::Scoring as i64).into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Key {
                district: District::of_server(&row.try_get::<String>("", "district")?),
                period: read_period(&row.try_get::<String>("", "period")?)?,
                number: row.try_get("", "revision")?,
            })
        })
        .collect()
}

/// Writes a revision in the place of one that failed, with all of its chunks undone.
pub async fn begin(
    db: &impl ConnectionTrait,
    key: &Key,
    revision: &Revision,
    chunks: &[ChunkRange],
) -> Result<(), Error> {
    run(
        db,
        "DELETE FROM revision WHERE district = ? AND period = ? AND revision = ?",
        key.values(),
    )
    .await?;
    run(
        db,
        "DELETE FROM review_chunk WHERE district = ? AND period = ? AND revision = ?",
        key.values(),
    )
    .await?;
    let text = format!(
        "INSERT INTO revision (district, period, {COLUMNS}) VALUES {}",
        places(1, 22)
    );
    let mut values: Vec<Value> = vec![key.district.id().into(), key.period.to_string().into()];
    values.extend(columns(revision));
    run(db, &text, values).await?;
    for some in chunks.chunks(ROWS_AT_ONCE) {
        let text = format!(
            "INSERT INTO review_chunk (district, period, revision, chunk, first_row, rows, done, attempt, lease_until, \
             fuel, result) VALUES {}",
            places(some.len(), 11)
        );
        let values = some.iter().flat_map(|chunk| {
            let mut values = key.values();
            values.extend([chunk.chunk, chunk.first_row, chunk.rows, 0, 0, 0, 0].map(Value::from));
            values.push(Vec::<u8>::new().into());
            values
        });
        run(db, &text, values.collect()).await?;
    }
    Ok(())
}

/// Writes how a revision ended.
pub async fn end(db: &impl ConnectionTrait, key: &Key, revision: &Revision) -> Result<(), Error> {
    let text = "UPDATE revision SET state = ?, scores_sha256 = ?, scored = ?, absent = ?, failed = ?, fuel = ?, \
                elapsed_ms = ?, error = ? WHERE district = ? AND period = ? AND revision = ?";
    let mut values: Vec<Value> = vec![
        (revision.state as i64).into(),
        revision
            .scores_sha256
            .map(Vec::from)
            .unwrap_or_default()
            .into(),
        revision.tally.scored.into(),
        revision.tally.absent.into(),
        revision.tally.failed.into(),
        revision.fuel.into(),
        revision.elapsed_ms.into(),
        revision.error.clone().into(),
    ];
    values.extend(key.values());
    run(db, text, values).await?;
    Ok(())
}

/// Writes what scoring afresh gave; nothing while it runs.
pub async fn set_again(
    db: &impl ConnectionTrait,
    key: &Key,
    sha256: Option<[u8; 32]>,
) -> Result<(), Error> {
    let text =
        "UPDATE revision SET again_sha256 = ? WHERE district = ? AND period = ? AND revision = ?";
    let mut values: Vec<Value> = vec![sha256.map(Vec::from).unwrap_or_default().into()];
    values.extend(key.values());
    run(db, text, values).await?;
    Ok(())
}

/// Takes the first chunk that is undone and on no live lease.
pub async fn claim(
    db: &impl ConnectionTrait,
    key: &Key,
    now: i64,
    lease_until: i64,
) -> Result<Option<ChunkRange>, Error> {
    let text = "UPDATE review_chunk SET lease_until = ?, attempt = attempt + 1 \
                WHERE district = ? AND period = ? AND revision = ? AND chunk = (\
                SELECT chunk FROM review_chunk WHERE district = ? AND period = ? AND revision = ? \
                AND done = 0 AND lease_until <= ? ORDER BY chunk LIMIT 1) \
                AND lease_until <= ? RETURNING chunk, first_row, rows";
    let mut values: Vec<Value> = vec![lease_until.into()];
    values.extend(key.values());
    values.extend(key.values());
    values.extend([now, now].map(Value::from));
    one(db, text, values)
        .await?
        .map(|row| read_range(&row))
        .transpose()
}

/// Makes the lease of a chunk longer; nothing more where it is done.
pub async fn renew(
    db: &impl ConnectionTrait,
    key: &Key,
    chunk: i64,
    lease_until: i64,
) -> Result<(), Error> {
    let text = "UPDATE review_chunk SET lease_until = ? \
                WHERE district = ? AND period = ? AND revision = ? AND chunk = ? AND done = 0";
    let mut values: Vec<Value> = vec![lease_until.into()];
    values.extend(key.values());
    values.push(chunk.into());
    run(db, text, values).await?;
    Ok(())
}

/// Writes a chunk's result. The first stands: another is the same, since scoring is deterministic.
pub async fn done(
    db: &impl ConnectionTrait,
    key: &Key,
    chunk: i64,
    fuel: i64,
    result: Vec<u8>,
) -> Result<(), Error> {
    let text = "UPDATE review_chunk SET done = 1, fuel = ?, result = ? \
                WHERE district = ? AND period = ? AND revision = ? AND chunk = ? AND done = 0";
    let mut values: Vec<Value> = vec![fuel.into(), result.into()];
    values.extend(key.values());
    values.push(chunk.into());
    run(db, text, values).await?;
    Ok(())
}

/// How far a revision is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub rows_done: i64,
    pub chunks_left: i64,
    /// The latest lease of an undone chunk, microseconds.
    pub lease_until: i64,
}

pub async fn progress(db: &impl ConnectionTrait, key: &Key) -> Result<Progress, Error> {
    let text = "SELECT rows, done, lease_until FROM review_chunk WHERE district = ? AND period = ? AND revision = ?";
    let mut progress = Progress::default();
    for row in all(db, text, key.values()).await? {
        if row.try_get::<i64>("", "done")? == 1 {
            progress.rows_done += row.try_get::<i64>("", "rows")?;
        } else {
            progress.chunks_left += 1;
            progress.lease_until = progress.lease_until.max(row.try_get("", "lease_until")?);
        }
    }
    Ok(progress)
}

/// What each chunk used, in order.
pub async fn fuel(db: &impl ConnectionTrait, key: &Key) -> Result<Vec<u64>, Error> {
    let text = "SELECT fuel FROM review_chunk WHERE district = ? AND period = ? AND revision = ? ORDER BY chunk";
    let rows = all(db, text, key.values()).await?;
    rows.iter()
        .map(|row| Ok(row.try_get::<i64>("", "fuel")?.unsigned_abs()))
        .collect()
}

/// The results of all chunks, in order.
pub async fn results(db: &impl ConnectionTrait, key: &Key) -> Result<Vec<Vec<u8>>, Error> {
    let text = "SELECT result FROM review_chunk WHERE district = ? AND period = ? AND revision = ? ORDER BY chunk";
    let rows = all(db, text, key.values()).await?;
    rows.iter()
        .map(|row| Ok(row.try_get("", "result")?))
        .collect()
}

/// Empties the results of a revision whose scores are written; the fuel stays.
pub async fn forget_results(db: &impl ConnectionTrait, key: &Key) -> Result<(), Error> {
    let text =
        "UPDATE review_chunk SET result = ? WHERE district = ? AND period = ? AND revision = ?";
    let mut values: Vec<Value> = vec![Vec::<u8>::new().into()];
    values.extend(key.values());
    run(db, text, values).await?;
    Ok(())
}

fn columns(revision: &Revision) -> Vec<Value> {
    let digest =
        |digest: Option<[u8; 32]>| -> Value { digest.map(Vec::from).unwrap_or_default().into() };
    vec![
        revision.number.into(),
        (revision.state as i64).into(),
        i64::from(revision.trial).into(),
        revision.rule.id.rule.clone().into(),
        revision.rule.id.version.to_string().into(),
        revision.rule.sha256.to_vec().into(),
        parameters_text(&revision.rule.parameters).into(),
        revision.fuel_limit.into(),
        revision.chunk_rows.into(),
        revision.engine.clone().into(),
        revision.engine_configuration.clone().into(),
        digest(revision.scores_sha256),
        digest(revision.again_sha256),
        revision.tally.scored.into(),
        revision.tally.absent.into(),
        revision.tally.failed.into(),
        revision.fuel.into(),
        revision.elapsed_ms.into(),
        revision.error.clone().into(),
        i64::from(revision.shadow).into(),
    ]
}

fn read(row: &QueryResult) -> Result<Revision, Error> {
    let rule = read_pinned(row)?
        .ok_or_else(|| Error::internal("a revision is stored without its rule"))?;
    Ok(Revision {
        number: row.try_get("", "revision")?,
        state: match row.try_get::<i64>("", "state")? {
            1 => RevisionState::Scoring,
            2 => RevisionState::Done,
            _ => RevisionState::Failed,
        },
        trial: row.try_get::<i64>("", "trial")? == 1,
        shadow: row.try_get::<i64>("", "shadow")? == 1,
        rule,
        fuel_limit: row.try_get("", "fuel_limit")?,
        chunk_rows: row.try_get("", "chunk_rows")?,
        engine: row.try_get("", "engine")?,
        engine_configuration: row.try_get("", "engine_configuration")?,
        scores_sha256: digest(row.try_get("", "scores_sha256")?)?,
        again_sha256: digest(row.try_get("", "again_sha256")?)?,
        tally: Tally {
            scored: row.try_get("", "scored")?,
            absent: row.try_get("", "absent")?,
            failed: row.try_get("", "failed")?,
        },
        fuel: row.try_get("", "fuel")?,
        elapsed_ms: row.try_get("", "elapsed_ms")?,
        error: row.try_get("", "error")?,
    })
}

fn read_range(row: &QueryResult) -> Result<ChunkRange, Error> {
    Ok(ChunkRange {
        chunk: row.try_get("", "chunk")?,
        first_row: row.try_get("", "first_row")?,
        rows: row.try_get("", "rows")?,
    })
}
