//! Notices, whom they are for, the webhooks of other systems, and what is on its way to them.

use sea_orm_migration::{async_trait::async_trait, prelude::*, sea_query::Table};
use tidyward_kit::db::schema::{big, bytes, index, key, maybe_big, name, small, text};

/// Four tables.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0007_notices"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [notice(), recipient(), webhook(), delivery()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// `body` is the notice as the proto encodes it; the columns beside it are for finding it.
fn notice() -> TableCreateStatement {
    Table::create()
        .table(name("issue_notice"))
        .col(text("district"))
        .col(text("notice"))
        .col(text("issue"))
        .col(small("sequence"))
        .col(big("created_at"))
        .col(bytes("body"))
        .primary_key(&mut key(&["district", "notice"]))
        .to_owned()
}

fn recipient() -> TableCreateStatement {
    Table::create()
        .table(name("issue_notice_recipient"))
        .col(text("district"))
        .col(text("recipient"))
        .col(big("created_at"))
        .col(small("sequence"))
        .col(text("notice"))
        .primary_key(&mut key(&[
            "district",
            "recipient",
            "created_at",
            "sequence",
            "notice",
        ]))
        .to_owned()
}

/// `kinds` are numbers with commas between; empty is every kind. Whoever sets `claimed_until` delivers alone until then. A
/// deleted one stays, without its secret, until its deliveries are gone.
fn webhook() -> TableCreateStatement {
    Table::create()
        .table(name("issue_webhook"))
        .col(text("district"))
        .col(text("webhook"))
        .col(text("url"))
        .col(text("display_name"))
        .col(text("kinds"))
        .col(text("secret"))
        .col(small("paused"))
        .col(small("deleted"))
        .col(big("claimed_until"))
        .col(big("revision"))
        .col(big("created_at"))
        .primary_key(&mut key(&["district", "webhook"]))
        .to_owned()
}

fn delivery() -> TableCreateStatement {
    Table::create()
        .table(name("issue_delivery"))
        .col(text("district"))
        .col(text("notice"))
        .col(text("webhook"))
        .col(small("state"))
        .col(small("attempts"))
        .col(maybe_big("next_at"))
        .col(text("last_result"))
        .col(big("created_at"))
        .col(maybe_big("ended_at"))
        .primary_key(&mut key(&["district", "notice", "webhook"]))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 5] {
    [
        index(
            "issue_notice_by_time",
            "issue_notice",
            &["district", "created_at", "sequence", "notice"],
        ),
        index(
            "issue_notice_by_issue",
            "issue_notice",
            &["district", "issue", "created_at", "sequence", "notice"],
        ),
        index(
            "issue_delivery_by_webhook",
            "issue_delivery",
            &["district", "webhook", "state", "next_at"],
        ),
        index(
            "issue_delivery_by_time",
            "issue_delivery",
            &["district", "created_at", "notice", "webhook"],
        ),
        index(
            "issue_delivery_by_state",
            "issue_delivery",
            &["district", "state", "created_at", "notice", "webhook"],
        ),
    ]
}
