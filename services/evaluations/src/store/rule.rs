//! The versions that a district pushed, and its activations.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{Error, caller::District};

use super::{all, digest, one, period, run};
use crate::{
    review::{parameters_text, read_parameters},
    rule::{Activation, Version, VersionId},
};

const COLUMNS: &str = "rule, version, sha256, size, interface, manifest, created_at";

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
    let text =
        format!("INSERT INTO rule_version (district, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    let values: Vec<Value> = vec![
        district.id().into(),
        version.id.rule.clone().into(),
        version.id.version.to_string().into(),
        version.sha256.to_vec().into(),
        version.size.into(),
        version.interface.clone().into(),
        version.manifest.clone().into(),
        version.created_at.unwrap_or(0).into(),
    ];
    run(db, &text, values).await?;
    Ok(())
}

/// Every activation of the district, in the order in which they were made.
pub async fn activations(
    db: &impl ConnectionTrait,
    district: &District,
) -> Result<Vec<Activation>, Error> {
    let text = "SELECT number, from_period, rule, version, parameters, created_at, actor FROM rule_activation \
                WHERE district = ? ORDER BY number";
    all(db, text, vec![district.id().into()])
        .await?
        .iter()
        .map(read_activation)
        .collect()
}

pub async fn activate(
    db: &impl ConnectionTrait,
    district: &District,
    activation: &Activation,
) -> Result<(), Error> {
    let text = "INSERT INTO rule_activation \
                (district, number, from_period, rule, version, parameters, created_at, actor) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let values: Vec<Value> = vec![
        district.id().into(),
        activation.number.into(),
        activation.from.to_string().into(),
        activation.id.rule.clone().into(),
        activation.id.version.to_string().into(),
        parameters_text(&activation.parameters).into(),
        activation.created_at.into(),
        activation.actor.clone().into(),
    ];
    run(db, text, values).await?;
    Ok(())
}

fn read(row: &QueryResult) -> Result<Version, Error> {
    let sha256 = digest(row.try_get("", "sha256")?)?;
    Ok(Version {
        id: id(row)?,
        sha256: sha256.ok_or_else(|| Error::internal("a rule is stored without its digest"))?,
        size: row.try_get("", "size")?,
        manifest: row.try_get("", "manifest")?,
        interface: row.try_get("", "interface")?,
        built_in: false,
        created_at: Some(row.try_get("", "created_at")?),
    })
}

fn read_activation(row: &QueryResult) -> Result<Activation, Error> {
    let parameters: String = row.try_get("", "parameters")?;
    Ok(Activation {
        from: period(&row.try_get::<String>("", "from_period")?)?,
        number: row.try_get("", "number")?,
        id: id(row)?,
        parameters: read_parameters(&parameters),
        created_at: row.try_get("", "created_at")?,
        actor: row.try_get("", "actor")?,
    })
}

fn id(row: &QueryResult) -> Result<VersionId, Error> {
    let (rule, version): (String, String) = (row.try_get("", "rule")?, row.try_get("", "version")?);
    VersionId::parse(&rule, &version)
        .ok_or_else(|| Error::internal(format!("`{version}` is stored as a version and is none")))
}
