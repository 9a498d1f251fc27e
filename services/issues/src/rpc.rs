//! The service on the wire: each method makes the caller and goes to one function, named after it.

mod calendar;
mod categories;
mod deadline;
mod delivery;
mod evidence;
mod facts;
mod issues;
mod notice;
mod rates;
pub(crate) mod render;
mod suspension;
mod transition;
mod watch;
mod webhook;

use std::pin::Pin;

use futures::Stream;
use tidyward_kit::{caller, import::Watch};
use tidyward_proto::v1::{
    AppendUploadRequest, BatchTransitionIssuesRequest, BatchTransitionIssuesResponse, Category,
    CloseLedgerRequest, CloseLedgerResponse, CreateCategoryRequest, CreateImportRequest,
    CreateUploadRequest, DeadlineExplanation, EraseReporterRequest, EraseReporterResponse,
    ExplainDeadlineRequest, GetCategoryRequest, GetImportRequest, GetIssueRequest,
    GetUploadRequest, Import, Issue, ListCategoriesRequest, ListCategoriesResponse,
    ListDuplicateCandidatesRequest, ListDuplicateCandidatesResponse, ListImportProblemsRequest,
    ListImportProblemsResponse, ListIssueActionsRequest, ListIssueActionsResponse,
    ListIssueEventsRequest, ListIssueEventsResponse, ListIssuesRequest, ListIssuesResponse,
    QueryRatesRequest, QueryRatesResponse, ReportIssueRequest, StreamFactsRequest,
    StreamFactsResponse, TransitionIssueRequest, UpdateCategoryRequest, Upload, WatchImportRequest,
    issue_service_server::IssueService,
};
use tonic::{Request, Response, Status, async_trait};

use crate::{Issues, import, mapping::Mapping};

type Answer<T> = Result<Response<T>, Status>;

#[async_trait]
impl IssueService for Issues {
    async fn report_issue(&self, request: Request<ReportIssueRequest>) -> Answer<Issue> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.issue_report(&caller, request.into_inner()).await?,
        ))
    }

    async fn get_issue(&self, request: Request<GetIssueRequest>) -> Answer<Issue> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.issue_get(&caller, request.into_inner()).await?,
        ))
    }

    async fn list_issues(&self, request: Request<ListIssuesRequest>) -> Answer<ListIssuesResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.issue_list(&caller, request.into_inner()).await?,
        ))
    }

    async fn list_issue_events(
        &self,
        request: Request<ListIssueEventsRequest>,
    ) -> Answer<ListIssueEventsResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.issue_events(&caller, request.into_inner()).await?,
        ))
    }

    async fn list_categories(
        &self,
        request: Request<ListCategoriesRequest>,
    ) -> Answer<ListCategoriesResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.category_list(&caller, request.into_inner()).await?,
        ))
    }

    async fn create_upload(&self, request: Request<CreateUploadRequest>) -> Answer<Upload> {
        let caller = caller::of(&request)?;
        let district = caller.district("parent", &request.get_ref().parent)?;
        self.territory.calendar(&district).await?;
        Ok(Response::new(
            self.uploads.create(&caller, request.into_inner()).await?,
        ))
    }

    async fn append_upload(&self, request: Request<AppendUploadRequest>) -> Answer<Upload> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.uploads.append(&caller, request.into_inner()).await?,
        ))
    }

    async fn get_upload(&self, request: Request<GetUploadRequest>) -> Answer<Upload> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.uploads.get(&caller, request.into_inner()).await?,
        ))
    }

    async fn create_import(&self, request: Request<CreateImportRequest>) -> Answer<Import> {
        let caller = caller::of(&request)?;
        let request = request.into_inner();
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let (db, territory) = (self.db.clone(), self.territory.clone());
        let import = self
            .imports
            .create(&caller, request, Mapping::parse, |run, mapping| {
                Box::pin(import::run(db, territory, run, mapping))
            });
        Ok(Response::new(import.await?))
    }

    async fn get_import(&self, request: Request<GetImportRequest>) -> Answer<Import> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.imports.get(&caller, request.into_inner()).await?,
        ))
    }

    type WatchImportStream = Watch;

    async fn watch_import(&self, request: Request<WatchImportRequest>) -> Answer<Watch> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.imports.watch(&caller, request.into_inner()).await?,
        ))
    }

    async fn list_import_problems(
        &self,
        request: Request<ListImportProblemsRequest>,
    ) -> Answer<ListImportProblemsResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.imports.problems(&caller, request.into_inner()).await?,
        ))
    }

    async fn close_ledger(
        &self,
        request: Request<CloseLedgerRequest>,
    ) -> Answer<CloseLedgerResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.ledger_close(&caller, request.into_inner()).await?,
        ))
    }

    type StreamFactsStream =
        Pin<Box<dyn Stream<Item = Result<StreamFactsResponse, Status>> + Send>>;

    async fn stream_facts(
        &self,
        request: Request<StreamFactsRequest>,
    ) -> Answer<Self::StreamFactsStream> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.facts_stream(&caller, request.into_inner()).await?,
        ))
    }

    async fn transition_issue(&self, request: Request<TransitionIssueRequest>) -> Answer<Issue> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.issue_transition(&caller, request.into_inner()).await?,
        ))
    }

    async fn batch_transition_issues(
        &self,
        request: Request<BatchTransitionIssuesRequest>,
    ) -> Answer<BatchTransitionIssuesResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.issues_transition(&caller, request.into_inner())
                .await?,
        ))
    }

    async fn list_issue_actions(
        &self,
        request: Request<ListIssueActionsRequest>,
    ) -> Answer<ListIssueActionsResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.actions_list(&caller, request.into_inner()).await?,
        ))
    }

    async fn list_duplicate_candidates(
        &self,
        request: Request<ListDuplicateCandidatesRequest>,
    ) -> Answer<ListDuplicateCandidatesResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.candidates_list(&caller, request.into_inner()).await?,
        ))
    }

    async fn explain_deadline(
        &self,
        request: Request<ExplainDeadlineRequest>,
    ) -> Answer<DeadlineExplanation> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.deadline_explain(&caller, request.into_inner()).await?,
        ))
    }

    async fn erase_reporter(
        &self,
        request: Request<EraseReporterRequest>,
    ) -> Answer<EraseReporterResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.reporter_erase(&caller, request.into_inner()).await?,
        ))
    }

    async fn get_category(&self, request: Request<GetCategoryRequest>) -> Answer<Category> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.category_get(&caller, request.into_inner()).await?,
        ))
    }

    async fn create_category(&self, request: Request<CreateCategoryRequest>) -> Answer<Category> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.category_create(&caller, request.into_inner()).await?,
        ))
    }

    async fn update_category(&self, request: Request<UpdateCategoryRequest>) -> Answer<Category> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.category_update(&caller, request.into_inner()).await?,
        ))
    }

    async fn query_rates(&self, request: Request<QueryRatesRequest>) -> Answer<QueryRatesResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.rates_query(&caller, request.into_inner()).await?,
        ))
    }
}

#[cfg(test)]
mod tests;
