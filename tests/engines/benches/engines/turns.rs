//! Engines take turns: the best round of each counts.

use std::hint::black_box;
use std::time::Instant;

use super::facts::ROWS;

const ROUNDS: usize = 15;

/// One way to score all areas.
pub struct Engine<'f> {
    name: &'static str,
    /// Every criterion for all rows, the first criterion first.
    items: Box<dyn FnMut() -> Vec<i64> + 'f>,
    /// Nanoseconds an area.
    pub best: f64,
}

impl<'f> Engine<'f> {
    pub fn new(name: &'static str, items: impl FnMut() -> Vec<i64> + 'f) -> Engine<'f> {
        let items = Box::new(items);
        let best = f64::INFINITY;
        Engine { name, items, best }
    }
}

/// Measures all of them, once each has given what the first one gives.
pub fn take(engines: &mut [Engine]) {
    let expected = (engines[0].items)();
    for engine in engines.iter_mut() {
        same(engine.name, &(engine.items)(), &expected);
    }
    for _ in 0..ROUNDS {
        for engine in engines.iter_mut() {
            let started = Instant::now();
            black_box((engine.items)());
            let nanoseconds = started.elapsed().as_nanos() as f64 / ROWS as f64;
            engine.best = engine.best.min(nanoseconds);
        }
    }
}

fn same(name: &str, given: &[i64], expected: &[i64]) {
    assert_eq!(given.len(), expected.len(), "{name}: so many items");
    let differs = |index: &usize| given[*index] != expected[*index];
    if let Some(index) = (0..expected.len()).find(differs) {
        panic!(
            "{name}: criterion {} of row {} is {} and should be {}",
            index / ROWS,
            index % ROWS,
            given[index],
            expected[index]
        );
    }
}

/// The first engine is the native one, the second the host.
pub fn print(title: &str, engines: &[Engine]) {
    println!(
        "{title:<62} {:>12} {:>14} {:>18}",
        "ns an area", "times native", "times WebAssembly"
    );
    for engine in engines {
        println!(
            "{:<62} {:>12.1} {:>14.2} {:>18.2}",
            engine.name,
            engine.best,
            engine.best / engines[0].best,
            engine.best / engines[1].best
        );
    }
}
