//! Stories of time.
