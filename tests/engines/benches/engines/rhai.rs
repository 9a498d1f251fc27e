//! The rule in rhai, which counts in 64-bit integers. It has no typed arrays, and one call an area is faster than a script
//! that goes through arrays of values.

use rhai::{AST, Array, Dynamic, Engine, OptimizationLevel, Scope};
use tidyward_rules::points::ABSENT;
use tidyward_rules::score::Facts;

use super::chunks::CRITERIA;

pub fn items(facts: &Facts) -> impl FnMut() -> Vec<i64> {
    let mut engine = Engine::new_raw();
    engine.set_optimization_level(OptimizationLevel::Full);
    engine.set_fast_operators(true);
    let script = engine.compile(include_str!("twelve.rhai"));
    let script = script.expect("the script compiles");
    move || scored(facts, &engine, &script)
}

fn scored(facts: &Facts, engine: &Engine, script: &AST) -> Vec<i64> {
    let mut all = vec![0; CRITERIA * facts.rows];
    let mut scope = Scope::new();
    let columns: Vec<&[i64]> = facts.inputs.chunks_exact(facts.rows).collect();
    for row in 0..facts.rows {
        let mut arguments = vec![Dynamic::from_int(ABSENT)];
        arguments.extend(columns.iter().map(|column| Dynamic::from_int(column[row])));
        let items: Array = engine
            .call_fn(&mut scope, script, "score", arguments)
            .expect("the script runs");
        for (criterion, item) in items.iter().enumerate() {
            all[criterion * facts.rows + row] = item.as_int().expect("an integer");
        }
    }
    all
}
