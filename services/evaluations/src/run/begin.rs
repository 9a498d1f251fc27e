//! Beginning a run: whether it may, under which number, and with which chunks.

use std::{collections::BTreeMap, sync::Arc};

use tidyward_kit::{Error, Reason, caller::District, period::Period, request::Once};
use tidyward_proto::v1;
use tidyward_rules::score::CHUNK_ROWS;

use super::{is_scoring, spawn, spawn_again};
use crate::{
    House,
    activation::Part,
    freeze, kept,
    progress::Place,
    render,
    review::{Move, Pinned, Review, ReviewState, Revision, RevisionState, chunks},
    rule::{self, VersionId},
    scores::Tally,
    store::{self, revision::Key},
};

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    /// Score with the pinned rule.
    Run,
    /// Score afresh and compare.
    Again,
    /// Score with another rule, beside.
    Trial(VersionId, BTreeMap<String, String>),
}

/// Begins what is asked for and answers while it runs.
pub(crate) async fn begin(
    house: &Arc<House>,
    district: &District,
    period: Period,
    ask: Ask,
    once: Once,
) -> Result<v1::Review, Error> {
    let review = freeze::found(house, district, period).await?;
    if let Some(answer) = once.answered(&house.db).await? {
        return Ok(answer);
    }
    review.state.after(ask.action())?;
    let revisions = store::revision::list(house.db.read(), district, period).await?;
    let number = match ask {
        Ask::Run | Ask::Again => 1,
        Ask::Trial(..) => revisions.last().map_or(1, |last| last.number) + 1,
    };
    let place = match house.runs.begin(district, period, number) {
        Ok(place) => place,
        // The run that was asked for is the one that is going on.
        Err(other) if matches!(ask, Ask::Run) && other.revision == 1 => {
            return Ok(render::review(district, &review, &revisions, true));
        }
        Err(_) => return Err(busy(review.state, &ask)),
    };
    let key = Key {
        district: district.clone(),
        period,
        number,
    };
    match ask {
        Ask::Again => begin_again(house, key, place, once).await,
        Ask::Run => {
            let frozen = review
                .frozen
                .as_ref()
                .ok_or_else(|| Error::internal("a frozen review has no facts"))?;
            let own = (1, frozen.rule.clone());
            let shadow = shadow(house, district, period, &revisions).await?;
            begin_scoring(house, key, place, own, shadow, &review, once).await
        }
        Ask::Trial(id, overrides) => {
            let rule = trial_rule(house, district, id, &overrides).await?;
            begin_scoring(house, key, place, (number, rule), None, &review, once).await
        }
    }
}

impl Ask {
    fn action(&self) -> Move {
        match self {
            Ask::Run => Move::Run,
            Ask::Again => Move::Again,
            Ask::Trial(..) => Move::Trial,
        }
    }
}

fn busy(state: ReviewState, ask: &Ask) -> Error {
    let message = "a run of this review is going on; watch it to its end, then ask again";
    Error::new(Reason::MoveForbidden, message)
        .with("state", state.name())
        .with("action", ask.action().name())
        .with("allowed", "")
}

/// The rule in shadow and the number of its revision, which is the one that an earlier run gave it. Where it was revoked,
/// there is none: the review itself does not depend on it.
async fn shadow(
    house: &House,
    district: &District,
    period: Period,
    revisions: &[Revision],
) -> Result<Option<(i64, Pinned)>, Error> {
    let rule = match freeze::counting(house, district, period, Part::Shadow).await {
        Ok(rule) => rule,
        Err(error) if error.reason == Reason::RuleRevoked => None,
        Err(error) => return Err(error),
    };
    let before = revisions.iter().find(|one| one.shadow);
    let last = revisions.last().map_or(1, |last| last.number);
    let number = before.map_or(last + 1, |before| before.number);
    Ok(rule.map(|rule| (number, rule)))
}

