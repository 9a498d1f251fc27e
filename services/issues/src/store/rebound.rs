//! Rebound (反弹): a report by somebody else of what was closed nearby a while ago is written into the closing's history.

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
    near,
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

/// Writes the report into the history of each closing that it is the rebound of: same category and grid, both with a
/// position and within the category's radius, closed at most the category's window before; once for each closing. A
/// report without a position may lie anywhere in the grid, so it is no rebound. What was closed by force never counted
/// as closed, so it cannot come back.
///
/// The report was written before, in the same transaction, which holds the ledger's row: two reports at once cannot both
/// find a closing free. What is to be told of it is for the caller to write.
pub async fn write(
    transaction: &DatabaseTransaction,
    district: &District,
    category: &Category,
    report: &Issue,
) -> Result<Vec<NewNotice>, Error> {
    let (Some(place), Some(grid)) = (report.place, &report.grid) else {
        return Ok(Vec::new());
    };
    if report.own_report || category.rebound_days == 0 {
        return Ok(Vec::new());
    }
    let closings = closings(transaction, district, category, report, place, grid).await?;
    let mut written = Vec::with_capacity(closings.len());
    for closing in closings {
        written.push(append(transaction, district, report, closing).await?);
    }
    Ok(written)
}

async fn closings(
    transaction: &DatabaseTransaction,
    district: &District,
    category: &Category,
    report: &Issue,
    place: Place,
    grid: &str,
) -> Result<Vec<Closing>, Error> {
    let metres = f64::from(category.rebound_metres);
    let window = SignedDuration::from_hours(24 * i64::from(category.rebound_days));
    let from = report
        .reported_at
        .checked_sub(window)
        .map_err(Error::internal)?;
    let bounds = near::around(place, metres);
    let strips = bounds.strips();
    let strip_places = places(1, strips.len());
    let stretches = vec!["i.longitude BETWEEN ? AND ?"; bounds.stretches.len()].join(" OR ");
    let text = format!(
        "SELECT issue, number, round, latitude, longitude, \
         (SELECT MAX(e.sequence) FROM issue_event e WHERE e.district = i.district AND e.issue_number = i.number) \
         FROM issue i WHERE i.district = ? AND i.category = ? AND ROUND(i.latitude * 1000) IN {strip_places} \
         AND ({stretches}) AND i.grid = ? AND {CLOSED} \
         AND i.outcome <> ? AND i.ended_at BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM issue_event e \
         WHERE e.district = i.district AND e.issue_number = i.number AND e.round = i.round AND e.kind = ?) \
         ORDER BY i.ended_at DESC, i.issue LIMIT ?"
    );
    let mut values: Vec<Value> = vec![district.id().into(), report.category.clone().into()];
    values.extend(strips.into_iter().map(Value::from));
    for (west, east) in bounds.stretches {
        values.extend([west.into(), east.into()]);
    }
    values.extend([
        grid.into(),
        (Outcome::Forced as i32).into(),
        from.as_microsecond().into(),
        report.reported_at.as_microsecond().into(),
        (Kind::Rebounded as i32).into(),
        MOST.into(),
    ]);
    let select = statement(transaction.get_database_backend(), &text, values);
    let mut closings = Vec::new();
    for row in &transaction.query_all_raw(select).await? {
        let closed = Place {
            latitude: row.try_get_by_index(3)?,
            longitude: row.try_get_by_index(4)?,
            ..place
        };
        if near::metres(place, closed) > metres {
            continue;
        }
        let id: String = row.try_get_by_index(0)?;
        closings.push(Closing {
            issue: id.parse().map_err(Error::internal)?,
            number: row.try_get_by_index(1)?,
            round: row.try_get_by_index(2)?,
            sequence: row.try_get_by_index(5)?,
        });
    }
    Ok(closings)
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
