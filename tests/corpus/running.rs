//! Rules that would keep the machine busy, eat its memory, or give other scores than a rule should.

use super::{
    case::{Case, accepted, refused},
    sheet::{MANIFEST, Sheet, item, with},
};

const FAILS: &str = "fails_on_row";
const SLOW: &str = "too_slow";
const DEPENDS: &str = "depends_on_others";

pub fn cases() -> Vec<Case> {
    let mut cases = busy();
    cases.extend(memory());
    cases.extend(neighbours());
    cases.extend(floats());
    cases.push(refused(
        "reporting scored down",
        "dishonest",
        less_for_more(),
    ));
    cases
}

/// An item that costs about so many millions of steps in each row.
fn costly(millions: u64) -> String {
    // The loop takes seven steps each time.
    let steps = millions * 1_000_000 / 7;
    format!(
        "(block (result i64) (local.set $value (i64.const {steps}))
           (loop $on (br_if $on (i64.ne (i64.const 0) (local.tee $value (i64.sub (local.get $value) (i64.const 1))))))
           (i64.const 0))"
    )
}

fn busy() -> Vec<Case> {
    let deep =
        "(func $deep (param i64) (result i64) (i64.add (i64.const 1) (call $deep (local.get 0))))";
    let recursion = Sheet {
        definitions: deep,
        item: "(call $deep (local.get $value))",
        ..Sheet::default()
    };
    let start = with("(func $spin (loop $on (br $on))) (start $spin)");
    let missed = Sheet {
        pages: 1_000,
        item: CHASE,
        ..Sheet::default()
    };
    vec![
        refused("endless loop", FAILS, item("(loop (result i64) (br 0))")),
        refused("deep recursion", FAILS, recursion.rule()),
        refused("start function that loops", "has_start", start),
        refused(
            "nearly all fuel in every row",
            SLOW,
            wide(&metrics(), &costly(150)),
        ),
        refused(
            "a tenth of the fuel in every row, 100 categories",
            SLOW,
            wide(&categories(), &costly(20)),
        ),
        accepted("500 inputs", wide(&metrics(), "(i64.const 0)")),
        accepted(
            "500 inputs, 100 categories",
            wide(&categories(), "(i64.const 0)"),
        ),
        refused(
            "endless loop over cold memory",
            "too_much_memory",
            missed.rule(),
        ),
        refused(
            "endless loop over cold memory that it grew",
            FAILS,
            item(&format!(
                "(block (result i64) (drop (memory.grow (i32.const 1000))) {CHASE})"
            )),
        ),
    ]
}

/// Touches another page in each step, so that each step waits for memory.
const CHASE: &str = "(loop (result i64)
    (local.set $value (i64.and (i64.add (i64.mul (local.get $value) (i64.const 1103515245)) (i64.const 12345)) (i64.const 0x3efffff)))
    (i64.store (i32.add (i32.wrap_i64 (local.get $value)) (i32.const 65536)) (local.get $value))
    (br 0))";

/// So many inputs that the chunks are as large as they may be.
fn metrics() -> Vec<String> {
    (0..500).map(|number| format!("metric.m{number}")).collect()
}

/// The same of a hundred categories, each of which is tried by itself.
fn categories() -> Vec<String> {
    let counts = ["reported", "filed", "due", "checks", "closed"];
    let of = |category| counts.map(|count| format!("issues.c{category}.{count}"));
    (0..100).flat_map(of).collect()
}

fn wide(inputs: &[String], item: &str) -> Vec<u8> {
    let names: Vec<String> = inputs.iter().map(|name| format!("\"{name}\"")).collect();
    let manifest = MANIFEST.replace("\"metric.value\"", &names.join(", "));
    let sheet = Sheet {
        pages: 128,
        item,
        ..Sheet::default()
    };
    sheet.rule_with(&manifest)
}

