//! GridService: districts, the tree of their areas with its history, and where a point lies. DutyService: sites below the
//! grids, and who answers for what.
//!
//! A call comes in at `rpc`, asks `store` or an index, and goes out. A change by hand is reckoned in `change`. An import of
//! areas (`import`) reads features (`feature`, by a `mapping`), puts them together and compares them with what stands
//! (`plan`, `tree`), then writes; one of duties is `roster`. Which areas and sites stand on a day, and what is above them,
//! is in `places`.

mod rpc;

mod access;
mod answers;
mod area;
mod boundary;
mod change;
mod district;
mod duty;
mod feature;
mod geometry;
mod import;
mod indexes;
pub mod locate;
mod mapping;
mod places;
mod plan;
mod roster;
mod shape;
mod site;
mod store;
mod template;
mod tree;

use tidyward_kit::{
    caller::District, clock::Clock, db::Db, error::Error, import::Imports, shared::Shared,
    upload::Uploads,
};
use tidyward_proto::v1::{
    duty_service_server::DutyServiceServer, grid_service_server::GridServiceServer,
};
use tonic::codec::CompressionEncoding::{Gzip, Zstd};

pub use access::ACCESS;
use answers::Answers;
use district::DistrictProfile;
use indexes::Indexes;
pub use store::{arrival, pending, tables::TABLES};

/// Limits of the service.
#[derive(Clone, Copy, Debug)]
pub struct GridSettings {
    /// The largest file that may be uploaded, in bytes.
    pub largest_upload: i64,
    /// The largest request, in bytes.
    pub largest_message: usize,
}

/// The service.
#[derive(Clone)]
pub struct Grids {
    db: Db,
    clock: Clock,
    settings: GridSettings,
    indexes: Indexes,
    answers: Answers,
    /// Every call begins with the row of its district.
    profiles: Shared<District, Option<DistrictProfile>>,
    uploads: Uploads,
    imports: Imports,
    turn: import::Turn,
}

/// The service as it answers for sites and duties.
#[derive(Clone)]
pub struct Duties(Grids);

/// Makes the service's tables that are not there yet and says how many migrations ran.
pub async fn migrate(db: &Db) -> Result<usize, Error> {
    store::migrate(db).await
}

impl Grids {
    pub fn new(db: Db, clock: Clock, settings: GridSettings) -> Grids {
        let uploads = Uploads::new(
            db.clone(),
            store::PREFIX,
            clock.clone(),
            settings.largest_upload,
        );
        let imports = Imports::new(db.clone(), store::PREFIX, clock.clone(), uploads.clone());
        let indexes = Indexes::new(db.clone());
        Grids {
            db,
            clock,
            settings,
            indexes,
            answers: Answers::default(),
            profiles: Shared::default(),
            uploads,
            imports,
            turn: import::Turn::default(),
        }
    }

    /// Ends what a stop of the server cut off. To be called once, before serving.
    pub async fn recover(&self) -> Result<(), Error> {
        self.imports.recover().await
    }

    /// The server of duties, with its limits set; it shares everything with the server of the territory.
    pub fn into_duty_server(self) -> DutyServiceServer<Duties> {
        let largest = self.settings.largest_message;
        DutyServiceServer::new(Duties(self))
            .max_decoding_message_size(largest)
            .accept_compressed(Gzip)
            .accept_compressed(Zstd)
            .send_compressed(Gzip)
            .send_compressed(Zstd)
    }

    /// The server of the territory, with its limits set.
    pub fn into_server(self) -> GridServiceServer<Grids> {
        let largest = self.settings.largest_message;
        GridServiceServer::new(self)
            .max_decoding_message_size(largest)
            .accept_compressed(Gzip)
            .accept_compressed(Zstd)
            .send_compressed(Gzip)
            .send_compressed(Zstd)
    }
}
