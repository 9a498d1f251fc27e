//! `tidyward review`: a period's review, from opening it to the bundle that proves it.

mod bundle;
mod compare;
mod explain;
mod ranking;
mod run;

use clap::{Args, Subcommand, ValueEnum};
use tidyward_kit::clock;
use tidyward_proto::v1::{AreaLevel, GetReviewRequest, ListReviewsRequest, Review};
use tonic::Code;

use super::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, number, text, unseen},
    pages,
    rules::short,
    words::{to_the_second, word_of},
};

pub use bundle::{BundleArguments, bundle};
pub use explain::{ExplainArguments, explain, wrapped};
pub use ranking::{RankingArguments, ranking, ranking_table};
pub use run::{Outcome, RunArguments, run};

#[derive(Debug, Subcommand)]
pub enum ReviewCommand {
    /// Open, freeze and run a period's review, where still to be done
    Run(RunArguments),
    /// List the reviews of the district
    List,
    /// Show who stands where
    Ranking(RankingArguments),
    /// Say how one area's score came about
    Explain(ExplainArguments),
    /// Say how the scores of two revisions differ, of a shadow or a trial from the review's own
    Compare(compare::CompareArguments),
    /// Write the file with which anybody can recompute the review
    Bundle(BundleArguments),
}

/// Which scores of a review are meant.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// A quarter like 2013-q3 or a month like 2013-07
    #[arg(long, value_name = "PERIOD")]
    pub period: String,
    /// The revision: 1 is the review's own, the others are trials by other rules
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..))]
    pub revision: i32,
}

impl Which {
    pub fn name(&self, client: &Client) -> String {
        client.name(format!(
            "reviews/{}/revisions/{}",
            self.period, self.revision
        ))
    }
}

/// The level of areas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Level {
    Subdistrict,
    Community,
    #[default]
    Grid,
}

impl Level {
    pub fn on_the_wire(self) -> AreaLevel {
        match self {
            Level::Subdistrict => AreaLevel::Subdistrict,
            Level::Community => AreaLevel::Community,
            Level::Grid => AreaLevel::Grid,
        }
    }
}

pub async fn command(context: &Context, command: ReviewCommand) -> Result<(), Failure> {
    let client = context.client().await?;
    match command {
        ReviewCommand::Run(arguments) => run::command(context, &client, &arguments).await,
        ReviewCommand::List => context.print(&review_table(&list(&client).await?)),
        ReviewCommand::Ranking(arguments) => {
            let scores = ranking(&client, &arguments).await?;
            context.print(&ranking_table(&scores))
        }
        ReviewCommand::Explain(arguments) => explain::command(context, &client, &arguments).await,
        ReviewCommand::Compare(arguments) => compare::command(context, &client, &arguments).await,
        ReviewCommand::Bundle(arguments) => bundle::command(context, &client, &arguments).await,
    }
}

/// The review of the period; nothing where none was opened.
pub async fn get(client: &Client, period: &str) -> Result<Option<Review>, Failure> {
    let request = GetReviewRequest {
        name: client.name(format!("reviews/{period}")),
    };
    match client.evaluations().get_review(request).await {
        Ok(review) => Ok(Some(review.into_inner())),
        Err(status) if status.code() == Code::NotFound => Ok(None),
        Err(status) => Err(status.into()),
    }
}

async fn list(client: &Client) -> Result<Vec<Review>, Failure> {
    pages::all(async |page_size, page_token| {
        let request = ListReviewsRequest {
            parent: client.parent(),
            page_size,
            page_token,
        };
        let mut client = client.evaluations();
        let page = client.list_reviews(request).await?.into_inner();
        Ok((page.reviews, page.next_page_token))
    })
    .await
}

/// Reviews with what became of them.
pub fn review_table(reviews: &[Review]) -> Table {
    let mut table = Table::new(vec![
        text("period", "Period"),
        text("state", "State"),
        text("rule", "Rule"),
        number("areas", "Areas"),
        number("scored", "Scored"),
        number("absent", "Absent"),
        number("failed", "Failed"),
        number("trials", "Trials"),
        text("error", "Error"),
        unseen("frozen"),
        unseen("facts_sha256"),
        unseen("rounds_sha256"),
        unseen("scores_sha256"),
        unseen("rule_sha256"),
        unseen("issues_outside"),
        unseen("elapsed_ms"),
        unseen("fuel"),
    ]);
    table.when_empty =
        "no review was opened yet; `tidyward review run --period PERIOD` opens one".to_owned();
    table.rows = reviews.iter().map(row).collect();
    table
}

/// One review, with the digests that a person compares.
fn review_record(review: Review) -> Table {
    let mut table = review_table(&[review]);
    let titles = [
        ("facts_sha256", "Facts"),
        ("rounds_sha256", "Rounds"),
        ("scores_sha256", "Scores"),
        ("elapsed_ms", "Scored in ms"),
    ];
    for column in &mut table.columns {
        if let Some((_, title)) = titles.iter().find(|(key, _)| *key == column.key) {
            column.title = (*title).to_owned();
        }
    }
    table
}

fn row(review: &Review) -> Vec<Cell> {
    let own = review.revisions.iter().find(|revision| !revision.trial);
    let trials = review
        .revisions
        .iter()
        .filter(|revision| revision.trial)
        .count();
    let frozen = review.freeze_time.as_ref().and_then(clock::from_wire);
    vec![
        Cell::text(last(&review.name)),
        Cell::text(word_of(review.state().as_str_name(), "REVIEW_STATE_")),
        Cell::text(short(&review.rule_version)),
        Cell::integer(frozen.map(|_| review.areas)),
        Cell::integer(own.map(|revision| revision.scored)),
        Cell::integer(own.map(|revision| revision.absent)),
        Cell::integer(own.map(|revision| revision.failed)),
        Cell::Integer(trials as i64),
        Cell::text(&review.error),
        Cell::text(frozen.map(to_the_second).unwrap_or_default()),
        Cell::text(&review.facts_sha256),
        Cell::text(&review.rounds_sha256),
        Cell::text(&review.scores_sha256),
        Cell::text(&review.rule_sha256),
        Cell::integer(frozen.map(|_| review.issues_outside)),
        Cell::integer(own.map(|revision| revision.elapsed_ms)),
        Cell::integer(own.and_then(|revision| i64::try_from(revision.fuel).ok())),
    ]
}
