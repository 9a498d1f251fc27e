//! A small rule in WebAssembly text, with places where a stranger puts what it has in mind.

use tidyward_rules::component::{assemble, with_manifest};

/// One input, and one criterion from -1000 to 1000 points.
pub const MANIFEST: &str = r#"
id = "strange"
version = "1.0.0"
title = { zh = "怪", en = "Strange" }
direction = "higher-is-better"
range = { min = "-1000", max = "1000" }
inputs = ["metric.value"]
[[criteria]]
id = "value"
min = "-1000"
max = "1000"
title = { zh = "值", en = "Value" }
clause = "As it comes."
[[messages]]
id = "said"
text = { zh = "{0}", en = "{0}" }
"#;

/// Where the result lies: two words for each of seven lists come behind the first, which says that all is well.
pub const RESULT: u32 = 1024;

/// The parts of the rule.
pub struct Sheet<'a> {
    /// Pages of memory.
    pub pages: u32,
    /// What the module has of its own.
    pub definitions: &'a str,
    /// Leaves the item of `$row`, whose input is `$value`, on the stack.
    pub item: &'a str,
    /// Comes behind the last row.
    pub result: &'a str,
}

impl Default for Sheet<'_> {
    fn default() -> Self {
        Sheet {
            pages: 16,
            definitions: "",
            item: "(i64.const 0)",
            result: "",
        }
    }
}

impl Sheet<'_> {
    pub fn module(&self) -> Vec<u8> {
        let text = MODULE
            .replace("PAGES", &self.pages.to_string())
            .replace("DEFINITIONS", self.definitions)
            .replace("ITEM", self.item)
            .replace("RESULT_AT", &RESULT.to_string())
            .replace("RESULT", self.result);
        wat::parse_str(text).expect("the stranger's module is valid text")
    }

    pub fn rule(&self) -> Vec<u8> {
        self.rule_with(MANIFEST)
    }

    pub fn rule_with(&self, manifest: &str) -> Vec<u8> {
        assemble(&self.module(), manifest).expect("the stranger's module can be packed")
    }
}

/// A rule with that item in each row.
pub fn item(item: &str) -> Vec<u8> {
    Sheet {
        item,
        ..Sheet::default()
    }
    .rule()
}

/// A rule whose module has definitions of its own.
pub fn with(definitions: &str) -> Vec<u8> {
    Sheet {
        definitions,
        ..Sheet::default()
    }
    .rule()
}

/// A rule that changes its result when all rows are done.
pub fn result(result: &str) -> Vec<u8> {
    Sheet {
        result,
        ..Sheet::default()
    }
    .rule()
}

/// A component of that text, with the manifest.
pub fn component(text: &str) -> Vec<u8> {
    let component = wat::parse_str(text).expect("the stranger's component is valid text");
    with_manifest(component, MANIFEST)
}

const MODULE: &str = r#"
(module
  (memory (export "memory") PAGES)
  (global $free (mut i32) (i32.const 8192))
  (func $room (param $bytes i32) (result i32)
    (global.get $free)
    (global.set $free
      (i32.and (i32.add (i32.add (global.get $free) (local.get $bytes)) (i32.const 7)) (i32.const -8))))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (call $room (local.get 3)))
  DEFINITIONS
  (func $score (export "tidyward:rules/scoring@1.0.0#score") (param $facts i32) (result i32)
    (local $rows i32) (local $inputs i32) (local $items i32) (local $stars i32) (local $row i32) (local $value i64)
    (local.set $rows (i32.load offset=8 (local.get $facts)))
    (local.set $inputs (i32.load offset=12 (local.get $facts)))
    (local.set $items (call $room (i32.mul (local.get $rows) (i32.const 8))))
    (local.set $stars (call $room (local.get $rows)))
    (memory.fill (local.get $stars) (i32.const 255) (local.get $rows))
    (i32.store offset=4 (i32.const RESULT_AT) (local.get $items))
    (i32.store offset=8 (i32.const RESULT_AT) (local.get $rows))
    (i32.store offset=12 (i32.const RESULT_AT) (local.get $stars))
    (i32.store offset=16 (i32.const RESULT_AT) (local.get $rows))
    (block $all
      (loop $each
        (br_if $all (i32.eq (local.get $row) (local.get $rows)))
        (local.set $value (i64.load (i32.add (local.get $inputs) (i32.mul (local.get $row) (i32.const 8)))))
        (i64.store (i32.add (local.get $items) (i32.mul (local.get $row) (i32.const 8))) ITEM)
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $each)))
    RESULT
    (i32.const RESULT_AT)))
"#;
