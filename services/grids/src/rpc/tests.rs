//! The service as its callers meet it: a district is made, its areas are imported, asked for and located.

mod bad_changes;
mod bad_input;
mod changes;
mod chicago;
mod duties;
mod history;
mod locating;
mod reading;
mod rosters;

use std::io::Write;

use futures::StreamExt;
use serde_json::{Value, json};
use tidyward_kit::{caller::Role, clock::Clock};
use tidyward_proto::v1::{
    AreaView, Datum, ErrorReason, ImportProblem, ImportState, LocatePoint, Location, Position,
};

use super::*;
use crate::GridSettings;

/// The day on which these stories happen.
pub(super) const TODAY: &str = "2015-06-01T12:00:00Z";

/// The service over a store of its own.
pub(super) struct City {
    pub grids: Grids,
    pub caller: Caller,
    _folder: tempfile::TempDir,
}

pub(super) fn platform() -> Caller {
    Caller {
        subject: "platform".to_owned(),
        district: None,
        roles: vec![Role::PlatformAdmin],
        areas: Vec::new(),
    }
}

pub(super) fn admin_of(district: &str) -> Caller {
    Caller {
        subject: "admin".to_owned(),
        district: Some(district.to_owned()),
        roles: vec![Role::Admin],
        areas: Vec::new(),
    }
}

pub(super) fn by<T>(caller: &Caller, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request
        .extensions_mut()
        .insert(std::sync::Arc::new(caller.clone()));
    request
}

pub(super) fn reason(status: &Status) -> ErrorReason {
    Error::from(status.clone()).reason
}

pub(super) fn fields(status: &Status) -> Vec<(String, String)> {
    let violations = Error::from(status.clone()).violations.into_iter();
    violations.map(|one| (one.field, one.message)).collect()
}

pub(super) fn at(text: &str) -> Option<prost_types::Timestamp> {
    Some(clock::to_wire(text.parse().unwrap()))
}

pub(super) fn district_request(id: &str) -> CreateDistrictRequest {
    CreateDistrictRequest {
        district_id: id.to_owned(),
        district: Some(District {
            time_zone: "America/Chicago".to_owned(),
            start_date: "2000-01-01".to_owned(),
            ..District::default()
        }),
        request_id: String::new(),
    }
}

pub(super) fn square(x: f64, y: f64) -> Value {
    let ring = json!([
        [x, y],
        [x + 0.01, y],
        [x + 0.01, y + 0.01],
        [x, y + 0.01],
        [x, y]
    ]);
    json!({ "type": "Polygon", "coordinates": [ring] })
}

pub(super) fn feature(properties: Value, geometry: Value) -> Value {
    json!({ "type": "Feature", "properties": properties, "geometry": geometry })
}

pub(super) fn file(features: &[Value]) -> Vec<u8> {
    json!({ "type": "FeatureCollection", "features": features })
        .to_string()
        .into_bytes()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) const LAYER: &str =
    "[[areas]]\nlevel = \"grid\"\ncode = \"{code}\"\nname = \"{name}\"\nhouseholds = \"homes\"\n";

impl City {
    /// A service with the district `city`, whose admin calls.
    pub async fn new() -> City {
        let folder = tempfile::tempdir().unwrap();
        let db = tidyward_kit::db::testing::open(folder.path()).await;
        crate::migrate(&db).await.unwrap();
        let clock = Clock::told(|| TODAY.parse().unwrap());
        let settings = GridSettings {
            largest_upload: 64 << 20,
            largest_message: 4 << 20,
        };
        let grids = Grids::new(db, clock, settings);
        grids.recover().await.unwrap();
        grids
            .create_district(by(&platform(), district_request("city")))
            .await
            .unwrap();
        City {
            grids,
            caller: admin_of("city"),
            _folder: folder,
        }
    }

    pub async fn upload(&self, bytes: &[u8]) -> String {
        let upload = Upload {
            size_bytes: bytes.len() as i64,
            ..Upload::default()
        };
        let request = CreateUploadRequest {
            parent: "districts/city".to_owned(),
            upload: Some(upload),
            request_id: String::new(),
        };
        let made = self
            .grids
            .create_upload(by(&self.caller, request))
            .await
            .unwrap()
            .into_inner();
        for (number, piece) in bytes.chunks(512 * 1_024).enumerate() {
            let offset = (number * 512 * 1_024) as i64;
            let request = AppendUploadRequest {
                name: made.name.clone(),
                offset,
                data: piece.to_vec(),
            };
            self.grids
                .append_upload(by(&self.caller, request))
                .await
                .unwrap();
        }
        made.name
    }

