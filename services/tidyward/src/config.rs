//! Settings: defaults, then a TOML file, then `TIDYWARD_...` of the environment, then flags. Each later source overrides
//! the ones before it key by key, and a key that nobody knows is refused with its source.

mod source;

pub mod edge;
pub mod parts;
pub mod show;

#[cfg(test)]
mod tests;

use std::{net::SocketAddr, path::PathBuf};

use figment::{Figment, providers::Serialized, value::Dict};
use serde::{Deserialize, Serialize};
use tidyward_kit::{Error, Violations, telemetry::LogFormat};

use edge::{PeerSettings, ServeRole, TlsSettings, WebSettings};
use parts::{DatabaseSettings, LedgerSettings, NoticeSettings, ObjectSettings};

use crate::{cli::client::ClientSettings, compose::ReviewSettings, serve::LimitSettings};

/// Prefix of every environment variable that is a setting; parts of a key are joined by two underscores.
pub const PREFIX: &str = "TIDYWARD_";
/// The environment variable that names the TOML file.
pub const CONFIG_VARIABLE: &str = "TIDYWARD_CONFIG";

/// Everything that can be set. Each part owns its own struct, with its defaults.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The folder of the database, the objects and the keys. It is made where it is not there.
    pub data: PathBuf,
    /// Address and port to listen on; port 0 is any free one.
    pub listen: SocketAddr,
    /// Listen beyond this machine though nothing is encrypted.
    pub insecure_no_tls: bool,
    /// What this process serves.
    pub roles: Vec<ServeRole>,
    pub tls: TlsSettings,
    pub web: WebSettings,
    pub peers: PeerSettings,
    pub log: LogSettings,
    pub database: DatabaseSettings,
    pub objects: ObjectSettings,
    pub limits: LimitSettings,
    pub ledger: LedgerSettings,
    pub notices: NoticeSettings,
    pub review: ReviewSettings,
    pub client: ClientSettings,
}

/// What the server writes to standard error.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// `text` for people, `json` for programs.
    pub format: LogFormat,
    /// What is logged, as `tracing` has it: `info`, or `info,tidyward_kit=debug`.
    pub filter: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            data: PathBuf::from("tidyward-data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 50_051)),
            insecure_no_tls: false,
            roles: ServeRole::ALL.to_vec(),
            tls: TlsSettings::default(),
            web: WebSettings::default(),
            peers: PeerSettings::default(),
            log: LogSettings {
                format: LogFormat::Text,
                // A start says once that it listens; what each migrator found pending is noise.
                filter: "info,sea_orm_migration=warn".to_owned(),
            },
            database: DatabaseSettings::default(),
            objects: ObjectSettings::default(),
            limits: LimitSettings::default(),
            ledger: LedgerSettings::default(),
            notices: NoticeSettings::default(),
            review: ReviewSettings::default(),
            client: ClientSettings::default(),
        }
    }
}

impl Settings {
    /// Where a client on this machine finds the server, unless it is told.
    pub fn server(&self) -> String {
        if !self.client.server.is_empty() {
            return self.client.server.clone();
        }
        let mut address = self.listen;
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        let scheme = if self.tls.on() { "https" } else { "http" };
        format!("{scheme}://{address}")
    }
}

/// Where settings come from, besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The TOML file. Nothing is read where none is named.
    pub file: Option<PathBuf>,
    /// The environment, all of it; only `TIDYWARD_...` is looked at.
    pub environment: Vec<(String, String)>,
    /// What the command line gives, nested by the parts of the key.
    pub flags: Dict,
}

/// The effective settings, and where each came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub settings: Settings,
    figment: Figment,
}

/// Reads every source. All unknown keys are told at once.
pub fn load(sources: &Sources) -> Result<Loaded, Error> {
    let defaults = Serialized::defaults(Settings::default());
    let known = source::dict_of(&defaults)?;
    let mut figment = Figment::from(defaults);
    let mut violations = Violations::default();
    if let Some(path) = &sources.file {
        let file = source::file(path)?;
        source::refuse_unknown(&file, &known, &mut violations)?;
        figment = figment.merge(file);
    }
    let environment = source::Environment::new(&sources.environment);
    source::refuse_unknown(&environment, &known, &mut violations)?;
    violations.into_result()?;
    let figment = figment
        .merge(environment)
        .merge(source::Flags(sources.flags.clone()));
    let settings: Settings = figment.extract().map_err(source::wrong_value)?;
    check(&settings)?;
    Ok(Loaded { settings, figment })
}

/// What a type alone does not say.
fn check(settings: &Settings) -> Result<(), Error> {
    let mut violations = Violations::default();
    violations.require(
        !settings.data.as_os_str().is_empty(),
        "data",
        "must name a folder",
    );
    settings.tls.check(&mut violations);
    settings.web.check(&mut violations);
    settings.peers.check(&settings.roles, &mut violations);
    settings.database.check(&mut violations);
    settings.objects.check(&mut violations);
    settings.limits.check(&mut violations);
    settings.ledger.check(&mut violations);
    settings.notices.check(&mut violations);
    settings.review.check(&mut violations);
    settings.client.check(&mut violations);
    violations.into_result()
}
