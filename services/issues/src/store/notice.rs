//! Notices and their deliveries, written with the event that they tell of.
//!
//! A delivery for each webhook that wants the kind of event is made in the same transaction. That reads the district's
//! webhooks, a handful of rows, and waits for nobody; so what was committed is always on its way, with no cursor that could
//! pass by a transaction that commits late. A paused webhook's deliveries are made too: they wait.

use prost::Message;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use tidyward_kit::{Error, caller::District, db::Db};
use tidyward_proto::v1::Notice;
use uuid::Uuid;

use super::{places, statement, write::insert_rows};
use crate::{delivery::DeliveryState, notice::NewNotice};

const NOTICE: [&str; 6] = [
    "district",
    "notice",
    "issue",
    "sequence",
    "created_at",
    "body",
];
const RECIPIENT: [&str; 5] = ["district", "recipient", "created_at", "sequence", "notice"];
const DELIVERY: [&str; 8] = [
    "district",
    "notice",
    "webhook",
    "state",
    "attempts",
    "next_at",
    "last_result",
    "created_at",
];

/// Which notices a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those for the subject.
    pub recipient: Option<String>,
    pub issue: Option<Uuid>,
    /// Only those of issues in these areas or below, or for the subject. Nothing is the whole district.
    pub within: Option<(Vec<String>, String)>,
}

/// Key of a list's row: when it was written, in microseconds, the event's number within its issue, and its id.
pub type Key = (i64, i32, String);

/// Writes the notices of events that the same transaction appends, and says whether a webhook waits for one.
pub async fn write(
    transaction: &DatabaseTransaction,
    district: &District,
    notices: &[NewNotice],
) -> Result<bool, Error> {
    if notices.is_empty() {
        return Ok(false);
    }
    let wanting = wanting(transaction, district).await?;
    let (mut bodies, mut recipients, mut deliveries) = (Vec::new(), Vec::new(), Vec::new());
    for notice in notices {
        let id = notice.id(district).to_string();
        let created_at = notice.created_at().as_microsecond();
        let sequence = notice.event.sequence;
        bodies.extend::<[Value; NOTICE.len()]>([
            district.id().into(),
            id.clone().into(),
            notice.issue.to_string().into(),
            sequence.into(),
            created_at.into(),
            notice.to_wire(district).encode_to_vec().into(),
        ]);
        for recipient in notice.told() {
            recipients.extend::<[Value; RECIPIENT.len()]>([
                district.id().into(),
                recipient.into(),
                created_at.into(),
                sequence.into(),
                id.clone().into(),
            ]);
        }
        let kind = notice.event.kind as i32;
        for (webhook, kinds) in &wanting {
            if !kinds.is_empty() && !kinds.contains(&kind) {
                continue;
            }
            deliveries.extend::<[Value; DELIVERY.len()]>([
                district.id().into(),
                id.clone().into(),
                webhook.clone().into(),
                (DeliveryState::Waiting as i32).into(),
                0.into(),
                created_at.into(),
                "".into(),
                created_at.into(),
            ]);
        }
    }
    let is_waited_for = !deliveries.is_empty();
    insert_rows(transaction, "issue_notice", &NOTICE, bodies).await?;
    insert_rows(
        transaction,
        "issue_notice_recipient",
        &RECIPIENT,
        recipients,
    )
    .await?;
    insert_rows(transaction, "issue_delivery", &DELIVERY, deliveries).await?;
    Ok(is_waited_for)
}

/// Each webhook of the district with the kinds that it wants; none is every kind.
async fn wanting(
    transaction: &DatabaseTransaction,
    district: &District,
) -> Result<Vec<(String, Vec<i32>)>, Error> {
    let text = "SELECT webhook, kinds FROM issue_webhook WHERE district = ? AND deleted = 0";
    let values = vec![district.id().into()];
    let select = statement(transaction.get_database_backend(), text, values);
    let rows = transaction.query_all_raw(select).await?;
    rows.iter()
        .map(|row| {
            let kinds: String = row.try_get_by_index(1)?;
            Ok((row.try_get_by_index(0)?, read_kinds(&kinds)?))
        })
        .collect()
}

/// Kinds as a webhook's row keeps them: numbers with commas between.
pub(super) fn read_kinds(text: &str) -> Result<Vec<i32>, Error> {
    let numbers = text.split(',').filter(|number| !number.is_empty());
    numbers
        .map(|number| number.parse().map_err(Error::internal))
        .collect()
}

/// At most so many notices with their keys, the latest first, behind the key.
pub async fn list(
    db: &Db,
    district: &District,
    filter: &Filter,
    after: Option<Key>,
    most: usize,
) -> Result<Vec<(Key, Notice)>, Error> {
    let mut text =
        "SELECT n.created_at, n.sequence, n.notice, n.body FROM issue_notice n".to_owned();
    let mut values: Vec<Value> = Vec::new();
    // The order is that of the table which the key is looked up in, so that a page costs what it holds.
    let mut by = "n";
    if let Some(recipient) = &filter.recipient {
        by = "r";
        text.push_str(
            " JOIN issue_notice_recipient r ON r.district = n.district AND r.notice = n.notice AND r.recipient = ?",
        );
        values.push(recipient.clone().into());
    }
    text.push_str(&format!(" WHERE {by}.district = ?"));
    values.push(district.id().into());
    if let Some(issue) = filter.issue {
        text.push_str(" AND n.issue = ?");
        values.push(issue.to_string().into());
    }
    if let Some((areas, subject)) = &filter.within {
        within(&mut text, &mut values, areas, subject);
    }
    if let Some((created_at, sequence, id)) = after {
        text.push_str(&format!(
            " AND ({by}.created_at, {by}.sequence, {by}.notice) < (?, ?, ?)"
        ));
        values.extend([created_at.into(), sequence.into(), id.into()]);
    }
    text.push_str(&format!(
        " ORDER BY {by}.created_at DESC, {by}.sequence DESC, {by}.notice DESC LIMIT ?"
    ));
    values.push((most as i64).into());
    let select = statement(db.read().get_database_backend(), &text, values);
    let rows = db.read().query_all_raw(select).await?;
    rows.iter()
        .map(|row| {
            let key = (
                row.try_get_by_index(0)?,
                row.try_get_by_index(1)?,
                row.try_get_by_index(2)?,
            );
            let body: Vec<u8> = row.try_get_by_index(3)?;
            Ok((
                key,
                Notice::decode(body.as_slice()).map_err(Error::internal)?,
            ))
        })
        .collect()
}

fn within(text: &mut String, values: &mut Vec<Value>, areas: &[String], subject: &str) {
    let codes = places(1, areas.len());
    text.push_str(&format!(
        " AND (EXISTS (SELECT 1 FROM issue i WHERE i.district = n.district AND i.issue = n.issue \
         AND (i.grid IN {codes} OR i.area1 IN {codes} OR i.area2 IN {codes})) \
         OR EXISTS (SELECT 1 FROM issue_notice_recipient o WHERE o.district = n.district AND o.recipient = ? \
         AND o.created_at = n.created_at AND o.sequence = n.sequence AND o.notice = n.notice))"
    ));
    for _ in 0..3 {
        values.extend(areas.iter().map(|area| Value::from(area.clone())));
    }
    values.push(subject.into());
}
