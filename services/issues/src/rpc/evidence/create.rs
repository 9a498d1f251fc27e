//! An upload becomes evidence.

use std::sync::Arc;

use bytes::Bytes;
use tidyward_kit::{
    Error,
    caller::{Caller, District},
    clock,
    request::Once,
    upload::Taken,
};
use tidyward_proto::v1::CreateEvidenceRequest;

use crate::{
    Issues,
    evidence::{
        Evidence,
        inspect::{self, Found},
        unreadable,
    },
    store, territory,
};

impl Issues {
    pub(super) async fn evidence_create(
        &self,
        caller: &Caller,
        request: CreateEvidenceRequest,
    ) -> Result<Evidence, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let now = self.clock.now();
        let once = Once::new(
            store::PREFIX,
            "CreateEvidence",
            caller,
            Some(&district),
            &request,
            &request.request_id,
            now,
        )?;
        if let Some(answer) = once.answered(&self.db).await? {
            return Ok(answer);
        }
        // So many at once are in memory; the others wait.
        let _turn = self.evidence.turns.acquire().await;
        let uploads = &self.evidence.uploads;
        let taken = uploads.take(caller, &district, "upload", &request.upload);
        let Taken {
            bytes,
            sha256,
            upload,
            ..
        } = taken.await?;
        let bytes = Bytes::from(bytes);
        let found = self
            .inspect(&district, bytes.clone(), request.content_type, now)
            .await?;
        let name = hex::encode(sha256);
        self.evidence_reserve(&district, &name, now).await?;
        let thumbnail = Bytes::from(found.thumbnail.clone());
        let evidence = Arc::new(made(&district, &name, bytes.len(), &found, now));
        let objects = &self.evidence.originals;
        objects.put_digested(district.id(), &sha256, bytes).await?;
        if !thumbnail.is_empty() {
            let thumbnails = &self.evidence.thumbnails;
            thumbnails
                .put_made_of(district.id(), &sha256, thumbnail)
                .await?;
        }
        let subject = caller.subject.clone();
        let written = once.write(&self.db, move |transaction| {
            let (district, name, subject) = (district.clone(), name.clone(), subject.clone());
            let (evidence, upload) = (evidence.clone(), upload.clone());
            Box::pin(async move {
                let made = (&name, &*evidence);
                store::evidence::finish(transaction, &district, made.0, made.1, &subject, &upload)
                    .await
            })
        });
        written.await
    }

    /// Looks at the bytes on a thread where that may take long. A file on which a decoder fails badly is a damaged one.
    async fn inspect(
        &self,
        district: &District,
        bytes: Bytes,
        claimed: String,
        now: jiff::Timestamp,
    ) -> Result<Found, Error> {
        let zone = self.territory.calendar(district).await?.zone.clone();
        let look = move || inspect::inspect(&bytes, &claimed, &zone, now);
        let looked = tokio::task::spawn_blocking(look).await;
        looked.unwrap_or_else(|_| Err(unreadable("the file is damaged")))
    }

    async fn evidence_reserve(
        &self,
        district: &District,
        name: &str,
        now: jiff::Timestamp,
    ) -> Result<(), Error> {
        let (district, name) = (district.clone(), name.to_owned());
        let reserved = self.db.write(move |transaction| {
            let (district, name) = (district.clone(), name.clone());
            Box::pin(
                async move { store::evidence::reserve(transaction, &district, &name, now).await },
            )
        });
        reserved.await
    }
}

fn made(
    district: &District,
    name: &str,
    size: usize,
    found: &Found,
    now: jiff::Timestamp,
) -> Evidence {
    Evidence {
        name: district.child("evidence", name),
        media: found.media as i32,
        content_type: found.content_type.to_owned(),
        size_bytes: size as i64,
        width: i32::try_from(found.width).unwrap_or(i32::MAX),
        height: i32::try_from(found.height).unwrap_or(i32::MAX),
        duration_millis: found.duration_millis,
        thumbnail_bytes: found.thumbnail.len() as i64,
        exif_position: found.claims.place.map(territory::position),
        exif_shot_time: found.claims.shot_at.map(clock::to_wire),
        exif_note: found.claims.note.to_owned(),
        create_time: Some(clock::to_wire(now)),
    }
}
