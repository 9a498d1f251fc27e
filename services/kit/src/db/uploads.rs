//! Tables of uploads: a row for each file on its way in, and one for each piece that has arrived.

use sea_orm::{
    ConnectionTrait, ExprTrait, Order, QueryResult,
    sea_query::{Alias, Expr, Query, Table, TableAlterStatement, TableCreateStatement},
};

use super::schema::{big, bytes, key, maybe_text, name, text};
use crate::error::Error;

/// A file on its way in.
#[derive(Clone, Debug)]
pub struct UploadRow {
    pub district: String,
    pub upload: String,
    pub size: i64,
    /// Declared SHA-256 in hexadecimal, or empty.
    pub sha256: String,
    pub file_name: String,
    /// Microseconds.
    pub expires_at: i64,
}

/// The tables of a service: `grid` has `grid_upload` and `grid_upload_piece`.
pub fn tables(prefix: &str) -> [TableCreateStatement; 2] {
    let upload = Table::create()
        .table(name(format!("{prefix}_upload")))
        .col(text("district"))
        .col(text("upload"))
        .col(big("size"))
        .col(text("sha256"))
        .col(text("file_name"))
        .col(big("expires_at"))
        .primary_key(&mut key(&["district", "upload"]))
        .to_owned();
    let piece = Table::create()
        .table(name(format!("{prefix}_upload_piece")))
        .col(text("district"))
        .col(text("upload"))
        .col(big("at"))
        .col(big("length"))
        .col(bytes("data"))
        .primary_key(&mut key(&["district", "upload", "at"]))
        .to_owned();
    [upload, piece]
}

/// The column of a service that counts uploads by their owners. Null is what came before it did.
pub fn owner(prefix: &str) -> TableAlterStatement {
    Table::alter()
        .table(name(format!("{prefix}_upload")))
        .add_column(maybe_text("owner"))
        .to_owned()
}

/// `owner` is nothing where the service does not count.
pub async fn insert(
    db: &impl ConnectionTrait,
    prefix: &str,
    row: &UploadRow,
    owner: Option<&str>,
) -> Result<(), Error> {
    let mut columns = vec![
        "district",
        "upload",
        "size",
        "sha256",
        "file_name",
        "expires_at",
    ];
    let mut values: Vec<Expr> = vec![
        row.district.clone().into(),
        row.upload.clone().into(),
        row.size.into(),
        row.sha256.clone().into(),
        row.file_name.clone().into(),
        row.expires_at.into(),
    ];
    if let Some(owner) = owner {
        columns.push("owner");
        values.push(owner.into());
    }
    let insert = Query::insert()
        .into_table(Alias::new(format!("{prefix}_upload")))
        .columns(columns.into_iter().map(Alias::new))
        .values_panic(values)
        .to_owned();
    db.execute(&insert).await?;
    Ok(())
}

/// The declared sizes of the owner's uploads, those that have expired too where they are still there.
pub async fn sizes(
    db: &impl ConnectionTrait,
    prefix: &str,
    district: &str,
    owner: &str,
) -> Result<Vec<i64>, Error> {
    let select = Query::select()
        .column(Alias::new("size"))
        .from(Alias::new(format!("{prefix}_upload")))
        .and_where(Expr::col(Alias::new("district")).eq(district))
        .and_where(Expr::col(Alias::new("owner")).eq(owner))
        .to_owned();
    let rows = db.query_all(&select).await?;
    rows.iter()
        .map(|row| Ok(row.try_get("", "size")?))
        .collect()
}

/// Deletes what has expired of a district, pieces and all.
pub async fn expire(
    db: &impl ConnectionTrait,
    prefix: &str,
    district: &str,
    now: i64,
) -> Result<(), Error> {
    let upload = Alias::new(format!("{prefix}_upload"));
    let gone = Query::select()
        .column(Alias::new("upload"))
        .from(upload.clone())
        .and_where(Expr::col(Alias::new("district")).eq(district))
        .and_where(Expr::col(Alias::new("expires_at")).lte(now))
        .to_owned();
    let pieces = Query::delete()
        .from_table(Alias::new(format!("{prefix}_upload_piece")))
        .and_where(Expr::col(Alias::new("district")).eq(district))
        .and_where(Expr::col(Alias::new("upload")).in_subquery(gone))
        .to_owned();
    db.execute(&pieces).await?;
    let uploads = Query::delete()
        .from_table(upload)
        .and_where(Expr::col(Alias::new("district")).eq(district))
        .and_where(Expr::col(Alias::new("expires_at")).lte(now))
        .to_owned();
    db.execute(&uploads).await?;
    Ok(())
}

