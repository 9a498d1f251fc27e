//! Freezing: the ledger is closed for the period, every fact is collected and stored in canonical layout, and the rule in
//! force is pinned with its parameters. Whatever changes in between is seen, and the collection is made again.

use std::sync::Arc;

use bytes::Bytes;
use tidyward_kit::{Error, Reason, caller::District, period::Period, request::Once};
use tidyward_proto::v1;

use crate::{
    House,
    activation::{self, Part},
    collect::{Collected, LedgerFacts, collect},
    facts::PeriodFacts,
    metric, render,
    review::{Frozen, Move, Pinned, Review, over},
    rule::{self, VersionId},
    store,
};

/// How often a collection is made again because metrics or activations changed under it.
const TRIES: usize = 5;
/// Areas that one transaction writes.
const AREAS_AT_ONCE: usize = 2_000;

/// Freezes a review.
pub(crate) async fn freeze(
    house: &House,
    district: &District,
    period: Period,
    once: Once,
) -> Result<v1::Review, Error> {
    let review = found(house, district, period).await?;
    if let Some(answer) = once.answered(&house.db).await? {
        return Ok(answer);
    }
    may_freeze(house, &review)?;
    pinned(house, district, period).await?;
    let _alone = house.freezing.lock().await;
    // Closing the ledger stays, so what can be refused is refused before.
    let metrics = store::metric::of_period(house.db.read(), district, &period.to_string()).await?;
    if metrics
        .iter()
        .any(|column| metric::of_table(&column.metric.name).is_some())
    {
        let open = house.territory.facts(district, period).await?;
        refuse_twice(&collect(&period.to_string(), open, &metrics))?;
    }
    let watermark = house.territory.close_ledger(district, period).await?;
    let ledger = Arc::new(
        house
            .territory
            .facts_and_rounds(district, period, watermark)
            .await?,
    );
    for _ in 0..TRIES {
        match seal(house, district, period, &ledger, watermark, once.clone()).await {
            Err(error) if error.reason == Reason::ChangedMeanwhile => {}
            ended => return ended,
        }
    }
    let message = "metrics or rules of the period kept changing while it was frozen; stop recording and try again";
    Err(Error::new(Reason::ChangedMeanwhile, message))
}

/// The facts of a period that is open: the same collection without closing the ledger.
pub(crate) async fn live(
    house: &House,
    district: &District,
    period: Period,
) -> Result<PeriodFacts, Error> {
    let metrics = store::metric::of_period(house.db.read(), district, &period.to_string()).await?;
    let ledger = house.territory.facts(district, period).await?;
    Ok(collect(&period.to_string(), ledger, &metrics).facts)
}

pub(crate) async fn found(
    house: &House,
    district: &District,
    period: Period,
) -> Result<Review, Error> {
    let review = store::review::find(house.db.read(), district, period).await?;
    review.ok_or_else(|| Error::not_found(district.child("reviews", period)))
}

fn may_freeze(house: &House, review: &Review) -> Result<(), Error> {
    review.state.after(Move::Freeze)?;
    let end = jiff::Timestamp::from_microsecond(review.end_at).map_err(Error::internal)?;
    over(end, house.clock.now())
}

fn refuse_twice(collected: &Collected) -> Result<(), Error> {
    match collected.twice.first() {
        Some(twice) => Err(twice.clone().into_error()),
        None => Ok(()),
    }
}

/// The rule in force for the period, its component stored as an object.
async fn pinned(house: &House, district: &District, period: Period) -> Result<Pinned, Error> {
    let pinned = counting(house, district, period, Part::InForce).await?;
    pinned.ok_or_else(|| {
        let message = format!(
            "no rule is in force for {period}; activate one from this period or an earlier one of its kind, \
             `tidyward rules activate ID@VERSION --from {period}`"
        );
        Error::new(Reason::NoRuleInForce, message).with("period", period)
    })
}

/// The version that counts for the period, its component stored as an object.
pub(crate) async fn counting(
    house: &House,
    district: &District,
    period: Period,
    part: Part,
) -> Result<Option<Pinned>, Error> {
    let activations = store::activation::list(house.db.read(), district).await?;
    let Some(activation) = activation::counting(&activations, part, period) else {
        return Ok(None);
    };
    let id = &activation.id;
    if let Some(revoked) = store::rule::revocation(house.db.read(), district, id).await? {
        return Err(rule::revoked(&revoked));
    }
    Ok(Some(Pinned {
        id: id.clone(),
        sha256: component(house, district, id).await?,
        parameters: activation.parameters.clone(),
    }))
}

