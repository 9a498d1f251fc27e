//! The ledger's tables and their migrations, each in a file of its own.

mod m0001_ledger;
mod m0002_details;
mod m0003_progress;
mod m0004_categories;
mod m0005_reporter;
mod m0006_nearness;
mod m0007_notices;
mod m0010_merges;
mod m0011_calendar;
mod m0013_watch;
mod m0020_evidence;
mod m0021_post_evidence;
mod m0022_upload_owner;
mod m0030_places;
mod m0031_requests;
mod m0032_edition;
mod m0033_pages;
mod m0034_courses;

use sea_orm_migration::{
    async_trait::async_trait,
    prelude::{DynIden, IntoIden, MigrationTrait, MigratorTrait},
};

/// Every migration of this service.
pub struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_ledger::Migration),
            Box::new(m0002_details::Migration),
            Box::new(m0003_progress::Migration),
            Box::new(m0004_categories::Migration),
            Box::new(m0005_reporter::Migration),
            Box::new(m0006_nearness::Migration),
            Box::new(m0007_notices::Migration),
            Box::new(m0010_merges::Migration),
            Box::new(m0011_calendar::Migration),
            Box::new(m0013_watch::Migration),
            Box::new(m0020_evidence::Migration),
            Box::new(m0021_post_evidence::Migration),
            Box::new(m0022_upload_owner::Migration),
            Box::new(m0030_places::Migration),
            Box::new(m0031_requests::Migration),
            Box::new(m0032_edition::Migration),
            Box::new(m0033_pages::Migration),
            Box::new(m0034_courses::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        "issue_migration".into_iden()
    }
}
