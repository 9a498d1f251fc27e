//! What becomes of an import that a stop of the server, or a panic, cut off.

use sea_orm::ConnectionTrait;
use tidyward_proto::v1::{AppendUploadRequest, CreateUploadRequest, Upload};

use super::*;
use crate::{
    caller::Role,
    db::{requests, uploads},
};

struct Scene {
    imports: Imports,
    caller: Caller,
    _folder: tempfile::TempDir,
}

async fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let db = crate::db::testing::open(folder.path()).await;
    let tables = uploads::tables("grid")
        .into_iter()
        .chain(imports::tables("grid"));
    for table in tables.chain([requests::table("grid")]) {
        db.read().execute(&table).await.unwrap();
    }
    let caller = Caller {
        subject: "li".to_owned(),
        district: Some("jinhua".to_owned()),
        roles: vec![Role::Admin],
        areas: Vec::new(),
    };
    let clock = Clock::told(|| Timestamp::UNIX_EPOCH);
    let uploads = Uploads::new(db.clone(), "grid", clock.clone(), 1_000);
    Scene {
        imports: Imports::new(db, "grid", clock, uploads),
        caller,
        _folder: folder,
    }
}

impl Scene {
    async fn begin<R>(&self, run: R) -> Import
    where
        R: FnOnce(Run, ()) -> BoxFuture<'static, Result<Counts, Error>> + Send + 'static,
    {
        let uploads = &self.imports.uploads;
        let create = CreateUploadRequest {
            parent: "districts/jinhua".to_owned(),
            upload: Some(Upload {
                size_bytes: 1,
                ..Upload::default()
            }),
            request_id: String::new(),
        };
        let upload = uploads.create(&self.caller, create).await.unwrap().name;
        let append = AppendUploadRequest {
            name: upload.clone(),
            offset: 0,
            data: b"x".to_vec(),
        };
        uploads.append(&self.caller, append).await.unwrap();
        let request = CreateImportRequest {
            parent: "districts/jinhua".to_owned(),
            upload,
            ..CreateImportRequest::default()
        };
        let begun = self
            .imports
            .create(&self.caller, request, |_| Ok(()), run)
            .await;
        begun.unwrap()
    }

    async fn get(&self, name: String) -> Import {
        let request = GetImportRequest { name };
        self.imports.get(&self.caller, request).await.unwrap()
    }
}

#[tokio::test]
async fn what_a_stop_cut_off_is_failed_at_the_next_start_and_says_what_to_do() {
    let scene = scene().await;
    let import = scene.begin(|_, ()| Box::pin(std::future::pending())).await;
    assert_eq!(import.state(), ImportState::Running);
    scene.imports.recover().await.unwrap();
    let import = scene.get(import.name).await;
    assert_eq!(import.state(), ImportState::Failed);
    assert!(
        import.error.contains("run the import again"),
        "{}",
        import.error
    );
}

#[tokio::test]
async fn a_run_that_panics_has_failed_and_its_watcher_hears_the_end() {
    let scene = scene().await;
    let import = scene
        .begin(|_, ()| Box::pin(async { panic!("on purpose") }))
        .await;
    let request = WatchImportRequest { name: import.name };
    let told = scene.imports.watch(&scene.caller, request).await.unwrap();
    let told: Vec<_> = futures::StreamExt::collect(told).await;
    let last = told.last().unwrap().as_ref().unwrap();
    assert_eq!(last.state(), ImportState::Failed);
    assert!(
        !last.error.contains("on purpose"),
        "what a panic says stays inside"
    );
}