/// The digest of a version's component, which is stored as an object afterwards in any case.
pub(crate) async fn component(
    house: &House,
    district: &District,
    id: &VersionId,
) -> Result<[u8; 32], Error> {
    if let Some(version) = store::rule::find(house.db.read(), district, id).await? {
        return Ok(version.sha256);
    }
    let built_in = house
        .built_in
        .find(id)
        .ok_or_else(|| Error::not_found(render::version_name(district, id)))?;
    house
        .objects
        .put(district.id(), Bytes::copy_from_slice(&built_in.bytes))
        .await
}

/// Collects, stores and fixes. CHANGED_MEANWHILE asks to be called again.
pub(crate) async fn seal(
    house: &House,
    district: &District,
    period: Period,
    ledger: &Arc<LedgerFacts>,
    watermark: i64,
    once: Once,
) -> Result<v1::Review, Error> {
    let (read, topic) = (house.db.read(), period.to_string());
    let before = (
        store::changes(read, district, &topic).await?,
        store::changes(read, district, store::RULES).await?,
    );
    let rule = pinned(house, district, period).await?;
    let metrics = store::metric::of_period(read, district, &topic).await?;
    let (ledger, name) = (ledger.clone(), topic.clone());
    let collecting = tokio::task::spawn_blocking(move || {
        let collected = collect(&name, (*ledger).clone(), &metrics);
        let (facts, rounds) = (collected.facts.encode(), collected.rounds.encode());
        (collected, facts, rounds)
    });
    let (collected, facts, rounds) = collecting.await.map_err(Error::internal)?;
    refuse_twice(&collected)?;
    let facts_sha256 = house.objects.put(district.id(), facts.into()).await?;
    let rounds_sha256 = house.objects.put(district.id(), rounds.into()).await?;
    let frozen = Frozen {
        rule,
        areas: collected.areas.len() as i64,
        issues_outside: collected.issues_outside,
        facts_sha256,
        rounds_sha256: Some(rounds_sha256),
        watermark,
        frozen_at: house.clock.now().as_microsecond(),
    };
    write_areas(house, district, period, collected.areas).await?;
    fix(house, district, period, frozen, before, once).await
}

async fn write_areas(
    house: &House,
    district: &District,
    period: Period,
    areas: Vec<crate::collect::ReviewedArea>,
) -> Result<(), Error> {
    for some in areas.chunks(AREAS_AT_ONCE) {
        let (district, some) = (district.clone(), Arc::<[_]>::from(some));
        house
            .db
            .write(move |transaction| {
                let (district, some) = (district.clone(), some.clone());
                Box::pin(async move {
                    store::review::write_areas(transaction, &district, period, &some).await
                })
            })
            .await?;
    }
    Ok(())
}

/// The one transaction that makes the review frozen, if nothing changed since the collection began.
async fn fix(
    house: &House,
    district: &District,
    period: Period,
    frozen: Frozen,
    before: (i64, i64),
    once: Once,
) -> Result<v1::Review, Error> {
    let district = district.clone();
    once.write(&house.db, move |transaction| {
        let (district, frozen) = (district.clone(), frozen.clone());
        Box::pin(async move {
            let topic = period.to_string();
            store::count_change(transaction, &district, &topic).await?;
            store::count_change(transaction, &district, store::RULES).await?;
            let present = (
                store::changes(transaction, &district, &topic).await? - 1,
                store::changes(transaction, &district, store::RULES).await? - 1,
            );
            if present != before {
                return Err(Error::new(
                    Reason::ChangedMeanwhile,
                    "metrics or rules changed",
                ));
            }
            let name = district.child("reviews", period);
            let review = store::review::find(transaction, &district, period).await?;
            review
                .ok_or_else(|| Error::not_found(name))?
                .state
                .after(Move::Freeze)?;
            store::review::freeze(transaction, &district, period, &frozen).await?;
            let review = store::review::find(transaction, &district, period).await?;
            let review = review.ok_or_else(|| Error::internal("a frozen review is gone"))?;
            Ok(render::review(&district, &review, &[], false))
        })
    })
    .await
}
