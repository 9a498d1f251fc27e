//! Reading an issue, and events of one.

use jiff::Timestamp;
use prost::Message;
use sea_orm::{ConnectionTrait, QueryResult};
use tidyward_kit::{Error, caller::District, db::Db};
use uuid::Uuid;

use super::{instant, statement};
use crate::{
    event::{Detail, Event, Kind},
    issue::{Issue, Origin, Outcome, Place, Progress, Severity, Source, State},
};

pub(super) const COLUMNS: &str = "issue, category, source, latitude, longitude, accuracy, grid, description, address, state, \
                       outcome, reported_at, recorded_at, actor, import_source, import_identity, import_digest, number, \
                       fuzzy, area1, area2, own_report, reporter, last_sequence, updated_at, ended_at, severity, condition, \
                       round, assignee, unit, stage_deadline, handling_deadline, total_deadline, provisional, \
                       suspended_until, escalation, merged_into, recheck_due, wake_at";

pub(super) const EVENT: &str = "sequence, kind, round, occurred_at, recorded_at, actor, handling_deadline, total_deadline, \
                     stage_deadline, detail";

/// Events of one issue that are read at once.
pub const MOST_EVENTS: usize = 100_000;

/// An issue with the number by which its events are found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub issue: Issue,
    pub number: i64,
}

pub async fn find(db: &Db, district: &District, id: Uuid) -> Result<Option<Found>, Error> {
    let text = format!("SELECT {COLUMNS} FROM issue WHERE district = ? AND issue = ?");
    let values = vec![district.id().into(), id.to_string().into()];
    let select = statement(db.read().get_database_backend(), &text, values);
    let row = db.read().query_one_raw(select).await?;
    row.as_ref().map(found).transpose()
}

/// At most so many events of an issue, behind the sequence.
pub async fn events(
    db: &Db,
    district: &District,
    found: &Found,
    after: i32,
    most: usize,
) -> Result<Vec<Event>, Error> {
    let text = format!(
        "SELECT {EVENT} FROM issue_event WHERE district = ? AND issue_number = ? AND sequence > ? ORDER BY sequence LIMIT ?"
    );
    let values = vec![
        district.id().into(),
        found.number.into(),
        after.into(),
        (most as i64).into(),
    ];
    let select = statement(db.read().get_database_backend(), &text, values);
    let rows = db.read().query_all_raw(select).await?;
    rows.iter()
        .map(|row| read_event(row, 0, &found.issue.actor))
        .collect()
}

pub(super) fn found(row: &QueryResult) -> Result<Found, Error> {
    Ok(Found {
        issue: read(row)?,
        number: row.try_get_by_index(17)?,
    })
}

pub(super) fn read(row: &QueryResult) -> Result<Issue, Error> {
    let id: String = row.try_get_by_index(0)?;
    let latitude: Option<f64> = row.try_get_by_index(3)?;
    let longitude: Option<f64> = row.try_get_by_index(4)?;
    let accuracy: Option<f64> = row.try_get_by_index(5)?;
    let source: Option<String> = row.try_get_by_index(14)?;
    let identity: Option<String> = row.try_get_by_index(15)?;
    let digest: Option<Vec<u8>> = row.try_get_by_index(16)?;
    let origin = source
        .zip(identity)
        .zip(digest)
        .and_then(|((source, identity), digest)| {
            Some(Origin {
                source,
                identity,
                digest: digest.try_into().ok()?,
            })
        });
    let fuzzy: i32 = row.try_get_by_index(18)?;
    let (above, top): (Option<String>, Option<String>) =
        (row.try_get_by_index(19)?, row.try_get_by_index(20)?);
    Ok(Issue {
        id: id.parse().map_err(Error::internal)?,
        category: row.try_get_by_index(1)?,
        source: Source::try_from(row.try_get_by_index::<i32>(2)?).map_err(Error::internal)?,
        place: latitude.zip(longitude).map(|(latitude, longitude)| Place {
            latitude,
            longitude,
            accuracy: accuracy.unwrap_or(0.0),
            fuzzy: fuzzy != 0,
        }),
        grid: row.try_get_by_index(6)?,
        description: row.try_get_by_index(7)?,
        address: row.try_get_by_index(8)?,
        state: State::try_from(row.try_get_by_index::<i32>(9)?).map_err(Error::internal)?,
        outcome: Outcome::try_from(row.try_get_by_index::<i32>(10)?).map_err(Error::internal)?,
        reported_at: instant(row.try_get_by_index(11)?)?,
        recorded_at: instant(row.try_get_by_index(12)?)?,
        actor: row.try_get_by_index(13)?,
        origin,
        ancestors: above.into_iter().chain(top).collect(),
        own_report: row.try_get_by_index::<i32>(21)? != 0,
        reporter: id_at(row, 22)?,
        progress: read_progress(row)?,
    })
}

fn read_progress(row: &QueryResult) -> Result<Progress, Error> {
    let time = |index| -> Result<Option<Timestamp>, Error> {
        let micros: Option<i64> = row.try_get_by_index(index)?;
        micros.map(instant).transpose()
    };
    Ok(Progress {
        last_sequence: row.try_get_by_index(23)?,
        updated_at: instant(row.try_get_by_index(24)?)?,
        ended_at: time(25)?,
        severity: Severity::try_from(row.try_get_by_index::<i32>(26)?).map_err(Error::internal)?,
        condition: row.try_get_by_index(27)?,
        round: row.try_get_by_index(28)?,
        assignee: row.try_get_by_index(29)?,
        unit: row.try_get_by_index(30)?,
        stage_deadline: time(31)?,
        handling_deadline: time(32)?,
        total_deadline: time(33)?,
        provisional: row.try_get_by_index::<i32>(34)? != 0,
        suspended_until: time(35)?,
        escalation: row.try_get_by_index(36)?,
        merged_into: id_at(row, 37)?,
        recheck_due: row.try_get_by_index::<i32>(38)? != 0,
        wake_at: time(39)?,
    })
}

fn id_at(row: &QueryResult, index: usize) -> Result<Option<Uuid>, Error> {
    let id: Option<String> = row.try_get_by_index(index)?;
    id.map(|id| id.parse().map_err(Error::internal)).transpose()
}

/// The event in a row's ten columns from the first on.
pub(super) fn read_event(row: &QueryResult, first: usize, reporter: &str) -> Result<Event, Error> {
    let actor: Option<String> = row.try_get_by_index(first + 5)?;
    let handling: Option<i64> = row.try_get_by_index(first + 6)?;
    let total: Option<i64> = row.try_get_by_index(first + 7)?;
    let stage: Option<i64> = row.try_get_by_index(first + 8)?;
    let detail: Option<Vec<u8>> = row.try_get_by_index(first + 9)?;
    let detail = detail.map(|bytes| Detail::decode(bytes.as_slice()));
    Ok(Event {
        sequence: row.try_get_by_index(first)?,
        kind: Kind::try_from(row.try_get_by_index::<i32>(first + 1)?).map_err(Error::internal)?,
        round: row.try_get_by_index(first + 2)?,
        occurred_at: instant(row.try_get_by_index(first + 3)?)?,
        recorded_at: instant(row.try_get_by_index(first + 4)?)?,
        actor: actor.unwrap_or_else(|| reporter.to_owned()),
        handling_deadline: handling.map(instant).transpose()?,
        total_deadline: total.map(instant).transpose()?,
        stage_deadline: stage.map(instant).transpose()?,
        detail: detail.transpose().map_err(Error::internal)?,
    })
}
