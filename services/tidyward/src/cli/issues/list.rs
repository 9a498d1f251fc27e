//! `tidyward issues list`: flags for what is asked for most, and a filter for the rest.

use clap::Args;
use jiff::Timestamp;
use tidyward_kit::clock;
use tidyward_proto::v1::{
    Issue, IssueOutcome, IssueSource, IssueState, ListIssuesRequest, Severity,
};

use super::columns;
use crate::cli::{
    client::Client,
    context::Context,
    failure::Failure,
    pages::{self, Listed},
    words::{choose, parse_instant},
};

#[derive(Args, Clone, Debug, Default)]
pub struct ListArguments {
    /// Only those in the state, for example closed
    #[arg(long, value_name = "STATE", default_value_t)]
    pub state: String,
    /// Only those that ended so, for example resolved
    #[arg(long, value_name = "OUTCOME", default_value_t)]
    pub outcome: String,
    /// Only those of the category
    #[arg(long, value_name = "CODE", default_value_t)]
    pub category: String,
    /// Only those in the grid
    #[arg(long, value_name = "CODE", default_value_t)]
    pub grid: String,
    /// Only those in the area, the grid itself or any above it
    #[arg(long, value_name = "CODE", default_value_t)]
    pub area: String,
    /// Only those from the source, for example hotline
    #[arg(long, value_name = "SOURCE", default_value_t)]
    pub source: String,
    /// Only those so pressing: normal or urgent
    #[arg(long, value_name = "SEVERITY", default_value_t)]
    pub severity: String,
    /// Only those filed by the condition
    #[arg(long, value_name = "ID", default_value_t)]
    pub condition: String,
    /// Only those that the officer has
    #[arg(long, value_name = "SUBJECT", default_value_t)]
    pub assignee: String,
    /// Only those that the unit has
    #[arg(long, value_name = "CODE", default_value_t)]
    pub unit: String,
    /// Only those that the area's own duty-holders reported
    #[arg(long, conflicts_with = "external")]
    pub own: bool,
    /// Only those that somebody else reported
    #[arg(long)]
    pub external: bool,
    /// Only those whose handling clock runs and has run out
    #[arg(long)]
    pub overdue: bool,
    /// Only those to be looked at again after being settled on the spot
    #[arg(long)]
    pub recheck_due: bool,
    /// Only those reported at that time or later
    #[arg(long, value_name = "TIME", default_value_t)]
    pub since: String,
    /// Only those reported before that time
    #[arg(long, value_name = "TIME", default_value_t)]
    pub before: String,
    /// Which ones besides, for example 'round > 1 AND escalation = 3'
    #[arg(long, value_name = "FILTER", default_value_t)]
    pub filter: String,
    /// report_time, update_time or handling_deadline, with ` desc` for the latest first [default: report_time desc]
    #[arg(long, value_name = "FIELD", default_value_t)]
    pub order: String,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
}

pub async fn command(
    context: &Context,
    client: &Client,
    arguments: &ListArguments,
) -> Result<(), Failure> {
    let listed = list(client, arguments).await?;
    context.print(&columns::list(&listed.rows))?;
    listed.say_more();
    Ok(())
}

async fn list(client: &Client, arguments: &ListArguments) -> Result<Listed<Issue>, Failure> {
    let state = choose::<IssueState>(
        "--state",
        &arguments.state,
        "ISSUE_STATE_",
        IssueState::as_str_name,
    )?;
    let filter = filter(arguments, client.clock.now())?;
    pages::list(arguments.limit, async |page_size, page_token| {
        let request = ListIssuesRequest {
            parent: client.parent(),
            state,
            category: arguments.category.clone(),
            grid: client.named("areas", &arguments.grid),
            page_size,
            page_token,
            filter: filter.clone(),
            order_by: arguments.order.clone(),
        };
        let page = client.issues().list_issues(request).await?.into_inner();
        Ok((page.issues, page.next_page_token))
    })
    .await
}

