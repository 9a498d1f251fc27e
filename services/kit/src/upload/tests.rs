//! What uploads promise: pieces in any order and again, and nothing changed by a bad one.

use sea_orm::ConnectionTrait;

use super::*;
use crate::{caller::Role, db::requests};

struct Scene {
    uploads: Uploads,
    caller: Caller,
    district: District,
    _folder: tempfile::TempDir,
}

async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let db = crate::db::testing::open(folder.path()).await;
    for table in uploads::tables("grid")
        .into_iter()
        .chain([requests::table("grid")])
    {
        db.read().execute(&table).await.unwrap();
    }
    db.read().execute(&uploads::owner("grid")).await.unwrap();
    let caller = Caller {
        subject: "li".to_owned(),
        district: Some("jinhua".to_owned()),
        roles: vec![Role::Admin],
        areas: Vec::new(),
    };
    let district = caller.district("parent", "districts/jinhua").unwrap();
    let clock = Clock::told(|| jiff::Timestamp::UNIX_EPOCH);
    Scene {
        uploads: Uploads::new(db, "grid", clock, 1_000),
        caller,
        district,
        _folder: folder,
    }
}

impl Scene {
    async fn create(&self, size: i64, sha256: &str) -> Result<Upload, Error> {
        let upload = Upload {
            size_bytes: size,
            sha256: sha256.to_owned(),
            ..Upload::default()
        };
        let request = CreateUploadRequest {
            parent: self.district.name(),
            upload: Some(upload),
            request_id: String::new(),
        };
        self.uploads.create(&self.caller, request).await
    }

    async fn append(&self, name: &str, offset: i64, data: &[u8]) -> Result<Upload, Error> {
        let data = data.to_vec();
        let request = AppendUploadRequest {
            name: name.to_owned(),
            offset,
            data,
        };
        self.uploads.append(&self.caller, request).await
    }

    async fn take(&self, name: &str) -> Result<Taken, Error> {
        self.uploads
            .take(&self.caller, &self.district, "upload", name)
            .await
    }
}

#[tokio::test]
async fn pieces_come_in_any_order_and_again_and_make_the_file() {
    let scene = scene().await;
    let name = scene.create(10, "").await.unwrap().name;
    scene.append(&name, 6, b"orld").await.unwrap();
    let refused = scene.take(&name).await.unwrap_err();
    assert_eq!(
        (refused.reason, refused.metadata["offset"].as_str()),
        (Reason::UploadIncomplete, "0")
    );
    scene.append(&name, 0, b"hello ").await.unwrap();
    assert_eq!(
        scene
            .append(&name, 6, b"orld")
            .await
            .unwrap()
            .received_bytes,
        10
    );
    assert_eq!(scene.take(&name).await.unwrap().bytes, b"hello orld");
}

#[tokio::test]
async fn bad_pieces_are_refused_and_change_nothing() {
    let scene = scene().await;
    let name = scene.create(10, "").await.unwrap().name;
    scene.append(&name, 2, b"abc").await.unwrap();
    for (offset, data, words) in [
        (
            8,
            &b"xyz"[..],
            "the piece passes the declared size; check offset and size",
        ),
        (
            i64::MAX,
            b"x",
            "the piece passes the declared size; check offset and size",
        ),
        (
            2,
            b"abd",
            "the piece differs from what arrived there before",
        ),
        (
            4,
            b"x",
            "the piece overlaps another; send the same pieces each time",
        ),
        (
            0,
            b"xyz",
            "the piece overlaps another; send the same pieces each time",
        ),
    ] {
        let refused = scene.append(&name, offset, data).await.unwrap_err();
        assert_eq!(
            (refused.reason, refused.message.as_str()),
            (Reason::UploadPieceInvalid, words)
        );
    }
    let refused = scene.append(&name, -1, b"").await.unwrap_err();
    assert_eq!(refused.violations.len(), 2);
    let request = GetUploadRequest { name };
    assert_eq!(
        scene
            .uploads
            .get(&scene.caller, request)
            .await
            .unwrap()
            .received_bytes,
        3
    );
}

