//! The log of a district's rules, to which rows are only ever added, and what its rules used.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{Error, caller::District};

use super::{all, one, period, run};
use crate::{
    change::{Change, Logged},
    review::{parameters_text, read_parameters},
    rule::VersionId,
    usage::{Usage, Used},
};

/// Adds to the log, in the transaction of what was changed.
pub async fn log(
    db: &impl ConnectionTrait,
    district: &District,
    change: &Change,
) -> Result<(), Error> {
    let text = "SELECT MAX(number) AS number FROM rule_change WHERE district = ?";
    let last = match one(db, text, vec![district.id().into()]).await? {
        Some(row) => row.try_get::<Option<i64>>("", "number")?,
        None => None,
    };
    let text = "INSERT INTO rule_change (district, number, kind, changed_at, actor, rule, version, from_period, details) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let id = change.id.as_ref();
    let values: Vec<Value> = vec![
        district.id().into(),
        (last.unwrap_or(0) + 1).into(),
        (change.kind as i64).into(),
        change.at.into(),
        change.actor.clone().into(),
        id.map(|id| id.rule.clone()).unwrap_or_default().into(),
        id.map(|id| id.version.to_string())
            .unwrap_or_default()
            .into(),
        change
            .from
            .map(|from| from.to_string())
            .unwrap_or_default()
            .into(),
        parameters_text(&change.details).into(),
    ];
    run(db, text, values).await?;
    Ok(())
}

/// At most so many changes behind the number, in their order.
pub async fn list(
    db: &impl ConnectionTrait,
    district: &District,
    after: i64,
    most: usize,
) -> Result<Vec<Logged>, Error> {
    let text = "SELECT number, kind, changed_at, actor, rule, version, from_period, details FROM rule_change \
                WHERE district = ? AND number > ? ORDER BY number LIMIT ?";
    let values = vec![district.id().into(), after.into(), (most as i64).into()];
    all(db, text, values).await?.iter().map(read).collect()
}

/// Adds to what a version used in a month.
pub async fn add_usage(
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
pub async fn usage(db: &impl ConnectionTrait, district: &District) -> Result<Vec<Usage>, Error> {
    let text = "SELECT month, rule, version, calls, areas, fuel, processor_us FROM rule_usage WHERE district = ?";
    let rows = all(db, text, vec![district.id().into()]).await?;
    rows.iter()
        .map(|row| {
            let number = |name: &str| Ok::<_, Error>(row.try_get::<i64>("", name)?.unsigned_abs());
            Ok(Usage {
                month: row.try_get("", "month")?,
                id: super::rule::id(row)?,
                used: Used {
                    calls: number("calls")?,
                    rows: number("areas")?,
                    fuel: number("fuel")?,
                    processor: std::time::Duration::from_micros(number("processor_us")?),
                },
            })
        })
        .collect()
}

fn read(row: &QueryResult) -> Result<Logged, Error> {
    let (rule, version): (String, String) = (row.try_get("", "rule")?, row.try_get("", "version")?);
    let from: String = row.try_get("", "from_period")?;
    let details: String = row.try_get("", "details")?;
    Ok(Logged {
        number: row.try_get("", "number")?,
        kind: row.try_get("", "kind")?,
        at: row.try_get("", "changed_at")?,
        actor: row.try_get("", "actor")?,
        id: VersionId::parse(&rule, &version),
        from: (!from.is_empty()).then(|| period(&from)).transpose()?,
        details: read_parameters(&details),
    })
}
