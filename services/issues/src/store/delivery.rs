//! Deliveries: what is due, what became of it, lists, and the sweep of what is over.

use prost::Message;
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};
use tidyward_kit::{Error, caller::District, db::Db};
use tidyward_proto::v1::Notice;
use uuid::Uuid;

use super::{instant, micros, statement, webhook::Lease};
use crate::delivery::{Delivery, DeliveryState};

const COLUMNS: &str =
    "d.notice, d.webhook, d.state, d.attempts, d.next_at, d.last_result, d.created_at, d.ended_at";
/// Deliveries of a deleted webhook are on their way out and nobody's to see.
const SEEN: &str =
    "d.webhook IN (SELECT w.webhook FROM issue_webhook w WHERE w.district = ? AND w.deleted = 0)";

/// Which deliveries a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub state: Option<DeliveryState>,
    pub webhook: Option<String>,
}

/// Key of a list's row: when it was made, in microseconds, its notice and its webhook.
pub type Key = (i64, String, String);

/// At most so many deliveries that are due, the longest due first, with their notices.
pub async fn due(
    db: &Db,
    lease: &Lease,
    now: i64,
    most: usize,
) -> Result<Vec<(Delivery, Notice)>, Error> {
    let text = format!(
        "SELECT {COLUMNS}, n.body FROM issue_delivery d \
         JOIN issue_notice n ON n.district = d.district AND n.notice = d.notice \
         WHERE d.district = ? AND d.webhook = ? AND d.state = ? AND d.next_at <= ? \
         ORDER BY d.next_at, d.notice LIMIT ?"
    );
    let values = vec![
        lease.district.id().into(),
        lease.webhook.to_string().into(),
        (DeliveryState::Waiting as i32).into(),
        now.into(),
        (most as i64).into(),
    ];
    let select = statement(db.read().get_database_backend(), &text, values);
    let rows = db.read().query_all_raw(select).await?;
    rows.iter()
        .map(|row| {
            let body: Vec<u8> = row.try_get_by_index(8)?;
            let notice = Notice::decode(body.as_slice()).map_err(Error::internal)?;
            Ok((read(row)?, notice))
        })
        .collect()
}

/// Writes what became of a delivery that had made so many attempts; says whether it was still so.
pub async fn update(
    transaction: &DatabaseTransaction,
    district: &District,
    delivery: &Delivery,
    (state, attempts): (DeliveryState, i32),
) -> Result<bool, Error> {
    let text = "UPDATE issue_delivery SET state = ?, attempts = ?, next_at = ?, last_result = ?, ended_at = ? \
                WHERE district = ? AND notice = ? AND webhook = ? AND state = ? AND attempts = ?";
    let values = vec![
        (delivery.state as i32).into(),
        delivery.attempts.into(),
        micros(delivery.next_at).into(),
        delivery.last_result.clone().into(),
        micros(delivery.ended_at).into(),
        district.id().into(),
        delivery.notice.to_string().into(),
        delivery.webhook.to_string().into(),
        (state as i32).into(),
        attempts.into(),
    ];
    let update = statement(transaction.get_database_backend(), text, values);
    Ok(transaction.execute_raw(update).await?.rows_affected() == 1)
}

pub async fn find(
    db: &impl ConnectionTrait,
    district: &District,
    (notice, webhook): (Uuid, Uuid),
) -> Result<Option<Delivery>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM issue_delivery d WHERE d.district = ? AND d.notice = ? AND d.webhook = ? AND {SEEN}"
    );
    let values = vec![
        district.id().into(),
        notice.to_string().into(),
        webhook.to_string().into(),
        district.id().into(),
    ];
    let select = statement(db.get_database_backend(), &text, values);
    db.query_one_raw(select)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// At most so many, the latest first, behind the key.
