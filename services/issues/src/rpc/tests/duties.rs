//! Who answers for what in the made-up territory: a small table that never changes.

use std::pin::Pin;

use futures::Stream;
use tidyward_kit::{Error, caller, caller::Role, front::Access};
use tidyward_proto::v1::{
    AppendUploadRequest, CreateDutyRequest, CreateImportRequest, CreateSiteRequest,
    CreateUploadRequest, Duty, DutyRole, EndDutyRequest, FindDutiesRequest, FindDutiesResponse,
    GetDutyRequest, GetImportRequest, GetSiteRequest, GetUploadRequest, Import, ListDutiesRequest,
    ListDutiesResponse, ListImportProblemsRequest, ListImportProblemsResponse, ListSitesRequest,
    ListSitesResponse, ListVacanciesRequest, ListVacanciesResponse, Site, UpdateSiteRequest,
    Upload, WatchImportRequest, duty_service_server::DutyService,
};
use tonic::{Request, Response, Status, async_trait};

pub const ACCESS: Access = &[("/tidyward.v1.DutyService/FindDuties", &[Role::Service])];

/// Officer, role, area, category, unit, whether the head.
type Row = (
    &'static str,
    DutyRole,
    &'static str,
    &'static str,
    &'static str,
    bool,
);

/// `officer-1` heads the north and `officer-2` the south; `chief-1` heads the town above both; `lamp-1` of the lamp unit
/// heads lighting in the whole town; two people stand for the cleaning unit in the north.
#[rustfmt::skip]
const DUTIES: [Row; 6] = [
    ("officer-1", DutyRole::Cadre,       "north", "",         "",         true),
    ("officer-2", DutyRole::Cadre,       "south", "",         "",         true),
    ("chief-1",   DutyRole::StreetChief, "town",  "",         "",         true),
    ("lamp-1",    DutyRole::Unit,        "town",  "lighting", "lamps",    true),
    ("cleaner-1", DutyRole::Unit,        "north", "",         "cleaning", false),
    ("cleaner-2", DutyRole::Unit,        "north", "",         "cleaning", false),
];

/// An area and what is above it, nearest first.
fn chain(node: &str) -> &'static [&'static str] {
    match node.rsplit('/').next().unwrap() {
        "north" => &["north", "town"],
        "south" => &["south", "town"],
        "late" => &["late", "town"],
        "town" => &["town"],
        // No area: whoever is asked about, everywhere.
        _ => &["north", "south", "late", "town"],
    }
}

fn duty(row: &Row) -> Duty {
    Duty {
        officer: row.0.to_owned(),
        role: row.1 as i32,
        nodes: vec![format!("districts/chicago/areas/{}", row.2)],
        category: row.3.to_owned(),
        unit: row.4.to_owned(),
        head: row.5,
        ..Duty::default()
    }
}

pub struct Duties;

type Answer<T> = Result<Response<T>, Status>;

#[async_trait]
impl DutyService for Duties {
    async fn find_duties(&self, request: Request<FindDutiesRequest>) -> Answer<FindDutiesResponse> {
        caller::of(&request)?;
        let request = request.into_inner();
        if request.parent != "districts/chicago" {
            return Err(Error::not_found(request.parent).into());
        }
        let named = |asked: &str, own: &str| asked.is_empty() || asked == own;
        let mut answer = FindDutiesResponse::default();
        for area in chain(&request.node) {
            let mut here: Vec<&Row> = DUTIES
                .iter()
                .filter(|row| row.2 == *area)
                .filter(|row| named(&request.officer, row.0) && named(&request.unit, row.4))
                .collect();
            here.sort_by_key(|row| !row.5);
            for row in here {
                match row.3 {
                    "" => answer.area_duties.push(duty(row)),
                    category if request.categories.iter().any(|one| one == category) => {
                        answer.category_duties.push(duty(row));
                    }
                    _ => {}
                }
            }
        }
        Ok(Response::new(answer))
    }

    async fn create_site(&self, _: Request<CreateSiteRequest>) -> Answer<Site> {
        Err(no_part())
    }

    async fn get_site(&self, _: Request<GetSiteRequest>) -> Answer<Site> {
        Err(no_part())
    }

    async fn list_sites(&self, _: Request<ListSitesRequest>) -> Answer<ListSitesResponse> {
        Err(no_part())
    }

    async fn update_site(&self, _: Request<UpdateSiteRequest>) -> Answer<Site> {
        Err(no_part())
    }

    async fn create_duty(&self, _: Request<CreateDutyRequest>) -> Answer<Duty> {
        Err(no_part())
    }

    async fn get_duty(&self, _: Request<GetDutyRequest>) -> Answer<Duty> {
        Err(no_part())
    }

    async fn list_duties(&self, _: Request<ListDutiesRequest>) -> Answer<ListDutiesResponse> {
        Err(no_part())
    }

    async fn end_duty(&self, _: Request<EndDutyRequest>) -> Answer<Duty> {
        Err(no_part())
    }

    async fn list_vacancies(
        &self,
        _: Request<ListVacanciesRequest>,
    ) -> Answer<ListVacanciesResponse> {
        Err(no_part())
    }

    async fn create_upload(&self, _: Request<CreateUploadRequest>) -> Answer<Upload> {
        Err(no_part())
    }

    async fn append_upload(&self, _: Request<AppendUploadRequest>) -> Answer<Upload> {
        Err(no_part())
    }

    async fn get_upload(&self, _: Request<GetUploadRequest>) -> Answer<Upload> {
        Err(no_part())
    }

    async fn create_import(&self, _: Request<CreateImportRequest>) -> Answer<Import> {
        Err(no_part())
    }

    async fn get_import(&self, _: Request<GetImportRequest>) -> Answer<Import> {
        Err(no_part())
    }

    type WatchImportStream = Pin<Box<dyn Stream<Item = Result<Import, Status>> + Send>>;

    async fn watch_import(
        &self,
        _: Request<WatchImportRequest>,
    ) -> Answer<Self::WatchImportStream> {
        Err(no_part())
    }

    async fn list_import_problems(
        &self,
        _: Request<ListImportProblemsRequest>,
    ) -> Answer<ListImportProblemsResponse> {
        Err(no_part())
    }
}

fn no_part() -> Status {
    Status::unimplemented("the ledger asks no such thing of the duties")
}
