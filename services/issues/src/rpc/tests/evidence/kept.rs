//! What nothing uses goes after its grace time; what something uses stays; and a store that is down loses nothing.

use std::{fs, path::Path};

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{EvidenceKind as Kind, EvidenceVariant};

use super::{append, create, get, jpeg, read, sent, showing, upload, used};
use crate::rpc::tests::{house::House, reason, reports::litter};

/// Files below a folder.
fn files(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let count = |path: &Path| if path.is_dir() { files(path) } else { 1 };
    entries.map(|entry| count(&entry.unwrap().path())).sum()
}

#[tokio::test]
async fn what_nothing_uses_goes_after_a_day_and_may_come_again() {
    let house = House::open().await;
    let replica = house.replica().await;
    let mut walker = house.evidence("walker", Role::Resident, &[]);
    let kept = sent(&mut walker, &jpeg(64)).await.unwrap();
    let lost = sent(&mut walker, &jpeg(65)).await.unwrap();
    let request = showing(litter(41.9), vec![used(&kept, Kind::Near)]);
    let mut reporter = house.somebody("walker", Role::Resident);
    reporter.report_issue(request).await.unwrap();
    assert_eq!(files(&house.objects()), 4, "two photos, two thumbnails");

    house.tell("2015-01-06T11:59:59Z");
    replica.sweep_once().await.unwrap();
    assert_eq!(files(&house.objects()), 4, "within the grace time");
    house.tell("2015-01-06T12:00:00Z");
    replica.sweep_once().await.unwrap();
    assert_eq!(files(&house.objects()), 2);
    let status = get(&mut walker, &lost.name).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
    let original = EvidenceVariant::Original;
    let bytes = read(&mut walker, &kept.name, original, (0, 0)).await;
    assert_eq!(bytes.unwrap(), jpeg(64));

    // It comes again, and a second upload of it begins its grace time anew.
    let again = sent(&mut walker, &jpeg(65)).await.unwrap();
    assert_eq!(again.name, lost.name);
    house.tell("2015-01-07T11:00:00Z");
    sent(&mut walker, &jpeg(65)).await.unwrap();
    house.tell("2015-01-07T13:00:00Z");
    replica.sweep_once().await.unwrap();
    assert_eq!(get(&mut walker, &lost.name).await.unwrap(), again);
}

#[tokio::test]
async fn a_store_that_is_down_keeps_nothing_half_and_goes_on_afterwards() {
    let house = House::open().await;
    let replica = house.replica().await;
    let mut walker = house.evidence("walker", Role::Resident, &[]);
    // A file where the folder of originals should be: nothing can be written below it.
    let blocked = house.objects().join("evidence");
    fs::write(&blocked, b"").unwrap();
    let bytes = jpeg(64);
    let name = upload(&mut walker, bytes.len(), "").await;
    append(&mut walker, &name, 0, &bytes).await.unwrap();
    let status = walker.create_evidence(create(&name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::Unavailable);
    fs::remove_file(&blocked).unwrap();
    let made = walker
        .create_evidence(create(&name))
        .await
        .unwrap()
        .into_inner();

    let away = house.objects().join("away");
    fs::rename(&blocked, &away).unwrap();
    let original = EvidenceVariant::Original;
    let status = read(&mut walker, &made.name, original, (0, 0))
        .await
        .unwrap_err();
    assert_eq!(reason(&status), Reason::Unavailable);
    fs::rename(&away, &blocked).unwrap();
    let whole = read(&mut walker, &made.name, original, (0, 0)).await;
    assert_eq!(whole.unwrap(), bytes);

    // What the store could not delete is deleted when it can, and does not come in again before.
    fs::rename(&blocked, &away).unwrap();
    fs::write(&blocked, b"").unwrap();
    house.tell("2015-01-06T12:00:00Z");
    replica.sweep_once().await.unwrap();
    let status = sent(&mut walker, &bytes).await.unwrap_err();
    assert_eq!(reason(&status), Reason::Unavailable);
    fs::remove_file(&blocked).unwrap();
    fs::rename(&away, &blocked).unwrap();
    house.tell("2015-01-06T12:30:00Z");
    replica.sweep_once().await.unwrap();
    assert_eq!(files(&house.objects()), 0);
    sent(&mut walker, &bytes).await.unwrap();
}