#[tokio::test]
async fn sizes_and_digests_are_checked() {
    let scene = scene().await;
    for (size, digest, field) in [
        (0, "", "upload.size_bytes"),
        (1_001, "", "upload.size_bytes"),
        (1, "ab", "upload.sha256"),
    ] {
        let refused = scene.create(size, digest).await.unwrap_err();
        assert_eq!(refused.violations[0].field, field);
    }
    let name = scene.create(1, &"0".repeat(64)).await.unwrap().name;
    scene.append(&name, 0, b"x").await.unwrap();
    assert_eq!(
        scene.take(&name).await.unwrap_err().reason,
        Reason::UploadDigestWrong
    );
}

#[tokio::test]
async fn the_same_request_gives_the_same_upload_and_another_body_is_refused() {
    let scene = scene().await;
    let request = |size| CreateUploadRequest {
        parent: "districts/jinhua".to_owned(),
        upload: Some(Upload {
            size_bytes: size,
            ..Upload::default()
        }),
        request_id: "6f1b0f0e-0c4e-4d59-9d1c-5a2f0a4f9f11".to_owned(),
    };
    let first = scene
        .uploads
        .create(&scene.caller, request(5))
        .await
        .unwrap();
    let again = scene
        .uploads
        .create(&scene.caller, request(5))
        .await
        .unwrap();
    assert_eq!(first, again);
    let other = scene
        .uploads
        .create(&scene.caller, request(6))
        .await
        .unwrap_err();
    assert_eq!(other.reason, Reason::RequestIdReused);
}

#[tokio::test]
async fn another_districts_upload_is_not_there() {
    let scene = scene().await;
    let name = scene.create(1, "").await.unwrap().name;
    let stranger = Caller {
        district: Some("yulin".to_owned()),
        ..scene.caller.clone()
    };
    let request = GetUploadRequest { name: name.clone() };
    let refused = scene.uploads.get(&stranger, request).await.unwrap_err();
    assert_eq!(refused.reason, Reason::NotFound);
    let missing = scene.uploads.get(
        &scene.caller,
        GetUploadRequest {
            name: "districts/jinhua/uploads/x".to_owned(),
        },
    );
    let words = |name: &str| {
        format!("`{name}` does not exist or is not yours to see; check the name and the token")
    };
    assert_eq!(refused.message, words(&name));
    assert_eq!(
        missing.await.unwrap_err().message,
        words("districts/jinhua/uploads/x")
    );
}

#[tokio::test]
async fn a_caller_has_so_much_on_its_way_and_no_more() {
    let mut scene = scene().await;
    let quota = Quota {
        uploads: 3,
        bytes: 1_000,
    };
    scene.uploads = scene.uploads.clone().limited(quota);
    let first = scene.create(900, "").await.unwrap().name;
    let refused = async |scene: &Scene, size: i64| {
        let error = scene.create(size, "").await.unwrap_err();
        assert_eq!(error.reason, Reason::TooMany);
        (
            error.metadata["what"].clone(),
            error.metadata["limit"].clone(),
        )
    };
    let bytes = ("bytes".to_owned(), "1000".to_owned());
    assert_eq!(refused(&scene, 101).await, bytes);
    scene.create(50, "").await.unwrap();
    scene.create(50, "").await.unwrap();
    let uploads = ("uploads".to_owned(), "3".to_owned());
    assert_eq!(refused(&scene, 1).await, uploads);

    // Each caller has a quota of its own; what is finished or has expired counts no longer.
    let wu = Caller {
        subject: "wu".to_owned(),
        ..scene.caller.clone()
    };
    let li = std::mem::replace(&mut scene.caller, wu);
    scene.create(1_000, "").await.unwrap();
    scene.caller = li;
    let id = first.rsplit('/').next().unwrap();
    let db = scene.uploads.db.read();
    let gone = uploads::remove(db, "grid", scene.district.id(), id).await;
    assert!(gone.unwrap());
    scene.create(900, "").await.unwrap();
    assert_eq!(refused(&scene, 1).await, uploads);
    let a_day_later = Clock::told(|| jiff::Timestamp::from_second(24 * 3_600).unwrap());
    scene.uploads.clock = a_day_later;
    scene.create(1_000, "").await.unwrap();
}
