//! Activations and the rollbacks that undo them.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{Error, caller::District, period::Period};

use super::{all, period, rule, run};
use crate::{
    activation::{Activation, Part},
    review::{parameters_text, read_parameters},
};

/// Every activation of the district, in the order in which they were made.
pub async fn list(
    db: &impl ConnectionTrait,
    district: &District,
) -> Result<Vec<Activation>, Error> {
    let text = "SELECT undoes, from_period FROM rule_rollback WHERE district = ?";
    let mut undone: HashMap<i64, Period> = HashMap::new();
    for row in all(db, text, vec![district.id().into()]).await? {
        let from = period(&row.try_get::<String>("", "from_period")?)?;
        let first = undone.entry(row.try_get("", "undoes")?).or_insert(from);
        *first = from.min(*first);
    }
    let text = "SELECT number, from_period, shadow, rule, version, parameters, created_at, actor FROM rule_activation \
                WHERE district = ? ORDER BY number";
    let rows = all(db, text, vec![district.id().into()]).await?;
    rows.iter().map(|row| read(row, &undone)).collect()
}

pub async fn insert(
    db: &impl ConnectionTrait,
    district: &District,
    activation: &Activation,
) -> Result<(), Error> {
    let text = "INSERT INTO rule_activation \
                (district, number, from_period, shadow, rule, version, parameters, created_at, actor) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values: Vec<Value> = vec![
        district.id().into(),
        activation.number.into(),
        activation.from.to_string().into(),
        i64::from(activation.part == Part::Shadow).into(),
        activation.id.rule.clone().into(),
        activation.id.version.to_string().into(),
        parameters_text(&activation.parameters).into(),
        activation.created_at.into(),
        activation.actor.clone().into(),
    ];
    run(db, text, values).await?;
    Ok(())
}

/// Undoes an activation from the period on.
pub async fn undo(
    db: &impl ConnectionTrait,
    district: &District,
    number: i64,
    from: Period,
    now: i64,
    actor: &str,
) -> Result<(), Error> {
    let text = "INSERT INTO rule_rollback (district, undoes, from_period, created_at, actor) VALUES (?, ?, ?, ?, ?)";
    let values: Vec<Value> = vec![
        district.id().into(),
        number.into(),
        from.to_string().into(),
        now.into(),
        actor.into(),
    ];
    run(db, text, values).await?;
    Ok(())
}

fn read(row: &QueryResult, undone: &HashMap<i64, Period>) -> Result<Activation, Error> {
    let (number, parameters): (i64, String) =
        (row.try_get("", "number")?, row.try_get("", "parameters")?);
    Ok(Activation {
        from: period(&row.try_get::<String>("", "from_period")?)?,
        part: match row.try_get::<i64>("", "shadow")? {
            0 => Part::InForce,
            _ => Part::Shadow,
        },
        number,
        id: rule::id(row)?,
        parameters: read_parameters(&parameters),
        created_at: row.try_get("", "created_at")?,
        actor: row.try_get("", "actor")?,
        undone_from: undone.get(&number).copied(),
    })
}
