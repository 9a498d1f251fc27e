//! Evidence on the wire: it comes in by uploads, and goes out by ranges to whoever may see it.

mod create;
mod read;

use tidyward_kit::caller;
use tidyward_proto::v1::{
    AppendUploadRequest, CreateEvidenceRequest, CreateUploadRequest, Evidence, GetEvidenceRequest,
    GetUploadRequest, ReadEvidenceRequest, ReadEvidenceResponse, Upload,
    evidence_service_server::EvidenceService,
};
use tonic::{Request, Response, async_trait};

use super::Answer;
use crate::Issues;

#[async_trait]
impl EvidenceService for Issues {
    async fn create_upload(&self, request: Request<CreateUploadRequest>) -> Answer<Upload> {
        let caller = caller::of(&request)?;
        let district = caller.district("parent", &request.get_ref().parent)?;
        self.territory.calendar(&district).await?;
        let uploads = &self.evidence.uploads;
        Ok(Response::new(
            uploads.create(&caller, request.into_inner()).await?,
        ))
    }

    async fn append_upload(&self, request: Request<AppendUploadRequest>) -> Answer<Upload> {
        let caller = caller::of(&request)?;
        let uploads = &self.evidence.uploads;
        Ok(Response::new(
            uploads.append(&caller, request.into_inner()).await?,
        ))
    }

    async fn get_upload(&self, request: Request<GetUploadRequest>) -> Answer<Upload> {
        let caller = caller::of(&request)?;
        let uploads = &self.evidence.uploads;
        Ok(Response::new(
            uploads.get(&caller, request.into_inner()).await?,
        ))
    }

    async fn create_evidence(&self, request: Request<CreateEvidenceRequest>) -> Answer<Evidence> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.evidence_create(&caller, request.into_inner()).await?,
        ))
    }

    async fn get_evidence(&self, request: Request<GetEvidenceRequest>) -> Answer<Evidence> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.evidence_get(&caller, request.into_inner()).await?,
        ))
    }

    async fn read_evidence(
        &self,
        request: Request<ReadEvidenceRequest>,
    ) -> Answer<ReadEvidenceResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.evidence_read(&caller, request.into_inner()).await?,
        ))
    }
}
