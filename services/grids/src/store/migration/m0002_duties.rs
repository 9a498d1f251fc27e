//! Sites, duties, and the nodes of each duty.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{big, index, key, maybe_bytes, name, small, text};

/// What sites and duties need.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_duties"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [site(), duty(), duty_node()] {
            manager.create_table(table).await?;
        }
        let indexes = [
            index("grid_duty_officer", "grid_duty", &["district", "officer"]),
            index("grid_duty_unit", "grid_duty", &["district", "unit"]),
            index("grid_duty_origin", "grid_duty", &["district", "origin"])
                .unique()
                .to_owned(),
            index(
                "grid_duty_node_duty",
                "grid_duty_node",
                &["district", "duty"],
            ),
        ];
        for index in indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn site() -> TableCreateStatement {
    Table::create()
        .table(name("grid_site"))
        .col(text("district"))
        .col(text("site"))
        .col(small("kind"))
        .col(text("area"))
        .col(text("display_name"))
        .col(text("geometry"))
        .col(text("schedule"))
        .col(text("last_day"))
        .col(big("created_at"))
        .col(big("revision"))
        .primary_key(&mut key(&["district", "site"]))
        .to_owned()
}

fn duty() -> TableCreateStatement {
    Table::create()
        .table(name("grid_duty"))
        .col(text("district"))
        .col(text("duty"))
        .col(text("officer"))
        .col(text("display_name"))
        .col(text("unit"))
        .col(small("role"))
        .col(text("set_name"))
        .col(text("category"))
        .col(small("head"))
        .col(text("roster"))
        .col(text("first_day"))
        .col(text("last_day"))
        .col(big("created_at"))
        .col(text("creator"))
        .col(big("revision"))
        .col(maybe_bytes("origin"))
        .col(maybe_bytes("content"))
        .primary_key(&mut key(&["district", "duty"]))
        .to_owned()
}

/// What decides whether a duty is in force for a node stands here again, so that one index answers.
fn duty_node() -> TableCreateStatement {
    Table::create()
        .table(name("grid_duty_node"))
        .col(text("district"))
        .col(small("kind"))
        .col(text("node"))
        .col(text("duty"))
        .col(small("number"))
        .col(text("category"))
        .col(small("head"))
        .col(text("roster"))
        .col(text("first_day"))
        .col(text("last_day"))
        .primary_key(&mut key(&["district", "kind", "node", "duty"]))
        .to_owned()
}
