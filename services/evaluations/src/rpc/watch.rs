//! Watching a review until nothing runs for it.

use std::{pin::Pin, sync::Arc, time::Duration};

use futures::Stream;
use tidyward_kit::{Error, caller::District, period::Period};
use tidyward_proto::v1::WatchReviewResponse;
use tonic::Status;

use crate::{
    House, freeze, render,
    review::{Review, Revision, RevisionState},
    store::{self, revision::Key},
};

/// How often a watcher is told.
const TOLD_EVERY: Duration = Duration::from_millis(100);

pub type Watch = Pin<Box<dyn Stream<Item = Result<WatchReviewResponse, Status>> + Send>>;

/// Tells of the review at once, then again and again, and last of the review at rest.
pub(super) async fn watch(
    house: &Arc<House>,
    district: District,
    period: Period,
) -> Result<Watch, Error> {
    freeze::found(house, &district, period).await?;
    let house = house.clone();
    let stream = futures::stream::unfold(Some(false), move |state| {
        let (house, district) = (house.clone(), district.clone());
        async move {
            if state? {
                tokio::time::sleep(TOLD_EVERY).await;
            }
            Some(match look(&house, &district, period).await {
                Ok((message, runs)) => (Ok(message), runs.then_some(true)),
                Err(error) => (Err(error.into()), None),
            })
        }
    });
    Ok(Box::pin(stream))
}

/// How it is at present, and whether something runs.
async fn look(
    house: &House,
    district: &District,
    period: Period,
) -> Result<(WatchReviewResponse, bool), Error> {
    // What runs is asked first: a run that ends in between is then told of once more, at rest.
    let running = house.runs.of(district, period);
    let review = freeze::found(house, district, period).await?;
    let revisions = store::revision::list(house.db.read(), district, period).await?;
    if let Some(running) = running {
        let shown = render::review(district, &review, &revisions, true);
        return Ok((render::running(shown, &running), true));
    }
    if let Some(message) = elsewhere(house, district, &review, &revisions).await? {
        return Ok((message, true));
    }
    Ok((at_rest(district, &review, &revisions), false))
}

/// A run in another process, known by its live leases.
async fn elsewhere(
    house: &House,
    district: &District,
    review: &Review,
    revisions: &[Revision],
) -> Result<Option<WatchReviewResponse>, Error> {
    let Some(scoring) = revisions
        .iter()
        .find(|one| one.state == RevisionState::Scoring)
    else {
        return Ok(None);
    };
    let key = Key {
        district: district.clone(),
        period: review.period,
        number: scoring.number,
    };
    let progress = store::revision::progress(house.db.read(), &key).await?;
    if progress.lease_until <= house.clock.now().as_microsecond() {
        return Ok(None);
    }
    let areas = review.frozen.as_ref().map_or(0, |frozen| frozen.areas);
    let shown = render::review(district, review, revisions, true);
    Ok(Some(render::watched(
        shown,
        areas,
        progress.rows_done,
        0,
        0,
    )))
}

fn at_rest(district: &District, review: &Review, revisions: &[Revision]) -> WatchReviewResponse {
    let shown = render::review(district, review, revisions, false);
    let last = revisions
        .iter()
        .rev()
        .find(|revision| revision.state == RevisionState::Done);
    let own = revisions.iter().find(|revision| !revision.trial);
    let done = last.map_or(0, |last| {
        last.tally.scored + last.tally.absent + last.tally.failed
    });
    let elapsed_ms = last.map_or(0, |last| last.elapsed_ms);
    WatchReviewResponse {
        percent: if last.is_some() { 100.0 } else { 0.0 },
        again_scores_sha256: own
            .and_then(|own| own.again_sha256)
            .map(hex::encode)
            .unwrap_or_default(),
        ..render::watched(shown, done, done, done, elapsed_ms)
    }
}

/// Whether something runs for the review, in this process or by its leases in another.
pub(super) async fn runs(
    house: &House,
    district: &District,
    review: &Review,
    revisions: &[Revision],
) -> Result<bool, Error> {
    if house.runs.of(district, review.period).is_some() {
        return Ok(true);
    }
    Ok(elsewhere(house, district, review, revisions)
        .await?
        .is_some())
}
