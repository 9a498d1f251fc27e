//! Categories as districts edit them, with their filing conditions. The two limits that a category had become its
//! condition `normal`.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};

use crate::store::statement;

/// Columns of `issue_category`, and the table `issue_condition`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_categories"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for added in columns() {
            let mut table = Table::alter();
            table.table(name("issue_category")).add_column(added);
            manager.alter_table(table).await?;
        }
        manager.create_table(condition()).await?;
        let connection = manager.get_connection();
        let backend = connection.get_database_backend();
        for text in [LIMITS, POSTERS, DUMPING] {
            connection
                .execute_raw(statement(backend, text, Vec::new()))
                .await?;
        }
        for dropped in ["handling_limit", "total_limit"] {
            let mut table = Table::alter();
            table
                .table(name("issue_category"))
                .drop_column(name(dropped));
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

const LIMITS: &str = "INSERT INTO issue_condition (district, category, id, position, title_zh, title_en, severity, \
     closing_zh, closing_en, verify_limit, dispatch_limit, accept_limit, handle_limit, check_limit, total_limit) \
     SELECT district, code, 'normal', 0, '', '', 1, '', '', '', '', '', handling_limit, '', total_limit \
     FROM issue_category WHERE handling_limit <> '' OR total_limit <> ''";
/// Rows that stand over the starting set keep its windows of rebound.
const POSTERS: &str = "UPDATE issue_category SET rebound_days = 7 WHERE code = 'posters_graffiti'";
const DUMPING: &str = "UPDATE issue_category SET rebound_days = 30 WHERE code = 'dumping'";

fn name(name: &'static str) -> Alias {
    Alias::new(name)
}

fn text(column: &'static str) -> ColumnDef {
    ColumnDef::new(name(column)).text().not_null().to_owned()
}

fn number(column: &'static str) -> ColumnDef {
    ColumnDef::new(name(column)).integer().not_null().to_owned()
}

fn columns() -> [ColumnDef; 8] {
    [
        number("kind").default(1).to_owned(),
        ColumnDef::new(name("parent")).text().null().to_owned(),
        number("duplicate_metres").default(50).to_owned(),
        number("duplicate_days").default(84).to_owned(),
        number("rebound_metres").default(15).to_owned(),
        number("rebound_days").default(0).to_owned(),
        number("retired").default(0).to_owned(),
        ColumnDef::new(name("version"))
            .big_integer()
            .not_null()
            .default(1)
            .to_owned(),
    ]
}

/// Limits are text as people write them; empty is none.
fn condition() -> TableCreateStatement {
    let mut key = Index::create();
    for column in ["district", "category", "id"] {
        key.col(name(column));
    }
    let mut table = Table::create();
    table.table(name("issue_condition"));
    for column in ["district", "category", "id"] {
        table.col(text(column));
    }
    table.col(number("position"));
    for column in ["title_zh", "title_en"] {
        table.col(text(column));
    }
    table.col(number("severity"));
    for column in [
        "closing_zh",
        "closing_en",
        "verify_limit",
        "dispatch_limit",
        "accept_limit",
        "handle_limit",
        "check_limit",
        "total_limit",
    ] {
        table.col(text(column));
    }
    table.primary_key(&mut key).to_owned()
}
