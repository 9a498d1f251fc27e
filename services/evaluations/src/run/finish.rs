//! The end of a run: the chunks are put together, ranked and written; or the failure is, with its words.

use std::{collections::HashMap, sync::Arc};

use tidyward_kit::Error;
use tidyward_rules::score::Scores;

use super::{Cut, Work, is_scoring};
use crate::{
    House, chunk,
    facts::digest,
    progress::Running,
    review::{ReviewState, Revision, RevisionState, failures_allowed},
    scores::{self, AreaScore, RankedScores},
    store::{self, revision::Key},
};

/// Scores that one transaction writes.
const SCORES_AT_ONCE: usize = 2_000;

/// Puts the chunks together, ranks, and writes the scores; the last transaction makes them visible.
pub(super) async fn finish(work: &Arc<Work>) -> Result<(), Cut> {
    let results = store::revision::results(work.house.db.read(), &work.key).await?;
    let own = work.clone();
    let putting = tokio::task::spawn_blocking(move || {
        let chunks = results
            .iter()
            .map(|bytes| chunk::decode(bytes))
            .collect::<Result<Vec<Scores>, _>>();
        let joined = Scores::join(chunks.map_err(Error::internal)?);
        if joined.rows != own.reading.facts.rows.len() {
            return Err(Error::internal("the chunks do not cover the facts").into());
        }
        let ranked = scores::ranked(own.manifest(), &own.reading.facts, &joined);
        let ranked = ranked.map_err(|error| Cut::Failed(format!("NO_WEIGHT: {error}")))?;
        let bytes = ranked.encode(own.manifest().criteria.len());
        Ok::<_, Cut>((ranked, bytes, joined.fuel))
    });
    let (ranked, bytes, fuel) = putting.await.map_err(Error::internal)??;
    if let Some(words) = too_many_failed(work, &ranked) {
        return Err(Cut::Failed(words));
    }
    let scores_sha256 = digest(&bytes);
    let fuel = fuel
        .iter()
        .fold(0_u64, |sum, fuel| sum.saturating_add(*fuel));
    let revision = Revision {
        state: RevisionState::Done,
        scores_sha256: Some(scores_sha256),
        tally: ranked.tally(),
        fuel: i64::try_from(fuel).unwrap_or(i64::MAX),
        elapsed_ms: work.running.elapsed_ms(),
        error: String::new(),
        ..work.revision.clone()
    };
    work.house
        .objects
        .put(work.key.district.id(), bytes.into())
        .await?;
    write_scores(work, ranked).await?;
    Ok(end(&work.house, &work.key, revision, ReviewState::Scored).await?)
}

/// The words of a run that failed because of its rows, with the first of them.
fn too_many_failed(work: &Work, ranked: &RankedScores) -> Option<String> {
    let failed = usize::try_from(ranked.tally().failed).unwrap_or(usize::MAX);
    let (rows, allowed) = (ranked.rows.len(), failures_allowed(ranked.rows.len()));
    if failed <= allowed {
        return None;
    }
    let mut all = work.reading.facts.rows.iter().zip(&ranked.rows);
    let first = all.find_map(|(row, score)| Some((&row.code, score.failure.as_ref()?)));
    let (code, words) = first?;
    Some(format!(
        "TOO_MANY_FAILED: the rule failed on {failed} of {rows} areas and {allowed} may fail; the first is `{code}`: {words}"
    ))
}

