//! The keys whose signatures on rules are good.

use sea_orm::{ConnectionTrait, QueryResult, Value};
use tidyward_kit::{Error, caller::District};

use super::{all, digest, one, run};
use crate::signature::{Key, fingerprint};

/// Every key of the district, the oldest first.
pub async fn list(db: &impl ConnectionTrait, district: &District) -> Result<Vec<Key>, Error> {
    let text = "SELECT public, title, created_at, retired_at FROM rule_key WHERE district = ? ORDER BY created_at, fingerprint";
    let rows = all(db, text, vec![district.id().into()]).await?;
    rows.iter().map(read).collect()
}

pub async fn find(
    db: &impl ConnectionTrait,
    district: &District,
    fingerprint: &str,
) -> Result<Option<Key>, Error> {
    let text = "SELECT public, title, created_at, retired_at FROM rule_key WHERE district = ? AND fingerprint = ?";
    let row = one(db, text, vec![district.id().into(), fingerprint.into()]).await?;
    row.map(|row| read(&row)).transpose()
}

pub async fn insert(
    db: &impl ConnectionTrait,
    district: &District,
    key: &Key,
) -> Result<(), Error> {
    let text = "INSERT INTO rule_key (district, fingerprint, public, title, created_at) VALUES (?, ?, ?, ?, ?)";
    let values: Vec<Value> = vec![
        district.id().into(),
        fingerprint(&key.public).into(),
        key.public.to_vec().into(),
        key.title.clone().into(),
        key.created_at.into(),
    ];
    run(db, text, values).await?;
    Ok(())
}

pub async fn retire(
    db: &impl ConnectionTrait,
    district: &District,
    fingerprint: &str,
    now: i64,
) -> Result<(), Error> {
    let text = "UPDATE rule_key SET retired_at = ? WHERE district = ? AND fingerprint = ?";
    let values: Vec<Value> = vec![now.into(), district.id().into(), fingerprint.into()];
    run(db, text, values).await?;
    Ok(())
}

fn read(row: &QueryResult) -> Result<Key, Error> {
    let public = digest(row.try_get("", "public")?)?;
    Ok(Key {
        public: public.ok_or_else(|| Error::internal("a key is stored without its bytes"))?,
        title: row.try_get("", "title")?,
        created_at: row.try_get("", "created_at")?,
        retired_at: row.try_get("", "retired_at")?,
    })
}
