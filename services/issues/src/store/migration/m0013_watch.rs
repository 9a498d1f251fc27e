//! What a watch needs: events by their number, posts, and the id that tokens know a district's ledger by.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{big, index, key, maybe_big, maybe_text, name, small, text};

/// Two tables, and indexes.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0013_watch"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [post(), store()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// `number` and `published_at` are null until the post is published.
fn post() -> TableCreateStatement {
    Table::create()
        .table(name("issue_post"))
        .col(text("district"))
        .col(text("post"))
        .col(text("area"))
        .col(maybe_text("above1"))
        .col(maybe_text("above2"))
        .col(small("kind"))
        .col(text("text"))
        .col(text("author"))
        .col(big("created_at"))
        .col(big("visible_from"))
        .col(maybe_big("number"))
        .col(maybe_big("published_at"))
        .primary_key(&mut key(&["district", "post"]))
        .to_owned()
}

/// The id is of the district's ledger and goes with it wherever it is moved.
fn store() -> TableCreateStatement {
    Table::create()
        .table(name("issue_store"))
        .col(text("district"))
        .col(text("store"))
        .primary_key(&mut key(&["district"]))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 3] {
    [
        index(
            "issue_event_by_number",
            "issue_event",
            &["district", "number"],
        ),
        index(
            "issue_post_by_number",
            "issue_post",
            &["district", "number"],
        ),
        index(
            "issue_post_by_wait",
            "issue_post",
            &["number", "visible_from"],
        ),
    ]
}
