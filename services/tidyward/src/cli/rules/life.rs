//! What becomes of a version: rollbacks, revocations, the log, and what rules used.

use clap::Args;
use tidyward_proto::v1::{
    ListRuleChangesRequest, ListRuleUsageRequest, RevokeRuleVersionRequest, RollbackRuleRequest,
    RuleChange, RuleUsage,
};

use super::{short, table, version_name};
use crate::cli::{
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, number, put, text},
    pages,
    words::{instant, word_of},
};

#[derive(Args, Clone, Debug)]
pub struct RollbackArguments {
    /// First period for which what was before counts again, 2013-q3 or 2013-07
    #[arg(long, value_name = "PERIOD")]
    pub from: String,
    /// Undo the shadow instead
    #[arg(long)]
    pub shadow: bool,
}

#[derive(Args, Clone, Debug)]
pub struct RevokeArguments {
    /// The rule and its version, for example standard@1.0.0
    #[arg(value_name = "ID@VERSION")]
    pub rule: String,
    /// Why, for whoever reads the log
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

pub async fn rollback(context: &Context, arguments: &RollbackArguments) -> Result<(), Failure> {
    let client = context.client().await?;
    let request = RollbackRuleRequest {
        parent: client.parent(),
        from_period: arguments.from.clone(),
        shadow: arguments.shadow,
        request_id: client.request_id(),
    };
    let answer = client.rules().rollback_rule(request).await?.into_inner();
    let both: Vec<_> = answer.undone.into_iter().chain(answer.in_force).collect();
    context.print(&table::activation_table(&both))
}

pub async fn revoke(context: &Context, arguments: &RevokeArguments) -> Result<(), Failure> {
    let client = context.client().await?;
    let request = RevokeRuleVersionRequest {
        name: version_name(&client, &arguments.rule)?,
        reason: arguments.reason.clone(),
        request_id: client.request_id(),
    };
    let answer = client
        .rules()
        .revoke_rule_version(request)
        .await?
        .into_inner();
    let versions: Vec<_> = answer.rule_version.into_iter().collect();
    context.print_record(&table::version_table(&versions, &[]))?;
    if context.output.for_people() {
        let reviews: Vec<&str> = answer.reviews.iter().map(|review| last(review)).collect();
        if !reviews.is_empty() {
            put(format!(
                "reviews whose scores are by it: {}\n",
                reviews.join(", ")
            ));
        }
        for from in &answer.from_periods {
            put(format!(
                "it was to be in force from {from}; activate another, or `tidyward rules rollback --from {from}`\n"
            ));
        }
    }
    Ok(())
}

pub async fn log(context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let changes = pages::all(async |page_size, page_token| {
        let request = ListRuleChangesRequest {
            parent: client.parent(),
            page_size,
            page_token,
        };
        let page = client
            .rules()
            .list_rule_changes(request)
            .await?
            .into_inner();
        Ok((page.rule_changes, page.next_page_token))
    });
    context.print(&log_table(&changes.await?))
}

fn log_table(changes: &[RuleChange]) -> Table {
    let mut table = Table::new(vec![
        number("number", "No."),
        text("time", "When"),
        text("kind", "What"),
        text("rule", "Rule"),
        text("from_period", "From"),
        text("actor", "Who"),
        text("details", "Details"),
    ]);
    table.when_empty = "nothing was changed yet".to_owned();
    table.rows = changes
        .iter()
        .map(|change| {
            let details = |shown: fn(&str) -> &str| {
                let pairs = change.details.iter();
                let pairs = pairs.map(|(name, value)| format!("{name}={}", shown(value)));
                pairs.collect::<Vec<_>>().join(" ")
            };
            vec![
                Cell::Integer(change.number),
                instant(change.create_time.as_ref()),
                Cell::text(word_of(change.kind().as_str_name(), "RULE_CHANGE_KIND_")),
                Cell::text(short(&change.rule_version)),
                Cell::text(&change.from_period),
                Cell::text(&change.actor),
                Cell::text(details(|value| value)).worded(details(beginning)),
            ]
        })
        .collect();
    table
}

/// Of a digest as much as people compare.
fn beginning(value: &str) -> &str {
    let digest = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digest { &value[..12] } else { value }
}

pub async fn usage(context: &Context) -> Result<(), Failure> {
    let client = context.client().await?;
    let usage = pages::all(async |page_size, page_token| {
        let request = ListRuleUsageRequest {
            parent: client.parent(),
            page_size,
            page_token,
        };
        let page = client.rules().list_rule_usage(request).await?.into_inner();
        Ok((page.rule_usage, page.next_page_token))
    });
    context.print(&usage_table(&usage.await?))
}

fn usage_table(usage: &[RuleUsage]) -> Table {
    let mut table = Table::new(vec![
        text("month", "Month"),
        text("rule", "Rule"),
        number("calls", "Calls"),
        number("rows", "Rows"),
        number("fuel", "Fuel"),
        number("processor_seconds", "Seconds"),
    ]);
    table.when_empty = "no rule was called yet".to_owned();
    table.rows = usage
        .iter()
        .map(|one| {
            vec![
                Cell::text(&one.month),
                Cell::text(short(&one.rule_version)),
                Cell::Integer(one.calls),
                Cell::Integer(one.rows),
                Cell::integer(i64::try_from(one.fuel).ok()),
                Cell::decimal(format!("{:.3}", one.processor_seconds)),
            ]
        })
        .collect();
    table
}
