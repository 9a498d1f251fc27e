//! Evidence, who uploaded it, which events use it, and what is on its way out; and what filing conditions ask for.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::{
    requests,
    schema::{big, bytes, index, key, maybe_bytes, name, small, text},
    uploads,
};

use crate::store::evidence::PREFIX;

/// Four tables, those of uploads, and a column.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0020_evidence"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let shared = uploads::tables(PREFIX)
            .into_iter()
            .chain([requests::table(PREFIX)]);
        for table in [evidence(), uploader(), used(), leaving()]
            .into_iter()
            .chain(shared)
        {
            manager.create_table(table).await?;
        }
        let unused = ["uses", "touched_at", "district", "sha256"];
        let unused = index("issue_evidence_unused", "issue_evidence", &unused);
        manager.create_index(unused).await?;
        let condition = Table::alter()
            .table(name("issue_condition"))
            .add_column(maybe_bytes("evidence"))
            .to_owned();
        manager.alter_table(condition).await
    }
}

/// `body` is the evidence as the proto encodes it. While `ready` is 0 its bytes are on their way into the store.
fn evidence() -> TableCreateStatement {
    Table::create()
        .table(name("issue_evidence"))
        .col(text("district"))
        .col(text("sha256"))
        .col(small("ready"))
        .col(big("uses"))
        .col(big("touched_at"))
        .col(bytes("body"))
        .primary_key(&mut key(&["district", "sha256"]))
        .to_owned()
}

fn uploader() -> TableCreateStatement {
    Table::create()
        .table(name("issue_evidence_uploader"))
        .col(text("district"))
        .col(text("sha256"))
        .col(text("subject"))
        .primary_key(&mut key(&["district", "sha256", "subject"]))
        .to_owned()
}

fn used() -> TableCreateStatement {
    Table::create()
        .table(name("issue_evidence_use"))
        .col(text("district"))
        .col(text("sha256"))
        .col(text("issue"))
        .col(small("sequence"))
        .col(small("kind"))
        .primary_key(&mut key(&[
            "district", "sha256", "issue", "sequence", "kind",
        ]))
        .to_owned()
}

/// What has no row any more but may have bytes. Whoever sets `claimed_until` deletes them alone until then.
fn leaving() -> TableCreateStatement {
    Table::create()
        .table(name("issue_evidence_leaving"))
        .col(text("district"))
        .col(text("sha256"))
        .col(big("claimed_until"))
        .primary_key(&mut key(&["district", "sha256"]))
        .to_owned()
}
