//! Categories as districts edit them, with their filing conditions. The two limits that a category had become its
//! condition `normal`.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{big, key, maybe_text, name, small, text};

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

fn columns() -> [ColumnDef; 8] {
    [
        small("kind").default(1).to_owned(),
        maybe_text("parent"),
        small("duplicate_metres").default(50).to_owned(),
        small("duplicate_days").default(84).to_owned(),
        small("rebound_metres").default(15).to_owned(),
        small("rebound_days").default(0).to_owned(),
        small("retired").default(0).to_owned(),
        big("version").default(1).to_owned(),
    ]
}

/// Limits are text as people write them; empty is none.
fn condition() -> TableCreateStatement {
    let identity = ["district", "category", "id"];
    let mut table = Table::create();
    table.table(name("issue_condition"));
    for column in identity {
        table.col(text(column));
    }
    table.col(small("position"));
    for column in ["title_zh", "title_en"] {
        table.col(text(column));
    }
    table.col(small("severity"));
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
    table.primary_key(&mut key(&identity)).to_owned()
}
