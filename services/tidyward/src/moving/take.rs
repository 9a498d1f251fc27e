//! Brings the districts of a dump into a database, in jobs of bounded size. The district's own row comes in the last job,
//! with what acts by itself; until then nothing of it is seen, and what fails or was cut off is cleared away.

mod fit;

use std::{sync::Arc, time::Duration};

use tidyward_grids::arrival;
use tidyward_kit::{
    Error,
    clock::Clock,
    db::{
        dump::{self, Shape},
        tables::{Named, Travel, Whose},
    },
    dump::{
        manifest::{DistrictPart, Holds, ObjectPart, TablePart},
        read::{Body, Dump},
        row::Row,
    },
    key,
    object::ObjectDigest,
};

use super::{Place, give::file_name, travelling};

/// Rows of one job.
const ROWS: u64 = 500;
/// How long nobody else may take over after the last sign of life.
const LEASE: Duration = Duration::from_secs(60);

/// Brings in all that the dump holds. What it holds must be what is asked for: one district beside others, or a backup
/// into an installation that has nothing yet.
pub async fn take(
    place: &Place,
    dump: &mut Dump,
    holds: Holds,
    clock: &Clock,
) -> Result<(), Error> {
    fit::holds(dump.manifest.holds, holds)?;
    let snapshot = place.db.snapshot().await?;
    fit::migrations(&dump.manifest.migrations, &snapshot.migrations().await?)?;
    let mut tables = Vec::new();
    for table in travelling() {
        let shape = Arc::new(snapshot.shape(table.name).await?);
        tables.push((table.travel, shape));
    }
    fit::tables(&dump.manifest, &tables)?;
    if holds == Holds::Backup {
        fit::nothing_there(&snapshot, &tables).await?;
        fit::keys(&place.folder, &dump.manifest)?;
    }
    snapshot.end().await?;
    let ids = dump.manifest.districts.iter();
    let taking = Taking {
        place,
        tables,
        clock,
        holder: clock.id().to_string(),
        districts: ids.map(|part| part.district.clone()).collect(),
    };
    let left = taking.begin().await?;
    if let Err(error) = taking.ready(&left).await {
        let _released = taking.end().await;
        return Err(error);
    }
    let taken = taking.all(dump).await;
    if taken.is_err() {
        // The error that is told is the first one. What cannot be cleared away now, the next run clears.
        let _cleared = taking.give_up().await;
    }
    taken
}

struct Taking<'t> {
    place: &'t Place,
    tables: Vec<(Travel, Arc<Shape>)>,
    clock: &'t Clock,
    holder: String,
    districts: Vec<String>,
}

/// What waits for the last job.
type Waiting = Vec<(String, Arc<Shape>, TablePart, Vec<Row>)>;

