//! `tidyward issues`: a look into the ledger.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use tidyward_kit::clock;
use tidyward_proto::v1::{Issue, IssueOutcome, IssueSource, IssueState, ListIssuesRequest};

use super::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, number, say, text, unseen},
};

#[derive(Debug, Subcommand)]
pub enum IssuesCommand {
    /// List issues, the latest report first
    List(ListArguments),
}

#[derive(Args, Clone, Debug)]
pub struct ListArguments {
    /// Only those in the state, for example closed
    #[arg(
        long,
        value_name = "STATE",
        default_value = "",
        hide_default_value = true
    )]
    pub state: String,
    /// Only those of the category
    #[arg(
        long,
        value_name = "CODE",
        default_value = "",
        hide_default_value = true
    )]
    pub category: String,
    /// Only those in the grid
    #[arg(
        long,
        value_name = "CODE",
        default_value = "",
        hide_default_value = true
    )]
    pub grid: String,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
}

pub async fn command(context: &Context, command: IssuesCommand) -> Result<(), Failure> {
    let IssuesCommand::List(arguments) = command;
    let client = context.client().await?;
    let (issues, more) = list(&client, &arguments).await?;
    context.print(&table(&issues));
    if more {
        say(format!(
            "there are more than {}; ask for them with --limit N\n",
            arguments.limit
        ));
    }
    Ok(())
}

/// The issues, and whether there are more than asked for.
async fn list(client: &Client, arguments: &ListArguments) -> Result<(Vec<Issue>, bool), Failure> {
    let state = state(&arguments.state)?;
    let grid = match arguments.grid.as_str() {
        "" => String::new(),
        code => client.name(format!("areas/{code}")),
    };
    let mut issues = Vec::new();
    let mut page_token = String::new();
    loop {
        let left = arguments.limit.saturating_sub(issues.len()).clamp(1, 1_000);
        let request = ListIssuesRequest {
            parent: client.parent(),
            state: state as i32,
            category: arguments.category.clone(),
            grid: grid.clone(),
            page_size: i32::try_from(left).unwrap_or(1_000),
            page_token,
            ..ListIssuesRequest::default()
        };
        let page = client.issues().list_issues(request).await?.into_inner();
        issues.extend(page.issues);
        page_token = page.next_page_token;
        if page_token.is_empty() || issues.len() >= arguments.limit {
            let more = !page_token.is_empty() || issues.len() > arguments.limit;
            issues.truncate(arguments.limit);
            return Ok((issues, more));
        }
    }
}

fn state(word: &str) -> Result<IssueState, Failure> {
    if word.is_empty() {
        return Ok(IssueState::Unspecified);
    }
    let name = format!("ISSUE_STATE_{}", word.to_ascii_uppercase());
    IssueState::from_str_name(&name)
        .filter(|state| *state != IssueState::Unspecified)
        .ok_or_else(|| {
            let known = (1..=11).filter_map(|number| IssueState::try_from(number).ok());
            let known: Vec<String> = known
                .map(|state| word_of(state.as_str_name(), "ISSUE_STATE_"))
                .collect();
            Failure::usage(format!("`{word}` is no state; one of {}", known.join(", ")))
        })
}

fn table(issues: &[Issue]) -> Table {
    let mut table = Table::new(vec![
        text("issue", "Issue"),
        text("reported", "Reported"),
        text("category", "Category"),
        text("source", "Source"),
        text("grid", "Grid"),
        text("state", "State"),
        text("outcome", "Outcome"),
        number("latitude", ""),
        number("longitude", ""),
        unseen("description"),
        unseen("import_source"),
        unseen("import_identity"),
    ]);
    table.when_empty = "no issue is like that".to_owned();
    table.rows = issues.iter().map(row).collect();
    table
}

fn row(issue: &Issue) -> Vec<Cell> {
    let reported = issue.report_time.as_ref().and_then(clock::from_wire);
    let degrees = |degrees: Option<f64>| {
        Cell::decimal(
            degrees
                .map(|degrees| degrees.to_string())
                .unwrap_or_default(),
        )
    };
    let source = IssueSource::try_from(issue.source).unwrap_or_default();
    let outcome = IssueOutcome::try_from(issue.outcome).unwrap_or_default();
    vec![
        Cell::text(last(&issue.name)),
        Cell::text(reported.map(to_the_second).unwrap_or_default()),
        Cell::text(&issue.category),
        Cell::text(word_of(source.as_str_name(), "ISSUE_SOURCE_")),
        Cell::text(last(&issue.grid)),
        Cell::text(word_of(issue.state().as_str_name(), "ISSUE_STATE_")),
        Cell::text(word_of(outcome.as_str_name(), "ISSUE_OUTCOME_")),
        degrees(issue.position.as_ref().map(|position| position.latitude)),
        degrees(issue.position.as_ref().map(|position| position.longitude)),
        Cell::text(&issue.description),
        Cell::text(&issue.import_source),
        Cell::text(&issue.import_identity),
    ]
}

/// An instant in UTC, as tables show it.
pub fn to_the_second(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// The word of an enum value: its name without the prefix, in small letters; nothing for what is unspecified.
pub fn word_of(name: &str, prefix: &str) -> String {
    match name.strip_prefix(prefix) {
        Some("UNSPECIFIED") | None => String::new(),
        Some(word) => word.to_ascii_lowercase(),
    }
}
