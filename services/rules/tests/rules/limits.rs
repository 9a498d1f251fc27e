//! The static limits of a component and its module.

use tidyward_rules::gate::RefusalReason;

use crate::build::{MANIFEST, Parts, component, component_of, passes};
use crate::gate::check;

/// The test rule with definitions of its own.
fn with_module(module: &str) -> Vec<u8> {
    component(
        &Parts {
            module,
            ..Parts::default()
        },
        MANIFEST,
    )
}

#[test]
fn modules_memories_and_instances() {
    let two = "(component (core module (memory 1)) (core module))";
    check(
        &component_of(two, MANIFEST),
        RefusalReason::NotOneCoreModule,
        "has 2 core modules",
        Some("byte offset"),
    );
    check(
        &component_of("(component)", MANIFEST),
        RefusalReason::NotOneCoreModule,
        "has 0 core modules",
        Some("byte offset"),
    );
    let twice = "(component (core module $m (memory 1)) (core instance (instantiate $m)) (core instance (instantiate $m)))";
    check(
        &component_of(twice, MANIFEST),
        RefusalReason::NotOneCoreModule,
        "instantiated more than once",
        Some("byte offset"),
    );
    check(
        &with_module("(memory 1)"),
        RefusalReason::NotOneMemory,
        "has 2 memories",
        Some("byte offset"),
    );
    let none = "(component (core module))";
    check(
        &component_of(none, MANIFEST),
        RefusalReason::NotOneMemory,
        "has 0 memories",
        Some("byte offset"),
    );
    let large = "(component (core module (memory 300)))";
    check(
        &component_of(large, MANIFEST),
        RefusalReason::TooMuchMemory,
        "begins with 19660800 bytes",
        Some("byte offset"),
    );
    let nested = "(component (component (component (component (component)))))";
    check(
        &component_of(nested, MANIFEST),
        RefusalReason::NestedTooDeep,
        "nested more than 3 deep",
        Some("byte offset"),
    );
}

#[test]
fn what_runs_before_it_is_asked_to() {
    let start = with_module("(func $early) (start $early)");
    check(
        &start,
        RefusalReason::HasStart,
        "has a start function",
        Some("byte offset"),
    );
    let builtin = "(component (type $r (resource (rep i32))) (core func (canon resource.drop $r)) (core module (memory 1)))";
    check(
        &component_of(builtin, MANIFEST),
        RefusalReason::HasBuiltin,
        "lifts its exports and nothing else",
        Some("byte offset"),
    );
}

#[test]
fn floats_are_refused_where_none_are_declared() {
    let floats =
        "(func $mean (result i64) (i64.trunc_f64_s (f64.div (f64.const 1) (f64.const 3))))";
    let refusing = with_module(floats);
    check(
        &refusing,
        RefusalReason::FloatOperation,
        "computes with floats (F64Const)",
        Some("function 2 (mean), byte offset"),
    );
    check(
        &with_module("(global f32 (f32.const 1))"),
        RefusalReason::FloatOperation,
        "F32Const",
        Some("byte offset"),
    );
    let declared = MANIFEST.replace("inputs =", "floats = \"ieee\"\ninputs =");
    passes(&component(
        &Parts {
            module: floats,
            ..Parts::default()
        },
        &declared,
    ));
}

#[test]
fn features_that_rules_do_not_need() {
    let module = |body: &str| component_of(&format!("(component (core module {body}))"), MANIFEST);
    check(
        &module("(func (drop (i32x4.splat (i32.const 1))))"),
        RefusalReason::Malformed,
        "SIMD",
        Some("byte offset"),
    );
    check(
        &module("(memory i64 1)"),
        RefusalReason::Malformed,
        "not a valid component",
        Some("byte offset"),
    );
    check(
        &module("(memory 1 2 shared)"),
        RefusalReason::Malformed,
        "threads",
        Some("byte offset"),
    );
    check(
        &module("(func $f (return_call $f))"),
        RefusalReason::Malformed,
        "tail call",
        Some("byte offset"),
    );
    check(
        &module("(func (param externref))"),
        RefusalReason::Malformed,
        "not a valid component",
        Some("byte offset"),
    );
}

#[test]
fn sizes() {
    let parameters = format!("(func (param {}))", "i32 ".repeat(129));
    check(
        &with_module(&parameters),
        RefusalReason::TooManyParameters,
        "takes 129 parameters and may take 128",
        Some("byte offset"),
    );
    let locals = format!("(func $wide (local {}))", "i64 ".repeat(1_001));
    check(
        &with_module(&locals),
        RefusalReason::TooManyLocals,
        "has 1001 locals and may have 1000",
        Some("function 2 (wide)"),
    );
    let nested = format!(
        "(func $deep {}{})",
        "(block ".repeat(1_001),
        ")".repeat(1_001)
    );
    check(
        &with_module(&nested),
        RefusalReason::NestedTooDeep,
        "more than 1000 deep",
        Some("function 2 (deep)"),
    );
    check(
        &with_module(&"(func)".repeat(10_000)),
        RefusalReason::TooManyFunctions,
        "has 10003 functions and may have 10000",
        Some("byte offset"),
    );
    check(
        &with_module(&"(table 1 funcref)".repeat(5)),
        RefusalReason::TooManyTables,
        "at most 4 tables",
        Some("byte offset"),
    );
    check(
        &with_module("(table 10001 funcref)"),
        RefusalReason::TooManyTables,
        "of 10000 elements",
        Some("byte offset"),
    );
    check(
        &with_module(&"(data (i32.const 0))".repeat(1_001)),
        RefusalReason::TooManyDataSegments,
        "has 1001 data segments",
        Some("byte offset"),
    );
}
