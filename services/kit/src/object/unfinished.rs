//! What is left of a write into a folder that was cut off: an object is written beside its place as `NAME#1` and renamed,
//! and where the process or the folder goes away in between, nobody else removes that file.

use std::{fs, io, path::Path};

use jiff::Timestamp;

/// Removes what was last written before the instant, anywhere in the folder, and says how many files those were.
pub fn clear(folder: &Path, before: Timestamp) -> io::Result<usize> {
    let mut cleared = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if is_unfinished(&path) && was_written(&path, before)? {
                cleared += usize::from(remove(&path)?);
            }
        }
    }
    Ok(cleared)
}

/// The names of objects are digests, so none of them looks like this.
fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.and_then(|name| name.rsplit_once('#'))
        .is_some_and(|(_, number)| number.parse::<u64>().is_ok())
}

/// Before the instant, and is not finished meanwhile.
fn was_written(path: &Path, before: Timestamp) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(file) => {
            let written = Timestamp::try_from(file.modified()?).map_err(io::Error::other)?;
            Ok(written < before)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
