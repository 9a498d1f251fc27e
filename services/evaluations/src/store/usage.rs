//! What the rules of a district used.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Value};
use tidyward_kit::{Error, caller::District};

use super::{all, rule, run};
use crate::{
    rule::VersionId,
    usage::{Usage, Used},
};

/// Adds to what a version used in a month.
pub async fn add(
    db: &impl ConnectionTrait,
    district: &District,
    id: &VersionId,
    month: &str,
    used: &Used,
) -> Result<(), Error> {
    let text = "INSERT INTO rule_usage (district, month, rule, version, calls, areas, fuel, processor_us) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (district, month, rule, version) DO UPDATE SET \
                calls = rule_usage.calls + excluded.calls, areas = rule_usage.areas + excluded.areas, \
                fuel = rule_usage.fuel + excluded.fuel, processor_us = rule_usage.processor_us + excluded.processor_us";
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let micros = i64::try_from(used.processor.as_micros()).unwrap_or(i64::MAX);
    let values: Vec<Value> = vec![
        district.id().into(),
        month.into(),
        id.rule.clone().into(),
        id.version.to_string().into(),
        number(used.calls).into(),
        number(used.rows).into(),
        number(used.fuel).into(),
        micros.into(),
    ];
    run(db, text, values).await?;
    Ok(())
}

/// What every version used, by month, rule and version text.
pub async fn list(db: &impl ConnectionTrait, district: &District) -> Result<Vec<Usage>, Error> {
    let text = "SELECT month, rule, version, calls, areas, fuel, processor_us FROM rule_usage WHERE district = ?";
    let rows = all(db, text, vec![district.id().into()]).await?;
    rows.iter()
        .map(|row| {
            let number = |name: &str| Ok::<_, Error>(row.try_get::<i64>("", name)?.unsigned_abs());
            Ok(Usage {
                month: row.try_get("", "month")?,
                id: rule::id(row)?,
                used: Used {
                    calls: number("calls")?,
                    rows: number("areas")?,
                    fuel: number("fuel")?,
                    processor: Duration::from_micros(number("processor_us")?),
                },
            })
        })
        .collect()
}
