//! Evidence for whoever may see it.

use tidyward_kit::{
    Error, Violations,
    caller::{Caller, District},
    upload::LARGEST_PIECE,
};
use tidyward_proto::v1::{
    Evidence, EvidenceVariant, GetEvidenceRequest, ReadEvidenceRequest, ReadEvidenceResponse,
};

use crate::{Issues, evidence};

/// Type of every thumbnail.
const THUMBNAIL_TYPE: &str = "image/jpeg";

impl Issues {
    pub(super) async fn evidence_get(
        &self,
        caller: &Caller,
        request: GetEvidenceRequest,
    ) -> Result<Evidence, Error> {
        let (_, evidence) = self.evidence_found(caller, &request.name).await?;
        Ok(evidence)
    }

    pub(super) async fn evidence_read(
        &self,
        caller: &Caller,
        request: ReadEvidenceRequest,
    ) -> Result<ReadEvidenceResponse, Error> {
        let (district, evidence) = self.evidence_found(caller, &request.name).await?;
        let thumbnail = request.variant() == EvidenceVariant::Thumbnail;
        let (size, objects, content_type) = if thumbnail {
            let thumbnails = &self.evidence.thumbnails;
            (evidence.thumbnail_bytes, thumbnails, THUMBNAIL_TYPE)
        } else {
            let originals = &self.evidence.originals;
            (
                evidence.size_bytes,
                originals,
                evidence.content_type.as_str(),
            )
        };
        let mut violations = Violations::default();
        violations.require(
            !thumbnail || size > 0,
            "variant",
            "photos alone have a thumbnail; read the original",
        );
        let within = (0..=size).contains(&request.offset);
        let words = format!("must be 0 to {size}, the size of the file");
        violations.require(within, "offset", &words);
        let asked = usize::try_from(request.length).ok();
        let asked = asked.filter(|length| *length <= LARGEST_PIECE);
        violations.require(asked.is_some(), "length", "must be 0 to 524,288");
        violations.into_result()?;
        let length = asked.filter(|length| *length > 0).unwrap_or(LARGEST_PIECE) as i64;
        let end = size.min(request.offset + length);
        let data = match (u64::try_from(request.offset), u64::try_from(end)) {
            (Ok(begin), Ok(end)) if begin < end => {
                let sha256 = evidence.name.rsplit('/').next().unwrap_or_default();
                let digest = evidence::digest(sha256)?;
                let read = objects.get_range(district.id(), &digest, begin..end);
                read.await?.to_vec()
            }
            _ => Vec::new(),
        };
        Ok(ReadEvidenceResponse {
            data,
            size_bytes: size,
            content_type: content_type.to_owned(),
        })
    }

    async fn evidence_found(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<(District, Evidence), Error> {
        let (district, [_, sha256]) =
            caller.resource::<2>("districts/{}/evidence/{}", "name", name)?;
        let found = self.evidence_seen(caller, &district, &sha256).await?;
        let evidence = found.ok_or_else(|| Error::not_found(name))?;
        Ok((district, evidence))
    }
}
