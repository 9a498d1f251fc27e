//! The mapping of an import of metrics: which column is the area, which the period, and which columns are numbers.
//!
//! ```toml
//! [area]
//! column = "grid"
//! [period]
//! column = "Month"          # or value = "2013-q3" for the whole file
//! format = "%Y / %m"        # without it the column holds periods as they are written here: 2013-q3, 2013-07
//! kind = "month"            # or "quarter": the period in which the month lies
//! [[metrics]]
//! column = "Acceptable Streets %"
//! name = "metric.acceptable_streets"
//! unit = "percent"
//! scale = 2
//! addition = "none"         # or "sum"
//! source = "street scorecard"
//! ```

use jiff::{civil::Date, fmt::strtime::BrokenDownTime};
use serde::Deserialize;
use tidyward_kit::{
    Error, Reason, Violations,
    fact::Addition,
    period::{Period, PeriodKind},
};

use crate::metric::{Declaration, Metric, declare};

/// A mapping that was read and checked.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub area: String,
    pub period: PeriodSource,
    pub metrics: Vec<(String, Metric)>,
}

/// Where the period of a row comes from.
#[derive(Clone, Debug)]
pub enum PeriodSource {
    /// The same for every row.
    Fixed(Period),
    /// A column that holds periods as they are written.
    Column(String),
    /// A column that holds dates of a format, and the kind of period.
    Dated(String, String, PeriodKind),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    area: WrittenArea,
    period: WrittenPeriod,
    #[serde(default)]
    metrics: Vec<WrittenMetric>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenArea {
    column: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPeriod {
    value: Option<String>,
    column: Option<String>,
    format: Option<String>,
    kind: Option<WrittenKind>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenKind {
    Month,
    Quarter,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMetric {
    column: String,
    name: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    scale: i32,
    addition: Option<WrittenAddition>,
    #[serde(default)]
    source: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenAddition {
    Sum,
    None,
}

/// Reads a mapping; everything that is wrong with it is told at once.
pub fn read(text: &str) -> Result<Mapping, Error> {
    let written: Written = toml::from_str(text).map_err(|error| {
        let message = format!(
            "the mapping cannot be read: {}",
            error.to_string().trim_end()
        );
        Error::new(Reason::MappingInvalid, message)
    })?;
    let mut violations = Violations::default();
    let period = period(&mut violations, &written.period);
    if written.metrics.is_empty() {
        violations.add(
            "metrics",
            "there is none; add [[metrics]] with column and name",
        );
    }
    let mut metrics: Vec<(String, Metric)> = Vec::new();
    for (index, one) in written.metrics.into_iter().enumerate() {
        let field = format!("metrics[{index}]");
        if metrics.iter().any(|(_, metric)| metric.name == one.name) {
            violations.add(
                format!("{field}.name"),
                format!("`{}` stands in the mapping twice", one.name),
            );
        }
        let said = Declaration {
            name: one.name,
            unit: one.unit,
            scale: one.scale,
            addition: one.addition.map(|addition| match addition {
                WrittenAddition::Sum => Addition::Sum,
                WrittenAddition::None => Addition::None,
            }),
            source: one.source,
        };
        metrics.extend(declare(&mut violations, &field, &said).map(|metric| (one.column, metric)));
    }
    match (violations.into_result(), period) {
        (Ok(()), Some(period)) => Ok(Mapping {
            area: written.area.column,
            period,
            metrics,
        }),
        (Ok(()), None) => Err(Error::internal("a mapping without a period passed")),
        (Err(mut error), _) => {
            error.reason = Reason::MappingInvalid;
            error.message = format!("the mapping does not fit: {}", error.message);
            Err(error)
        }
    }
}

fn period(violations: &mut Violations, written: &WrittenPeriod) -> Option<PeriodSource> {
    let WrittenPeriod {
        value,
        column,
        format,
        kind,
    } = written;
    match (value, column, format, kind) {
        (Some(value), None, None, None) => violations
            .take(Period::parse("period.value", value))
            .map(PeriodSource::Fixed),
        (None, Some(column), None, None) => Some(PeriodSource::Column(column.clone())),
        (None, Some(column), Some(format), Some(kind)) => {
            let kind = match kind {
                WrittenKind::Month => PeriodKind::Month,
                WrittenKind::Quarter => PeriodKind::Quarter,
            };
            Some(PeriodSource::Dated(column.clone(), format.clone(), kind))
        }
        (None, Some(_), ..) => {
            violations.add("period", "format and kind belong together: give both, or neither where the column holds 2013-q3");
            None
        }
        _ => {
            violations.add(
                "period",
                "give either `value`, or `column` with `format` and `kind` or alone",
            );
            None
        }
    }
}

/// The period that a text of the format lies in.
pub fn dated(text: &str, format: &str, kind: PeriodKind) -> Option<Period> {
    let time = BrokenDownTime::parse(format, text).ok()?;
    let day = Date::new(time.year()?, time.month()?, time.day().unwrap_or(1)).ok()?;
    let period = Period::of(kind, day);
    // What the format lets through and no period can be, such as the year 12, is read once more as a period is written.
    period.to_string().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        [area]
        column = "section"
        [period]
        column = "Month"
        format = "%Y / %m"
        kind = "month"
        [[metrics]]
        column = "Acceptable %"
        name = "metric.acceptable"
        unit = "percent"
        scale = 2
        addition = "none"
        [[metrics]]
        column = "Visits"
        name = "inspections.count"
    "#;

    #[test]
    fn a_mapping_reads_whole() {
        let mapping = read(WHOLE).unwrap();
        assert_eq!(mapping.area, "section");
        let names: Vec<&str> = mapping
            .metrics
            .iter()
            .map(|(_, metric)| metric.name.as_str())
            .collect();
        assert_eq!(names, ["metric.acceptable", "inspections.count"]);
        assert_eq!(mapping.metrics[1].1.addition, Addition::Sum);
    }

    #[test]
    fn periods_are_read_in_the_citys_own_way() {
        let check = |text: &str, format: &str, kind, expected: Option<&str>| {
            assert_eq!(
                dated(text, format, kind)
                    .map(|period| period.to_string())
                    .as_deref(),
                expected,
                "{text}"
            );
        };
        check("2013 / 07", "%Y / %m", PeriodKind::Month, Some("2013-07"));
        check("2013 / 07", "%Y / %m", PeriodKind::Quarter, Some("2013-q3"));
        check(
            "31/12/2013",
            "%d/%m/%Y",
            PeriodKind::Quarter,
            Some("2013-q4"),
        );
        check("2013 / 13", "%Y / %m", PeriodKind::Month, None);
        check("July", "%Y / %m", PeriodKind::Month, None);
        check("0012 / 07", "%Y / %m", PeriodKind::Month, None);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let check = |from: &str, to: &str, expected: &str| {
            let error = read(&WHOLE.replace(from, to)).unwrap_err();
            assert_eq!(error.reason, Reason::MappingInvalid);
            assert!(error.message.contains(expected), "{}", error.message);
        };
        check("kind = \"month\"", "", "format and kind belong together");
        check("\"metric.acceptable\"", "\"Acceptable\"", "metrics[0].name");
        check("addition = \"none\"", "addition = \"mean\"", "mean");
        check("[area]", "[places]", "places");
        check("\"inspections.count\"", "\"metric.acceptable\"", "twice");
    }
}
