//! The real stack, started for a test, and the words in which scenarios are told.