/// Deletes an upload whose file is kept elsewhere, pieces and all. Says whether it was there.
pub async fn remove(
    db: &impl ConnectionTrait,
    prefix: &str,
    district: &str,
    upload: &str,
) -> Result<bool, Error> {
    let mut gone = 0;
    for table in ["upload_piece", "upload"] {
        let delete = Query::delete()
            .from_table(Alias::new(format!("{prefix}_{table}")))
            .and_where(Expr::col(Alias::new("district")).eq(district))
            .and_where(Expr::col(Alias::new("upload")).eq(upload))
            .to_owned();
        gone = db.execute(&delete).await?.rows_affected();
    }
    Ok(gone == 1)
}

pub async fn find(
    db: &impl ConnectionTrait,
    prefix: &str,
    district: &str,
    upload: &str,
    now: i64,
) -> Result<Option<UploadRow>, Error> {
    let select = Query::select()
        .columns(["size", "sha256", "file_name", "expires_at"].map(Alias::new))
        .from(Alias::new(format!("{prefix}_upload")))
        .and_where(Expr::col(Alias::new("district")).eq(district))
        .and_where(Expr::col(Alias::new("upload")).eq(upload))
        .and_where(Expr::col(Alias::new("expires_at")).gt(now))
        .to_owned();
    let Some(row) = db.query_one(&select).await? else {
        return Ok(None);
    };
    Ok(Some(UploadRow {
        district: district.to_owned(),
        upload: upload.to_owned(),
        size: row.try_get("", "size")?,
        sha256: row.try_get("", "sha256")?,
        file_name: row.try_get("", "file_name")?,
        expires_at: row.try_get("", "expires_at")?,
    }))
}

/// Where the pieces lie that have arrived: beginning and length, in order.
pub async fn extents(
    db: &impl ConnectionTrait,
    prefix: &str,
    district: &str,
    upload: &str,
) -> Result<Vec<(i64, i64)>, Error> {
    let rows = pieces(db, prefix, district, upload, &["at", "length"]).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "at")?, row.try_get("", "length")?)))
        .collect()
}

/// The bytes of the piece that begins there.
pub async fn piece(
    db: &impl ConnectionTrait,
    prefix: &str,
    district: &str,
    upload: &str,
    at: i64,
) -> Result<Option<Vec<u8>>, Error> {
    let select = Query::select()
        .column(Alias::new("data"))
        .from(Alias::new(format!("{prefix}_upload_piece")))
        .and_where(Expr::col(Alias::new("district")).eq(district))
        .and_where(Expr::col(Alias::new("upload")).eq(upload))
        .and_where(Expr::col(Alias::new("at")).eq(at))
        .to_owned();
    let row = db.query_one(&select).await?;
    row.map(|row| Ok(row.try_get("", "data")?)).transpose()
}

pub async fn insert_piece(
    db: &impl ConnectionTrait,
    prefix: &str,
    (district, upload): (&str, &str),
    at: i64,
    data: Vec<u8>,
) -> Result<(), Error> {
    let insert = Query::insert()
        .into_table(Alias::new(format!("{prefix}_upload_piece")))
        .columns(["district", "upload", "at", "length", "data"].map(Alias::new))
        .values_panic([
            district.into(),
            upload.into(),
            at.into(),
            (data.len() as i64).into(),
            data.into(),
        ])
        .to_owned();
    db.execute(&insert).await?;
    Ok(())
}

async fn pieces(
    db: &impl ConnectionTrait,
    prefix: &str,
    district: &str,
    upload: &str,
    columns: &[&str],
) -> Result<Vec<QueryResult>, Error> {
    let select = Query::select()
        .columns(columns.iter().map(|name| Alias::new(*name)))
        .from(Alias::new(format!("{prefix}_upload_piece")))
        .and_where(Expr::col(Alias::new("district")).eq(district))
        .and_where(Expr::col(Alias::new("upload")).eq(upload))
        .order_by(Alias::new("at"), Order::Asc)
        .to_owned();
    Ok(db.query_all(&select).await?)
}
