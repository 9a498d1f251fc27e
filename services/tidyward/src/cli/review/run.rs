//! `tidyward review run`: opens, freezes and runs, whatever of it is still to be done, and shows how far it is.

use clap::Args;
use tidyward_proto::v1::{
    CreateReviewRequest, FreezeReviewRequest, Review, ReviewState, Revision, RunReviewRequest,
    WatchReviewRequest,
};

use super::get;
use crate::cli::{
    client::Client,
    context::Context,
    failure::Failure,
    output::{Cell, Table, number, say, text, unseen},
    progress::Progress,
    rules::version_name,
};

#[derive(Args, Clone, Debug)]
pub struct RunArguments {
    /// A quarter like 2013-q3 or a month like 2013-07
    #[arg(long, value_name = "PERIOD")]
    pub period: String,
    /// Score a scored review afresh and compare the digests
    #[arg(long, conflicts_with = "trial")]
    pub again: bool,
    /// Score by this version too, beside the rule in force, on the same frozen facts
    #[arg(long, value_name = "ID@VERSION")]
    pub trial: Option<String>,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub review: Review,
    /// The set of scores that was asked for: the review's own, or the trial's.
    pub revision: Revision,
    /// Digest of the fresh scores of a run with `again`. Empty otherwise.
    pub again_sha256: String,
}

pub async fn command(
    context: &Context,
    client: &Client,
    arguments: &RunArguments,
) -> Result<(), Failure> {
    let outcome = run(client, arguments).await?;
    if arguments.again {
        context.print_record(&again_table(&outcome))?;
        return compared(&outcome);
    }
    if context.output.for_people() && arguments.trial.is_some() {
        let number = outcome.revision.number;
        say(format!(
            "the trial is revision {number}; see `review ranking --period {} --revision {number}`\n",
            arguments.period
        ));
    }
    context.print_record(&super::review_record(outcome.review))
}

/// Does what is still to be done, and waits for the end.
pub async fn run(client: &Client, arguments: &RunArguments) -> Result<Outcome, Failure> {
    let review = frozen(client, &arguments.period).await?;
    let scored = review.state() != ReviewState::Frozen && review.state() != ReviewState::Failed;
    if scored && !arguments.again && arguments.trial.is_none() {
        return outcome(review, None, String::new());
    }
    if arguments.again && !scored {
        let message = format!(
            "the review of {} has no scores yet to compare with",
            arguments.period
        );
        return Err(Failure::new(message).next("run it without --again first"));
    }
    let trial = arguments
        .trial
        .as_deref()
        .map(|rule| version_name(client, rule))
        .transpose()?;
    if !scored && trial.is_some() {
        // A trial stands beside the review's own scores, so these come first.
        watched(client, run_request(client, &review, false, None), "scoring").await?;
    }
    let request = run_request(client, &review, arguments.again, trial.clone());
    let (review, again) = watched(client, request, "scoring").await?;
    outcome(review, trial, again)
}

fn run_request(
    client: &Client,
    review: &Review,
    again: bool,
    trial: Option<String>,
) -> RunReviewRequest {
    RunReviewRequest {
        name: review.name.clone(),
        again,
        trial_rule_version: trial.unwrap_or_default(),
        trial_parameters: Default::default(),
        request_id: client.request_id(),
    }
}

/// The review of the period, opened and frozen where it was not.
async fn frozen(client: &Client, period: &str) -> Result<Review, Failure> {
    let review = match get(client, period).await? {
        Some(review) => review,
        None => {
            let request = CreateReviewRequest {
                parent: client.parent(),
                period: period.to_owned(),
                request_id: client.request_id(),
            };
            client
                .evaluations()
                .create_review(request)
                .await?
                .into_inner()
        }
    };
    if review.state() != ReviewState::Open {
        return Ok(review);
    }
    let _progress = Progress::start("freezing the facts");
    let request = FreezeReviewRequest {
        name: review.name,
        request_id: client.request_id(),
    };
    Ok(client
        .evaluations()
        .freeze_review(request)
        .await?
        .into_inner())
}

/// Starts the run and watches it to its end.
async fn watched(
    client: &Client,
    request: RunReviewRequest,
    what: &str,
) -> Result<(Review, String), Failure> {
    let name = request.name.clone();
    client.evaluations().run_review(request).await?;
    let progress = Progress::start(what);
    let mut told = client
        .evaluations()
        .watch_review(WatchReviewRequest { name })
        .await?
        .into_inner();
    let mut ended = None;
    while let Some(next) = told.message().await? {
        progress.at(
            next.percent,
            format!(
                "{} areas, {:.0} a second",
                next.areas_done, next.areas_per_second
            ),
        );
        ended = next.review.map(|review| (review, next.again_scores_sha256));
    }
    ended.filter(|(review, _)| !review.running).ok_or_else(|| {
        Failure::new("the server went away while the review ran")
            .next("run the same again: it goes on where it stopped")
    })
}

/// Picks the scores that were asked for, or says why there are none.
fn outcome(
    review: Review,
    trial: Option<String>,
    again_sha256: String,
) -> Result<Outcome, Failure> {
    if review.state() == ReviewState::Failed {
        return Err(Failure::new(format!("the run failed: {}", review.error))
            .next("the facts stay frozen; once the cause is gone, run it again"));
    }
    let wanted = |revision: &&Revision| match &trial {
        None => !revision.trial,
        Some(version) => revision.trial && revision.rule_version == *version,
    };
    let revision = review.revisions.iter().rev().find(wanted).cloned();
    let revision = revision
        .ok_or_else(|| Failure::new("the run ended and left no scores; see the server's log"))?;
    if !revision.error.is_empty() {
        return Err(Failure::new(format!("the run failed: {}", revision.error)));
    }
    Ok(Outcome {
        review,
        revision,
        again_sha256,
    })
}

fn compared(outcome: &Outcome) -> Result<(), Failure> {
    if outcome.again_sha256 == outcome.revision.scores_sha256 {
        return Ok(());
    }
    Err(Failure::new(
        "the fresh scores differ from the first, though facts, rule and parameters are the same",
    )
    .next("keep both digests and tell the maintainers: this must never happen"))
}

fn again_table(outcome: &Outcome) -> Table {
    let mut table = Table::new(vec![
        text("period", "Period"),
        text("scores_sha256", "First scores"),
        text("again_scores_sha256", "Fresh scores"),
        text("equal", "Equal"),
        unseen("facts_sha256"),
        number("areas", "Areas"),
    ]);
    let first = &outcome.revision.scores_sha256;
    table.rows.push(vec![
        Cell::text(crate::cli::district::last(&outcome.review.name)),
        Cell::text(first),
        Cell::text(&outcome.again_sha256),
        Cell::Switch(*first == outcome.again_sha256),
        Cell::text(&outcome.review.facts_sha256),
        Cell::Integer(outcome.review.areas),
    ]);
    table
}
