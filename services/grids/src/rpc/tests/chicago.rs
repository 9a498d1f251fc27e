//! The real city: police beats and community areas, with the mappings that users are given.

use std::{fs, path::PathBuf};

use super::*;

const BEATS: &str = include_str!("../../../../../deploy/examples/chicago-beats.toml");
const COMMUNITY_AREAS: &str =
    include_str!("../../../../../deploy/examples/chicago-community-areas.toml");

/// A file of the city, where the data is on this machine.
fn data(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/chicago")
        .join(name);
    let bytes = fs::read(path).ok();
    if bytes.is_none() {
        println!("skipped: no data");
    }
    bytes
}

#[test]
fn the_examples_are_mappings() {
    let start = "2000-01-01".parse().unwrap();
    assert_eq!(Mapping::parse(BEATS, start).unwrap().areas.len(), 3);
    assert_eq!(
        Mapping::parse(COMMUNITY_AREAS, start).unwrap().areas.len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn police_beats_make_a_tree_of_three_levels() {
    let Some(beats) = data("chicago_police_beats.geojson.gz") else {
        return;
    };
    let city = City::new().await;
    assert_eq!(city.counts(&beats, BEATS).await, [277, 277, 0, 0, 0]);
    assert_eq!(city.counts(&beats, BEATS).await, [277, 0, 277, 0, 0]);
    let areas = city.areas(TODAY).await;
    let level = |number| areas.iter().filter(|area| area.level == number).count();
    assert_eq!([level(1), level(2), level(3)], [23, 68, 275]);
    let pieces = city.area("3100", TODAY).await.unwrap();
    let pieces: Value = serde_json::from_str(&pieces.boundary).unwrap();
    assert_eq!(pieces["coordinates"].as_array().map(Vec::len), Some(3));
    // 600 km2 of land, and the beats of the lake shore and the airport.
    let size: i64 = areas
        .iter()
        .filter(|area| area.level == 3)
        .filter_map(|area| area.area_m2)
        .sum();
    assert!((590_000_000..640_000_000).contains(&size), "{size}");
    // City Hall.
    let found = city.locate(-87.6319, 41.8838, TODAY, 500.0).await;
    assert_eq!(codes(&[found.grid]), ["0122"]);
    assert_eq!(codes(&found.ancestors), ["S01-2", "D01"]);
    assert!(
        found.near.len() > 1
            && found
                .near
                .is_sorted_by(|a, b| a.distance_metres <= b.distance_metres)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn community_areas_are_grids_with_nothing_above() {
    let Some(areas) = data("chicago_community_areas.geojson.gz") else {
        return;
    };
    let city = City::new().await;
    assert_eq!(
        city.counts(&areas, COMMUNITY_AREAS).await,
        [77, 77, 0, 0, 0]
    );
    assert_eq!(city.areas(TODAY).await.len(), 77);
    let found = city.locate(-87.6319, 41.8838, TODAY, 0.0).await;
    assert_eq!(
        (found.grid.as_str(), found.ancestors.len()),
        ("districts/city/areas/32", 0)
    );
    assert_eq!(city.area("32", TODAY).await.unwrap().display_name, "LOOP");
    // The file says 46,004,621 square feet.
    let douglas = city.area("35", TODAY).await.unwrap().area_m2.unwrap();
    assert!((douglas - 4_273_970).abs() < 15_000, "{douglas}");
}
