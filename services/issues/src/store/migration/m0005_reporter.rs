//! Names and phones of reporters, apart from everything else, so that they can be erased.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{big, index, key, name, text};

/// The table `issue_reporter`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_reporter"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(name("issue_reporter"))
            .col(text("district"))
            .col(text("reporter"))
            // Of the resident who reported for himself; empty where somebody wrote it down for another.
            .col(text("subject"))
            .col(text("name"))
            .col(text("phone"))
            .col(big("created_at"))
            .primary_key(&mut key(&["district", "reporter"]))
            .to_owned();
        manager.create_table(table).await?;
        manager
            .create_index(index(
                "issue_reporter_by_subject",
                "issue_reporter",
                &["district", "subject"],
            ))
            .await?;
        manager
            .create_index(index(
                "issue_by_reporter",
                "issue",
                &["district", "reporter"],
            ))
            .await
    }
}