/// The flags and the filter as one filter.
fn filter(arguments: &ListArguments, now: Timestamp) -> Result<String, Failure> {
    let mut parts = Vec::new();
    let mut equals = |field: &str, value: &str| {
        if !value.is_empty() {
            parts.push(format!("{field} = {}", quoted(value)));
        }
    };
    let outcome = &arguments.outcome;
    choose::<IssueOutcome>(
        "--outcome",
        outcome,
        "ISSUE_OUTCOME_",
        IssueOutcome::as_str_name,
    )?;
    equals("outcome", &upper(outcome));
    let source = &arguments.source;
    choose::<IssueSource>(
        "--source",
        source,
        "ISSUE_SOURCE_",
        IssueSource::as_str_name,
    )?;
    equals("source", &upper(source));
    let severity = &arguments.severity;
    choose::<Severity>("--severity", severity, "SEVERITY_", Severity::as_str_name)?;
    equals("severity", &upper(severity));
    equals("area", &arguments.area);
    equals("condition", &arguments.condition);
    equals("assignee", &arguments.assignee);
    equals("unit", &arguments.unit);
    let mut when = |holds: bool, words: &str| {
        if holds {
            parts.push(words.to_owned());
        }
    };
    when(arguments.own, "own_report = true");
    when(arguments.external, "own_report = false");
    when(arguments.recheck_due, "recheck_due = true");
    // Elsewhere the clock stands, or has not begun.
    let running = r#"(state = "DISPATCHED" OR state = "HANDLING" OR state = "RETURNED")"#;
    when(
        arguments.overdue,
        &format!("{running} AND handling_deadline < \"{now}\""),
    );
    for (flag, sign, text) in [
        ("--since", ">=", &arguments.since),
        ("--before", "<", &arguments.before),
    ] {
        let instant = parse_instant(flag, text)?;
        if let Some(instant) = instant.as_ref().and_then(clock::from_wire) {
            parts.push(format!("report_time {sign} \"{instant}\""));
        }
    }
    if !arguments.filter.is_empty() {
        parts.push(match parts.is_empty() {
            true => arguments.filter.clone(),
            false => format!("({})", arguments.filter),
        });
    }
    Ok(parts.join(" AND "))
}

fn upper(word: &str) -> String {
    word.replace('-', "_").to_ascii_uppercase()
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(arguments: ListArguments) -> String {
        filter(&arguments, "2026-02-16T01:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn flags_are_parts_of_one_filter() {
        assert_eq!(filtered(ListArguments::default()), "");
        let alone = ListArguments {
            filter: "round > 1 OR escalation = 3".to_owned(),
            ..ListArguments::default()
        };
        assert_eq!(filtered(alone), "round > 1 OR escalation = 3");
        let several = ListArguments {
            area: r#"a "b"\"#.to_owned(),
            outcome: "on-spot".to_owned(),
            own: true,
            overdue: true,
            since: "2026-02-01".to_owned(),
            filter: "round > 1 OR escalation = 3".to_owned(),
            ..ListArguments::default()
        };
        assert_eq!(
            filtered(several),
            concat!(
                r#"outcome = "ON_SPOT" AND area = "a \"b\"\\" AND own_report = true AND "#,
                r#"(state = "DISPATCHED" OR state = "HANDLING" OR state = "RETURNED") AND "#,
                r#"handling_deadline < "2026-02-16T01:00:00Z" AND report_time >= "2026-02-01T00:00:00Z" AND "#,
                "(round > 1 OR escalation = 3)",
            )
        );
    }

    #[test]
    fn a_word_that_is_none_never_reaches_the_server() {
        let arguments = ListArguments {
            source: "rumour".to_owned(),
            ..ListArguments::default()
        };
        let failure = filter(&arguments, Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(failure.usage && failure.message.contains("one of patrol, resident"));
    }
}
