//! What an event says beside its kind and times.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};

use crate::store::statement;

/// What was imported before is marked as such. The number is that of `Marks::IMPORTED` then and ever.
const IMPORTED: &str = "UPDATE issue_event SET marks = 256 WHERE EXISTS (SELECT 1 FROM issue WHERE \
     issue.district = issue_event.district AND issue.number = issue_event.issue_number AND \
     issue.import_source IS NOT NULL)";

/// Columns of `issue_event`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_details"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = |name: &'static str| ColumnDef::new(Alias::new(name));
        let columns = [
            column("stage_deadline").big_integer().null().to_owned(),
            column("marks").integer().not_null().default(0).to_owned(),
            column("worked_minutes").big_integer().null().to_owned(),
            column("detail").binary().null().to_owned(),
        ];
        // SQLite adds one column a statement.
        for added in columns {
            let mut table = Table::alter();
            table.table(Alias::new("issue_event")).add_column(added);
            manager.alter_table(table).await?;
        }
        let connection = manager.get_connection();
        let backend = connection.get_database_backend();
        connection
            .execute_raw(statement(backend, IMPORTED, Vec::new()))
            .await?;
        Ok(())
    }
}
