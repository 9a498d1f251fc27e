//! What every command works with: the settings, the format, and the way to the server.

use std::{io::IsTerminal, path::PathBuf};

use tidyward_kit::clock::Clock;

use super::{
    client::{self, Client, Scope},
    failure::Failure,
    output::{Format, Output, Table, put, say, write_file},
};
use crate::config::Settings;

/// What a command is run with.
#[derive(Clone, Debug)]
pub struct Context {
    pub settings: Settings,
    pub output: Output,
    /// The file into which data goes. Nothing is standard output.
    pub out: Option<PathBuf>,
    pub clock: Clock,
}

impl Context {
    pub fn new(settings: Settings, format: Format, clock: Clock) -> Context {
        let terminal = std::io::stdout().is_terminal();
        Context {
            settings,
            output: Output::new(format, terminal),
            out: None,
            clock,
        }
    }

    /// The district that is meant.
    pub fn district(&self) -> Result<&str, Failure> {
        match self.settings.client.district.as_str() {
            "" => Err(Failure::usage("which district is meant?").next(
                "say --district ID or set TIDYWARD_DISTRICT; `tidyward district list` lists them",
            )),
            district => Ok(district),
        }
    }

    /// The way to the server for work in the district.
    pub async fn client(&self) -> Result<Client, Failure> {
        let district = self.district()?.to_owned();
        client::connect(&self.settings, &self.clock, Scope::District(district)).await
    }

    /// The way to the server for work on districts.
    pub async fn platform(&self) -> Result<Client, Failure> {
        client::connect(&self.settings, &self.clock, Scope::Platform).await
    }

    /// The same with data going into a file.
    pub fn into_file(mut self, out: Option<PathBuf>) -> Result<Context, Failure> {
        match (&out, self.output.format) {
            (None, Format::Xlsx) => {
                Err(Failure::usage("a workbook needs a file").next("say --out FILE.xlsx"))
            }
            (Some(_), Format::Table) => Err(Failure::usage("what shall the file be?")
                .next("say --format csv, xlsx or json, or let its name end so")),
            _ => {
                self.out = out;
                Ok(self)
            }
        }
    }

    /// Gives the table to whoever asked: printed as the format says, or written into the file.
    pub fn print(&self, table: &Table) -> Result<(), Failure> {
        let Some(path) = &self.out else {
            self.output.print(table);
            return Ok(());
        };
        let bytes = self.output.file(table, self.clock.now().as_second())?;
        write_file(path, &bytes)?;
        let rows = match table.rows.len() {
            1 => "1 row".to_owned(),
            rows => format!("{rows} rows"),
        };
        say(format!("{rows} in {}\n", path.display()));
        Ok(())
    }

    /// One row: for people key by key, for programs like any table.
    pub fn print_record(&self, table: &Table) -> Result<(), Failure> {
        if self.out.is_none() && self.output.for_people() {
            self.output.print_record(table);
            return Ok(());
        }
        self.print(table)
    }

    /// Text that is made already, in place of a table.
    pub fn put(&self, text: &str) -> Result<(), Failure> {
        match &self.out {
            Some(path) => write_file(path, text.as_bytes()),
            None => {
                put(text);
                Ok(())
            }
        }
    }
}
