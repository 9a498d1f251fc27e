//! An arrival that is cut off shows nothing, keeps others out for a while, and is taken up by the next run.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use tidyward::moving::{Place, take};
use tidyward_kit::{
    clock::Clock,
    db::tables::Travel,
    dump::{manifest::Holds, read::Dump},
};
use tidyward_proto::v1::{CreateDistrictRequest, District, ListDistrictsRequest};
use tidyward_tests::{Stack, refusal};

use super::{district, file, give, lived_in, settings};
use crate::cast::D;

/// A clock that ends the work of whoever looks at it for the last time.
fn ends_after(looks: usize) -> Clock {
    let left = AtomicUsize::new(looks);
    Clock::told(move || {
        let left = left.fetch_sub(1, Ordering::SeqCst);
        assert!(left > 1, "cut off, as the test wants it");
        start()
    })
}

fn start() -> Timestamp {
    "2026-04-02T01:00:00Z".parse().unwrap()
}

fn seconds_later(seconds: i64) -> Clock {
    Clock::told(move || start() + SignedDuration::from_secs(seconds))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_off_is_never_half_there() {
    let files = tempfile::tempdir().unwrap();
    let city = lived_in().await;
    let path = file(&files, "1");
    let given = give(&settings(city.stack.folder.path()).await, district(), &path).await;
    city.stack.stop().await;

    // Another installation, which serves while the district comes in.
    let stack = Stack::start().await;
    let there = settings(stack.folder.path()).await;
    // The first look makes the run's id, the second its lease; from then on each job has one.
    for (round, looks) in [5, 30, 55, 75].into_iter().enumerate() {
        let (cut, path) = (there.clone(), path.clone());
        // Each run comes when the lease of the one before is over, and so takes it over.
        let base = round as i64 * 100;
        let clock = move || {
            let ends = ends_after(looks);
            Clock::told(move || ends.now() + SignedDuration::from_secs(base))
        };
        let (run_path, run_clock) = (path.clone(), clock());
        let run = tokio::spawn(async move {
            let place = Place::beside_server(&cut).await.unwrap();
            let mut dump = Dump::open(&run_path, None).unwrap();
            take::take(&place, &mut dump, Holds::District, &run_clock).await
        });
        assert!(run.await.unwrap_err().is_panic(), "it was cut off");
        assert_eq!(listed(&stack).await, [""; 0]);
        let refused = refusal(create(&stack).await);
        assert!(refused.message.contains("being brought in"), "{refused:?}");
        let soon = seconds_later(base + 30);
        let error = super::take(&there, &path, Holds::District, &soon)
            .await
            .unwrap_err();
        assert!(error.message.contains("by another run"), "{error}");
    }
    let late = seconds_later(500);
    super::take(&there, &path, Holds::District, &late)
        .await
        .unwrap();
    assert_eq!(listed(&stack).await, [format!("districts/{D}")]);
    let again = give(&there, district(), &file(&files, "2")).await;
    assert_eq!(given.districts, again.districts);
    stack.stop().await;
}

async fn listed(stack: &Stack) -> Vec<String> {
    let request = ListDistrictsRequest::default();
    let answer = stack.grids(D).list_districts(request).await.unwrap();
    let districts = answer.into_inner().districts;
    districts.into_iter().map(|one| one.name).collect()
}

async fn create(stack: &Stack) -> Result<tonic::Response<District>, tonic::Status> {
    use tidyward_kit::caller::Role;
    let who = stack.person(D, "root", &[Role::PlatformAdmin], &[]);
    let request = CreateDistrictRequest {
        district_id: D.to_owned(),
        district: Some(District {
            time_zone: "Asia/Shanghai".to_owned(),
            start_date: "2026-01-01".to_owned(),
            ..District::default()
        }),
        request_id: String::new(),
    };
    who.grids().create_district(request).await
}

/// A migration that adds a table says in the same breath how its rows travel.
#[tokio::test]
async fn every_table_says_how_it_travels() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::alone(&settings(folder.path()).await).await.unwrap();
    let there = tidyward_kit::db::dump::tables(place.db.read())
        .await
        .unwrap();
    let mut said: Vec<&str> = tidyward::moving::tables().map(|table| table.name).collect();
    said.sort_unstable();
    assert_eq!(said, there);
    let snapshot = place.db.snapshot().await.unwrap();
    for table in tidyward::moving::tables() {
        let shape = snapshot.shape(table.name).await.unwrap();
        assert_eq!(shape.key[0], "district", "{}", table.name);
        let there = |column: &str| shape.columns.iter().any(|one| one.name == column);
        assert!(
            table.objects.iter().all(|named| there(named.column)),
            "{}",
            table.name
        );
        assert!(table.unless_zero.is_none_or(there), "{}", table.name);
        if let Travel::Stay(why) | Travel::Move(why) = table.travel {
            assert!(
                !why.is_empty(),
                "{} is left behind for no reason",
                table.name
            );
        }
    }
    snapshot.end().await.unwrap();
    place.close().await.unwrap();
}
