//! The indexes by which issues near a place, of a reporter, and by deadline are found.

use sea_orm_migration::{async_trait::async_trait, prelude::*};
use tidyward_kit::db::schema::index;

/// Indexes of `issue`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0006_nearness"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indexes: [(&str, &[&str]); 3] = [
            ("issue_by_place", &["district", "category", "latitude"]),
            (
                "issue_by_actor",
                &["district", "actor", "reported_at", "issue"],
            ),
            (
                "issue_by_handling",
                &["district", "handling_deadline", "issue"],
            ),
        ];
        for (name, columns) in indexes {
            manager.create_index(index(name, "issue", columns)).await?;
        }
        Ok(())
    }
}
