//! Metrics, rules with their activations, reviews with their revisions, chunks and scores; uploads, imports and answered
//! requests.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::{imports, requests, uploads};

use crate::store::{EVALUATION, RULE};

/// The first tables.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_review"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let own = [
            metric(),
            metric_value(),
            change(),
            rule_version(),
            rule_activation(),
            review(),
            review_area(),
        ];
        for table in own.into_iter().chain([revision(), review_chunk(), score()]) {
            manager.create_table(table).await?;
        }
        manager.create_index(score_order()).await?;
        let uploads = uploads::tables(RULE)
            .into_iter()
            .chain(uploads::tables(EVALUATION));
        let requests = [requests::table(RULE), requests::table(EVALUATION)];
        for table in uploads.chain(imports::tables(EVALUATION)).chain(requests) {
            manager.create_table(table).await?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    MaybeNumber,
    Bytes,
}

use Kind::{Bytes, MaybeNumber, Number, Text};

fn table(
    name: &'static str,
    columns: &[(&'static str, Kind)],
    key: &[&'static str],
) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(Alias::new(name));
    for (column, kind) in columns {
        let mut definition = ColumnDef::new(Alias::new(*column));
        table.col(match kind {
            Text => definition.text().not_null(),
            Number => definition.big_integer().not_null(),
            MaybeNumber => definition.big_integer().null(),
            Bytes => definition.binary().not_null(),
        });
    }
    let mut index = Index::create();
    for column in key {
        index.col(Alias::new(*column));
    }
    table.primary_key(&mut index).to_owned()
}

fn metric() -> TableCreateStatement {
    let columns = [
        ("district", Text),
        ("name", Text),
        ("unit", Text),
        ("scale", Number),
        ("addition", Number),
        ("source", Text),
    ];
    table("metric", &columns, &["district", "name"])
}

fn metric_value() -> TableCreateStatement {
    let columns = [
        ("district", Text),
        ("period", Text),
        ("metric", Text),
        ("area", Text),
        ("value", Number),
    ];
    table(
        "metric_value",
        &columns,
        &["district", "period", "metric", "area"],
    )
}

fn change() -> TableCreateStatement {
    table(
        "evaluation_change",
        &[("district", Text), ("topic", Text), ("changes", Number)],
        &["district", "topic"],
    )
}

fn rule_version() -> TableCreateStatement {
    let columns = [
        ("district", Text),
        ("rule", Text),
        ("version", Text),
        ("sha256", Bytes),
        ("size", Number),
        ("interface", Text),
        ("manifest", Text),
        ("created_at", Number),
    ];
    table("rule_version", &columns, &["district", "rule", "version"])
}

fn rule_activation() -> TableCreateStatement {
    let columns = [
        ("district", Text),
        ("number", Number),
        ("from_period", Text),
        ("rule", Text),
        ("version", Text),
        ("parameters", Text),
        ("created_at", Number),
        ("actor", Text),
    ];
    table("rule_activation", &columns, &["district", "number"])
}

fn review() -> TableCreateStatement {
    let columns = [
        ("district", Text),
        ("period", Text),
        ("state", Number),
        ("start_at", Number),
        ("end_at", Number),
        ("created_at", Number),
        ("frozen_at", MaybeNumber),
        ("rule", Text),
        ("version", Text),
        ("rule_sha256", Bytes),
        ("parameters", Text),
        ("areas", Number),
        ("issues_outside", Number),
        ("facts_sha256", Bytes),
        ("watermark", Number),
        ("error", Text),
    ];
    table("review", &columns, &["district", "period"])
}

fn review_area() -> TableCreateStatement {
    let columns = [
        ("district", Text),
        ("period", Text),
        ("code", Text),
        ("level", Number),
        ("peer_group", Text),
        ("parent", Text),
        ("display_name", Text),
    ];
    table("review_area", &columns, &["district", "period", "code"])
}

fn revision() -> TableCreateStatement {
    let columns = [
        ("district", Text),
        ("period", Text),
        ("revision", Number),
        ("state", Number),
        ("trial", Number),
        ("rule", Text),
        ("version", Text),
        ("rule_sha256", Bytes),
        ("parameters", Text),
        ("fuel_limit", Number),
        ("chunk_rows", Number),
        ("engine", Text),
        ("engine_configuration", Text),
        ("scores_sha256", Bytes),
        ("again_sha256", Bytes),
        ("scored", Number),
        ("absent", Number),
        ("failed", Number),
        ("fuel", Number),
        ("elapsed_ms", Number),
        ("error", Text),
    ];
    table("revision", &columns, &["district", "period", "revision"])
}

fn review_chunk() -> TableCreateStatement {
    let columns = [
        ("district", Text),
        ("period", Text),
        ("revision", Number),
        ("chunk", Number),
        ("first_row", Number),
        ("rows", Number),
        ("done", Number),
        ("attempt", Number),
        ("lease_until", Number),
        ("fuel", Number),
        ("result", Bytes),
    ];
    table(
        "review_chunk",
        &columns,
        &["district", "period", "revision", "chunk"],
    )
}

fn score() -> TableCreateStatement {
    let columns = [
        ("district", Text),
        ("period", Text),
        ("revision", Number),
        ("code", Text),
        ("level", Number),
        ("peer_group", Text),
        ("order_in_group", Number),
        ("display_name", Text),
        ("total", MaybeNumber),
        ("place", MaybeNumber),
        ("ranked", Number),
        ("stars", MaybeNumber),
        ("list", Number),
        ("items", Bytes),
        ("notes", Bytes),
        ("failure", Text),
    ];
    table(
        "score",
        &columns,
        &["district", "period", "revision", "code"],
    )
}

/// The order in which scores are listed.
fn score_order() -> IndexCreateStatement {
    let mut index = Index::create();
    index.name("score_order").table(Alias::new("score"));
    for column in [
        "district",
        "period",
        "revision",
        "level",
        "peer_group",
        "order_in_group",
        "code",
    ] {
        index.col(Alias::new(column));
    }
    index
}
