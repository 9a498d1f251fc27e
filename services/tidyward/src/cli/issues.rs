//! `tidyward issues`: a look into the ledger, reports, and every move of the transition table.

mod columns;
mod duplicates;
mod list;
mod moves;
mod report;
mod show;

use clap::{Args, Subcommand};
use tidyward_proto::v1::{
    EraseReporterRequest, ExplainDeadlineRequest, ListIssueActionsRequest, Stage,
};

use super::{
    client::Client,
    context::Context,
    deadline,
    failure::Failure,
    output::{Cell, Table, number},
    roles,
    words::choose,
};

pub use list::ListArguments;
pub use moves::MoveArguments;
pub use report::ReportArguments;

#[derive(Debug, Subcommand)]
pub enum IssuesCommand {
    /// List issues, the latest report first
    List(Box<ListArguments>),
    /// Report a problem
    Report(Box<ReportArguments>),
    /// Show one issue with its rounds, deadlines, tasks and events
    Show(Which),
    /// Move an issue by one row of the transition table
    Move(MoveArguments),
    /// List open issues that may be the same problem
    Candidates(Which),
    /// Say step by step how a deadline was reckoned
    ExplainDeadline(ExplainArguments),
    /// Erase name and phone of an issue's reporter, and of all else that the same person reported
    EraseReporter(EraseArguments),
    /// List the moves with who may make them from where
    Actions,
}

/// One issue.
#[derive(Args, Clone, Debug)]
pub struct Which {
    /// The issue's id, or its whole name
    pub issue: String,
}

impl Which {
    pub fn name(&self, client: &Client) -> String {
        client.named("issues", &self.issue)
    }
}

#[derive(Args, Clone, Debug)]
pub struct ExplainArguments {
    #[command(flatten)]
    pub which: Which,
    /// The stage: verify, dispatch, accept, handle, check or total [default: handle, or total before the dispatch]
    #[arg(long, value_name = "STAGE", default_value_t)]
    pub stage: String,
    /// The language of the steps
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = ["en", "zh"])]
    pub language: String,
}

#[derive(Args, Clone, Debug)]
pub struct EraseArguments {
    #[command(flatten)]
    pub which: Which,
    /// It cannot be undone; this says that you mean it
    #[arg(long)]
    pub yes: bool,
}

pub async fn command(context: &Context, command: IssuesCommand) -> Result<(), Failure> {
    let client = context.client().await?;
    match command {
        IssuesCommand::List(arguments) => list::command(context, &client, &arguments).await,
        IssuesCommand::Report(arguments) => report::command(context, &client, *arguments).await,
        IssuesCommand::Show(which) => show::command(context, &client, &which).await,
        IssuesCommand::Move(arguments) => moves::command(context, &client, arguments).await,
        IssuesCommand::Candidates(which) => duplicates::command(context, &client, &which).await,
        IssuesCommand::ExplainDeadline(arguments) => explain(context, &client, &arguments).await,
        IssuesCommand::EraseReporter(arguments) => erase(context, &client, &arguments).await,
        IssuesCommand::Actions => {
            let request = ListIssueActionsRequest {};
            let answer = client.issues().list_issue_actions(request).await?;
            context.print(&roles::action_table(&answer.into_inner().rows))
        }
    }
}

async fn explain(
    context: &Context,
    client: &Client,
    arguments: &ExplainArguments,
) -> Result<(), Failure> {
    let stage = choose::<Stage>("--stage", &arguments.stage, "STAGE_", Stage::as_str_name)?;
    let request = ExplainDeadlineRequest {
        name: arguments.which.name(client),
        stage,
    };
    let answer = client.issues().explain_deadline(request).await?;
    deadline::print(context, &answer.into_inner(), &arguments.language)
}

async fn erase(
    context: &Context,
    client: &Client,
    arguments: &EraseArguments,
) -> Result<(), Failure> {
    if !arguments.yes {
        let message = "name and phone would be gone for ever, here and wherever else the same person reported";
        return Err(Failure::usage(message).next("say --yes if that is meant; history stays whole"));
    }
    let request = EraseReporterRequest {
        name: arguments.which.name(client),
    };
    let answer = client.issues().erase_reporter(request).await?.into_inner();
    let mut table = Table::new(vec![number("issues", "Issues whose reporter was erased")]);
    table.rows.push(vec![Cell::Integer(answer.issues)]);
    context.print_record(&table)
}
