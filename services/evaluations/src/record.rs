//! Recording metrics: all numbers of a request go in, or none.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use tidyward_kit::{Error, Reason, Violations, caller::District, period::Period, request::Once};
use tidyward_proto::v1::RecordMetricsResponse;

use crate::{
    metric::{Declaration, MOST_VALUES, Metric, Recorded, declare, of_table, parse_decimal},
    store,
};

/// What somebody wants to record, unchecked.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub definitions: Vec<Declaration>,
    pub values: Vec<WantedValue>,
}

/// One number, unchecked. The area is a code of the request's own district.
#[derive(Clone, Debug, Default)]
pub struct WantedValue {
    pub metric: String,
    pub area: String,
    pub period: String,
    pub value: String,
}

/// What goes into the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub declared: Vec<Metric>,
    pub numbers: Vec<Recorded>,
}

/// Which periods are spoken of. What is none is noted.
pub fn periods(violations: &mut Violations, wanted: &Wanted) -> BTreeSet<Period> {
    let mut periods = BTreeSet::new();
    for (index, value) in wanted.values.iter().enumerate() {
        let field = format!("values[{index}].period");
        periods.extend(violations.take(Period::parse(&field, &value.period)));
    }
    periods
}

/// Checks everything and notes all that is wrong. `declared` are the metrics of the district, `areas` the codes valid at
/// the last instant of each period.
pub fn check(
    violations: &mut Violations,
    wanted: &Wanted,
    declared: &BTreeMap<String, Metric>,
    areas: &BTreeMap<Period, HashSet<String>>,
) -> Checked {
    let mut known = declared.clone();
    let mut checked = Checked::default();
    if wanted.values.len() > MOST_VALUES {
        violations.add(
            "values",
            "at most 10,000 in one request; send the rest in another",
        );
    }
    for (index, said) in wanted.definitions.iter().enumerate() {
        let field = format!("definitions[{index}]");
        let Some(metric) = declare(violations, &field, said) else {
            continue;
        };
        // One that was declared before stays what it was; whether this one is the same is for the store to say.
        known
            .entry(metric.name.clone())
            .or_insert_with(|| metric.clone());
        checked.declared.push(metric);
    }
    let mut seen = HashSet::new();
    for (index, value) in wanted.values.iter().enumerate() {
        if !seen.insert((&value.metric, &value.area, &value.period)) {
            violations.add(
                format!("values[{index}]"),
                "the same metric, area and period stand in the request twice",
            );
        }
        let period = value.period.parse().ok();
        let valid = period.and_then(|period: Period| areas.get(&period));
        let number = check_value(
            violations,
            &format!("values[{index}]"),
            value,
            &known,
            valid,
        );
        checked.numbers.extend(number);
    }
    checked
}

/// One number; `codes` are the areas at the end of its period.
fn check_value(
    violations: &mut Violations,
    field: &str,
    value: &WantedValue,
    known: &BTreeMap<String, Metric>,
    codes: Option<&HashSet<String>>,
) -> Option<Recorded> {
    if codes.is_some_and(|codes| !codes.contains(&value.area)) {
        let words = format!(
            "the area `{}` does not exist at the end of {}",
            value.area, value.period
        );
        violations.add_reason(format!("{field}.area"), Reason::AreaUnknown, words);
    }
    let metric = known.get(&value.metric).cloned();
    let Some(metric) = metric.or_else(|| of_table(&value.metric)) else {
        let words = "is not declared; add its definition to the request";
        violations.add(format!("{field}.metric"), words);
        return None;
    };
    match parse_decimal(&value.value, metric.scale) {
        Ok(units) => Some(Recorded {
            metric: value.metric.clone(),
            area: value.area.clone(),
            period: value.period.clone(),
            value: units,
        }),
        Err(words) => {
            violations.add(format!("{field}.value"), words);
            None
        }
    }
}

