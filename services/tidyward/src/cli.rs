//! The command line. Every command that touches a district speaks gRPC to the server; data goes to standard output and
//! everything else to standard error; the exit code is 0 only on success, 1 on failure, 2 on wrong usage.

pub mod client;
pub mod context;
pub mod deadline;
pub mod failure;
pub mod output;
pub mod pages;
pub mod progress;
pub mod upload;
pub mod words;

pub mod area;
pub mod calendar;
pub mod category;
pub mod config;
pub mod demo;
pub mod district;
pub mod duty;
pub mod evidence;
pub mod facts;
pub mod import;
pub mod issues;
pub mod local;
pub mod moving;
pub mod notices;
pub mod post;
pub mod rates;
pub mod review;
pub mod roles;
pub mod rules;
pub mod site;
pub mod suspension;
pub mod token;
pub mod verify;
pub mod watch;
pub mod webhook;

#[cfg(test)]
mod tests;

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use figment::{
    util::nest,
    value::{Dict, Value},
};
use tidyward_kit::clock::Clock;
use tidyward_rules::{compile, host::THREAD_STACK_BYTES};

use crate::config::{CONFIG_VARIABLE, Loaded, Sources, load};
use context::Context;
use failure::Failure;
use output::Format;

/// Tidyward: who keeps which street clean, how well, and how anybody can recompute it.
#[derive(Debug, Parser)]
#[command(
    name = "tidyward",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads a command line.
    pub fn read(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Cli, clap::Error> {
        let mut command = without_empty_defaults(Cli::command());
        let matches = command.try_get_matches_from_mut(arguments)?;
        Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// A flag that is empty where it is left out says in words what that means, so its help shows no default.
fn without_empty_defaults(command: clap::Command) -> clap::Command {
    let quiet = |arg: clap::Arg| {
        let defaults = arg.get_default_values();
        let empty = !defaults.is_empty() && defaults.iter().all(|value| value.is_empty());
        let hidden = empty || arg.is_hide_default_value_set();
        arg.hide_default_value(hidden)
    };
    let command = command.mut_args(quiet);
    command.mut_subcommands(without_empty_defaults)
}

/// The same flags everywhere.
#[derive(Args, Clone, Debug, Default)]
pub struct Global {
    /// The server, for example http://127.0.0.1:50051 [default: the one on this machine; TIDYWARD_SERVER]
    #[arg(long, global = true, value_name = "URL", help_heading = "Everywhere")]
    pub server: Option<String>,
    /// Bearer token [default: one made with the key in the data folder; TIDYWARD_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN", help_heading = "Everywhere")]
    pub token: Option<String>,
    /// Root certificates in PEM, for a server at https:// [default: the machine's own; TIDYWARD_CLIENT__CA]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub ca: Option<PathBuf>,
    /// This client's certificate in PEM, for a server that asks for one [TIDYWARD_CLIENT__CERTIFICATE]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Everywhere",
        requires = "client_key"
    )]
    pub client_certificate: Option<PathBuf>,
    /// The private key of that certificate, in PEM [TIDYWARD_CLIENT__KEY]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Everywhere",
        requires = "client_certificate"
    )]
    pub client_key: Option<PathBuf>,
    /// The district that is meant [TIDYWARD_DISTRICT]
    #[arg(long, global = true, value_name = "ID", help_heading = "Everywhere")]
    pub district: Option<String>,
    /// The data folder of the server on this machine [default: tidyward-data; TIDYWARD_DATA]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub data: Option<PathBuf>,
    /// The settings file, TOML [TIDYWARD_CONFIG]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub config: Option<PathBuf>,
    /// For people a table, for programs json or csv, for offices xlsx [default: table, or as the name of --out ends]
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        help_heading = "Everywhere"
    )]
    pub format: Option<Format>,
    /// The file into which data goes [default: standard output]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub out: Option<PathBuf>,
}

