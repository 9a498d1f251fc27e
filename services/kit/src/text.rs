//! Limits on text that people write, checked in one way everywhere.

use crate::error::Violations;

/// Notes a violation where the text is longer than so many characters or holds control characters but line breaks.
pub fn check(violations: &mut Violations, field: &str, text: &str, most: usize) {
    if text.chars().count() > most {
        violations.add(field, format!("at most {most} characters; shorten it"));
    }
    if text
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        violations.add(field, "holds control characters; remove them");
    }
}
