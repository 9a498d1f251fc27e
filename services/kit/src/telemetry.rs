//! Logs: `tracing`, as text for people or JSON for programs, to standard error.

use std::io::IsTerminal;

use serde::{Deserialize, Serialize};
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::error::Error;

/// How logs look.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// Begins to log. `filter` is as `tracing` has it: `info`, or `info,tidyward_kit=debug`.
pub fn start(format: LogFormat, filter: &str) -> Result<(), Error> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| Error::field("log.filter", format!("cannot be read: {error}")))?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => registry.with(lines).try_init(),
        LogFormat::Json => registry.with(lines.json()).try_init(),
    };
    started.map_err(|error| Error::internal(error.to_string()))
}
