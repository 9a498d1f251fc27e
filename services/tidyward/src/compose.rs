//! The services of this process, put together: one database, one front layer, and peers that need no socket.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tidyward_evaluations::{Evaluations, Settings as EvaluationSettings};
use tidyward_grids::{GridSettings, Grids};
use tidyward_issues::{IssueSettings, Issues};
use tidyward_kit::{
    Error, Violations,
    clock::Clock,
    db::Db,
    front::{Access, FrontLayer, FrontSettings},
    key,
    object::Objects,
    peer::Peers,
    serve::Health,
    token::Tokens,
};
use tidyward_proto::v1::{
    calendar_service_server as calendar_service, duty_service_server as duty_service,
    evaluation_service_server as evaluation_service, grid_service_server as grid_service,
    issue_service_server as issue_service, notice_service_server as notice_service,
    rule_service_server as rule_service,
};
use tonic::service::Routes;
use tower::Layer;

use crate::{config::Settings, data::DataFolder, serve::LimitSettings};

/// Full names of the services that this process serves.
const SERVICES: [&str; 7] = [
    grid_service::SERVICE_NAME,
    duty_service::SERVICE_NAME,
    issue_service::SERVICE_NAME,
    calendar_service::SERVICE_NAME,
    notice_service::SERVICE_NAME,
    evaluation_service::SERVICE_NAME,
    rule_service::SERVICE_NAME,
];

/// The tables of rights of those services. What is in none of them is denied.
pub const ACCESS: [Access; 3] = [
    tidyward_grids::ACCESS,
    tidyward_issues::ACCESS,
    tidyward_evaluations::ACCESS,
];

/// How reviews are scored.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewSettings {
    /// Threads that score; 0 is one for each core.
    pub threads: usize,
    /// Fuel of one call of a rule, in the engine's units. It decides results: change it between reviews only.
    pub fuel: u64,
}

impl Default for ReviewSettings {
    fn default() -> ReviewSettings {
        ReviewSettings {
            threads: 0,
            fuel: 200_000_000,
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
    /// The ledger, whose clocks go on and whose notices go out without a call.
    pub issues: Issues,
}

/// Opens the database as it is.
pub async fn connect(folder: &DataFolder, settings: &Settings) -> Result<Db, Error> {
    let longest_query = Duration::from_secs(settings.limits.longest_call_seconds);
    match settings.database.server(longest_query) {
        Some(server) => Db::connect(&server).await,
        None => Db::open(&folder.database()).await,
    }
}

/// Opens the database and brings every service's tables up to date.
pub async fn migrate(folder: &DataFolder, settings: &Settings) -> Result<Db, Error> {
    let db = connect(folder, settings).await?;
    tidyward_grids::migrate(&db).await?;
    tidyward_issues::migrate(&db).await?;
    Evaluations::migrate(&db).await?;
    Ok(db)
}

/// Puts the services together. What a stop of the server cut off is taken up again before anybody can call.
pub async fn compose(
    folder: &DataFolder,
    db: &Db,
    settings: &Settings,
    clock: Clock,
) -> Result<Composed, Error> {
    let limits = &settings.limits;
    let tokens = Tokens::new(&key::read_or_make(&folder.token_key())?)?;
    let peers = Peers::new(tokens.clone());
    let (largest_upload, largest_message) = (limits.upload_bytes, limits.message_bytes);

    let grid_settings = GridSettings {
        largest_upload,
        largest_message,
    };
    let grids = Grids::new(db.clone(), clock.clone(), grid_settings);
    let issue_settings = IssueSettings {
        largest_upload,
        largest_message,
        notices: settings.notices.read()?,
    };
    let issues = Issues::new(db.clone(), clock.clone(), peers.clone(), issue_settings)?;
    let evaluation_settings = EvaluationSettings {
        largest_upload,
        largest_message,
        threads: settings.review.threads(),
        fuel: settings.review.fuel,
        bundle_key: key::read_or_make(&folder.bundle_key())?,
    };
    let objects = Objects::folder(&folder.objects())?;
    let evaluations = Evaluations::new(
        db.clone(),
        clock,
        peers.clone(),
        objects,
        evaluation_settings,
    )?;

    let (rule_server, evaluation_server) = evaluations.clone().into_servers();
    let services = Routes::new(grids.clone().into_server())
        .add_service(grids.clone().into_duty_server())
        .add_service(issues.clone().into_server())
        .add_service(issues.clone().into_calendar_server())
        .add_service(issues.clone().into_notice_server())
        .add_service(rule_server)
        .add_service(evaluation_server);
    let front = front(tokens, limits);
    peers.set_local(front.layer(services.clone()));
    grids.recover().await?;
    issues.recover().await?;
    evaluations.recover().await?;

    let (reporter, health_server) = tonic_health::server::health_reporter();
    let routes = with_reflection(services.add_service(health_server))?;
    let health = Health::serving(reporter, &SERVICES).await;
    Ok(Composed {
        routes,
        front,
        health,
        issues,
    })
}

fn front(tokens: Tokens, limits: &LimitSettings) -> FrontLayer {
    let settings = FrontSettings {
        longest_call: Duration::from_secs(limits.longest_call_seconds),
        most_calls: limits.calls,
    };
    FrontLayer::new(tokens, &ACCESS, settings)
}

/// Adds reflection in both its versions: Python's clients and older tools speak the first.
fn with_reflection(routes: Routes) -> Result<Routes, Error> {
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(tidyward_proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let alpha = described().build_v1alpha().map_err(Error::internal)?;
    let stable = described().build_v1().map_err(Error::internal)?;
    Ok(routes.add_service(alpha).add_service(stable))
}
