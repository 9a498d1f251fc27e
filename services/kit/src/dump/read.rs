//! Reads a dump, and trusts none of it before all of it was verified.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom, Take},
    path::Path,
};

use ed25519_dalek::{Signature, VerifyingKey};
use flate2::read::DeflateDecoder;
use sha2::{Digest, Sha256};

use super::{
    FORMAT, HEAD, LARGEST_MANIFEST, LARGEST_ROW, MAGIC, TAIL,
    manifest::Manifest,
    row::{Column, Row, Tally, decode},
    signed,
};
use crate::error::Error;

/// A dump whose every byte is as it was signed, and whose parts have the digests that its manifest says.
#[derive(Debug)]
pub struct Dump {
    pub manifest: Manifest,
    /// SHA-256 of the public key that signed it, in hexadecimal: what people compare to know a key.
    pub signer: String,
    file: File,
    body: u64,
}

impl Dump {
    /// Opens the file and verifies all of it. `signer` is the fingerprint of the key that must have signed it.
    pub fn open(path: &Path, signer: Option<&str>) -> Result<Dump, Error> {
        let told =
            |error: io::Error| refused(format!("`{}` cannot be read: {error}", path.display()));
        let mut file = File::open(path).map_err(told)?;
        let length = file.metadata().map_err(told)?.len();
        let mut head = [0; HEAD as usize];
        let whole_head = file.read_exact(&mut head).is_ok();
        if !whole_head || !head.starts_with(MAGIC) {
            return Err(refused("is no dump of a district or an installation"));
        }
        let key = verify(&mut file, length).map_err(told)??;
        let format = u32::from_le_bytes([head[8], head[9], head[10], head[11]]);
        if format > FORMAT {
            return Err(refused(format!(
                "has format {format}, and this release reads up to {FORMAT}; use the release that wrote it, or a newer one"
            )));
        }
        let fingerprint = hex::encode(Sha256::digest(key.as_bytes()));
        if signer.is_some_and(|signer| !signer.eq_ignore_ascii_case(&fingerprint)) {
            return Err(refused(format!(
                "is signed by the key {fingerprint}, which is not the one that was asked for"
            )));
        }
        let (manifest, body) = manifest(&mut file, length).map_err(told)??;
        let mut dump = Dump {
            manifest,
            signer: fingerprint,
            file,
            body,
        };
        dump.check()?;
        Ok(dump)
    }

    /// The body from its beginning. What is read from it comes in the manifest's order.
    pub fn body(&mut self) -> Result<Body, Error> {
        let file = self.file.try_clone().and_then(|mut file| {
            file.seek(SeekFrom::Start(HEAD))?;
            Ok(file)
        });
        let file = BufReader::with_capacity(1 << 18, file.map_err(Error::internal)?);
        Ok(Body(DeflateDecoder::new(file.take(self.body))))
    }

    /// Reads all of it and compares it with the manifest.
    fn check(&mut self) -> Result<(), Error> {
        let broken = || refused("is signed, but is not what its own manifest says");
        if !self.manifest.is_consistent() {
            return Err(broken());
        }
        let mut body = self.body()?;
        for part in &self.manifest.districts {
            for table in &part.tables {
                let mut tally = Tally::default();
                for _ in 0..table.rows {
                    let bytes = body.frame()?;
                    decode(&bytes, &table.columns).ok_or_else(broken)?;
                    tally.add(&bytes);
                }
                if tally.finish() != (table.rows, table.sha256.clone()) {
                    return Err(broken());
                }
            }
            for object in &part.objects {
                body.skip(object.bytes, &object.sha256)?;
            }
        }
        for key in &self.manifest.keys {
            body.skip(key.bytes, &key.sha256)?;
        }
        let mut more = [0];
        if body.0.read(&mut more).map_err(unreadable)? == 0 && body.0.get_ref().limit() == 0 {
            Ok(())
        } else {
            Err(broken())
        }
    }
}

/// The parts of a dump, one behind the other.
#[derive(Debug)]
pub struct Body(DeflateDecoder<Take<BufReader<File>>>);

impl Body {
    /// The next row, which has these columns.
    pub fn row(&mut self, columns: &[Column]) -> Result<Row, Error> {
        decode(&self.frame()?, columns).ok_or_else(|| refused("holds a row that is none"))
    }

    /// The next object or key, so many bytes long.
    pub fn bytes(&mut self, length: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let read = (&mut self.0).take(length).read_to_end(&mut bytes);
        if read.map_err(unreadable)? as u64 == length {
            Ok(bytes)
        } else {
            Err(refused("ends before what its manifest says"))
        }
    }

    fn frame(&mut self) -> Result<Vec<u8>, Error> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).map_err(unreadable)?;
        match u32::from_le_bytes(length) {
            length if length <= LARGEST_ROW => self.bytes(length.into()),
            _ => Err(refused("holds a row that is larger than any can be")),
        }
    }

    /// Reads past bytes that must have the digest.
    fn skip(&mut self, length: u64, sha256: &str) -> Result<(), Error> {
        let mut digest = Sha256::new();
        let copied = io::copy(&mut (&mut self.0).take(length), &mut Hashing(&mut digest));
        let whole = copied.map_err(unreadable)? == length;
        if whole && hex::encode(digest.finalize()) == sha256 {
            Ok(())
        } else {
            Err(refused("holds bytes that do not have their digest"))
        }
    }
}

struct Hashing<'d>(&'d mut Sha256);

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The key that signed the file, where it signed all of it.
fn verify(file: &mut File, length: u64) -> io::Result<Result<VerifyingKey, Error>> {
    let changed =
        || refused("is cut short or was changed after it was signed; use another copy of it");
    let Some(covered) = length.checked_sub(64).filter(|_| length >= HEAD + TAIL) else {
        return Ok(Err(changed()));
    };
    file.seek(SeekFrom::Start(0))?;
    let mut digest = Sha256::new();
    io::copy(&mut (&mut *file).take(covered), &mut Hashing(&mut digest))?;
    file.seek(SeekFrom::Start(covered - 32))?;
    let (mut key, mut signature) = ([0; 32], [0; 64]);
    file.read_exact(&mut key)?;
    file.read_exact(&mut signature)?;
    let verified = VerifyingKey::from_bytes(&key).and_then(|key| {
        key.verify_strict(
            &signed(&digest.finalize()),
            &Signature::from_bytes(&signature),
        )?;
        Ok(key)
    });
    Ok(verified.map_err(|_| changed()))
}

/// The manifest, and how long the body before it is.
fn manifest(file: &mut File, length: u64) -> io::Result<Result<(Manifest, u64), Error>> {
    file.seek(SeekFrom::Start(length - TAIL))?;
    let mut long = [0; 8];
    file.read_exact(&mut long)?;
    let long = u64::from_le_bytes(long);
    let body = (length - HEAD - TAIL).checked_sub(long);
    let Some(body) = body.filter(|_| long <= LARGEST_MANIFEST) else {
        return Ok(Err(refused("has no manifest")));
    };
    file.seek(SeekFrom::Start(HEAD + body))?;
    let mut bytes = Vec::new();
    (&mut *file).take(long).read_to_end(&mut bytes)?;
    let read = serde_json::from_slice(&bytes);
    Ok(read
        .map(|manifest| (manifest, body))
        .map_err(|error| refused(format!("has a manifest that cannot be read: {error}"))))
}

fn unreadable(error: io::Error) -> Error {
    refused(format!("cannot be unpacked: {error}"))
}

fn refused(message: impl Into<String>) -> Error {
    Error::field("file", message)
}
