//! What the server takes, looked at every second: memory, files, threads and connections.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{asking::World, server::Process};

/// How much more memory the last quarter may take than the first, or less.
const MOST_CHANGE: f64 = 0.10;

#[derive(Clone, Copy)]
struct Sample {
    memory_kib: u64,
    files: u64,
    threads: u64,
    connections: u64,
}

/// All samples but those of the warm-up.
#[derive(Default)]
pub struct Samples(Vec<Sample>);

impl Samples {
    pub async fn take(&mut self, world: &World, server: &Process, from: Instant, ends: Instant) {
        let began = Instant::now();
        let mut tick = interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut looks = 0;
        while Instant::now() < ends {
            tick.tick().await;
            let sample = Sample {
                memory_kib: server.status("VmRSS"),
                files: server.open().len() as u64,
                threads: server.status("Threads"),
                connections: server.connections() as u64,
            };
            if Instant::now() >= from {
                self.0.push(sample);
            }
            if looks % 30 == 0 {
                let seconds = began.elapsed().as_secs();
                let answers = world.tally.answers();
                println!(
                    "{seconds:>5} s {:>6.1} MiB {:>4} files {:>3} threads {:>3} connections {answers:>8} answers",
                    mebibytes(sample.memory_kib),
                    sample.files,
                    sample.threads,
                    sample.connections,
                );
            }
            looks += 1;
        }
    }

    /// Prints the first quarter beside the last, and says whether memory was flat.
    pub fn verdict(&self) -> Vec<String> {
        let quarter = self.0.len() / 4;
        if quarter == 0 {
            return vec!["there are too few samples for a verdict".to_owned()];
        }
        let (first, last) = (&self.0[..quarter], &self.0[self.0.len() - quarter..]);
        println!(
            "{:<24} {:>12} {:>12}",
            "median of", "first quarter", "last quarter"
        );
        let row = |what: &str, of: fn(&Sample) -> u64| {
            let (first, last) = (median(first, of), median(last, of));
            println!("{what:<24} {first:>12} {last:>12}");
            (first, last)
        };
        let (first, last) = row("memory, KiB", |sample| sample.memory_kib);
        row("open files", |sample| sample.files);
        row("threads", |sample| sample.threads);
        row("connections", |sample| sample.connections);
        let change = last as f64 / first as f64 - 1.0;
        println!(
            "memory: {:.1} MiB, then {:.1} MiB, {:+.1} %; limit 10 %",
            mebibytes(first),
            mebibytes(last),
            change * 100.0
        );
        if change.abs() <= MOST_CHANGE {
            return Vec::new();
        }
        vec![format!("memory changed by {:+.1} %", change * 100.0)]
    }
}

fn mebibytes(kib: u64) -> f64 {
    kib as f64 / 1_024.0
}

fn median(samples: &[Sample], of: fn(&Sample) -> u64) -> u64 {
    let mut values: Vec<u64> = samples.iter().map(of).collect();
    values.sort_unstable();
    values[values.len() / 2]
}
