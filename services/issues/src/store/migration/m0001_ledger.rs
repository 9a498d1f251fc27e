//! Issues, their events, categories, the ledger's count and closings; uploads, imports and answered requests.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::{imports, requests, uploads};

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

fn name(name: &'static str) -> Alias {
    Alias::new(name)
}

fn text(column: &'static str) -> ColumnDef {
    ColumnDef::new(name(column)).text().not_null().to_owned()
}

fn big(column: &'static str) -> ColumnDef {
    ColumnDef::new(name(column))
        .big_integer()
        .not_null()
        .to_owned()
}

fn small(column: &'static str) -> ColumnDef {
    ColumnDef::new(name(column)).integer().not_null().to_owned()
}

fn key(columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    for column in columns {
        index.col(name(column));
    }
    index
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
        .col(ColumnDef::new(name("grid")).text().null())
        .col(text("description"))
        .col(text("address"))
        .col(small("state"))
        .col(small("outcome"))
        .col(big("reported_at"))
        .col(big("recorded_at"))
        .col(text("actor"))
        .col(ColumnDef::new(name("import_source")).text().null())
        .col(ColumnDef::new(name("import_identity")).text().null())
        .col(ColumnDef::new(name("import_digest")).binary().null())
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
        .col(ColumnDef::new(name("actor")).text().null())
        .col(
            ColumnDef::new(name("handling_deadline"))
                .big_integer()
                .null(),
        )
        .col(ColumnDef::new(name("total_deadline")).big_integer().null())
        .col(ColumnDef::new(name("category")).text().null())
        .col(ColumnDef::new(name("grid")).text().null())
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
    let index = |called: &str, columns: &[&'static str]| {
        key(columns).name(called).table(name("issue")).to_owned()
    };
    [
        index("issue_by_report", &["district", "reported_at", "issue"]),
        index(
            "issue_by_grid",
            &["district", "grid", "reported_at", "issue"],
        ),
    ]
}
