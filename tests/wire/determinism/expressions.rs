//! Rules that nobody wrote: random arithmetic over one fact, whole numbers and floats mixed, wrapped as a component.

use proptest::prelude::*;
use tidyward_rules::component;

/// One fact, one criterion, floats allowed.
const MANIFEST: &str = r#"
id = "random"
version = "1.0.0"
title = { zh = "随机", en = "Random" }
direction = "higher-is-better"
range = { min = "-1000", max = "1000" }
floats = "ieee"
inputs = ["metric.value"]
[[criteria]]
id = "value"
min = "-1000"
max = "1000"
title = { zh = "值", en = "Value" }
clause = "Whatever comes out."
"#;

/// A function of `$value` of 64 bits, as WebAssembly text.
pub fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => Just("(local.get $value)".to_owned()),
        1 => any::<i64>().prop_map(|number| format!("(i64.const {number})")),
        1 => (-3_i64..70).prop_map(|number| format!("(i64.const {number})")),
    ];
    leaf.prop_recursive(6, 40, 2, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            3 => (whole(), two.clone()).prop_map(|(op, (one, other))| format!("(i64.{op} {one} {other})")),
            1 => (count(), inner.clone()).prop_map(|(op, one)| format!("(i64.{op} {one})")),
            1 => (compare(), two.clone())
                .prop_map(|(op, (one, other))| format!("(i64.extend_i32_s (i64.{op} {one} {other}))")),
            1 => inner.clone().prop_map(|one| format!("(i64.extend_i32_s (i32.wrap_i64 {one}))")),
            4 => (float(), two).prop_map(|(op, (one, other))| bits(&format!("(f64.{op} {} {})", of(&one), of(&other)))),
            2 => (float_of_one(), inner.clone()).prop_map(|(op, one)| bits(&format!("(f64.{op} {})", of(&one)))),
            1 => inner.clone().prop_map(|one| bits(&format!("(f64.promote_f32 (f32.demote_f64 {}))", of(&one)))),
            1 => inner.prop_map(|one| format!("(i64.trunc_sat_f64_s {})", of(&one))),
        ]
    })
}

/// Both readings of a whole number as a float: its value, and its bits, among which are infinities and NaNs of all kinds.
fn of(whole: &str) -> String {
    format!(
        "(if (result f64) (i64.eqz (i64.and {whole} (i64.const 1))) \
         (then (f64.convert_i64_s {whole})) (else (f64.reinterpret_i64 {whole})))"
    )
}

/// The bits of a float. An interpreter does not make every NaN the canonical one, so the rule does.
fn bits(float: &str) -> String {
    format!("(call $bits {float})")
}

fn whole() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "div_s",
        "div_u", "rem_s", "rem_u",
    ])
}

fn count() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "clz",
        "ctz",
        "popcnt",
        "extend8_s",
        "extend16_s",
        "extend32_s",
    ])
}

fn compare() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["lt_s", "lt_u", "ge_s", "ge_u", "eq", "ne"])
}

fn float() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["add", "sub", "mul", "div", "min", "max", "copysign"])
}

fn float_of_one() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "abs", "neg", "sqrt", "ceil", "floor", "trunc", "nearest",
    ])
}

/// The rule that gives each row what the expression makes of its fact, brought into the criterion's range.
pub fn rule(expression: &str) -> Vec<u8> {
    let text = TEMPLATE.replace(
        "$ITEM",
        &format!("(i64.rem_s {expression} (i64.const 10000000))"),
    );
    let module = wat::parse_str(text).expect("it is WebAssembly");
    component::assemble(&module, MANIFEST).expect("it becomes a rule")
}

/// The rule whose item is these bits of floating-point arithmetic over `$float`, the fact's bits, cut to what a
/// criterion holds: the upper sixteen and the lower sixteen.
pub fn bits_of(arithmetic: &str) -> Vec<u8> {
    let bits = format!(
        "(i64.reinterpret_f64 {})",
        arithmetic.replace("$float", "(f64.reinterpret_i64 (local.get $value))")
    );
    let upper = format!("(i64.shr_u {bits} (i64.const 45))");
    let lower = format!("(i64.and {bits} (i64.const 15))");
    let text = TEMPLATE.replace(
        "$ITEM",
        &format!("(i64.or (i64.shl {upper} (i64.const 4)) {lower})"),
    );
    let module = wat::parse_str(text).expect("it is WebAssembly");
    component::assemble(&module, MANIFEST).expect("it becomes a rule")
}

const TEMPLATE: &str = r#"
(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func $take (param $bytes i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get $bytes)))
    (block $enough
      (br_if $enough (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $bytes) (i32.const 16))))))
    (local.get $at))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (call $take (local.get 3)))
  (func $bits (param $float f64) (result i64)
    (if (result i64) (f64.eq (local.get $float) (local.get $float))
      (then (i64.reinterpret_f64 (local.get $float)))
      (else (i64.const 0x7ff8000000000000))))
  (func $item (param $value i64) (result i64) $ITEM)
  (func (export "tidyward:rules/scoring@1.0.0#score") (param $arguments i32) (result i32)
    (local $rows i32) (local $inputs i32) (local $items i32) (local $stars i32) (local $row i32)
    (local.set $rows (i32.load offset=8 (local.get $arguments)))
    (local.set $inputs (i32.load offset=12 (local.get $arguments)))
    (local.set $items (call $take (i32.shl (local.get $rows) (i32.const 3))))
    (local.set $stars (call $take (local.get $rows)))
    (memory.fill (local.get $stars) (i32.const 255) (local.get $rows))
    (i32.store (i32.const 20) (local.get $items))
    (i32.store (i32.const 24) (local.get $rows))
    (i32.store (i32.const 28) (local.get $stars))
    (i32.store (i32.const 32) (local.get $rows))
    (block $done
      (loop $next_row
        (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
        (i64.store (i32.add (local.get $items) (i32.shl (local.get $row) (i32.const 3)))
          (call $item (i64.load (i32.add (local.get $inputs) (i32.shl (local.get $row) (i32.const 3))))))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $next_row)))
    (i32.const 16)))
"#;
