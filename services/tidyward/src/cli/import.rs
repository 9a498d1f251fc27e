//! `tidyward import`: files of areas, issues and metrics, each with a mapping that says which column is what.

mod report;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use tidyward_proto::v1::{CreateImportRequest, Import, ImportState};

use super::{
    client::Client,
    context::Context,
    failure::Failure,
    output::say,
    progress::Progress,
    upload::{self, Door},
};

pub use report::{counts, problem_lines, summary};

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Areas from GeoJSON, plain or gzip
    Areas(ImportArguments),
    /// A roster of duties from CSV or XLSX
    Duties(ImportArguments),
    /// Issues from CSV, plain or gzip
    Issues(ImportArguments),
    /// Metrics from CSV, plain or gzip
    Metrics(ImportArguments),
    /// List every problem of an import that was run before
    Problems(ProblemsArguments),
}

#[derive(Args, Clone, Debug)]
pub struct ImportArguments {
    /// The mapping, TOML
    #[arg(long, value_name = "M.toml")]
    pub mapping: PathBuf,
    /// The file
    pub file: PathBuf,
}

#[derive(Args, Clone, Debug)]
pub struct ProblemsArguments {
    pub kind: Kind,
    /// The import, as its summary names it
    pub import: String,
}

/// What is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    Areas,
    Duties,
    Issues,
    Metrics,
}

/// Problems that the summary looks at. The groups of more than these would say no more.
const LOOKED_AT: usize = 10_000;

pub async fn command(context: &Context, command: ImportCommand) -> Result<(), Failure> {
    let (kind, arguments) = match command {
        ImportCommand::Areas(arguments) => (Kind::Areas, arguments),
        ImportCommand::Duties(arguments) => (Kind::Duties, arguments),
        ImportCommand::Issues(arguments) => (Kind::Issues, arguments),
        ImportCommand::Metrics(arguments) => (Kind::Metrics, arguments),
        ImportCommand::Problems(arguments) => return problems(context, arguments).await,
    };
    bring(context, kind, &arguments).await
}

/// Imports, and tells what it came to.
pub async fn bring(
    context: &Context,
    kind: Kind,
    arguments: &ImportArguments,
) -> Result<(), Failure> {
    let client = context.client().await?;
    let import = import(&client, kind, arguments).await?;
    context.print_record(&counts(&import))?;
    let problems = kind.door(&client).problems(&import.name, LOOKED_AT).await?;
    say(summary(&context.output, kind, &import, &problems));
    match import.state() {
        ImportState::Failed => Err(Failure::new(format!("the import failed: {}", import.error))
            .next("what went in stays in; run the import again once the cause is gone")),
        _ => Ok(()),
    }
}

/// Sends file and mapping, and waits until the import has ended, whichever way.
pub async fn import(
    client: &Client,
    kind: Kind,
    arguments: &ImportArguments,
) -> Result<Import, Failure> {
    let mapping = upload::read_text(&arguments.mapping)?;
    let bytes = upload::read(&arguments.file)?;
    let file_name = arguments
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let mut door = kind.door(client);
    let upload = upload::send(client, &mut door, &file_name, bytes).await?;
    let request = CreateImportRequest {
        parent: client.parent(),
        upload,
        mapping,
        request_id: client.request_id(),
    };
    let import = door.create_import(request).await?;
    watch(&mut door, import).await
}

async fn watch(door: &mut Door, mut import: Import) -> Result<Import, Failure> {
    let progress = Progress::start("importing");
    let mut told = door.watch_import(&import.name).await?;
    while let Some(next) = told.message().await? {
        progress.at(next.percent, format!("{} rows", next.rows_read));
        import = next;
    }
    match import.state() {
        ImportState::Done | ImportState::Failed => Ok(import),
        _ => Err(Failure::new("the server went away while the import ran")
            .next("run the import again; what is in already is unchanged")),
    }
}

async fn problems(context: &Context, arguments: ProblemsArguments) -> Result<(), Failure> {
    let client = context.client().await?;
    let name = match arguments.import.contains('/') {
        true => arguments.import,
        false => client.name(format!("imports/{}", arguments.import)),
    };
    let problems = arguments
        .kind
        .door(&client)
        .problems(&name, usize::MAX)
        .await?;
    context.print(&report::listed(&problems))
}

impl Kind {
    pub fn door(self, client: &Client) -> Door {
        match self {
            Kind::Areas => Door::Areas(client.grids()),
            Kind::Duties => Door::Duties(client.duties()),
            Kind::Issues => Door::Issues(client.issues()),
            Kind::Metrics => Door::Metrics(client.evaluations()),
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Kind::Areas => "areas",
            Kind::Duties => "duties",
            Kind::Issues => "issues",
            Kind::Metrics => "metrics",
        }
    }
}
