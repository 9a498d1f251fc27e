//! Whether the server lasts: mixed load of bounded callers against a server process of its own, with one fault after the
//! other, for as many minutes as are named, 20 where none are.
//!
//! `cargo bench -p tidyward-tests --bench soak -- 20` plays on SQLite, `-- 20 postgres` on a PostgreSQL of its own. It fails
//! if memory grew by more than a tenth, if an error is not documented, if a report or move that was acknowledged is lost,
//! or if a connection or a file is left over when all callers have gone. All of it is on loopback and in a temporary folder.

#[path = "soak/asking.rs"]
mod asking;
#[path = "soak/away.rs"]
mod away;
#[path = "soak/faults.rs"]
mod faults;
#[path = "soak/files.rs"]
mod files;
#[path = "soak/ledger.rs"]
mod ledger;
#[path = "soak/measure.rs"]
mod measure;
#[path = "soak/office.rs"]
mod office;
#[path = "soak/scene.rs"]
mod scene;
#[path = "soak/server.rs"]
mod server;
#[path = "soak/tally.rs"]
mod tally;
#[path = "soak/watching.rs"]
mod watching;
#[path = "soak/working.rs"]
mod working;

use std::{process::ExitCode, sync::Arc, time::Duration};

use tidyward_kit::db::testing::Postgres;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use asking::World;
use faults::Database;
use measure::Samples;
use scene::Scene;
use server::Process;

/// Caches fill, connections are opened, and the allocator finds its size.
const WARM_UP: Duration = Duration::from_secs(60);
/// The last fault is over so long before the end.
const CALM: Duration = Duration::from_secs(15);
/// How long whatever belongs to a caller may outlive it.
const GONE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    let (mut minutes, mut database) = (20, Database::Sqlite);
    // Cargo adds `--bench`.
    for word in std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
    {
        match (word.as_str(), word.parse::<u64>()) {
            (_, Ok(number)) if (2..=24 * 60).contains(&number) => minutes = number,
            ("postgres", _) => match Postgres::start(&[]) {
                Ok(postgres) => database = Database::Postgres(postgres),
                Err(why) => {
                    println!("skipped: {why}");
                    return ExitCode::SUCCESS;
                }
            },
            _ => {
                println!("`{word}` is neither `postgres` nor a number of minutes, 2 to 1440");
                return ExitCode::FAILURE;
            }
        }
    }
    let length = Duration::from_secs(60 * minutes);
    let faults = soak(database, length).await;
    for fault in &faults {
        println!("FAILED: {fault}");
    }
    if faults.is_empty() {
        println!("everything held");
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Plays it all, and says what did not hold.
async fn soak(mut database: Database, length: Duration) -> Vec<String> {
    let scene = Arc::new(Scene::founded(&database, length).await);
    let server = Process::start(&scene);
    let before = server.files();
    let world = Arc::new(World::new(scene.clone(), &server));
    let (began, ends) = (Instant::now(), Instant::now() + length);
    let callers = everybody(&world, length);
    let mut samples = Samples::default();
    {
        let faults = faults::in_turn(&world, &server, &mut database, ends - CALM);
        let sampling = samples.take(&world, &server, began + WARM_UP, ends);
        tokio::join!(faults, sampling);
    }
    world.stop();
    let left = everybody_goes(callers).await;
    let mut wrong = world.tally.wrong();
    wrong.extend(left);
    world.tally.print();
    let acknowledged = world.acknowledged();
    // The connections that callers shared are its own.
    drop(world);
    wrong.extend(left_over(&scene, &server, &before).await);
    wrong.extend(samples.verdict());
    drop(server);
    wrong.extend(half_written(&scene).await);
    wrong.extend(ledger::lost(&scene, &acknowledged).await);
    wrong
}

/// Everybody who calls. Their number is what bounds the load.
fn everybody(world: &Arc<World>, length: Duration) -> JoinSet<()> {
    let mut callers = JoinSet::new();
    for number in 0..8 {
        callers.spawn(working::reports(world.clone(), number));
    }
    for number in 0..4 {
        callers.spawn(working::reads(world.clone(), number));
    }
    for number in 0..3 {
        callers.spawn(files::shows(world.clone(), number));
    }
    for number in 0..40 {
        callers.spawn(watching::comes_and_goes(world.clone(), number));
    }
    for number in 0..4 {
        callers.spawn(watching::reads_slowly(world.clone(), number));
        callers.spawn(watching::polls(world.clone(), number));
        callers.spawn(away::cancels(world.clone(), number));
        callers.spawn(away::vanishes(world.clone(), number));
    }
    callers.spawn(files::imports(world.clone()));
    callers.spawn(working::rates(world.clone()));
    callers.spawn(office::reviews(world.clone(), length / office::REVIEWS));
    callers.spawn(office::backs_up(world.clone(), length / 20));
    callers
}

/// Waits until every caller has ended, and ends those who hang.
async fn everybody_goes(mut callers: JoinSet<()>) -> Vec<String> {
    let ends = Instant::now() + GONE;
    let mut wrong = Vec::new();
    loop {
        tokio::select! {
            ended = callers.join_next() => match ended {
                None => return wrong,
                Some(Ok(())) => {}
                Some(Err(panicked)) => wrong.push(format!("a caller ended in disorder: {panicked}")),
            },
            () = sleep_until(ends) => {
                wrong.push(format!("{} callers still wait for an answer", callers.len()));
                return wrong;
            }
        }
    }
}

/// Connections and files that the server still holds, once it has had time to let go.
async fn left_over(scene: &Scene, server: &Process, before: &[String]) -> Vec<String> {
    let ends = Instant::now() + GONE;
    loop {
        let connections = server.connections();
        let mut files = server.files();
        files.retain(|file| !before.contains(file) && !scene.is_database(file));
        if connections == 0 && files.is_empty() {
            println!("no connection and no open file is left over");
            return Vec::new();
        }
        if Instant::now() > ends {
            let mut left = vec![format!("left over: {connections} connections")];
            left.extend(files.iter().map(|file| format!("left open: {file}")));
            return left;
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// What a fault has left beside an object's place: a server that starts clears it away.
async fn half_written(scene: &Scene) -> Vec<String> {
    let left = tidyward_tests::half_written(&scene.objects()).len();
    println!("half-written objects before the server starts again: {left}");
    let _server = Process::start(scene);
    let ends = Instant::now() + GONE;
    loop {
        let halves = tidyward_tests::half_written(&scene.objects());
        if halves.is_empty() || Instant::now() > ends {
            let halves = halves.iter().map(|half| half.display());
            return halves
                .map(|half| format!("left half-written: {half}"))
                .collect();
        }
        sleep(Duration::from_millis(100)).await;
    }
}
