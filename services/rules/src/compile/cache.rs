//! Artefacts that were compiled once, each in a file under the rule's digest and the engine's configuration, sealed with
//! this installation's secret. What is not as it was sealed is not there: it is compiled again.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Files that are kept; of more, those that were written first go.
const MOST_FILES: usize = 1_000;
/// Bytes of the seal, which comes first.
const SEAL: usize = 32;

/// Makes the names of what is being written differ.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A folder of artefacts.
pub struct Cache {
    folder: PathBuf,
    secret: [u8; 32],
}

impl Cache {
    pub fn new(folder: PathBuf, secret: [u8; 32]) -> Cache {
        Cache { folder, secret }
    }

    /// The artefact, if it is there and is what was sealed for this rule and this configuration.
    pub(super) fn get(&self, digest: &[u8; 32], configuration: &str) -> Option<Vec<u8>> {
        let path = self.path(digest, configuration);
        let mut bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    warn(&path, &error.to_string());
                }
                return None;
            }
        };
        let sealed = bytes
            .split_at_checked(SEAL)
            .is_some_and(|(seal, artefact)| {
                let mac = self.seal(digest, configuration, artefact);
                mac.verify_slice(seal).is_ok()
            });
        if !sealed {
            warn(&path, "it is not what was sealed, and is made again");
            return None;
        }
        bytes.drain(..SEAL);
        Some(bytes)
    }

    /// Keeps the artefact. What cannot be kept is only compiled again.
    pub(super) fn put(&self, digest: &[u8; 32], configuration: &str, artefact: &[u8]) {
        let path = self.path(digest, configuration);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let part = path.with_extension(format!("{}-{number}.part", std::process::id()));
        let seal = self.seal(digest, configuration, artefact);
        let written = self
            .make_room()
            .and_then(|()| {
                let mut options = OpenOptions::new();
                options.write(true).create_new(true).mode(0o600);
                let mut file = options.open(&part)?;
                file.write_all(&seal.finalize().into_bytes())?;
                file.write_all(artefact)
            })
            .and_then(|()| fs::rename(&part, &path));
        if let Err(error) = written {
            warn(&path, &error.to_string());
            let _not_there = fs::remove_file(&part);
        }
    }

    fn path(&self, digest: &[u8; 32], configuration: &str) -> PathBuf {
        let name = format!("{}-{configuration}.code", hex::encode(digest));
        self.folder.join(name)
    }

    /// Over everything that decides whether the artefact may be run for the rule.
    fn seal(&self, digest: &[u8; 32], configuration: &str, artefact: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("any length is a key");
        mac.update(b"tidyward artefact 1\0");
        mac.update(digest);
        mac.update(&(configuration.len() as u64).to_le_bytes());
        mac.update(configuration.as_bytes());
        mac.update(artefact);
        mac
    }

    /// The folder, with room for one file more.
    fn make_room(&self) -> std::io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&self.folder)?;
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            files.push((entry.metadata()?.modified()?, entry.path()));
        }
        files.sort();
        let beyond = (files.len() + 1).saturating_sub(MOST_FILES);
        for (_, path) in files.iter().take(beyond) {
            fs::remove_file(path)?;
        }
        Ok(())
    }
}

fn warn(path: &Path, words: &str) {
    tracing::warn!(file.path = %path.display(), error.words = words, "a compiled rule cannot be kept or read");
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: [u8; 32] = [7; 32];

    fn cache(folder: &Path) -> Cache {
        Cache::new(folder.join("rules"), [1; 32])
    }

    fn file(folder: &Path) -> PathBuf {
        cache(folder).path(&RULE, "here")
    }

    #[test]
    fn what_was_sealed_comes_back_for_its_rule_and_configuration_alone() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        assert_eq!(cache.get(&RULE, "here"), None);
        cache.put(&RULE, "here", b"code");
        assert_eq!(cache.get(&RULE, "here").as_deref(), Some(&b"code"[..]));
        assert_eq!(cache.get(&[8; 32], "here"), None);
        assert_eq!(cache.get(&RULE, "there"), None);
        // Under another's name it is not what was sealed for that one.
        fs::copy(file(folder.path()), cache.path(&[8; 32], "here")).unwrap();
        fs::copy(file(folder.path()), cache.path(&RULE, "there")).unwrap();
        assert_eq!(cache.get(&[8; 32], "here"), None);
        assert_eq!(cache.get(&RULE, "there"), None);
        let other = Cache::new(folder.path().join("rules"), [2; 32]);
        assert_eq!(other.get(&RULE, "here"), None);
    }

    #[test]
    fn any_byte_changed_or_missing_is_as_if_it_were_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        cache.put(&RULE, "here", b"code");
        let good = fs::read(file(folder.path())).unwrap();
        for place in 0..good.len() {
            let mut changed = good.clone();
            changed[place] ^= 1;
            fs::write(file(folder.path()), &changed).unwrap();
            assert_eq!(cache.get(&RULE, "here"), None, "byte {place}");
            fs::write(file(folder.path()), &good[..place]).unwrap();
            assert_eq!(cache.get(&RULE, "here"), None, "cut at {place}");
        }
        cache.put(&RULE, "here", b"code");
        assert_eq!(cache.get(&RULE, "here").as_deref(), Some(&b"code"[..]));
    }

    #[test]
    fn the_folder_does_not_grow_without_end_and_where_it_cannot_be_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(folder.path());
        for number in 0..MOST_FILES + 5 {
            cache.put(&RULE, &number.to_string(), b"code");
        }
        let files = fs::read_dir(folder.path().join("rules")).unwrap().count();
        assert_eq!(files, MOST_FILES);
        let newest = (MOST_FILES + 4).to_string();
        assert!(cache.get(&RULE, &newest).is_some());
        let no_folder = folder.path().join("a file");
        fs::write(&no_folder, b"").unwrap();
        let cache = Cache::new(no_folder, [1; 32]);
        cache.put(&RULE, "here", b"code");
        assert_eq!(cache.get(&RULE, "here"), None);
    }
}
