//! Scores: lists, single ones, explanations and bundles.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tidyward_kit::{Error, Reason, Violations, caller::Caller, page::Page};
use tidyward_proto::v1::{
    AreaLevel, DownloadBundleRequest, ExplainScoreRequest, Explanation, GetScoreRequest,
    ListScoresRequest, ListScoresResponse, Score,
};
use tidyward_rules::{gate::INTERFACE, manifest::Manifest, points::ABSENT};
use uuid::Uuid;

use super::{facts::value, revision, score};
use crate::{
    House,
    bundle::{self, Bundle, Digests},
    explain::{self, Account, Language, Previous},
    facts::PeriodFacts,
    freeze, kept, render,
    review::{Frozen, Move, Revision, RevisionState},
    rule,
    scores::{self, AreaScore, RankedScores},
    store::{self, revision::Key, score::After},
};

/// A revision whose scores are there, with what it was scored from.
pub(super) struct Scored {
    pub frozen: Frozen,
    pub revision: Revision,
    pub manifest: Arc<Manifest>,
}

/// The revision of a name, NOT_FOUND where there is none, MOVE_FORBIDDEN while it has no scores.
pub(super) async fn scored(house: &House, key: &Key, name: &str) -> Result<Scored, Error> {
    let review = freeze::found(house, &key.district, key.period).await?;
    let found = store::revision::find(house.db.read(), key).await?;
    let revision = match found {
        Some(revision) => revision,
        // The first revision of a review comes with its run.
        None if key.number == 1 => {
            review.state.after(Move::Read)?;
            return Err(Error::not_found(name));
        }
        None => return Err(Error::not_found(name)),
    };
    if revision.state != RevisionState::Done {
        review.state.after(Move::Read)?;
        let message = "the revision has no scores yet; watch the review until nothing runs";
        let state = review.state.name();
        let error = Error::new(Reason::MoveForbidden, message);
        return Err(error
            .with("state", state)
            .with("action", Move::Read.name())
            .with("allowed", ""));
    }
    let frozen = review
        .frozen
        .ok_or_else(|| Error::internal("a scored review is not frozen"))?;
    let manifest = kept::manifest(house, &key.district, revision.rule.sha256).await?;
    Ok(Scored {
        frozen,
        revision,
        manifest,
    })
}

fn score_name(key: &Key, code: &str) -> String {
    key.district.child(
        "reviews",
        format!("{}/revisions/{}/scores/{code}", key.period, key.number),
    )
}

pub(super) async fn list(
    house: &House,
    caller: &Caller,
    request: ListScoresRequest,
) -> Result<ListScoresResponse, Error> {
    let key = revision(caller, "parent", &request.parent)?;
    let scored = scored(house, &key, &request.parent).await?;
    let level = match AreaLevel::try_from(request.level) {
        Ok(level) if level != AreaLevel::Unspecified => request.level,
        _ => {
            return Err(Error::field(
                "level",
                "must be SUBDISTRICT, COMMUNITY or GRID",
            ));
        }
    };
    let arguments = ["ListScores", &request.parent, &level.to_string()];
    let page = Page::parse(request.page_size, &request.page_token, &arguments, 3)?;
    let after = page.after.as_ref().map(|last| After {
        peer_group: last[0].clone(),
        order: last[1].parse().unwrap_or(i64::MAX),
        code: last[2].clone(),
    });
    let level = u8::try_from(level).unwrap_or(0);
    let mut rows = store::score::list(house.db.read(), &key, level, after, page.size + 1).await?;
    let next_page_token = page.cut(&mut rows, |row| {
        vec![
            row.peer_group.clone(),
            row.order().to_string(),
            row.code.clone(),
        ]
    });
    let issues = issues(house, &key, &scored, &rows).await?;
    let scores = rows.iter().zip(&issues).map(|(row, issues)| {
        let name = score_name(&key, &row.code);
        render::score(&key.district, name, &scored.manifest, row, issues)
    });
    Ok(ListScoresResponse {
        scores: scores.collect(),
        next_page_token,
    })
}

