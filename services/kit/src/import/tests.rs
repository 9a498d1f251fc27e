//! What becomes of an import that a stop of the server, or a panic, cut off.

use sea_orm::ConnectionTrait;
use tidyward_proto::v1::{AppendUploadRequest, CreateUploadRequest, Upload};

use super::*;
use crate::{
    caller::Role,
    db::{requests, uploads},
    testing::{cut_after, in_the_end},
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
        let upload = self.upload().await;
        self.create(upload, run).await.unwrap()
    }

    async fn upload(&self) -> String {
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
        upload
    }

    async fn create<R>(&self, upload: String, run: R) -> Result<Import, Error>
    where
        R: FnOnce(Run, ()) -> BoxFuture<'static, Result<Counts, Error>> + Send + 'static,
    {
        let request = CreateImportRequest {
            parent: "districts/jinhua".to_owned(),
            upload,
            ..CreateImportRequest::default()
        };
        let (imports, caller) = (&self.imports, &self.caller);
        imports.create(caller, request, |_| Ok(()), run).await
    }

    async fn in_state(&self, state: ImportState) -> usize {
        let found = imports::in_state(self.imports.db.read(), "grid", state as i32).await;
        found.unwrap().len()
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

#[tokio::test]
async fn an_import_that_is_begun_for_nobody_runs_to_its_end() {
    let scene = scene().await;
    for polls in 1.. {
        let upload = scene.upload().await;
        let run = |_, ()| -> BoxFuture<'static, _> { Box::pin(async { Ok(Counts::default()) }) };
        let answer = cut_after(polls, scene.create(upload, run)).await;
        // The writer's jobs come one after the other: after this one, what the call asked of it is done.
        scene.upload().await;
        in_the_end(
            &format!("nothing runs that was cut off after {polls}"),
            async || scene.in_state(ImportState::Running).await == 0,
        )
        .await;
        if let Some(answer) = answer {
            answer.unwrap();
            break;
        }
    }
    in_the_end("an import is done that nobody was told of", async || {
        scene.in_state(ImportState::Done).await > 1
    })
    .await;
}
