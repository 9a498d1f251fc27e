//! Whose an upload of evidence is, so that nobody has too many on their way.

use sea_orm_migration::{async_trait::async_trait, prelude::*};
use tidyward_kit::db::{schema::index, uploads};

use crate::store::evidence::PREFIX;

/// A column and its index.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0022_upload_owner"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(uploads::owner(PREFIX)).await?;
        let owned = ["district", "owner"];
        let owned = index(
            "issue_evidence_upload_owned",
            "issue_evidence_upload",
            &owned,
        );
        manager.create_index(owned).await
    }
}
