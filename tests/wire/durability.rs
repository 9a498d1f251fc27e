//! What was acknowledged is there, exactly once, whatever was killed: the server under load on both databases, and
//! PostgreSQL itself under a server that goes on. Whoever watches is told everything once.
//!
//! `TEST_KILLS` is how often the server is killed on each database, 10 where nothing is said; PostgreSQL is killed two
//! times for each five of them. Choices are drawn from a seed that a failure names and `TEST_SEED` sets.

mod caller;
mod cancelled;
mod faults;
mod ledger;
mod photo;
mod scene;
mod server;
mod watcher;

use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tidyward_kit::db::testing::{Postgres, is_again};
use tokio::sync::watch;

use caller::Caller;
use ledger::Ledger;
use scene::Scene;
use server::Process;
use watcher::Watcher;

/// Who report and move issues at the same time, and show photos of them.
const CALLERS: usize = 32;
/// Who watch them meanwhile; one in two asks for pages.
const WATCHERS: usize = 4;

fn kills() -> usize {
    let told = std::env::var("TEST_KILLS").ok();
    told.map_or(10, |told| told.parse().expect("TEST_KILLS is a number"))
}

/// The seed of a test, said aloud so that a failure can be had again.
fn seed() -> u64 {
    let told = std::env::var("TEST_SEED").ok();
    let seed = told.map_or_else(rand::random, |told| {
        told.parse().expect("TEST_SEED is a number")
    });
    println!("TEST_SEED={seed}");
    seed
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_kills_of_the_server_on_sqlite() {
    if is_again() {
        return;
    }
    killed_server(Scene::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_kills_of_the_server_on_postgresql() {
    if is_again() {
        return;
    }
    let postgres = match Postgres::start(&[]) {
        Ok(postgres) => postgres,
        Err(why) => return println!("skipped: {why}"),
    };
    killed_server(Scene::on(&postgres).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_kills_of_postgresql() {
    if is_again() {
        return;
    }
    let mut postgres = match Postgres::start(&[]) {
        Ok(postgres) => postgres,
        Err(why) => return println!("skipped: {why}"),
    };
    let scene = Scene::on(&postgres).await;
    let seed = seed();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let process = Process::start(&scene);
    let (tell, told) = watch::channel(Some(process.channel()));
    let load = Load::start(&scene, seed, &told);
    for _ in 0..(kills() * 2 / 5).max(1) {
        pause(&mut random).await;
        postgres.kill();
        postgres.start_again();
        // The server goes on by itself, and so do its callers.
        load.goes_on().await;
        let ledger = Ledger::open(&scene.url()).await;
        ledger.is_whole().await;
        ledger.holds(&load.callers).await;
        ledger.holds_photos(&load.callers, &scene.objects()).await;
        ledger.close().await;
    }
    load.stop(tell).await.compare_with(&scene).await;
    drop(process);
}

/// Kills and starts the server again and again while everybody reports and moves.
async fn killed_server(scene: Scene) {
    let seed = seed();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut process = Process::start(&scene);
    let (tell, told) = watch::channel(Some(process.channel()));
    let load = Load::start(&scene, seed, &told);
    for _ in 0..kills() {
        load.goes_on().await;
        pause(&mut random).await;
        process.kill();
        tell.send_replace(None);
        // What the dead server left is looked at as it lies, before another one touches it.
        let ledger = Ledger::open(&scene.url()).await;
        ledger.is_whole().await;
        ledger.holds(&load.callers).await;
        ledger.holds_photos(&load.callers, &scene.objects()).await;
        ledger.close().await;
        process = Process::start(&scene);
        tell.send_replace(Some(process.channel()));
    }
    load.goes_on().await;
    load.stop(tell).await.compare_with(&scene).await;
    // A server that starts clears away what the one before left by half.
    let halves = tidyward_tests::half_written(&scene.objects());
    assert!(halves.is_empty(), "{halves:?}");
    drop(process);
}

/// At most most of a second, at least next to nothing.
async fn pause(random: &mut ChaCha8Rng) {
    let pause = Duration::from_millis(random.random_range(50..700));
    tokio::time::sleep(pause).await;
}

/// Everybody at work.
struct Load {
    callers: Vec<Caller>,
    work: tokio::task::JoinSet<()>,
    watchers: Vec<Watcher>,
    watches: tokio::task::JoinSet<()>,
}

/// What everybody was told, after the last of the callers has ended.
struct Told {
    callers: Vec<Caller>,
    watchers: Vec<Watcher>,
    /// The watchers still watch, and the server is there for them.
    watches: tokio::task::JoinSet<()>,
    _server: watch::Sender<Option<tonic::transport::Channel>>,
}

impl Load {
    fn start(
        scene: &Scene,
        seed: u64,
        server: &watch::Receiver<Option<tonic::transport::Channel>>,
    ) -> Load {
        let callers: Vec<Caller> = (0..CALLERS)
            .map(|number| Caller::new(seed, number, |subject| scene.token(subject)))
            .collect();
        let mut work = tokio::task::JoinSet::new();
        for caller in &callers {
            work.spawn(caller.clone().work(server.clone()));
        }
        let watchers = (0..WATCHERS).map(|number| {
            let token = scene.token(&format!("watcher-{number}"));
            Watcher::new(token, number % 2 == 1)
        });
        let watchers: Vec<Watcher> = watchers.collect();
        let mut watches = tokio::task::JoinSet::new();
        for watcher in &watchers {
            watches.spawn(watcher.clone().watch(server.clone()));
        }
        Load {
            callers,
            work,
            watchers,
            watches,
        }
    }

    /// Waits until everybody has been answered once more; the server is there again.
    async fn goes_on(&self) {
        let before: Vec<usize> = self.callers.iter().map(Caller::answers).collect();
        let until = Instant::now() + Duration::from_secs(60);
        for (caller, before) in self.callers.iter().zip(before) {
            while caller.answers() == before {
                assert!(Instant::now() < until, "nobody is answered any more");
                assert!(!caller.failed(), "a caller failed; see above");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// Lets everybody come to an end: what is on its way is tried until it is answered.
    async fn stop(mut self, server: watch::Sender<Option<tonic::transport::Channel>>) -> Told {
        for caller in &self.callers {
            caller.stop();
        }
        let ended = async {
            while let Some(ended) = self.work.join_next().await {
                ended.expect("every caller ends in order");
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(60), ended).await;
        ended.expect("whatever was asked is answered in the end");
        Told {
            callers: self.callers,
            watchers: self.watchers,
            watches: self.watches,
            _server: server,
        }
    }
}

impl Told {
    /// Everything that was told is there, and nothing else.
    async fn compare_with(mut self, scene: &Scene) {
        let ledger = Ledger::open(&scene.url()).await;
        ledger.is_whole().await;
        ledger.holds(&self.callers).await;
        ledger.holds_photos(&self.callers, &scene.objects()).await;
        ledger.holds_nothing_else(&self.callers).await;
        let happened = ledger.happened().await;
        ledger.close().await;
        for watcher in &self.watchers {
            watcher.was_told(&happened).await;
        }
        let failed = self.watches.try_join_next();
        assert!(failed.is_none(), "a watcher ended: {failed:?}");
        let answers: usize = self.callers.iter().map(Caller::answers).sum();
        let photos: usize = self.callers.iter().map(|one| one.photos().len()).sum();
        println!(
            "{answers} calls were acknowledged, {photos} photos among them; each of {WATCHERS} watchers was told {} events",
            happened.len()
        );
    }
}
