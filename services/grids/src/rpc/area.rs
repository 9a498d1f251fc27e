//! Areas as they are at a time: one, a page, all.

use std::time::Duration;

use futures::StreamExt;
use jiff::civil::Date;
use tidyward_kit::{
    Violations,
    caller::{Caller, District as Key},
    db::Db,
    error::Error,
    page::Page,
};
use tidyward_proto::v1::{
    Area, AreaView, GetAreaRequest, ListAreasRequest, ListAreasResponse, StreamAreasRequest,
    StreamAreasResponse,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::{
    Grids,
    area::{self, Kind, Level},
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
        let time = request.at_time.map_or(String::new(), |time| {
            format!("{}.{}", time.seconds, time.nanos)
        });
        let arguments = [
            "ListAreas",
            district.id(),
            &time,
            level.map_or("", Level::name),
        ];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
        let after = page.after.as_ref().map_or("", |key| key[0].as_str());
        let day = profile.day_of(instant);
        let read = self.db.read();
        let mut rows = store::area::list(read, &district, day, level, after, page.size + 1).await?;
        let next_page_token = page.cut(&mut rows, |row| vec![row.code.clone()]);
        let areas = rows
            .into_iter()
            .map(|area| render(&district, area))
            .collect();
        Ok(ListAreasResponse {
            areas,
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

fn render(district: &Key, area: area::Area) -> Area {
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
        exists_until: String::new(),
        etag: String::new(),
    }
}
