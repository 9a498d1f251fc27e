//! Rates on the wire.

use jiff::civil::Date;
use tidyward_kit::{
    Error, Violations,
    caller::{Caller, District},
    name,
};
use tidyward_proto::v1::{
    AreaLevel, LocalizedText, QueryRatesRequest, QueryRatesResponse, RateFigure, RateGroup,
    RateMeasure, RateRow, RateValue,
};

use crate::{
    Issues,
    facts::measure::{Counts, TABLE},
    query_rates::{self, By, Query},
    rates::{
        days::{self, Cut, Days},
        sums::Row,
        table::{Column, Figure, RATES},
    },
};

/// The last day is at most so many days after the first.
const LONGEST: i32 = 1_100;
/// More would be the same ones again.
const MOST_MEASURES: usize = RATES.len() + TABLE.len();

impl Issues {
    pub(super) async fn rates_query(
        &self,
        caller: &Caller,
        request: QueryRatesRequest,
    ) -> Result<QueryRatesResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        let calendar = self.territory.calendar(&district).await?;
        let query = parse(&district, request)?;
        let (db, territory) = (&self.db, &self.territory);
        let now = self.clock.now();
        let answer =
            query_rates::query(db, territory, &calendar, &district, caller, &query, now).await?;
        let rows = answer.rows.iter().map(|row| RateRow {
            key: row.key.clone(),
            display_name: answer.names.get(&row.key).cloned().unwrap_or_default(),
            values: values(row, &query),
        });
        Ok(QueryRatesResponse {
            measures: query.columns.iter().map(measure).collect(),
            rows: rows.collect(),
        })
    }
}

fn parse(district: &District, request: QueryRatesRequest) -> Result<Query, Error> {
    let mut violations = Violations::default();
    let first = violations.take(days::parse("first_day", &request.first_day));
    let last = violations.take(days::parse("last_day", &request.last_day));
    let days = first
        .zip(last)
        .and_then(|(first, last)| span(first, last, &mut violations));
    let by = by(&request, &mut violations);
    let mut area = None;
    if !request.area.is_empty() {
        let ids = name::take::<2>("districts/{}/areas/{}", "area", &request.area);
        area = violations.take(ids);
    }
    let columns = columns(&request.measures, &mut violations);
    let (Some(days), Some(by), true) = (days, by, violations.is_empty()) else {
        return Err(violations.into_error());
    };
    if area.as_ref().is_some_and(|[own, _]| own != district.id()) {
        return Err(Error::not_found(&request.area));
    }
    Ok(Query {
        days,
        area: area.map(|[_, code]| code),
        area_name: request.area,
        category: Some(request.category).filter(|code| !code.is_empty()),
        by,
        columns,
        compare: request.compare,
    })
}

fn span(first: Date, last: Date, violations: &mut Violations) -> Option<Days> {
    if last < first {
        violations.add("last_day", "must not come before `first_day`");
        return None;
    }
    let days = Days { first, last };
    if days.count() > LONGEST + 1 {
        let message = format!("must be at most {LONGEST} days after `first_day`");
        violations.add("last_day", message);
        return None;
    }
    Some(days)
}

fn by(request: &QueryRatesRequest, violations: &mut Violations) -> Option<By> {
    let level = AreaLevel::try_from(request.level);
    violations.require(level.is_ok(), "level", "is no level of areas");
    let level = level.ok().map(|level| match level {
        AreaLevel::Unspecified => AreaLevel::Grid,
        level => level,
    });
    let group = RateGroup::try_from(request.group_by);
    violations.require(group.is_ok(), "group_by", "is nothing to group by");
    Some(match group.ok()? {
        RateGroup::Unspecified => By::Nothing,
        RateGroup::Area => By::Area(level?),
        RateGroup::Category => By::Category,
        RateGroup::Officer => By::Officer,
        RateGroup::Unit => By::Unit,
        RateGroup::Source => By::Source,
        RateGroup::Day => By::Time(Cut::Day),
        RateGroup::Week => By::Time(Cut::Week),
        RateGroup::Month => By::Time(Cut::Month),
    })
}

fn columns(names: &[String], violations: &mut Violations) -> Vec<Column> {
    if names.is_empty() {
        return RATES.iter().map(Column::Rate).collect();
    }
    if names.len() > MOST_MEASURES {
        violations.add("measures", format!("must be at most {MOST_MEASURES}"));
        return Vec::new();
    }
    let mut columns = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let field = format!("measures[{index}]");
        match Column::find(name) {
            _ if names[..index].contains(name) => violations.add(field, "was named before"),
            Some(column) => columns.push(column),
            None => {
                let rates: Vec<&str> = RATES.iter().map(|rate| rate.name).collect();
                let message = format!(
                    "is none; one of {}, or a count of `issues` or `callback` by its last part, as `due`",
                    rates.join(", ")
                );
                violations.add(field, message);
            }
        }
    }
    columns
}

fn measure(column: &Column) -> RateMeasure {
    let (zh, en) = column.title();
    RateMeasure {
        name: column.name().to_owned(),
        title: Some(LocalizedText {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }),
        numerator: column.numerator(),
        denominator: column.denominator().unwrap_or_default(),
    }
}

fn values(row: &Row, query: &Query) -> Vec<RateValue> {
    let [value, before, year_before] = &row.counts;
    let compared =
        |column: &Column, counts: &Counts| query.compare.then(|| figure(column.figure(counts)));
    let values = query.columns.iter().map(|column| RateValue {
        value: Some(figure(column.figure(value))),
        before: compared(column, before),
        year_before: compared(column, year_before),
    });
    values.collect()
}

fn figure(figure: Figure) -> RateFigure {
    RateFigure {
        numerator: figure.numerator,
        denominator: figure.denominator,
        rate: figure.rate,
    }
}
