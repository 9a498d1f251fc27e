//! Metrics: numbers that no service computes, recorded by area and period. A number is an integer in the metric's scale;
//! decimal text goes in and out exactly.

use tidyward_kit::{
    Error, Reason, Violations,
    fact::{self, Addition},
    text,
};

/// The largest number in units of its scale, so that no sum over a city can overflow.
pub const LARGEST: i64 = 1_000_000_000_000_000;
/// Numbers in one request.
pub const MOST_VALUES: usize = 10_000;
const LONGEST_UNIT: usize = 40;
const LONGEST_SOURCE: usize = 200;
const MOST_PLACES: i32 = 4;

/// What a metric is. It is declared with its first number and stays so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    pub name: String,
    pub unit: String,
    /// Decimal places that the integer stands for.
    pub scale: u8,
    pub addition: Addition,
    /// Where the numbers come from, for people.
    pub source: String,
}

/// What somebody says that a metric is, unchecked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    pub name: String,
    pub unit: String,
    pub scale: i32,
    /// Nothing where it was not said.
    pub addition: Option<Addition>,
    pub source: String,
}

/// One number: which metric, where and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub metric: String,
    /// Code of the area.
    pub area: String,
    pub period: String,
    pub value: i64,
}

/// The metric that goes by the name of a fact of the table, as the table has it.
pub fn of_table(name: &str) -> Option<Metric> {
    let row = fact::find(name).filter(|_| !fact::is_metric(name))?;
    Some(Metric {
        name: name.to_owned(),
        unit: row.unit.to_owned(),
        scale: row.scale,
        addition: row.addition,
        source: String::new(),
    })
}

/// Checks a declaration and notes everything that is wrong with it under `field`.
pub fn declare(violations: &mut Violations, field: &str, said: &Declaration) -> Option<Metric> {
    let before = std::mem::take(violations);
    text::check(
        violations,
        &format!("{field}.source"),
        &said.source,
        LONGEST_SOURCE,
    );
    let metric = match of_table(&said.name) {
        Some(row) => named_like_a_fact(violations, field, said, row),
        None => free(violations, field, said),
    };
    let fine = violations.is_empty();
    let found = std::mem::replace(violations, before);
    let _noted: Option<()> = violations.take(found.into_result());
    Some(metric).filter(|_| fine)
}

/// What was said beside the name must be what the table says, or nothing.
fn named_like_a_fact(
    violations: &mut Violations,
    field: &str,
    said: &Declaration,
    row: Metric,
) -> Metric {
    let differs = (!said.unit.is_empty() && said.unit != row.unit)
        || (said.scale != 0 && said.scale != i32::from(row.scale))
        || said
            .addition
            .is_some_and(|addition| addition != row.addition);
    if differs {
        let message = format!(
            "`{}` is a fact of the table with unit `{}` and scale {}; leave unit, scale and addition out",
            row.name, row.unit, row.scale
        );
        violations.add_reason(field, Reason::MetricRedeclared, message);
    }
    Metric {
        source: said.source.clone(),
        ..row
    }
}

fn free(violations: &mut Violations, field: &str, said: &Declaration) -> Metric {
    if !fact::is_metric(&said.name) {
        violations.add(
            format!("{field}.name"),
            "must be `metric.` and 1 to 40 of a-z, 0-9 and underscore, beginning with a letter, or the name of a fact",
        );
    }
    if said.unit.trim().is_empty() {
        violations.add(
            format!("{field}.unit"),
            "is required for a metric of your own, for example `percent`",
        );
    }
    text::check(
        violations,
        &format!("{field}.unit"),
        &said.unit,
        LONGEST_UNIT,
    );
    if !(0..=MOST_PLACES).contains(&said.scale) {
        violations.add(format!("{field}.scale"), "must be 0 to 4 decimal places");
    }
    let addition = said
        .addition
        .filter(|addition| *addition != Addition::Recompute);
    if addition.is_none() {
        violations.add(format!("{field}.addition"), "must be SUM or NONE");
    }
    Metric {
        name: said.name.clone(),
        unit: said.unit.clone(),
        scale: u8::try_from(said.scale).unwrap_or(0),
        addition: addition.unwrap_or(Addition::None),
        source: said.source.clone(),
    }
}

impl Metric {
    /// A metric that is declared again must be the same; where its numbers come from may be said in other words.
    pub fn same_as(&self, before: &Metric) -> Result<(), Error> {
        if (&self.unit, self.scale, self.addition) == (&before.unit, before.scale, before.addition)
        {
            return Ok(());
        }
        let message = format!(
            "`{}` was declared with unit `{}`, scale {} and addition {}; keep to that, or use another name",
            before.name,
            before.unit,
            before.scale,
            addition_name(before.addition)
        );
        Err(Error::new(Reason::MetricRedeclared, message).with("metric", &before.name))
    }
}

