//! Uploads: files that arrive in pieces, in any order, any of them again, by calls that any client can make.

use std::time::Duration;

use prost_types::Timestamp as WireTime;
use sha2::{Digest, Sha256};
use tidyward_proto::v1::{AppendUploadRequest, CreateUploadRequest, GetUploadRequest, Upload};

use crate::{
    caller::{Caller, District},
    clock::{self, Clock},
    db::{
        Db,
        uploads::{self, UploadRow},
    },
    error::{Error, Reason, Violations},
    request::Once,
    text,
};

/// The largest piece, in bytes.
pub const LARGEST_PIECE: usize = 512 * 1_024;
/// How long an upload is kept.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

/// A service's uploads.
#[derive(Clone)]
pub struct Uploads {
    db: Db,
    prefix: &'static str,
    clock: Clock,
    largest: i64,
    quota: Option<Quota>,
}

/// What one caller may have on its way in a district at a time: what is neither made into something nor expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub uploads: usize,
    /// Declared, whether they have arrived or not.
    pub bytes: i64,
}

/// A complete upload, its digest checked.
#[derive(Clone, Debug)]
pub struct Taken {
    pub bytes: Vec<u8>,
    pub sha256: [u8; 32],
    pub file_name: String,
    /// Id of the upload in its district.
    pub upload: String,
}

impl Uploads {
    /// `prefix` names the service's tables; `largest` is the largest file in bytes.
    pub fn new(db: Db, prefix: &'static str, clock: Clock, largest: i64) -> Uploads {
        Uploads {
            db,
            prefix,
            clock,
            largest,
            quota: None,
        }
    }

    /// The same with a limit to what a caller has on its way. The service's table has the column `owner`.
    #[must_use]
    pub fn limited(self, quota: Quota) -> Uploads {
        Uploads {
            quota: Some(quota),
            ..self
        }
    }

    pub async fn create(
        &self,
        caller: &Caller,
        request: CreateUploadRequest,
    ) -> Result<Upload, Error> {
        let district = caller.district("parent", &request.parent)?;
        let now = self.clock.now();
        let asked = request.upload.clone().unwrap_or_default();
        self.check(&asked)?;
        let row = UploadRow {
            district: district.id().to_owned(),
            upload: self.clock.id().to_string(),
            size: asked.size_bytes,
            sha256: asked.sha256.to_ascii_lowercase(),
            file_name: asked.file_name,
            expires_at: (now + KEPT).as_microsecond(),
        };
        let (id, prefix) = (request.request_id.as_str(), self.prefix);
        let once = Once::new(
            prefix,
            "CreateUpload",
            caller,
            Some(&district),
            &request,
            id,
            now,
        )?;
        let owner = self.quota.map(|quota| (quota, caller.subject.clone()));
        once.write(&self.db, move |transaction| {
            let (row, owner) = (row.clone(), owner.clone());
            Box::pin(async move {
                uploads::expire(transaction, prefix, &row.district, now.as_microsecond()).await?;
                if let Some((quota, subject)) = &owner {
                    let there = uploads::sizes(transaction, prefix, &row.district, subject).await?;
                    quota.check(&there, row.size)?;
                }
                let owner = owner.as_ref().map(|(_, subject)| subject.as_str());
                uploads::insert(transaction, prefix, &row, owner).await?;
                Ok(render(&row, 0))
            })
        })
        .await
    }

    pub async fn append(
        &self,
        caller: &Caller,
        request: AppendUploadRequest,
    ) -> Result<Upload, Error> {
        let (district, upload) = self.named(caller, &request.name)?;
        let mut violations = Violations::default();
        let length = request.data.len();
        let fits = (1..=LARGEST_PIECE).contains(&length);
        violations.require(
            fits,
            "data",
            "must be 1 to 524,288 bytes; send smaller pieces",
        );
        violations.require(request.offset >= 0, "offset", "must not be negative");
        violations.into_result()?;
        let (prefix, now) = (self.prefix, self.clock.now().as_microsecond());
        self.db
            .write(move |transaction| {
                let (district, upload, request) =
                    (district.clone(), upload.clone(), request.clone());
                Box::pin(async move {
                    let key = (district.id(), upload.as_str());
                    let row = uploads::find(transaction, prefix, key.0, key.1, now).await?;
                    let row = row.ok_or_else(|| Error::not_found(&request.name))?;
                    let mut extents = uploads::extents(transaction, prefix, key.0, key.1).await?;
                    let (at, length) = (request.offset, request.data.len() as i64);
                    if at.checked_add(length).is_none_or(|end| end > row.size) {
                        return Err(bad_piece("passes the declared size; check offset and size"));
                    }
                    if extents.contains(&(at, length)) {
                        let there = uploads::piece(transaction, prefix, key.0, key.1, at).await?;
                        if there.as_deref() != Some(&request.data[..]) {
                            return Err(bad_piece("differs from what arrived there before"));
                        }
                    } else if extents
                        .iter()
                        .any(|one| one.0 < at + length && at < one.0 + one.1)
                    {
                        return Err(bad_piece(
                            "overlaps another; send the same pieces each time",
                        ));
                    } else {
                        uploads::insert_piece(transaction, prefix, key, at, request.data.to_vec())
                            .await?;
                        extents.push((at, length));
                    }
                    Ok(render(&row, extents.iter().map(|extent| extent.1).sum()))
                })
            })
            .await
    }

