//! The services of this process, put together: one database, one front layer, and peers that need no socket unless
//! another process serves them.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tidyward_evaluations::{Evaluations, Settings as EvaluationSettings};
use tidyward_grids::{GridSettings, Grids};
use tidyward_issues::{IssueSettings, Issues, WatchSettings};
use tidyward_kit::{
    Error, Violations,
    clock::Clock,
    db::Db,
    front::{Access, FrontLayer, FrontSettings},
    key,
    object::Objects,
    peer::Peers,
    serve::Health,
    tls::client,
    token::Tokens,
};
use tidyward_proto::v1::{
    calendar_service_server as calendar_service, duty_service_server as duty_service,
    evaluation_service_server as evaluation_service, evidence_service_server as evidence_service,
    grid_service_server as grid_service, issue_service_server as issue_service,
    notice_service_server as notice_service, rule_service_server as rule_service,
    watch_service_server as watch_service,
};
use tonic::{service::Routes, transport::Channel};
use tower::Layer;

use crate::{
    config::{Settings, edge::ServeRole},
    data::DataFolder,
    priority::PRIORITIES,
};

/// The tables of rights of all services. What is in none of them is denied.
pub const ACCESS: [Access; 3] = [
    tidyward_grids::ACCESS,
    tidyward_issues::ACCESS,
    tidyward_evaluations::ACCESS,
];

/// Full names of a role's services.
fn services(role: ServeRole) -> &'static [&'static str] {
    match role {
        ServeRole::Grids => &[grid_service::SERVICE_NAME, duty_service::SERVICE_NAME],
        ServeRole::Issues => &[
            issue_service::SERVICE_NAME,
            calendar_service::SERVICE_NAME,
            notice_service::SERVICE_NAME,
            watch_service::SERVICE_NAME,
            evidence_service::SERVICE_NAME,
        ],
        ServeRole::Evaluations => &[evaluation_service::SERVICE_NAME, rule_service::SERVICE_NAME],
    }
}

/// Who may call what of a role's services.
fn access(role: ServeRole) -> Access {
    match role {
        ServeRole::Grids => tidyward_grids::ACCESS,
        ServeRole::Issues => tidyward_issues::ACCESS,
        ServeRole::Evaluations => tidyward_evaluations::ACCESS,
    }
}

/// How reviews are scored.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewSettings {
    /// Threads that score; 0 is one for each core.
    pub threads: usize,
    /// Fuel of one call of a rule, in the engine's units. It decides results: change it between reviews only.
    pub fuel: u64,
    /// The program of this release that compiles rules, in a process of its own. Empty is the one that runs.
    pub compiler: PathBuf,
}

impl Default for ReviewSettings {
    fn default() -> ReviewSettings {
        ReviewSettings {
            threads: 0,
            fuel: 200_000_000,
            compiler: PathBuf::new(),
        }
    }
}

impl ReviewSettings {
    pub fn check(&self, violations: &mut Violations) {
        violations.require(
            self.threads <= 1_024,
            "review.threads",
            "must be 0 to 1,024",
        );
        let fuel = (1_000_000..=1_000_000_000_000).contains(&self.fuel);
        violations.require(
            fuel,
            "review.fuel",
            "must be 1,000,000 to 1,000,000,000,000",
        );
    }

    /// The program that compiles rules.
    pub fn compiler(&self) -> Result<PathBuf, Error> {
        /// Stays the program that runs even where another was put in its place meanwhile.
        const OWN: &str = "/proc/self/exe";
        if !self.compiler.as_os_str().is_empty() {
            return Ok(self.compiler.clone());
        }
        if Path::new(OWN).exists() {
            return Ok(OWN.into());
        }
        std::env::current_exe().map_err(|error| {
            let message = format!("the program that runs cannot be found: {error}; name it");
            Error::field("review.compiler", message)
        })
    }

    fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if self.threads == 0 {
            cores()
        } else {
            self.threads
        }
    }
}

