//! Indexes by which pages of lists are found, made so that a row costs few of them.
//!
//! Of issues with the same time, the order is that of their numbers, not of their ids: ids are random, and each index that
//! ends with one has its every row written to another page. What few issues have is indexed for those alone.

use sea_orm_migration::{async_trait::async_trait, prelude::*};
use tidyward_kit::db::schema::index;

use crate::store::statement;

/// Indexes of `issue`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0033_pages"
    }
}

/// Nothing asks for issues by their reporter.
const DROPPED: [&str; 10] = [
    "issue_by_report",
    "issue_by_grid",
    "issue_by_wake",
    "issue_by_category",
    "issue_by_assignee",
    "issue_by_update",
    "issue_by_reporter",
    "issue_by_actor",
    "issue_by_handling",
    "issue_by_survivor",
];

const WHOLE: [(&str, &[&str]); 5] = [
    ("issue_by_report", &["district", "reported_at", "number"]),
    (
        "issue_by_grid",
        &["district", "grid", "reported_at", "number"],
    ),
    (
        "issue_by_category",
        &["district", "category", "reported_at", "number"],
    ),
    ("issue_by_update", &["district", "updated_at", "number"]),
    (
        "issue_by_handling",
        &["district", "handling_deadline", "number"],
    ),
];

/// A query finds such an index where its own conditions say the same in the same words. Most issues are closed, so whoever
/// asks for those needs no index; 9 is their state. Nobody asks for what an import reported as his own.
const PARTIAL: [&str; 6] = [
    "issue_by_state ON issue (district, state, reported_at, number, handling_deadline) WHERE state <> 9",
    "issue_due_before_report ON issue (district, reported_at) WHERE handling_deadline < reported_at",
    "issue_by_wake ON issue (wake_at, district, issue) WHERE wake_at IS NOT NULL",
    "issue_by_assignee ON issue (district, assignee, reported_at, number) WHERE assignee IS NOT NULL",
    "issue_by_survivor ON issue (district, merged_into) WHERE merged_into IS NOT NULL",
    "issue_by_actor ON issue (district, actor, reported_at, number) WHERE substr(actor, 1, 8) <> 'imports/'",
];

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for dropped in DROPPED {
            let mut drop = Index::drop();
            drop.name(dropped).table(Alias::new("issue")).if_exists();
            manager.drop_index(drop).await?;
        }
        for (name, columns) in WHOLE {
            manager.create_index(index(name, "issue", columns)).await?;
        }
        let connection = manager.get_connection();
        let backend = connection.get_database_backend();
        for partial in PARTIAL {
            let text = format!("CREATE INDEX {partial}");
            connection
                .execute_raw(statement(backend, &text, Vec::new()))
                .await?;
        }
        Ok(())
    }
}
