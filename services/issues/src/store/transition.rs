//! Adding events to issues that are there, and finding those for which something has fallen due.

use std::borrow::Cow;

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use tidyward_kit::{Error, Reason, caller::District, db::Db};
use uuid::Uuid;

use super::{
    course, evidence, instant, ledger, micros, notice, statement,
    write::{self, EVENT, ISSUE},
};
use crate::{
    facts::whole::Entry,
    history::NewEvent,
    transition::{Plan, Write},
};

/// The first of the row's columns that keep the progress.
const FIRST_OF_PROGRESS: &str = "last_sequence";

/// An issue for which something falls due, in the order in which it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waking {
    pub wake_at: Timestamp,
    pub district: String,
    pub id: Uuid,
}

/// Writes what was planned, or refuses where an issue has changed since it was read. From here to the commit nobody else
/// adds an event in the district.
pub async fn write(
    transaction: &DatabaseTransaction,
    district: &District,
    plan: &Plan,
) -> Result<(), Error> {
    let count = plan.len() as i64;
    let mut next = ledger::advance(transaction, district, count).await? - count + 1;
    for planned in &plan.writes {
        // The row comes first: by it is seen whether the issue is as it was read.
        if !update(transaction, district, planned).await? {
            let words = "the issue changed while it was moved; read it again, then decide";
            return Err(Error::new(Reason::ChangedMeanwhile, words));
        }
        append(transaction, district, planned, next).await?;
        next += planned.added.len() as i64;
    }
    if let Some((from, to)) = plan.collapse {
        collapse(transaction, district, from, to).await?;
    }
    Ok(())
}

/// Appends the events, the first under the number, and writes their notices.
async fn append(
    transaction: &DatabaseTransaction,
    district: &District,
    planned: &Write,
    first: i64,
) -> Result<(), Error> {
    let mut rows = Vec::with_capacity(planned.added.len() * EVENT.len());
    let mut entries = Vec::with_capacity(planned.added.len());
    for (next, new) in (first..).zip(&planned.added) {
        rows.extend(event_values(district, planned.number, next, new));
        entries.push(course_entry(planned.number, next, new));
    }
    write::insert_rows(transaction, "issue_event", &EVENT, rows).await?;
    course::append(transaction, district.id(), &entries).await?;
    for new in &planned.added {
        let uses = new.event.detail.iter().flat_map(|detail| &detail.evidence);
        let (issue, sequence) = (planned.issue.id, new.event.sequence);
        evidence::insert_uses(transaction, district, issue, sequence, uses).await?;
    }
    notice::write(transaction, district, &planned.notices).await?;
    Ok(())
}

/// In the order of `EVENT`.
fn event_values(
    district: &District,
    issue: i64,
    number: i64,
    new: &NewEvent,
) -> [Value; EVENT.len()] {
    let event = &new.event;
    let detail = event.detail.as_ref().map(prost::Message::encode_to_vec);
    [
        district.id().into(),
        issue.into(),
        event.sequence.into(),
        number.into(),
        (event.kind as i32).into(),
        event.round.into(),
        event.occurred_at.as_microsecond().into(),
        event.recorded_at.as_microsecond().into(),
        event.actor.clone().into(),
        micros(event.handling_deadline).into(),
        micros(event.total_deadline).into(),
        new.category.clone().into(),
        None::<String>.into(),
        micros(event.stage_deadline).into(),
        new.marks.0.into(),
        new.worked_minutes.into(),
        detail.into(),
    ]
}

/// What `event_values` writes, as the issue's course has it.
fn course_entry(issue: i64, number: i64, new: &NewEvent) -> Entry<'_> {
    let event = &new.event;
    Entry {
        issue,
        kind: event.kind,
        round: event.round,
        occurred_at: event.occurred_at.as_microsecond(),
        recorded_at: event.recorded_at.as_microsecond(),
        number,
        handling_deadline: micros(event.handling_deadline),
        total_deadline: micros(event.total_deadline),
        marks: new.marks,
        worked_minutes: new.worked_minutes,
        until: course::until(event.kind, event.detail.as_ref()),
        category: new.category.as_deref().map(Cow::from),
        report: None,
    }
}

/// Sets the row to what the events come to. Says whether it was still as it was read; else nothing is set.
async fn update(
    transaction: &DatabaseTransaction,
    district: &District,
    planned: &Write,
) -> Result<bool, Error> {
    let issue = &planned.issue;
    let progress_values = write::progress_values(&issue.progress);
    let progress = ISSUE
        .iter()
        .skip_while(|column| **column != FIRST_OF_PROGRESS);
    let progress = progress.take(progress_values.len());
    let columns = ["category", "state", "outcome"].iter().chain(progress);
    let sets: Vec<String> = columns.map(|column| format!("{column} = ?")).collect();
    let text = format!(
        "UPDATE issue SET {} WHERE district = ? AND issue = ? AND last_sequence = ?",
        sets.join(", ")
    );
    let mut values: Vec<Value> = vec![
        issue.category.clone().into(),
        (issue.state as i32).into(),
        (issue.outcome as i32).into(),
    ];
    values.extend(progress_values);
    values.extend([
        district.id().into(),
        issue.id.to_string().into(),
        planned.read_at.into(),
    ]);
    let update = statement(transaction.get_database_backend(), &text, values);
    Ok(transaction.execute_raw(update).await?.rows_affected() == 1)
}

/// Whatever was merged into the one is merged into the other.
async fn collapse(
    transaction: &DatabaseTransaction,
    district: &District,
    from: Uuid,
    to: Uuid,
) -> Result<(), Error> {
    let text = "UPDATE issue SET merged_into = ? WHERE district = ? AND merged_into = ?";
    let values = vec![
        to.to_string().into(),
        district.id().into(),
        from.to_string().into(),
    ];
    let update = statement(transaction.get_database_backend(), text, values);
    transaction.execute_raw(update).await?;
    Ok(())
}

/// At most so many issues, of every district, for which something has fallen due, behind the given one.
pub async fn waking(
    db: &Db,
    now: Timestamp,
    after: Option<&Waking>,
    most: usize,
) -> Result<Vec<Waking>, Error> {
    let mut text = "SELECT wake_at, district, issue FROM issue WHERE wake_at <= ?".to_owned();
    let mut values: Vec<Value> = vec![now.as_microsecond().into()];
    if let Some(after) = after {
        text.push_str(" AND (wake_at, district, issue) > (?, ?, ?)");
        values.extend([
            after.wake_at.as_microsecond().into(),
            after.district.clone().into(),
            after.id.to_string().into(),
        ]);
    }
    text.push_str(" ORDER BY wake_at, district, issue LIMIT ?");
    values.push((most as i64).into());
    let select = statement(db.read().get_database_backend(), &text, values);
    let rows = db.read().query_all_raw(select).await?;
    rows.iter()
        .map(|row| {
            let id: String = row.try_get_by_index(2)?;
            Ok(Waking {
                wake_at: instant(row.try_get_by_index(0)?)?,
                district: row.try_get_by_index(1)?,
                id: id.parse().map_err(Error::internal)?,
            })
        })
        .collect()
}
