//! Rules that give back what is no result.

use super::{
    case::{Case, accepted, refused},
    sheet::{RESULT, Sheet, item, result},
};

const FAILS: &str = "fails_on_row";

/// A word of the result: the lists are items, stars, and the notes' rows, criteria, messages, values and issues; each has
/// its pointer before its length.
fn word(list: u32, part: u32, value: &str) -> String {
    let at = RESULT + 4 + 8 * list + 4 * part;
    format!("(i32.store (i32.const {at}) {value})")
}

/// So many notes: all their lists lie over each other in memory that is zero, and point at no issue.
fn notes(count: u32) -> String {
    let nothing = "(memory.fill (i32.const 768) (i32.const 255) (i32.const 128))".to_owned();
    let lists = (2..7).map(|list| {
        let place = if list == 6 { 768 } else { 512 };
        word(list, 0, &format!("(i32.const {place})"))
            + &word(list, 1, &format!("(i32.const {count})"))
    });
    nothing + &lists.collect::<String>()
}

pub fn cases() -> Vec<Case> {
    let mut cases = lists();
    cases.extend(counts());
    cases.extend(wrong_notes());
    cases
}

/// Lists that do not lie where a list can.
fn lists() -> Vec<Case> {
    let fails = |name: &str, changed: &str| refused(name, FAILS, result(changed));
    let large = Sheet {
        pages: 200,
        result: &word(1, 1, "(i32.const 9000000)"),
        ..Sheet::default()
    };
    let overlapping = word(1, 0, "(local.get $items)");
    let other_item = Sheet {
        item: "(i64.const 50000)",
        result: &overlapping,
        ..Sheet::default()
    };
    vec![
        fails(
            "items outside memory",
            &word(0, 0, "(i32.const 0x7ffffff8)"),
        ),
        fails(
            "items longer than memory",
            &word(0, 1, "(i32.const 0x0fffffff)"),
        ),
        fails("items misaligned", &word(0, 0, "(i32.const 4097)")),
        fails("items of 2^31", &word(0, 1, "(i32.const 0x80000000)")),
        fails("stars of 2^31", &word(1, 1, "(i32.const 0x80000000)")),
        fails("stars of 2^32 - 1", &word(1, 1, "(i32.const -1)")),
        fails("items at the last byte", &word(0, 0, "(i32.const -8)")),
        accepted("stars over items that are zero", result(&overlapping)),
        refused("stars over items that are not", FAILS, other_item.rule()),
        refused("stars of nine million bytes", FAILS, large.rule()),
        fails("result outside memory", "(return (i32.const -16))"),
        fails(
            "result misaligned",
            &format!("(return (i32.const {}))", RESULT + 2),
        ),
        fails(
            "invalid case of the result",
            &format!("(i32.store8 (i32.const {RESULT}) (i32.const 9))"),
        ),
        fails(
            "invalid enum in the failure",
            &format!(
                "(i32.store8 (i32.const {RESULT}) (i32.const 1)) (i32.store8 (i32.const {}) (i32.const 9))",
                RESULT + 4
            ),
        ),
        fails(
            "parameters of its own refused",
            &format!(
                "(i32.store8 (i32.const {RESULT}) (i32.const 1)) (i32.store8 (i32.const {}) (i32.const 0))",
                RESULT + 4
            ),
        ),
    ]
}

fn counts() -> Vec<Case> {
    let fails = |name: &str, changed: &str| refused(name, FAILS, result(changed));
    vec![
        fails(
            "an item too few",
            &word(0, 1, "(i32.sub (local.get $rows) (i32.const 1))"),
        ),
        fails(
            "an item too many",
            &word(0, 1, "(i32.add (local.get $rows) (i32.const 1))"),
        ),
        fails("no stars", &word(1, 1, "(i32.const 0)")),
        fails(
            "eight stars",
            "(memory.fill (local.get $stars) (i32.const 8) (local.get $rows))",
        ),
        refused(
            "an item beyond its range",
            FAILS,
            item("(i64.const 10000001)"),
        ),
    ]
}

fn wrong_notes() -> Vec<Case> {
    // Where no row is, a note on row 0 is on one that is not there either.
    let fails = |name: &str, changed: &str| {
        let changed = format!("(if (local.get $rows) (then {changed}))");
        refused(name, FAILS, result(&changed))
    };
    let at = |list: u32| notes(1) + &word(list, 0, "(i32.const 768)");
    vec![
        fails("a note for a row that is not there", &at(2)),
        fails("a note for a criterion that is not there", &at(3)),
        fails("a note with a message that is not there", &at(4)),
        fails(
            "a note for an issue that is not there",
            &(notes(1) + &word(6, 0, "(i32.const 512)")),
        ),
        fails(
            "lists of notes that differ in length",
            &(notes(1) + &word(3, 1, "(i32.const 2)")),
        ),
        fails("seventeen notes for a row", &notes(17)),
        fails(
            "100,000 rows of notes and nothing else of them",
            &word(2, 1, "(i32.const 100000)"),
        ),
    ]
}