/// Writes what was checked, in the place of what is there, unless a period is frozen or a metric was declared otherwise.
pub async fn write(
    db: &tidyward_kit::db::Db,
    district: &District,
    checked: Checked,
    once: Once,
) -> Result<RecordMetricsResponse, Error> {
    let (district, checked) = (district.clone(), Arc::new(checked));
    once.write(db, move |transaction| {
        let (district, checked) = (district.clone(), checked.clone());
        Box::pin(async move {
            store::metric::declare(transaction, &district, &checked.declared).await?;
            let mut by_period: BTreeMap<&str, Vec<&Recorded>> = BTreeMap::new();
            for number in &checked.numbers {
                by_period.entry(&number.period).or_default().push(number);
            }
            let mut answer = RecordMetricsResponse::default();
            for (period, numbers) in by_period {
                store::count_change(transaction, &district, period).await?;
                if store::review::is_frozen(transaction, &district, period).await? {
                    return Err(frozen(period));
                }
                let codes: BTreeSet<&str> =
                    numbers.iter().map(|number| number.area.as_str()).collect();
                let codes: Vec<&str> = codes.into_iter().collect();
                let before =
                    store::metric::existing(transaction, &district, period, &codes).await?;
                for number in &numbers {
                    match before.get(&(number.metric.clone(), number.area.clone())) {
                        None => answer.added += 1,
                        Some(value) if *value == number.value => answer.unchanged += 1,
                        Some(_) => answer.replaced += 1,
                    }
                }
                store::metric::write(transaction, &district, &numbers).await?;
            }
            Ok(answer)
        })
    })
    .await
}

pub fn frozen(period: impl std::fmt::Display) -> Error {
    let message =
        format!("{period} is frozen and its facts are fixed; choose a period that is still open");
    Error::new(Reason::PeriodFrozen, message).with("period", period)
}

#[cfg(test)]
mod tests {
    use tidyward_kit::fact::Addition;

    use super::*;

    fn value(metric: &str, area: &str, text: &str) -> WantedValue {
        WantedValue {
            metric: metric.into(),
            area: area.into(),
            period: "2013-q3".into(),
            value: text.into(),
        }
    }

    fn checked(wanted: &Wanted) -> Result<Checked, Error> {
        let mut violations = Violations::default();
        let areas = periods(&mut violations, wanted)
            .into_iter()
            .map(|period| (period, HashSet::from(["G1".to_owned(), "G2".to_owned()])))
            .collect();
        let checked = check(&mut violations, wanted, &BTreeMap::new(), &areas);
        violations.into_result().map(|()| checked)
    }

    #[test]
    fn a_request_declares_and_records_at_once() {
        let definition = Declaration {
            name: "metric.clean".into(),
            unit: "percent".into(),
            scale: 2,
            addition: Some(Addition::None),
            source: "survey".into(),
        };
        let values = vec![
            value("metric.clean", "G1", "66.67"),
            value("inspections.sum", "G1", "92.5"),
        ];
        let checked = checked(&Wanted {
            definitions: vec![definition],
            values,
        })
        .unwrap();
        let numbers: Vec<i64> = checked.numbers.iter().map(|number| number.value).collect();
        assert_eq!(numbers, [6_667, 925_000]);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut bad_period = value("inspections.count", "G1", "1");
        bad_period.period = "2013".into();
        let values = vec![
            value("metric.unknown", "G1", "1"),
            value("inspections.count", "G9", "1"),
            value("inspections.count", "G1", "1.5"),
            value("inspections.count", "G1", "2"),
            bad_period,
        ];
        let error = checked(&Wanted {
            definitions: vec![],
            values,
        })
        .unwrap_err();
        let fields: BTreeSet<&str> = error
            .violations
            .iter()
            .map(|one| one.field.as_str())
            .collect();
        let expected = [
            "values[0].metric",
            "values[1].area",
            "values[2].value",
            "values[3]",
            "values[4].period",
        ];
        assert_eq!(fields, BTreeSet::from(expected));
    }
}
