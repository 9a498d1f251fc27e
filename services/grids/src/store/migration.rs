//! The territory's tables and their migrations, each in a file of its own.

mod m0001_territory;
mod m0002_duties;
mod m0003_area_end;
mod m0004_arrival;
mod m0030_requests;
mod m0031_duty_edition;

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
            Box::new(m0001_territory::Migration),
            Box::new(m0002_duties::Migration),
            Box::new(m0003_area_end::Migration),
            Box::new(m0004_arrival::Migration),
            Box::new(m0030_requests::Migration),
            Box::new(m0031_duty_edition::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        "grid_migration".into_iden()
    }
}
