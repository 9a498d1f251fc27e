//! Posts. One takes its number, from the counter of the district's events, when it is published: at once, or by the sweep
//! that finds its moment come. So a post stands in the district's sequence where it became visible.

use jiff::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};
use tidyward_kit::{
    Error,
    caller::{Caller, District},
    db::Db,
};
use uuid::Uuid;

use super::{evidence, instant, ledger, micros, statement};
use crate::post::{Post, PostKind};

const COLUMNS: &str = "post, area, above1, above2, kind, text, author, created_at, visible_from, published_at, evidence, number";
const NUMBER: usize = 11;

/// Which posts a list is to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Which {
    /// In the area of the code and below it.
    pub area: Option<String>,
    pub kind: Option<PostKind>,
}

/// Writes the post; where it is published, under the next number. What it is shown by is kept from here on.
pub async fn insert(
    transaction: &DatabaseTransaction,
    district: &District,
    post: &Post,
) -> Result<(), Error> {
    let number = match post.published_at {
        Some(_) => Some(ledger::advance(transaction, district, 1).await?),
        None => None,
    };
    evidence::insert_shown(transaction, district, post.id, &post.evidence).await?;
    let shown = post.evidence.join(" ");
    let text = format!(
        "INSERT INTO issue_post (district, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    let values = vec![
        district.id().into(),
        post.id.to_string().into(),
        post.area.clone().into(),
        post.ancestors.first().cloned().into(),
        post.ancestors.get(1).cloned().into(),
        (post.kind as i32).into(),
        post.text.clone().into(),
        post.author.clone().into(),
        post.created_at.as_microsecond().into(),
        post.visible_from.as_microsecond().into(),
        micros(post.published_at).into(),
        (!shown.is_empty()).then_some(shown).into(),
        number.into(),
    ];
    let insert = statement(transaction.get_database_backend(), &text, values);
    transaction.execute_raw(insert).await?;
    Ok(())
}

/// Publishes at most so many of the posts, of every district, whose moment has come, and says how many.
pub async fn publish(db: &Db, now: Timestamp, most: usize) -> Result<usize, Error> {
    let due = due(db.read(), now, 1).await?;
    if due.is_empty() {
        return Ok(0);
    }
    db.write(move |transaction| {
        Box::pin(async move {
            // Whoever writes is alone: none of these has been published meanwhile, nor will be by somebody else.
            let due = self::due(transaction, now, most).await?;
            for (district, post) in &due {
                let number = ledger::advance(transaction, district, 1).await?;
                let text = "UPDATE issue_post SET number = ?, published_at = ? WHERE district = ? AND post = ?";
                let values = vec![
                    number.into(),
                    now.as_microsecond().into(),
                    district.id().into(),
                    post.clone().into(),
                ];
                let update = statement(transaction.get_database_backend(), text, values);
                transaction.execute_raw(update).await?;
            }
            Ok(due.len())
        })
    })
    .await
}

async fn due(
    connection: &impl ConnectionTrait,
    now: Timestamp,
    most: usize,
) -> Result<Vec<(District, String)>, Error> {
    let text = "SELECT district, post FROM issue_post WHERE number IS NULL AND visible_from <= ? \
                ORDER BY visible_from, district, post LIMIT ?";
    let values = vec![now.as_microsecond().into(), (most as i64).into()];
    let select = statement(connection.get_database_backend(), text, values);
    let rows = connection.query_all_raw(select).await?;
    rows.iter()
        .map(|row| {
            let district: String = row.try_get_by_index(0)?;
            Ok((District::of_server(&district), row.try_get_by_index(1)?))
        })
        .collect()
}

pub async fn find(db: &Db, district: &District, id: Uuid) -> Result<Option<Post>, Error> {
    let text = format!("SELECT {COLUMNS} FROM issue_post WHERE district = ? AND post = ?");
    let values = vec![district.id().into(), id.to_string().into()];
    let select = statement(db.read().get_database_backend(), &text, values);
    let row = db.read().query_one_raw(select).await?;
    row.as_ref().map(read).transpose()
}

