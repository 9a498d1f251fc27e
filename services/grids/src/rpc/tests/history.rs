//! Imports again, later, and layer by layer: the past is never moved.

use super::*;

fn block(code: &str, homes: i64, x: f64) -> Value {
    feature(
        json!({ "code": code, "name": format!("Block {code}"), "homes": homes }),
        square(x, 41.9),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_import_again_changes_nothing() {
    let city = City::new().await;
    let features = file(&[block("a", 10, -87.70), block("b", 20, -87.69)]);
    assert_eq!(city.counts(&features, LAYER).await, [2, 2, 0, 0, 0]);
    let before = (
        city.areas(TODAY).await,
        city.area("a", TODAY).await.unwrap(),
    );
    assert_eq!(city.counts(&features, LAYER).await, [2, 0, 2, 0, 0]);
    assert_eq!(city.counts(&gzip(&features), LAYER).await, [2, 0, 2, 0, 0]);
    assert_eq!(
        (
            city.areas(TODAY).await,
            city.area("a", TODAY).await.unwrap()
        ),
        before
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_import_keeps_the_past() {
    let city = City::new().await;
    city.counts(&file(&[block("a", 10, -87.70)]), LAYER).await;
    let moved = file(&[block("a", 11, -87.60), block("b", 20, -87.70)]);
    let conflict = city.import(&moved, LAYER).await;
    assert_eq!((conflict.rows_conflicting, conflict.rows_added), (1, 1));
    let told = city.problems(&conflict).await;
    assert_eq!(
        (told.len(), told[0].line, told[0].reason()),
        (1, 1, ErrorReason::RowConflict)
    );
    assert_eq!(
        told[0].message,
        "area `a` has from 2000-01-01 on another boundary, households; the first stands, use a day after 2000-01-01 to change it"
    );

    let later = format!("valid_from = \"2010-01-01\"\n{LAYER}");
    assert_eq!(city.counts(&moved, &later).await, [2, 1, 1, 0, 0]);
    assert_eq!(city.counts(&moved, &later).await, [2, 0, 2, 0, 0]);
    // Midnight in Chicago is six o'clock in UTC.
    let (before, after) = ("2010-01-01T05:59:59Z", "2010-01-01T06:00:00Z");
    let (old, new) = (
        city.area("a", before).await.unwrap(),
        city.area("a", after).await.unwrap(),
    );
    assert_eq!((old.households, new.households), (Some(10), Some(11)));
    assert_eq!(
        (old.valid_from.as_str(), new.valid_from.as_str()),
        ("2000-01-01", "2010-01-01")
    );
    assert_eq!(new.exists_from, "2000-01-01");
    assert_ne!(old.boundary, new.boundary);
    assert_eq!(city.locate(-87.595, 41.905, before, 0.0).await.grid, "");
    assert_eq!(
        city.locate(-87.595, 41.905, after, 0.0).await.grid,
        "districts/city/areas/a"
    );
    assert_eq!(
        city.locate(-87.695, 41.905, before, 0.0).await.grid,
        "districts/city/areas/a"
    );
    assert_eq!(
        city.locate(-87.695, 41.905, after, 0.0).await.grid,
        "districts/city/areas/b"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_area_is_not_there_before_it_exists() {
    let city = City::new().await;
    let later = format!("valid_from = 2010-01-01\n{LAYER}");
    city.counts(&file(&[block("a", 10, -87.70)]), &later).await;
    assert!(city.areas("2009-12-31T12:00:00Z").await.is_empty());
    assert_eq!(city.areas("2010-01-01T12:00:00Z").await.len(), 1);
    let before = city.area("a", "2009-12-31T12:00:00Z").await.unwrap_err();
    assert_eq!(reason(&before), ErrorReason::NotFound);
    let early = city.import(&file(&[block("a", 10, -87.70)]), LAYER).await;
    assert_eq!(early.rows_conflicting, 1);
    assert!(
        city.problems(&early).await[0]
            .message
            .contains("area `a` exists from 2010-01-01")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_follows_every_import() {
    let city = City::new().await;
    assert_eq!(city.locate(-87.695, 41.905, TODAY, 0.0).await.grid, "");
    city.counts(&file(&[block("a", 10, -87.70)]), LAYER).await;
    assert_eq!(
        city.locate(-87.695, 41.905, TODAY, 0.0).await.grid,
        "districts/city/areas/a"
    );
    city.counts(&file(&[block("A", 10, -87.70)]), LAYER).await;
    assert_eq!(
        city.locate(-87.695, 41.905, TODAY, 0.0).await.grid,
        "districts/city/areas/A"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_come_one_after_the_other() {
    let city = City::new().await;
    let layer = |level: &str, parent: &str| {
        format!("[[areas]]\nlevel = \"{level}\"\ncode = \"{{code}}\"\n{parent}")
    };
    let streets = [feature(json!({ "code": "street" }), square(-87.70, 41.9))];
    assert_eq!(
        city.counts(&file(&streets), &layer("subdistrict", ""))
            .await,
        [1, 1, 0, 0, 0]
    );
    let grids = [
        feature(
            json!({ "code": "g1", "up": "street" }),
            square(-87.70, 41.9),
        ),
        feature(
            json!({ "code": "g2", "up": "nowhere" }),
            square(-87.69, 41.9),
        ),
        feature(json!({ "code": "g3", "up": "g1" }), square(-87.68, 41.9)),
        feature(json!({ "code": "g4", "up": null }), square(-87.67, 41.9)),
    ];
    let ended = city
        .import(&file(&grids), &layer("grid", "parent = \"{up}\"\n"))
        .await;
    assert_eq!(
        (ended.rows_read, ended.rows_added, ended.rows_rejected),
        (4, 1, 3)
    );
    let told: Vec<(i64, ErrorReason)> = city
        .problems(&ended)
        .await
        .iter()
        .map(|one| (one.line, one.reason()))
        .collect();
    assert_eq!(
        told,
        [
            (2, ErrorReason::ParentMissing),
            (3, ErrorReason::LevelOrder),
            (4, ErrorReason::ValueMissing)
        ]
    );
    let found = city.locate(-87.695, 41.905, TODAY, 0.0).await;
    assert_eq!(
        (codes(&[found.grid]), codes(&found.ancestors)),
        (vec!["g1"], vec!["street"])
    );
    assert!(
        !city
            .area("street", TODAY)
            .await
            .unwrap()
            .boundary
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_at_the_same_time_both_go_in() {
    let city = City::new().await;
    let many = |side: &str, y: f64| {
        let one = |n: i32| {
            let properties = json!({ "code": format!("{side}{n}"), "name": "x", "homes": 1 });
            feature(properties, square(-87.0 + f64::from(n) * 0.02, y))
        };
        file(&(0..1_200).map(one).collect::<Vec<Value>>())
    };
    let (east, west) = (many("e", 41.0), many("w", 42.0));
    let (east, west) = tokio::join!(city.counts(&east, LAYER), city.counts(&west, LAYER));
    assert_eq!(
        (east, west),
        ([1_200, 1_200, 0, 0, 0], [1_200, 1_200, 0, 0, 0])
    );
    let all = city.areas(TODAY).await;
    assert_eq!(all.len(), 2_400);
    assert!(all.is_sorted_by(|a, b| a.name < b.name));
}
