//! A site: a named place below a grid, with its own head and schedule. It stands until its last day.

use jiff::{Timestamp, civil::Date};
use tidyward_kit::{Violations, text};

/// What a site is, by its number on the wire and in the store, and its name in filters.
pub const KINDS: &[(&str, i32)] = &[("SPOT", 1), ("YARD", 2), ("STAIRWELL", 3), ("ROAD", 4)];

/// The longest schedule and name, in characters.
const LONGEST_SCHEDULE: usize = 200;
const LONGEST_NAME: usize = 200;

/// A named place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub id: String,
    /// One of `KINDS`.
    pub kind: i32,
    /// Code of the grid that it belongs to.
    pub area: String,
    pub display_name: String,
    /// GeoJSON; empty where nobody drew it.
    pub geometry: String,
    pub schedule: String,
    /// Nothing while it stands.
    pub last_day: Option<Date>,
    pub created_at: Timestamp,
    /// Counts its changes.
    pub revision: i64,
}

impl Site {
    pub fn stands_on(&self, day: Date) -> bool {
        self.last_day.is_none_or(|last| day <= last)
    }

    pub fn etag(&self) -> String {
        self.revision.to_string()
    }

    /// Notes what is wrong with the texts and the kind.
    pub fn check(&self, violations: &mut Violations) {
        violations.require(
            KINDS.iter().any(|kind| kind.1 == self.kind),
            "site.kind",
            "must be SPOT, YARD, STAIRWELL or ROAD",
        );
        violations.require(
            !self.display_name.trim().is_empty(),
            "site.display_name",
            "is missing; say what people call it",
        );
        text::check(
            violations,
            "site.display_name",
            &self.display_name,
            LONGEST_NAME,
        );
        text::check(
            violations,
            "site.schedule",
            &self.schedule,
            LONGEST_SCHEDULE,
        );
    }
}

/// Whether the text may be a site's id.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_plain() {
        for good in ["a", "Bin-7.b_2", &"x".repeat(64)] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", "a b", "a/b", "点", &"x".repeat(65)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}
