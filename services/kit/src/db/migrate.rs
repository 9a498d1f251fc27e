//! Migrations: one migrator a service, each with a table of its own for what it has done.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, TransactionTrait};
use sea_orm_migration::MigratorTrait;

use super::{
    Db,
    sql::{places, statement},
    tables::Table,
};
use crate::error::Error;

/// The lock of whoever migrates: `TIDY` in ASCII, and 2. It goes with the transaction.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(1414087769, 2)";

impl Db {
    /// Runs the migrations of the service with these tables that have not run yet and says how many those were. On
    /// PostgreSQL several processes may come at once: one migrates, in one transaction, and the others find it done.
    pub async fn migrate<M: MigratorTrait>(&self, tables: &[Table]) -> Result<usize, Error> {
        if self.read.get_database_backend() != DbBackend::Postgres {
            let pending = M::get_pending_migrations(&self.read).await?.len();
            M::up(&self.read, None).await?;
            return Ok(pending);
        }
        let transaction = self.read.begin().await?;
        transaction
            .execute_unprepared("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            .await?;
        transaction.execute_unprepared(MIGRATION_LOCK).await?;
        let pending = M::get_pending_migrations(&transaction).await?.len();
        if pending > 0 {
            M::up(&transaction, None).await?;
            compare_bytes(&transaction, tables).await?;
        }
        transaction.commit().await?;
        Ok(pending)
    }

    /// How many of the service's migrations have not run yet.
    pub async fn pending<M: MigratorTrait>(&self) -> Result<usize, Error> {
        Ok(M::get_pending_migrations(&self.read).await?.len())
    }
}

/// Gives every text column of these tables the order of its bytes, which is SQLite's: pages, keys and digests then are the same on both,
/// whatever the database's own language is.
async fn compare_bytes(transaction: &DatabaseTransaction, ours: &[Table]) -> Result<(), DbErr> {
    let text = format!(
        "SELECT table_name::text, column_name::text FROM information_schema.columns \
         WHERE table_schema = current_schema() AND data_type = 'text' AND collation_name IS NULL AND table_name IN {}",
        places(1, ours.len())
    );
    let names = ours.iter().map(|table| table.name.into()).collect();
    let select = statement(DbBackend::Postgres, &text, names);
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in transaction.query_all_raw(select).await? {
        let (table, column): (String, String) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        tables.entry(table).or_default().push(column);
    }
    for (table, columns) in tables {
        let changes = columns
            .iter()
            .map(|column| format!("ALTER COLUMN \"{column}\" TYPE text COLLATE \"C\""));
        let changes = changes.collect::<Vec<_>>().join(", ");
        let alter = format!("ALTER TABLE \"{table}\" {changes}");
        transaction.execute_unprepared(&alter).await?;
    }
    Ok(())
}
