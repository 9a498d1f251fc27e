//! The ledger: problems from report to close, and the facts counted from them.
//!
//! The history of an issue is its events; rounds, states and facts are derived from them. Where an issue lies is asked
//! of the territory once, at its report.

pub mod access;
mod calendar;
mod category;
mod cloud_event;
mod decide;
mod deliver;
mod delivery;
mod due;
mod duplicate;
mod event;
mod evidence;
mod facts;
mod feed;
mod history;
mod import;
mod in_force;
mod issue;
mod limit;
pub mod machine;
mod mapping;
mod near;
mod news;
mod notice;
mod period_facts;
mod post;
mod query;
mod query_rates;
mod rates;
mod recipients;
mod reckon;
mod report;
mod reporter;
mod rereckon;
mod round;
mod rpc;
mod showing;
mod sight;
mod standing;
mod store;
mod suspension;
pub mod sweep;
mod territory;
mod timing;
mod transition;
mod watcher;
mod webhook;

pub use access::ACCESS;
pub use deliver::NoticeSettings;
pub use feed::WatchSettings;
pub use store::{pending, tables::TABLES};

use std::sync::Arc;

use tidyward_kit::{
    Error,
    caller::District,
    clock::Clock,
    db::{Db, together::Together},
    import::Imports,
    object::Objects,
    peer::Peers,
    upload::Uploads,
};
use tidyward_proto::v1::{
    calendar_service_server::CalendarServiceServer, evidence_service_server::EvidenceServiceServer,
    issue_service_server::IssueServiceServer, notice_service_server::NoticeServiceServer,
    watch_service_server::WatchServiceServer,
};
use tonic::codec::CompressionEncoding;
use uuid::Uuid;

use deliver::Outbox;
use feed::Feeds;
use in_force::{Calendars, KeptTerms};
use showing::Keeping;
use store::{
    report::{NewReport, Written},
    whole::Whole,
};
use territory::Territory;

/// Limits of the service.
#[derive(Clone, Debug)]
pub struct IssueSettings {
    /// The largest file that may be uploaded, in bytes.
    pub largest_upload: i64,
    /// The largest message that is read, in bytes.
    pub largest_message: usize,
    pub notices: NoticeSettings,
    pub watch: WatchSettings,
}

/// The service of issues; clones share all.
#[derive(Clone)]
pub struct Issues {
    db: Db,
    clock: Clock,
    territory: Territory,
    calendars: Calendars,
    kept_terms: KeptTerms,
    /// Reports that come at once are written together.
    reports: Together<NewReport, Written>,
    /// Issues that are asked for at once, with their events, are read together.
    wholes: Together<(District, Uuid), Option<Arc<Whole>>>,
    uploads: Uploads,
    imports: Imports,
    evidence: Arc<Keeping>,
    outbox: Outbox,
    feeds: Feeds,
    largest_message: usize,
}

/// Makes the tables that are not there yet and says how many migrations ran.
pub async fn migrate(db: &Db) -> Result<usize, Error> {
    store::migrate(db).await
}

impl Issues {
    pub fn new(
        db: Db,
        clock: Clock,
        peers: Peers,
        objects: &Objects,
        settings: IssueSettings,
    ) -> Result<Issues, Error> {
        let uploads = Uploads::new(
            db.clone(),
            store::PREFIX,
            clock.clone(),
            settings.largest_upload,
        );
        let imports = Imports::new(db.clone(), store::PREFIX, clock.clone(), uploads.clone());
        let feeds = Feeds::new(db.clone(), settings.watch);
        let evidence = Arc::new(Keeping::new(db.clone(), clock.clone(), objects));
        let reports = Together::writing(db.clone(), |transaction, reports| {
            Box::pin(store::report::write(transaction, reports))
        });
        let wholes = Together::reading(db.clone(), |connection, asked| {
            Box::pin(store::whole::read(connection, asked))
        });
        Ok(Issues {
            db,
            clock,
            territory: Territory::new(peers),
            calendars: Calendars::default(),
            kept_terms: KeptTerms::default(),
            reports,
            wholes,
            uploads,
            imports,
            evidence,
            outbox: Outbox::new(&settings.notices)?,
            feeds,
            largest_message: settings.largest_message,
        })
    }

    /// Marks as failed what a stop of the server cut off. To be called once, before serving.
    pub async fn recover(&self) -> Result<(), Error> {
        self.imports.recover().await
    }

    /// Ends every watch with the token to go on with, so that the server can stop.
    pub fn end_watches(&self) {
        self.feeds.stop();
    }

    pub fn into_server(self) -> IssueServiceServer<Issues> {
        let largest = self.largest_message;
        IssueServiceServer::new(self)
            .max_decoding_message_size(largest)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Zstd)
    }

    pub fn into_calendar_server(self) -> CalendarServiceServer<Issues> {
        let largest = self.largest_message;
        CalendarServiceServer::new(self)
            .max_decoding_message_size(largest)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Zstd)
    }

    pub fn into_evidence_server(self) -> EvidenceServiceServer<Issues> {
        let largest = self.largest_message;
        EvidenceServiceServer::new(self)
            .max_decoding_message_size(largest)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Zstd)
    }

    pub fn into_notice_server(self) -> NoticeServiceServer<Issues> {
        let largest = self.largest_message;
        NoticeServiceServer::new(self)
            .max_decoding_message_size(largest)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Zstd)
    }

    pub fn into_watch_server(self) -> WatchServiceServer<Issues> {
        let largest = self.largest_message;
        WatchServiceServer::new(self)
            .max_decoding_message_size(largest)
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Zstd)
    }
}