    pub async fn begin_import(&self, bytes: &[u8], mapping: &str) -> Result<Import, Status> {
        let upload = self.upload(bytes).await;
        let request = CreateImportRequest {
            parent: "districts/city".to_owned(),
            upload,
            mapping: mapping.to_owned(),
            request_id: String::new(),
        };
        Ok(self
            .grids
            .create_import(by(&self.caller, request))
            .await?
            .into_inner())
    }

    /// Imports to the end.
    pub async fn import(&self, bytes: &[u8], mapping: &str) -> Import {
        let begun = self.begin_import(bytes, mapping).await.unwrap();
        let request = WatchImportRequest { name: begun.name };
        let watch = self
            .grids
            .watch_import(by(&self.caller, request))
            .await
            .unwrap()
            .into_inner();
        let ended = watch.collect::<Vec<_>>().await.pop().unwrap().unwrap();
        assert_ne!(ended.state(), ImportState::Running);
        ended
    }

    /// Imports to the end and gives read, added, unchanged, conflicting and rejected.
    pub async fn counts(&self, bytes: &[u8], mapping: &str) -> [i64; 5] {
        let ended = self.import(bytes, mapping).await;
        assert_eq!(
            (ended.state(), ended.error.as_str()),
            (ImportState::Done, "")
        );
        [
            ended.rows_read,
            ended.rows_added,
            ended.rows_unchanged,
            ended.rows_conflicting,
            ended.rows_rejected,
        ]
    }

    pub async fn problems(&self, import: &Import) -> Vec<ImportProblem> {
        let request = ListImportProblemsRequest {
            parent: import.name.clone(),
            page_size: 1_000,
            page_token: String::new(),
        };
        let page = self
            .grids
            .list_import_problems(by(&self.caller, request))
            .await
            .unwrap();
        page.into_inner().problems
    }

    pub async fn area(&self, code: &str, time: &str) -> Result<Area, Status> {
        let request = GetAreaRequest {
            name: format!("districts/city/areas/{code}"),
            at_time: at(time),
            view: AreaView::Full.into(),
        };
        Ok(self
            .grids
            .get_area(by(&self.caller, request))
            .await?
            .into_inner())
    }

    /// Every area as it is at the time.
    pub async fn areas(&self, time: &str) -> Vec<Area> {
        let request = StreamAreasRequest {
            parent: "districts/city".to_owned(),
            at_time: at(time),
        };
        let stream = self
            .grids
            .stream_areas(by(&self.caller, request))
            .await
            .unwrap()
            .into_inner();
        let chunks: Vec<_> = stream.collect().await;
        chunks
            .into_iter()
            .flat_map(|chunk| chunk.unwrap().areas)
            .collect()
    }

    pub async fn locate(&self, x: f64, y: f64, time: &str, near_metres: f64) -> Location {
        let request = LocatePointsRequest {
            parent: "districts/city".to_owned(),
            points: vec![LocatePoint {
                position: Some(position(x, y)),
                at_time: at(time),
            }],
            near_metres,
        };
        let answer = self
            .grids
            .locate_points(by(&self.caller, request))
            .await
            .unwrap();
        answer.into_inner().locations.remove(0)
    }
}

pub(super) fn position(x: f64, y: f64) -> Position {
    Position {
        latitude: y,
        longitude: x,
        datum: Datum::Wgs84.into(),
        accuracy_metres: 0.0,
        fuzzy: false,
    }
}

/// Ids at the end of names.
pub(super) fn codes(names: &[String]) -> Vec<&str> {
    names
        .iter()
        .filter_map(|name| name.rsplit('/').next())
        .collect()
}

/// Wards, and grids whose code is composed of the ward's and their own.
const TREE: &str = r#"
[[areas]]
level = "community"
code = "{ward}"
[[areas]]
level = "grid"
kind = "duty"
code = "{ward}-{code}"
peer_group = "{group}"
population = "people"
"#;

/// Two wards with three grids in a row.
pub(super) async fn city_with_a_tree() -> City {
    let city = City::new().await;
    let block = |ward: &str, code: i64, group: Value, x: f64| {
        let properties =
            json!({ "ward": ward, "code": code, "group": group, "people": 100 * code });
        feature(properties, square(x, 41.9))
    };
    let features = [
        block("w1", 2, json!("old town"), -87.70),
        block("w1", 10, Value::Null, -87.69),
        block("w2", 1, json!("river"), -87.68),
    ];
    assert_eq!(
        city.counts(&gzip(&file(&features)), TREE).await,
        [3, 3, 0, 0, 0]
    );
    city
}

/// Every test here that opens a database, once more on PostgreSQL.
#[test]
fn again_on_postgres() {
    tidyward_kit::db::testing::again_on_postgres(&["rpc::"]);
}
