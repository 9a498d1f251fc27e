//! `tidyward review compare`: how the scores of two revisions of a review differ.

use clap::Args;
use tidyward_proto::v1::{CompareRevisionsRequest, Points, Revision, ScoreChange};

use crate::cli::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, number, put, text},
    rules::{difference_line, short},
    words::word_of,
};

#[derive(Args, Clone, Debug)]
pub struct CompareArguments {
    /// A quarter like 2013-q3 or a month like 2013-07
    #[arg(long, value_name = "PERIOD")]
    pub period: String,
    /// The revision that is taken as before
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..))]
    pub before: i32,
    /// The revision that is taken as after [default: the last]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub after: Option<i32>,
}

pub async fn command(
    context: &Context,
    client: &Client,
    arguments: &CompareArguments,
) -> Result<(), Failure> {
    let request = CompareRevisionsRequest {
        name: client.name(format!("reviews/{}", arguments.period)),
        before: arguments.before,
        after: arguments.after.unwrap_or_default(),
    };
    let mut evaluations = client.evaluations();
    let answer = evaluations.compare_revisions(request).await?.into_inner();
    let found = answer.difference.unwrap_or_default();
    context.print(&table(&found.largest))?;
    if context.output.for_people() {
        let name = |revision: Option<Revision>| {
            let revision = revision.unwrap_or_default();
            format!(
                "revision {} by {}",
                revision.number,
                short(&revision.rule_version)
            )
        };
        let beside = format!("{} beside {}", name(answer.after), name(answer.before));
        put(difference_line(&beside, &found));
    }
    Ok(())
}

fn table(changes: &[ScoreChange]) -> Table {
    let mut table = Table::new(vec![
        text("area", "Area"),
        text("level", "Level"),
        number("before", "Before"),
        number("after", "After"),
        number("rank_before", "Place before"),
        number("rank_after", "Place after"),
    ]);
    table.when_empty = "no area has another score".to_owned();
    let points = |points: &Option<Points>| {
        points
            .as_ref()
            .map_or(Cell::absent(), |points| Cell::decimal(points.text.clone()))
    };
    table.rows = changes
        .iter()
        .map(|change| {
            vec![
                Cell::text(last(&change.area)),
                Cell::text(word_of(change.level().as_str_name(), "AREA_LEVEL_")),
                points(&change.before),
                points(&change.after),
                Cell::integer(change.rank_before.map(i64::from)),
                Cell::integer(change.rank_after.map(i64::from)),
            ]
        })
        .collect();
    table
}
