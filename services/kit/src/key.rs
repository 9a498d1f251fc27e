//! Keys of this installation: 32 secret bytes in a file that its owner alone can read, made on first use.

use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use ed25519_dalek::SigningKey;

use crate::error::Error;

/// Reads the key, or makes one where there is none.
pub fn read_or_make(path: &Path) -> Result<SigningKey, Error> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| Error::internal(error.to_string()))?;
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(hex::encode(secret).as_bytes())?;
            file.sync_all()
        });
    match written {
        Ok(()) => Ok(SigningKey::from_bytes(&secret)),
        // Another process was first; its key is the one.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| Error::internal("the key vanished while it was read"))
        }
        Err(error) => Err(told(path, &error)),
    }
}

/// Reads the key; nothing where there is none. A key that others can read is refused.
pub fn read(path: &Path) -> Result<Option<SigningKey>, Error> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(told(path, &error)),
    };
    let mode = fs::metadata(path)
        .map_err(|error| told(path, &error))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(Error::field(
            path.display().to_string(),
            "others can read this key; make a new one, or `chmod 600` it if nobody has",
        ));
    }
    let bytes = hex::decode(text.trim()).ok();
    let secret: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
    secret
        .map(|secret| Some(SigningKey::from_bytes(&secret)))
        .ok_or_else(|| {
            Error::field(
                path.display().to_string(),
                "is no key: 64 hexadecimal digits are",
            )
        })
}

/// Puts a key that was kept elsewhere into its file. Another one that is there already is left, and refused.
pub fn put_back(path: &Path, text: &[u8]) -> Result<(), Error> {
    if let Some(there) = read(path)? {
        return if hex::encode(there.to_bytes()).as_bytes() == text.trim_ascii() {
            Ok(())
        } else {
            Err(Error::field(
                path.display().to_string(),
                "is another key than the one that is to be put back; move it away first",
            ))
        };
    }
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(text)?;
            file.sync_all()
        });
    written.map_err(|error| told(path, &error))
}

fn told(path: &Path, error: &std::io::Error) -> Error {
    Error::field(
        path.display().to_string(),
        format!("cannot be read or made: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_its_owner_alone_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.key");
        assert!(read(&path).unwrap().is_none());
        let made = read_or_make(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(read_or_make(&path).unwrap().to_bytes(), made.to_bytes());
    }

    #[test]
    fn a_key_that_others_can_read_or_that_is_none_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token.key");
        read_or_make(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(
            read(&path)
                .unwrap_err()
                .message
                .contains("others can read this key")
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "sesame").unwrap();
        assert!(
            read(&path)
                .unwrap_err()
                .message
                .contains("64 hexadecimal digits")
        );
    }
}
