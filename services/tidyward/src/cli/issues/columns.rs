//! What is shown of an issue: one table of columns, for lists, for one issue, and for programs, who get all of them.

use tidyward_proto::v1::{Issue, IssueOutcome, IssueSource, Severity};

use crate::cli::{
    district::last,
    output::{Cell, Column, Table},
    words::{instant, word_of},
};

/// One column.
struct Shown {
    key: &'static str,
    /// Its head in a list. Empty: not seen there.
    list: &'static str,
    /// Its head where one issue is shown.
    record: &'static str,
    cell: fn(&Issue) -> Cell,
}

const fn shown(
    key: &'static str,
    list: &'static str,
    record: &'static str,
    cell: fn(&Issue) -> Cell,
) -> Shown {
    Shown {
        key,
        list,
        record,
        cell,
    }
}

/// Every column, in the order of a list.
const COLUMNS: [Shown; 38] = [
    shown("issue", "Issue", "Issue", |issue| {
        Cell::text(last(&issue.name))
    }),
    shown("reported", "Reported", "Reported", |issue| {
        instant(issue.report_time.as_ref())
    }),
    shown("category", "Category", "Category", |issue| {
        Cell::text(&issue.category)
    }),
    shown("source", "Source", "Source", source),
    shown("grid", "Grid", "Grid", |issue| {
        Cell::text(last(&issue.grid))
    }),
    shown("state", "State", "State", |issue| {
        Cell::text(word_of(issue.state().as_str_name(), "ISSUE_STATE_"))
    }),
    shown("outcome", "Outcome", "Outcome", |issue| {
        let outcome = IssueOutcome::try_from(issue.outcome).unwrap_or_default();
        Cell::text(word_of(outcome.as_str_name(), "ISSUE_OUTCOME_"))
    }),
    shown("severity", "", "Severity", |issue| {
        let severity = Severity::try_from(issue.severity).unwrap_or_default();
        Cell::text(word_of(severity.as_str_name(), "SEVERITY_"))
    }),
    shown("condition", "", "Filed by", |issue| {
        Cell::text(&issue.condition)
    }),
    shown("round", "Round", "Round", |issue| count(issue.round)),
    shown("assignee", "Assignee", "Assignee", |issue| {
        Cell::text(&issue.assignee)
    }),
    shown("unit", "Unit", "Unit", |issue| Cell::text(&issue.unit)),
    shown("co_handlers", "", "Co-handlers", |issue| {
        Cell::text(issue.co_handlers.join(" "))
    }),
    shown("handling_deadline", "Handle by", "Handle by", |issue| {
        instant(issue.handling_deadline.as_ref())
    }),
    shown("total_deadline", "", "Close by", |issue| {
        instant(issue.total_deadline.as_ref())
    }),
    shown("stage_deadline", "", "Stage ends by", |issue| {
        instant(issue.stage_deadline.as_ref())
    }),
    shown("provisional", "", "Provisional", |issue| {
        switch(issue.provisional)
    }),
    shown("suspended_until", "", "Put off until", |issue| {
        instant(issue.suspended_until.as_ref())
    }),
    shown("escalation", "", "Escalated at", |issue| {
        count(issue.escalation)
    }),
    shown("pending", "", "Asked for", pending),
    shown("own_report", "", "Own report", |issue| {
        switch(issue.own_report)
    }),
    shown("recheck_due", "", "To be looked at again", |issue| {
        switch(issue.recheck_due)
    }),
    shown("merged_into", "", "Merged into", |issue| {
        Cell::text(last(&issue.merged_into))
    }),
    shown("latitude", "", "Latitude", |issue| {
        degrees(issue.position.as_ref().map(|at| at.latitude))
    }),
    shown("longitude", "", "Longitude", |issue| {
        degrees(issue.position.as_ref().map(|at| at.longitude))
    }),
    shown("accuracy_metres", "", "", |issue| {
        degrees(issue.position.as_ref().map(|at| at.accuracy_metres))
    }),
    shown("fuzzy", "", "A guess of a place", |issue| {
        switch(issue.position.as_ref().is_some_and(|at| at.fuzzy))
    }),
    shown("address", "", "Address", |issue| Cell::text(&issue.address)),
    shown("description", "", "Description", |issue| {
        Cell::text(&issue.description)
    }),
    shown("reporter_name", "", "Reporter", |issue| {
        Cell::text(
            issue
                .reporter
                .as_ref()
                .map_or("", |reporter| &reporter.name),
        )
    }),
    shown("reporter_phone", "", "Phone", |issue| {
        Cell::text(
            issue
                .reporter
                .as_ref()
                .map_or("", |reporter| &reporter.phone),
        )
    }),
    shown("ancestors", "", "Under", |issue| {
        let above: Vec<&str> = issue.ancestors.iter().map(|name| last(name)).collect();
        Cell::text(above.join(" "))
    }),
    shown("recorded", "", "", |issue| {
        instant(issue.record_time.as_ref())
    }),
    shown("updated", "", "Last event", |issue| {
        instant(issue.update_time.as_ref())
    }),
    shown("ended", "", "Ended", |issue| {
        instant(issue.end_time.as_ref())
    }),
    shown("import_source", "", "Imported from", |issue| {
        Cell::text(&issue.import_source)
    }),
    shown("import_identity", "", "There as", |issue| {
        Cell::text(&issue.import_identity)
    }),
    shown("etag", "", "Etag", |issue| Cell::text(&issue.etag)),
];

