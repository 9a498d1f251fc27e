//! The tables' migrations, each in a file of its own.

mod m0001_review;
mod m0030_requests;
mod m0035_life_of_a_rule;
mod m0036_rounds;

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
            Box::new(m0001_review::Migration),
            Box::new(m0030_requests::Migration),
            Box::new(m0035_life_of_a_rule::Migration),
            Box::new(m0036_rounds::Migration),
        ]
    }

    fn migration_table_name() -> DynIden {
        "evaluation_migration".into_iden()
    }
}