fn memory() -> Vec<Case> {
    let grow = |pages: u32| {
        format!("(i64.extend_i32_s (i32.shr_s (memory.grow (i32.const {pages})) (i32.const 31)))")
    };
    let touched = "(block (result i64)
        (if (i32.lt_u (memory.size) (i32.const 1024)) (then (drop (memory.grow (i32.sub (i32.const 1024) (memory.size))))))
        (memory.fill (i32.const 65536) (i32.const 1) (i32.const 0x3f00000)) (i64.const 0))";
    let filled = "(block (result i64) (memory.fill (i32.const 8192) (i32.const 0) (i32.const -1)) (i64.const 0))";
    let copied = "(block (result i64) (memory.copy (i32.const 8192) (i32.const 0) (i32.const -1)) (i64.const 0))";
    let again = |what: &str| {
        format!(
            "(loop (result i64) ({what} (i32.const 65536) (i32.const 65537) (i32.const 900000)) (br 0))"
        )
    };
    vec![
        refused(
            "memory.grow for ever",
            FAILS,
            item("(loop (result i64) (drop (memory.grow (i32.const 1))) (br 0))"),
        ),
        refused(
            "memory.grow beyond the limit at once",
            FAILS,
            item(&grow(65_000)),
        ),
        refused(
            "memory filled to the limit in every row",
            SLOW,
            wide(&metrics(), touched),
        ),
        refused(
            "every page of memory touched in every row",
            SLOW,
            every_page(),
        ),
        refused("memory.fill of 4 GiB", FAILS, item(filled)),
        refused("memory.copy of 4 GiB", FAILS, item(copied)),
        refused("memory.fill for ever", FAILS, item(&again("memory.fill"))),
        refused("memory.copy for ever", FAILS, item(&again("memory.copy"))),
    ]
}

/// Grows to the limit and writes to each page: it takes little fuel, and time to give them and take them back.
fn every_page() -> Vec<u8> {
    let touch = "(block (result i64)
        (drop (memory.grow (i32.sub (i32.const 1024) (memory.size))))
        (local.set $value (i64.const 65536))
        (loop $on
            (i64.store (i32.wrap_i64 (local.get $value)) (i64.const 1))
            (local.set $value (i64.add (local.get $value) (i64.const 4096)))
            (br_if $on (i64.lt_u (local.get $value) (i64.const 67108864))))
        (i64.const 0))";
    wide(&metrics(), touch)
}

fn neighbours() -> Vec<Case> {
    let counter = "(global $seen (mut i64) (i64.const 0))";
    let counted = "(block (result i64) (global.set $seen (i64.add (global.get $seen) (i64.const 1))) (global.get $seen))";
    let in_memory = "(block (result i64)
        (i64.store (i32.const 512) (i64.add (i64.load (i32.const 512)) (i64.const 1))) (i64.load (i32.const 512)))";
    let in_global = Sheet {
        definitions: counter,
        item: counted,
        ..Sheet::default()
    };
    let for_later = Sheet {
        definitions: counter,
        item: "(global.get $seen)",
        result: "(global.set $seen (i64.const 1)) (memory.fill (i32.const 512) (i32.const 1) (i32.const 64))",
        ..Sheet::default()
    };
    let before = "(if (result i64) (i32.eqz (local.get $row)) (then (i64.const 0))
        (else (i64.and (i64.load (i32.add (local.get $inputs) (i32.mul (i32.sub (local.get $row) (i32.const 1)) (i32.const 8)))) (i64.const 1023))))";
    vec![
        refused("rows counted in a global", DEPENDS, in_global.rule()),
        refused("rows counted in memory", DEPENDS, item(in_memory)),
        accepted("state kept for the next call", for_later.rule()),
        refused(
            "item from the row's number",
            DEPENDS,
            item("(i64.extend_i32_u (local.get $row))"),
        ),
        refused(
            "item from the number of rows",
            DEPENDS,
            item("(i64.extend_i32_u (local.get $rows))"),
        ),
        refused("item from the row before", DEPENDS, item(before)),
    ]
}

fn floats() -> Vec<Case> {
    let payload = "(i64.and (i64.const 0xffffff)
        (i64.reinterpret_f64 (f64.add (f64.const nan:0x1234567) (f64.convert_i64_s (local.get $value)))))";
    let ieee = MANIFEST.replace("inputs =", "floats = \"ieee\"\ninputs =");
    let sheet = |item| Sheet {
        item,
        ..Sheet::default()
    };
    let sign = "(i64.shr_u (i64.reinterpret_f64 (f64.div (f64.const 0) (f64.convert_i64_s (i64.and (local.get $value) (i64.const 1))))) (i64.const 52))";
    vec![
        accepted(
            "NaN with a payload, floats declared",
            sheet(payload).rule_with(&ieee),
        ),
        accepted(
            "NaN's sign in the item, floats declared",
            sheet(sign).rule_with(&ieee),
        ),
        refused(
            "floats that are not declared",
            "float_operation",
            sheet(payload).rule(),
        ),
    ]
}

/// A hundred points less what was reported.
fn less_for_more() -> Vec<u8> {
    let sheet = Sheet {
        item: "(if (result i64) (i64.gt_u (local.get $value) (i64.const 100)) (then (i64.const 0))
            (else (i64.mul (i64.const 10000) (i64.sub (i64.const 100) (local.get $value)))))",
        ..Sheet::default()
    };
    sheet.rule_with(&MANIFEST.replace("metric.value", "issues.own.reported"))
}
