//! Columns, keys and indexes as every service's migrations write them. A migration that has run is never changed, so
//! neither is what these give.

use sea_orm::sea_query::{Alias, ColumnDef, Index, IndexCreateStatement};

/// A name of a table or column.
pub fn name(name: impl Into<String>) -> Alias {
    Alias::new(name)
}

pub fn text(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).text().not_null().to_owned()
}

pub fn maybe_text(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).text().null().to_owned()
}

/// Of 32 bits: enums, booleans, small counts.
pub fn small(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).integer().not_null().to_owned()
}

/// Of 64 bits: amounts, counts, instants in microseconds.
pub fn big(column: &str) -> ColumnDef {
    let mut column = ColumnDef::new(name(column));
    column.big_integer().not_null().to_owned()
}

pub fn maybe_big(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).big_integer().null().to_owned()
}

pub fn bytes(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).binary().not_null().to_owned()
}

pub fn maybe_bytes(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).binary().null().to_owned()
}

/// For a table's `primary_key`.
pub fn key(columns: &[&str]) -> IndexCreateStatement {
    let mut key = Index::create();
    for column in columns {
        key.col(name(*column));
    }
    key
}

/// An index of a table, called `called`.
pub fn index(called: &str, table: &str, columns: &[&str]) -> IndexCreateStatement {
    key(columns).name(called).table(name(table)).to_owned()
}
