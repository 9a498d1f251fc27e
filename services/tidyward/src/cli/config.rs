//! `tidyward config`: what is in force, and where each setting came from.

use clap::Subcommand;
use figment::value::Value;

use super::{
    context::Context,
    failure::Failure,
    output::{Format, put},
};
use crate::config::{Loaded, show};

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the effective settings as TOML, each with where it came from
    Show,
}

pub fn command(context: &Context, loaded: &Loaded, command: ConfigCommand) -> Result<(), Failure> {
    match command {
        ConfigCommand::Show => match context.output.format {
            Format::Table => {
                put(show::render(loaded));
                Ok(())
            }
            Format::Json | Format::Csv | Format::Xlsx => context.print(&table(loaded)),
        },
    }
}

fn table(loaded: &Loaded) -> super::output::Table {
    use super::output::{Cell, Table, text};
    let mut table = Table::new(vec![
        text("key", "Key"),
        text("value", "Value"),
        text("from", "From"),
    ]);
    table.rows = show::rows(loaded)
        .into_iter()
        .map(|row| {
            vec![
                Cell::text(row.key),
                value(&row.value),
                Cell::text(row.origin),
            ]
        })
        .collect();
    return table;

    fn value(value: &Value) -> Cell {
        match value {
            Value::Bool(_, switch) => Cell::Switch(*switch),
            Value::Num(_, number) => Cell::integer(
                number
                    .to_u128_lossy()
                    .and_then(|number| i64::try_from(number).ok()),
            ),
            Value::Array(..) => Cell::text(show::literal(value)),
            other => Cell::text(other.as_str().unwrap_or_default()),
        }
    }
}
