//! Reading the district's sequence: the events of its issues and its published posts, by the numbers that the ledger's row
//! gave them. Numbers are in the order of commits, so all up to one that was read stand for good.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt};
use prost::Message;
use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{Error, caller::District, db::Db};
use uuid::Uuid;

use super::{issue::read_event, places, post, statement};
use crate::{
    event::{Detail, Kind, Marks},
    news::{AsOf, IssueNews, News, Placing, What},
};

/// Kinds of events that say what the ones behind them are seen and filtered by.
const PLACING: [Kind; 5] = [
    Kind::Reported,
    Kind::Filed,
    Kind::Dispatched,
    Kind::Accepted,
    Kind::TaskAssigned,
];

/// The number of the last thing that happened in the district; 0 before the first.
pub async fn last(db: &Db, district: &District) -> Result<i64, Error> {
    let text = "SELECT last_number FROM issue_ledger WHERE district = ?";
    let values = vec![district.id().into()];
    let select = statement(db.read().get_database_backend(), text, values);
    let row = db.read().query_one_raw(select).await?;
    row.map_or(Ok(0), |row| Ok(row.try_get_by_index(0)?))
}

/// The id of the district's ledger: the fresh one where it has had none.
pub async fn store(db: &Db, district: &District, fresh: Uuid) -> Result<Uuid, Error> {
    if let Some(store) = stored(db.read(), district).await? {
        return Ok(store);
    }
    let district = district.clone();
    db.write(move |transaction| {
        let district = district.clone();
        Box::pin(async move {
            if let Some(store) = stored(transaction, &district).await? {
                return Ok(store);
            }
            let text = "INSERT INTO issue_store (district, store) VALUES (?, ?)";
            let values = vec![district.id().into(), fresh.to_string().into()];
            let insert = statement(transaction.get_database_backend(), text, values);
            transaction.execute_raw(insert).await?;
            Ok(fresh)
        })
    })
    .await
}

async fn stored(
    connection: &impl ConnectionTrait,
    district: &District,
) -> Result<Option<Uuid>, Error> {
    let text = "SELECT store FROM issue_store WHERE district = ?";
    let values = vec![district.id().into()];
    let select = statement(connection.get_database_backend(), text, values);
    let row = connection.query_one_raw(select).await?;
    row.map(|row| {
        let store: String = row.try_get_by_index(0)?;
        store.parse().map_err(Error::internal)
    })
    .transpose()
}

/// Everything behind the one number and up to the other, in order. All of it must have been committed: `upto` is no higher
/// than an answer of `last`.
pub async fn between(
    db: &Db,
    district: &District,
    after: i64,
    upto: i64,
) -> Result<Vec<News>, Error> {
    let placing = placing(db, district, after, upto).await?;
    let text = "SELECT e.sequence, e.kind, e.round, e.occurred_at, e.recorded_at, e.actor, e.handling_deadline, \
                e.total_deadline, e.stage_deadline, e.detail, e.number, e.issue_number, e.marks, i.issue, i.actor, \
                i.grid, i.area1, i.area2 FROM issue_event e \
                JOIN issue i ON i.district = e.district AND i.number = e.issue_number \
                WHERE e.district = ? AND e.number > ? AND e.number <= ? ORDER BY e.number";
    let values = vec![district.id().into(), after.into(), upto.into()];
    let select = statement(db.read().get_database_backend(), text, values);
    // One by one: a row holds memory of the database for each of its columns.
    let rows = sea_orm::StreamTrait::stream_raw(db.read(), select).await?;
    let rows = rows.map(|row| read(&row?, &placing));
    let mut news: Vec<News> = rows.try_collect().await?;
    let posts = post::between(db, district, after, upto).await?;
    news.extend(posts.into_iter().map(|(number, post)| News {
        number,
        what: What::Post(post),
    }));
    news.sort_by_key(|one| one.number);
    Ok(news)
}

fn read(row: &QueryResult, placing: &BTreeMap<i64, Vec<Placing>>) -> Result<News, Error> {
    let reporter: String = row.try_get_by_index(14)?;
    let event = read_event(row, 0, &reporter)?;
    let issue: String = row.try_get_by_index(13)?;
    let above: [Option<String>; 2] = [row.try_get_by_index(16)?, row.try_get_by_index(17)?];
    let of_issue = placing.get(&row.try_get_by_index(11)?);
    let as_of = AsOf::of(event.sequence, of_issue.map_or(&[], Vec::as_slice));
    let news = IssueNews {
        issue: issue.parse().map_err(Error::internal)?,
        reporter,
        event,
        imported: Marks(row.try_get_by_index(12)?).has(Marks::IMPORTED),
        grid: row.try_get_by_index(15)?,
        ancestors: above.into_iter().flatten().collect(),
        as_of,
    };
    Ok(News {
        number: row.try_get_by_index(10)?,
        what: What::Event(Box::new(news)),
    })
}

/// For each issue of which something was told between the numbers: what its events say of where the others belong, in their
/// order.
async fn placing(
    db: &Db,
    district: &District,
    after: i64,
    upto: i64,
) -> Result<BTreeMap<i64, Vec<Placing>>, Error> {
    let text = format!(
        "SELECT issue_number, sequence, kind, marks, category, actor, detail FROM issue_event WHERE district = ? \
         AND issue_number IN (SELECT told.issue_number FROM issue_event told WHERE told.district = ? AND told.number > ? \
         AND told.number <= ?) AND kind IN {} ORDER BY issue_number, sequence",
        places(1, PLACING.len())
    );
    let id = district.id();
    let mut values: Vec<Value> = vec![id.into(), id.into(), after.into(), upto.into()];
    values.extend(PLACING.map(|kind| Value::from(kind as i32)));
    let select = statement(db.read().get_database_backend(), &text, values);
    let mut of_issues: BTreeMap<i64, Vec<Placing>> = BTreeMap::new();
    let mut rows = sea_orm::StreamTrait::stream_raw(db.read(), select).await?;
    while let Some(row) = rows.try_next().await? {
        let detail: Option<Vec<u8>> = row.try_get_by_index(6)?;
        let detail = detail.map(|bytes| Detail::decode(bytes.as_slice()));
        let placing = Placing {
            sequence: row.try_get_by_index(1)?,
            kind: Kind::try_from(row.try_get_by_index::<i32>(2)?).map_err(Error::internal)?,
            urgent: Marks(row.try_get_by_index(3)?).has(Marks::URGENT),
            category: row.try_get_by_index(4)?,
            actor: row.try_get_by_index(5)?,
            detail: detail
                .transpose()
                .map_err(Error::internal)?
                .unwrap_or_default(),
        };
        let issue = row.try_get_by_index(0)?;
        of_issues.entry(issue).or_default().push(placing);
    }
    Ok(of_issues)
}
