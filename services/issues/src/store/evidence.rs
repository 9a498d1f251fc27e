//! Evidence, who uploaded it and which events and posts use it. Its bytes are in the store of objects; the rows say when they may
//! be there and when they must not be missed:
//!
//! a row comes before the bytes, not yet ready, and is ready after them; a row that nothing uses goes, leaving a note, before
//! the bytes do, and while the note is there the same bytes do not come in again.

use std::collections::HashMap;

use jiff::Timestamp;
use prost::Message;
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};
use tidyward_kit::{
    Error, Reason,
    caller::District,
    db::{Db, uploads},
};
use uuid::Uuid;

use super::{places, statement};
use crate::evidence::{Evidence, Use};

/// Prefix of the tables of uploads.
pub const PREFIX: &str = "issue_evidence";

/// Evidence of a district by its SHA-256 in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub district: String,
    pub sha256: String,
}

async fn execute(
    transaction: &DatabaseTransaction,
    text: &str,
    values: Vec<Value>,
) -> Result<u64, Error> {
    let statement = statement(transaction.get_database_backend(), text, values);
    Ok(transaction.execute_raw(statement).await?.rows_affected())
}

async fn query(
    db: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<Vec<QueryResult>, Error> {
    let statement = statement(db.get_database_backend(), text, values);
    Ok(db.query_all_raw(statement).await?)
}

/// Says that the bytes are about to be written. From here on, for the grace time, they are not deleted.
pub async fn reserve(
    transaction: &DatabaseTransaction,
    district: &District,
    sha256: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let text = "SELECT 1 FROM issue_evidence_leaving WHERE district = ? AND sha256 = ?";
    let key = vec![district.id().into(), sha256.into()];
    if !query(transaction, text, key).await?.is_empty() {
        return Err(Error::unavailable(
            "the same bytes are being deleted at the moment",
        ));
    }
    let text = "INSERT INTO issue_evidence (district, sha256, ready, uses, touched_at, body) \
                VALUES (?, ?, 0, 0, ?, ?) \
                ON CONFLICT (district, sha256) DO UPDATE SET touched_at = excluded.touched_at";
    let values = vec![
        district.id().into(),
        sha256.into(),
        now.as_microsecond().into(),
        Vec::<u8>::new().into(),
    ];
    execute(transaction, text, values).await.map(drop)
}

/// The bytes are there: the evidence is ready, the caller one of its uploaders, and the upload gone. Gives the evidence as it
/// came first.
pub async fn finish(
    transaction: &DatabaseTransaction,
    district: &District,
    sha256: &str,
    evidence: &Evidence,
    subject: &str,
    upload: &str,
) -> Result<Evidence, Error> {
    if !uploads::remove(transaction, PREFIX, district.id(), upload).await? {
        return Err(Error::not_found(district.child("uploads", upload)));
    }
    let text = "UPDATE issue_evidence SET ready = 1, body = ? \
                WHERE district = ? AND sha256 = ? AND ready = 0";
    let values = vec![
        evidence.encode_to_vec().into(),
        district.id().into(),
        sha256.into(),
    ];
    execute(transaction, text, values).await?;
    let text = "INSERT INTO issue_evidence_uploader (district, sha256, subject) VALUES (?, ?, ?) \
                ON CONFLICT (district, sha256, subject) DO NOTHING";
    let values = vec![district.id().into(), sha256.into(), subject.into()];
    execute(transaction, text, values).await?;
    let mut there = read(transaction, district, &[sha256.to_owned()]).await?;
    // It took longer than the grace time.
    let gone = || Error::unavailable("the row was deleted while the bytes were written");
    there.remove(sha256).ok_or_else(gone)
}

/// Those that are ready, by SHA-256.
pub async fn read(
    db: &impl ConnectionTrait,
    district: &District,
    sha256s: &[String],
) -> Result<HashMap<String, Evidence>, Error> {
    if sha256s.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!(
        "SELECT sha256, body FROM issue_evidence WHERE district = ? AND ready = 1 AND sha256 IN {}",
        places(1, sha256s.len())
    );
    let mut values: Vec<Value> = vec![district.id().into()];
    values.extend(sha256s.iter().map(|sha256| Value::from(sha256.as_str())));
    let rows = query(db, &text, values).await?;
    let rows = rows.iter().map(|row| {
        let body: Vec<u8> = row.try_get_by_index(1)?;
        let evidence = Evidence::decode(body.as_slice()).map_err(Error::internal)?;
        Ok((row.try_get_by_index(0)?, evidence))
    });
    rows.collect()
}

pub async fn is_uploader(
    db: &Db,
    district: &District,
    sha256: &str,
    subject: &str,
) -> Result<bool, Error> {
    let text =
        "SELECT 1 FROM issue_evidence_uploader WHERE district = ? AND sha256 = ? AND subject = ?";
    let values = vec![district.id().into(), sha256.into(), subject.into()];
    Ok(!query(db.read(), text, values).await?.is_empty())
}

/// At most so many issues that use it, behind the one.
pub async fn issues_using(
    db: &Db,
    district: &District,
    sha256: &str,
    after: Uuid,
    most: usize,
) -> Result<Vec<Uuid>, Error> {
    let text = "SELECT DISTINCT issue FROM issue_evidence_use \
                WHERE district = ? AND sha256 = ? AND issue > ? ORDER BY issue LIMIT ?";
    let values = vec![
        district.id().into(),
        sha256.into(),
        after.to_string().into(),
        (most as i64).into(),
    ];
    let rows = query(db.read(), text, values).await?;
    let rows = rows.iter().map(|row| {
        let issue: String = row.try_get_by_index(0)?;
        issue.parse().map_err(Error::internal)
    });
    rows.collect()
}

/// Notes that an event uses evidence, which is kept from here on. Refuses where it has gone since it was looked at.
pub async fn insert_uses(
    transaction: &DatabaseTransaction,
    district: &District,
    issue: Uuid,
    sequence: i32,
    uses: impl Iterator<Item = &Use>,
) -> Result<(), Error> {
    for used in uses {
        let sha256 = used.evidence.rsplit('/').next().unwrap_or_default();
        raise(transaction, district, sha256).await?;
        let text = "INSERT INTO issue_evidence_use (district, sha256, issue, sequence, kind) \
                    VALUES (?, ?, ?, ?, ?)";
        let values = vec![
            district.id().into(),
            sha256.into(),
            issue.to_string().into(),
            sequence.into(),
            used.kind.into(),
        ];
        execute(transaction, text, values).await?;
    }
    Ok(())
}

/// Notes that a post uses evidence, in the same way.
pub async fn insert_shown(
    transaction: &DatabaseTransaction,
    district: &District,
    post: Uuid,
    sha256s: &[String],
) -> Result<(), Error> {
    for sha256 in sha256s {
        raise(transaction, district, sha256).await?;
        let text = "INSERT INTO issue_evidence_post (district, sha256, post) VALUES (?, ?, ?)";
        let values = vec![
            district.id().into(),
            sha256.clone().into(),
            post.to_string().into(),
        ];
        execute(transaction, text, values).await?;
    }
    Ok(())
}

/// One use more.
async fn raise(
    transaction: &DatabaseTransaction,
    district: &District,
    sha256: &str,
) -> Result<(), Error> {
    let text = "UPDATE issue_evidence SET uses = uses + 1 \
                WHERE district = ? AND sha256 = ? AND ready = 1";
    let key = vec![district.id().into(), sha256.into()];
    if execute(transaction, text, key).await? == 0 {
        let words = "the evidence was removed meanwhile; upload it again";
        return Err(Error::new(Reason::ChangedMeanwhile, words));
    }
    Ok(())
}

/// At most so many of every district that nothing uses and nobody has touched since.
pub async fn unused(db: &Db, since: Timestamp, most: usize) -> Result<Vec<Key>, Error> {
    let text = "SELECT district, sha256 FROM issue_evidence WHERE uses = 0 AND touched_at <= ? \
                ORDER BY touched_at LIMIT ?";
    let values = vec![since.as_microsecond().into(), (most as i64).into()];
    keys(db, text, values).await
}

/// Deletes the row, if still nothing uses it, and notes that its bytes are to go; the caller has them until then. Says
/// whether it did.
pub async fn dismiss(
    transaction: &DatabaseTransaction,
    key: &Key,
    since: Timestamp,
    claimed_until: Timestamp,
) -> Result<bool, Error> {
    let named = || vec![key.district.clone().into(), key.sha256.clone().into()];
    let text = "DELETE FROM issue_evidence \
                WHERE district = ? AND sha256 = ? AND uses = 0 AND touched_at <= ?";
    let mut values: Vec<Value> = named();
    values.push(since.as_microsecond().into());
    if execute(transaction, text, values).await? == 0 {
        return Ok(false);
    }
    let text = "DELETE FROM issue_evidence_uploader WHERE district = ? AND sha256 = ?";
    execute(transaction, text, named()).await?;
    let text =
        "INSERT INTO issue_evidence_leaving (district, sha256, claimed_until) VALUES (?, ?, ?)";
    let mut values: Vec<Value> = named();
    values.push(claimed_until.as_microsecond().into());
    execute(transaction, text, values).await?;
    Ok(true)
}

/// At most so many whose bytes are to go and that nobody has: whoever had them failed or was stopped.
pub async fn leaving(db: &Db, now: Timestamp, most: usize) -> Result<Vec<Key>, Error> {
    let text = "SELECT district, sha256 FROM issue_evidence_leaving WHERE claimed_until <= ? \
                ORDER BY claimed_until LIMIT ?";
    let values = vec![now.as_microsecond().into(), (most as i64).into()];
    keys(db, text, values).await
}

/// The caller deletes the bytes alone until then. Says whether nobody else does.
pub async fn claim(
    transaction: &DatabaseTransaction,
    key: &Key,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, Error> {
    let text = "UPDATE issue_evidence_leaving SET claimed_until = ? \
                WHERE district = ? AND sha256 = ? AND claimed_until <= ?";
    let values = vec![
        until.as_microsecond().into(),
        key.district.clone().into(),
        key.sha256.clone().into(),
        now.as_microsecond().into(),
    ];
    Ok(execute(transaction, text, values).await? == 1)
}

/// The bytes are gone.
pub async fn left(transaction: &DatabaseTransaction, key: &Key) -> Result<(), Error> {
    let text = "DELETE FROM issue_evidence_leaving WHERE district = ? AND sha256 = ?";
    let values = vec![key.district.clone().into(), key.sha256.clone().into()];
    execute(transaction, text, values).await.map(drop)
}

async fn keys(db: &Db, text: &str, values: Vec<Value>) -> Result<Vec<Key>, Error> {
    let rows = query(db.read(), text, values).await?;
    let rows = rows.iter().map(|row| {
        Ok(Key {
            district: row.try_get_by_index(0)?,
            sha256: row.try_get_by_index(1)?,
        })
    });
    rows.collect()
}
