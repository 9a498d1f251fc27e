//! The generated trait: each method parses, makes one call, and renders.

mod answers;
mod area;
mod change;
mod district;
mod draft;
mod duties;
mod duty;
mod locate;
mod site;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use prost::Message;
use tidyward_kit::{
    Violations,
    caller::{self, Caller, District as Key},
    clock,
    error::Error,
    import::Watch,
    request::Once,
};
use tidyward_proto::v1::{
    AppendUploadRequest, Area, CreateAreaRequest, CreateDistrictRequest, CreateImportRequest,
    CreateUploadRequest, District, GetAreaRequest, GetDistrictRequest, GetImportRequest,
    GetUploadRequest, Import, ListAreaVersionsRequest, ListAreaVersionsResponse, ListAreasRequest,
    ListAreasResponse, ListDistrictsRequest, ListDistrictsResponse, ListImportProblemsRequest,
    ListImportProblemsResponse, LocatePointsRequest, LocatePointsResponse, StreamAreasRequest,
    UpdateAreaRequest, Upload, WatchImportRequest, grid_service_server::GridService,
};
use tonic::{Request, Response, Status};

use crate::{Grids, district::DistrictProfile, import, mapping::Mapping, store};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl GridService for Grids {
    type StreamAreasStream = area::AreaStream;
    type WatchImportStream = Watch;

    async fn create_district(&self, request: Request<CreateDistrictRequest>) -> Answer<District> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.district_create(&caller, request.into_inner()).await?,
        ))
    }

    async fn get_district(&self, request: Request<GetDistrictRequest>) -> Answer<District> {
        let caller = caller::of(&request)?;
        let (_, profile) = self
            .profile(&caller, "name", &request.get_ref().name)
            .await?;
        Ok(Response::new(district::render(&profile)))
    }

    async fn list_districts(
        &self,
        request: Request<ListDistrictsRequest>,
    ) -> Answer<ListDistrictsResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.district_list(&caller, request.into_inner()).await?,
        ))
    }

    async fn get_area(&self, request: Request<GetAreaRequest>) -> Answer<Area> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.area_get(&caller, request.into_inner()).await?,
        ))
    }

    async fn list_areas(&self, request: Request<ListAreasRequest>) -> Answer<ListAreasResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.area_list(&caller, request.into_inner()).await?,
        ))
    }

    async fn stream_areas(&self, request: Request<StreamAreasRequest>) -> Answer<area::AreaStream> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.area_stream(&caller, request.into_inner()).await?,
        ))
    }

    async fn locate_points(
        &self,
        request: Request<LocatePointsRequest>,
    ) -> Answer<LocatePointsResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.points_locate(&caller, request.into_inner()).await?,
        ))
    }

    async fn create_upload(&self, request: Request<CreateUploadRequest>) -> Answer<Upload> {
        let caller = caller::of(&request)?;
        self.profile(&caller, "parent", &request.get_ref().parent)
            .await?;
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
        let (_, profile) = self
            .profile(&caller, "parent", &request.get_ref().parent)
            .await?;
        let read_mapping = |text: &str| Mapping::parse(text, profile.start_date);
        let (db, turn) = (self.db.clone(), self.turn.clone());
        let run = move |run, mapping| Box::pin(import::run(run, mapping, db, turn)) as _;
        Ok(Response::new(
            self.imports
                .create(&caller, request.into_inner(), read_mapping, run)
                .await?,
        ))
    }

    async fn get_import(&self, request: Request<GetImportRequest>) -> Answer<Import> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.imports.get(&caller, request.into_inner()).await?,
        ))
    }

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

    async fn create_area(&self, request: Request<CreateAreaRequest>) -> Answer<Area> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.area_create(&caller, request.into_inner()).await?,
        ))
    }

    async fn update_area(&self, request: Request<UpdateAreaRequest>) -> Answer<Area> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.area_update(&caller, request.into_inner()).await?,
        ))
    }

    async fn list_area_versions(
        &self,
        request: Request<ListAreaVersionsRequest>,
    ) -> Answer<ListAreaVersionsResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.area_versions(&caller, request.into_inner()).await?,
        ))
    }
}

impl Grids {
    /// Opens a district that the caller may see and that exists.
    async fn profile(
        &self,
        caller: &Caller,
        field: &str,
        name: &str,
    ) -> Result<(Key, DistrictProfile), Error> {
        let district = caller.district(field, name)?;
        let profile = self.known(&district, name).await?;
        Ok((district, profile))
    }

    /// What is known of the district; where it does not exist, neither does what was asked for.
    async fn known(&self, district: &Key, name: &str) -> Result<DistrictProfile, Error> {
        let read = || store::district::find(self.db.read(), district);
        let profile = self.profiles.read(district, read).await?;
        profile.ok_or_else(|| Error::not_found(name))
    }

    /// The request, to be answered once by its id.
    fn once<R: Message>(
        &self,
        method: &'static str,
        caller: &Caller,
        district: &Key,
        request: &R,
        id: &str,
    ) -> Result<Once, Error> {
        let (district, now) = (Some(district), self.clock.now());
        Once::new(store::PREFIX, method, caller, district, request, id, now)
    }

    /// The answer that the same request had before; nothing where the request itself is wrong.
    async fn answered<A: Message + Default>(
        &self,
        once: Option<&Once>,
    ) -> Result<Option<A>, Error> {
        match once {
            Some(once) => once.answered(&self.db).await,
            None => Ok(None),
        }
    }

    /// The instant asked for, or the present.
    fn instant(
        &self,
        violations: &mut Violations,
        field: &str,
        asked: Option<&prost_types::Timestamp>,
    ) -> Timestamp {
        let Some(asked) = asked else {
            return self.clock.now();
        };
        clock::from_wire(asked).unwrap_or_else(|| {
            violations.add(field, "is no instant; leave it out for the present");
            Timestamp::UNIX_EPOCH
        })
    }
}

/// Rows that are read at once, at least, for a caller from whom some may be hidden. Tests come to the end of a batch.
const LEAST_READ: usize = if cfg!(test) { 2 } else { 200 };

/// How many rows to read at once where so many are wanted: a caller with areas of its own may see few of them.
fn batch(caller: &Caller, want: usize) -> usize {
    if caller.areas.is_empty() {
        want
    } else {
        want.max(LEAST_READ)
    }
}

/// What a page token is bound to where a list is asked for at a time; the present is nothing.
fn time_argument(asked: Option<&prost_types::Timestamp>) -> String {
    asked.map_or(String::new(), |time| {
        format!("{}.{}", time.seconds, time.nanos)
    })
}
