//! The database goes away, or keeps everybody waiting, or it or the disk of the objects is full, in the middle of each kind
//! of call: whoever called is told to come again, and comes again with success once the fault has ended, on a server that
//! was never restarted.

mod house;

use std::time::{Duration, Instant};

use futures::future::join_all;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};
use tidyward::data::database_file;
use tidyward_kit::{
    db::testing::{Postgres, is_again},
    peer::Peer,
};
use tidyward_proto::v1::{
    GetReviewRequest, ImportState, ReadEvidenceRequest, ReviewState, RunReviewRequest,
    evidence_service_client::EvidenceServiceClient,
};
use tidyward_tests::Stack;

use super::{
    photo::Photo,
    scene::{D, Scene},
    server::Process,
};
use house::{EVERY, House, Kind, WRITING, note, passes, report};

/// What the writer takes first, and what keeps everybody from every table.
const WRITE_LOCK: &str = "SELECT pg_advisory_xact_lock(1414087769, 1)";
const EVERY_TABLE: &str =
    "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public'";

fn own() -> Option<Postgres> {
    if is_again() {
        return None;
    }
    match Postgres::start(&[]) {
        Ok(postgres) => Some(postgres),
        Err(why) => {
            println!("skipped: {why}");
            None
        }
    }
}

/// A single session.
async fn one(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1);
    Database::connect(options).await.unwrap()
}

