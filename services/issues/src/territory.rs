//! What the ledger asks of the territory: the district's calendar, where points lie, and which areas there are. The
//! territory is another service, reached as a peer.

mod duties;

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
    Location, Position, StreamAreasRequest, grid_service_client::GridServiceClient,
};

use crate::{facts::columns::AreaRow, issue::Place};

pub use duties::{Duties, Duty, Question};

/// Points that are located in one call.
pub const MOST_POINTS: usize = 10_000;
/// Levels above a grid.
const LEVELS_ABOVE: usize = 2;

/// The grid in which a place lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Located {
    /// Its code.
    pub grid: String,
    /// Codes of the areas above it, nearest first; two at most.
    pub ancestors: Vec<String>,
}

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

    /// The grid in which each place lay at its time, and what is above it; nothing where it lay in none. At most `MOST_POINTS`.
    pub async fn locate(
        &self,
        district: &District,
        places: &[(Place, Timestamp)],
    ) -> Result<Vec<Option<Located>>, Error> {
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
        let located = |location: Location| {
            let ancestors = location.ancestors.iter().filter_map(|name| code(name));
            Some(Located {
                grid: code(&location.grid)?.to_owned(),
                ancestors: ancestors.map(str::to_owned).collect(),
            })
        };
        Ok(answer.locations.into_iter().map(located).collect())
    }

    /// The grid of the code with what was above it at the time; nothing where the code was no grid then.
    pub async fn grid(
        &self,
        district: &District,
        code: &str,
        at: Timestamp,
    ) -> Result<Option<Located>, Error> {
        let grid = self.area(district, code, at).await?;
        let Some(mut area) = grid.filter(|area| area.level() == AreaLevel::Grid) else {
            return Ok(None);
        };
        let mut ancestors = Vec::new();
        while let Some(parent) = self::code(&area.parent).map(str::to_owned) {
            if ancestors.len() == LEVELS_ABOVE {
                break;
            }
            let above = self.area(district, &parent, at).await?;
            ancestors.push(parent);
            match above {
                Some(above) => area = above,
                None => break,
            }
        }
        let grid = code.to_owned();
        Ok(Some(Located { grid, ancestors }))
    }

    /// The code and those of the areas above it; none where it is no area at the time.
    pub async fn area_and_above(
        &self,
        district: &District,
        code: &str,
        at: Timestamp,
    ) -> Result<Vec<String>, Error> {
        let mut codes = Vec::new();
        let mut next = Some(code.to_owned());
        while let Some(code) = next.take().filter(|_| codes.len() <= LEVELS_ABOVE) {
            let Some(area) = self.area(district, &code, at).await? else {
                break;
            };
            next = self::code(&area.parent).map(str::to_owned);
            codes.push(code);
        }
        Ok(codes)
    }

    /// The area of the code as it was at the time; nothing where it was not there.
    pub async fn area(
        &self,
        district: &District,
        code: &str,
        at: Timestamp,
    ) -> Result<Option<Area>, Error> {
        let request = GetAreaRequest {
            name: district.child("areas", code),
            at_time: Some(clock::to_wire(at)),
            view: 0,
        };
        let answer = self.client(district)?.get_area(request).await;
        match answer.map_err(Error::from) {
            Ok(area) => Ok(Some(area.into_inner())),
            Err(error) if error.reason == Reason::NotFound => Ok(None),
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