async fn write_scores(work: &Work, ranked: RankedScores) -> Result<(), Error> {
    let (house, key) = (&work.house, &work.key);
    let known = store::review::areas(house.db.read(), &key.district, key.period).await?;
    let names: HashMap<String, String> = known
        .into_iter()
        .map(|area| (area.code, area.display_name))
        .collect();
    let rows = work
        .reading
        .facts
        .rows
        .iter()
        .zip(ranked.rows)
        .map(|(row, score)| AreaScore {
            code: row.code.clone(),
            level: row.level,
            peer_group: row.peer_group.clone(),
            display_name: names.get(&row.code).cloned().unwrap_or_default(),
            score,
        });
    let rows: Vec<AreaScore> = rows.collect();
    let own = key.clone();
    let clear = house.db.write(move |transaction| {
        let key = own.clone();
        Box::pin(async move { store::score::clear(transaction, &key).await })
    });
    clear.await?;
    for some in rows.chunks(SCORES_AT_ONCE) {
        let (own, some) = (key.clone(), Arc::<[AreaScore]>::from(some));
        let write = house.db.write(move |transaction| {
            let (key, some) = (own.clone(), some.clone());
            Box::pin(async move { store::score::write(transaction, &key, &some).await })
        });
        write.await?;
    }
    Ok(())
}

/// Writes that a revision failed; the review's own takes the review with it.
pub(super) async fn fail(
    house: &House,
    key: &Key,
    running: &Running,
    words: String,
) -> Result<(), Error> {
    let revision = store::revision::find(house.db.read(), key).await?;
    let revision = revision.ok_or_else(|| Error::internal("a revision that ran is gone"))?;
    tracing::warn!(
        review.name = key.district.child("reviews", key.period),
        review.revision = key.number,
        error.words = words,
        "a run failed"
    );
    let elapsed_ms = running.elapsed_ms();
    let revision = Revision {
        state: RevisionState::Failed,
        elapsed_ms,
        error: words,
        ..revision
    };
    end(house, key, revision, ReviewState::Failed).await
}

/// The last transaction. Who comes second, from another process, finds it done.
async fn end(
    house: &House,
    key: &Key,
    revision: Revision,
    state: ReviewState,
) -> Result<(), Error> {
    let own = key.clone();
    let write = house.db.write(move |transaction| {
        let (key, revision) = (own.clone(), revision.clone());
        Box::pin(async move {
            let there = store::revision::find(transaction, &key).await?;
            if !there.as_ref().is_some_and(is_scoring) {
                return Ok(());
            }
            store::revision::end(transaction, &key, &revision).await?;
            store::revision::forget_results(transaction, &key).await?;
            if !revision.trial {
                store::review::set_state(
                    transaction,
                    &key.district,
                    key.period,
                    state,
                    &revision.error,
                )
                .await?;
            }
            Ok(())
        })
    });
    write.await
}

/// Writes what scoring afresh gave, and says so in the review's error where it differs.
pub(super) async fn compare(work: &Work, fresh: [u8; 32]) -> Result<(), Error> {
    let first = work.revision.scores_sha256.unwrap_or_default();
    let words = (fresh != first).then(|| {
        let (first, fresh) = (hex::encode(first), hex::encode(fresh));
        format!("scoring afresh gave other scores: their digest is {fresh}, and that of the first is {first}; tell the admin")
    });
    let own = work.key.clone();
    let write = work.house.db.write(move |transaction| {
        let (key, words) = (own.clone(), words.clone().unwrap_or_default());
        Box::pin(async move {
            store::revision::set_again(transaction, &key, Some(fresh)).await?;
            keep_state(transaction, &key, &words).await
        })
    });
    write.await
}

/// Writes words into the review's error and leaves its state alone.
pub(super) async fn tell(house: &House, key: &Key, words: String) -> Result<(), Error> {
    let own = key.clone();
    let write = house.db.write(move |transaction| {
        let (key, words) = (own.clone(), words.clone());
        Box::pin(async move { keep_state(transaction, &key, &words).await })
    });
    write.await
}

async fn keep_state(db: &impl store::Connection, key: &Key, words: &str) -> Result<(), Error> {
    let review = store::review::find(db, &key.district, key.period).await?;
    let review = review.ok_or_else(|| Error::internal("a review that ran is gone"))?;
    store::review::set_state(db, &key.district, key.period, review.state, words).await
}
