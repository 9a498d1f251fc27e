//! Everything that is seen from outside, over the wire, against the real stack.

mod a_day_by_command_line;
mod bad_input;
mod cast;
mod chicago;
mod command_line;
mod demo;
mod determinism;
mod durability;
mod edge;
mod evidence;
mod exports;
mod foreign_client;
mod front_door;
mod fuzz;
mod goldens;
mod honest;
mod issue_table;
mod kept;
mod migrations;
mod moving;
mod photos;
mod receiver;
mod resets;
mod review;
mod roles;
mod rule_life;
mod s3;
mod story;
mod ten_minutes;
mod tidy;
mod watch;

/// Every test, once more on PostgreSQL.
#[test]
fn again_on_postgres() {
    tidyward_kit::db::testing::again_on_postgres(&[]);
}
