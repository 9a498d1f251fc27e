//! The generated trait of duties: each method parses, makes one call, and renders.

use tidyward_kit::{caller, error::Error, import::Watch};
use tidyward_proto::v1::{
    AppendUploadRequest, CreateDutyRequest, CreateImportRequest, CreateSiteRequest,
    CreateUploadRequest, Duty, EndDutyRequest, FindDutiesRequest, FindDutiesResponse,
    GetDutyRequest, GetImportRequest, GetSiteRequest, GetUploadRequest, Import, ListDutiesRequest,
    ListDutiesResponse, ListImportProblemsRequest, ListImportProblemsResponse, ListSitesRequest,
    ListSitesResponse, ListVacanciesRequest, ListVacanciesResponse, Site, UpdateSiteRequest,
    Upload, WatchImportRequest, duty_service_server::DutyService,
};
use tonic::{Request, Response};

use super::Answer;
use crate::{
    Duties,
    roster::{self, Roster},
};

#[tonic::async_trait]
impl DutyService for Duties {
    type WatchImportStream = Watch;

    async fn create_site(&self, request: Request<CreateSiteRequest>) -> Answer<Site> {
        let caller = caller::of(&request)?;
        let made = self.0.site_create(&caller, request.into_inner()).await?;
        Ok(Response::new(made))
    }

    async fn get_site(&self, request: Request<GetSiteRequest>) -> Answer<Site> {
        let caller = caller::of(&request)?;
        let site = self.0.site_get(&caller, request.into_inner()).await?;
        Ok(Response::new(site))
    }

    async fn list_sites(&self, request: Request<ListSitesRequest>) -> Answer<ListSitesResponse> {
        let caller = caller::of(&request)?;
        let page = self.0.site_list(&caller, request.into_inner()).await?;
        Ok(Response::new(page))
    }

    async fn update_site(&self, request: Request<UpdateSiteRequest>) -> Answer<Site> {
        let caller = caller::of(&request)?;
        let site = self.0.site_update(&caller, request.into_inner()).await?;
        Ok(Response::new(site))
    }

    async fn create_duty(&self, request: Request<CreateDutyRequest>) -> Answer<Duty> {
        let caller = caller::of(&request)?;
        let made = self.0.duty_create(&caller, request.into_inner()).await?;
        Ok(Response::new(made))
    }

    async fn get_duty(&self, request: Request<GetDutyRequest>) -> Answer<Duty> {
        let caller = caller::of(&request)?;
        let duty = self.0.duty_get(&caller, request.into_inner()).await?;
        Ok(Response::new(duty))
    }

    async fn list_duties(&self, request: Request<ListDutiesRequest>) -> Answer<ListDutiesResponse> {
        let caller = caller::of(&request)?;
        let page = self.0.duty_list(&caller, request.into_inner()).await?;
        Ok(Response::new(page))
    }

    async fn end_duty(&self, request: Request<EndDutyRequest>) -> Answer<Duty> {
        let caller = caller::of(&request)?;
        let ended = self.0.duty_end(&caller, request.into_inner()).await?;
        Ok(Response::new(ended))
    }

    async fn find_duties(&self, request: Request<FindDutiesRequest>) -> Answer<FindDutiesResponse> {
        let caller = caller::of(&request)?;
        let found = self.0.duties_find(&caller, request.into_inner()).await?;
        Ok(Response::new(found))
    }

    async fn list_vacancies(
        &self,
        request: Request<ListVacanciesRequest>,
    ) -> Answer<ListVacanciesResponse> {
        let caller = caller::of(&request)?;
        let page = self.0.vacancies_list(&caller, request.into_inner()).await?;
        Ok(Response::new(page))
    }

    async fn create_upload(&self, request: Request<CreateUploadRequest>) -> Answer<Upload> {
        let caller = caller::of(&request)?;
        let parent = &request.get_ref().parent;
        self.0.profile(&caller, "parent", parent).await?;
        let upload = self.0.uploads.create(&caller, request.into_inner()).await?;
        Ok(Response::new(upload))
    }

    async fn append_upload(&self, request: Request<AppendUploadRequest>) -> Answer<Upload> {
        let caller = caller::of(&request)?;
        let upload = self.0.uploads.append(&caller, request.into_inner()).await?;
        Ok(Response::new(upload))
    }

    async fn get_upload(&self, request: Request<GetUploadRequest>) -> Answer<Upload> {
        let caller = caller::of(&request)?;
        let upload = self.0.uploads.get(&caller, request.into_inner()).await?;
        Ok(Response::new(upload))
    }

    async fn create_import(&self, request: Request<CreateImportRequest>) -> Answer<Import> {
        let caller = caller::of(&request)?;
        let parent = &request.get_ref().parent;
        let (_, profile) = self.0.profile(&caller, "parent", parent).await?;
        let (db, clock) = (self.0.db.clone(), self.0.clock.clone());
        let run = move |run, roster| Box::pin(roster::run(run, roster, profile, db, clock)) as _;
        let read_mapping = |text: &str| -> Result<Roster, Error> { Roster::parse(text) };
        let begun = self
            .0
            .imports
            .create(&caller, request.into_inner(), read_mapping, run)
            .await?;
        Ok(Response::new(begun))
    }

    async fn get_import(&self, request: Request<GetImportRequest>) -> Answer<Import> {
        let caller = caller::of(&request)?;
        let import = self.0.imports.get(&caller, request.into_inner()).await?;
        Ok(Response::new(import))
    }

    async fn watch_import(&self, request: Request<WatchImportRequest>) -> Answer<Watch> {
        let caller = caller::of(&request)?;
        let watch = self.0.imports.watch(&caller, request.into_inner()).await?;
        Ok(Response::new(watch))
    }

    async fn list_import_problems(
        &self,
        request: Request<ListImportProblemsRequest>,
    ) -> Answer<ListImportProblemsResponse> {
        let caller = caller::of(&request)?;
        let page = self
            .0
            .imports
            .problems(&caller, request.into_inner())
            .await?;
        Ok(Response::new(page))
    }
}
