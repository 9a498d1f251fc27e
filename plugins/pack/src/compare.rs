//! Two builds of a rule are held against each other by what they compute: compilers differ in bytes and must not in scores.

use std::fs;

use tidyward_rules::gate::{Candidate, GateLimits, Refusal};
use tidyward_rules::golden;
use tidyward_rules::host::{Host, HostSettings, Rule};
use tidyward_rules::manifest::Manifest;
use tidyward_rules::points::ABSENT;
use tidyward_rules::score::{Facts, Row, RunError, RunSettings, Scores};
use tidyward_rules::trial;

/// Random rows for each set of parameters.
const ROWS: usize = 5_000;

/// Where the random facts begin; every comparison sees the same ones.
const SEED: u64 = 0x7469_6479_7761_7264;

pub fn inspect(component: &[u8]) -> Result<Candidate, Refusal> {
    tidyward_rules::gate::inspect(component, &GateLimits::default(), &|_| true)
}

pub fn compare(committed: &str, rebuilt: &str, golden: &str) -> Result<String, String> {
    let host = Host::new(HostSettings::default()).map_err(|error| error.to_string())?;
    let (left, right) = (load(&host, committed)?, load(&host, rebuilt)?);
    let manifest = left.manifest();
    if manifest.source != right.manifest().source {
        return Err(format!(
            "{committed} and {rebuilt} have different manifests: run plugins/build {}",
            manifest.id
        ));
    }
    let table = fs::read_to_string(golden).map_err(|error| format!("{golden}: {error}"))?;
    let rows = golden::parse(manifest, &table).map_err(|error| format!("{golden}: {error}"))?;
    for row in &rows {
        same(&left, &right, &row.parameters, &row.facts)
            .map_err(|error| format!("{golden} line {}: {error}", row.line))?;
    }
    for parameters in parameter_sets(manifest) {
        same(&left, &right, &parameters, &random_facts(manifest))?;
    }
    let bytes = if left.digest() == right.digest() {
        "the same bytes"
    } else {
        "other bytes"
    };
    Ok(format!(
        "{}: the same scores on {} golden and {ROWS} random rows for each set of parameters; {bytes}",
        manifest.id,
        rows.len()
    ))
}

fn load(host: &Host, path: &str) -> Result<Rule, String> {
    let bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let candidate = inspect(&bytes).map_err(|refusal| format!("{path}: {refusal}"))?;
    host.compile(&candidate)
        .map_err(|error| format!("{path}: {error}"))
}

fn same(left: &Rule, right: &Rule, parameters: &[i64], facts: &Facts) -> Result<(), String> {
    let run = |rule: &Rule| {
        rule.score(parameters, facts, &RunSettings::default(), &|_| {})
            .map(comparable)
    };
    match (run(left), run(right)) {
        (Ok(left), Ok(right)) if left == right => Ok(()),
        (Err(left), Err(right)) if left == right => Ok(()),
        (Err(RunError::Host(error)), _) | (_, Err(RunError::Host(error))) => Err(error),
        (Ok(left), Ok(right)) => Err(format!(
            "the two builds give different scores, first in row {}",
            first_difference(&left, &right)
        )),
        (left, right) => Err(format!(
            "one build scores and the other does not: {:?} and {:?}",
            left.err(),
            right.err()
        )),
    }
}

/// What a digest of scores covers: fuel and the engine's words are left out.
fn comparable(mut scores: Scores) -> Scores {
    scores.fuel.clear();
    for failure in &mut scores.failures {
        failure.message.clear();
    }
    scores
}

fn first_difference(left: &Scores, right: &Scores) -> usize {
    let criteria = left.items.len().checked_div(left.rows).unwrap_or(0);
    let differs = |row: &usize| {
        (0..criteria).any(|criterion| left.item(criterion, *row) != right.item(criterion, *row))
    };
    (0..left.rows).find(differs).unwrap_or(0)
}

/// The defaults, and every parameter at both of its ends.
fn parameter_sets(manifest: &Manifest) -> Vec<Vec<i64>> {
    let defaults: Vec<i64> = manifest
        .parameters
        .iter()
        .map(|parameter| parameter.default)
        .collect();
    let mut sets = vec![defaults.clone()];
    for (index, parameter) in manifest.parameters.iter().enumerate() {
        for end in [parameter.min, parameter.max] {
            let mut set = defaults.clone();
            set[index] = end;
            sets.push(set);
        }
    }
    sets
}

fn random_facts(manifest: &Manifest) -> Facts {
    let mut state = SEED;
    let mut inputs = || {
        let inputs = manifest.inputs.iter();
        inputs.map(|_| random_fact(&mut state)).collect()
    };
    // The rounds are those of the rows that a trial makes up, again and again.
    let made_up = trial::made_up(manifest);
    let rows: Vec<Row> = (0..ROWS)
        .map(|row| Row {
            inputs: inputs(),
            issues: made_up[row % made_up.len()].issues.clone(),
        })
        .collect();
    Facts::of_rows(manifest, rows.iter())
}

/// Mostly small counts, some absent, some large, some extreme.
fn random_fact(state: &mut u64) -> i64 {
    let number = next(state);
    let value = (next(state) >> 1) as i64;
    match number % 16 {
        0 => ABSENT,
        1 => 0,
        2 => value % 1_000_000,
        3 => [i64::MAX, ABSENT + 1, -1][(value % 3) as usize],
        4..=9 => value % 10,
        _ => value % 200,
    }
}

/// The splitmix64 sequence: fixed, so that no generator's version can change what is compared.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
