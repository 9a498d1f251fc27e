//! Names and phones of reporters, apart from everything else, so that they can be erased.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};

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
        let text = |column: &'static str| {
            ColumnDef::new(Alias::new(column))
                .text()
                .not_null()
                .to_owned()
        };
        let table = Table::create()
            .table(Alias::new("issue_reporter"))
            .col(text("district"))
            .col(text("reporter"))
            // Of the resident who reported for himself; empty where somebody wrote it down for another.
            .col(text("subject"))
            .col(text("name"))
            .col(text("phone"))
            .col(
                ColumnDef::new(Alias::new("created_at"))
                    .big_integer()
                    .not_null(),
            )
            .primary_key(
                Index::create()
                    .col(Alias::new("district"))
                    .col(Alias::new("reporter")),
            )
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

fn index(called: &str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(called).table(Alias::new(table));
    for column in columns {
        index.col(Alias::new(*column));
    }
    index
}
