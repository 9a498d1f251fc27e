//! Districts and whole installations in files. `give` writes a dump out of a database while it serves; `take` brings one
//! into a database, and until its last job nothing of it is seen.

pub mod give;
pub mod take;

use tidyward_kit::{
    Error,
    db::{
        Db,
        tables::{Table, Travel},
    },
    object::Objects,
};

use crate::{compose, config::Settings, data::DataFolder};

/// Where the data of an installation lies.
pub struct Place {
    pub folder: DataFolder,
    pub db: Db,
    pub objects: Objects,
}

impl Place {
    /// An installation that is there, whether or not a server works in it. Where none does, its tables are brought up to
    /// date; where one does, they are as it has them.
    pub async fn beside_server(settings: &Settings) -> Result<Place, Error> {
        if !settings.data.is_dir() {
            let message = format!(
                "`{}` is no data folder; name the one of the server with --data",
                settings.data.display()
            );
            return Err(Error::field("data", message));
        }
        Place::open(DataFolder::beside(&settings.data)?, settings).await
    }

    /// An installation that no server works in; it is made where it is not there.
    pub async fn alone(settings: &Settings) -> Result<Place, Error> {
        Place::open(DataFolder::open(&settings.data)?, settings).await
    }

    async fn open(folder: DataFolder, settings: &Settings) -> Result<Place, Error> {
        let db = if folder.is_alone() {
            compose::migrate(&folder, settings).await?
        } else {
            let db = compose::connect(&folder, settings).await?;
            up_to_date(&db).await?;
            db
        };
        let objects = Objects::folder(&folder.objects())?;
        Ok(Place {
            folder,
            db,
            objects,
        })
    }

    pub async fn close(self) -> Result<(), Error> {
        self.db.close().await
    }
}

/// Every table of every service, in the order in which dumps hold them.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    let services = [
        tidyward_grids::TABLES,
        tidyward_issues::TABLES,
        tidyward_evaluations::TABLES,
    ];
    services.into_iter().flatten()
}

/// Those whose rows travel.
fn travelling() -> impl Iterator<Item = &'static Table> {
    tables().filter(|table| !matches!(table.travel, Travel::Stay(_)))
}

/// Tables of another release are not read or written.
async fn up_to_date(db: &Db) -> Result<(), Error> {
    let pending = tidyward_grids::pending(db).await?
        + tidyward_issues::pending(db).await?
        + tidyward_evaluations::pending(db).await?;
    if pending == 0 {
        return Ok(());
    }
    let message = "its tables are those of an older release; use that release, or stop the server and run `tidyward migrate`";
    Err(Error::field("data", message))
}
