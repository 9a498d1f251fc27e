//! Writes a dump in one pass.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
};

use ed25519_dalek::{Signer, SigningKey};
use flate2::{Compression, write::DeflateEncoder};
use sha2::{Digest, Sha256};

use super::{FORMAT, MAGIC, manifest::Manifest, signed};

/// A dump on its way into a file.
#[derive(Debug)]
pub struct DumpWriter(DeflateEncoder<Digesting>);

/// Digests what it writes.
#[derive(Debug)]
struct Digesting {
    file: BufWriter<File>,
    sha256: Sha256,
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl DumpWriter {
    /// Begins a dump in an empty file.
    pub fn begin(file: File) -> io::Result<DumpWriter> {
        let mut out = Digesting {
            file: BufWriter::with_capacity(1 << 18, file),
            sha256: Sha256::new(),
        };
        out.write_all(MAGIC)?;
        out.write_all(&FORMAT.to_le_bytes())?;
        Ok(DumpWriter(DeflateEncoder::new(out, Compression::fast())))
    }

    /// A row's canonical bytes.
    pub fn row(&mut self, row: &[u8]) -> io::Result<()> {
        let length = u32::try_from(row.len()).map_err(io::Error::other)?;
        self.0.write_all(&length.to_le_bytes())?;
        self.0.write_all(row)
    }

    /// An object or a key; the manifest says how long it is.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Ends and signs it, and answers when it is on the disk.
    pub fn finish(self, manifest: &Manifest, key: &SigningKey) -> io::Result<()> {
        let mut out = self.0.finish()?;
        let manifest = serde_json::to_vec(manifest).map_err(io::Error::other)?;
        out.write_all(&manifest)?;
        out.write_all(&(manifest.len() as u64).to_le_bytes())?;
        out.write_all(key.verifying_key().as_bytes())?;
        let digest = out.sha256.clone().finalize();
        out.write_all(&key.sign(&signed(&digest)).to_bytes())?;
        let file = out
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()
    }
}