pub fn addition_name(addition: Addition) -> &'static str {
    match addition {
        Addition::Sum => "SUM",
        Addition::Recompute => "RECOMPUTE",
        Addition::None => "NONE",
    }
}

/// Reads decimal text into units of the scale, exactly. The error says what to do.
pub fn parse_decimal(text: &str, scale: u8) -> Result<i64, String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(format!(
            "`{}` is no decimal number such as 66.67",
            shortened(text)
        ));
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > usize::from(scale) {
        return Err(format!(
            "`{}` has more decimal places than the metric's scale of {scale}",
            shortened(text)
        ));
    }
    let padded = format!("{whole}{fraction:0<width$}", width = usize::from(scale));
    let units = padded.parse::<i64>().ok().filter(|units| *units <= LARGEST);
    let units = units.ok_or_else(|| format!("`{}` is too large", shortened(text)))?;
    Ok(if negative { -units } else { units })
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Writes units of the scale as decimal text, with as many places as the scale has.
pub fn format_decimal(units: i64, scale: u8) -> String {
    if scale == 0 {
        return units.to_string();
    }
    let one = 10_u64.pow(u32::from(scale));
    let (sign, size) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    format!(
        "{sign}{}.{:0width$}",
        size / one,
        size % one,
        width = usize::from(scale)
    )
}

/// Decimal text without the zeros that say nothing, for sentences.
pub fn plain_decimal(units: i64, scale: u8) -> String {
    let text = format_decimal(units, scale);
    if scale == 0 {
        text
    } else {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_exact_or_refused_with_what_to_do() {
        let check = |text: &str, scale, expected: Result<i64, &str>| {
            assert_eq!(
                parse_decimal(text, scale),
                expected.map_err(str::to_owned),
                "{text}"
            );
        };
        check("66.67", 2, Ok(6_667));
        check("66.6", 2, Ok(6_660));
        check("66.670", 2, Ok(6_667));
        check("-1", 4, Ok(-10_000));
        check("7", 0, Ok(7));
        check(
            "66.675",
            2,
            Err("`66.675` has more decimal places than the metric's scale of 2"),
        );
        check("1e3", 2, Err("`1e3` is no decimal number such as 66.67"));
        check("", 2, Err("`` is no decimal number such as 66.67"));
        check(
            "9999999999999999",
            0,
            Err("`9999999999999999` is too large"),
        );
    }

    #[test]
    fn a_declaration_hears_of_everything_at_once() {
        let said = Declaration {
            name: "Survey".into(),
            scale: 9,
            ..Declaration::default()
        };
        let mut violations = Violations::default();
        assert_eq!(declare(&mut violations, "definitions[0]", &said), None);
        let error = violations.into_result().unwrap_err();
        let fields: Vec<&str> = error
            .violations
            .iter()
            .map(|one| one.field.as_str())
            .collect();
        let expected =
            ["name", "unit", "scale", "addition"].map(|field| format!("definitions[0].{field}"));
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_facts_own_name_takes_what_the_table_says() {
        let mut violations = Violations::default();
        let said = Declaration {
            name: "inspections.sum".into(),
            ..Declaration::default()
        };
        let metric = declare(&mut violations, "definitions[0]", &said).unwrap();
        assert_eq!(
            (metric.scale, metric.unit.as_str(), metric.addition),
            (4, "points", Addition::Sum)
        );
        let other = Declaration { scale: 2, ..said };
        assert_eq!(declare(&mut violations, "definitions[1]", &other), None);
        let error = violations.into_result().unwrap_err();
        assert_eq!(error.violations[0].reason, Reason::MetricRedeclared);
    }

    #[test]
    fn a_metric_stays_what_it_was() {
        let mut violations = Violations::default();
        let said = Declaration {
            name: "metric.visited".into(),
            unit: "count".into(),
            scale: 0,
            addition: Some(Addition::Sum),
            source: "survey".into(),
        };
        let metric = declare(&mut violations, "definitions[0]", &said).unwrap();
        assert!(
            Metric {
                source: "other words".into(),
                ..metric.clone()
            }
            .same_as(&metric)
            .is_ok()
        );
        let error = Metric {
            scale: 2,
            ..metric.clone()
        }
        .same_as(&metric)
        .unwrap_err();
        assert_eq!(error.reason, Reason::MetricRedeclared);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(units in -LARGEST..=LARGEST, scale in 0_u8..=4) {
            prop_assert_eq!(parse_decimal(&format_decimal(units, scale), scale), Ok(units));
            prop_assert_eq!(parse_decimal(&plain_decimal(units, scale), scale), Ok(units));
        }
    }
}