impl Global {
    /// The format that was asked for, by itself or by the name of the file.
    pub fn format(&self) -> Format {
        let named = || self.out.as_deref().and_then(Format::of);
        self.format.or_else(named).unwrap_or_default()
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// See the whole of it in seconds: a made-up subdistrict, scored, ranked and proved
    Demo(demo::DemoArguments),
    /// Serve until told to stop
    Serve(ServeArguments),
    /// Bring the tables of the data folder up to date
    Migrate,
    /// Write all that there is into a file, while the server serves
    Backup(moving::BackupArguments),
    /// Bring a backup into an empty data folder or database
    Restore(moving::TakeArguments),
    /// Look at the settings
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print a bearer token, made with the key in the data folder
    Token(token::TokenArguments),
    /// Make, list and move districts
    #[command(subcommand)]
    District(district::DistrictCommand),
    /// Show who may do what
    Roles(roles::RolesArguments),
    /// Bring in areas, duties, issues and metrics from files
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// Make and change areas from a day on
    #[command(subcommand)]
    Area(area::AreaCommand),
    /// Make, list and change sites, the named places below grids
    #[command(subcommand)]
    Site(site::SiteCommand),
    /// Say who answers for what
    #[command(subcommand)]
    Duty(duty::DutyCommand),
    /// Look into the ledger, report to it and move its issues
    #[command(subcommand)]
    Issues(issues::IssuesCommand),
    /// Bring in photos, videos and recordings, and fetch them
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),
    /// Count rates over any area and time
    Rates(rates::RatesArguments),
    /// List and change categories with their filing conditions
    #[command(subcommand)]
    Category(category::CategoryCommand),
    /// Look at the working calendar, publish one, reckon with it
    #[command(subcommand)]
    Calendar(calendar::CalendarCommand),
    /// Let clocks stand for an area and time
    #[command(subcommand)]
    Suspension(suspension::SuspensionCommand),
    /// Tell what happens, a line each, as it happens
    Watch(watch::WatchArguments),
    /// Write to the feeds of areas and read them
    #[command(subcommand)]
    Post(post::PostCommand),
    /// List who was told what
    Notices(notices::NoticesArguments),
    /// Say where other systems hear of what happened
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// Look at what is on its way to webhooks
    #[command(subcommand)]
    Deliveries(notices::DeliveriesCommand),
    /// Look at what rules can ask for, and at its values
    #[command(subcommand)]
    Facts(facts::FactsCommand),
    /// Check, push, list and activate scoring rules
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// Run a period's review and look at its results
    #[command(subcommand)]
    Review(review::ReviewCommand),
    /// Recompute every score and rank of a bundle, with nothing but the file
    Verify(verify::VerifyArguments),
    /// Be the compiler of rules: a component on standard input, what it is compiled to on standard output
    #[command(name = compile::COMMAND, hide = true)]
    CompileRule,
}

/// What `serve` can be told besides the settings file.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeArguments {
    /// Address and port; port 0 is any free one [default: 127.0.0.1:50051]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Listen beyond this machine though nothing is encrypted
    #[arg(long)]
    pub insecure_no_tls: bool,
    /// What this process serves, of grids, issues, evaluations [default: all; the others are where `peers` says]
    #[arg(long, value_name = "ROLES", value_delimiter = ',')]
    pub roles: Vec<String>,
    /// What the log looks like: text or json
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json"])]
    pub log_format: Option<String>,
    /// What is logged, for example info,tidyward_kit=debug
    #[arg(long, value_name = "FILTER")]
    pub log_filter: Option<String>,
}

/// Runs the command line and gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::read(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap knows which goes where.
            let _gone = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    // Bounded before it reads a byte of a stranger's, it needs neither settings nor a runtime.
    if let Command::CompileRule = cli.command {
        return compile::run_child();
    }
    match start(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::say(failure.render());
            ExitCode::from(if failure.usage { 2 } else { 1 })
        }
    }
}

fn start(cli: Cli) -> Result<(), Failure> {
    let loaded = load(&sources(&cli, std::env::vars()))?;
    // Rules are called on its threads, whatever the surroundings say of stacks.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(THREAD_STACK_BYTES)
        .build();
    let runtime = runtime.map_err(|error| {
        Failure::new(format!(
            "the runtime cannot start: {error}; check the limit on threads"
        ))
    })?;
    runtime.block_on(dispatch(cli, loaded))
}

