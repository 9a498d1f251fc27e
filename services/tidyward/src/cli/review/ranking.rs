//! `tidyward review ranking`: who stands where, with stars and the red and the black list.

use clap::Args;
use tidyward_proto::v1::{ListScoresRequest, ReviewList, Score};

use super::{Level, Which};
use crate::cli::{
    client::Client,
    district::last,
    failure::Failure,
    output::{Cell, Column, Table, Tone, number, text, unseen},
    pages,
    words::word_of,
};

#[derive(Args, Clone, Debug)]
pub struct RankingArguments {
    #[command(flatten)]
    pub which: Which,
    /// The level of areas
    #[arg(long, value_name = "LEVEL", default_value = "grid")]
    pub level: Level,
}

/// Every score of the level, by peer group, place and code; the unranked last.
pub async fn ranking(client: &Client, arguments: &RankingArguments) -> Result<Vec<Score>, Failure> {
    pages::all(async |page_size, page_token| {
        let request = ListScoresRequest {
            parent: arguments.which.name(client),
            level: arguments.level.on_the_wire() as i32,
            page_size,
            page_token,
        };
        let mut client = client.evaluations();
        let page = client.list_scores(request).await?.into_inner();
        Ok((page.scores, page.next_page_token))
    })
    .await
}

/// The scores as a table; for programs with every criterion's points.
pub fn ranking_table(scores: &[Score]) -> Table {
    let groups = scores.iter().any(|score| !score.peer_group.is_empty());
    let failures = scores.iter().any(|score| !score.failure.is_empty());
    let criteria: Vec<&str> = scores
        .first()
        .map(|score| {
            score
                .items
                .iter()
                .map(|item| item.criterion.as_str())
                .collect()
        })
        .unwrap_or_default();
    let when = |seen: bool, title: &str| {
        if seen {
            title.to_owned()
        } else {
            String::new()
        }
    };
    let mut columns = vec![
        number("place", "Place"),
        text("area", "Area"),
        text("name", "Name"),
        Column {
            title: when(groups, "Peer group"),
            ..text("peer_group", "")
        },
        number("score", "Score"),
        text("stars", "Stars"),
        text("list", "List"),
        unseen("level"),
        unseen("ranked"),
        Column {
            title: when(failures, "Failure"),
            ..text("failure", "")
        },
    ];
    columns.extend(
        criteria
            .iter()
            .map(|criterion| unseen(&format!("item.{criterion}"))),
    );
    let mut table = Table::new(columns);
    table.when_empty = "no area of that level was scored; name another with --level".to_owned();
    table.rows = scores.iter().map(|score| row(score, &criteria)).collect();
    table
}

fn row(score: &Score, criteria: &[&str]) -> Vec<Cell> {
    let mut row = vec![
        Cell::integer(score.rank.map(i64::from)),
        Cell::text(last(&score.name)),
        Cell::text(&score.area_display_name),
        Cell::text(&score.peer_group),
        score_cell(score),
        stars(score),
        list(score),
        Cell::text(word_of(score.level().as_str_name(), "AREA_LEVEL_")),
        Cell::Integer(i64::from(score.ranked)),
        Cell::text(&score.failure),
    ];
    row.extend(criteria.iter().map(|criterion| {
        let item = score.items.iter().find(|item| item.criterion == *criterion);
        let points = item.and_then(|item| item.points.as_ref());
        Cell::decimal(points.map(|points| points.text.clone()).unwrap_or_default())
    }));
    row
}

fn score_cell(score: &Score) -> Cell {
    match (score.total_text.as_str(), score.failure.as_str()) {
        ("", "") => Cell::absent(),
        ("", _) => Cell::Nothing.worded("failed").toned(Tone::Bad),
        (total, _) => Cell::decimal(total).toned(Tone::Strong),
    }
}

/// Stars for people to see at a glance and for programs to count.
fn stars(score: &Score) -> Cell {
    match score.stars {
        Some(stars) => {
            let drawn = "★".repeat(usize::try_from(stars).unwrap_or(0));
            Cell::Integer(i64::from(stars))
                .worded(drawn)
                .toned(Tone::Warning)
        }
        None => Cell::Nothing,
    }
}

fn list(score: &Score) -> Cell {
    match score.list() {
        ReviewList::Red => Cell::text("red").toned(Tone::Good),
        ReviewList::Black => Cell::text("black").toned(Tone::Bad),
        ReviewList::Unspecified => Cell::Nothing,
    }
}
