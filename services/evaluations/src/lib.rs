//! The review: metrics, frozen facts, rules in force, scores, ranks, and what lets anybody recompute them.
//!
//! `metric`, `rule`, `activation`, `policy`, `signature`, `review`, `facts`, `rank`, `scores`, `difference` and `explain` are
//! plain rules; `freeze`, `run` and `import` are what a request does in several steps; `gate`, `bundle` and `verify` need no
//! server at all.

pub mod metric;

pub mod rule;

pub mod activation;

pub mod policy;

pub mod signature;

pub mod change;

pub mod usage;

pub mod gate;

pub mod dry_run;

pub mod difference;

mod honesty;

pub mod review;

pub mod facts;

pub mod rounds;

pub mod reading;

pub mod collect;

pub mod rank;

pub mod rollup;

pub mod scores;

pub mod explain;

pub mod bundle;

pub mod verify;

mod access;
mod chunk;
mod codec;
mod freeze;
mod import;
mod kept;
mod mapping;
mod progress;
mod record;
mod render;
mod rpc;
mod run;
mod store;
mod territory;

use std::{path::PathBuf, sync::Arc};

use ed25519_dalek::SigningKey;
use tidyward_kit::{
    Error,
    clock::Clock,
    db::Db,
    import::Imports,
    object::Objects,
    peer::Peers,
    upload::{Quota, Uploads},
};
use tidyward_proto::v1::{
    evaluation_service_server::EvaluationServiceServer, rule_service_server::RuleServiceServer,
};
use tidyward_rules::{
    compile::{Cache, Compiler},
    host::{Host, HostSettings},
};
use tonic::codec::CompressionEncoding;

pub use access::ACCESS;
pub use render::dry_run as render_dry_run;
pub use store::{pending, tables::TABLES};

/// The largest file that the rule service takes in; how large a rule may be is for the gate to say.
const LARGEST_RULE_UPLOAD: i64 = 16 * 1_024 * 1_024;

/// What one caller may have of rules on their way: as many as anybody tries in a day.
const RULES_ON_THEIR_WAY: Quota = Quota {
    uploads: 1_000,
    bytes: 256 * 1_024 * 1_024,
};

/// What an admin may set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The largest file of metrics, in bytes.
    pub largest_upload: i64,
    /// The largest message of a client, in bytes.
    pub largest_message: usize,
    /// Chunks that are scored at once.
    pub threads: usize,
    /// What every call of a rule may use.
    pub fuel: u64,
    /// Signs bundles.
    pub bundle_key: SigningKey,
    /// The program that compiles rules, in a process of its own: this one, as a rule.
    pub compiler: PathBuf,
    /// Where compiled rules are kept.
    pub compiled: PathBuf,
    /// Seals them, so that nothing is run but what this installation has compiled.
    pub seal: [u8; 32],
}

/// Both services over one store. Clones share everything.
#[derive(Clone)]
pub struct Evaluations(Arc<House>);

/// What the services work with.
pub(crate) struct House {
    pub db: Db,
    pub clock: Clock,
    pub objects: Objects,
    pub territory: territory::Territory,
    pub compiler: Arc<Compiler>,
    pub built_in: rule::BuiltIn,
    pub settings: Settings,
    pub rule_uploads: Uploads,
    pub uploads: Uploads,
    pub imports: Imports,
    pub runs: progress::Runs,
    pub kept: kept::Kept,
    /// One freeze at a time: two of one review would do the same work twice.
    pub freezing: tokio::sync::Mutex<()>,
}

impl Evaluations {
    pub fn new(
        db: Db,
        clock: Clock,
        peers: Peers,
        objects: Objects,
        settings: Settings,
    ) -> Result<Evaluations, Error> {
        let host = Host::new(HostSettings::default()).map_err(Error::internal)?;
        let cache = Cache::new(settings.compiled.clone(), settings.seal);
        let compiler = Compiler::new(host, settings.compiler.clone(), Some(cache));
        let largest_rule = settings.largest_upload.min(LARGEST_RULE_UPLOAD);
        let rule_uploads = Uploads::new(db.clone(), store::RULE, clock.clone(), largest_rule);
        let rule_uploads = rule_uploads.limited(RULES_ON_THEIR_WAY);
        let uploads = Uploads::new(
            db.clone(),
            store::EVALUATION,
            clock.clone(),
            settings.largest_upload,
        );
        let imports = Imports::new(
            db.clone(),
            store::EVALUATION,
            clock.clone(),
            uploads.clone(),
        );
        Ok(Evaluations(Arc::new(House {
            db,
            clock,
            objects,
            territory: territory::Territory::new(peers),
            compiler: Arc::new(compiler),
            built_in: rule::BuiltIn::read()?,
            settings,
            rule_uploads,
            uploads,
            imports,
            runs: progress::Runs::default(),
            kept: kept::Kept::default(),
            freezing: tokio::sync::Mutex::new(()),
        })))
    }

    /// Makes the tables that are not there yet and says how many migrations ran.
    pub async fn migrate(db: &Db) -> Result<usize, Error> {
        store::migrate(db).await
    }

    /// Goes on with what a stop of the server cut off. To be called once, before serving.
    pub async fn recover(&self) -> Result<(), Error> {
        self.0.imports.recover().await?;
        run::recover(&self.0).await
    }

    /// The servers, with their limits and compression.
    pub fn into_servers(
        self,
    ) -> (
        RuleServiceServer<rpc::rules::Rules>,
        EvaluationServiceServer<rpc::reviews::Reviews>,
    ) {
        let largest = self.0.settings.largest_message;
        let rules = RuleServiceServer::new(rpc::rules::Rules(self.0.clone()))
            .max_decoding_message_size(largest)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Zstd);
        let reviews = EvaluationServiceServer::new(rpc::reviews::Reviews(self.0))
            .max_decoding_message_size(largest)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Zstd);
        (rules, reviews)
    }
}
