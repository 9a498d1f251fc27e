//! Working calendars and suspensions of areas. Both are only ever added to: a calendar replaces the one before by a higher
//! number, and the end of a suspension is its second version.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};

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
        let text = |name: &'static str| {
            ColumnDef::new(Alias::new(name))
                .text()
                .not_null()
                .to_owned()
        };
        let big = |name: &'static str| {
            ColumnDef::new(Alias::new(name))
                .big_integer()
                .not_null()
                .to_owned()
        };
        let body = || {
            ColumnDef::new(Alias::new("body"))
                .binary()
                .not_null()
                .to_owned()
        };
        let key = |columns: &[&'static str]| {
            let mut index = Index::create();
            for column in columns {
                index.col(Alias::new(*column));
            }
            index
        };
        let calendar = Table::create()
            .table(Alias::new("issue_calendar"))
            .col(text("district"))
            .col(big("number"))
            .col(big("published_at"))
            .col(body())
            .primary_key(&mut key(&["district", "number"]))
            .to_owned();
        manager.create_table(calendar).await?;
        let suspension = Table::create()
            .table(Alias::new("issue_suspension"))
            .col(text("district"))
            .col(text("suspension"))
            .col(
                ColumnDef::new(Alias::new("version"))
                    .integer()
                    .not_null()
                    .to_owned(),
            )
            .col(big("starts_at"))
            .col(big("ends_at"))
            .col(big("created_at"))
            .col(body())
            .primary_key(&mut key(&["district", "suspension", "version"]))
            .to_owned();
        manager.create_table(suspension).await?;
        let mut by_end = key(&["district", "ends_at"]);
        let by_end = by_end
            .name("issue_suspension_by_end")
            .table(Alias::new("issue_suspension"));
        manager.create_index(by_end.to_owned()).await
    }
}
