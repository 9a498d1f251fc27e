//! Checks of the fields of actions, in one way everywhere.

use tidyward_kit::{Violations, text};

/// The longest note or reason, in characters.
pub const LONGEST_NOTE: usize = 2_000;
/// The longest subject or code of a unit, in characters.
const LONGEST_SUBJECT: usize = 200;
const LONGEST_UNIT: usize = 100;

/// A text that may be empty.
pub fn note(violations: &mut Violations, field: &str, told: &str) {
    text::check(violations, field, told, LONGEST_NOTE);
}

/// A text that must say something.
pub fn reason(violations: &mut Violations, field: &str, told: &str) {
    words(violations, field, told, LONGEST_NOTE);
}

/// A text of one character to so many.
pub fn words(violations: &mut Violations, field: &str, told: &str, most: usize) {
    let empty = told.trim().is_empty();
    violations.require(!empty, field, &format!("write 1 to {most} characters"));
    text::check(violations, field, told, most);
}

/// Somebody's subject, as tokens name it.
pub fn subject(violations: &mut Violations, field: &str, told: &str) {
    words(violations, field, told, LONGEST_SUBJECT);
}

/// Code of a unit.
pub fn unit(violations: &mut Violations, field: &str, told: &str) {
    text::check(violations, field, told, LONGEST_UNIT);
}
