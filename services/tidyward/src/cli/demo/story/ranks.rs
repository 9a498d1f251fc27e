//! Who stands where: the ranking, both rules side by side, and the last grid in full sentences.

use tidyward_proto::v1::Score;

use super::{super::stage::Stage, which};
use crate::cli::{
    client::Client,
    district::last,
    failure::Failure,
    output::{Cell, Table, Tone, number, put, text},
    review::{self, ExplainArguments, Level},
};

/// Places that the ranking shows at either end.
const ENDS: usize = 8;
/// Grids that the comparison shows.
const MOVERS: usize = 6;

/// The best and the worst of a ranking.
pub fn show(stage: &Stage, scores: &[Score]) {
    let mut table = review::ranking_table(scores);
    let rows = table.rows.len();
    if rows > 2 * ENDS + 1 {
        let between = format!("... {} more ...", rows - 2 * ENDS);
        let mut gap = vec![Cell::Nothing; table.columns.len()];
        gap[2] = Cell::text(between).toned(Tone::Faint);
        table.rows.splice(ENDS..rows - ENDS, [gap]);
    }
    put("\n");
    stage.context.output.print(&table);
}

/// The places under the one rule and the other: every community, and the grids that moved most.
pub async fn side_by_side(
    stage: &Stage,
    client: &Client,
    first: &[Score],
    second: &[Score],
) -> Result<(), Failure> {
    stage.head("6  Both rules side by side");
    let own = review::ranking(client, &super::ranking_arguments(1, Level::Community)).await?;
    let trial = review::ranking(
        client,
        &super::ranking_arguments(revision_of(second), Level::Community),
    )
    .await?;
    stage.line("The communities, and below them the grids whose places differ most:");
    put("\n");
    let mut table = compared(&paired(&own, &trial));
    table.rows.push(vec![Cell::Nothing; table.columns.len()]);
    table
        .rows
        .extend(compared(&movers(paired(first, second))).rows);
    stage.context.output.print(&table);
    Ok(())
}

type Pair<'a> = (&'a Score, &'a Score);

/// Scores of the same area by both rules, where both have a place.
fn paired<'a>(first: &'a [Score], second: &'a [Score]) -> Vec<Pair<'a>> {
    let ranked = first.iter().filter(|score| score.rank.is_some());
    ranked
        .filter_map(|score| {
            let other = second
                .iter()
                .find(|other| last(&other.name) == last(&score.name))?;
            other.rank.map(|_| (score, other))
        })
        .collect()
}

fn movers(mut pairs: Vec<Pair<'_>>) -> Vec<Pair<'_>> {
    pairs.sort_by_key(|pair| std::cmp::Reverse(moved(pair).abs()));
    pairs.truncate(MOVERS);
    pairs
}

/// Places up, or down where it is negative, under the second rule.
fn moved((first, second): &Pair<'_>) -> i64 {
    i64::from(first.rank.unwrap_or(0)) - i64::from(second.rank.unwrap_or(0))
}

fn compared(pairs: &[Pair<'_>]) -> Table {
    let mut table = Table::new(vec![
        text("area", "Area"),
        text("name", "Name"),
        number("standard", "standard"),
        number("standard_place", "Place"),
        number("riverside", "riverside"),
        number("riverside_place", "Place"),
        text("moved", "Moved"),
    ]);
    table.rows = pairs
        .iter()
        .map(|pair| {
            let (first, second) = pair;
            vec![
                Cell::text(last(&first.name)),
                Cell::text(&first.area_display_name),
                Cell::decimal(&first.total_text),
                Cell::integer(first.rank.map(i64::from)),
                Cell::decimal(&second.total_text),
                Cell::integer(second.rank.map(i64::from)),
                arrow(moved(pair)),
            ]
        })
        .collect();
    table
}

fn arrow(moved: i64) -> Cell {
    match moved {
        0 => Cell::text("=").toned(Tone::Faint),
        up if up > 0 => Cell::text(format!("▲ {up}")).toned(Tone::Good),
        down => Cell::text(format!("▼ {}", -down)).toned(Tone::Bad),
    }
}

/// The revision that scores belong to, as their names say.
fn revision_of(scores: &[Score]) -> i32 {
    let name = scores
        .first()
        .map(|score| score.name.as_str())
        .unwrap_or_default();
    let number = name
        .split("/revisions/")
        .nth(1)
        .and_then(|rest| rest.split('/').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(1)
}

/// Why the grid at the end of the ranking is there.
pub async fn last_grid(stage: &Stage, client: &Client, scores: &[Score]) -> Result<(), Failure> {
    let Some(worst) = scores.iter().rev().find(|score| score.rank.is_some()) else {
        return Err(Failure::new("the review ranked nothing"));
    };
    stage.head(&format!("7  Why {} is last", worst.area_display_name));
    let arguments = ExplainArguments {
        which: which(1),
        area: last(&worst.name).to_owned(),
        language: "en".to_owned(),
    };
    for sentence in review::explain(client, &arguments).await?.sentences {
        stage.line(sentence);
    }
    Ok(())
}
