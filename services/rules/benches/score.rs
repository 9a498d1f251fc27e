//! How long a row takes: the embedded rules through the real host, by chunks, on one thread and on all.
//!
//! `cargo bench -p tidyward-rules` prints nanoseconds for each row.

use std::time::Instant;

use tidyward_rules::builtin::BUILTIN;
use tidyward_rules::gate::{GateLimits, inspect};
use tidyward_rules::host::{Host, HostSettings, Rule};
use tidyward_rules::score::{Facts, RunSettings};

const ROWS: usize = 400_000;

fn main() {
    let host = Host::new(HostSettings::default()).expect("the host starts");
    for builtin in BUILTIN {
        let started = Instant::now();
        let candidate = inspect(builtin.bytes, &GateLimits::default(), &|_| true)
            .expect("an embedded rule passes");
        let inspected = started.elapsed();
        let rule = host.compile(&candidate).expect("an embedded rule compiles");
        println!(
            "{}: gate {inspected:?}, compile {:?}",
            builtin.id,
            started.elapsed() - inspected
        );
        let facts = facts(rule.manifest().inputs.len());
        let parameters = rule
            .manifest()
            .parameters(&Default::default())
            .expect("defaults are in range");
        let threads = RunSettings::default().threads;
        for run in [1, threads].map(|threads| RunSettings {
            threads,
            ..RunSettings::default()
        }) {
            measure(&rule, &parameters, &facts, &run);
        }
    }
}

fn measure(rule: &Rule, parameters: &[i64], facts: &Facts, run: &RunSettings) {
    let best = (0..5).map(|_| {
        let started = Instant::now();
        let scores = rule
            .score(parameters, facts, run, &|_| {})
            .expect("the rule scores");
        assert_eq!(scores.rows, ROWS);
        started.elapsed()
    });
    let best = best.min().unwrap_or_default();
    println!(
        "  {} threads: {:.1} ns a row",
        run.threads,
        best.as_nanos() as f64 / ROWS as f64
    );
}

/// Counts as a good area has them, no two rows alike.
fn facts(inputs: usize) -> Facts {
    let inputs = (0..inputs * ROWS)
        .map(|index| (index as i64 * 7_919) % 50 + 1)
        .collect();
    Facts {
        rows: ROWS,
        inputs,
        ..Facts::default()
    }
}
