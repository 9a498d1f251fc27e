//! The table of answered requests: what makes a repeated call give the first answer again.

use std::collections::HashMap;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, Value,
    sea_query::{Alias, Expr, IndexCreateStatement, Query, Table, TableCreateStatement},
};

use super::{
    schema::{big, bytes, index, key, name, text},
    sql::{places, portions, statement},
};
use crate::error::Error;

/// Requests of one statement at most.
const MOST_ROWS: usize = 64;

/// The table of a service: `grid` has `grid_request`.
pub fn table(prefix: &str) -> TableCreateStatement {
    Table::create()
        .table(name(format!("{prefix}_request")))
        .col(text("district"))
        .col(text("subject"))
        .col(text("method"))
        .col(text("request_id"))
        .col(bytes("body_sha256"))
        .col(bytes("answer"))
        .col(big("answered_at"))
        .primary_key(&mut key(&["district", "subject", "method", "request_id"]))
        .to_owned()
}

/// The index by which old answers are found, of the table of a service.
pub fn by_time(prefix: &str) -> IndexCreateStatement {
    let table = format!("{prefix}_request");
    index(
        &format!("{table}_by_time"),
        &table,
        &["district", "answered_at"],
    )
}

/// Whose request it is, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    pub district: String,
    pub subject: String,
    pub method: &'static str,
    pub request_id: String,
}

/// The digest of the body and the answer, where the request was answered since the instant (microseconds).
pub async fn find(
    db: &impl ConnectionTrait,
    prefix: &str,
    key: &RequestKey,
    since: i64,
) -> Result<Option<(Vec<u8>, Vec<u8>)>, Error> {
    let select = Query::select()
        .columns(["body_sha256", "answer", "answered_at"].map(Alias::new))
        .from(Alias::new(format!("{prefix}_request")))
        .and_where(Expr::col(Alias::new("district")).eq(&key.district))
        .and_where(Expr::col(Alias::new("subject")).eq(&key.subject))
        .and_where(Expr::col(Alias::new("method")).eq(key.method))
        .and_where(Expr::col(Alias::new("request_id")).eq(&key.request_id))
        .to_owned();
    let Some(row) = db.query_one(&select).await? else {
        return Ok(None);
    };
    // Looked at here: a condition on it would tempt a database to read all that were answered since.
    let answered_at: i64 = row.try_get("", "answered_at")?;
    if answered_at < since {
        return Ok(None);
    }
    Ok(Some((
        row.try_get("", "body_sha256")?,
        row.try_get("", "answer")?,
    )))
}

/// The same for each of the keys, which are all of one district and method: an answer's place is that of its key.
pub async fn find_all(
    db: &impl ConnectionTrait,
    prefix: &str,
    keys: &[&RequestKey],
    since: i64,
) -> Result<Vec<Option<(Vec<u8>, Vec<u8>)>>, Error> {
    let part = format!(
        "SELECT subject, request_id, body_sha256, answer, answered_at FROM {prefix}_request \
         WHERE district = ? AND subject = ? AND method = ? AND request_id = ?"
    );
    let mut found = HashMap::new();
    for keys in portions(keys, MOST_ROWS) {
        let text = vec![part.as_str(); keys.len()].join(" UNION ALL ");
        let values = keys.iter().flat_map(|key| -> [Value; 4] {
            [
                key.district.clone().into(),
                key.subject.clone().into(),
                key.method.into(),
                key.request_id.clone().into(),
            ]
        });
        let select = statement(db.get_database_backend(), &text, values.collect());
        for row in db.query_all_raw(select).await? {
            let answered_at: i64 = row.try_get_by_index(4)?;
            if answered_at < since {
                continue;
            }
            let key: (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            found.insert(key, (row.try_get_by_index(2)?, row.try_get_by_index(3)?));
        }
    }
    let answers = keys.iter().map(|key| {
        let key = (key.subject.clone(), key.request_id.clone());
        found.get(&key).cloned()
    });
    Ok(answers.collect())
}

/// What a request was answered with.
pub struct Answered<'a> {
    pub key: &'a RequestKey,
    pub body: &'a [u8],
    pub answer: Vec<u8>,
    /// Microseconds.
    pub at: i64,
}

/// Keeps answers to requests of the district, and deletes those of it that are older than `since`.
pub async fn keep(
    transaction: &DatabaseTransaction,
    prefix: &str,
    district: &str,
    answers: &[Answered<'_>],
    since: i64,
) -> Result<(), Error> {
    let backend = transaction.get_database_backend();
    let text = format!("DELETE FROM {prefix}_request WHERE district = ? AND answered_at < ?");
    let delete = statement(backend, &text, vec![district.into(), since.into()]);
    transaction.execute_raw(delete).await?;
    for answers in portions(answers, MOST_ROWS) {
        let text = format!(
            "INSERT INTO {prefix}_request (district, subject, method, request_id, body_sha256, answer, answered_at) \
             VALUES {} ON CONFLICT DO NOTHING",
            places(answers.len(), 7)
        );
        let values = answers.iter().flat_map(|one| -> [Value; 7] {
            [
                one.key.district.clone().into(),
                one.key.subject.clone().into(),
                one.key.method.into(),
                one.key.request_id.clone().into(),
                one.body.to_vec().into(),
                one.answer.clone().into(),
                one.at.into(),
            ]
        });
        let insert = statement(backend, &text, values.collect());
        transaction.execute_raw(insert).await?;
    }
    Ok(())
}
