//! Suspensions that name, pause and switch.
