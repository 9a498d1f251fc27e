//! What a district's rules may take.

use sea_orm::{ConnectionTrait, Value};
use tidyward_kit::{Error, caller::District};

use super::{one, run};
use crate::policy::Policy;

/// What is set in the district.
pub async fn find(db: &impl ConnectionTrait, district: &District) -> Result<Policy, Error> {
    let text = "SELECT signature_required, component_bytes, call_fuel, versions FROM rule_policy WHERE district = ?";
    let Some(row) = one(db, text, vec![district.id().into()]).await? else {
        return Ok(Policy::default());
    };
    Ok(Policy {
        signature_required: row.try_get::<i64>("", "signature_required")? == 1,
        component_bytes: row.try_get("", "component_bytes")?,
        call_fuel: row.try_get("", "call_fuel")?,
        versions: row.try_get("", "versions")?,
    })
}

pub async fn set(
    db: &impl ConnectionTrait,
    district: &District,
    policy: &Policy,
) -> Result<(), Error> {
    let text = "INSERT INTO rule_policy (district, signature_required, component_bytes, call_fuel, versions) \
                VALUES (?, ?, ?, ?, ?) ON CONFLICT (district) DO UPDATE SET \
                signature_required = excluded.signature_required, component_bytes = excluded.component_bytes, \
                call_fuel = excluded.call_fuel, versions = excluded.versions";
    let values: Vec<Value> = vec![
        district.id().into(),
        i64::from(policy.signature_required).into(),
        policy.component_bytes.into(),
        policy.call_fuel.into(),
        policy.versions.into(),
    ];
    run(db, text, values).await?;
    Ok(())
}
