//! `tidyward rates`: rates over any area and time, in groups, beside the days before and the year before.

use clap::{Args, ValueEnum};
use tidyward_proto::v1::{
    QueryRatesRequest, QueryRatesResponse, RateFigure, RateGroup, RateMeasure, RateRow, RateValue,
};

use super::{
    client::Client,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Format, Table, number, text},
    review::Level,
};

#[derive(Args, Clone, Debug)]
pub struct RatesArguments {
    /// First day, YYYY-MM-DD, in the district's calendar
    #[arg(long, value_name = "DATE")]
    pub from: String,
    /// Last day
    #[arg(long, value_name = "DATE")]
    pub to: String,
    /// Only issues of the area and all below it
    #[arg(long, value_name = "CODE", default_value_t)]
    pub area: String,
    /// Only of the category and all below it
    #[arg(long, value_name = "CODE", default_value_t)]
    pub category: String,
    /// By what to group [default: all together]
    #[arg(long, value_name = "GROUP")]
    pub by: Option<By>,
    /// With --by area: the level of areas
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// A rate or count to give, for example close_rate; may be given several times [default: every rate]
    #[arg(long = "measure", value_name = "NAME")]
    pub measures: Vec<String>,
    /// Give the days right before and the same days of the year before, too
    #[arg(long)]
    pub compare: bool,
}

/// By what rates are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    Area,
    Category,
    Officer,
    Unit,
    Source,
    Day,
    Week,
    Month,
}

impl By {
    fn on_the_wire(self) -> RateGroup {
        match self {
            By::Area => RateGroup::Area,
            By::Category => RateGroup::Category,
            By::Officer => RateGroup::Officer,
            By::Unit => RateGroup::Unit,
            By::Source => RateGroup::Source,
            By::Day => RateGroup::Day,
            By::Week => RateGroup::Week,
            By::Month => RateGroup::Month,
        }
    }
}

pub async fn rates(context: &Context, arguments: &RatesArguments) -> Result<(), Failure> {
    let client = context.client().await?;
    let answer = query(&client, arguments).await?;
    // One row of forty figures is for programs; people read it from top to bottom.
    match (context.output.format, answer.rows.as_slice()) {
        (Format::Table, [row]) if arguments.by.is_none() => {
            context.print(&sheet(&answer.measures, row, arguments.compare))
        }
        _ => context.print(&table(&answer, arguments.compare)),
    }
}

async fn query(client: &Client, arguments: &RatesArguments) -> Result<QueryRatesResponse, Failure> {
    let request = QueryRatesRequest {
        parent: client.parent(),
        first_day: arguments.from.clone(),
        last_day: arguments.to.clone(),
        area: client.named("areas", &arguments.area),
        category: arguments.category.clone(),
        group_by: arguments.by.map_or(0, |by| by.on_the_wire() as i32),
        level: arguments
            .level
            .map_or(0, |level| level.on_the_wire() as i32),
        measures: arguments.measures.clone(),
        compare: arguments.compare,
    };
    Ok(client.issues().query_rates(request).await?.into_inner())
}

/// The figures of a measure: the value's own, and those to compare it with.
type Pick = fn(&RateValue) -> Option<RateFigure>;
const FIGURES: [(&str, &str, Pick); 3] = [
    ("", "", |value| value.value),
    (".before", " before", |value| value.before),
    (".year_before", " a year before", |value| value.year_before),
];

fn table(answer: &QueryRatesResponse, compare: bool) -> Table {
    let figures = if compare { &FIGURES[..] } else { &FIGURES[..1] };
    let mut columns = vec![text("key", "Group"), text("name", "Name")];
    for measure in &answer.measures {
        for (key, words, _) in figures {
            columns.extend(measure_columns(measure, key, words));
        }
    }
    let mut table = Table::new(columns);
    table.when_empty = "nothing was counted in those days".to_owned();
    table.rows = answer
        .rows
        .iter()
        .map(|row| {
            let mut cells = vec![Cell::text(&row.key), Cell::text(&row.display_name)];
            for (measure, value) in answer.measures.iter().zip(&row.values) {
                for (_, _, pick) in figures {
                    cells.extend(measure_cells(measure, pick(value)));
                }
            }
            cells
        })
        .collect();
    table
}

