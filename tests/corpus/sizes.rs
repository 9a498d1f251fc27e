//! Rules that are too much of something, or just not, and those that want what rules do not have.

use wasm_encoder::{
    CodeSection, Function, FunctionSection, Instruction, Module, TypeSection, ValType,
};

use super::{
    case::{Case, Verdict, accepted, case, refused},
    sheet::{Sheet, component, with},
};

pub fn cases() -> Vec<Case> {
    let mut cases = functions();
    cases.extend(storage());
    cases.extend(proposals());
    cases
}

/// A core module alone in a component, of so many functions with one body.
fn functions_of(count: u32, body: &Function) -> Vec<u8> {
    let (mut types, mut functions, mut code) = (
        TypeSection::new(),
        FunctionSection::new(),
        CodeSection::new(),
    );
    types.ty().function([], []);
    for _ in 0..count {
        functions.function(0);
        code.function(body);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    super::files::around(&[module.finish()])
}

/// A function with so many locals that does nothing.
fn with_locals(count: u32) -> Function {
    let mut function = Function::new([(count, ValType::I64)]);
    function.instruction(&Instruction::End);
    function
}

fn functions() -> Vec<Case> {
    let nested = |depth: usize| {
        with(&format!(
            "(func {}{})",
            "(block ".repeat(depth),
            ")".repeat(depth)
        ))
    };
    let table = |targets: usize| {
        with(&format!(
            "(func (param i32) (block (br_table {} (local.get 0))))",
            "0 ".repeat(targets)
        ))
    };
    let locals = format!("(func (local {}))", "i64 ".repeat(1_000)).repeat(400);
    let calls = format!("(func $many {})", "(call $none)".repeat(300_000));
    vec![
        refused(
            "a million empty functions",
            "too_large",
            functions_of(1_000_000, &with_locals(0)),
        ),
        refused(
            "150,000 empty functions",
            "too_many_functions",
            functions_of(150_000, &with_locals(0)),
        ),
        refused(
            "50,000 locals in each of 5,000 functions",
            "too_many_locals",
            functions_of(5_000, &with_locals(50_000)),
        ),
        refused(
            "4,294,967,295 locals",
            "malformed",
            functions_of(1, &with_locals(u32::MAX)),
        ),
        accepted("1,000 locals in each of 400 functions", with(&locals)),
        refused("11,000 nested blocks", "nested_too_deep", nested(11_000)),
        refused("200,000 nested blocks", "nested_too_deep", nested(200_000)),
        accepted("1,000 nested blocks", nested(999)),
        accepted("br_table of 65,000 targets", table(65_000)),
        refused(
            "br_table of 200,000 targets",
            "not_compiled",
            table(200_000),
        ),
        refused(
            "br_table of three million targets",
            "too_large",
            table(3_000_000),
        ),
        refused(
            "300,000 calls in one function",
            "not_compiled",
            with(&format!("(func $none) {calls}")),
        ),
        refused(
            "129 parameters",
            "too_many_parameters",
            with(&format!("(func (param {}))", "i32 ".repeat(129))),
        ),
        case(
            "100,000 loops before 990 locals",
            with(&loops(100_000)),
            Verdict::Refused("not_compiled"),
        ),
    ]
}

/// A function in whose last line every local is read, behind so many loops that each may have changed it: the longer it is,
/// the more a compiler has to keep apart.
fn loops(count: usize) -> String {
    let locals = "(local i64) ".repeat(990);
    let loops = "(loop (br_if 0 (local.get 0))) ".repeat(count);
    let read: String = (1..=990)
        .map(|local| format!("(drop (local.get {local})) "))
        .collect();
    format!("(func (param i32) {locals} {loops} {read})")
}

fn storage() -> Vec<Case> {
    let data = |offset: u32| with(&format!("(data (i32.const {}) \"x\")", offset as i32));
    let last = 16 * 65_536 - 1;
    vec![
        accepted("data at the last offset", data(last)),
        refused(
            "data behind the last offset",
            "fails_on_row",
            data(last + 1),
        ),
        refused("data at 2^32 - 1", "fails_on_row", data(u32::MAX)),
        refused(
            "1,001 data segments",
            "too_many_data_segments",
            with(&"(data (i32.const 0) \"x\")".repeat(1_001)),
        ),
        refused(
            "table of ten million",
            "too_many_tables",
            with("(table 10000000 funcref)"),
        ),
        refused(
            "table of 2^32 - 1",
            "too_many_tables",
            component("(component (core module (memory 1) (table 4294967295 funcref)))"),
        ),
        accepted("table of ten thousand", with("(table 10000 funcref)")),
        refused("table that grows", "fails_on_row", growing_table()),
        refused(
            "five tables",
            "too_many_tables",
            with(&"(table 1 funcref)".repeat(5)),
        ),
        refused(
            "memory of 4 GiB",
            "too_much_memory",
            component("(component (core module (memory 65536)))"),
        ),
        refused(
            "two memories",
            "not_one_memory",
            component("(component (core module (memory 1) (memory 1)))"),
        ),
        refused(
            "no memory",
            "not_one_memory",
            component("(component (core module))"),
        ),
    ]
}

fn growing_table() -> Vec<u8> {
    let sheet = Sheet {
        definitions: "(table $t 1 funcref)",
        item: "(loop (result i64) (drop (table.grow $t (ref.null func) (i32.const 1000))) (br 0))",
        ..Sheet::default()
    };
    sheet.rule()
}

fn proposals() -> Vec<Case> {
    let module = |name: &str, body: &str| {
        let text = format!("(component (core module {body}))");
        refused(name, "malformed", component(&text))
    };
    vec![
        module("SIMD", "(func (drop (i32x4.splat (i32.const 1))))"),
        module(
            "relaxed SIMD",
            "(func (param v128 v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 1))))",
        ),
        module("memory64", "(memory i64 1)"),
        module("shared memory", "(memory 1 1 shared)"),
        module(
            "atomics",
            "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
        ),
        module("tail calls", "(func $f (return_call $f))"),
        module("exceptions", "(tag) (func (throw 0))"),
        module("garbage collected types", "(type (struct (field i32)))"),
        module("external references", "(func (param externref))"),
        module(
            "wide arithmetic",
            "(func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))",
        ),
        module("pages of one byte", "(memory 1 (pagesize 1))"),
    ]
}
