//! How fast the ledger is, each figure beside its limit and beside what the same database does bare, in the same run.
//!
//! `cargo bench -p tidyward-tests` measures all of it on SQLite with `synchronous=FULL`; a name after `--` measures one:
//! `reports`, `crowd`, `postgres`, `reads`, `imports`, `lists`, `rules`, `watch`; `SPEED_ROWS=50000` makes imports and lists smaller.
//! Callers and server share the machine, and every call goes over loopback.

#[path = "speed/bare.rs"]
mod bare;
#[path = "speed/figure.rs"]
mod figure;
#[path = "speed/load.rs"]
mod load;
#[path = "speed/rules.rs"]
mod rules;
#[path = "speed/watch.rs"]
mod watch;
#[path = "speed/work.rs"]
mod work;

use figure::Figure;

#[tokio::main]
async fn main() {
    // Cargo adds `--bench`.
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let mut figures: Vec<Figure> = Vec::new();
    if wants("reports") {
        figures.extend(work::reports().await);
    }
    if wants("crowd") {
        figures.extend(work::crowd().await);
    }
    if wants("postgres") {
        figures.extend(work::postgres().await);
    }
    if wants("reads") {
        figures.extend(work::reads().await);
    }
    if wants("imports") {
        figures.extend(work::imports().await);
    }
    if wants("lists") {
        figures.extend(work::lists().await);
    }
    if wants("rules") {
        figures.extend(rules::rules().await);
    }
    if wants("watch") {
        figures.extend(watch::watch().await);
    }
    figure::print(&figures);
}