    pub async fn get(&self, caller: &Caller, request: GetUploadRequest) -> Result<Upload, Error> {
        let (district, upload) = self.named(caller, &request.name)?;
        let row = self.row(&district, &upload).await?;
        let read = self.db.read();
        let extents = uploads::extents(read, self.prefix, district.id(), &upload).await?;
        Ok(render(&row, extents.iter().map(|extent| extent.1).sum()))
    }

    /// The whole file, for what is made from it. `field` is where the request names it.
    pub async fn take(
        &self,
        caller: &Caller,
        district: &District,
        field: &str,
        name: &str,
    ) -> Result<Taken, Error> {
        let (own, [_, upload]) = caller.resource::<2>("districts/{}/uploads/{}", field, name)?;
        if own != *district {
            return Err(Error::field(
                field,
                "must be an upload of the parent's district",
            ));
        }
        let row = self.row(district, &upload).await?;
        let mut bytes = Vec::with_capacity(usize::try_from(row.size).unwrap_or(0));
        for (at, _) in uploads::extents(self.db.read(), self.prefix, district.id(), &upload).await?
        {
            if at != bytes.len() as i64 {
                break;
            }
            let piece =
                uploads::piece(self.db.read(), self.prefix, district.id(), &upload, at).await?;
            bytes.extend(piece.unwrap_or_default());
        }
        if bytes.len() as i64 != row.size {
            let hole = bytes.len();
            let message = format!("the upload lacks the bytes from {hole} on; append them first");
            return Err(Error::new(Reason::UploadIncomplete, message).with("offset", hole));
        }
        // Hundreds of megabytes take a second: other calls go on meanwhile.
        let digest = move || (<[u8; 32]>::from(Sha256::digest(&bytes)), bytes);
        let digested = tokio::task::spawn_blocking(digest).await;
        let (sha256, bytes) = digested.map_err(Error::internal)?;
        if !row.sha256.is_empty() && row.sha256 != hex::encode(sha256) {
            let message = "the bytes do not have the declared SHA-256; make a new upload";
            return Err(Error::new(Reason::UploadDigestWrong, message));
        }
        Ok(Taken {
            bytes,
            sha256,
            file_name: row.file_name,
            upload,
        })
    }

    /// Deletes an upload that nothing more is made from.
    pub async fn forget(&self, district: &District, upload: &str) -> Result<(), Error> {
        let (prefix, district, upload) = (self.prefix, district.clone(), upload.to_owned());
        let write = self.db.write(move |transaction| {
            let (district, upload) = (district.clone(), upload.clone());
            Box::pin(async move {
                uploads::remove(transaction, prefix, district.id(), &upload).await?;
                Ok(())
            })
        });
        write.await
    }

    fn check(&self, asked: &Upload) -> Result<(), Error> {
        let mut violations = Violations::default();
        let size = asked.size_bytes;
        if !(1..=self.largest).contains(&size) {
            violations.add(
                "upload.size_bytes",
                format!("must be 1 to {} bytes", self.largest),
            );
        }
        let digest = &asked.sha256;
        let is_digest = hex::decode(digest).is_ok_and(|bytes| bytes.len() == 32);
        violations.require(
            digest.is_empty() || is_digest,
            "upload.sha256",
            "must be 64 hexadecimal digits, or empty",
        );
        text::check(&mut violations, "upload.file_name", &asked.file_name, 255);
        violations.into_result()
    }

    fn named(&self, caller: &Caller, name: &str) -> Result<(District, String), Error> {
        let (district, [_, upload]) =
            caller.resource::<2>("districts/{}/uploads/{}", "name", name)?;
        Ok((district, upload))
    }

    async fn row(&self, district: &District, upload: &str) -> Result<UploadRow, Error> {
        let now = self.clock.now().as_microsecond();
        let row = uploads::find(self.db.read(), self.prefix, district.id(), upload, now).await?;
        row.ok_or_else(|| Error::not_found(district.child("uploads", upload)))
    }
}

impl Quota {
    /// Refuses one more of the size beside those of the sizes.
    fn check(&self, there: &[i64], size: i64) -> Result<(), Error> {
        let bytes: i64 = there.iter().sum();
        let (what, limit) = if there.len() >= self.uploads {
            ("uploads", self.uploads as i64)
        } else if bytes + size > self.bytes {
            ("bytes", self.bytes)
        } else {
            return Ok(());
        };
        let message = format!(
            "at most {limit} {what} may be on their way at a time; finish those that were begun, or wait a day"
        );
        Err(Error::new(Reason::TooMany, message)
            .with("limit", limit)
            .with("what", what))
    }
}

fn bad_piece(what: &str) -> Error {
    Error::new(Reason::UploadPieceInvalid, format!("the piece {what}"))
}

fn render(row: &UploadRow, received: i64) -> Upload {
    let expires = jiff::Timestamp::from_microsecond(row.expires_at);
    let expire_time: Option<WireTime> = expires.ok().map(clock::to_wire);
    Upload {
        name: format!("districts/{}/uploads/{}", row.district, row.upload),
        size_bytes: row.size,
        sha256: row.sha256.clone(),
        file_name: row.file_name.clone(),
        received_bytes: received,
        expire_time,
    }
}

#[cfg(test)]
mod tests;
