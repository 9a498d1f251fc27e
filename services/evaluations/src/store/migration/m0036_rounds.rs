//! The rounds behind the facts of a review. What was frozen before has none.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{maybe_bytes, name};

/// A column of one table.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0036_rounds"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut alter = Table::alter();
        let rounds = maybe_bytes("rounds_sha256");
        manager
            .alter_table(alter.table(name("review")).add_column(rounds).to_owned())
            .await
    }
}
