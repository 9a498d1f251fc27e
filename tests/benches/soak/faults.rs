//! Faults, one after the other: what the server stands on is taken away for some seconds and given back.

use std::{fs, path::Path, process::Command, time::Duration};

use sea_orm::{ConnectOptions, ConnectionTrait};
use tidyward_kit::db::testing::Postgres;
use tokio::time::{Instant, sleep};

use crate::{asking::World, scene::Scene, server::Process};

/// How long a fault lasts, and how long it is quiet between two.
const LASTS: Duration = Duration::from_secs(6);
const BETWEEN: Duration = Duration::from_secs(9);
/// How long a fault waits, at most, for work that one has cut off before.
const PATIENCE: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long the server may take to see a certificate that was renewed.
const SEEN: Duration = Duration::from_secs(20);

pub enum Database {
    Sqlite,
    Postgres(Postgres),
}

impl Database {
    /// Empty for the file in the data folder.
    pub fn url(&self) -> String {
        match self {
            Database::Sqlite => String::new(),
            Database::Postgres(postgres) => format!("{}/postgres", postgres.url),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    ObjectsGone,
    FileLocked,
    NoFileMore,
    CertificateRenewed,
    PostgresSilent,
    PostgresKilled,
}

/// Brings one fault after the other until the time is up.
pub async fn in_turn(world: &World, server: &Process, database: &mut Database, ends: Instant) {
    use Fault::*;
    let faults = match database {
        Database::Sqlite => [ObjectsGone, FileLocked, NoFileMore, CertificateRenewed],
        Database::Postgres(_) => [
            ObjectsGone,
            PostgresSilent,
            CertificateRenewed,
            PostgresKilled,
        ],
    };
    for fault in faults.into_iter().cycle() {
        if Instant::now() + BETWEEN + LASTS > ends {
            return;
        }
        sleep(BETWEEN).await;
        let latest = Instant::now() + PATIENCE;
        while world.is_in_peace() && Instant::now() < latest {
            sleep(LOOK_EVERY).await;
        }
        println!("fault: {fault:?}");
        world.fault_begins_or_ends();
        bring(fault, world, server, database).await;
        world.fault_begins_or_ends();
    }
}

async fn bring(fault: Fault, world: &World, server: &Process, database: &mut Database) {
    let scene: &Scene = &world.scene;
    match (fault, database) {
        (Fault::ObjectsGone, _) => {
            let away = scene.data().join("away");
            fs::rename(scene.objects(), &away).expect("the objects are taken away");
            sleep(LASTS).await;
            give_back(&away, &scene.objects());
        }
        (Fault::FileLocked, _) => {
            let mut only = ConnectOptions::new(format!("sqlite://{}", scene.file().display()));
            only.max_connections(1);
            let other = sea_orm::Database::connect(only).await.expect("the file");
            other
                .execute_unprepared("BEGIN IMMEDIATE")
                .await
                .expect("the file's lock");
            sleep(LASTS).await;
            let rolled_back = other.execute_unprepared("ROLLBACK").await;
            rolled_back.expect("the lock is given back");
            other.close().await.expect("the file is closed");
        }
        (Fault::NoFileMore, _) => {
            let limit = server.open_files_limit();
            server.limit_open_files(server.open().len() as u64);
            sleep(LASTS).await;
            server.limit_open_files(limit);
        }
        (Fault::CertificateRenewed, _) => {
            scene.certificate.renew();
            let until = Instant::now() + SEEN;
            while !scene.certificate.is_shown(world.port).await {
                if Instant::now() > until {
                    let words = "a certificate that was renewed is not shown".to_owned();
                    return world.tally.wrong_answer(words);
                }
                sleep(Duration::from_millis(500)).await;
            }
        }
        (Fault::PostgresSilent, Database::Postgres(postgres)) => {
            let all = processes(postgres.process());
            signal("-STOP", &all);
            sleep(LASTS).await;
            signal("-CONT", &all);
        }
        (Fault::PostgresKilled, Database::Postgres(postgres)) => {
            postgres.kill();
            sleep(LASTS).await;
            postgres.start_again();
        }
        (Fault::PostgresSilent | Fault::PostgresKilled, Database::Sqlite) => {}
    }
}

/// Puts the objects back in their place, beside what was written there meanwhile.
fn give_back(away: &Path, place: &Path) {
    if fs::rename(away, place).is_ok() {
        return;
    }
    let copied = Command::new("cp")
        .args(["--archive", "--no-clobber"])
        .arg(away.join("."))
        .arg(place)
        .status();
    let copied = copied.is_ok_and(|copied| copied.success());
    assert!(copied, "the objects come back");
    fs::remove_dir_all(away).expect("the copy is removed");
}

/// The process and its children.
fn processes(parent: u32) -> Vec<u32> {
    let mut all = vec![parent];
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(id) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let of = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        if of.is_some_and(|of| of.trim().parse() == Ok(parent)) {
            all.push(id);
        }
    }
    all
}

fn signal(name: &str, processes: &[u32]) {
    for process in processes {
        // A connection may have ended meanwhile.
        let _gone = Command::new("kill")
            .args([name, &process.to_string()])
            .status();
    }
}
