//! The rule in Luau, interpreted and compiled to machine code; columns are buffers, the language's typed memory.

use mlua::chunk::Compiler;
use mlua::{Buffer, Function, Lua};
use tidyward_rules::score::{CHUNK_ROWS, Facts};

use super::chunks::{CRITERIA, chunks, columns, place};

pub fn interpreted(facts: &Facts) -> impl FnMut() -> Vec<i64> {
    let script = Script::new(facts, false);
    move || script.items(facts)
}

pub fn compiled(facts: &Facts) -> impl FnMut() -> Vec<i64> {
    let script = Script::new(facts, true);
    move || script.items(facts)
}

struct Script {
    score: Function,
    inputs: Buffer,
    items: Buffer,
    /// What the others live in.
    _lua: Lua,
}

impl Script {
    fn new(facts: &Facts, machine_code: bool) -> Script {
        let lua = Lua::new();
        // Only where nobody can replace `buffer` is it called without looking it up.
        lua.sandbox(true).expect("a sandbox");
        lua.enable_jit(machine_code);
        let compiler = Compiler::new()
            .set_optimization_level(2)
            .set_debug_level(0)
            .set_type_info_level(1);
        let chunk = lua.load(include_str!("twelve.luau"));
        let score = chunk.set_compiler(compiler).eval();
        let buffer = |count: usize| {
            let bytes = count * CHUNK_ROWS * size_of::<f64>();
            lua.create_buffer_with_capacity(bytes).expect("memory")
        };
        Script {
            score: score.expect("the script compiles"),
            inputs: buffer(facts.inputs.len() / facts.rows),
            items: buffer(CRITERIA),
            _lua: lua,
        }
    }

    fn items(&self, facts: &Facts) -> Vec<i64> {
        let mut all = vec![0; CRITERIA * facts.rows];
        let mut bytes = Vec::new();
        for rows in chunks(facts.rows) {
            bytes.clear();
            for column in columns(facts, rows.clone()) {
                bytes.extend(column.iter().map(|fact| (*fact as f64).to_le_bytes()));
            }
            self.inputs.write_bytes(0, bytes.as_flattened());
            let arguments = (&self.inputs, &self.items, rows.len());
            self.score.call::<()>(arguments).expect("the script runs");
            let given = self.items.to_vec();
            let (given, _) = given.as_chunks();
            place(&mut all, facts.rows, rows, given, |bytes| {
                f64::from_le_bytes(bytes) as i64
            });
        }
        all
    }
}