/// Columns of numbers, aligned at their ends.
const NUMBERS: [&str; 5] = [
    "round",
    "escalation",
    "latitude",
    "longitude",
    "accuracy_metres",
];

/// Many issues.
pub fn list(issues: &[Issue]) -> Table {
    let mut table = table(issues, |shown| shown.list);
    table.when_empty = "no issue is like that".to_owned();
    table
}

/// One issue.
pub fn record(issue: &Issue) -> Table {
    table(std::slice::from_ref(issue), |shown| shown.record)
}

fn table(issues: &[Issue], title: fn(&Shown) -> &'static str) -> Table {
    let columns = COLUMNS.iter().map(|shown| Column {
        key: shown.key.to_owned(),
        title: title(shown).to_owned(),
        numbers: NUMBERS.contains(&shown.key),
    });
    let mut table = Table::new(columns.collect());
    let row = |issue| COLUMNS.iter().map(|shown| (shown.cell)(issue)).collect();
    table.rows = issues.iter().map(row).collect();
    table
}

fn source(issue: &Issue) -> Cell {
    let source = IssueSource::try_from(issue.source).unwrap_or_default();
    Cell::text(word_of(source.as_str_name(), "ISSUE_SOURCE_"))
}

/// What the assignee asked for and nobody has decided.
fn pending(issue: &Issue) -> Cell {
    let Some(pending) = &issue.pending else {
        return Cell::Nothing;
    };
    let until = pending
        .until
        .as_ref()
        .and_then(tidyward_kit::clock::from_wire);
    let words = match (pending.suspension, until) {
        (true, Some(until)) => format!(
            "to be put off until {}",
            crate::cli::words::to_the_second(until)
        ),
        (true, None) => "to be put off".to_owned(),
        (false, _) => format!("{} more", pending.extra),
    };
    Cell::text(format!(
        "{words}, by {}: {}",
        pending.requester, pending.reason
    ))
}

/// A count of which none is nothing to tell people.
fn count(count: i32) -> Cell {
    match count {
        0 => Cell::Integer(0).worded(""),
        some => Cell::Integer(i64::from(some)),
    }
}

/// A switch of which off is nothing to tell people.
fn switch(on: bool) -> Cell {
    match on {
        true => Cell::Switch(true),
        false => Cell::Switch(false).worded(""),
    }
}

fn degrees(degrees: Option<f64>) -> Cell {
    Cell::decimal(
        degrees
            .map(|degrees| degrees.to_string())
            .unwrap_or_default(),
    )
}
