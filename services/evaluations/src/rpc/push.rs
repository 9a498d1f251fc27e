//! Pushing a version of a rule: the upload goes through the gate, and is then kept as it is for ever.

use std::sync::Arc;

use bytes::Bytes;
use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District},
    db::uploads,
    request::Once,
};
use tidyward_proto::v1::{PushRuleVersionRequest, RuleVersion};
use tidyward_rules::gate::Candidate;

use super::{key as key_named, versions::Standings};
use crate::{
    House,
    activation::Part,
    change::{Change, ChangeKind},
    dry_run::{Base, DryRun, InForce},
    freeze,
    gate::{self, Passed, Terms},
    render,
    rule::{Version, VersionId, VersionSignature},
    signature::{self, SIGNATURE_BYTES, Signed},
    store, usage,
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
    let signed = signed(house, caller, &district, &request).await?;
    let file = house
        .rule_uploads
        .take(caller, &district, "upload", &request.upload)
        .await?;
    let signature = signed
        .as_ref()
        .map(|(fingerprint, signed)| VersionSignature {
            key: fingerprint.clone(),
            signature: signed.signature.to_vec(),
        });
    let signed = signed.map(|(_, signed)| signed);
    let passed = through_the_gate(house, &district, signed, file.bytes).await;
    if let Err(error) = &passed
        && error.reason == Reason::RuleRefused
    {
        // Nothing will ever be made from it.
        house.rule_uploads.forget(&district, &file.upload).await?;
    }
    let Passed { candidate, dry_run } = passed?;
    let standings = Standings::read(house, &district).await?;
    let pushed = Pushed {
        district,
        candidate,
        dry_run,
        standings,
        upload: file.upload,
    };
    if let Some(built_in) = house.built_in.find(&pushed.id()) {
        if built_in.digest != pushed.candidate.digest {
            return Err(exists(&pushed.id()));
        }
        if !request.validate_only {
            house
                .rule_uploads
                .forget(&pushed.district, &pushed.upload)
                .await?;
        }
        return Ok(pushed.shown(&Version::of(built_in, None)));
    }
    let version = Version {
        signature,
        ..Version::of(&pushed.candidate, Some(now.as_microsecond()))
    };
    if request.validate_only {
        let there = store::rule::find(house.db.read(), &pushed.district, &version.id).await?;
        let there = same_or_refused(there, &version)?;
        return Ok(pushed.shown(&there.unwrap_or(version)));
    }
    let component = Bytes::copy_from_slice(&pushed.candidate.bytes);
    house.objects.put(pushed.district.id(), component).await?;
    keep(house, &caller.subject, pushed, version, once).await
}

/// What came through the gate.
struct Pushed {
    district: District,
    candidate: Candidate,
    dry_run: Option<DryRun>,
    standings: Standings,
    /// From which it came. It is kept until its version is.
    upload: String,
}

impl Pushed {
    fn id(&self) -> VersionId {
        VersionId::of(&self.candidate.manifest)
    }

    fn shown(&self, version: &Version) -> RuleVersion {
        let title = &self.candidate.manifest.title;
        let dry_run = self.dry_run.as_ref();
        RuleVersion {
            dry_run: dry_run.map(|run| render::dry_run(&self.district, run)),
            ..self.standings.render(&self.district, version, title)
        }
    }
}

/// Writes the version down, unless it is there already.
async fn keep(
    house: &House,
    actor: &str,
    pushed: Pushed,
    version: Version,
    once: Once,
) -> Result<RuleVersion, Error> {
    let (pushed, actor) = (Arc::new(pushed), actor.to_owned());
    once.write(&house.db, move |transaction| {
        let (pushed, version, actor) = (pushed.clone(), version.clone(), actor.clone());
        Box::pin(async move {
            let district = &pushed.district;
            uploads::remove(transaction, store::RULE, district.id(), &pushed.upload).await?;
            let there = store::rule::find(transaction, district, &version.id).await?;
            if let Some(there) = same_or_refused(there, &version)? {
                return Ok(pushed.shown(&there));
            }
            let most = store::policy::find(transaction, district).await?.versions();
            if store::rule::count(transaction, district).await? >= most {
                let message = format!(
                    "the district has pushed {most} versions, as many as it may; ask the platform's admin for more"
                );
                return Err(Error::new(Reason::TooMany, message).with("limit", most));
            }
            store::rule::insert(transaction, district, &version).await?;
            let at = version.created_at.unwrap_or_default();
            let mut change = Change::new(ChangeKind::Pushed, at, &actor)
                .of(&version.id)
                .with("sha256", hex::encode(version.sha256));
            if let Some(signature) = &version.signature {
                change = change.with("key", &signature.key);
            }
            store::change::log(transaction, district, &change).await?;
            Ok(pushed.shown(&version))
        })
    })
    .await
}

