//! The same of a folder and of a bucket, the bucket on a real server that the test starts.

use super::{testing::S3, *};

/// What every store of objects does.
async fn behaves(objects: &Objects) {
    let bytes = Bytes::from_static(b"a photo of a street");
    let digest = objects.put("chicago", bytes.clone()).await.unwrap();
    assert_eq!(digest.as_slice(), Sha256::digest(&bytes).as_slice());
    assert_eq!(objects.put("chicago", bytes.clone()).await.unwrap(), digest);
    assert_eq!(objects.get("chicago", &digest).await.unwrap(), bytes);
    let part = objects.get_range("chicago", &digest, 2..7).await.unwrap();
    assert_eq!(&part[..], b"photo");

    // Districts and rooms are apart.
    let room = objects.room("thumbnails");
    for (apart, district) in [(objects, "boston"), (&room, "chicago")] {
        let error = apart.get(district, &digest).await.unwrap_err();
        assert_eq!(error.reason, Reason::Unavailable);
    }
    let (old, new) = (Bytes::from_static(b"small"), Bytes::from_static(b"smaller"));
    room.put_made_of("chicago", &digest, old).await.unwrap();
    room.put_made_of("chicago", &digest, new).await.unwrap();
    let made = room.get_range("chicago", &digest, 0..7).await.unwrap();
    assert_eq!(&made[..], b"smaller");
    let error = room.get("chicago", &digest).await.unwrap_err();
    assert_eq!(error.reason, Reason::StoredBytesDamaged);

    room.delete("chicago", &digest).await.unwrap();
    room.delete("chicago", &digest).await.unwrap();
    assert!(room.get("chicago", &digest).await.is_err());
    assert_eq!(objects.get("chicago", &digest).await.unwrap(), bytes);
}

#[tokio::test]
async fn a_folder_keeps_objects() {
    let folder = tempfile::tempdir().unwrap();
    behaves(&Objects::folder(folder.path()).unwrap()).await;
}

#[tokio::test]
async fn what_a_write_left_by_half_is_cleared_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::folder(folder.path()).unwrap();
    let bytes = Bytes::from_static(b"a photo of a street");
    let digest = objects.put("chicago", bytes.clone()).await.unwrap();
    let room = objects.room("thumbnails");
    room.put_made_of("chicago", &digest, bytes.clone())
        .await
        .unwrap();
    let name = hex::encode(digest);
    let shard = folder.path().join("chicago").join(&name[..2]);
    let halves = [
        shard.join(format!("{name}#1")),
        folder.path().join("thumbnails/chicago/half#27"),
    ];
    for half in &halves {
        std::fs::write(half, b"a pho").unwrap();
    }
    let long_ago = Timestamp::UNIX_EPOCH;
    assert_eq!(objects.clear_unfinished(long_ago).await.unwrap(), 0);
    assert!(halves.iter().all(|half| half.exists()));
    assert_eq!(objects.clear_unfinished(Timestamp::MAX).await.unwrap(), 2);
    assert!(!halves.iter().any(|half| half.exists()));
    assert_eq!(objects.get("chicago", &digest).await.unwrap(), bytes);
    assert_eq!(room.get("chicago", &digest).await.unwrap(), bytes);
}

#[tokio::test]
async fn a_bucket_keeps_objects_and_one_that_is_down_is_unavailable() {
    let Some(mut served) = S3::start().await else {
        return;
    };
    let objects = Objects::bucket(&served.bucket(served.port)).unwrap();
    behaves(&objects).await;
    served.kill();
    let error = objects.put("chicago", Bytes::from_static(b"late")).await;
    let error = error.unwrap_err();
    assert_eq!(error.reason, Reason::Unavailable);
    assert!(error.retry_after.is_some());
}
