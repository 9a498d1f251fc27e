//! The log of a district's rules, to which rows are only ever added.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{Error, caller::District};

use super::{all, one, period, run};
use crate::{
    change::{Change, Logged},
    review::{parameters_text, read_parameters},
    rule::VersionId,
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
