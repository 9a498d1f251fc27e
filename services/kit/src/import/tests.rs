//! What becomes of an import that a stop of the server, or a panic, cut off.

use sea_orm::ConnectionTrait;
use tidyward_proto::v1::{AppendUploadRequest, CreateUploadRequest, Upload};

use std::sync::atomic::{AtomicUsize, Ordering};

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
    /// Asks for an import of a file that has arrived.
    async fn asked(&self) -> CreateImportRequest {
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
        CreateImportRequest {
            parent: "districts/jinhua".to_owned(),
            upload,
            ..CreateImportRequest::default()
        }
    }

    async fn begin<R>(&self, run: R) -> Import
    where
        R: FnOnce(Run, ()) -> BoxFuture<'static, Result<Counts, Error>> + Send + 'static,
    {
        let request = self.asked().await;
        let begun = self
            .imports
            .create(&self.caller, request, |_| Ok(()), run)
            .await;
        begun.unwrap()
    }

    /// Imports in the state.
    async fn in_state(&self, state: ImportState) -> usize {
        let db = self.imports.db.read();
        imports::in_state(db, "grid", state as i32)
            .await
            .unwrap()
            .len()
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

/// At every moment up to the commit and behind it: what is written down as running runs, and once; of what is not, nothing is
/// there, and the same request asks for it again.
#[tokio::test]
async fn whoever_goes_away_leaves_an_import_that_runs_or_none() {
    // How often a call is polled differs a little each time, so that a round may miss the moment of the commit.
    for _round in 0..50 {
        if cut_at_every_moment().await {
            return;
        }
    }
    panic!("no cut came between the task and its answer");
}

/// Cuts a call off after one poll, after two, and so on until it is answered. Says whether an import ran for nobody.
async fn cut_at_every_moment() -> bool {
    let mut ran_for_nobody = false;
    for polls in 1.. {
        let scene = scene().await;
        let request = CreateImportRequest {
            request_id: uuid::Uuid::from_u128(1).to_string(),
            ..scene.asked().await
        };
        let runs = Arc::new(AtomicUsize::new(0));
        let create = || {
            let runs = runs.clone();
            let run = move |_, ()| -> BoxFuture<'static, Result<Counts, Error>> {
                runs.fetch_add(1, Ordering::SeqCst);
                Box::pin(async { Ok(Counts::default()) })
            };
            let request = request.clone();
            scene
                .imports
                .create(&scene.caller, request, |_| Ok(()), run)
        };
        let answered = cut_after(polls, create()).await.map(Result::unwrap);
        if answered.is_none() {
            // Whoever has begun its task has handed it to the writer by then; whatever was written has ended.
            tokio::task::yield_now().await;
            let job = scene.imports.db.write(|_| Box::pin(async { Ok(()) }));
            job.await.unwrap();
            in_the_end("an import that runs", async || {
                scene.in_state(ImportState::Running).await == 0
            })
            .await;
            let done = scene.in_state(ImportState::Done).await;
            assert_eq!(done, runs.load(Ordering::SeqCst), "cut off after {polls}");
            ran_for_nobody |= done == 1;
        }
        let again = create().await.unwrap();
        in_the_end("an import is done", async || {
            scene.get(again.name.clone()).await.state() == ImportState::Done
        })
        .await;
        assert_eq!(runs.load(Ordering::SeqCst), 1, "cut off after {polls}");
        if let Some(first) = answered {
            assert_eq!(first.name, again.name);
            break;
        }
    }
    ran_for_nobody
}
