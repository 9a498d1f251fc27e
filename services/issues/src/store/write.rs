//! Writing issues with their first events, many in one statement.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use tidyward_kit::{Error, caller::District, db::Db};
use uuid::Uuid;

use super::{course, ledger, micros, places, statement};
use crate::{
    event::Move,
    facts::whole::{Entry, Report},
    issue::{Issue, Progress},
};

/// Issues that one job writes at most. An index that is in no order of the file has nearly every row on a page of its own,
/// so the more rows a commit holds, the fewer pages it writes for each; whoever else writes waits for it a fraction of a
/// second.
pub const MOST: usize = 4_000;
/// Rows of one statement at most.
const ROWS: usize = 128;

pub(super) const ISSUE: [&str; 41] = [
    "district",
    "issue",
    "number",
    "category",
    "source",
    "latitude",
    "longitude",
    "accuracy",
    "grid",
    "description",
    "address",
    "state",
    "outcome",
    "reported_at",
    "recorded_at",
    "actor",
    "import_source",
    "import_identity",
    "import_digest",
    "fuzzy",
    "area1",
    "area2",
    "own_report",
    "reporter",
    "last_sequence",
    "updated_at",
    "ended_at",
    "severity",
    "condition",
    "round",
    "assignee",
    "unit",
    "stage_deadline",
    "handling_deadline",
    "total_deadline",
    "provisional",
    "suspended_until",
    "escalation",
    "merged_into",
    "recheck_due",
    "wake_at",
];
pub(super) const EVENT: [&str; 17] = [
    "district",
    "issue_number",
    "sequence",
    "number",
    "kind",
    "round",
    "occurred_at",
    "recorded_at",
    "actor",
    "handling_deadline",
    "total_deadline",
    "category",
    "grid",
    "stage_deadline",
    "marks",
    "worked_minutes",
    "detail",
];

/// An issue with the moves that it begins with; the first is its report.
#[derive(Clone, Debug, PartialEq)]
pub struct NewIssue {
    pub issue: Issue,
    pub moves: Vec<Move>,
}

/// Writes imported issues, at most `MOST`, that are not there yet. For each it gives the digest of what was there
/// before it, or nothing where it went in.
pub async fn insert_imported(
    db: &Db,
    district: &District,
    issues: Arc<[NewIssue]>,
) -> Result<Vec<Option<Vec<u8>>>, Error> {
    let district = district.clone();
    db.write(move |transaction| {
        let (district, issues) = (district.clone(), issues.clone());
        Box::pin(async move {
            // Whoever holds the ledger's row is alone with the district until the commit.
            ledger::advance(transaction, &district, 0).await?;
            let mut there = digests(transaction, &district, &issues).await?;
            let before: Vec<Option<Vec<u8>>> = issues
                .iter()
                .map(|new| there.remove(&new.issue.id))
                .collect();
            let added: Vec<&NewIssue> = issues
                .iter()
                .zip(&before)
                .filter(|pair| pair.1.is_none())
                .map(|pair| pair.0)
                .collect();
            insert(transaction, &district, &added).await?;
            Ok(before)
        })
    })
    .await
}

async fn digests(
    transaction: &DatabaseTransaction,
    district: &District,
    issues: &[NewIssue],
) -> Result<HashMap<Uuid, Vec<u8>>, Error> {
    if issues.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!(
        "SELECT issue, import_digest FROM issue WHERE district = ? AND issue IN {}",
        places(1, issues.len())
    );
    let ids = issues.iter().map(|new| new.issue.id.to_string().into());
    let values = std::iter::once(district.id().into()).chain(ids).collect();
    let select = statement(transaction.get_database_backend(), &text, values);
    let rows = transaction.query_all_raw(select).await?;
    rows.iter()
        .map(|row| {
            let id: String = row.try_get_by_index(0)?;
            let digest: Option<Vec<u8>> = row.try_get_by_index(1)?;
            Ok((
                id.parse().map_err(Error::internal)?,
                digest.unwrap_or_default(),
            ))
        })
        .collect()
}

/// Writes issues within the transaction.
pub async fn insert(
    transaction: &DatabaseTransaction,
    district: &District,
    issues: &[&NewIssue],
) -> Result<(), Error> {
    let count: usize = issues.iter().map(|new| new.moves.len()).sum();
    if count == 0 {
        return Ok(());
    }
    let last = ledger::advance(transaction, district, count as i64).await?;
    let mut next = last - count as i64 + 1;
    let mut numbered = Vec::with_capacity(issues.len());
    let mut entries = Vec::with_capacity(count);
    for new in issues {
        numbered.push((*new, next));
        course_entries(&mut entries, new, next);
        next += new.moves.len() as i64;
    }
    // In parts, so that the values of thousands of rows never stand beside each other.
    for part in numbered.chunks(5 * ROWS) {
        let (mut issue_rows, mut event_rows) = (Vec::new(), Vec::new());
        for (new, first) in part {
            issue_values(&mut issue_rows, district, &new.issue, *first);
            event_values(&mut event_rows, district, new, *first);
        }
        insert_rows(transaction, "issue", &ISSUE, issue_rows).await?;
        insert_rows(transaction, "issue_event", &EVENT, event_rows).await?;
    }
    course::append(transaction, district.id(), &entries).await
}

