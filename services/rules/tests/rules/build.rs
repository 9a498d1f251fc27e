//! Makes components for the tests: a small rule in WebAssembly text with places to make it misbehave.

use std::sync::LazyLock;

use tidyward_rules::component::assemble;
use tidyward_rules::gate::{Candidate, GateLimits, Refusal, inspect};
use tidyward_rules::host::{Host, HostSettings, Rule};
use tidyward_rules::score::Facts;

/// One input, one criterion from -1000 to 1000 points, one message.
pub const MANIFEST: &str = r#"
id = "test"
version = "1.0.0"
title = { zh = "测试", en = "Test" }
direction = "higher-is-better"
range = { min = "-1000", max = "1000" }
inputs = ["metric.value"]
[[criteria]]
id = "value"
min = "-1000"
max = "1000"
title = { zh = "值", en = "Value" }
clause = "The value as it is."
[[messages]]
id = "said"
text = { zh = "{0}", en = "{0}" }
"#;

/// The input that makes a misbehaving rule misbehave.
pub const BAD: i64 = 7;

/// Places in the result: pointer and length of each list lie side by side.
pub const RESULT: u32 = 16;

/// The parts of the test rule that a test can replace.
pub struct Parts<'a> {
    /// Definitions of the module's own.
    pub module: &'a str,
    /// Leaves the row's item on the stack; `$value` is its input, `$row` its index.
    pub row: &'a str,
    /// Runs when all rows are done and one of them was [`BAD`]; the result lies at [`RESULT`].
    pub when_bad: &'a str,
}

impl Default for Parts<'_> {
    fn default() -> Self {
        Self {
            module: "",
            row: "(local.get $value)",
            when_bad: "",
        }
    }
}

/// The core module: by default the item is the input.
pub fn core_module(parts: &Parts) -> Vec<u8> {
    let text = TEMPLATE
        .replace("$MODULE", parts.module)
        .replace("$ROW", parts.row)
        .replace("$WHEN_BAD", parts.when_bad);
    wat::parse_str(text).expect("the test's module is valid text")
}

pub fn component(parts: &Parts, manifest: &str) -> Vec<u8> {
    assemble(&core_module(parts), manifest).expect("the test's module can be packed")
}

/// A component from its own text, with the manifest.
pub fn component_of(text: &str, manifest: &str) -> Vec<u8> {
    let component = wat::parse_str(text).expect("the test's component is valid text");
    tidyward_rules::component::with_manifest(component, manifest)
}

/// Every fact but one is known.
pub fn known_fact(name: &str) -> bool {
    name != "issues.imagined"
}

pub fn passes(bytes: &[u8]) -> Candidate {
    inspect(bytes, &GateLimits::default(), &known_fact)
        .unwrap_or_else(|refusal| panic!("refused: {refusal}"))
}

pub fn refused(bytes: &[u8]) -> Refusal {
    inspect(bytes, &GateLimits::default(), &known_fact).expect_err("the gate refuses it")
}

/// One host for all tests, as there is one in a process.
pub static HOST: LazyLock<Host> = LazyLock::new(|| {
    let settings = HostSettings {
        memory_bytes: 8 * 1024 * 1024,
        ..HostSettings::default()
    };
    Host::new(settings).expect("the host starts")
});

pub fn rule(parts: &Parts) -> Rule {
    rule_with(parts, MANIFEST)
}

pub fn rule_with(parts: &Parts, manifest: &str) -> Rule {
    compile(&component(parts, manifest))
}

pub fn compile(bytes: &[u8]) -> Rule {
    HOST.compile(&passes(bytes)).expect("the rule compiles")
}

/// Rows of one input.
pub fn facts(values: &[i64]) -> Facts {
    Facts {
        rows: values.len(),
        inputs: values.to_vec(),
        ..Facts::default()
    }
}

const TEMPLATE: &str = r#"
(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (global $bad (mut i32) (i32.const 0))
  (func $allocate (param $bytes i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get $bytes)))
    (block $enough
      (br_if $enough (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $bytes) (i32.const 16))))))
    (local.get $at))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (call $allocate (local.get 3)))
  $MODULE
  (func $score (export "tidyward:rules/scoring@1.0.0#score") (param $arguments i32) (result i32)
    (local $rows i32) (local $inputs i32) (local $items i32) (local $stars i32) (local $row i32) (local $value i64)
    (local.set $rows (i32.load offset=8 (local.get $arguments)))
    (local.set $inputs (i32.load offset=12 (local.get $arguments)))
    (local.set $items (call $allocate (i32.shl (local.get $rows) (i32.const 3))))
    (local.set $stars (call $allocate (local.get $rows)))
    (memory.fill (local.get $stars) (i32.const 255) (local.get $rows))
    (i32.store (i32.const 20) (local.get $items))
    (i32.store (i32.const 24) (local.get $rows))
    (i32.store (i32.const 28) (local.get $stars))
    (i32.store (i32.const 32) (local.get $rows))
    (block $done
      (loop $next_row
        (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
        (local.set $value (i64.load (i32.add (local.get $inputs) (i32.shl (local.get $row) (i32.const 3)))))
        (if (i64.eq (local.get $value) (i64.const 7)) (then (global.set $bad (i32.const 1))))
        (i64.store (i32.add (local.get $items) (i32.shl (local.get $row) (i32.const 3))) $ROW)
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next_row)))
    (if (global.get $bad) (then $WHEN_BAD))
    (i32.const 16)))
"#;
