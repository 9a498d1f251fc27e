//! How two revisions of a review differ.

use tidyward_kit::{Error, Violations, caller::Caller};
use tidyward_proto::v1::{CompareRevisionsRequest, CompareRevisionsResponse};

use super::scores::{Scored, scored};
use crate::{
    House, difference::difference, kept, render, scores::RankedScores, store, store::revision::Key,
};

pub(super) async fn compare(
    house: &House,
    caller: &Caller,
    request: CompareRevisionsRequest,
) -> Result<CompareRevisionsResponse, Error> {
    let (district, period) = super::review(caller, "name", &request.name)?;
    let mut violations = Violations::default();
    for (field, number) in [("before", request.before), ("after", request.after)] {
        violations.require(
            number >= 0,
            field,
            "must be the number of a revision, from 1, or 0 for the first or the last",
        );
    }
    violations.into_result()?;
    let all = store::revision::list(house.db.read(), &district, period).await?;
    let last = all.last().map_or(1, |last| last.number);
    let chosen = |number: i32, otherwise: i64| match number {
        0 => otherwise,
        number => i64::from(number),
    };
    let read = async |number: i64| {
        let key = Key {
            district: district.clone(),
            period,
            number,
        };
        let name = format!("{}/revisions/{number}", request.name);
        let scored = scored(house, &key, &name).await?;
        let rows = ranked(house, &key, &scored).await?;
        Ok::<_, Error>((scored, rows))
    };
    let (before, rows_before) = read(chosen(request.before, 1)).await?;
    let (after, rows_after) = read(chosen(request.after, last)).await?;
    let facts = kept::facts(house, &district, before.frozen.facts_sha256).await?;
    let found = difference(&facts, &rows_before, &rows_after);
    Ok(CompareRevisionsResponse {
        before: Some(render::revision(&district, &before.revision)),
        after: Some(render::revision(&district, &after.revision)),
        difference: Some(render::difference(&district, &found)),
    })
}

/// The scores of a revision as they were written down.
async fn ranked(house: &House, key: &Key, scored: &Scored) -> Result<RankedScores, Error> {
    let digest = scored.revision.scores_sha256;
    let digest = digest.ok_or_else(|| Error::internal("a scored revision has no scores"))?;
    let bytes = house.objects.get(key.district.id(), &digest).await?;
    let criteria = scored.manifest.criteria.len();
    RankedScores::decode(&bytes, criteria).map_err(Error::internal)
}
