//! `tidyward issues move`: every action of the transition table is a command of its own, with the flags that it takes.

mod after;
mod desk;
mod handling;

use clap::{Args, Subcommand};
use tidyward_proto::v1::{CheckResult, TransitionIssueRequest, transition_issue_request::Action};

use super::{Which, show};
use crate::cli::{
    client::Client,
    context::Context,
    evidence,
    failure::Failure,
    words::{choose, parse_instant},
};

#[derive(Args, Clone, Debug)]
pub struct MoveArguments {
    #[command(flatten)]
    pub which: Which,
    /// When it happened, from who was offline: at most 7 days back [default: the present]
    #[arg(long, global = true, value_name = "TIME", default_value_t)]
    pub occurred: String,
    /// Move it only if it is still as it was read
    #[arg(long, global = true, value_name = "ETAG", default_value_t)]
    pub etag: String,
    /// What shows it: a file or the name of evidence, and near, far, before, after or check; may be given several times
    #[arg(long, global = true, value_name = "FILE_OR_NAME:KIND")]
    pub evidence: Vec<String>,
    #[command(subcommand)]
    pub action: Move,
}

/// A note that may be left out.
#[derive(Args, Clone, Debug, Default)]
pub struct Note {
    /// What was seen, done or meant
    #[arg(long, value_name = "TEXT", default_value_t)]
    pub note: String,
}

/// A reason that may not be left out.
#[derive(Args, Clone, Debug)]
pub struct Reason {
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// What a look at the place came to.
#[derive(Args, Clone, Debug)]
pub struct Looked {
    /// passed, failed, unable or fraud
    #[arg(long, value_name = "RESULT")]
    pub result: String,
    #[command(flatten)]
    pub note: Note,
}

/// A decision on what the assignee asked for.
#[derive(Args, Clone, Debug)]
pub struct Decision {
    /// Give it
    #[arg(long, required_unless_present = "refuse")]
    pub approve: bool,
    /// Do not give it
    #[arg(long, conflicts_with = "approve")]
    pub refuse: bool,
    #[command(flatten)]
    pub note: Note,
}

/// The moves, in the order of an issue's life.
#[derive(Clone, Debug, Subcommand)]
pub enum Move {
    #[command(flatten)]
    Desk(desk::Desk),
    #[command(flatten)]
    Handling(handling::Handling),
    #[command(flatten)]
    After(after::After),
}

pub async fn command(
    context: &Context,
    client: &Client,
    arguments: MoveArguments,
) -> Result<(), Failure> {
    let request = TransitionIssueRequest {
        name: arguments.which.name(client),
        etag: arguments.etag,
        request_id: client.request_id(),
        occur_time: parse_instant("--occurred", &arguments.occurred)?,
        action: Some(arguments.action.on_the_wire(client)?),
        evidence: evidence::uses(client, &arguments.evidence).await?,
    };
    let issue = client.issues().transition_issue(request).await?;
    show::print(context, &issue.into_inner())
}

impl Move {
    fn on_the_wire(self, client: &Client) -> Result<Action, Failure> {
        match self {
            Move::Desk(action) => action.action(client),
            Move::Handling(action) => action.action(),
            Move::After(action) => action.action(),
        }
    }
}

impl Looked {
    fn result(&self) -> Result<i32, Failure> {
        choose::<CheckResult>(
            "--result",
            &self.result,
            "CHECK_RESULT_",
            CheckResult::as_str_name,
        )
    }
}
