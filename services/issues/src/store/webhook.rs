//! Webhooks. Of each, one process at a time delivers: the one that holds its lease.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};
use tidyward_kit::{Error, caller::District, db::Db};
use tidyward_proto::v1::DeliveryState;
use uuid::Uuid;

use super::{instant, ledger, notice::read_kinds, statement};
use crate::webhook::Webhook;

const COLUMNS: &str = "webhook, url, display_name, kinds, paused, secret, created_at, revision";

/// The right to deliver to a webhook, alone, until a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub district: District,
    pub webhook: Uuid,
    pub url: String,
    pub secret: String,
    /// Microseconds.
    pub until: i64,
}

/// Writes it unless the district has so many; says whether it did.
pub async fn create(
    transaction: &DatabaseTransaction,
    district: &District,
    webhook: &Webhook,
    most: i64,
) -> Result<bool, Error> {
    // Whoever holds the ledger's row is alone with the district, so that the count holds until the commit.
    ledger::advance(transaction, district, 0).await?;
    let backend = transaction.get_database_backend();
    let text = "SELECT COUNT(*) FROM issue_webhook WHERE district = ? AND deleted = 0";
    let count = statement(backend, text, vec![district.id().into()]);
    let row = transaction.query_one_raw(count).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    if count >= most {
        return Ok(false);
    }
    let text = "INSERT INTO issue_webhook (district, webhook, url, display_name, kinds, paused, secret, created_at, \
                revision, deleted, claimed_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)";
    let values = vec![
        district.id().into(),
        webhook.id.to_string().into(),
        webhook.url.clone().into(),
        webhook.display_name.clone().into(),
        written(&webhook.kinds).into(),
        i32::from(webhook.paused).into(),
        webhook.secret.clone().into(),
        webhook.created_at.as_microsecond().into(),
        webhook.revision.into(),
    ];
    transaction
        .execute_raw(statement(backend, text, values))
        .await?;
    Ok(true)
}

pub async fn find(
    db: &impl ConnectionTrait,
    district: &District,
    id: Uuid,
) -> Result<Option<Webhook>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM issue_webhook WHERE district = ? AND webhook = ? AND deleted = 0"
    );
    let values = vec![district.id().into(), id.to_string().into()];
    let select = statement(db.get_database_backend(), &text, values);
    db.query_one_raw(select)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// At most so many, the latest made first, behind the one of the time (microseconds) and id.
