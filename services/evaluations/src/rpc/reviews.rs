//! EvaluationService.

use std::{pin::Pin, sync::Arc};

use bytes::Bytes;
use futures::Stream;
use tidyward_kit::{
    Error, caller, import::Watch as ImportWatch, request::Once, upload::LARGEST_PIECE,
};
use tidyward_proto::v1::{
    AppendUploadRequest, CompareRevisionsRequest, CompareRevisionsResponse, CreateImportRequest,
    CreateReviewRequest, CreateUploadRequest, DownloadBundleRequest, DownloadBundleResponse,
    ExplainScoreRequest, Explanation, FreezeReviewRequest, GetImportRequest, GetReviewRequest,
    GetScoreRequest, GetUploadRequest, Import, ListFactDefinitionsRequest,
    ListFactDefinitionsResponse, ListFactsRequest, ListFactsResponse, ListImportProblemsRequest,
    ListImportProblemsResponse, ListReviewsRequest, ListReviewsResponse, ListScoresRequest,
    ListScoresResponse, RecordMetricsRequest, RecordMetricsResponse, Review, RunReviewRequest,
    Score, Upload, WatchImportRequest, WatchReviewRequest,
    evaluation_service_server::EvaluationService,
};
use tonic::{Request, Response, Status};

use super::{compare, facts, metrics, moves, scores, watch};
use crate::{House, freeze, import, mapping, store};

/// The service's handlers.
pub struct Reviews(pub(crate) Arc<House>);

type Pieces = Pin<Box<dyn Stream<Item = Result<DownloadBundleResponse, Status>> + Send>>;

#[tonic::async_trait]
impl EvaluationService for Reviews {
    type WatchImportStream = ImportWatch;
    type WatchReviewStream = watch::Watch;
    type DownloadBundleStream = Pieces;

    async fn list_fact_definitions(
        &self,
        request: Request<ListFactDefinitionsRequest>,
    ) -> Result<Response<ListFactDefinitionsResponse>, Status> {
        caller::of(&request)?;
        Ok(Response::new(metrics::list_definitions(request.get_ref())?))
    }

    async fn record_metrics(
        &self,
        request: Request<RecordMetricsRequest>,
    ) -> Result<Response<RecordMetricsResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            metrics::record(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn create_upload(
        &self,
        request: Request<CreateUploadRequest>,
    ) -> Result<Response<Upload>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.0.uploads.create(&caller, request.into_inner()).await?,
        ))
    }

    async fn append_upload(
        &self,
        request: Request<AppendUploadRequest>,
    ) -> Result<Response<Upload>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.0.uploads.append(&caller, request.into_inner()).await?,
        ))
    }

    async fn get_upload(
        &self,
        request: Request<GetUploadRequest>,
    ) -> Result<Response<Upload>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.0.uploads.get(&caller, request.into_inner()).await?,
        ))
    }

    async fn create_import(
        &self,
        request: Request<CreateImportRequest>,
    ) -> Result<Response<Import>, Status> {
        let caller = caller::of(&request)?;
        let house = self.0.clone();
        let created = self.0.imports.create(
            &caller,
            request.into_inner(),
            mapping::read,
            move |run, mapping| Box::pin(import::run(house, run, mapping)),
        );
        Ok(Response::new(created.await?))
    }

    async fn get_import(
        &self,
        request: Request<GetImportRequest>,
    ) -> Result<Response<Import>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.0.imports.get(&caller, request.into_inner()).await?,
        ))
    }

    async fn watch_import(
        &self,
        request: Request<WatchImportRequest>,
    ) -> Result<Response<Self::WatchImportStream>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.0.imports.watch(&caller, request.into_inner()).await?,
        ))
    }

    async fn list_import_problems(
        &self,
        request: Request<ListImportProblemsRequest>,
    ) -> Result<Response<ListImportProblemsResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.0
                .imports
                .problems(&caller, request.into_inner())
                .await?,
        ))
    }

    async fn create_review(
        &self,
        request: Request<CreateReviewRequest>,
    ) -> Result<Response<Review>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            moves::create(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn get_review(
        &self,
        request: Request<GetReviewRequest>,
    ) -> Result<Response<Review>, Status> {
        let caller = caller::of(&request)?;
        let (district, period) = super::review(&caller, "name", &request.get_ref().name)?;
        let review = freeze::found(&self.0, &district, period).await?;
        Ok(Response::new(
            moves::shown(&self.0, &district, &review).await?,
        ))
    }

    async fn list_reviews(
        &self,
        request: Request<ListReviewsRequest>,
    ) -> Result<Response<ListReviewsResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            moves::list(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn freeze_review(
        &self,
        request: Request<FreezeReviewRequest>,
    ) -> Result<Response<Review>, Status> {
        let caller = caller::of(&request)?;
        let request = request.into_inner();
        let (district, period) = super::review(&caller, "name", &request.name)?;
        let (now, id) = (self.0.clock.now(), request.request_id.as_str());
        let once = Once::new(
            store::EVALUATION,
            "FreezeReview",
            &caller,
            Some(&district),
            &request,
            id,
            now,
        )?;
        let house = self.0.clone();
        // It runs to its end even if the caller goes away.
        let freezing =
            tokio::spawn(async move { freeze::freeze(&house, &district, period, once).await });
        Ok(Response::new(freezing.await.map_err(Error::internal)??))
    }

    async fn run_review(
        &self,
        request: Request<RunReviewRequest>,
    ) -> Result<Response<Review>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            moves::start(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn watch_review(
        &self,
        request: Request<WatchReviewRequest>,
    ) -> Result<Response<Self::WatchReviewStream>, Status> {
        let caller = caller::of(&request)?;
        let (district, period) = super::review(&caller, "name", &request.get_ref().name)?;
        Ok(Response::new(
            watch::watch(&self.0, district, period).await?,
        ))
    }

    async fn list_scores(
        &self,
        request: Request<ListScoresRequest>,
    ) -> Result<Response<ListScoresResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            scores::list(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn get_score(
        &self,
        request: Request<GetScoreRequest>,
    ) -> Result<Response<Score>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            scores::get(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn explain_score(
        &self,
        request: Request<ExplainScoreRequest>,
    ) -> Result<Response<Explanation>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            scores::explain(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn compare_revisions(
        &self,
        request: Request<CompareRevisionsRequest>,
    ) -> Result<Response<CompareRevisionsResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            compare::compare(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn list_facts(
        &self,
        request: Request<ListFactsRequest>,
    ) -> Result<Response<ListFactsResponse>, Status> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            facts::list(&self.0, &caller, request.into_inner()).await?,
        ))
    }

    async fn download_bundle(
        &self,
        request: Request<DownloadBundleRequest>,
    ) -> Result<Response<Self::DownloadBundleStream>, Status> {
        let caller = caller::of(&request)?;
        let bytes = Bytes::from(scores::bundle(&self.0, &caller, request.into_inner()).await?);
        Ok(Response::new(Box::pin(futures::stream::iter(pieces(
            bytes,
        )))))
    }
}

/// Cuts a file into pieces as an upload's are.
fn pieces(bytes: Bytes) -> impl Iterator<Item = Result<DownloadBundleResponse, Status>> {
    let count = bytes.len().div_ceil(LARGEST_PIECE);
    (0..count).map(move |index| {
        let first = index * LARGEST_PIECE;
        let data = bytes.slice(first..(first + LARGEST_PIECE).min(bytes.len()));
        Ok(DownloadBundleResponse { data: data.into() })
    })
}
