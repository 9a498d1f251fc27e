//! The table of answered requests: what makes a repeated call give the first answer again.

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, Order,
    sea_query::{Alias, Expr, OnConflict, Query, Table, TableCreateStatement},
};

use super::schema::{big, bytes, key, name, text};
use crate::error::Error;

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

/// Whose request it is, and which.
#[derive(Clone, Debug)]
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
        .columns(["body_sha256", "answer"].map(Alias::new))
        .from(Alias::new(format!("{prefix}_request")))
        .and_where(Expr::col(Alias::new("district")).eq(&key.district))
        .and_where(Expr::col(Alias::new("subject")).eq(&key.subject))
        .and_where(Expr::col(Alias::new("method")).eq(key.method))
        .and_where(Expr::col(Alias::new("request_id")).eq(&key.request_id))
        .and_where(Expr::col(Alias::new("answered_at")).gte(since))
        .order_by(Alias::new("answered_at"), Order::Desc)
        .limit(1)
        .to_owned();
    let row = db.query_one(&select).await?;
    row.map(|row| Ok((row.try_get("", "body_sha256")?, row.try_get("", "answer")?)))
        .transpose()
}

/// Keeps an answer, and deletes those of the district that are older than `since`.
pub async fn keep(
    transaction: &DatabaseTransaction,
    prefix: &str,
    key: &RequestKey,
    body: Vec<u8>,
    answer: Vec<u8>,
    (since, now): (i64, i64),
) -> Result<(), Error> {
    let table = Alias::new(format!("{prefix}_request"));
    let old = Query::delete()
        .from_table(table.clone())
        .and_where(Expr::col(Alias::new("district")).eq(&key.district))
        .and_where(Expr::col(Alias::new("answered_at")).lt(since))
        .to_owned();
    transaction.execute(&old).await?;
    let columns = [
        "district",
        "subject",
        "method",
        "request_id",
        "body_sha256",
        "answer",
        "answered_at",
    ];
    let insert = Query::insert()
        .into_table(table)
        .columns(columns.map(Alias::new))
        .values_panic([
            key.district.clone().into(),
            key.subject.clone().into(),
            key.method.into(),
            key.request_id.clone().into(),
            body.into(),
            answer.into(),
            now.into(),
        ])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .to_owned();
    transaction.execute(&insert).await?;
    Ok(())
}
