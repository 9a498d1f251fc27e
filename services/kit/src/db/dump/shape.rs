//! What the database itself says of its tables.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Value};

use crate::{
    db::sql::statement,
    dump::row::{Column, Kind},
    error::Error,
};

/// How the tables that list migrations end.
const MIGRATIONS: &str = "_migration";

/// The columns and the primary key of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    pub table: &'static str,
    /// In the order of their names' bytes.
    pub columns: Vec<Column>,
    /// Whether the column of that place holds 32 bits.
    pub narrow: Vec<bool>,
    /// In order; the first is `district`.
    pub key: Vec<String>,
}

const SQLITE_COLUMNS: &str = "SELECT name, lower(type), CAST(\"notnull\" = 0 AS bigint), CAST(pk AS bigint) FROM pragma_table_info(?)";
const POSTGRES_COLUMNS: &str = "SELECT c.column_name::text, c.data_type::text, \
     (c.is_nullable = 'YES')::int::bigint, COALESCE((SELECT k.ordinal_position::bigint \
        FROM information_schema.table_constraints t JOIN information_schema.key_column_usage k \
          ON k.constraint_schema = t.constraint_schema AND k.constraint_name = t.constraint_name \
         AND k.table_name = t.table_name \
       WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_schema = c.table_schema \
         AND t.table_name = c.table_name AND k.column_name = c.column_name), 0) \
     FROM information_schema.columns c WHERE c.table_schema = current_schema() AND c.table_name = ?";

/// Asks what the table has. A table that is not there has nothing, which is an error of the program.
pub async fn shape(db: &impl ConnectionTrait, table: &'static str) -> Result<Shape, Error> {
    let text = if db.get_database_backend() == DbBackend::Postgres {
        POSTGRES_COLUMNS
    } else {
        SQLITE_COLUMNS
    };
    let rows = all(db, text, vec![table.into()]).await?;
    let mut columns = Vec::with_capacity(rows.len());
    let mut key = Vec::new();
    for row in &rows {
        let name: String = row.try_get_by_index(0)?;
        let kind: String = row.try_get_by_index(1)?;
        let (optional, place): (i64, i64) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        let (kind, narrow) = kind_of(&kind).ok_or_else(|| {
            Error::internal(format!(
                "{table}.{name} is of the type {kind}, which no dump knows"
            ))
        })?;
        if place > 0 {
            key.push((place, name.clone()));
        }
        let optional = optional != 0;
        columns.push((
            Column {
                name,
                kind,
                optional,
            },
            narrow,
        ));
    }
    columns.sort_by(|one, other| one.0.name.cmp(&other.0.name));
    key.sort();
    let key: Vec<String> = key.into_iter().map(|(_, name)| name).collect();
    if key.first().is_none_or(|first| first != "district") {
        return Err(Error::internal(format!(
            "{table} has no primary key that begins with district"
        )));
    }
    let (columns, narrow) = columns.into_iter().unzip();
    Ok(Shape {
        table,
        columns,
        narrow,
        key,
    })
}

/// The kind of a declared type, and whether it has 32 bits.
fn kind_of(declared: &str) -> Option<(Kind, bool)> {
    // SQLite repeats the length that was declared, as in `blob(1)`, and heeds none.
    let declared = declared.split('(').next().unwrap_or(declared);
    match declared {
        "text" => Some((Kind::Text, false)),
        "integer" => Some((Kind::Whole, true)),
        "bigint" => Some((Kind::Whole, false)),
        "double" | "double precision" => Some((Kind::Real, false)),
        "blob" | "bytea" => Some((Kind::Bytes, false)),
        _ => None,
    }
}

/// Every table that is there but those that list migrations, in order.
pub async fn tables(db: &impl ConnectionTrait) -> Result<Vec<String>, Error> {
    let mut names = names(db).await?;
    names.retain(|name| !name.ends_with(MIGRATIONS));
    Ok(names)
}

/// The migrations that have run, in order, under the name of the table that lists them.
pub async fn migrations(db: &impl ConnectionTrait) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let mut migrations = BTreeMap::new();
    for table in names(db).await? {
        if !table.ends_with(MIGRATIONS) {
            continue;
        }
        let text = format!("SELECT version FROM \"{table}\"");
        let rows = all(db, &text, Vec::new()).await?;
        let ran = rows.iter().map(|row| Ok(row.try_get_by_index(0)?));
        let mut ran = ran.collect::<Result<Vec<String>, Error>>()?;
        ran.sort();
        migrations.insert(table, ran);
    }
    Ok(migrations)
}

async fn names(db: &impl ConnectionTrait) -> Result<Vec<String>, Error> {
    let text = if db.get_database_backend() == DbBackend::Postgres {
        "SELECT table_name::text FROM information_schema.tables \
         WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    };
    let rows = all(db, text, Vec::new()).await?;
    let names = rows.iter().map(|row| Ok(row.try_get_by_index(0)?));
    let mut names = names.collect::<Result<Vec<String>, Error>>()?;
    names.sort();
    Ok(names)
}

async fn all(
    db: &impl ConnectionTrait,
    text: &str,
    values: Vec<Value>,
) -> Result<Vec<QueryResult>, Error> {
    let select = statement(db.get_database_backend(), text, values);
    Ok(db.query_all_raw(select).await?)
}
