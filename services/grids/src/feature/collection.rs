//! A GeoJSON FeatureCollection, read as a stream: one feature at a time is in memory.

use std::{
    fmt,
    io::{BufReader, Read},
};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::Unusable;

/// Hands over each feature in the order of the file.
pub(super) fn each_feature(file: impl Read, mut each: impl FnMut(Value)) -> Result<(), Unusable> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(file));
    let read = Document { each: &mut each }.deserialize(&mut json);
    let outline = read
        .and_then(|outline| json.end().map(|()| outline))
        .map_err(|error| no_json(&error))?;
    if outline.kind.as_deref() != Some("FeatureCollection") || !outline.has_features {
        let kind = outline
            .kind
            .map_or("a JSON object without a type".to_owned(), |kind| {
                format!("a {kind}")
            });
        return Err(Unusable::file(format!(
            "the file is {kind}, not a GeoJSON FeatureCollection; export the whole layer"
        )));
    }
    match outline.frame.filter(|name| !is_wgs84(name)) {
        Some(name) => Err(Unusable::file(format!(
            "the file's coordinates are in {name}; export it in WGS 84 (EPSG:4326), longitude first"
        ))),
        None => Ok(()),
    }
}

/// What stands around the features.
#[derive(Default)]
struct Outline {
    kind: Option<String>,
    frame: Option<String>,
    has_features: bool,
}

struct Document<'e, E> {
    each: &'e mut E,
}

impl<'de, E: FnMut(Value)> DeserializeSeed<'de> for Document<'_, E> {
    type Value = Outline;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Outline, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de, E: FnMut(Value)> Visitor<'de> for Document<'_, E> {
    type Value = Outline;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a GeoJSON FeatureCollection")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outline, A::Error> {
        let mut outline = Outline::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => outline.kind = map.next_value::<Value>()?.as_str().map(str::to_owned),
                "crs" => {
                    let name = map.next_value::<Value>()?;
                    outline.frame = name
                        .pointer("/properties/name")
                        .and_then(Value::as_str)
                        .map(str::to_owned);
                }
                "features" => {
                    map.next_value_seed(List {
                        each: &mut *self.each,
                    })?;
                    outline.has_features = true;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(outline)
    }
}

struct List<'e, E> {
    each: &'e mut E,
}

impl<'de, E: FnMut(Value)> DeserializeSeed<'de> for List<'_, E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, E: FnMut(Value)> Visitor<'de> for List<'_, E> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(feature) = list.next_element()? {
            (self.each)(feature);
        }
        Ok(())
    }
}

fn no_json(error: &serde_json::Error) -> Unusable {
    if error.is_eof() {
        return Unusable::file(format!("the file is cut short: {error}; upload it whole"));
    }
    if error.is_io() {
        return Unusable::file(format!(
            "the file cannot be unpacked: {error}; upload it again"
        ));
    }
    Unusable::file(format!(
        "the file is no GeoJSON: {error}; export the layer as GeoJSON, plain or gzip"
    ))
}

/// Names under which older GeoJSON speaks of longitude and latitude in WGS 84.
fn is_wgs84(name: &str) -> bool {
    name.ends_with("CRS84") || name.ends_with("EPSG::4326") || name.ends_with("EPSG:4326")
}
