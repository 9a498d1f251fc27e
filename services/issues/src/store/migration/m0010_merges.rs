//! Whatever was merged into an issue is found by it, so that chains of merges collapse.

use sea_orm_migration::{async_trait::async_trait, prelude::*};

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
        let index = Index::create()
            .name("issue_by_survivor")
            .table(Alias::new("issue"))
            .col(Alias::new("district"))
            .col(Alias::new("merged_into"))
            .to_owned();
        manager.create_index(index).await
    }
}
