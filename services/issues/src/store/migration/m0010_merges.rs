//! Whatever was merged into an issue is found by it, so that chains of merges collapse.

use sea_orm_migration::{async_trait::async_trait, prelude::*};
use tidyward_kit::db::schema::index;

/// An index of `issue`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_merges"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = ["district", "merged_into"];
        let index = index("issue_by_survivor", "issue", &columns);
        manager.create_index(index).await
    }
}
