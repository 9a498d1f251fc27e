//! Areas end: the last day on which one exists.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{maybe_text, name};

/// A column on the area, since an end is no version.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0003_area_end"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter()
            .table(name("area"))
            .add_column(maybe_text("exists_until"))
            .to_owned();
        manager.alter_table(table).await
    }
}
