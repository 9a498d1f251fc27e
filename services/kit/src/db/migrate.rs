//! Migrations: one migrator a service, each with a table of its own for what it has done.

use sea_orm_migration::MigratorTrait;

use super::Db;
use crate::error::Error;

impl Db {
    /// Runs the service's migrations that have not run yet and says how many those were.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<usize, Error> {
        let pending = M::get_pending_migrations(&self.read).await?.len();
        M::up(&self.read, None).await?;
        Ok(pending)
    }
}