/// One row, measure by measure.
fn sheet(measures: &[RateMeasure], row: &RateRow, compare: bool) -> Table {
    let figures = if compare { &FIGURES[..] } else { &FIGURES[..1] };
    let mut columns = vec![text("measure", "Measure"), number("value", "Value")];
    columns.push(number("of", "Of"));
    for (key, words, _) in &figures[1..] {
        columns.push(number(key.trim_start_matches('.'), words.trim_start()));
    }
    let mut table = Table::new(columns);
    let shown = |measure: &RateMeasure, figure| measure_cells(measure, figure).swap_remove(0);
    table.rows = measures
        .iter()
        .zip(&row.values)
        .map(|(measure, value)| {
            let base = value.value.and_then(|figure| figure.denominator);
            let mut cells = vec![
                Cell::text(title(measure)),
                shown(measure, value.value),
                base.map_or(Cell::Nothing, |base| Cell::integer(Some(base))),
            ];
            let others = figures[1..].iter();
            cells.extend(others.map(|(_, _, pick)| shown(measure, pick(value))));
            cells
        })
        .collect();
    table
}

fn title(measure: &RateMeasure) -> &str {
    let title = measure.title.as_ref().map_or("", |title| &title.en);
    if title.is_empty() {
        &measure.name
    } else {
        title
    }
}

/// A rate is seen as a percentage; programs get the counts that it is made of, too.
fn measure_columns(measure: &RateMeasure, key: &str, words: &str) -> Vec<Column> {
    let title = title(measure);
    let shown = number(
        &format!("{}{key}", measure.name),
        &format!("{title}{words}"),
    );
    if measure.denominator.is_empty() {
        return vec![shown];
    }
    vec![
        shown,
        number(&format!("{}{key}.{}", measure.name, "numerator"), ""),
        number(&format!("{}{key}.{}", measure.name, "denominator"), ""),
    ]
}

fn measure_cells(measure: &RateMeasure, figure: Option<RateFigure>) -> Vec<Cell> {
    let numerator = Cell::integer(figure.map(|figure| figure.numerator));
    if measure.denominator.is_empty() {
        return vec![numerator];
    }
    let rate = figure.and_then(|figure| figure.rate);
    let shown = rate.map_or_else(Cell::absent, |rate| {
        Cell::decimal(ten_thousandths(rate)).worded(percent(rate))
    });
    vec![
        shown,
        numerator,
        Cell::integer(figure.and_then(|figure| figure.denominator)),
    ]
}

/// 9,876 as `0.9876`.
fn ten_thousandths(units: i64) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let units = units.unsigned_abs();
    format!("{sign}{}.{:04}", units / 10_000, units % 10_000)
}

/// 9,876 as `98.76 %`.
fn percent(units: i64) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let units = units.unsigned_abs();
    format!("{sign}{}.{:02} %", units / 100, units % 100)
}

#[cfg(test)]
mod tests {
    use tidyward_proto::v1::LocalizedText;

    use super::*;

    #[test]
    fn a_rate_is_a_percentage_for_people_and_counts_for_programs_and_absent_without_a_base() {
        let figure = |numerator, denominator: i64| {
            Some(RateFigure {
                numerator,
                denominator: Some(denominator),
                rate: (denominator > 0).then(|| numerator * 10_000 / denominator),
            })
        };
        let answer = QueryRatesResponse {
            measures: vec![RateMeasure {
                name: "close_rate".to_owned(),
                title: Some(LocalizedText {
                    zh: "结案率".to_owned(),
                    en: "Closed".to_owned(),
                }),
                numerator: "closed".to_owned(),
                denominator: "due".to_owned(),
            }],
            rows: vec![RateRow {
                key: "G1".to_owned(),
                display_name: String::new(),
                values: vec![RateValue {
                    value: figure(3, 4),
                    before: figure(0, 0),
                    year_before: None,
                }],
            }],
        };
        let shown = table(&answer, true);
        let keys: Vec<&str> = shown.columns.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys[2], "close_rate");
        assert_eq!(keys[5], "close_rate.before");
        assert_eq!(keys[8], "close_rate.year_before");
        let row = &shown.rows[0];
        assert_eq!(row.len(), keys.len());
        assert_eq!(row[2], Cell::decimal("0.7500").worded("75.00 %"));
        assert_eq!(row[4], Cell::Integer(4));
        assert_eq!(row[5], Cell::absent());
        assert_eq!(row[6], Cell::Integer(0));
        assert_eq!(table(&answer, false).columns.len(), 5);
        let read = sheet(&answer.measures, &answer.rows[0], true);
        let seen = [
            Cell::text("Closed"),
            Cell::decimal("0.7500").worded("75.00 %"),
            Cell::Integer(4),
            Cell::absent(),
            Cell::absent(),
        ];
        assert_eq!(read.rows, [seen.to_vec()]);
        assert_eq!(read.columns.len(), seen.len());
        assert_eq!(
            (ten_thousandths(-5), percent(-5)),
            ("-0.0005".to_owned(), "-0.05 %".to_owned())
        );
    }
}
