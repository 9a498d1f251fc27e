//! What an area costs by the engine that scores it: one rule of twelve facts and five criteria as native Rust, as the
//! component that the real host runs with all its safety on, and as a script of three other engines.
//!
//! `cargo bench --manifest-path tests/engines/Cargo.toml` compares all of them with the native results, value by value, then
//! measures on one thread. After a change of the rule or of the SDK, `plugins/build tests/engines/rule` builds the component.
//!
//! Everyone begins with the same columns of integers in memory and ends with such columns; what lies between is measured,
//! handing over included. Scripts are compiled once and keep their state from chunk to chunk without any limit, which is
//! in their favour; the host makes a fresh instance for each chunk. The engines take turns in rounds and the best round of
//! each counts, so that what else the machine does hits all alike.

mod engines {
    pub mod chunks;
    pub mod component;
    pub mod facts;
    pub mod luau;
    pub mod native;
    pub mod quickjs;
    pub mod rhai;
    pub mod turns;
}
#[path = "../../benches/speed/figure.rs"]
mod figure;

use engines::{component, facts, luau, native, quickjs, rhai, turns};
use figure::Figure;
use tidyward_rule_standard::Standard;
use tidyward_rule_twelve::Twelve;
use turns::Engine;

/// As the server has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let host = component::host();
    let twelve = component::rule(&host, include_bytes!("../rule/twelve.wasm"));
    let facts = facts::twelve();
    let mut engines = [
        Engine::new("native Rust", || native::items::<Twelve>(&facts)),
        Engine::new("WebAssembly, fresh instance a chunk", || {
            component::items(&twelve, &facts)
        }),
        Engine::new("Luau", luau::interpreted(&facts)),
        Engine::new("Luau, compiled to machine code", luau::compiled(&facts)),
        Engine::new("QuickJS", quickjs::items(&facts)),
        Engine::new("rhai", rhai::items(&facts)),
    ];
    turns::take(&mut engines);
    turns::print("a rule of 12 facts and 5 criteria", &engines);

    let [native, wasm, luau, luau_compiled, quickjs, rhai] = engines.map(|engine| engine.best);
    let interpreted = luau.min(quickjs).min(rhai);
    println!();
    figure::print(&[
        Figure::at_most(
            "WebAssembly, fresh instance a chunk: an area",
            wasm,
            "ns",
            30.0,
        ),
        Figure::at_most(
            "WebAssembly against native Rust",
            wasm / native,
            "times",
            3.0,
        ),
        Figure::at_least(
            "WebAssembly against the fastest interpreter: faster",
            interpreted / wasm,
            "times",
            5.0,
        ),
        Figure::bare(
            "WebAssembly against Luau as machine code: faster",
            luau_compiled / wasm,
            "times",
        ),
    ]);

    // What a shipped rule costs, notes included; the scripts have no version of it.
    let standard = component::rule(&host, component::builtin("standard"));
    let facts = facts::standard();
    let mut engines = [
        Engine::new("native Rust", || native::items::<Standard>(&facts)),
        Engine::new("WebAssembly, fresh instance a chunk", || {
            component::items(&standard, &facts)
        }),
    ];
    turns::take(&mut engines);
    println!();
    turns::print(
        "the standard rule: 21 facts, 6 criteria and notes",
        &engines,
    );
}