/// Takes what everybody else then waits for, until it is told to end.
async fn hold(url: &str, reading_too: bool) -> DatabaseConnection {
    let other = one(url).await;
    let find = Statement::from_string(DbBackend::Postgres, EVERY_TABLE);
    let tables: String = other
        .query_one_raw(find)
        .await
        .unwrap()
        .unwrap()
        .try_get_by_index(0)
        .unwrap();
    let lock = if reading_too {
        format!("LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
    } else {
        WRITE_LOCK.to_owned()
    };
    other.execute_unprepared("BEGIN").await.unwrap();
    other.execute_unprepared(&lock).await.unwrap();
    other
}

/// Waits until so many sessions wait for a lock.
async fn waiting(other: &DatabaseConnection, sessions: i64) {
    let text = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    let until = Instant::now() + Duration::from_secs(15);
    loop {
        // Within a transaction the first look stands for all.
        let afresh = "SELECT pg_stat_clear_snapshot()";
        other.execute_unprepared(afresh).await.unwrap();
        let select = Statement::from_string(DbBackend::Postgres, text);
        let row = other.query_one_raw(select).await.unwrap().unwrap();
        let found: i64 = row.try_get_by_index(0).unwrap();
        if found >= sessions {
            return;
        }
        assert!(Instant::now() < until, "{found} wait");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_down_in_the_middle_of_every_kind_of_call() {
    let Some(mut postgres) = own() else {
        return;
    };
    let url = format!("{}/postgres", postgres.url);
    let house = House::open(&url).await;
    for (kinds, reading_too, sessions) in [(&EVERY[..], true, 5), (&WRITING[..], false, 1)] {
        let other = hold(&url, reading_too).await;
        let calls = join_all(kinds.iter().map(|kind| house.call(*kind)));
        let killing = async {
            waiting(&other, sessions).await;
            postgres.kill();
        };
        let (answers, ()) = tokio::join!(calls, killing);
        for (kind, answer) in kinds.iter().zip(answers) {
            passes(*kind, answer);
        }
        // While it is down, too.
        for (kind, answer) in kinds
            .iter()
            .zip(join_all(kinds.iter().map(|kind| house.call(*kind))).await)
        {
            passes(*kind, answer);
        }
        postgres.start_again();
    }
    // An import that is at work ends by itself as failed, and the next one finds what it wrote.
    let cut = house.import().await.unwrap();
    postgres.kill();
    tokio::time::sleep(Duration::from_millis(500)).await;
    postgres.start_again();
    house.ended(&cut).await;
    house.all_is_well().await;
    // A run that is at work goes on by itself.
    let run = RunReviewRequest {
        name: house.review.clone(),
        ..RunReviewRequest::default()
    };
    let mut client = house.stack.evaluations(D);
    client.run_review(run).await.unwrap();
    postgres.kill();
    postgres.start_again();
    let scored = async {
        loop {
            let name = house.review.clone();
            let found = client.get_review(GetReviewRequest { name }).await;
            match found {
                Ok(review) if review.get_ref().state() == ReviewState::Scored => return,
                Ok(_) => {}
                Err(status) => passes(Kind::Review, Err(status)),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let scored = tokio::time::timeout(Duration::from_secs(60), scored).await;
    scored.expect("a run that was begun is ended");
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_keeps_everybody_waiting() {
    let Some(postgres) = own() else {
        return;
    };
    let url = format!("{}/postgres", postgres.url);
    let house = House::open(&url).await;
    for (kinds, reading_too) in [(&EVERY[..], true), (&WRITING[..], false)] {
        let other = hold(&url, reading_too).await;
        let answers = join_all(kinds.iter().map(|kind| house.call(*kind))).await;
        for (kind, answer) in kinds.iter().zip(answers) {
            passes(*kind, answer);
        }
        other.execute_unprepared("ROLLBACK").await.unwrap();
        other.close().await.unwrap();
    }
    house.all_is_well().await;
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_that_another_process_keeps_locked() {
    if is_again() {
        return;
    }
    let house = House::open("").await;
    let file = database_file(house.stack.folder.path());
    let other = one(&format!("sqlite://{}", file.display())).await;
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let answers = join_all(WRITING.iter().map(|kind| house.call(*kind))).await;
    for (kind, answer) in WRITING.iter().zip(answers) {
        passes(*kind, answer);
    }
    // Whoever reads waits for nobody who writes.
    house.call(Kind::List).await.unwrap();
    other.execute_unprepared("ROLLBACK").await.unwrap();
    other.close().await.unwrap();
    house.all_is_well().await;
    house.stack.stop().await;
}

/// Lets the file grow no further, until the writer takes another connection.
async fn fill(stack: &Stack) {
    let filled = stack.running.db.write(|transaction| {
        Box::pin(async move {
            transaction
                .execute_unprepared("PRAGMA max_page_count = 1")
                .await?;
            Ok(())
        })
    });
    filled.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full() {
    if is_again() {
        return;
    }
    let house = House::open("").await;
    let words = "w".repeat(2_000);
    // What is written first finds room in pages that are there already.
    fill(&house.stack).await;
    let full = loop {
        if let Err(status) = report(&house.stack, &words, "").await {
            break status;
        }
    };
    passes(Kind::Report, Err(full));
    fill(&house.stack).await;
    let full = loop {
        let other = report(&house.stack, "other", "").await;
        let moved = match other {
            Ok(issue) => note(&house.stack, &issue.name, "").await,
            Err(status) => Err(status),
        };
        if let Err(status) = moved {
            break status;
        }
    };
    passes(Kind::Move, Err(full));
    fill(&house.stack).await;
    house.call(Kind::List).await.unwrap();
    // The import itself may find room, its rows do not.
    let import = house.import().await;
    if let Ok(name) = import {
        let import = house.ended(&name).await;
        assert_eq!(import.state(), ImportState::Failed, "{import:?}");
        assert!(import.error.contains("try again"), "{import:?}");
    }
    house.all_is_well().await;
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_of_objects_that_is_full() {
    if is_again() {
        return;
    }
    let scene = Scene::on_sqlite().await;
    let process = match Process::start_on_a_full_disk(&scene) {
        Ok(process) => process,
        Err(why) => {
            println!("skipped: {why}");
            return;
        }
    };
    let photo = Photo::draw(&mut ChaCha8Rng::seed_from_u64(5));
    let upload = || {
        let peer = Peer::remote(process.channel(), &scene.token("li"));
        photo.clone().upload(peer.unwrap())
    };
    for _ in 0..3 {
        passes(Kind::Photo, upload().await.map(drop));
        let objects = process.on_its_disk(&scene);
        assert!(tidyward_tests::half_written(&objects).is_empty());
    }
    process.makes_room(&scene);
    let kept = upload().await.unwrap();
    let read = ReadEvidenceRequest {
        name: kept.name,
        ..ReadEvidenceRequest::default()
    };
    let peer = Peer::remote(process.channel(), &scene.token("li")).unwrap();
    let read = EvidenceServiceClient::new(peer).read_evidence(read).await;
    assert_eq!(read.unwrap().into_inner().data, photo.bytes);
}
