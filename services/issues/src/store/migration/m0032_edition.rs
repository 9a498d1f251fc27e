//! Counts how often a district's categories, calendar and suspensions changed, so that whoever keeps them in memory can tell whether they are still so.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{big, name};

/// A column of `issue_ledger`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0032_edition"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table(name("issue_ledger"))
            .add_column(big("edition").default(0).to_owned())
            .to_owned();
        manager.alter_table(table).await
    }
}
