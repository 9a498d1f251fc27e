//! Everything hostile that a stranger may send for a rule, over the wire, to a server in a process of its own: each is given
//! its verdict in time and within bounds of memory, and another district does not notice.
//!
//! It is a program of its own because it measures: nothing else runs beside it.

mod case;
mod files;
mod manifests;
mod memory;
mod neighbour;
mod results;
mod running;
mod server;
mod sheet;
mod signatures;
mod sizes;
mod stranger;
mod table;
mod uploads;

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use tidyward_kit::peer::Peer;
use tidyward_proto::v1::rule_service_client::RuleServiceClient;
use tidyward_tests::Stack;

use case::Case;
use memory::Memory;
use neighbour::{BUSY, Neighbour};
use server::Process;
use stranger::{Ended, STRANGERS, Stranger};
use table::Row;

/// An item that has not ended by then is not waited for.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between so many stretches of the corpus the other district has the server to itself.
const STRETCHES: usize = 6;
/// How long it has.
const QUIET: Duration = Duration::from_secs(4);

fn cases() -> Vec<Case> {
    let mut cases = running::cases();
    cases.extend(results::cases());
    cases.extend(sizes::cases());
    cases.extend(files::cases());
    cases.extend(manifests::cases());
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_file_has_its_verdict_and_the_other_district_does_not_notice() {
    let cases = tokio::task::spawn_blocking(cases).await.expect("files");
    let stack = Stack::start().await;
    stack
        .district(STRANGERS, "Asia/Shanghai", "2020-01-01")
        .await;
    let review = neighbour::founded(&stack).await;
    signatures::registered(stack.rules(STRANGERS), stack.rules(BUSY)).await;
    let tokens = [STRANGERS, BUSY].map(|district| stack.admin(district));
    let folder = stack.stop().await;

    let server = Process::over(folder.path());
    let [stranger, busy] = tokens
        .map(|token| Peer::remote(server.channel(), &token).expect("a token that fits a header"));
    let mut stranger = Stranger(RuleServiceClient::new(stranger));
    let memory = Memory::of(server.id());
    let neighbour = Neighbour::begins(busy, &review);
    let mut rows = Vec::new();
    for stretch in cases.chunks(cases.len().div_ceil(STRETCHES)) {
        tokio::time::sleep(QUIET).await;
        neighbour.disturbed.store(true, Ordering::Relaxed);
        for case in stretch {
            rows.push(measured(&memory, &case.name, stranger.sends(case)).await);
        }
        neighbour.disturbed.store(false, Ordering::Relaxed);
    }
    tokio::time::sleep(QUIET).await;
    neighbour.disturbed.store(true, Ordering::Relaxed);
    for (name, forgery, expected) in signatures::FORGERIES {
        let item = signatures::tried(forgery, expected, &mut stranger);
        rows.push(measured(&memory, name, item).await);
    }
    for (name, trick) in uploads::TRICKS {
        rows.push(measured(&memory, name, uploads::played(trick, &mut stranger)).await);
    }
    neighbour.disturbed.store(false, Ordering::Relaxed);
    tokio::time::sleep(QUIET).await;
    let mut waited = neighbour.ends().await;
    table::print(&rows);
    let (quiet, disturbed) = (median(&mut waited.quiet), median(&mut waited.disturbed));
    println!(
        "a review takes {quiet:?} in the quiet (median of {}) and {disturbed:?} meanwhile (median of {})",
        waited.quiet.len(),
        waited.disturbed.len(),
    );
    let slowest = waited.asked.iter().max();
    println!(
        "{} calls for a grid, median {:?}, slowest {slowest:?}",
        waited.asked.len(),
        median(&mut waited.asked.clone()),
    );
    let wrong: Vec<String> = rows.iter().filter_map(Row::wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        disturbed <= quiet * 2,
        "{disturbed:?} is more than twice {quiet:?}"
    );
}

async fn measured(memory: &Memory, name: &str, item: impl Future<Output = Ended>) -> Row {
    let (measured, began) = (memory.begin(), Instant::now());
    let ended = tokio::time::timeout(PATIENCE, item).await;
    let took = began.elapsed();
    let ended = ended.unwrap_or_else(|_| Ended::of("nothing".to_owned(), false, &"no answer"));
    Row {
        name: name.to_owned(),
        verdict: ended.verdict,
        took,
        peak: measured.end(),
        wrong: ended.wrong,
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
