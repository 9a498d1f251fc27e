//! What every command works with: the settings, the format, and the way to the server.

use std::io::IsTerminal;

use tidyward_kit::clock::Clock;

use super::{
    client::{self, Client, Scope},
    failure::Failure,
    output::{Format, Output, Table},
};
use crate::config::Settings;

/// What a command is run with.
#[derive(Clone, Debug)]
pub struct Context {
    pub settings: Settings,
    pub output: Output,
    pub clock: Clock,
}

impl Context {
    pub fn new(settings: Settings, format: Format, clock: Clock) -> Context {
        let terminal = std::io::stdout().is_terminal();
        Context {
            settings,
            output: Output::new(format, terminal),
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

    pub fn print(&self, table: &Table) {
        self.output.print(table);
    }
}
