//! What the row of an issue keeps of its events, where it lies, and who reported it.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema;

/// Columns of `issue`, and the indexes that lists and the sweep need.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0003_progress"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for added in columns() {
            let mut table = Table::alter();
            table.table(Alias::new("issue")).add_column(added);
            manager.alter_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn columns() -> Vec<ColumnDef> {
    let column = |name: &'static str| ColumnDef::new(Alias::new(name));
    let zero = |name| column(name).integer().not_null().default(0).to_owned();
    let instant = |name| column(name).big_integer().null().to_owned();
    let text = |name| column(name).text().null().to_owned();
    vec![
        zero("fuzzy"),
        text("area1"),
        text("area2"),
        zero("own_report"),
        text("reporter"),
        zero("last_sequence"),
        column("updated_at")
            .big_integer()
            .not_null()
            .default(0)
            .to_owned(),
        instant("ended_at"),
        zero("severity"),
        column("condition").text().not_null().default("").to_owned(),
        zero("round"),
        text("assignee"),
        text("unit"),
        instant("stage_deadline"),
        instant("handling_deadline"),
        instant("total_deadline"),
        zero("provisional"),
        instant("suspended_until"),
        zero("escalation"),
        text("merged_into"),
        zero("recheck_due"),
        instant("wake_at"),
    ]
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |called: &str, columns: &[&str]| schema::index(called, "issue", columns);
    vec![
        index("issue_by_wake", &["wake_at", "district"]),
        index(
            "issue_by_category",
            &["district", "category", "reported_at"],
        ),
        index(
            "issue_by_assignee",
            &["district", "assignee", "reported_at", "issue"],
        ),
        index("issue_by_update", &["district", "updated_at", "issue"]),
        index("issue_by_number", &["district", "number"]),
    ]
}
