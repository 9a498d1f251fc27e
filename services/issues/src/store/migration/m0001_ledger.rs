//! Issues, their events, categories, the ledger's count and closings; uploads, imports and answered requests.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::{
    imports, requests,
    schema::{self, big, key, maybe_big, maybe_bytes, maybe_text, name, small, text},
    uploads,
};

use crate::store::PREFIX;

/// The first tables.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_ledger"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [issue(), event(), category(), ledger(), closing()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let shared = uploads::tables(PREFIX)
            .into_iter()
            .chain(imports::tables(PREFIX));
        for table in shared.chain([requests::table(PREFIX)]) {
            manager.create_table(table).await?;
        }
        Ok(())
    }
}

fn issue() -> TableCreateStatement {
    Table::create()
        .table(name("issue"))
        .col(text("district"))
        .col(text("issue"))
        .col(big("number"))
        .col(text("category"))
        .col(small("source"))
        .col(ColumnDef::new(name("latitude")).double().null())
        .col(ColumnDef::new(name("longitude")).double().null())
        .col(ColumnDef::new(name("accuracy")).double().null())
        .col(maybe_text("grid"))
        .col(text("description"))
        .col(text("address"))
        .col(small("state"))
        .col(small("outcome"))
        .col(big("reported_at"))
        .col(big("recorded_at"))
        .col(text("actor"))
        .col(maybe_text("import_source"))
        .col(maybe_text("import_identity"))
        .col(maybe_bytes("import_digest"))
        .primary_key(&mut key(&["district", "issue"]))
        .to_owned()
}

/// Category and grid stand only in the event that an issue begins with; `actor` is null where it is the issue's.
fn event() -> TableCreateStatement {
    Table::create()
        .table(name("issue_event"))
        .col(text("district"))
        .col(big("issue_number"))
        .col(small("sequence"))
        .col(big("number"))
        .col(small("kind"))
        .col(small("round"))
        .col(big("occurred_at"))
        .col(big("recorded_at"))
        .col(maybe_text("actor"))
        .col(maybe_big("handling_deadline"))
        .col(maybe_big("total_deadline"))
        .col(maybe_text("category"))
        .col(maybe_text("grid"))
        .primary_key(&mut key(&["district", "issue_number", "sequence"]))
        .to_owned()
}

fn category() -> TableCreateStatement {
    Table::create()
        .table(name("issue_category"))
        .col(text("district"))
        .col(text("code"))
        .col(text("title_zh"))
        .col(text("title_en"))
        .col(text("handling_limit"))
        .col(text("total_limit"))
        .primary_key(&mut key(&["district", "code"]))
        .to_owned()
}

fn ledger() -> TableCreateStatement {
    Table::create()
        .table(name("issue_ledger"))
        .col(text("district"))
        .col(big("last_number"))
        .primary_key(&mut key(&["district"]))
        .to_owned()
}

fn closing() -> TableCreateStatement {
    Table::create()
        .table(name("issue_closing"))
        .col(text("district"))
        .col(text("period"))
        .col(big("closed_at"))
        .col(big("watermark"))
        .primary_key(&mut key(&["district", "period"]))
        .to_owned()
}

/// Lists are by report time, of the whole district or of one grid.
fn indexes() -> [IndexCreateStatement; 2] {
    let index = |called: &str, columns: &[&str]| schema::index(called, "issue", columns);
    [
        index("issue_by_report", &["district", "reported_at", "issue"]),
        index(
            "issue_by_grid",
            &["district", "grid", "reported_at", "issue"],
        ),
    ]
}
