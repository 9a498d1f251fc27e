//! Writes a district, or all that there is, out of one snapshot of the database into a dump.

use std::{collections::BTreeSet, fs::File, io, path::Path};

use sha2::{Digest, Sha256};
use tidyward_kit::{
    Error,
    db::{
        dump::{Shape, Snapshot},
        tables::{Named, Table, Travel, Whose},
    },
    dump::{
        manifest::{DistrictPart, Holds, KeyPart, Manifest, ObjectPart, TablePart},
        row::{Row, Tally, Value, encode},
        write::DumpWriter,
    },
    key,
    object::ObjectDigest,
};

use super::{Place, travelling};

/// What is to be written.
#[derive(Clone, Debug)]
pub enum What {
    /// The district of this id.
    District(String),
    /// Every district, and what belongs to none.
    Everything,
    /// The same and the keys, with which whoever holds the file can make any token.
    EverythingWithKeys,
}

/// Writes the dump, signed by the installation's key of bundles, and answers when it is on the disk. `now` is in
/// microseconds.
pub async fn give(place: &Place, what: &What, file: File, now: i64) -> Result<Manifest, Error> {
    let key = key::read_or_make(&place.folder.bundle_key())?;
    let snapshot = place.db.snapshot().await?;
    let mut giving = Giving {
        place,
        moves: matches!(what, What::District(_)),
        tables: shapes(&snapshot).await?,
        out: DumpWriter::begin(file).map_err(unwritten)?,
        snapshot,
    };
    let mut districts = Vec::new();
    for district in giving.wanted(what).await? {
        let part = giving.district(&district).await?;
        if !district.is_empty() || part.rows() > 0 {
            districts.push(part);
        }
    }
    let keys = match what {
        What::EverythingWithKeys => giving.keys()?,
        What::Everything | What::District(_) => Vec::new(),
    };
    let mut manifest = Manifest {
        holds: match what {
            What::District(_) => Holds::District,
            What::Everything | What::EverythingWithKeys => Holds::Backup,
        },
        release: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        migrations: giving.snapshot.migrations().await?,
        districts,
        keys,
        sha256: String::new(),
    };
    manifest.sha256 = manifest.digest();
    giving.snapshot.end().await?;
    giving.out.finish(&manifest, &key).map_err(unwritten)?;
    Ok(manifest)
}

struct Giving<'p> {
    place: &'p Place,
    /// Whether it is one district that moves.
    moves: bool,
    tables: Vec<(&'static Table, Shape)>,
    out: DumpWriter,
    snapshot: Snapshot,
}

/// Every table that travels, as the database has it.
async fn shapes(snapshot: &Snapshot) -> Result<Vec<(&'static Table, Shape)>, Error> {
    let mut shapes = Vec::new();
    for table in travelling() {
        shapes.push((table, snapshot.shape(table.name).await?));
    }
    Ok(shapes)
}

impl Giving<'_> {
    /// Ids of the districts that are to be written; the empty one is of what belongs to none.
    async fn wanted(&self, what: &What) -> Result<Vec<String>, Error> {
        let shape = self.snapshot.shape("district").await?;
        let mut there = self.snapshot.districts(&shape).await?;
        match what {
            What::District(id) if there.contains(id) => Ok(vec![id.clone()]),
            What::District(id) => Err(Error::not_found(format!("districts/{id}"))),
            What::Everything | What::EverythingWithKeys => {
                there.insert(0, String::new());
                Ok(there)
            }
        }
    }

    async fn district(&mut self, district: &str) -> Result<DistrictPart, Error> {
        let mut named = BTreeSet::new();
        let mut tables = Vec::new();
        for (table, shape) in &self.tables {
            let mut tally = Tally::default();
            let mut last: Option<Row> = None;
            loop {
                let rows = self.snapshot.page(shape, district, last.as_ref()).await?;
                let moves = self.moves;
                for row in rows.iter().filter(|row| goes(table, shape, row, moves)) {
                    let bytes = encode(row);
                    tally.add(&bytes);
                    self.out.row(&bytes).map_err(unwritten)?;
                    named.extend(objects(table, shape, row)?);
                }
                last = rows.into_iter().next_back();
                if last.is_none() {
                    break;
                }
            }
            let (rows, sha256) = tally.finish();
            tables.push(TablePart {
                table: table.name.to_owned(),
                columns: shape.columns.clone(),
                rows,
                sha256,
            });
        }
        let mut parts = Vec::new();
        for (room, digest, own) in named {
            let objects = self.place.objects.room(room);
            let bytes = if own {
                Some(objects.get(district, &digest).await?)
            } else {
                objects.get_made_of(district, &digest).await?
            };
            let Some(bytes) = bytes else { continue };
            self.out.bytes(&bytes).map_err(unwritten)?;
            parts.push(ObjectPart {
                room: room.to_owned(),
                name: hex::encode(digest),
                sha256: hex::encode(Sha256::digest(&bytes)),
                bytes: bytes.len() as u64,
            });
        }
        Ok(DistrictPart::new(district, tables, parts))
    }

    fn keys(&mut self) -> Result<Vec<KeyPart>, Error> {
        let folder = &self.place.folder;
        let mut parts = Vec::new();
        for path in [folder.bundle_key(), folder.token_key()] {
            let secret = key::read_or_make(&path)?.to_bytes();
            let text = hex::encode(secret);
            self.out.bytes(text.as_bytes()).map_err(unwritten)?;
            parts.push(KeyPart {
                file: file_name(&path),
                bytes: text.len() as u64,
                sha256: hex::encode(Sha256::digest(text.as_bytes())),
            });
        }
        Ok(parts)
    }
}

/// Whether a row is written, where one district moves or all is kept.
fn goes(table: &Table, shape: &Shape, row: &Row, moves: bool) -> bool {
    let zero = |column: &str| {
        let place = shape.columns.iter().position(|one| one.name == column);
        place.is_some_and(|place| row[place] == Value::Whole(0))
    };
    (moves || !matches!(table.travel, Travel::Move(_))) && !table.unless_zero.is_some_and(zero)
}

/// An object by its room and the SHA-256 under which it lies, and whether that is its own.
type Object = (&'static str, ObjectDigest, bool);

/// The objects that a row names.
fn objects(table: &Table, shape: &Shape, row: &Row) -> Result<Vec<Object>, Error> {
    let mut found = Vec::new();
    for named in table.objects {
        let place = shape
            .columns
            .iter()
            .position(|one| one.name == named.column);
        let digest = match place.map(|place| &row[place]) {
            Some(Value::Null) => continue,
            Some(Value::Bytes(bytes)) if bytes.is_empty() => continue,
            Some(Value::Bytes(bytes)) => ObjectDigest::try_from(bytes.as_slice()).ok(),
            Some(Value::Text(text)) => digest_of(text),
            _ => None,
        };
        let digest = digest.ok_or_else(|| {
            let Named { column, .. } = named;
            Error::internal(format!("{}.{column} holds no digests", table.name))
        })?;
        found.push((named.room, digest, named.object == Whose::Own));
    }
    Ok(found)
}

fn digest_of(text: &str) -> Option<ObjectDigest> {
    let bytes = hex::decode(text).ok()?;
    bytes.try_into().ok()
}

/// Name of a key's file in the data folder.
pub fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn unwritten(error: io::Error) -> Error {
    Error::field("out", format!("cannot be written: {error}"))
}
