//! What metrics are declared, and their numbers by period.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{Error, caller::District, fact::Addition};

use super::{ROWS_AT_ONCE, all, places, run};
use crate::{
    collect::MetricColumn,
    metric::{Metric, Recorded, of_table},
};

/// Everything declared in the district, by name.
pub async fn declared(
    db: &impl ConnectionTrait,
    district: &District,
) -> Result<BTreeMap<String, Metric>, Error> {
    let text = "SELECT name, unit, scale, addition, source FROM metric WHERE district = ?";
    let rows = all(db, text, vec![district.id().into()]).await?;
    rows.iter()
        .map(|row| read(row).map(|metric| (metric.name.clone(), metric)))
        .collect()
}

/// Declares metrics. One that is declared already stays what it is, and must be the same.
pub async fn declare(
    db: &impl ConnectionTrait,
    district: &District,
    metrics: &[Metric],
) -> Result<(), Error> {
    let before = declared(db, district).await?;
    for metric in metrics {
        match before.get(&metric.name) {
            Some(before) => metric.same_as(before)?,
            None => insert(db, district, metric).await?,
        }
    }
    Ok(())
}

async fn insert(
    db: &impl ConnectionTrait,
    district: &District,
    metric: &Metric,
) -> Result<(), Error> {
    let text = "INSERT INTO metric (district, name, unit, scale, addition, source) VALUES (?, ?, ?, ?, ?, ?) \
                ON CONFLICT (district, name) DO NOTHING";
    let values: Vec<Value> = vec![
        district.id().into(),
        metric.name.clone().into(),
        metric.unit.clone().into(),
        i64::from(metric.scale).into(),
        number(metric.addition).into(),
        metric.source.clone().into(),
    ];
    run(db, text, values).await?;
    Ok(())
}

/// The numbers of a period, metric by metric.
pub async fn of_period(
    db: &impl ConnectionTrait,
    district: &District,
    period: &str,
) -> Result<Vec<MetricColumn>, Error> {
    let declared = declared(db, district).await?;
    let text = "SELECT metric, area, value FROM metric_value WHERE district = ? AND period = ? ORDER BY metric, area";
    let mut columns: BTreeMap<String, MetricColumn> = BTreeMap::new();
    for row in all(db, text, vec![district.id().into(), period.into()]).await? {
        let (name, area): (String, String) = (row.try_get("", "metric")?, row.try_get("", "area")?);
        let value: i64 = row.try_get("", "value")?;
        if let Some(column) = columns.get_mut(&name) {
            column.values.insert(area, value);
            continue;
        }
        let metric = declared.get(&name).cloned().or_else(|| of_table(&name));
        let metric = metric
            .ok_or_else(|| Error::internal(format!("`{name}` has numbers and is not declared")))?;
        columns.insert(
            name,
            MetricColumn {
                metric,
                values: BTreeMap::from([(area, value)]),
            },
        );
    }
    Ok(columns.into_values().collect())
}

/// The numbers of a period that are there already, by metric and area.
pub async fn existing(
    db: &impl ConnectionTrait,
    district: &District,
    period: &str,
    areas: &[&str],
) -> Result<HashMap<(String, String), i64>, Error> {
    let mut found = HashMap::new();
    for some in areas.chunks(ROWS_AT_ONCE) {
        let text = format!(
            "SELECT metric, area, value FROM metric_value WHERE district = ? AND period = ? AND area IN {}",
            places(1, some.len())
        );
        let mut values: Vec<Value> = vec![district.id().into(), period.into()];
        values.extend(some.iter().map(|area| Value::from(*area)));
        for row in all(db, &text, values).await? {
            found.insert(
                (row.try_get("", "metric")?, row.try_get("", "area")?),
                row.try_get("", "value")?,
            );
        }
    }
    Ok(found)
}

/// Writes numbers, in the place of those that are there.
pub async fn write(
    db: &impl ConnectionTrait,
    district: &District,
    numbers: &[&Recorded],
) -> Result<(), Error> {
    for some in numbers.chunks(ROWS_AT_ONCE) {
        let text = format!(
            "INSERT INTO metric_value (district, period, metric, area, value) VALUES {} \
             ON CONFLICT (district, period, metric, area) DO UPDATE SET value = excluded.value",
            places(some.len(), 5)
        );
        let values = some.iter().flat_map(|one| -> [Value; 5] {
            [
                district.id().into(),
                one.period.clone().into(),
                one.metric.clone().into(),
                one.area.clone().into(),
                one.value.into(),
            ]
        });
        run(db, &text, values.collect()).await?;
    }
    Ok(())
}

fn read(row: &QueryResult) -> Result<Metric, Error> {
    let scale: i64 = row.try_get("", "scale")?;
    Ok(Metric {
        name: row.try_get("", "name")?,
        unit: row.try_get("", "unit")?,
        scale: u8::try_from(scale).map_err(Error::internal)?,
        addition: match row.try_get::<i64>("", "addition")? {
            1 => Addition::Sum,
            2 => Addition::Recompute,
            _ => Addition::None,
        },
        source: row.try_get("", "source")?,
    })
}

fn number(addition: Addition) -> i64 {
    match addition {
        Addition::Sum => 1,
        Addition::Recompute => 2,
        Addition::None => 3,
    }
}
