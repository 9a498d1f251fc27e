//! The index by which answers to old requests are found, so that forgetting them does not read all the others.

use sea_orm_migration::{async_trait::async_trait, prelude::*};
use tidyward_kit::db::requests;

use crate::store::PREFIX;

/// An index.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0030_requests"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(requests::by_time(PREFIX)).await
    }
}