/// At most so many published posts that the caller sees, with their numbers, the latest first, from before the number.
pub async fn list(
    db: &Db,
    district: &District,
    caller: &Caller,
    which: &Which,
    before: Option<i64>,
    most: usize,
) -> Result<Vec<(i64, Post)>, Error> {
    let mut text = format!("SELECT {COLUMNS} FROM issue_post WHERE district = ? AND number < ?");
    let mut values: Vec<Value> = vec![district.id().into(), before.unwrap_or(i64::MAX).into()];
    if let Some(area) = &which.area {
        text.push_str(" AND (area = ? OR above1 = ? OR above2 = ?)");
        values.extend([(); 3].map(|()| area.clone().into()));
    }
    if let Some(kind) = which.kind {
        text.push_str(" AND kind = ?");
        values.push((kind as i32).into());
    }
    if !caller.areas.is_empty() {
        let codes = vec!["?"; caller.areas.len()].join(", ");
        text.push_str(&format!(
            " AND (author = ? OR area IN ({codes}) OR above1 IN ({codes}) OR above2 IN ({codes}))"
        ));
        values.push(caller.subject.clone().into());
        let areas = caller.areas.iter().cloned().map(Value::from);
        values.extend(areas.clone().chain(areas.clone()).chain(areas));
    }
    text.push_str(" ORDER BY number DESC LIMIT ?");
    values.push((most as i64).into());
    numbered(db, &text, values).await
}

/// At most so many that are shown by the evidence, behind the one.
pub async fn showing(
    db: &Db,
    district: &District,
    sha256: &str,
    after: Uuid,
    most: usize,
) -> Result<Vec<Post>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM issue_post WHERE district = ? AND post IN (SELECT post FROM issue_evidence_post \
         WHERE district = ? AND sha256 = ? AND post > ?) ORDER BY post LIMIT ?"
    );
    let values = vec![
        district.id().into(),
        district.id().into(),
        sha256.into(),
        after.to_string().into(),
        (most as i64).into(),
    ];
    let select = statement(db.read().get_database_backend(), &text, values);
    let rows = db.read().query_all_raw(select).await?;
    rows.iter().map(read).collect()
}

/// Those published under a number behind the one and up to the other, in order.
pub async fn between(
    db: &Db,
    district: &District,
    after: i64,
    upto: i64,
) -> Result<Vec<(i64, Post)>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM issue_post WHERE district = ? AND number > ? AND number <= ? ORDER BY number"
    );
    let values = vec![district.id().into(), after.into(), upto.into()];
    numbered(db, &text, values).await
}

async fn numbered(db: &Db, text: &str, values: Vec<Value>) -> Result<Vec<(i64, Post)>, Error> {
    let select = statement(db.read().get_database_backend(), text, values);
    let rows = db.read().query_all_raw(select).await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(NUMBER)?, read(row)?)))
        .collect()
}

fn read(row: &QueryResult) -> Result<Post, Error> {
    let id: String = row.try_get_by_index(0)?;
    let above: [Option<String>; 2] = [row.try_get_by_index(2)?, row.try_get_by_index(3)?];
    let published: Option<i64> = row.try_get_by_index(9)?;
    let shown: Option<String> = row.try_get_by_index(10)?;
    let shown = shown.unwrap_or_default();
    Ok(Post {
        id: id.parse().map_err(Error::internal)?,
        area: row.try_get_by_index(1)?,
        ancestors: above.into_iter().flatten().collect(),
        kind: PostKind::try_from(row.try_get_by_index::<i32>(4)?).map_err(Error::internal)?,
        text: row.try_get_by_index(5)?,
        author: row.try_get_by_index(6)?,
        created_at: instant(row.try_get_by_index(7)?)?,
        visible_from: instant(row.try_get_by_index(8)?)?,
        published_at: published.map(instant).transpose()?,
        evidence: shown.split_whitespace().map(str::to_owned).collect(),
    })
}