async fn trial_rule(
    house: &House,
    district: &District,
    id: VersionId,
    overrides: &BTreeMap<String, String>,
) -> Result<Pinned, Error> {
    if let Some(revoked) = store::rule::revocation(house.db.read(), district, &id).await? {
        return Err(rule::revoked(&revoked));
    }
    let sha256 = freeze::component(house, district, &id).await?;
    let manifest = kept::manifest(house, district, sha256).await?;
    let parameters = rule::parameters(&manifest, "trial_parameters", overrides)?;
    Ok(Pinned {
        id,
        sha256,
        parameters,
    })
}

/// Writes the revision with its chunks, and that of the shadow, or goes on with those that were cut off.
async fn begin_scoring(
    house: &Arc<House>,
    key: Key,
    place: Place,
    own: (i64, Pinned),
    shadow: Option<(i64, Pinned)>,
    review: &Review,
    once: Once,
) -> Result<v1::Review, Error> {
    let policy = store::policy::find(house.db.read(), &key.district).await?;
    let fuel = policy.call_fuel(house.settings.fuel);
    let areas = review.frozen.as_ref().map_or(0, |frozen| frozen.areas);
    let revision = |(number, rule): (i64, Pinned), shadow: bool| Revision {
        number,
        state: RevisionState::Scoring,
        trial: number > 1,
        shadow,
        rule,
        fuel_limit: i64::try_from(fuel).unwrap_or(i64::MAX),
        chunk_rows: CHUNK_ROWS as i64,
        engine: tidyward_rules::host::ENGINE.to_owned(),
        engine_configuration: house.compiler.host().configuration(),
        scores_sha256: None,
        again_sha256: None,
        tally: Tally::default(),
        fuel: 0,
        elapsed_ms: 0,
        error: String::new(),
    };
    let revisions: Arc<[Revision]> = std::iter::once(revision(own, false))
        .chain(shadow.map(|shadow| revision(shadow, true)))
        .collect();
    let ranges = Arc::new(chunks(usize::try_from(areas).unwrap_or(0), CHUNK_ROWS));
    let own = key.clone();
    let answer = once
        .write(&house.db, move |transaction| {
            let (key, revisions, ranges) = (own.clone(), revisions.clone(), ranges.clone());
            Box::pin(async move {
                let name = key.district.child("reviews", key.period);
                let review = store::review::find(transaction, &key.district, key.period).await?;
                let review = review.ok_or_else(|| Error::not_found(name))?;
                let trial = key.number > 1;
                let action = if trial { Move::Trial } else { Move::Run };
                review.state.after(action)?;
                for revision in revisions.iter() {
                    let number = revision.number;
                    let key = Key {
                        number,
                        ..key.clone()
                    };
                    let there = store::revision::find(transaction, &key).await?;
                    if !there.as_ref().is_some_and(is_scoring) {
                        store::revision::begin(transaction, &key, revision, &ranges).await?;
                    }
                }
                if trial {
                    let own = Key {
                        number: 1,
                        ..key.clone()
                    };
                    store::revision::set_again(transaction, &own, None).await?;
                } else {
                    let frozen = ReviewState::Frozen;
                    store::review::set_state(transaction, &key.district, key.period, frozen, "")
                        .await?;
                }
                answer(transaction, &key).await
            })
        })
        .await?;
    spawn(house.clone(), key, place);
    Ok(answer)
}

async fn begin_again(
    house: &Arc<House>,
    key: Key,
    place: Place,
    once: Once,
) -> Result<v1::Review, Error> {
    let own = key.clone();
    let answer = once
        .write(&house.db, move |transaction| {
            let key = own.clone();
            Box::pin(async move {
                store::revision::set_again(transaction, &key, None).await?;
                answer(transaction, &key).await
            })
        })
        .await?;
    spawn_again(house.clone(), key, place);
    Ok(answer)
}

/// The review as it is while the run begins.
async fn answer(db: &impl store::Connection, key: &Key) -> Result<v1::Review, Error> {
    let review = store::review::find(db, &key.district, key.period).await?;
    let review = review.ok_or_else(|| Error::internal("a review that begins to run is gone"))?;
    let revisions = store::revision::list(db, &key.district, key.period).await?;
    Ok(render::review(&key.district, &review, &revisions, true))
}
