//! What posts are shown by.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{key, maybe_text, name, text};

/// A table and a column.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0021_post_evidence"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let shown = Table::create()
            .table(name("issue_evidence_post"))
            .col(text("district"))
            .col(text("sha256"))
            .col(text("post"))
            .primary_key(&mut key(&["district", "sha256", "post"]))
            .to_owned();
        manager.create_table(shown).await?;
        // The digests in the author's order, a space between two; null shows nothing.
        let post = Table::alter()
            .table(name("issue_post"))
            .add_column(maybe_text("evidence"))
            .to_owned();
        manager.alter_table(post).await
    }
}