/// The signature that came along, with the fingerprint of its key.
async fn signed(
    house: &House,
    caller: &Caller,
    district: &District,
    request: &PushRuleVersionRequest,
) -> Result<Option<(String, Signed)>, Error> {
    if request.signature.is_empty() && request.signature_key.is_empty() {
        return Ok(None);
    }
    let mut violations = Violations::default();
    let signature: Result<[u8; SIGNATURE_BYTES], _> = request.signature.as_slice().try_into();
    violations.require(
        signature.is_ok(),
        "signature",
        "must be the 64 bytes of an ed25519 signature, with the key's name in `signature_key`; or leave both out",
    );
    let key = violations.take(key_named(caller, "signature_key", &request.signature_key));
    violations.into_result()?;
    let (Ok(signature), Some((own, fingerprint))) = (signature, key) else {
        return Err(Error::not_found(&request.signature_key));
    };
    // Another district's key is as unknown here as one that nobody has.
    let key = match own == *district {
        true => store::key::find(house.db.read(), district, &fingerprint).await?,
        false => None,
    };
    let signed = Signed {
        signature,
        by: request.signature_key.clone(),
        key,
    };
    Ok(Some((fingerprint, signed)))
}

/// The whole gate, on a thread that may take its time.
async fn through_the_gate(
    house: &House,
    district: &District,
    signed: Option<Signed>,
    bytes: Vec<u8>,
) -> Result<Passed, Error> {
    let policy = store::policy::find(house.db.read(), district).await?;
    let terms = Terms {
        party: district.id().to_owned(),
        component_bytes: policy.component_bytes(),
        fuel: policy.call_fuel(house.settings.fuel),
        signature: signature::Terms {
            required: policy.signature_required,
            signed,
        },
        facts: base(house, district).await?,
    };
    let compiler = house.compiler.clone();
    let looking = tokio::task::spawn_blocking(move || {
        let mut used = Vec::new();
        let passed = gate::pass(&compiler, &terms, &bytes, &mut used);
        (passed, used)
    });
    let (passed, used) = looking.await.map_err(Error::internal)?;
    usage::write(house, district, used).await?;
    passed
}

/// The facts of the last frozen period, and the rule that is in force behind it.
async fn base(house: &House, district: &District) -> Result<Option<Base>, Error> {
    let read = house.db.read();
    let last = store::review::last_frozen(read, district).await?;
    let Some((period, frozen)) = last.and_then(|last| Some((last.period, last.frozen?))) else {
        return Ok(None);
    };
    let in_force = match freeze::counting(house, district, period.next(), Part::InForce).await {
        Ok(Some(pinned)) => {
            let component = house.objects.get(district.id(), &pinned.sha256).await?;
            Some(InForce {
                id: pinned.id,
                component,
                parameters: pinned.parameters,
            })
        }
        Ok(None) => None,
        // There is nothing to compare with until another is put in its place.
        Err(error) if error.reason == Reason::RuleRevoked => None,
        Err(error) => return Err(error),
    };
    let rounds = match frozen.rounds_sha256 {
        Some(rounds) => Some(house.objects.get(district.id(), &rounds).await?),
        None => None,
    };
    Ok(Some(Base {
        review: district.child("reviews", period),
        facts: house
            .objects
            .get(district.id(), &frozen.facts_sha256)
            .await?,
        rounds,
        in_force,
    }))
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
