//! Sites, duties, and the nodes of each duty.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};

use super::m0001_territory::{big, text};
use crate::store::name;

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
            index("grid_duty", "grid_duty_officer", &["district", "officer"]),
            index("grid_duty", "grid_duty_unit", &["district", "unit"]),
            index("grid_duty", "grid_duty_origin", &["district", "origin"])
                .unique()
                .to_owned(),
            index(
                "grid_duty_node",
                "grid_duty_node_duty",
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
        .col(integer("kind"))
        .col(text("area"))
        .col(text("display_name"))
        .col(text("geometry"))
        .col(text("schedule"))
        .col(text("last_day"))
        .col(big("created_at"))
        .col(big("revision"))
        .primary_key(Index::create().col(name("district")).col(name("site")))
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
        .col(integer("role"))
        .col(text("set_name"))
        .col(text("category"))
        .col(integer("head"))
        .col(text("roster"))
        .col(text("first_day"))
        .col(text("last_day"))
        .col(big("created_at"))
        .col(text("creator"))
        .col(big("revision"))
        .col(ColumnDef::new(name("origin")).binary().null())
        .col(ColumnDef::new(name("content")).binary().null())
        .primary_key(Index::create().col(name("district")).col(name("duty")))
        .to_owned()
}

/// What decides whether a duty is in force for a node stands here again, so that one index answers.
fn duty_node() -> TableCreateStatement {
    Table::create()
        .table(name("grid_duty_node"))
        .col(text("district"))
        .col(integer("kind"))
        .col(text("node"))
        .col(text("duty"))
        .col(integer("number"))
        .col(text("category"))
        .col(integer("head"))
        .col(text("roster"))
        .col(text("first_day"))
        .col(text("last_day"))
        .primary_key(
            Index::create()
                .col(name("district"))
                .col(name("kind"))
                .col(name("node"))
                .col(name("duty")),
        )
        .to_owned()
}

fn index(table: &'static str, of: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(of).table(name(table));
    for column in columns {
        index.col(name(column));
    }
    index
}

fn integer(column: &str) -> ColumnDef {
    ColumnDef::new(name(column)).integer().not_null().to_owned()
}
