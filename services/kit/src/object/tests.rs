//! The same of a folder and of a bucket, the bucket on a real server that the test starts.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::*;

/// A server that speaks S3, ended with the test.
struct Served {
    child: Child,
    endpoint: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Starts it on a free port of loopback and makes the bucket `city`; nothing where the program is not there.
    async fn start() -> Option<Served> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = port.local_addr().unwrap().port();
        let child = Command::new("moto_server")
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let served = Served {
            child: child.ok()?,
            endpoint: format!("http://127.0.0.1:{port}"),
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::new();
        let bucket = format!("{}/city", served.endpoint);
        for _ in 0..600 {
            let made = client.put(&bucket).send().await;
            if made.is_ok_and(|answer| answer.status().is_success()) {
                return Some(served);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        None
    }

    fn objects(&self) -> Objects {
        let bucket = Bucket {
            name: "city".to_owned(),
            prefix: "tidyward/objects".to_owned(),
            endpoint: self.endpoint.clone(),
            region: "us-east-1".to_owned(),
            access_key_id: "key".to_owned(),
            secret_access_key: "secret".to_owned(),
        };
        Objects::bucket(&bucket).unwrap()
    }
}

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
    let Some(mut served) = Served::start().await else {
        println!("skipped: no moto_server, which speaks S3, could be started");
        return;
    };
    let objects = served.objects();
    behaves(&objects).await;
    served.child.kill().unwrap();
    served.child.wait().unwrap();
    let error = objects.put("chicago", Bytes::from_static(b"late")).await;
    let error = error.unwrap_err();
    assert_eq!(error.reason, Reason::Unavailable);
    assert!(error.retry_after.is_some());
}
