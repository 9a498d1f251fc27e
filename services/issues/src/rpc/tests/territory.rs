//! A territory of one district, `chicago`: a subdistrict with a grid in the north, one in the south, and one that is
//! there only from 2014 on.

use std::pin::Pin;

use futures::{Stream, stream};
use tidyward_kit::{Error, caller, caller::Role, clock, front::Access, import::Watch};
use tidyward_proto::v1::{
    AppendUploadRequest, Area, AreaLevel, CreateAreaRequest, CreateDistrictRequest,
    CreateImportRequest, CreateUploadRequest, District, GetAreaRequest, GetDistrictRequest,
    GetImportRequest, GetUploadRequest, Import, ListAreaVersionsRequest, ListAreaVersionsResponse,
    ListAreasRequest, ListAreasResponse, ListDistrictsRequest, ListDistrictsResponse,
    ListImportProblemsRequest, ListImportProblemsResponse, LocatePointsRequest,
    LocatePointsResponse, Location, StreamAreasRequest, StreamAreasResponse, UpdateAreaRequest,
    Upload, WatchImportRequest, grid_service_server::GridService,
};
use tonic::{Request, Response, Status, async_trait};

pub const ACCESS: Access = &[
    ("/tidyward.v1.GridService/GetDistrict", &[Role::Service]),
    ("/tidyward.v1.GridService/GetArea", &[Role::Service]),
    ("/tidyward.v1.GridService/StreamAreas", &[Role::Service]),
    ("/tidyward.v1.GridService/LocatePoints", &[Role::Service]),
];

pub struct MadeUp;

type Answer<T> = Result<Response<T>, Status>;

/// Code, level, parent, first day.
const AREAS: [(&str, AreaLevel, &str, &str); 4] = [
    ("late", AreaLevel::Grid, "town", "2014-01-01"),
    ("north", AreaLevel::Grid, "town", "2000-01-01"),
    ("south", AreaLevel::Grid, "town", "2000-01-01"),
    ("town", AreaLevel::Subdistrict, "", "2000-01-01"),
];

fn areas(at: Option<prost_types::Timestamp>) -> Vec<Area> {
    let at = at.and_then(|at| clock::from_wire(&at)).unwrap();
    let there = AREAS.iter().filter(|row| {
        let day: jiff::civil::Date = row.3.parse().unwrap();
        day.in_tz("America/Chicago").unwrap().timestamp() <= at
    });
    let name = |code: &str| match code {
        "" => String::new(),
        code => format!("districts/chicago/areas/{code}"),
    };
    there
        .map(|row| Area {
            name: name(row.0),
            level: row.1 as i32,
            parent: name(row.2),
            display_name: row.0.to_uppercase(),
            exists_from: row.3.to_owned(),
            households: (row.1 == AreaLevel::Grid).then_some(10),
            ..Area::default()
        })
        .collect()
}

#[async_trait]
impl GridService for MadeUp {
    async fn get_district(&self, request: Request<GetDistrictRequest>) -> Answer<District> {
        caller::of(&request)?;
        let name = request.into_inner().name;
        if name != "districts/chicago" {
            return Err(Error::not_found(name).into());
        }
        let (time_zone, start_date) = ("America/Chicago".to_owned(), "2000-01-01".to_owned());
        Ok(Response::new(District {
            name,
            time_zone,
            start_date,
            ..District::default()
        }))
    }

    async fn get_area(&self, request: Request<GetAreaRequest>) -> Answer<Area> {
        let request = request.into_inner();
        let area = areas(request.at_time)
            .into_iter()
            .find(|area| area.name == request.name);
        Ok(Response::new(
            area.ok_or_else(|| Error::not_found(request.name))?,
        ))
    }

    type StreamAreasStream =
        Pin<Box<dyn Stream<Item = Result<StreamAreasResponse, Status>> + Send>>;

    async fn stream_areas(
        &self,
        request: Request<StreamAreasRequest>,
    ) -> Answer<Self::StreamAreasStream> {
        let answers = areas(request.into_inner().at_time).into_iter();
        let answers = answers.map(|area| Ok(StreamAreasResponse { areas: vec![area] }));
        Ok(Response::new(Box::pin(stream::iter(
            answers.collect::<Vec<_>>(),
        ))))
    }

    async fn locate_points(
        &self,
        request: Request<LocatePointsRequest>,
    ) -> Answer<LocatePointsResponse> {
        let points = request.into_inner().points;
        assert!(
            (1..=10_000).contains(&points.len()),
            "{} points at once",
            points.len()
        );
        let locations = points.into_iter().map(|point| {
            let grid = match point.position.unwrap().latitude {
                42.5.. => "",
                41.85.. => "districts/chicago/areas/north",
                _ => "districts/chicago/areas/south",
            };
            let above = (!grid.is_empty()).then(|| "districts/chicago/areas/town".to_owned());
            Location {
                grid: grid.to_owned(),
                ancestors: above.into_iter().collect(),
                near: Vec::new(),
            }
        });
        Ok(Response::new(LocatePointsResponse {
            locations: locations.collect(),
        }))
    }

    async fn create_district(&self, _: Request<CreateDistrictRequest>) -> Answer<District> {
        Err(no_part())
    }

    async fn list_districts(
        &self,
        _: Request<ListDistrictsRequest>,
    ) -> Answer<ListDistrictsResponse> {
        Err(no_part())
    }

    async fn create_area(&self, _: Request<CreateAreaRequest>) -> Answer<Area> {
        Err(no_part())
    }

    async fn update_area(&self, _: Request<UpdateAreaRequest>) -> Answer<Area> {
        Err(no_part())
    }

    async fn list_area_versions(
        &self,
        _: Request<ListAreaVersionsRequest>,
    ) -> Answer<ListAreaVersionsResponse> {
        Err(no_part())
    }

    async fn list_areas(&self, _: Request<ListAreasRequest>) -> Answer<ListAreasResponse> {
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

    type WatchImportStream = Watch;

    async fn watch_import(&self, _: Request<WatchImportRequest>) -> Answer<Watch> {
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
    Status::unimplemented("the ledger asks no such thing of the territory")
}