async fn dispatch(cli: Cli, loaded: Loaded) -> Result<(), Failure> {
    let settings = loaded.settings.clone();
    let context = Context::new(settings, cli.global.format(), Clock::system());
    let context = match &cli.command {
        // A bundle is a file of its own kind, and the data is about it.
        Command::Review(review::ReviewCommand::Bundle(_)) => context,
        // So is a dump, and so is a photo.
        Command::Backup(_)
        | Command::District(district::DistrictCommand::Export(_))
        | Command::Evidence(evidence::EvidenceCommand::Get(_)) => context,
        _ => context.into_file(cli.global.out.clone())?,
    };
    match cli.command {
        Command::Demo(arguments) => demo::demo(&context, arguments).await,
        Command::Serve(_) => local::serve(&context).await,
        Command::Migrate => local::migrate(&context).await,
        Command::Backup(arguments) => moving::backup(&context, arguments).await,
        Command::Restore(arguments) => moving::restore(&context, arguments).await,
        Command::Config(command) => config::command(&context, &loaded, command),
        Command::Token(arguments) => token::token(&context, arguments),
        Command::District(command) => district::command(&context, command).await,
        Command::Roles(arguments) => roles::roles(&context, &arguments),
        Command::Import(command) => import::command(&context, command).await,
        Command::Area(command) => area::command(&context, command).await,
        Command::Site(command) => site::command(&context, command).await,
        Command::Duty(command) => duty::command(&context, command).await,
        Command::Issues(command) => issues::command(&context, command).await,
        Command::Evidence(command) => evidence::command(&context, command).await,
        Command::Rates(arguments) => rates::rates(&context, &arguments).await,
        Command::Category(command) => category::command(&context, command).await,
        Command::Calendar(command) => calendar::command(&context, command).await,
        Command::Suspension(command) => suspension::command(&context, command).await,
        Command::Watch(arguments) => watch::watch(&context, &arguments).await,
        Command::Post(command) => post::command(&context, command).await,
        Command::Notices(arguments) => notices::notices(&context, &arguments).await,
        Command::Webhook(command) => webhook::command(&context, command).await,
        Command::Deliveries(command) => notices::deliveries(&context, command).await,
        Command::Facts(command) => facts::command(&context, command).await,
        Command::Rules(command) => rules::command(&context, command).await,
        Command::Review(command) => review::command(&context, command).await,
        Command::Verify(arguments) => verify::verify(&context, arguments),
        Command::CompileRule => Err(Failure::new("the compiler has no settings")),
    }
}

/// Where the settings of this run come from. Only what was said on the command line is a flag.
fn sources(cli: &Cli, environment: impl Iterator<Item = (String, String)>) -> Sources {
    let environment: Vec<(String, String)> = environment.collect();
    let named = environment.iter().find(|(name, _)| name == CONFIG_VARIABLE);
    let file = cli.global.config.clone();
    let file = file.or_else(|| named.map(|(_, path)| PathBuf::from(path)));
    Sources {
        file,
        environment,
        flags: flags(cli),
    }
}

fn flags(cli: &Cli) -> Dict {
    let mut flags = Dict::new();
    let mut set = |key: &str, value: Option<Value>| {
        let Some(dict) = value.and_then(|value| nest(key, value).into_dict()) else {
            return;
        };
        for (name, value) in dict {
            match (flags.get_mut(&name), value) {
                (Some(Value::Dict(_, there)), Value::Dict(_, more)) => there.extend(more),
                (_, value) => {
                    flags.insert(name, value);
                }
            }
        }
    };
    let global = &cli.global;
    set("client.server", global.server.clone().map(Value::from));
    set("client.token", global.token.clone().map(Value::from));
    set("client.district", global.district.clone().map(Value::from));
    let path = |path: &Option<PathBuf>| {
        let path = path.as_ref();
        path.map(|path| Value::from(path.to_string_lossy().into_owned()))
    };
    set("data", path(&global.data));
    set("client.ca", path(&global.ca));
    set("client.certificate", path(&global.client_certificate));
    set("client.key", path(&global.client_key));
    if let Command::Serve(serve) = &cli.command {
        set(
            "listen",
            serve.listen.map(|listen| Value::from(listen.to_string())),
        );
        set(
            "insecure_no_tls",
            serve.insecure_no_tls.then_some(Value::from(true)),
        );
        let roles = serve.roles.iter().map(|role| Value::from(role.as_str()));
        let roles: Vec<Value> = roles.collect();
        set("roles", (!roles.is_empty()).then(|| Value::from(roles)));
        set("log.format", serve.log_format.clone().map(Value::from));
        set("log.filter", serve.log_filter.clone().map(Value::from));
    }
    flags
}
