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

use crate::{
    compose,
    config::{Settings, edge::ServeRole},
    data::DataFolder,
};

/// Where the data of an installation lies.
pub struct Place {
    pub folder: DataFolder,
    pub db: Db,
    pub objects: Objects,
}

impl Place {
    /// An installation that is there, whether or not a server works in it, with its tables as they are.
    pub async fn beside_server(settings: &Settings) -> Result<Place, Error> {
        whole(settings)?;
        let there = settings.data.is_dir();
        let folder = if there {
            Some(DataFolder::beside(&settings.data)?)
        } else {
            None
        };
        let on_server = !settings.database.url.is_empty();
        let Some(folder) = folder.filter(|folder| on_server || folder.database().is_file()) else {
            let message = format!(
                "there is no installation in `{}`; name its data folder with --data, or make one with `tidyward migrate`",
                settings.data.display()
            );
            return Err(Error::field("data", message));
        };
        let db = compose::connect(&folder, settings).await?;
        up_to_date(&db).await?;
        Place::of(folder, db, settings)
    }

    /// An installation that no server works in, with its tables brought up to date; it is made where it is not there.
    pub async fn alone(settings: &Settings) -> Result<Place, Error> {
        whole(settings)?;
        let folder = DataFolder::open(&settings.data)?;
        let db = compose::migrate(&folder, settings).await?;
        Place::of(folder, db, settings)
    }

    fn of(folder: DataFolder, db: Db, settings: &Settings) -> Result<Place, Error> {
        let objects = compose::objects(&folder, settings)?;
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

/// A district has rows in the tables of every service, and they move together.
fn whole(settings: &Settings) -> Result<(), Error> {
    if ServeRole::ALL
        .iter()
        .all(|role| settings.roles.contains(role))
    {
        return Ok(());
    }
    let message = "must be all of them: districts and backups hold what every service has; \
                   name all roles, and the database in which they all are";
    Err(Error::field("roles", message))
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