pub async fn list(
    db: &Db,
    district: &District,
    filter: &Filter,
    after: Option<Key>,
    most: usize,
) -> Result<Vec<Delivery>, Error> {
    let mut text =
        format!("SELECT {COLUMNS} FROM issue_delivery d WHERE d.district = ? AND {SEEN}");
    let mut values: Vec<Value> = vec![district.id().into(), district.id().into()];
    if let Some(state) = filter.state {
        text.push_str(" AND d.state = ?");
        values.push((state as i32).into());
    }
    if let Some(webhook) = &filter.webhook {
        text.push_str(" AND d.webhook = ?");
        values.push(webhook.clone().into());
    }
    if let Some((created_at, notice, webhook)) = after {
        text.push_str(" AND (d.created_at, d.notice, d.webhook) < (?, ?, ?)");
        values.extend([created_at.into(), notice.into(), webhook.into()]);
    }
    text.push_str(" ORDER BY d.created_at DESC, d.notice DESC, d.webhook DESC LIMIT ?");
    values.push((most as i64).into());
    let select = statement(db.read().get_database_backend(), &text, values);
    db.read()
        .query_all_raw(select)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Deletes, in every district, at most so many deliveries that arrived and were made before the moment (microseconds), and
/// as many of each webhook that was deleted, which goes when it has none left. Gives how many rows went.
pub async fn sweep(db: &Db, before: i64, most: usize) -> Result<u64, Error> {
    db.write(move |transaction| {
        Box::pin(async move {
            let mut gone = 0;
            for (district, deleted) in webhooks(transaction).await? {
                gone += match deleted {
                    Some(webhook) => sweep_deleted(transaction, district, webhook, most).await?,
                    None => sweep_delivered(transaction, district, before, most).await?,
                };
            }
            Ok(gone)
        })
    })
    .await
}

/// Each district that has webhooks, and then each webhook that was deleted.
async fn webhooks(
    transaction: &DatabaseTransaction,
) -> Result<Vec<(String, Option<String>)>, Error> {
    let backend = transaction.get_database_backend();
    let text = "SELECT DISTINCT district, CAST(NULL AS TEXT) FROM issue_webhook WHERE deleted = 0 \
                UNION ALL SELECT district, webhook FROM issue_webhook WHERE deleted = 1";
    let rows = transaction
        .query_all_raw(statement(backend, text, Vec::new()))
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .collect()
}

async fn sweep_delivered(
    transaction: &DatabaseTransaction,
    district: String,
    before: i64,
    most: usize,
) -> Result<u64, Error> {
    let text = "DELETE FROM issue_delivery WHERE district = ? AND (notice, webhook) IN \
                (SELECT notice, webhook FROM issue_delivery WHERE district = ? AND state = ? \
                AND created_at < ? ORDER BY created_at LIMIT ?)";
    let values = vec![
        district.clone().into(),
        district.into(),
        (DeliveryState::Delivered as i32).into(),
        before.into(),
        (most as i64).into(),
    ];
    let delete = statement(transaction.get_database_backend(), text, values);
    Ok(transaction.execute_raw(delete).await?.rows_affected())
}

async fn sweep_deleted(
    transaction: &DatabaseTransaction,
    district: String,
    webhook: String,
    most: usize,
) -> Result<u64, Error> {
    let backend = transaction.get_database_backend();
    let text = "DELETE FROM issue_delivery WHERE district = ? AND webhook = ? AND notice IN \
                (SELECT notice FROM issue_delivery WHERE district = ? AND webhook = ? LIMIT ?)";
    let values = vec![
        district.clone().into(),
        webhook.clone().into(),
        district.clone().into(),
        webhook.clone().into(),
        (most as i64).into(),
    ];
    let gone = transaction
        .execute_raw(statement(backend, text, values))
        .await?
        .rows_affected();
    if gone < most as u64 {
        let text = "DELETE FROM issue_webhook WHERE district = ? AND webhook = ? AND deleted = 1";
        let values = vec![district.into(), webhook.into()];
        transaction
            .execute_raw(statement(backend, text, values))
            .await?;
    }
    Ok(gone)
}

fn read(row: &QueryResult) -> Result<Delivery, Error> {
    let id = |index| -> Result<Uuid, Error> {
        let id: String = row.try_get_by_index(index)?;
        id.parse().map_err(Error::internal)
    };
    let time = |index| -> Result<_, Error> {
        let micros: Option<i64> = row.try_get_by_index(index)?;
        micros.map(instant).transpose()
    };
    let state: i32 = row.try_get_by_index(2)?;
    Ok(Delivery {
        notice: id(0)?,
        webhook: id(1)?,
        state: DeliveryState::try_from(state).map_err(Error::internal)?,
        attempts: row.try_get_by_index(3)?,
        next_at: time(4)?,
        last_result: row.try_get_by_index(5)?,
        created_at: instant(row.try_get_by_index(6)?)?,
        ended_at: time(7)?,
    })
}