/// What there is to serve.
pub struct Composed {
    pub routes: Routes,
    pub front: FrontLayer,
    pub health: Health,
    /// The ledger, whose clocks go on and whose notices go out without a call. Nothing where another process serves it.
    pub issues: Option<Issues>,
    pub objects: Objects,
}

/// Opens the database as it is.
pub async fn connect(folder: &DataFolder, settings: &Settings) -> Result<Db, Error> {
    let longest_query = Duration::from_secs(settings.limits.longest_call_seconds);
    match settings.database.server(longest_query) {
        Some(server) => Db::connect(&server).await,
        None => Db::open(&folder.database(), settings.database.readers).await,
    }
}

/// Opens the database and brings the tables of every service of this process up to date.
pub async fn migrate(folder: &DataFolder, settings: &Settings) -> Result<Db, Error> {
    let db = connect(folder, settings).await?;
    for role in &settings.roles {
        match role {
            ServeRole::Grids => tidyward_grids::migrate(&db).await?,
            ServeRole::Issues => tidyward_issues::migrate(&db).await?,
            ServeRole::Evaluations => Evaluations::migrate(&db).await?,
        };
    }
    Ok(db)
}

/// Puts the services of this process together. What a stop of the server cut off is taken up again before anybody can
/// call.
pub async fn compose(
    folder: &DataFolder,
    db: &Db,
    settings: &Settings,
    clock: Clock,
) -> Result<Composed, Error> {
    let tokens = Tokens::new(&key::read_or_make(&folder.token_key())?)?;
    let peers = Peers::with_elsewhere(tokens.clone(), elsewhere(settings)?);
    let objects = objects(folder, settings)?;
    let grids = serves(settings, ServeRole::Grids).then(|| grids(db, settings, &clock));
    let issues = serves(settings, ServeRole::Issues)
        .then(|| issues(&objects, db, settings, &clock, &peers))
        .transpose()?;
    let evaluations = serves(settings, ServeRole::Evaluations)
        .then(|| evaluations(folder, &objects, db, settings, &clock, &peers))
        .transpose()?;

    let mut routes = Routes::default();
    if let Some(grids) = &grids {
        routes = routes
            .add_service(grids.clone().into_server())
            .add_service(grids.clone().into_duty_server());
    }
    if let Some(issues) = &issues {
        routes = routes
            .add_service(issues.clone().into_server())
            .add_service(issues.clone().into_calendar_server())
            .add_service(issues.clone().into_notice_server())
            .add_service(issues.clone().into_watch_server())
            .add_service(issues.clone().into_evidence_server());
    }
    if let Some(evaluations) = &evaluations {
        let (rule_server, evaluation_server) = evaluations.clone().into_servers();
        routes = routes
            .add_service(rule_server)
            .add_service(evaluation_server);
    }
    let front = front(tokens, settings);
    peers.set_local(front.layer(routes.clone()));
    if let Some(grids) = &grids {
        grids.recover().await?;
    }
    if let Some(issues) = &issues {
        issues.recover().await?;
    }
    if let Some(evaluations) = &evaluations {
        evaluations.recover().await?;
    }

    let names: Vec<&str> = settings
        .roles
        .iter()
        .flat_map(|role| services(*role).iter().copied())
        .collect();
    let (reporter, health_server) = tonic_health::server::health_reporter();
    let routes = with_reflection(routes.add_service(health_server), &names)?;
    let health = Health::serving(reporter, &names).await;
    Ok(Composed {
        routes,
        front,
        health,
        issues,
        objects,
    })
}

fn serves(settings: &Settings, role: ServeRole) -> bool {
    settings.roles.contains(&role)
}

