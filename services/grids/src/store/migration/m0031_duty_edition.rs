//! Counts how often a district's duties changed, so that whoever keeps them in memory can tell whether they are still so.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{big, name};

/// A column of `district`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0031_duty_edition"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table(name("district"))
            .add_column(big("duty_edition").default(0).to_owned())
            .to_owned();
        manager.alter_table(table).await
    }
}