/// The issues that each area's notes point at, by the index of the area's round.
async fn issues(
    house: &House,
    key: &Key,
    scored: &Scored,
    areas: &[AreaScore],
) -> Result<Vec<BTreeMap<u32, Uuid>>, Error> {
    let mut notes = areas.iter().flat_map(|area| &area.score.notes);
    let rounds = match notes.any(|note| note.issue.is_some()) {
        true => kept::rounds_by_row(house, &key.district, &scored.frozen).await?,
        false => None,
    };
    let of = |area: &AreaScore| {
        let indices = area.score.notes.iter().filter_map(|note| note.issue);
        let named = indices.filter_map(|index| {
            let issue = rounds.as_ref()?.issue(&area.code, index)?;
            Some((index, issue))
        });
        named.collect()
    };
    Ok(areas.iter().map(of).collect())
}

/// One area's score. Before there are scores there is none to be found.
async fn one(
    house: &House,
    key: &Key,
    code: &str,
    name: &str,
) -> Result<(Scored, AreaScore), Error> {
    let found = scored(house, key, name)
        .await
        .map_err(|error| match error.reason {
            Reason::MoveForbidden => Error::not_found(name),
            _ => error,
        })?;
    let area = store::score::find(house.db.read(), key, code).await?;
    area.map(|area| (found, area))
        .ok_or_else(|| Error::not_found(name))
}

pub(super) async fn get(
    house: &House,
    caller: &Caller,
    request: GetScoreRequest,
) -> Result<Score, Error> {
    let (key, code) = score(caller, "name", &request.name)?;
    let (scored, area) = one(house, &key, &code, &request.name).await?;
    let issues = issues(house, &key, &scored, std::slice::from_ref(&area)).await?;
    let (district, manifest) = (&key.district, &scored.manifest);
    Ok(render::score(
        district,
        request.name,
        manifest,
        &area,
        &issues[0],
    ))
}

pub(super) async fn explain(
    house: &House,
    caller: &Caller,
    request: ExplainScoreRequest,
) -> Result<Explanation, Error> {
    let (key, code) = score(caller, "name", &request.name)?;
    let (scored, area) = one(house, &key, &code, &request.name).await?;
    let mut violations = Violations::default();
    let language = match request.language.as_str() {
        "" | "en" => Language::English,
        "zh" => Language::Chinese,
        _ => {
            violations.add("language", "must be `en` or `zh`; empty is `en`");
            Language::English
        }
    };
    violations.into_result()?;
    let facts = kept::facts(house, &key.district, scored.frozen.facts_sha256).await?;
    let row = facts
        .row(&code)
        .ok_or_else(|| Error::internal("a scored area has no facts"))?;
    let declared = store::metric::declared(house.db.read(), &key.district).await?;
    let read = explain::read_facts(&scored.manifest, &facts, row, &declared);
    let previous = previous(house, &key, &code, &scored.revision).await?;
    let areas = std::slice::from_ref(&area);
    let issues = issues(house, &key, &scored, areas).await?;
    let account = Account {
        period: &key.period.to_string(),
        manifest: &scored.manifest,
        area: &area,
        facts: &read,
        previous: previous.as_ref(),
        issues: &issues[0],
    };
    let sentences = explain::sentences(&account, language);
    let facts = read
        .iter()
        .map(|fact| value(&code, &fact.name, fact.value.unwrap_or(ABSENT), &declared));
    let (district, manifest) = (&key.district, &scored.manifest);
    let score = render::score(district, request.name, manifest, &area, &issues[0]);
    Ok(Explanation {
        score: Some(score),
        facts: facts.collect(),
        sentences,
    })
}

/// The area's score in the period before, where that was scored and gave it a place.
async fn previous(
    house: &House,
    key: &Key,
    code: &str,
    present: &Revision,
) -> Result<Option<Previous>, Error> {
    let before = Key {
        district: key.district.clone(),
        period: key.period.previous(),
        number: 1,
    };
    let revision = store::revision::find(house.db.read(), &before).await?;
    let Some(revision) = revision.filter(|revision| revision.state == RevisionState::Done) else {
        return Ok(None);
    };
    let Some(area) = store::score::find(house.db.read(), &before, code).await? else {
        return Ok(None);
    };
    let manifest = kept::manifest(house, &key.district, revision.rule.sha256).await?;
    Ok(area.score.standing.place.map(|place| Previous {
        period: before.period.to_string(),
        rounded: manifest.rounded(area.score.total),
        decimals: manifest.decimals,
        place,
        ranked: area.score.standing.ranked,
        same_rule: revision.rule.id == present.rule.id,
    }))
}

