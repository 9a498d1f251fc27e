//! What may be done with a review: open, list, run.

use std::sync::Arc;

use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District},
    page::Page,
    period::Period,
    request::Once,
};
use tidyward_proto::v1::{
    CreateReviewRequest, ListReviewsRequest, ListReviewsResponse, Review, RunReviewRequest,
};

use super::{version, watch};
use crate::{
    House, render,
    review::{Review as Opened, ReviewState},
    run::{self, Ask},
    store,
};

/// A review as it is at present.
pub(super) async fn shown(
    house: &House,
    district: &District,
    review: &Opened,
) -> Result<Review, Error> {
    let revisions = store::revision::list(house.db.read(), district, review.period).await?;
    let runs = watch::runs(house, district, review, &revisions).await?;
    Ok(render::review(district, review, &revisions, runs))
}

/// Opens the review of a period.
pub(super) async fn create(
    house: &House,
    caller: &Caller,
    request: CreateReviewRequest,
) -> Result<Review, Error> {
    let district = caller.district("parent", &request.parent)?;
    let period = Period::parse("period", &request.period)?;
    let bounds = house.territory.bounds(&district, period).await?;
    let now = house.clock.now();
    let id = request.request_id.as_str();
    let once = Once::new(
        store::EVALUATION,
        "CreateReview",
        caller,
        Some(&district),
        &request,
        id,
        now,
    )?;
    let review = Opened {
        period,
        state: ReviewState::Open,
        start_at: bounds.start.as_microsecond(),
        end_at: bounds.end.as_microsecond(),
        created_at: now.as_microsecond(),
        frozen: None,
        error: String::new(),
    };
    once.write(&house.db, move |transaction| {
        let (district, review) = (district.clone(), review.clone());
        Box::pin(async move {
            if store::review::find(transaction, &district, period)
                .await?
                .is_some()
            {
                let message = format!("the review of {period} exists; get it by its name");
                return Err(Error::new(Reason::AlreadyExists, message));
            }
            store::review::insert(transaction, &district, &review).await?;
            Ok(render::review(&district, &review, &[], false))
        })
    })
    .await
}

pub(super) async fn list(
    house: &House,
    caller: &Caller,
    request: ListReviewsRequest,
) -> Result<ListReviewsResponse, Error> {
    let district = caller.district("parent", &request.parent)?;
    let arguments = ["ListReviews", &request.parent];
    let page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
    let after = page.after.as_ref().map_or("", |key| key[0].as_str());
    let mut rows = store::review::list(house.db.read(), &district, after, page.size + 1).await?;
    let next_page_token = page.cut(&mut rows, |row| vec![row.period.to_string()]);
    let mut reviews = Vec::with_capacity(rows.len());
    for review in &rows {
        reviews.push(shown(house, &district, review).await?);
    }
    Ok(ListReviewsResponse {
        reviews,
        next_page_token,
    })
}

/// Begins a run, a comparison or a trial.
pub(super) async fn start(
    house: &Arc<House>,
    caller: &Caller,
    request: RunReviewRequest,
) -> Result<Review, Error> {
    let (district, period) = super::review(caller, "name", &request.name)?;
    let mut violations = Violations::default();
    let trial = !request.trial_rule_version.is_empty();
    violations.require(
        !(request.again && trial),
        "again",
        "a trial is scored once; leave `again` or the trial out",
    );
    let stray = !trial && !request.trial_parameters.is_empty();
    violations.require(
        !stray,
        "trial_parameters",
        "belong to a trial; name `trial_rule_version` too",
    );
    let ask = match (trial, request.again) {
        (false, false) => Some(Ask::Run),
        (false, true) => Some(Ask::Again),
        (true, _) => {
            let overrides = request.trial_parameters.clone();
            match version(caller, "trial_rule_version", &request.trial_rule_version) {
                Ok((own, id)) if own == district => Some(Ask::Trial(id, overrides)),
                Ok(_) => {
                    violations.add(
                        "trial_rule_version",
                        "must be a rule of the review's district",
                    );
                    None
                }
                Err(error) if error.violations.is_empty() => return Err(error),
                Err(error) => violations.take(Err(error)),
            }
        }
    };
    violations.into_result()?;
    let ask = ask.ok_or_else(|| Error::internal("a run that asks for nothing passed"))?;
    let now = house.clock.now();
    let id = request.request_id.as_str();
    let once = Once::new(
        store::EVALUATION,
        "RunReview",
        caller,
        Some(&district),
        &request,
        id,
        now,
    )?;
    let house = house.clone();
    // What is written down as begun has to be begun, even if the caller goes away in between.
    let beginning =
        tokio::spawn(async move { run::begin(&house, &district, period, ask, once).await });
    beginning.await.map_err(Error::internal)?
}
