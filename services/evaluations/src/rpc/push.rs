//! Pushing a version of a rule: the upload goes through the gate, and is then kept as it is for ever.

use std::sync::Arc;

use bytes::Bytes;
use tidyward_kit::{
    Error, Reason,
    caller::{Caller, District},
    request::Once,
};
use tidyward_proto::v1::{PushRuleVersionRequest, RuleVersion};
use tidyward_rules::gate::Candidate;

use super::rules::Standings;
use crate::{
    House, gate,
    rule::{Version, VersionId},
    store,
};

pub(super) async fn push(
    house: &House,
    caller: &Caller,
    request: PushRuleVersionRequest,
) -> Result<RuleVersion, Error> {
    let district = caller.district("parent", &request.parent)?;
    let now = house.clock.now();
    let id = request.request_id.as_str();
    let once = Once::new(
        store::RULE,
        "PushRuleVersion",
        caller,
        Some(&district),
        &request,
        id,
        now,
    )?;
    if let Some(answer) = once.answered(&house.db).await? {
        return Ok(answer);
    }
    let file = house
        .rule_uploads
        .take(caller, &district, "upload", &request.upload)
        .await?;
    let candidate = Arc::new(through_the_gate(house, &district, file.bytes).await?);
    let standings = Standings::read(house, &district).await?;
    if let Some(built_in) = house.built_in.find(&VersionId::of(&candidate.manifest)) {
        if built_in.digest != candidate.digest {
            return Err(exists(&VersionId::of(&candidate.manifest)));
        }
        return Ok(standings.render(
            &district,
            &Version::of(built_in, None),
            &built_in.manifest.title,
        ));
    }
    let version = Version::of(&candidate, Some(now.as_microsecond()));
    if request.validate_only {
        let there = store::rule::find(house.db.read(), &district, &version.id).await?;
        let there = same_or_refused(there, &version)?;
        return Ok(standings.render(
            &district,
            &there.unwrap_or(version),
            &candidate.manifest.title,
        ));
    }
    let component = Bytes::copy_from_slice(&candidate.bytes);
    house.objects.put(district.id(), component).await?;
    keep(house, district, candidate, version, standings, once).await
}

/// Writes the version down, unless it is there already.
async fn keep(
    house: &House,
    district: District,
    candidate: Arc<Candidate>,
    version: Version,
    standings: Standings,
    once: Once,
) -> Result<RuleVersion, Error> {
    once.write(&house.db, move |transaction| {
        let (district, version) = (district.clone(), version.clone());
        let (candidate, standings) = (candidate.clone(), standings.clone());
        Box::pin(async move {
            let there = store::rule::find(transaction, &district, &version.id).await?;
            let kept = match same_or_refused(there, &version)? {
                Some(there) => there,
                None => {
                    store::rule::insert(transaction, &district, &version).await?;
                    version
                }
            };
            Ok(standings.render(&district, &kept, &candidate.manifest.title))
        })
    })
    .await
}

/// The whole gate, on a thread that may take its time.
async fn through_the_gate(
    house: &House,
    district: &District,
    bytes: Vec<u8>,
) -> Result<Candidate, Error> {
    let (compiler, fuel) = (house.compiler.clone(), house.settings.fuel);
    let district = district.clone();
    let looking =
        tokio::task::spawn_blocking(move || gate::pass(&compiler, district.id(), &bytes, fuel));
    looking.await.map_err(Error::internal)?
}

fn same_or_refused(there: Option<Version>, version: &Version) -> Result<Option<Version>, Error> {
    match there {
        Some(there) if there.sha256 != version.sha256 => Err(exists(&version.id)),
        same => Ok(same),
    }
}

fn exists(id: &VersionId) -> Error {
    let message = format!(
        "{}@{} exists with other bytes, and a version never changes; raise `version` in rule.toml and build again",
        id.rule, id.version
    );
    Error::new(Reason::RuleVersionExists, message)
        .with("rule", &id.rule)
        .with("version", &id.version)
}
