//! Whether a dump fits the database that it is to go into.

use std::{collections::BTreeMap, sync::Arc};

use tidyward_kit::{
    Error, Violations,
    db::{
        dump::{Shape, Snapshot},
        tables::Travel,
    },
    dump::manifest::{Holds, Manifest},
    key,
};

use crate::{data::DataFolder, moving::give::file_name};

pub fn holds(has: Holds, wanted: Holds) -> Result<(), Error> {
    let words = match (has, wanted) {
        (Holds::Backup, Holds::District) => {
            "is a backup of a whole installation; `tidyward restore FILE` brings it into an empty one"
        }
        (Holds::District, Holds::Backup) => {
            "is one district; `tidyward district import FILE` brings it in"
        }
        _ => return Ok(()),
    };
    Err(Error::field("file", words))
}

/// Both must have run the same migrations.
pub fn migrations(
    of_file: &BTreeMap<String, Vec<String>>,
    there: &BTreeMap<String, Vec<String>>,
) -> Result<(), Error> {
    let mut violations = Violations::default();
    let tables = of_file.keys().chain(there.keys());
    let mut tables: Vec<&String> = tables.collect();
    tables.sort();
    tables.dedup();
    for table in tables {
        let ran = |all: &BTreeMap<String, Vec<String>>| all.get(table).cloned().unwrap_or_default();
        let (of_file, there) = (ran(of_file), ran(there));
        if let Some(more) = of_file.iter().find(|one| !there.contains(one)) {
            violations.add(
                "file",
                format!("was written by a newer release, with {more} in {table}; bring this installation up to that release first"),
            );
        } else if let Some(fewer) = there.iter().find(|one| !of_file.contains(one)) {
            violations.add(
                "file",
                format!("was written by an older release, without {fewer} in {table}; bring where it came from up to date and write it again, or bring it in with that release and migrate then"),
            );
        }
    }
    violations.into_result()
}

/// The same tables with the same columns, in the same order.
pub fn tables(manifest: &Manifest, there: &[(Travel, Arc<Shape>)]) -> Result<(), Error> {
    let same = manifest.districts.iter().all(|part| {
        part.tables.len() == there.len()
            && part.tables.iter().zip(there).all(|(table, (_, shape))| {
                table.table == shape.table && table.columns == shape.columns
            })
    });
    if same {
        return Ok(());
    }
    let message = "holds other tables than this installation has; use the release that wrote it";
    Err(Error::field("file", message))
}

/// A backup goes only into an installation that has nothing yet but what a restore that was cut off has left.
pub async fn nothing_there(
    snapshot: &Snapshot,
    tables: &[(Travel, Arc<Shape>)],
) -> Result<(), Error> {
    let arrivals = snapshot.shape("grid_arrival").await?;
    let arriving = snapshot.districts(&arrivals).await?;
    for (_, shape) in tables {
        let there = snapshot.districts(shape).await?;
        if there.iter().any(|district| !arriving.contains(district)) {
            let message = format!(
                "there are rows in {} already; restore into an empty data folder (--data) or database (database.url)",
                shape.table
            );
            return Err(Error::field("data", message));
        }
    }
    Ok(())
}

/// A key that is there already must be the one of the backup, or what it signed would no longer hold.
pub fn keys(folder: &DataFolder, manifest: &Manifest) -> Result<(), Error> {
    use sha2::{Digest, Sha256};
    let mut violations = Violations::default();
    for path in [folder.bundle_key(), folder.token_key()] {
        let name = file_name(&path);
        let Some(part) = manifest.keys.iter().find(|part| part.file == name) else {
            continue;
        };
        if let Some(there) = key::read(&path)? {
            let text = hex::encode(there.to_bytes());
            let same = hex::encode(Sha256::digest(text.as_bytes())) == part.sha256;
            let message = "is another key than the backup's; restore into an empty data folder";
            violations.require(same, &name, message);
        }
    }
    violations.into_result()
}
