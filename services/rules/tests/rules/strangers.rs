//! Rules that nobody thought of: modules made at random in a rule's shape, and the rules that come with the server with
//! bytes changed. Each is refused, or compiled and tried; none makes the gate, the compiler or the host panic or hang, and
//! what is let in scores the same twice.
//!
//! `TEST_STRANGERS` is how many there are of either kind, 300 where nothing is said. They are the same each time.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, Instant},
};

use arbitrary::Unstructured;
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tidyward_rules::{
    builtin::BUILTIN,
    component::{assemble, with_manifest},
    gate::{GateLimits, inspect},
    score::Scores,
    trial::{Trial, TrialError, steady},
};
use wasm_smith::{Config, Module};

use crate::build::{HOST, MANIFEST, Parts, core_module, facts, known_fact};

/// Small, for most of what is made at random goes on until there is none left.
const FUEL: u64 = 100_000;
/// Nothing takes so long, whatever it is.
const LONGEST: Duration = Duration::from_secs(20);

fn strangers() -> u64 {
    let told = std::env::var("TEST_STRANGERS").ok();
    told.map_or(300, |told| {
        told.parse().expect("TEST_STRANGERS is a number")
    })
}

/// What became of them, by the reason.
#[derive(Default)]
struct Tally(BTreeMap<String, usize>);

impl Tally {
    fn count(&mut self, ended: &str) {
        *self.0.entry(ended.to_owned()).or_default() += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (ended, count) in &self.0 {
            write!(formatter, " {ended} {count};")?;
        }
        Ok(())
    }
}

/// The whole way of a file; how it ended in one word.
fn goes_through(bytes: &[u8]) -> String {
    let candidate = match inspect(bytes, &GateLimits::default(), &known_fact) {
        Ok(candidate) => candidate,
        Err(refusal) => {
            assert!(!refusal.message.is_empty());
            return refusal.reason.code().to_lowercase();
        }
    };
    let rule = match HOST.compile(&candidate) {
        Ok(rule) => rule,
        Err(error) => return format!("not compiled ({error})"),
    };
    let parameters = rule.manifest().parameters(&BTreeMap::new());
    let parameters = parameters.expect("a manifest's own parameters fit it");
    let inputs = rule.manifest().inputs.len();
    let mut rows = facts(&(0..8 * inputs as i64).collect::<Vec<_>>());
    rows.rows = 8;
    let score = || rule.score_chunk(&parameters, &rows, FUEL);
    assert!(same(&score(), &score()), "it scores otherwise each time");
    match steady(&Trial::new(&rule, &parameters, FUEL)) {
        Ok(()) => "accepted".to_owned(),
        Err(TrialError::Refused(refusal)) => refusal.reason.code().to_lowercase(),
        Err(TrialError::Run(error)) => panic!("it is the machine's fault: {error}"),
    }
}

fn same<E: PartialEq>(one: &Result<Scores, E>, other: &Result<Scores, E>) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one == other,
        (Err(one), Err(other)) => one == other,
        _ => false,
    }
}

/// Sends each on its way and prints what became of them.
fn all(kind: &str, made: impl Fn(u64) -> Option<Vec<u8>>) -> Tally {
    let mut tally = Tally::default();
    for number in 0..strangers() {
        let Some(bytes) = made(number) else {
            tally.count("not packed");
            continue;
        };
        let began = Instant::now();
        let ended = goes_through(&bytes);
        let took = began.elapsed();
        assert!(took < LONGEST, "{kind} {number}: {took:?}, {ended}");
        tally.count(&ended);
    }
    println!("{} {kind}:{tally}", strangers());
    tally
}

/// A module made at random: in three of four with a rule's exports, and now and then with more of everything than is let in.
fn random_module(number: u64) -> Option<Vec<u8>> {
    let mut random = ChaCha8Rng::seed_from_u64(number);
    let mut seed = vec![0; random.random_range(200..6_000)];
    random.fill_bytes(&mut seed);
    let shaped = !number.is_multiple_of(4);
    let config = Config {
        exports: shaped.then(|| core_module(&Parts::default())),
        // The one that a rule exports is there already.
        max_memories: usize::from(!shaped),
        max_memory32_bytes: 16 * 65_536,
        max_imports: usize::from(number.is_multiple_of(16)),
        min_funcs: 1,
        max_funcs: 20,
        allow_start_export: number.is_multiple_of(8),
        allow_floats: number.is_multiple_of(3),
        // What rules do not have, for some.
        simd_enabled: number.is_multiple_of(10),
        relaxed_simd_enabled: number.is_multiple_of(20),
        tail_call_enabled: number.is_multiple_of(11),
        exceptions_enabled: number.is_multiple_of(13),
        gc_enabled: number.is_multiple_of(17),
        memory64_enabled: number.is_multiple_of(19),
        threads_enabled: false,
        multi_value_enabled: true,
        bulk_memory_enabled: true,
        reference_types_enabled: number.is_multiple_of(9),
        wide_arithmetic_enabled: number.is_multiple_of(7),
        ..Config::default()
    };
    let module = Module::new(config, &mut Unstructured::new(&seed)).ok()?;
    let module = module.to_bytes();
    let manifest = match number.is_multiple_of(3) {
        true => MANIFEST.replace("inputs =", "floats = \"ieee\"\ninputs ="),
        false => MANIFEST.to_owned(),
    };
    if shaped && let Ok(rule) = assemble(&module, &manifest) {
        return Some(rule);
    }
    // As it is, in a component that exports nothing of it.
    let mut component = wasm_encoder::Component::new();
    let section = wasm_encoder::RawSection {
        id: 1,
        data: &module,
    };
    component.section(&section);
    Some(with_manifest(component.finish(), &manifest))
}

/// One of the server's own rules with some of its bytes changed, moved, doubled, left out, or taken from another.
fn changed_rule(number: u64) -> Option<Vec<u8>> {
    let mut random = ChaCha8Rng::seed_from_u64(1 << 32 | number);
    let pick = |random: &mut ChaCha8Rng| BUILTIN[random.random_range(0..BUILTIN.len())].bytes;
    let mut rule = pick(&mut random).to_vec();
    for _ in 0..random.random_range(1..4) {
        let at = random.random_range(8..rule.len());
        let length = random.random_range(1..=64).min(rule.len() - at);
        match random.random_range(0..7) {
            0 => rule[at] ^= 1 << random.random_range(0..8),
            1 => rule[at] = random.random(),
            2 => {
                let other = random.random_range(8..rule.len());
                rule.swap(at, other);
            }
            3 => drop(rule.drain(at..at + length)),
            4 => {
                let mut bytes = vec![0; length];
                random.fill_bytes(&mut bytes);
                rule.splice(at..at, bytes);
            }
            5 => {
                let part = rule[at..at + length].to_vec();
                rule.splice(at..at, part);
            }
            _ => {
                let other = pick(&mut random);
                let from = random.random_range(8..other.len());
                let end = (from + length).min(other.len());
                rule.splice(at..at + length, other[from..end].iter().copied());
            }
        }
    }
    Some(rule)
}

#[test]
fn modules_made_at_random_are_refused_or_score_the_same_each_time() {
    let tally = all("modules made at random", random_module);
    assert!(tally.0.len() > 3, "they are all alike:{tally}");
}

#[test]
fn rules_with_changed_bytes_are_refused_or_score_the_same_each_time() {
    let tally = all("rules with changed bytes", changed_rule);
    assert!(tally.0.contains_key("malformed"), "{tally}");
}