/// The services that other processes serve, each with the way there.
fn elsewhere(settings: &Settings) -> Result<Vec<(&'static str, Channel)>, Error> {
    let mut found = Vec::new();
    for role in ServeRole::ALL {
        let (key, url) = settings.peers.of(role);
        if url.is_empty() {
            continue;
        }
        let setting = format!("peers.{key}");
        let endpoint = client::endpoint(url, &settings.peers.tls(), &setting)?;
        // It may be started after this one, and may be away for a while.
        let channel = endpoint.connect_lazy();
        found.extend(services(role).iter().map(|name| (*name, channel.clone())));
    }
    Ok(found)
}

fn grids(db: &Db, settings: &Settings, clock: &Clock) -> Grids {
    let grid_settings = GridSettings {
        largest_upload: settings.limits.upload_bytes,
        largest_message: settings.limits.message_bytes,
    };
    Grids::new(db.clone(), clock.clone(), grid_settings)
}

fn issues(
    objects: &Objects,
    db: &Db,
    settings: &Settings,
    clock: &Clock,
    peers: &Peers,
) -> Result<Issues, Error> {
    let issue_settings = IssueSettings {
        largest_upload: settings.limits.upload_bytes,
        largest_message: settings.limits.message_bytes,
        notices: settings.notices.read()?,
        watch: WatchSettings {
            watchers: settings.limits.watchers,
            ..WatchSettings::default()
        },
    };
    Issues::new(
        db.clone(),
        clock.clone(),
        peers.clone(),
        objects,
        issue_settings,
    )
}

fn evaluations(
    folder: &DataFolder,
    objects: &Objects,
    db: &Db,
    settings: &Settings,
    clock: &Clock,
    peers: &Peers,
) -> Result<Evaluations, Error> {
    let evaluation_settings = EvaluationSettings {
        largest_upload: settings.limits.upload_bytes,
        largest_message: settings.limits.message_bytes,
        threads: settings.review.threads(),
        fuel: settings.review.fuel,
        bundle_key: key::read_or_make(&folder.bundle_key())?,
        compiler: settings.review.compiler()?,
        compiled: folder.compiled(),
        seal: seal(&key::read_or_make(&folder.token_key())?),
    };
    Evaluations::new(
        db.clone(),
        clock.clone(),
        peers.clone(),
        objects.clone(),
        evaluation_settings,
    )
}

/// The secret that seals compiled rules: of this installation, and of no use for anything else.
fn seal(key: &SigningKey) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix("tidyward compiled rules\0");
    hash.update(key.as_bytes());
    hash.finalize().into()
}

/// Where bundles and evidence lie.
pub fn objects(folder: &DataFolder, settings: &Settings) -> Result<Objects, Error> {
    match settings.objects.bucket() {
        Some(bucket) => Objects::bucket(&bucket),
        None => Objects::folder(&folder.objects()),
    }
}

fn front(tokens: Tokens, settings: &Settings) -> FrontLayer {
    let access: Vec<Access> = settings.roles.iter().map(|role| access(*role)).collect();
    let limits = &settings.limits;
    let settings = FrontSettings {
        longest_call: Duration::from_secs(limits.longest_call_seconds),
        most_calls: limits.calls,
        priorities: PRIORITIES,
        rates: limits.rates(),
    };
    FrontLayer::new(tokens, &access, settings)
}

/// Adds reflection in both its versions, of what is served here: Python's clients and older tools speak the first.
fn with_reflection(routes: Routes, names: &[&str]) -> Result<Routes, Error> {
    let described = |reflection: &str| {
        let builder = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(tidyward_proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .with_service_name("grpc.health.v1.Health")
            .with_service_name(reflection);
        let names = names.iter().copied();
        names.fold(builder, |builder, name| builder.with_service_name(name))
    };
    let alpha = described("grpc.reflection.v1alpha.ServerReflection");
    let alpha = alpha.build_v1alpha().map_err(Error::internal)?;
    let stable = described("grpc.reflection.v1.ServerReflection");
    let stable = stable.build_v1().map_err(Error::internal)?;
    Ok(routes.add_service(alpha).add_service(stable))
}
