//! Districts that are on their way in from a dump.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{big, key, name, text};

/// The table `grid_arrival`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_arrival"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(name("grid_arrival"))
            .col(text("district"))
            // Of the run that brings it in.
            .col(text("holder"))
            .col(big("lease_until"))
            .primary_key(&mut key(&["district"]))
            .to_owned();
        manager.create_table(table).await
    }
}
