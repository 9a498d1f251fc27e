//! Districts, areas and their versions; uploads, imports and answered requests.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::{
    imports, requests,
    schema::{big, key, maybe_big, maybe_text, name, small, text},
    uploads,
};

use crate::store::PREFIX;

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
        .primary_key(&mut key(&["district"]))
        .to_owned()
}

fn area() -> TableCreateStatement {
    Table::create()
        .table(name("area"))
        .col(text("district"))
        .col(text("area"))
        .col(small("level"))
        .col(small("kind"))
        .col(text("exists_from"))
        .primary_key(&mut key(&["district", "area"]))
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
        .col(maybe_text("parent"))
        .col(text("peer_group"))
        .col(maybe_big("households"))
        .col(maybe_big("population"))
        .col(maybe_big("area_m2"))
        .col(maybe_big("road_metres"))
        .col(maybe_text("boundary"))
        .primary_key(&mut key(&["district", "area", "valid_from"]))
        .to_owned()
}
