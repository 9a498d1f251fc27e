//! Working calendars and suspensions of areas. Both are only ever added to: a calendar replaces the one before by a higher
//! number, and the end of a suspension is its second version.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{big, bytes, index, key, name, small, text};

/// The tables of time.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0011_calendar"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let calendar = Table::create()
            .table(name("issue_calendar"))
            .col(text("district"))
            .col(big("number"))
            .col(big("published_at"))
            .col(bytes("body"))
            .primary_key(&mut key(&["district", "number"]))
            .to_owned();
        manager.create_table(calendar).await?;
        let suspension = Table::create()
            .table(name("issue_suspension"))
            .col(text("district"))
            .col(text("suspension"))
            .col(small("version"))
            .col(big("starts_at"))
            .col(big("ends_at"))
            .col(big("created_at"))
            .col(bytes("body"))
            .primary_key(&mut key(&["district", "suspension", "version"]))
            .to_owned();
        manager.create_table(suspension).await?;
        let (called, table) = ("issue_suspension_by_end", "issue_suspension");
        let by_end = index(called, table, &["district", "ends_at"]);
        manager.create_index(by_end).await
    }
}
