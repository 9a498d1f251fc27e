//! Filters and orders of lists: a small part of AIP-160, parsed against a table of the list's fields.
//!
//! `state = "HANDLING" AND (own_report = true OR NOT round > 1)`: comparisons joined by AND and OR, of which OR binds
//! tighter, with NOT (or `-`) and parentheses. A value is a quoted text, with `\` before a quote or a backslash, or a bare
//! word. What AIP-160 leaves to guesses is refused with words: comparisons side by side, values without a field, `:`.

mod order;
mod read;
#[cfg(test)]
mod tests;

use jiff::{Timestamp, civil::Date};

pub use order::parse_order;

use crate::error::{Error, Reason, Violations};

/// Characters of a filter at most.
pub const LONGEST: usize = 1_000;
/// Parentheses within each other at most.
pub const DEEPEST: usize = 16;
/// Comparisons of a filter at most.
pub const MOST_TERMS: usize = 100;

/// A field that a list can be filtered by.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub kind: FieldKind,
}

/// What the field's values are, and so how they compare.
#[derive(Clone, Copy, Debug)]
pub enum FieldKind {
    /// `=` and `!=`, to the letter.
    Text,
    /// `=` and `!=`, by these names with their numbers.
    Enum(&'static [(&'static str, i32)]),
    /// `=` and `!=`, `true` and `false`.
    Bool,
    /// Every comparison, whole numbers.
    Number,
    /// Every comparison, RFC 3339 with an offset, to the microsecond.
    Time,
    /// Every comparison, `YYYY-MM-DD`.
    Day,
}

/// What a filter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// All of at least two.
    And(Vec<Expr>),
    /// One or more of at least two.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare {
        field: &'static str,
        op: Op,
        /// Of the field's kind.
        value: Value,
    },
}

/// How a field compares with the value. Texts, enums and booleans compare by the first two alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Op {
    /// Every comparison with its sign.
    pub const TABLE: [(Op, &'static str); 6] = [
        (Op::Eq, "="),
        (Op::Ne, "!="),
        (Op::Lt, "<"),
        (Op::Le, "<="),
        (Op::Gt, ">"),
        (Op::Ge, ">="),
    ];
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Without control characters.
    Text(String),
    Enum(i32),
    Bool(bool),
    Number(i64),
    Time(Timestamp),
    Day(Date),
}

/// Reads the `filter` of a request. An empty one is nothing.
pub fn parse(text: &str, fields: &[Field]) -> Result<Option<Expr>, Error> {
    if text.chars().nth(LONGEST).is_some() {
        let words = format!("a filter has at most {LONGEST} characters; ask for less at once");
        return Err(invalid("filter", LONGEST + 1, &words));
    }
    if text.trim().is_empty() {
        return Ok(None);
    }
    read::read(text, fields).map(Some)
}

/// A filter or an order that fails at the character, counted from 1.
fn invalid(field: &str, position: usize, words: &str) -> Error {
    let mut violations = Violations::default();
    let words = format!("at character {position}: {words}");
    violations.add_reason(field, Reason::FilterInvalid, words);
    let mut error = violations.into_error();
    error.reason = Reason::FilterInvalid;
    error.with("position", position)
}

/// Names for a reader: `a, b, c`.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// What the client wrote, short enough for an error's words.
fn shown(text: impl Iterator<Item = char>) -> String {
    const LONGEST_SHOWN: usize = 40;
    let mut shown: String = text.take(LONGEST_SHOWN + 1).collect();
    if let Some((end, _)) = shown.char_indices().nth(LONGEST_SHOWN) {
        shown.truncate(end);
        shown.push_str("...");
    }
    shown.replace(char::is_control, " ")
}
