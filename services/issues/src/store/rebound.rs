//! Rebound (反弹): a report by somebody else of what was closed nearby a while ago is written into the closing's history.

use std::collections::HashSet;

use jiff::SignedDuration;
use prost::Message;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use tidyward_kit::{Error, caller::District};

use super::{course, instant, ledger, places, statement};
use crate::{
    category::Category,
    event::{Detail, Event, Kind, Marks},
    facts::whole::Entry,
    history::NOBODY,
    issue::{Issue, Outcome, Place, State},
    near::{self, Bounds},
    notice::NewNotice,
};

/// Closings that one report may be the rebound of, the latest first.
const MOST: i64 = 100;
/// What is in the index `issue_closed_by_place`, in the words of its migration.
const CLOSED: &str = "i.state = 9";

struct Closing {
    issue: uuid::Uuid,
    number: i64,
    round: i32,
    sequence: i32,
}

/// A report that may be a rebound, and where the closings are that it may be one of.
struct Look<'r> {
    report: &'r Issue,
    place: Place,
    grid: &'r str,
    metres: f64,
    bounds: Bounds,
    /// The earliest closing, in microseconds.
    since: i64,
}

impl<'r> Look<'r> {
    /// Nothing where the report is no rebound whatever was closed.
    fn of((category, report): (&Category, &'r Issue)) -> Result<Option<Look<'r>>, Error> {
        let (Some(place), Some(grid)) = (report.place, &report.grid) else {
            return Ok(None);
        };
        if report.own_report || category.rebound_days == 0 {
            return Ok(None);
        }
        let metres = f64::from(category.rebound_metres);
        let window = SignedDuration::from_hours(24 * i64::from(category.rebound_days));
        let since = report.reported_at.checked_sub(window);
        Ok(Some(Look {
            report,
            place,
            grid,
            metres,
            bounds: near::around(place, metres),
            since: since.map_err(Error::internal)?.as_microsecond(),
        }))
    }
}

/// Writes each report into the history of each closing that it is the rebound of: same category and grid, both with a
/// position and within the category's radius, closed at most the category's window before; once for each closing. A
/// report without a position may lie anywhere in the grid, so it is no rebound. What was closed by force never counted
/// as closed, so it cannot come back.
///
/// The reports were written before, in the same transaction, which holds the ledger's row: two reports at once cannot both
/// find a closing free. What is to be told of it is for the caller to write.
pub async fn write(
    transaction: &DatabaseTransaction,
    district: &District,
    reports: impl Iterator<Item = (&Category, &Issue)>,
) -> Result<Vec<NewNotice>, Error> {
    let looks: Result<Vec<Option<Look<'_>>>, Error> = reports.map(Look::of).collect();
    let looks: Vec<Look<'_>> = looks?.into_iter().flatten().collect();
    let found = closings(transaction, district, &looks).await?;
    let mut taken = HashSet::new();
    let mut written = Vec::new();
    for (look, mut found) in looks.iter().zip(found) {
        let is_free = |closing: &Closing| !taken.contains(&closing.number);
        if found.is_cut && !found.closings.iter().all(is_free) {
            // What an earlier one took hides what is behind.
            let again = closings(transaction, district, std::slice::from_ref(look)).await?;
            found = again.into_iter().next().unwrap_or_default();
        }
        for closing in found.closings {
            if taken.insert(closing.number) {
                written.push(append(transaction, district, look.report, closing).await?);
            }
        }
    }
    Ok(written)
}

/// The closings that a report is the rebound of, the latest first.
#[derive(Default)]
struct Closings {
    closings: Vec<Closing>,
    /// Whether there may be more of them.
    is_cut: bool,
}

/// For each of the reports, in one question.
async fn closings(
    transaction: &DatabaseTransaction,
    district: &District,
    looks: &[Look<'_>],
) -> Result<Vec<Closings>, Error> {
    let mut found: Vec<Closings> = looks.iter().map(|_| Closings::default()).collect();
    let mut asked: Vec<[Value; 8]> = looks.iter().zip(0_i64..).flat_map(asked).collect();
    let Some(last) = asked.last().cloned() else {
        return Ok(found);
    };
    // Few different statements, each prepared once: what is asked twice is found twice and counts once.
    asked.resize(asked.len().next_power_of_two(), last);
    let text = format!(
        "WITH asked (look, category, strip, west, east, grid, since, until) AS (VALUES {}) \
         SELECT look, issue, number, round, latitude, longitude, last_sequence, place FROM (\
         SELECT a.look, i.issue, i.number, i.round, i.latitude, i.longitude, i.last_sequence, \
         DENSE_RANK() OVER (PARTITION BY a.look ORDER BY i.ended_at DESC, i.issue) AS place \
         FROM asked a CROSS JOIN issue i WHERE i.district = ? AND i.category = a.category \
         AND ROUND(i.latitude * 1000) = a.strip AND i.longitude BETWEEN a.west AND a.east \
         AND i.grid = a.grid AND {CLOSED} AND i.outcome <> ? AND i.ended_at BETWEEN a.since AND a.until \
         AND NOT EXISTS (SELECT 1 FROM issue_event e WHERE e.district = i.district AND e.issue_number = i.number \
         AND e.round = i.round AND e.kind = ?)) AS ranked WHERE place <= {MOST} ORDER BY look, place",
        places(asked.len(), 8)
    );
    let mut values: Vec<Value> = asked.into_iter().flatten().collect();
    values.extend([
        district.id().into(),
        (Outcome::Forced as i32).into(),
        (Kind::Rebounded as i32).into(),
    ]);
    let select = statement(transaction.get_database_backend(), &text, values);
    for row in &transaction.query_all_raw(select).await? {
        let look: i64 = row.try_get_by_index(0)?;
        let place: i64 = row.try_get_by_index(7)?;
        let of_look = usize::try_from(look).ok();
        let of_look = of_look.and_then(|look| Some((looks.get(look)?, found.get_mut(look)?)));
        let (look, found) = of_look.ok_or_else(|| Error::internal("a closing of no report"))?;
        found.is_cut |= place == MOST;
        let closed = Place {
            latitude: row.try_get_by_index(4)?,
            longitude: row.try_get_by_index(5)?,
            ..look.place
        };
        let number: i64 = row.try_get_by_index(2)?;
        let is_twice = found
            .closings
            .last()
            .is_some_and(|last| last.number == number);
        if is_twice || near::metres(look.place, closed) > look.metres {
            continue;
        }
        let id: String = row.try_get_by_index(1)?;
        found.closings.push(Closing {
            issue: id.parse().map_err(Error::internal)?,
            number,
            round: row.try_get_by_index(3)?,
            sequence: row.try_get_by_index(6)?,
        });
    }
    Ok(found)
}

/// A row for each strip and stretch in which the closings of a report may lie.
fn asked<'l>((look, number): (&'l Look<'_>, i64)) -> impl Iterator<Item = [Value; 8]> + 'l {
    let stretches = look.bounds.stretches.iter();
    let parts = stretches.flat_map(|stretch| {
        look.bounds
            .strips()
            .into_iter()
            .map(move |strip| (strip, *stretch))
    });
    parts.map(move |(strip, (west, east))| {
        [
            number.into(),
            look.report.category.clone().into(),
            strip.into(),
            west.into(),
            east.into(),
            look.grid.into(),
            look.since.into(),
            look.report.reported_at.as_microsecond().into(),
        ]
    })
}

async fn append(
    transaction: &DatabaseTransaction,
    district: &District,
    report: &Issue,
    closing: Closing,
) -> Result<NewNotice, Error> {
    let number = ledger::advance(transaction, district, 1).await?;
    let detail = Detail {
        other_issue: report.id.to_string(),
        ..Detail::default()
    };
    let event = Event {
        sequence: closing.sequence + 1,
        kind: Kind::Rebounded,
        round: closing.round,
        // To the microsecond, as it is read again.
        occurred_at: instant(report.reported_at.as_microsecond())?,
        recorded_at: report.recorded_at,
        actor: NOBODY.to_owned(),
        handling_deadline: None,
        total_deadline: None,
        stage_deadline: None,
        detail: Some(detail.clone()),
    };
    let backend = transaction.get_database_backend();
    let text = "INSERT INTO issue_event (district, issue_number, sequence, number, kind, round, occurred_at, \
                recorded_at, actor, marks, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)";
    let values: Vec<Value> = vec![
        district.id().into(),
        closing.number.into(),
        event.sequence.into(),
        number.into(),
        (event.kind as i32).into(),
        event.round.into(),
        event.occurred_at.as_microsecond().into(),
        event.recorded_at.as_microsecond().into(),
        NOBODY.into(),
        detail.encode_to_vec().into(),
    ];
    transaction
        .execute_raw(statement(backend, text, values))
        .await?;
    let entry = Entry {
        issue: closing.number,
        kind: event.kind,
        round: event.round,
        occurred_at: event.occurred_at.as_microsecond(),
        recorded_at: event.recorded_at.as_microsecond(),
        number,
        handling_deadline: None,
        total_deadline: None,
        marks: Marks::default(),
        worked_minutes: None,
        until: None,
        category: None,
        report: None,
    };
    course::append(transaction, district.id(), &[entry]).await?;
    let text =
        "UPDATE issue SET last_sequence = ?, updated_at = ? WHERE district = ? AND number = ?";
    let values: Vec<Value> = vec![
        event.sequence.into(),
        event.recorded_at.as_microsecond().into(),
        district.id().into(),
        closing.number.into(),
    ];
    transaction
        .execute_raw(statement(backend, text, values))
        .await?;
    Ok(NewNotice {
        issue: closing.issue,
        event,
        state: State::Closed,
        recipients: Vec::new(),
    })
}
