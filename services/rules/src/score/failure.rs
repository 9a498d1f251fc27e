//! How a row can fail, as one table: a stable code to store, a stable name to send, and words for people.

/// How a row failed. Codes and names are stored and sent, and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureKind {
    Panicked,
    Arithmetic,
    OutOfBounds,
    StackOverflow,
    OutOfFuel,
    OutOfMemory,
    OtherTrap,
    BadResult,
    ItemCount,
    ItemOutOfRange,
    StarsCount,
    StarsOutOfRange,
    BadNote,
    TooManyNotes,
}

const TABLE: &[(FailureKind, u8, &str, &str)] = &[
    (
        FailureKind::Panicked,
        1,
        "PANICKED",
        "the rule gave up (a panic or unreachable code)",
    ),
    (
        FailureKind::Arithmetic,
        2,
        "ARITHMETIC",
        "the rule divided by zero or overflowed",
    ),
    (
        FailureKind::OutOfBounds,
        3,
        "OUT_OF_BOUNDS",
        "the rule reached outside its memory",
    ),
    (
        FailureKind::StackOverflow,
        4,
        "STACK_OVERFLOW",
        "the rule called itself too deep",
    ),
    (
        FailureKind::OutOfFuel,
        5,
        "OUT_OF_FUEL",
        "the rule ran out of fuel",
    ),
    (
        FailureKind::OutOfMemory,
        6,
        "OUT_OF_MEMORY",
        "the rule ran out of memory",
    ),
    (FailureKind::OtherTrap, 7, "OTHER_TRAP", "the rule trapped"),
    (
        FailureKind::BadResult,
        8,
        "BAD_RESULT",
        "the rule's result cannot be read",
    ),
    (
        FailureKind::ItemCount,
        9,
        "ITEM_COUNT",
        "the rule gave too few or too many items",
    ),
    (
        FailureKind::ItemOutOfRange,
        10,
        "ITEM_OUT_OF_RANGE",
        "an item is outside its criterion's range",
    ),
    (
        FailureKind::StarsCount,
        11,
        "STARS_COUNT",
        "the rule gave too few or too many stars entries",
    ),
    (
        FailureKind::StarsOutOfRange,
        12,
        "STARS_OUT_OF_RANGE",
        "the stars are out of range",
    ),
    (
        FailureKind::BadNote,
        13,
        "BAD_NOTE",
        "a note points at nothing",
    ),
    (
        FailureKind::TooManyNotes,
        14,
        "TOO_MANY_NOTES",
        "the rule made too many notes",
    ),
];

impl FailureKind {
    /// The code to store.
    pub fn code(self) -> u8 {
        self.entry().1
    }

    /// The name to send.
    pub fn name(self) -> &'static str {
        self.entry().2
    }

    /// What happened, in words.
    pub fn words(self) -> &'static str {
        self.entry().3
    }

    pub fn from_code(code: u8) -> Option<Self> {
        TABLE
            .iter()
            .find(|entry| entry.1 == code)
            .map(|entry| entry.0)
    }

    fn entry(self) -> &'static (Self, u8, &'static str, &'static str) {
        // The variants stand in the table's order, which a test keeps.
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_reads_back() {
        for (index, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.0 as usize, index);
            assert_eq!(FailureKind::from_code(entry.1), Some(entry.0));
            assert_eq!(usize::from(entry.1), index + 1, "a code never changes");
        }
        assert_eq!(FailureKind::from_code(0), None);
    }
}