pub async fn list(
    db: &Db,
    district: &District,
    after: Option<(i64, String)>,
    most: usize,
) -> Result<Vec<Webhook>, Error> {
    let mut text =
        format!("SELECT {COLUMNS} FROM issue_webhook WHERE district = ? AND deleted = 0");
    let mut values: Vec<Value> = vec![district.id().into()];
    if let Some((created_at, id)) = after {
        text.push_str(" AND (created_at, webhook) < (?, ?)");
        values.extend([created_at.into(), id.into()]);
    }
    text.push_str(" ORDER BY created_at DESC, webhook DESC LIMIT ?");
    values.push((most as i64).into());
    let select = statement(db.read().get_database_backend(), &text, values);
    db.read()
        .query_all_raw(select)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Writes what can be changed, over the revision before; says whether that was still there.
pub async fn update(
    transaction: &DatabaseTransaction,
    district: &District,
    webhook: &Webhook,
) -> Result<bool, Error> {
    let text = "UPDATE issue_webhook SET url = ?, display_name = ?, kinds = ?, paused = ?, revision = ? \
                WHERE district = ? AND webhook = ? AND deleted = 0 AND revision = ?";
    let values = vec![
        webhook.url.clone().into(),
        webhook.display_name.clone().into(),
        written(&webhook.kinds).into(),
        i32::from(webhook.paused).into(),
        webhook.revision.into(),
        district.id().into(),
        webhook.id.to_string().into(),
        (webhook.revision - 1).into(),
    ];
    let update = statement(transaction.get_database_backend(), text, values);
    Ok(transaction.execute_raw(update).await?.rows_affected() == 1)
}

/// Hides it from everybody and forgets its secret; `sweep` of deliveries takes the rest away. Says whether it was there.
pub async fn delete(
    transaction: &DatabaseTransaction,
    district: &District,
    id: Uuid,
) -> Result<bool, Error> {
    let text = "UPDATE issue_webhook SET deleted = 1, secret = '', url = '', display_name = '' \
                WHERE district = ? AND webhook = ? AND deleted = 0";
    let values = vec![district.id().into(), id.to_string().into()];
    let update = statement(transaction.get_database_backend(), text, values);
    Ok(transaction.execute_raw(update).await?.rows_affected() == 1)
}

/// Pauses it, unless it has been sent elsewhere since.
pub async fn pause(transaction: &DatabaseTransaction, lease: &Lease) -> Result<(), Error> {
    let text = "UPDATE issue_webhook SET paused = 1, revision = revision + 1 \
                WHERE district = ? AND webhook = ? AND url = ? AND paused = 0";
    let values = vec![
        lease.district.id().into(),
        lease.webhook.to_string().into(),
        lease.url.clone().into(),
    ];
    let update = statement(transaction.get_database_backend(), text, values);
    transaction.execute_raw(update).await?;
    Ok(())
}

/// Takes leases, at most so many, of webhooks to which something is due and which nobody holds; those that waited longest
/// first. Where nothing is due, nothing is written.
pub async fn lease(db: &Db, now: i64, until: i64, most: usize) -> Result<Vec<Lease>, Error> {
    let due = due(db, now, most).await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    db.write(move |transaction| {
        let due = due.clone();
        Box::pin(async move {
            let mut leases = Vec::with_capacity(due.len());
            for (district, webhook) in due {
                leases.extend(take(transaction, district, webhook, now, until).await?);
            }
            Ok(leases)
        })
    })
    .await
}

async fn due(db: &Db, now: i64, most: usize) -> Result<Vec<(String, Uuid)>, Error> {
    let text = "SELECT w.district, w.webhook FROM issue_webhook w \
                WHERE w.deleted = 0 AND w.paused = 0 AND w.claimed_until <= ? AND EXISTS \
                (SELECT 1 FROM issue_delivery d WHERE d.district = w.district AND d.webhook = w.webhook \
                AND d.state = ? AND d.next_at <= ?) ORDER BY w.claimed_until, w.district, w.webhook LIMIT ?";
    let values = vec![
        now.into(),
        (DeliveryState::Waiting as i32).into(),
        now.into(),
        (most as i64).into(),
    ];
    let select = statement(db.read().get_database_backend(), text, values);
    let rows = db.read().query_all_raw(select).await?;
    rows.iter()
        .map(|row| {
            let webhook: String = row.try_get_by_index(1)?;
            Ok((
                row.try_get_by_index(0)?,
                webhook.parse().map_err(Error::internal)?,
            ))
        })
        .collect()
}

/// Nothing where another process was first.
async fn take(
    transaction: &DatabaseTransaction,
    district: String,
    webhook: Uuid,
    now: i64,
    until: i64,
) -> Result<Option<Lease>, Error> {
    let text = "UPDATE issue_webhook SET claimed_until = ? WHERE district = ? AND webhook = ? \
                AND deleted = 0 AND paused = 0 AND claimed_until <= ? RETURNING url, secret";
    let values = vec![
        until.into(),
        district.clone().into(),
        webhook.to_string().into(),
        now.into(),
    ];
    let update = statement(transaction.get_database_backend(), text, values);
    let row = transaction.query_one_raw(update).await?;
    row.map(|row| {
        Ok(Lease {
            district: District::of_server(&district),
            webhook,
            url: row.try_get_by_index(0)?,
            secret: row.try_get_by_index(1)?,
            until,
        })
    })
    .transpose()
}

/// Gives a lease back, unless it ran out and another process has it.
pub async fn release(
    transaction: &DatabaseTransaction,
    lease: &Lease,
    now: i64,
) -> Result<(), Error> {
    let text = "UPDATE issue_webhook SET claimed_until = ? \
                WHERE district = ? AND webhook = ? AND claimed_until = ?";
    let values = vec![
        now.into(),
        lease.district.id().into(),
        lease.webhook.to_string().into(),
        lease.until.into(),
    ];
    let update = statement(transaction.get_database_backend(), text, values);
    transaction.execute_raw(update).await?;
    Ok(())
}

fn written(kinds: &BTreeSet<i32>) -> String {
    let numbers: Vec<String> = kinds.iter().map(i32::to_string).collect();
    numbers.join(",")
}

fn read(row: &QueryResult) -> Result<Webhook, Error> {
    let id: String = row.try_get_by_index(0)?;
    let kinds: String = row.try_get_by_index(3)?;
    Ok(Webhook {
        id: id.parse().map_err(Error::internal)?,
        url: row.try_get_by_index(1)?,
        display_name: row.try_get_by_index(2)?,
        kinds: read_kinds(&kinds)?.into_iter().collect(),
        paused: row.try_get_by_index::<i32>(4)? != 0,
        secret: row.try_get_by_index(5)?,
        created_at: instant(row.try_get_by_index(6)?)?,
        revision: row.try_get_by_index(7)?,
    })
}