/// The bundle's bytes.
pub(super) async fn bundle(
    house: &Arc<House>,
    caller: &Caller,
    request: DownloadBundleRequest,
) -> Result<Vec<u8>, Error> {
    let key = revision(caller, "name", &request.name)?;
    let scored = scored(house, &key, &request.name).await?;
    let digest = scored
        .revision
        .scores_sha256
        .ok_or_else(|| Error::internal("a scored revision has no digest"))?;
    let district = key.district.id();
    let parts = Parts {
        component: house
            .objects
            .get(district, &scored.revision.rule.sha256)
            .await?,
        facts: house
            .objects
            .get(district, &scored.frozen.facts_sha256)
            .await?,
        rounds: kept::rounds(house, &key.district, &scored.manifest, &scored.frozen).await?,
        scores: house.objects.get(district, &digest).await?,
        fuel_used: store::revision::fuel(house.db.read(), &key).await?,
    };
    let facts = kept::facts(house, &key.district, scored.frozen.facts_sha256).await?;
    let own = house.clone();
    let sealing = tokio::task::spawn_blocking(move || {
        let bundle = assemble(&key, &scored, digest, &facts, parts)?;
        Ok(bundle.seal(&own.settings.bundle_key))
    });
    sealing.await.map_err(Error::internal)?
}

/// What a bundle carries whole.
struct Parts {
    component: Bytes,
    facts: Bytes,
    rounds: Option<Bytes>,
    scores: Bytes,
    fuel_used: Vec<u64>,
}

fn assemble(
    key: &Key,
    scored: &Scored,
    digest: [u8; 32],
    facts: &PeriodFacts,
    parts: Parts,
) -> Result<Bundle, Error> {
    let (revision, manifest) = (&scored.revision, &scored.manifest);
    let ranked = RankedScores::decode(&parts.scores, manifest.criteria.len());
    let ranked = ranked.map_err(Error::internal)?;
    let totals: Vec<i64> = ranked.rows.iter().map(|row| row.total).collect();
    let standings = scores::standings(manifest, facts, &totals);
    let groups = standings
        .iter()
        .map(|one| (one.ranked, bundle::list_number(one.list)));
    let values = rule::parameter_values(manifest, &revision.rule.parameters)?;
    let ids = manifest
        .parameters
        .iter()
        .map(|parameter| parameter.id.clone());
    let parameters = bundle::ordered(ids, &values);
    let sha256 = |bytes: &[u8]| -> [u8; 32] { Sha256::digest(bytes).into() };
    Ok(Bundle {
        district: key.district.id().to_owned(),
        period: key.period.to_string(),
        revision: u32::try_from(key.number).map_err(Error::internal)?,
        trial: revision.trial,
        rule: revision.rule.id.rule.clone(),
        version: revision.rule.id.version.to_string(),
        interface: INTERFACE.to_owned(),
        digests: Digests {
            component: revision.rule.sha256,
            manifest: sha256(manifest.source.as_bytes()),
            parameters: sha256(&bundle::parameter_bytes(&parameters)),
            facts: scored.frozen.facts_sha256,
            rounds: parts
                .rounds
                .is_some()
                .then_some(scored.frozen.rounds_sha256)
                .flatten(),
            scores: digest,
        },
        parameters,
        engine: revision.engine.clone(),
        engine_configuration: revision.engine_configuration.clone(),
        fuel: revision.fuel_limit.unsigned_abs(),
        chunk_rows: u32::try_from(revision.chunk_rows).map_err(Error::internal)?,
        fuel_used: parts.fuel_used,
        component: parts.component.to_vec(),
        facts: parts.facts.to_vec(),
        rounds: parts.rounds.map(Vec::from),
        scores: parts.scores.to_vec(),
        groups: groups.collect(),
    })
}
