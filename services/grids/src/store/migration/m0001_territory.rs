//! Districts, areas and their versions; uploads, imports and answered requests.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::{imports, requests, uploads};

use crate::store::{PREFIX, name};

/// The first tables.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_territory"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [district(), area(), area_version()] {
            manager.create_table(table).await?;
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

fn district() -> TableCreateStatement {
    Table::create()
        .table(name("district"))
        .col(text("district"))
        .col(text("display_name"))
        .col(text("time_zone"))
        .col(text("start_date"))
        .col(text("currency"))
        .col(big("created_at"))
        .col(big("generation"))
        .primary_key(Index::create().col(name("district")))
        .to_owned()
}

fn area() -> TableCreateStatement {
    Table::create()
        .table(name("area"))
        .col(text("district"))
        .col(text("area"))
        .col(ColumnDef::new(name("level")).integer().not_null())
        .col(ColumnDef::new(name("kind")).integer().not_null())
        .col(text("exists_from"))
        .primary_key(Index::create().col(name("district")).col(name("area")))
        .to_owned()
}

/// What may change of an area. A version is valid until the area's next one.
fn area_version() -> TableCreateStatement {
    Table::create()
        .table(name("area_version"))
        .col(text("district"))
        .col(text("area"))
        .col(text("valid_from"))
        .col(text("display_name"))
        .col(ColumnDef::new(name("parent")).text().null())
        .col(text("peer_group"))
        .col(ColumnDef::new(name("households")).big_integer().null())
        .col(ColumnDef::new(name("population")).big_integer().null())
        .col(ColumnDef::new(name("area_m2")).big_integer().null())
        .col(ColumnDef::new(name("road_metres")).big_integer().null())
        .col(ColumnDef::new(name("boundary")).text().null())
        .primary_key(
            Index::create()
                .col(name("district"))
                .col(name("area"))
                .col(name("valid_from")),
        )
        .to_owned()
}

pub(super) fn text(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).text().not_null().to_owned()
}

pub(super) fn big(column: &str) -> ColumnDef {
    ColumnDef::new(name(column))
        .big_integer()
        .not_null()
        .to_owned()
}
