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
