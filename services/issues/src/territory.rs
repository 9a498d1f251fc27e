//! What the ledger asks of the territory: the district's calendar, where points lie, and which areas there are. The
//! territory is another service, reached as a peer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tidyward_kit::{
    Error, Reason,
    caller::District,
    clock,
    peer::{LARGEST_MESSAGE, Peer, Peers},
    period,
};
use tidyward_proto::v1::{
    Area, AreaLevel, Datum, GetAreaRequest, GetDistrictRequest, LocatePoint, LocatePointsRequest,
    Position, StreamAreasRequest, grid_service_client::GridServiceClient,
};

use crate::{facts::columns::AreaRow, issue::Place};

/// Points that are located in one call.
pub const MOST_POINTS: usize = 10_000;

/// What never changes about a district.
#[derive(Clone, Debug)]
pub struct Calendar {
    pub zone: TimeZone,
    /// First instant of its records.
    pub start: Timestamp,
}

/// The territory's service.
#[derive(Clone)]
pub struct Territory {
    peers: Peers,
    known: Arc<Mutex<HashMap<String, Arc<Calendar>>>>,
}

impl Territory {
    pub fn new(peers: Peers) -> Territory {
        Territory {
            peers,
            known: Arc::default(),
        }
    }

    /// The district's calendar. A district that does not exist is NOT_FOUND.
    pub async fn calendar(&self, district: &District) -> Result<Arc<Calendar>, Error> {
        if let Some(known) = self.known().get(district.id()) {
            return Ok(known.clone());
        }
        let name = district.name();
        let request = GetDistrictRequest { name };
        let answer = self
            .client(district)?
            .get_district(request)
            .await?
            .into_inner();
        let zone = TimeZone::get(&answer.time_zone).map_err(Error::internal)?;
        let start: Date = answer.start_date.parse().map_err(Error::internal)?;
        let start = period::midnight(start, &zone);
        let calendar = Arc::new(Calendar { zone, start });
        self.known()
            .insert(district.id().to_owned(), calendar.clone());
        Ok(calendar)
    }

    /// The code of the grid in which each place lay at its time; nothing where it lay in none. At most `MOST_POINTS`.
    pub async fn locate(
        &self,
        district: &District,
        places: &[(Place, Timestamp)],
    ) -> Result<Vec<Option<String>>, Error> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let points = places.iter().map(|(place, at)| LocatePoint {
            position: Some(position(*place)),
            at_time: Some(clock::to_wire(*at)),
        });
        let request = LocatePointsRequest {
            parent: district.name(),
            points: points.collect(),
            near_metres: 0.0,
        };
        let answer = self
            .client(district)?
            .locate_points(request)
            .await?
            .into_inner();
        if answer.locations.len() != places.len() {
            return Err(Error::internal("the territory did not locate every point"));
        }
        let locations = answer.locations.into_iter();
        Ok(locations
            .map(|location| code(&location.grid).map(str::to_owned))
            .collect())
    }

    /// Whether the area of the code was a grid at the time.
    pub async fn is_grid(
        &self,
        district: &District,
        code: &str,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let request = GetAreaRequest {
            name: district.child("areas", code),
            at_time: Some(clock::to_wire(at)),
            view: 0,
        };
        match self
            .client(district)?
            .get_area(request)
            .await
            .map_err(Error::from)
        {
            Ok(area) => Ok(area.into_inner().level() == AreaLevel::Grid),
            Err(error) if error.reason == Reason::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Every area valid at the instant, by code in byte order.
    pub async fn areas(&self, district: &District, at: Timestamp) -> Result<Vec<AreaRow>, Error> {
        let request = StreamAreasRequest {
            parent: district.name(),
            at_time: Some(clock::to_wire(at)),
        };
        let mut answers = self
            .client(district)?
            .stream_areas(request)
            .await?
            .into_inner();
        let mut rows = Vec::new();
        while let Some(answer) = answers.message().await? {
            rows.extend(answer.areas.into_iter().map(row));
        }
        rows.sort_by(|a: &AreaRow, b| a.code.cmp(&b.code));
        Ok(rows)
    }

    /// A client with a token of its own, so that long work never outlives one.
    fn client(&self, district: &District) -> Result<GridServiceClient<Peer>, Error> {
        let peer = self.peers.system(district)?;
        Ok(GridServiceClient::new(peer).max_decoding_message_size(LARGEST_MESSAGE))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Calendar>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// On the wire; always WGS 84.
pub fn position(place: Place) -> Position {
    Position {
        latitude: place.latitude,
        longitude: place.longitude,
        datum: Datum::Wgs84 as i32,
        accuracy_metres: place.accuracy,
        fuzzy: place.fuzzy,
    }
}

fn code(name: &str) -> Option<&str> {
    name.rsplit('/').next().filter(|code| !code.is_empty())
}

fn row(area: Area) -> AreaRow {
    AreaRow {
        code: code(&area.name).unwrap_or_default().to_owned(),
        level: area.level,
        is_grid: area.level() == AreaLevel::Grid,
        parent: code(&area.parent).unwrap_or_default().to_owned(),
        exists_from: area.exists_from.parse().ok(),
        peer_group: area.peer_group,
        display_name: area.display_name,
        households: area.households,
        population: area.population,
        area_m2: area.area_m2,
        road_metres: area.road_metres,
    }
}