impl Taking<'_> {
    fn lease(&self) -> (i64, i64) {
        let now = self.clock.now().as_microsecond();
        (now, now + LEASE.as_micros() as i64)
    }

    async fn begin(&self) -> Result<Vec<String>, Error> {
        let (districts, holder, lease) =
            (self.districts.clone(), self.holder.clone(), self.lease());
        self.place
            .db
            .write(move |transaction| {
                let (districts, holder) = (districts.clone(), holder.clone());
                Box::pin(
                    async move { arrival::begin(transaction, &districts, &holder, lease).await },
                )
            })
            .await
    }

    /// Clears away what an earlier run has left. Other rows of a district that is not there are nobody's to clear away.
    async fn ready(&self, left: &[String]) -> Result<(), Error> {
        self.clear(left).await?;
        let snapshot = self.place.db.snapshot().await?;
        for (_, shape) in &self.tables {
            for district in &self.districts {
                if !snapshot.page(shape, district, None).await?.is_empty() {
                    let message = format!(
                        "there are rows of `{district}` in {}, though the district is not there; look into the database",
                        shape.table
                    );
                    return Err(Error::field("data", message));
                }
            }
        }
        snapshot.end().await
    }

    async fn all(&self, dump: &mut Dump) -> Result<(), Error> {
        let manifest = dump.manifest.clone();
        let mut body = dump.body()?;
        let mut waiting = Vec::new();
        for part in &manifest.districts {
            self.district(&mut body, part, &mut waiting).await?;
        }
        for part in &manifest.keys {
            let text = body.bytes(part.bytes)?;
            let folder = &self.place.folder;
            let paths = [folder.bundle_key(), folder.token_key()];
            for path in paths.iter().filter(|path| file_name(path) == part.file) {
                key::put_back(path, &text)?;
            }
        }
        self.compare(&manifest.districts).await?;
        self.last(waiting).await
    }

    async fn district(
        &self,
        body: &mut Body,
        part: &DistrictPart,
        waiting: &mut Waiting,
    ) -> Result<(), Error> {
        for ((travel, shape), table) in self.tables.iter().zip(&part.tables) {
            let mut to_come = table.rows;
            while to_come > 0 {
                let count = to_come.min(ROWS);
                let rows = (0..count).map(|_| body.row(&shape.columns));
                let rows = rows.collect::<Result<Vec<Row>, Error>>()?;
                to_come -= count;
                if *travel == Travel::Last {
                    waiting.push((part.district.clone(), shape.clone(), table.clone(), rows));
                } else {
                    self.write(shape, rows).await?;
                }
            }
        }
        for object in &part.objects {
            let bytes = body.bytes(object.bytes)?;
            self.keep(&part.district, object, bytes).await?;
            self.hold().await?;
        }
        Ok(())
    }

    /// Keeps an object where the tables say that such objects lie, and nowhere else.
    async fn keep(&self, district: &str, object: &ObjectPart, bytes: Vec<u8>) -> Result<(), Error> {
        let mut named = travelling().flat_map(|table| table.objects);
        let own = object.name == object.sha256;
        let fits =
            |named: &&Named| named.room == object.room && (named.object == Whose::Own) == own;
        let lost = || {
            Error::field(
                "file",
                "holds an object that no table of this release names",
            )
        };
        let objects = self
            .place
            .objects
            .room(named.find(fits).ok_or_else(lost)?.room);
        if own {
            let kept = objects.put(district, bytes.into()).await?;
            if hex::encode(kept) != object.sha256 {
                return Err(changed("an object"));
            }
            return Ok(());
        }
        let mut of = ObjectDigest::default();
        hex::decode_to_slice(&object.name, &mut of).map_err(|_| lost())?;
        objects.put_made_of(district, &of, bytes.into()).await
    }

    async fn write(&self, shape: &Arc<Shape>, rows: Vec<Row>) -> Result<(), Error> {
        let (shape, rows) = (shape.clone(), Arc::new(rows));
        let (holder, count, (_, until)) = (self.holder.clone(), self.districts.len(), self.lease());
        self.place
            .db
            .write(move |transaction| {
                let (shape, rows, holder) = (shape.clone(), rows.clone(), holder.clone());
                Box::pin(async move {
                    arrival::hold(transaction, &holder, count, until).await?;
                    dump::insert(transaction, &shape, &rows).await
                })
            })
            .await
    }

    async fn hold(&self) -> Result<(), Error> {
        let (holder, count, (_, until)) = (self.holder.clone(), self.districts.len(), self.lease());
        self.place
            .db
            .write(move |transaction| {
                let holder = holder.clone();
                Box::pin(async move { arrival::hold(transaction, &holder, count, until).await })
            })
            .await
    }

    /// Reads what was written and compares it with the manifest.
    async fn compare(&self, parts: &[DistrictPart]) -> Result<(), Error> {
        let snapshot = self.place.db.snapshot().await?;
        for part in parts {
            for ((travel, shape), table) in self.tables.iter().zip(&part.tables) {
                if *travel == Travel::Last {
                    continue;
                }
                let written = snapshot.tally(shape, &part.district).await?;
                if written != (table.rows, table.sha256.clone()) {
                    return Err(changed(&table.table));
                }
                self.hold().await?;
            }
        }
        snapshot.end().await
    }

    /// The job after which the districts are there.
    async fn last(&self, waiting: Waiting) -> Result<(), Error> {
        let waiting = Arc::new(waiting);
        let (holder, count, (_, until)) = (self.holder.clone(), self.districts.len(), self.lease());
        self.place
            .db
            .write(move |transaction| {
                let (waiting, holder) = (waiting.clone(), holder.clone());
                Box::pin(async move {
                    arrival::hold(transaction, &holder, count, until).await?;
                    for (_, shape, _, rows) in waiting.iter() {
                        dump::insert(transaction, shape, rows).await?;
                    }
                    for (district, shape, table, _) in waiting.iter() {
                        let written = dump::tally(transaction, shape, district).await?;
                        if written != (table.rows, table.sha256.clone()) {
                            return Err(changed(&table.table));
                        }
                    }
                    arrival::end(transaction, &holder).await
                })
            })
            .await
    }

    /// Clears away what is there of districts that are not.
    async fn clear(&self, districts: &[String]) -> Result<(), Error> {
        let (count, holder) = (self.districts.len(), &self.holder);
        for district in districts {
            for (_, shape) in &self.tables {
                loop {
                    let (district, shape, holder) =
                        (district.clone(), shape.clone(), holder.clone());
                    let (_, until) = self.lease();
                    let more = self.place.db.write(move |transaction| {
                        let (district, shape) = (district.clone(), shape.clone());
                        let holder = holder.clone();
                        Box::pin(async move {
                            arrival::hold(transaction, &holder, count, until).await?;
                            dump::clear(transaction, &shape, &district).await
                        })
                    });
                    if !more.await? {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    async fn give_up(&self) -> Result<(), Error> {
        self.clear(&self.districts).await?;
        self.end().await
    }

    async fn end(&self) -> Result<(), Error> {
        let holder = self.holder.clone();
        self.place
            .db
            .write(move |transaction| {
                let holder = holder.clone();
                Box::pin(async move { arrival::end(transaction, &holder).await })
            })
            .await
    }
}

fn changed(what: &str) -> Error {
    let message = format!(
        "what was written of {what} is not what the file holds; nothing of it was left. Try again, and look at the disk"
    );
    Error::field("data", message)
}
