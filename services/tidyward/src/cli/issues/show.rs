//! `tidyward issues show`: one issue with all that happened to it.

use tidyward_proto::v1::{
    GetIssueRequest, Issue, IssueEvent, IssueEventKind, IssueOutcome, ListIssueEventsRequest,
    Round, Severity, Task,
};

use super::{Which, columns, duplicates};
use crate::cli::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Format, Table, number, object, put, text, unseen},
    pages,
    words::{instant, to_the_second, word_of},
};

pub async fn command(context: &Context, client: &Client, which: &Which) -> Result<(), Failure> {
    let name = which.name(client);
    let request = GetIssueRequest { name: name.clone() };
    let issue = client.issues().get_issue(request).await?.into_inner();
    let events = pages::all(async |page_size, page_token| {
        let request = ListIssueEventsRequest {
            parent: name.clone(),
            page_size,
            page_token,
        };
        let page = client
            .issues()
            .list_issue_events(request)
            .await?
            .into_inner();
        Ok((page.events, page.next_page_token))
    })
    .await?;
    match context.output.format {
        Format::Table => {
            print(context, &issue)?;
            put("\n");
            context.print(&event_table(&events))
        }
        Format::Json => context.put(&json(&issue, Some(&events))),
        // One sheet holds one table; of an issue that is its history.
        Format::Csv | Format::Xlsx => context.print(&event_table(&events)),
    }
}

/// The issue as it is after a move, without its history.
pub fn print(context: &Context, issue: &Issue) -> Result<(), Failure> {
    match context.output.format {
        Format::Table => {
            context.print_record(&columns::record(issue))?;
            parts(context, issue)
        }
        Format::Json => context.put(&json(issue, None)),
        Format::Csv | Format::Xlsx => context.print(&columns::record(issue)),
    }
}

/// Rounds, tasks and candidates, where there are any.
fn parts(context: &Context, issue: &Issue) -> Result<(), Failure> {
    for table in [
        round_table(&issue.rounds),
        task_table(&issue.tasks),
        duplicates::table(&issue.candidates),
    ] {
        if !table.rows.is_empty() {
            put("\n");
            context.print(&table)?;
        }
    }
    Ok(())
}

/// One object: the issue, and lists of its rounds, its tasks, and its events where they were asked for.
fn json(issue: &Issue, events: Option<&[IssueEvent]>) -> String {
    let record = columns::record(issue);
    let (rounds, tasks) = (round_table(&issue.rounds), task_table(&issue.tasks));
    let events = events.map(event_table);
    let mut parts = vec![("issue", &record), ("rounds", &rounds), ("tasks", &tasks)];
    parts.extend(events.as_ref().map(|events| ("events", events)));
    object(&parts)
}

fn round_table(rounds: &[Round]) -> Table {
    let mut table = Table::new(vec![
        number("round", "Round"),
        text("category", "Category"),
        text("condition", "Filed by"),
        text("severity", "Severity"),
        text("filed", "Filed"),
        text("dispatched", "Dispatched"),
        text("accepted", "Accepted"),
        text("handling_deadline", "Handle by"),
        text("handed_in", "Handed in"),
        text("total_deadline", "Close by"),
        text("closed", "Closed"),
        text("outcome", "Outcome"),
        number("failed_checks", "Failed checks"),
        unseen("assignee"),
        unseen("unit"),
    ]);
    table.rows = rounds.iter().map(round).collect();
    table
}

fn round(round: &Round) -> Vec<Cell> {
    let outcome = IssueOutcome::try_from(round.outcome).unwrap_or_default();
    let severity = Severity::try_from(round.severity).unwrap_or_default();
    vec![
        Cell::Integer(i64::from(round.number)),
        Cell::text(&round.category),
        Cell::text(&round.condition),
        Cell::text(word_of(severity.as_str_name(), "SEVERITY_")),
        instant(round.file_time.as_ref()),
        instant(round.dispatch_time.as_ref()),
        instant(round.accept_time.as_ref()),
        instant(round.handling_deadline.as_ref()),
        instant(round.hand_in_time.as_ref()),
        instant(round.total_deadline.as_ref()),
        instant(round.close_time.as_ref()),
        Cell::text(word_of(outcome.as_str_name(), "ISSUE_OUTCOME_")),
        Cell::Integer(i64::from(round.failed_checks)),
        Cell::text(&round.assignee),
        Cell::text(&round.unit),
    ]
}

