//! Areas as they are at a time: one, a page, all.

use std::time::Duration;

use futures::StreamExt;
use jiff::civil::Date;
use tidyward_kit::{
    Violations,
    caller::{Caller, District as Key},
    db::Db,
    error::Error,
    page::{self, Page},
};
use tidyward_proto::v1::{
    Area, AreaView, GetAreaRequest, ListAreaVersionsRequest, ListAreaVersionsResponse,
    ListAreasRequest, ListAreasResponse, StreamAreasRequest, StreamAreasResponse,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::time_argument;
use crate::{
    Grids,
    area::{self, Kind, Level},
    district,
    store::{self, area::Boundaries},
};

/// Areas of one message of a stream at most.
const CHUNK: usize = 1_000;
/// How long a client may leave a message of a stream lying. A reader of the database waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Areas, some at a time.
pub type AreaStream = ReceiverStream<Result<StreamAreasResponse, Status>>;

impl Grids {
    pub(super) async fn area_get(
        &self,
        caller: &Caller,
        request: GetAreaRequest,
    ) -> Result<Area, Error> {
        let name = request.name.as_str();
        let (district, [_, code]) = caller.resource::<2>("districts/{}/areas/{}", "name", name)?;
        let profile = self.known(&district, name).await?;
        let mut violations = Violations::default();
        let instant = self.instant(&mut violations, "at_time", request.at_time.as_ref());
        let view = AreaView::try_from(request.view);
        violations.require(view.is_ok(), "view", "must be BASIC or FULL");
        violations.into_result()?;
        let boundaries = if view == Ok(AreaView::Full) {
            Boundaries::Read
        } else {
            Boundaries::Left
        };
        let day = profile.day_of(instant);
        let area = store::area::find(self.db.read(), &district, &code, day, boundaries).await?;
        area.map(|area| render(&district, area))
            .ok_or_else(|| Error::not_found(name))
    }

    pub(super) async fn area_list(
        &self,
        caller: &Caller,
        request: ListAreasRequest,
    ) -> Result<ListAreasResponse, Error> {
        let (district, profile) = self.profile(caller, "parent", &request.parent).await?;
        let mut violations = Violations::default();
        let instant = self.instant(&mut violations, "at_time", request.at_time.as_ref());
        let level = Level::from_number(request.level);
        let known = request.level == 0 || level.is_some();
        violations.require(
            known,
            "level",
            "must be a level of areas, or unspecified for every level",
        );
        violations.into_result()?;
        let time = time_argument(request.at_time.as_ref());
        let arguments = [
            "ListAreas",
            district.id(),
            &time,
            level.map_or("", Level::name),
        ];
        // A page says of which day it is, so that pages that are asked for around midnight belong together.
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 2)?;
        let (day, after) = match page.after.as_deref() {
            Some([day, after]) => (district::day(day), after.as_str()),
            _ => (Some(profile.day_of(instant)), ""),
        };
        let day = day.ok_or_else(page::invalid)?;
        let read = self.db.read();
        let mut rows = store::area::list(read, &district, day, level, after, page.size + 1).await?;
        let next_page_token = page.cut(&mut rows, |row| vec![day.to_string(), row.code.clone()]);
        let areas = rows
            .into_iter()
            .map(|area| render(&district, area))
            .collect();
        Ok(ListAreasResponse {
            areas,
            next_page_token,
        })
    }

    pub(super) async fn area_versions(
        &self,
        caller: &Caller,
        request: ListAreaVersionsRequest,
    ) -> Result<ListAreaVersionsResponse, Error> {
        let name = request.parent.as_str();
        let (district, [_, code]) =
            caller.resource::<2>("districts/{}/areas/{}", "parent", name)?;
        self.known(&district, name).await?;
        let arguments = ["ListAreaVersions", district.id(), &code];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
        let after = match page.after.as_deref() {
            Some([after]) => Some(district::day(after).ok_or_else(page::invalid)?),
            _ => None,
        };
        let read = self.db.read();
        let most = page.size + 1;
        let mut rows = store::area::versions_after(read, &district, &code, after, most).await?;
        if rows.is_empty() && after.is_none() {
            return Err(Error::not_found(name));
        }
        let next_page_token = page.cut(&mut rows, |row| vec![row.version.valid_from.to_string()]);
        let versions = rows.into_iter().map(|row| render(&district, row)).collect();
        Ok(ListAreaVersionsResponse {
            versions,
            next_page_token,
        })
    }

    pub(super) async fn area_stream(
        &self,
        caller: &Caller,
        request: StreamAreasRequest,
    ) -> Result<AreaStream, Error> {
        let (district, profile) = self.profile(caller, "parent", &request.parent).await?;
        let mut violations = Violations::default();
        let instant = self.instant(&mut violations, "at_time", request.at_time.as_ref());
        violations.into_result()?;
        let (send, receive) = mpsc::channel(2);
        let (db, day) = (self.db.clone(), profile.day_of(instant));
        tokio::spawn(async move {
            if let Err(error) = send_all(&db, &district, day, &send).await {
                let _gone = send.send_timeout(Err(error.into()), PATIENCE).await;
            }
        });
        Ok(ReceiverStream::new(receive))
    }
}

/// Sends every area; stops where the client went away or takes nothing any more.
async fn send_all(
    db: &Db,
    district: &Key,
    day: Date,
    send: &mpsc::Sender<Result<StreamAreasResponse, Status>>,
) -> Result<(), Error> {
    let areas = store::area::all(db.read(), district, day).await?;
    let mut chunks = std::pin::pin!(areas.chunks(CHUNK));
    while let Some(chunk) = chunks.next().await {
        let areas: Result<Vec<Area>, Error> = chunk
            .into_iter()
            .map(|area| area.map(|area| render(district, area)))
            .collect();
        let message = StreamAreasResponse { areas: areas? };
        if send.send_timeout(Ok(message), PATIENCE).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

pub(super) fn render(district: &Key, area: area::Area) -> Area {
    let etag = area.etag();
    let version = area.version;
    Area {
        name: district.child("areas", &area.code),
        level: area.level.number(),
        kind: Kind::number(area.kind),
        parent: version
            .parent
            .map_or(String::new(), |code| district.child("areas", code)),
        display_name: version.display_name,
        peer_group: version.peer_group,
        households: version.measures.households,
        population: version.measures.population,
        area_m2: version.measures.area_m2,
        road_metres: version.measures.road_metres,
        exists_from: area.exists_from.to_string(),
        valid_from: version.valid_from.to_string(),
        boundary: version.boundary.unwrap_or_default(),
        exists_until: area
            .exists_until
            .map_or(String::new(), |day| day.to_string()),
        etag,
    }
}
