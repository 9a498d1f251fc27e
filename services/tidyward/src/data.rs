//! The data folder: the database, the objects and the keys of one installation. Only its owner can look into it.

use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use tidyward_kit::Error;

/// A folder that is there and that, unless it was only looked into, no other process works in.
#[derive(Clone, Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// The system gives the lock back when the last clone is gone, or the process.
    lock: Option<Arc<File>>,
}

impl DataFolder {
    /// Opens the folder, which is made where it is not there. Whoever it is open to besides its owner is shut out, and so
    /// is a second server: two of them would take each other's work for cut off.
    pub fn open(path: &Path) -> Result<DataFolder, Error> {
        match DataFolder::beside(path)? {
            folder if folder.is_alone() => Ok(folder),
            _ => {
                let message = format!(
                    "another server works in `{}`; stop it first, or name another folder with --data",
                    path.display()
                );
                Err(Error::field("data", message))
            }
        }
    }

    /// Opens the folder whether or not a server works in it. Where none does, none can start as long as the value lives.
    pub fn beside(path: &Path) -> Result<DataFolder, Error> {
        let told = |error: std::io::Error| {
            let message = format!(
                "`{}` cannot be used: {error}; name another with --data",
                path.display()
            );
            Error::field("data", message)
        };
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(path).map_err(told)?;
        let mut permissions = fs::metadata(path).map_err(told)?.permissions();
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(0o700);
            fs::set_permissions(path, permissions).map_err(told)?;
        }
        let lock = File::create(path.join("lock")).map_err(told)?;
        let lock = match lock.try_lock() {
            Ok(()) => Some(Arc::new(lock)),
            Err(TryLockError::Error(error)) => return Err(told(error)),
            Err(TryLockError::WouldBlock) => None,
        };
        Ok(DataFolder {
            path: path.to_owned(),
            lock,
        })
    }

    /// Whether nobody else works in it.
    pub fn is_alone(&self) -> bool {
        self.lock.is_some()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn database(&self) -> PathBuf {
        database_file(&self.path)
    }

    pub fn objects(&self) -> PathBuf {
        self.path.join("objects")
    }

    /// Compiled rules. They can be made again: nothing is lost with them.
    pub fn compiled(&self) -> PathBuf {
        self.path.join("compiled")
    }

    /// Signs bundles.
    pub fn bundle_key(&self) -> PathBuf {
        self.path.join("bundle.key")
    }

    /// Signs bearer tokens.
    pub fn token_key(&self) -> PathBuf {
        token_key(&self.path)
    }
}

/// Where the database is, of a folder that may not be there.
pub fn database_file(folder: &Path) -> PathBuf {
    folder.join("tidyward.db")
}

/// Where the key of tokens is, of a folder that may not be there.
pub fn token_key(folder: &Path) -> PathBuf {
    folder.join("token.key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_its_owners_alone() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("a/b");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        drop(DataFolder::open(&path).unwrap());
        assert_eq!(mode(), 0o700);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        DataFolder::open(&path).unwrap();
        assert_eq!(mode(), 0o700);
    }

    #[test]
    fn two_servers_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolder::open(folder.path()).unwrap();
        let error = DataFolder::open(folder.path()).unwrap_err();
        assert!(error.message.contains("another server works in"), "{error}");
        drop(first);
        DataFolder::open(folder.path()).unwrap();
    }

    #[test]
    fn who_only_looks_is_not_shut_out_and_shuts_out_nobody_who_came_first() {
        let folder = tempfile::tempdir().unwrap();
        let server = DataFolder::open(folder.path()).unwrap();
        let beside = DataFolder::beside(folder.path()).unwrap();
        assert!(server.is_alone() && !beside.is_alone());
        drop(server);
        let alone = DataFolder::beside(folder.path()).unwrap();
        assert!(alone.is_alone());
        DataFolder::open(folder.path()).unwrap_err();
    }

    #[test]
    fn a_file_is_no_folder_and_the_error_says_what_to_do() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = DataFolder::open(file.path()).unwrap_err();
        assert!(
            error.message.contains("name another with --data"),
            "{error}"
        );
    }
}
