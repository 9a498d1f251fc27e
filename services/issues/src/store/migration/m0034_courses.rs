//! The courses of issues, packed, made of the events that are there.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{big, key, name, text};

use crate::store::course;

/// The table `issue_course`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0034_courses"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(name("issue_course"))
            // A run that was cut off may have made it.
            .if_not_exists()
            .col(text("district"))
            .col(big("block"))
            .col(text("moves"))
            .primary_key(&mut key(&["district", "block"]))
            .to_owned();
        manager.create_table(table).await?;
        let connection = manager.get_connection();
        let rebuilt = course::rebuild(connection).await;
        rebuilt.map_err(|error| DbErr::Migration(error.to_string()))
    }
}
