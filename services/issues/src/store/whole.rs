//! Issues with their events, many by one question to the database.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{Error, caller::District, db::together::Ended};
use uuid::Uuid;

use super::{
    issue::{COLUMNS, EVENT, MOST_EVENTS, read as read_issue, read_event},
    places, statement,
};
use crate::{event::Event, issue::Issue};

/// An issue with its events, at most `MOST_EVENTS`, in their order.
pub type Whole = (Issue, Vec<Event>);

/// Place of the issue's own number among its columns, and of the event's first column behind them.
const NUMBER: usize = 17;
const BEHIND_ISSUE: usize = 40;

/// Every issue has its report. Sequences have no gap, so a bound on them is one on how many there are; as a limit it would be
/// one on all issues together. Rows are put in order here: a database that is told to would carry all columns through a sort.
static SELECT: LazyLock<String> = LazyLock::new(|| {
    let of = |table: &str, columns: &str| {
        let columns = columns.split(", ");
        let columns: Vec<String> = columns.map(|one| format!("{table}.{one}")).collect();
        columns.join(", ")
    };
    format!(
        "SELECT {}, {} FROM issue i JOIN issue_event e ON e.district = i.district AND e.issue_number = i.number \
         WHERE i.district = ? AND e.sequence <= {MOST_EVENTS} AND i.issue IN ",
        of("i", COLUMNS),
        of("e", EVENT)
    )
});

/// What each of the issues is, in their order. Nothing where it is not there.
pub async fn read(
    connection: &impl ConnectionTrait,
    asked: &[Arc<(District, Uuid)>],
) -> Ended<Option<Arc<Whole>>> {
    let mut by_district: BTreeMap<&District, Vec<Uuid>> = BTreeMap::new();
    for one in asked {
        by_district.entry(&one.0).or_default().push(one.1);
    }
    let mut found = HashMap::with_capacity(asked.len());
    for (district, ids) in by_district {
        for whole in of_district(connection, district, ids).await? {
            found.insert((district, whole.0.id), Arc::new(whole));
        }
    }
    let ended = asked.iter().map(|one| found.get(&(&one.0, one.1)).cloned());
    Ok(ended.map(Ok).collect())
}

async fn of_district(
    connection: &impl ConnectionTrait,
    district: &District,
    mut ids: Vec<Uuid>,
) -> Result<Vec<Whole>, Error> {
    // Few different statements, each prepared once: what is asked twice is found once.
    if let Some(last) = ids.last().copied() {
        ids.resize(ids.len().next_power_of_two(), last);
    }
    let text = format!("{}{}", *SELECT, places(1, ids.len()));
    let mut values: Vec<Value> = vec![district.id().into()];
    values.extend(ids.iter().map(|id| Value::from(id.to_string())));
    let select = statement(connection.get_database_backend(), &text, values);
    let rows = connection.query_all_raw(select).await?;
    let mut by_number: BTreeMap<i64, Vec<&QueryResult>> = BTreeMap::new();
    for row in &rows {
        let number = row.try_get_by_index(NUMBER)?;
        by_number.entry(number).or_default().push(row);
    }
    by_number.values().map(|rows| whole(rows)).collect()
}

/// Of the rows of one issue.
fn whole(rows: &[&QueryResult]) -> Result<Whole, Error> {
    let issue = read_issue(rows[0])?;
    let events = rows
        .iter()
        .map(|row| read_event(row, BEHIND_ISSUE, &issue.actor));
    let mut events = events.collect::<Result<Vec<Event>, Error>>()?;
    events.sort_by_key(|event| event.sequence);
    Ok((issue, events))
}
