//! The versions that a district pushed, and which are revoked.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{Error, caller::District};

use super::{all, digest, one, places, run};
use crate::rule::{Revocation, Version, VersionId, VersionSignature};

const COLUMNS: &str =
    "rule, version, sha256, size, interface, manifest, created_at, signature_key, signature";

pub async fn find(
    db: &impl ConnectionTrait,
    district: &District,
    id: &VersionId,
) -> Result<Option<Version>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM rule_version WHERE district = ? AND rule = ? AND version = ?"
    );
    let values = vec![
        district.id().into(),
        id.rule.clone().into(),
        id.version.to_string().into(),
    ];
    one(db, &text, values)
        .await?
        .map(|row| read(&row))
        .transpose()
}

/// Which versions there are, without what they are.
pub async fn ids(db: &impl ConnectionTrait, district: &District) -> Result<Vec<VersionId>, Error> {
    let text = "SELECT rule, version FROM rule_version WHERE district = ?";
    all(db, text, vec![district.id().into()])
        .await?
        .iter()
        .map(id)
        .collect()
}

pub async fn insert(
    db: &impl ConnectionTrait,
    district: &District,
    version: &Version,
) -> Result<(), Error> {
    let text = format!(
        "INSERT INTO rule_version (district, {COLUMNS}) VALUES {}",
        places(1, 10)
    );
    let signature = version.signature.as_ref();
    let values: Vec<Value> = vec![
        district.id().into(),
        version.id.rule.clone().into(),
        version.id.version.to_string().into(),
        version.sha256.to_vec().into(),
        version.size.into(),
        version.interface.clone().into(),
        version.manifest.clone().into(),
        version.created_at.unwrap_or(0).into(),
        signature.map(|one| one.key.clone()).into(),
        signature.map(|one| one.signature.clone()).into(),
    ];
    run(db, &text, values).await?;
    Ok(())
}

/// How many versions the district has pushed.
pub async fn count(db: &impl ConnectionTrait, district: &District) -> Result<i64, Error> {
    let text = "SELECT COUNT(*) AS versions FROM rule_version WHERE district = ?";
    let row = one(db, text, vec![district.id().into()]).await?;
    row.map_or(Ok(0), |row| Ok(row.try_get("", "versions")?))
}

/// Every revoked version of the district.
pub async fn revocations(
    db: &impl ConnectionTrait,
    district: &District,
) -> Result<Vec<Revocation>, Error> {
    let text =
        "SELECT rule, version, revoked_at, actor, reason FROM rule_revocation WHERE district = ?";
    let rows = all(db, text, vec![district.id().into()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Revocation {
                id: id(row)?,
                at: row.try_get("", "revoked_at")?,
                actor: row.try_get("", "actor")?,
                reason: row.try_get("", "reason")?,
            })
        })
        .collect()
}

/// That the version was revoked, if it was.
pub async fn revocation(
    db: &impl ConnectionTrait,
    district: &District,
    id: &VersionId,
) -> Result<Option<Revocation>, Error> {
    let all = revocations(db, district).await?;
    Ok(all.into_iter().find(|one| one.id == *id))
}

pub async fn revoke(
    db: &impl ConnectionTrait,
    district: &District,
    revocation: &Revocation,
) -> Result<(), Error> {
    let text = "INSERT INTO rule_revocation (district, rule, version, revoked_at, actor, reason) VALUES (?, ?, ?, ?, ?, ?)";
    let values: Vec<Value> = vec![
        district.id().into(),
        revocation.id.rule.clone().into(),
        revocation.id.version.to_string().into(),
        revocation.at.into(),
        revocation.actor.clone().into(),
        revocation.reason.clone().into(),
    ];
    run(db, text, values).await?;
    Ok(())
}

fn read(row: &QueryResult) -> Result<Version, Error> {
    let sha256 = digest(row.try_get("", "sha256")?)?;
    let key: Option<String> = row.try_get("", "signature_key")?;
    let signature: Option<Vec<u8>> = row.try_get("", "signature")?;
    Ok(Version {
        id: id(row)?,
        sha256: sha256.ok_or_else(|| Error::internal("a rule is stored without its digest"))?,
        size: row.try_get("", "size")?,
        manifest: row.try_get("", "manifest")?,
        interface: row.try_get("", "interface")?,
        built_in: false,
        created_at: Some(row.try_get("", "created_at")?),
        signature: key
            .zip(signature)
            .map(|(key, signature)| VersionSignature { key, signature }),
    })
}

pub(super) fn id(row: &QueryResult) -> Result<VersionId, Error> {
    let (rule, version): (String, String) = (row.try_get("", "rule")?, row.try_get("", "version")?);
    VersionId::parse(&rule, &version)
        .ok_or_else(|| Error::internal(format!("`{version}` is stored as a version and is none")))
}
