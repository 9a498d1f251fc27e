//! Objects: bytes under their SHA-256, in a folder or, by configuration, in S3. Never changed once written.

mod unfinished;

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, PutMode, PutPayload, RetryConfig,
    aws::AmazonS3Builder, local::LocalFileSystem, prefix::PrefixStore,
};
use sha2::{Digest, Sha256};

use crate::error::{Error, Reason};

/// How long S3 may take for one request, and for all attempts of it: a call has a minute.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);
const LONGEST_RETRIES: Duration = Duration::from_secs(10);
const MOST_RETRIES: usize = 3;

/// SHA-256 of what an object holds.
pub type ObjectDigest = [u8; 32];

/// The store of objects.
#[derive(Clone, Debug)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    /// Where it is a folder.
    folder: Option<Arc<Path>>,
    /// Parts of the store are apart: what is deleted in one is not missed in another.
    room: Option<&'static str>,
}

/// Where a bucket is. What is empty is taken from the environment, as AWS's own tools do.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    pub name: String,
    /// Begins the name of every object. Empty is none.
    pub prefix: String,
    /// URL of a server that speaks S3.
    pub endpoint: String,
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl Objects {
    /// Objects in a folder, which is made. Each is written to a temporary name, synced and renamed.
    pub fn folder(path: &Path) -> Result<Objects, Error> {
        std::fs::create_dir_all(path).map_err(Error::internal)?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(Error::internal)?;
        Ok(Objects {
            store: Arc::new(store.with_fsync(true)),
            folder: Some(path.into()),
            room: None,
        })
    }

    /// Objects in a bucket, which is there.
    pub fn bucket(bucket: &Bucket) -> Result<Objects, Error> {
        // The client takes the process's provider of cryptography; that one is set already is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = ClientOptions::new()
            .with_timeout(LONGEST_REQUEST)
            .with_allow_http(bucket.endpoint.starts_with("http://"));
        let retries = RetryConfig {
            max_retries: MOST_RETRIES,
            retry_timeout: LONGEST_RETRIES,
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&bucket.name)
            .with_client_options(options)
            .with_retry(retries);
        for (told, set) in [
            (
                &bucket.endpoint,
                AmazonS3Builder::with_endpoint as fn(_, String) -> _,
            ),
            (&bucket.region, AmazonS3Builder::with_region),
            (&bucket.access_key_id, AmazonS3Builder::with_access_key_id),
            (
                &bucket.secret_access_key,
                AmazonS3Builder::with_secret_access_key,
            ),
        ] {
            if !told.is_empty() {
                builder = set(builder, told.clone());
            }
        }
        let store = builder.build().map_err(Error::internal)?;
        let store = PrefixStore::new(store, bucket.prefix.as_str());
        Ok(Objects {
            store: Arc::new(store),
            folder: None,
            room: None,
        })
    }

    /// A part of the store that is apart from all others. The empty one is none.
    #[must_use]
    pub fn room(&self, room: &'static str) -> Objects {
        Objects {
            store: self.store.clone(),
            folder: self.folder.clone(),
            room: Some(room).filter(|room| !room.is_empty()),
        }
    }

    /// Keeps the bytes of a district and gives their digest. Bytes that are there already are left alone.
    pub async fn put(&self, district: &str, bytes: Bytes) -> Result<ObjectDigest, Error> {
        let digest: ObjectDigest = Sha256::digest(&bytes).into();
        self.put_digested(district, &digest, bytes).await?;
        Ok(digest)
    }

    /// The same where the digest is known.
    pub async fn put_digested(
        &self,
        district: &str,
        digest: &ObjectDigest,
        bytes: Bytes,
    ) -> Result<(), Error> {
        let place = self.place(district, digest);
        let payload = PutPayload::from(bytes);
        let written = self.store.put_opts(&place, payload, PutMode::Create.into());
        match written.await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    /// Keeps what was made of an object under that object's digest, over what was there.
    pub async fn put_made_of(
        &self,
        district: &str,
        of: &ObjectDigest,
        bytes: Bytes,
    ) -> Result<(), Error> {
        let place = self.place(district, of);
        let written = self.store.put(&place, bytes.into()).await;
        written.map(drop).map_err(Error::unavailable)
    }

    /// The bytes, compared with their digest.
    pub async fn get(&self, district: &str, digest: &ObjectDigest) -> Result<Bytes, Error> {
        let place = self.place(district, digest);
        let object = self.store.get(&place).await.map_err(Error::unavailable)?;
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

    /// What was made of an object, if something was.
    pub async fn get_made_of(
        &self,
        district: &str,
        of: &ObjectDigest,
    ) -> Result<Option<Bytes>, Error> {
        match self.store.get(&self.place(district, of)).await {
            Ok(object) => object.bytes().await.map(Some).map_err(Error::unavailable),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    /// A range of the bytes, which ends within them. A part has no digest to be compared with.
    pub async fn get_range(
        &self,
        district: &str,
        digest: &ObjectDigest,
        range: std::ops::Range<u64>,
    ) -> Result<Bytes, Error> {
        let place = self.place(district, digest);
        let bytes = self.store.get_range(&place, range).await;
        bytes.map_err(Error::unavailable)
    }

    /// Deletes the bytes; that they are not there is no failure.
    pub async fn delete(&self, district: &str, digest: &ObjectDigest) -> Result<(), Error> {
        match self.store.delete(&self.place(district, digest)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    /// Removes what writes that were cut off left behind before the instant, in all rooms, and says how much that was. In a
    /// bucket nothing is ever there by half.
    pub async fn clear_unfinished(&self, before: Timestamp) -> Result<usize, Error> {
        let Some(folder) = self.folder.clone() else {
            return Ok(0);
        };
        let clear = move || unfinished::clear(&folder, before);
        let cleared = tokio::task::spawn_blocking(clear).await;
        cleared
            .map_err(Error::internal)?
            .map_err(Error::unavailable)
    }

    fn place(&self, district: &str, digest: &ObjectDigest) -> object_store::path::Path {
        let name = hex::encode(digest);
        let parts = [district, &name[..2], &name];
        object_store::path::Path::from_iter(self.room.into_iter().chain(parts))
    }
}

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
