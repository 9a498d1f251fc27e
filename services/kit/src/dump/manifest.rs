//! The manifest: what a dump holds, part by part, each with its digest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::row::Column;

/// What a dump holds.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub holds: Holds,
    /// Version of the program that wrote it.
    pub release: String,
    /// When, in microseconds.
    pub made_at: i64,
    /// The migrations that had run, under the name of the table that lists them.
    pub migrations: BTreeMap<String, Vec<String>>,
    pub districts: Vec<DistrictPart>,
    /// Keys of the installation, where they were asked for.
    pub keys: Vec<KeyPart>,
    /// Digest of everything above but release and time, so that the same data has the same one.
    pub sha256: String,
}

/// What it was written as.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// One district, to be brought in beside others.
    District,
    /// All that an installation has, to be restored into an empty one.
    Backup,
}

/// One district. Its id is empty for what belongs to none.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DistrictPart {
    pub district: String,
    pub tables: Vec<TablePart>,
    pub objects: Vec<ObjectPart>,
    /// Digest of the above: the same for the same district, wherever it is.
    pub sha256: String,
}

/// The rows of a table that are the district's.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TablePart {
    pub table: String,
    pub columns: Vec<Column>,
    pub rows: u64,
    /// Of the rows' canonical bytes, each behind its length, in the order of the primary key.
    pub sha256: String,
}

/// An object that rows of the district name.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectPart {
    /// The part of the store of objects in which it lies. Empty is the store without one.
    pub room: String,
    /// The SHA-256 under which it lies: its own, or that of the object it was made of.
    pub name: String,
    /// Its own.
    pub sha256: String,
    pub bytes: u64,
}

/// A key of the installation.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPart {
    /// Name of its file in the data folder.
    pub file: String,
    pub bytes: u64,
    pub sha256: String,
}

impl DistrictPart {
    pub fn new(district: &str, tables: Vec<TablePart>, objects: Vec<ObjectPart>) -> DistrictPart {
        let sha256 = digest(&(district, &tables, &objects));
        DistrictPart {
            district: district.to_owned(),
            tables,
            objects,
            sha256,
        }
    }

    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

impl Manifest {
    /// The digest of what is held, over the digests of its parts.
    pub fn digest(&self) -> String {
        let districts: Vec<&String> = self.districts.iter().map(|part| &part.sha256).collect();
        digest(&(self.holds, &self.migrations, districts, &self.keys))
    }

    /// Whether every digest that is over others is that.
    pub fn is_consistent(&self) -> bool {
        let whole = |part: &DistrictPart| {
            part.sha256 == digest(&(&part.district, &part.tables, &part.objects))
        };
        self.sha256 == self.digest() && self.districts.iter().all(whole)
    }
}

fn digest(parts: &impl Serialize) -> String {
    // Plain structs of texts and numbers always have a JSON.
    let json = serde_json::to_vec(parts).unwrap_or_default();
    hex::encode(Sha256::digest(json))
}
