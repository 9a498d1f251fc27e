//! Objects: bytes under their SHA-256, in a folder or, by configuration, elsewhere. Never changed once written.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, local::LocalFileSystem};
use sha2::{Digest, Sha256};

use crate::error::{Error, Reason};

/// SHA-256 of what an object holds.
pub type ObjectDigest = [u8; 32];

/// The store of objects.
#[derive(Clone, Debug)]
pub struct Objects(Arc<dyn ObjectStore>);

impl Objects {
    /// Objects in a folder, which is made. Each is written to a temporary name, synced and renamed.
    pub fn folder(path: &Path) -> Result<Objects, Error> {
        std::fs::create_dir_all(path).map_err(Error::internal)?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(Error::internal)?;
        Ok(Objects(Arc::new(store.with_fsync(true))))
    }

    /// Keeps the bytes of a district and gives their digest. Bytes that are there already are left alone.
    pub async fn put(&self, district: &str, bytes: Bytes) -> Result<ObjectDigest, Error> {
        let digest: ObjectDigest = Sha256::digest(&bytes).into();
        let written = self
            .0
            .put_opts(
                &place(district, &digest),
                bytes.into(),
                PutMode::Create.into(),
            )
            .await;
        match written {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(digest),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    /// The bytes, compared with their digest.
    pub async fn get(&self, district: &str, digest: &ObjectDigest) -> Result<Bytes, Error> {
        let object = self
            .0
            .get(&place(district, digest))
            .await
            .map_err(Error::unavailable)?;
        let bytes = object.bytes().await.map_err(Error::unavailable)?;
        if Sha256::digest(&bytes).as_slice() == digest {
            return Ok(bytes);
        }
        let message = format!(
            "object {} is damaged; restore it from a backup",
            hex::encode(digest)
        );
        Err(Error::new(Reason::StoredBytesDamaged, message))
    }
}

fn place(district: &str, digest: &ObjectDigest) -> object_store::path::Path {
    let name = hex::encode(digest);
    object_store::path::Path::from_iter([district, &name[..2], &name])
}