fn task_table(tasks: &[Task]) -> Table {
    let mut table = Table::new(vec![
        number("task", "Task"),
        text("title", "What"),
        text("owner", "Owner"),
        text("assigned", "Given"),
        text("finished", "Done"),
        text("withdrawn", "Taken back"),
    ]);
    table.rows = tasks
        .iter()
        .map(|task| {
            vec![
                Cell::Integer(i64::from(task.number)),
                Cell::text(&task.title),
                Cell::text(&task.owner),
                instant(task.assign_time.as_ref()),
                instant(task.finish_time.as_ref()),
                instant(task.withdraw_time.as_ref()),
            ]
        })
        .collect();
    table
}

fn event_table(events: &[IssueEvent]) -> Table {
    let mut table = Table::new(vec![
        number("sequence", "No."),
        text("occurred", "Happened"),
        text("event", "What"),
        number("round", "Round"),
        text("actor", "By"),
        text("handling_deadline", "Handle by"),
        text("total_deadline", "Close by"),
        text("stage_deadline", "Stage ends by"),
        text("detail", "Detail"),
        unseen("recorded"),
    ]);
    table.when_empty = "nothing has happened".to_owned();
    table.rows = events
        .iter()
        .map(|event| {
            vec![
                Cell::Integer(i64::from(event.sequence)),
                instant(event.occur_time.as_ref()),
                Cell::text(word_of(event.kind().as_str_name(), "ISSUE_EVENT_KIND_")),
                Cell::Integer(i64::from(event.round)),
                Cell::text(&event.actor),
                instant(event.handling_deadline.as_ref()),
                instant(event.total_deadline.as_ref()),
                instant(event.stage_deadline.as_ref()),
                Cell::text(detail(event)),
                instant(event.record_time.as_ref()),
            ]
        })
        .collect();
    table
}

/// What else an event says, in few words.
fn detail(event: &IssueEvent) -> String {
    let Some(detail) = &event.detail else {
        return String::new();
    };
    let until = detail
        .until
        .as_ref()
        .and_then(tidyward_kit::clock::from_wire);
    let asked = event.kind() == IssueEventKind::CalledBack;
    let outcome = word_of(detail.outcome().as_str_name(), "ISSUE_OUTCOME_");
    let shown = detail.evidence.iter().map(|one| {
        let kind = word_of(one.kind().as_str_name(), "EVIDENCE_KIND_");
        format!("{}:{kind}", last(&one.evidence))
    });
    let shown: Vec<String> = shown.collect();
    let named = [
        ("", outcome),
        (
            "",
            word_of(detail.reopen_reason().as_str_name(), "REOPEN_REASON_"),
        ),
        ("category", detail.category.clone()),
        ("condition", detail.condition.clone()),
        ("to", detail.assignee.clone()),
        ("unit", detail.unit.clone()),
        ("with", detail.co_handlers.join(" ")),
        ("told", detail.told.join(" ")),
        ("issue", detail.other_issue.clone()),
        ("extra", detail.extra.clone()),
        ("until", until.map(to_the_second).unwrap_or_default()),
        (
            "level",
            if detail.level > 0 {
                format!("{}x", detail.level)
            } else {
                String::new()
            },
        ),
        ("", said(asked && !detail.reached, "not reached")),
        ("", said(asked && detail.solved, "solved")),
        (
            "",
            said(asked && detail.reached && !detail.solved, "not solved"),
        ),
        ("", said(detail.satisfied, "satisfied")),
        (
            "task",
            if detail.task > 0 {
                detail.task.to_string()
            } else {
                String::new()
            },
        ),
        ("", detail.title.clone()),
        ("owner", detail.owner.clone()),
        ("", said(detail.drawn, "to be looked at again")),
        ("", said(detail.provisional, "provisional")),
        ("shown by", shown.join(" ")),
        ("", detail.note.clone()),
    ];
    let named = named.iter().filter(|(_, text)| !text.is_empty());
    let parts: Vec<String> = named
        .map(|(name, text)| format!("{name} {text}").trim_start().to_owned())
        .collect();
    parts.join("; ")
}

fn said(holds: bool, words: &str) -> String {
    if holds {
        words.to_owned()
    } else {
        String::new()
    }
}