/// Each statement has a power of two of rows, so that there are few different ones and each is prepared once. Its values are
/// made while the database works at the one before.
pub(super) async fn insert_rows(
    transaction: &DatabaseTransaction,
    table: &str,
    columns: &[&str],
    values: Vec<Value>,
) -> Result<(), Error> {
    let backend = transaction.get_database_backend();
    let head = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    let mut values = values.into_iter();
    let mut make = || {
        let largest = (values.len() / columns.len()).min(ROWS).checked_ilog2()?;
        let rows = 1 << largest;
        let text = format!("{head}{}", places(rows, columns.len()));
        let some = values.by_ref().take(rows * columns.len()).collect();
        Some(statement(backend, &text, some))
    };
    let mut next = make();
    while let Some(insert) = next {
        let (done, following) = futures::join!(transaction.execute_raw(insert), async { make() });
        done?;
        next = following;
    }
    Ok(())
}

/// In the order of `ISSUE`.
fn issue_values(rows: &mut Vec<Value>, district: &District, issue: &Issue, number: i64) {
    let origin = issue.origin.as_ref();
    rows.extend([
        district.id().into(),
        issue.id.to_string().into(),
        number.into(),
        issue.category.clone().into(),
        (issue.source as i32).into(),
        issue.place.map(|place| place.latitude).into(),
        issue.place.map(|place| place.longitude).into(),
        issue.place.map(|place| place.accuracy).into(),
        issue.grid.clone().into(),
        issue.description.clone().into(),
        issue.address.clone().into(),
        (issue.state as i32).into(),
        (issue.outcome as i32).into(),
        issue.reported_at.as_microsecond().into(),
        issue.recorded_at.as_microsecond().into(),
        issue.actor.clone().into(),
        origin.map(|origin| origin.source.clone()).into(),
        origin.map(|origin| origin.identity.clone()).into(),
        origin.map(|origin| origin.digest.to_vec()).into(),
        issue.place.map_or(0, |place| i32::from(place.fuzzy)).into(),
        issue.ancestors.first().cloned().into(),
        issue.ancestors.get(1).cloned().into(),
        i32::from(issue.own_report).into(),
        issue.reporter.map(|id| id.to_string()).into(),
    ]);
    rows.extend(progress_values(&issue.progress));
}

/// In the order of the last columns of `ISSUE`.
pub(super) fn progress_values(progress: &Progress) -> [Value; 17] {
    [
        progress.last_sequence.into(),
        progress.updated_at.as_microsecond().into(),
        micros(progress.ended_at).into(),
        (progress.severity as i32).into(),
        progress.condition.clone().into(),
        progress.round.into(),
        progress.assignee.clone().into(),
        progress.unit.clone().into(),
        micros(progress.stage_deadline).into(),
        micros(progress.handling_deadline).into(),
        micros(progress.total_deadline).into(),
        i32::from(progress.provisional).into(),
        micros(progress.suspended_until).into(),
        progress.escalation.into(),
        progress.merged_into.map(|id| id.to_string()).into(),
        i32::from(progress.recheck_due).into(),
        micros(progress.wake_at).into(),
    ]
}

/// Of every move, in the order of `EVENT`.
fn event_values(rows: &mut Vec<Value>, district: &District, new: &NewIssue, first: i64) {
    let recorded: Timestamp = new.issue.recorded_at;
    for (index, step) in (0_i32..).zip(&new.moves) {
        let report = (index == 0).then_some(&new.issue);
        rows.extend([
            district.id().into(),
            first.into(),
            (index + 1).into(),
            (first + i64::from(index)).into(),
            (step.kind as i32).into(),
            step.round.into(),
            step.occurred_at.as_microsecond().into(),
            recorded.as_microsecond().into(),
            None::<String>.into(),
            micros(step.handling_deadline).into(),
            micros(step.total_deadline).into(),
            report
                .map(|issue| issue.category.clone())
                .or_else(|| step.category.clone())
                .into(),
            report.and_then(|issue| issue.grid.clone()).into(),
            micros(step.stage_deadline).into(),
            step.marks.0.into(),
            step.worked_minutes.into(),
            step.detail
                .as_ref()
                .map(prost::Message::encode_to_vec)
                .into(),
        ]);
    }
}

/// What `event_values` writes, as the issue's course has it.
fn course_entries<'n>(entries: &mut Vec<Entry<'n>>, new: &'n NewIssue, first: i64) {
    let recorded_at = new.issue.recorded_at.as_microsecond();
    for (index, step) in (0_i64..).zip(&new.moves) {
        let report = (index == 0).then(|| Report {
            category: new.issue.category.as_str().into(),
            grid: new.issue.grid.as_deref().map(Cow::from),
        });
        let category = step.category.as_deref().filter(|_| report.is_none());
        entries.push(Entry {
            issue: first,
            kind: step.kind,
            round: step.round,
            occurred_at: step.occurred_at.as_microsecond(),
            recorded_at,
            number: first + index,
            handling_deadline: micros(step.handling_deadline),
            total_deadline: micros(step.total_deadline),
            marks: step.marks,
            worked_minutes: step.worked_minutes,
            until: course::until(step.kind, step.detail.as_ref()),
            category: category.map(Cow::from),
            report,
        });
    }
}
