//! The indexes by which issues near a place are found: strips of latitude, and in each the order of longitudes. Open ones and
//! closed ones are looked for by different questions.

use sea_orm_migration::{async_trait::async_trait, prelude::*};

/// Indexes of `issue`.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0030_places"
    }
}

const CHANGES: [&str; 4] = [
    "CREATE INDEX issue_open_by_place ON issue (district, category, ROUND(latitude * 1000), longitude) \
     WHERE state NOT IN (9, 10, 11)",
    "CREATE INDEX issue_open_without_place ON issue (district, category, grid, reported_at, issue) \
     WHERE state NOT IN (9, 10, 11) AND latitude IS NULL",
    "CREATE INDEX issue_closed_by_place ON issue (district, category, ROUND(latitude * 1000), longitude) WHERE state = 9",
    "DROP INDEX issue_by_place",
];

#[async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for change in CHANGES {
            manager.get_connection().execute_unprepared(change).await?;
        }
        Ok(())
    }
}
