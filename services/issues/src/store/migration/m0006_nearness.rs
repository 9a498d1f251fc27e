//! The index by which issues of a category near a place are found.

use sea_orm_migration::{async_trait::async_trait, prelude::*};

/// An index of `issue`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0006_nearness"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::create();
        index.name("issue_by_place").table(Alias::new("issue"));
        for column in ["district", "category", "latitude"] {
            index.col(Alias::new(column));
        }
        manager.create_index(index).await
    }
}
