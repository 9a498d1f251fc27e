//! The life of a rule: signatures, shadows, rollbacks, revocations, keys, policies, the log and what rules used; and whose an
//! upload is.

use sea_orm_migration::{
    async_trait::async_trait,
    prelude::*,
    sea_query::{Table, TableAlterStatement},
};
use tidyward_kit::db::{
    schema::{big, bytes, index, key, maybe_big, maybe_bytes, maybe_text, name, text},
    uploads,
};

use crate::store::RULE;

/// Six tables, and columns of three more.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0035_life_of_a_rule"
    }
}

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added = [
            ("rule_version", maybe_text("signature_key")),
            ("rule_version", maybe_bytes("signature")),
            ("rule_activation", big("shadow").default(0).to_owned()),
            ("revision", big("shadow").default(0).to_owned()),
        ];
        for (table, column) in added {
            manager.alter_table(with(table, column)).await?;
        }
        manager.alter_table(uploads::owner(RULE)).await?;
        let owned = ["district", "owner"];
        let owned = index("rule_upload_owner", "rule_upload", &owned);
        manager.create_index(owned).await?;
        for table in [
            rollback(),
            revocation(),
            keys(),
            policy(),
            change(),
            usage(),
        ] {
            manager.create_table(table).await?;
        }
        Ok(())
    }
}

fn with(table: &str, column: ColumnDef) -> TableAlterStatement {
    let mut alter = Table::alter();
    alter.table(name(table)).add_column(column).to_owned()
}

fn table(called: &str, columns: Vec<ColumnDef>, keys: &[&str]) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(name(called));
    for column in columns {
        table.col(column);
    }
    table.primary_key(&mut key(keys)).to_owned()
}

fn rollback() -> TableCreateStatement {
    let columns = vec![
        text("district"),
        big("undoes"),
        text("from_period"),
        big("created_at"),
        text("actor"),
    ];
    table(
        "rule_rollback",
        columns,
        &["district", "undoes", "from_period"],
    )
}

fn revocation() -> TableCreateStatement {
    let columns = vec![
        text("district"),
        text("rule"),
        text("version"),
        big("revoked_at"),
        text("actor"),
        text("reason"),
    ];
    table("rule_revocation", columns, &["district", "rule", "version"])
}

fn keys() -> TableCreateStatement {
    let columns = vec![
        text("district"),
        text("fingerprint"),
        bytes("public"),
        text("title"),
        big("created_at"),
        maybe_big("retired_at"),
    ];
    table("rule_key", columns, &["district", "fingerprint"])
}

fn policy() -> TableCreateStatement {
    let columns = vec![
        text("district"),
        big("signature_required"),
        maybe_big("component_bytes"),
        maybe_big("call_fuel"),
        maybe_big("versions"),
    ];
    table("rule_policy", columns, &["district"])
}

fn change() -> TableCreateStatement {
    let columns = vec![
        text("district"),
        big("number"),
        big("kind"),
        big("changed_at"),
        text("actor"),
        text("rule"),
        text("version"),
        text("from_period"),
        text("details"),
    ];
    table("rule_change", columns, &["district", "number"])
}

fn usage() -> TableCreateStatement {
    let columns = vec![
        text("district"),
        text("month"),
        text("rule"),
        text("version"),
        big("calls"),
        big("areas"),
        big("fuel"),
        big("processor_us"),
    ];
    table(
        "rule_usage",
        columns,
        &["district", "month", "rule", "version"],
    )
}
