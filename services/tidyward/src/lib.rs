//! Tidyward as one binary: settings, the server in one process, and the command line that speaks gRPC to it.

/// Of every program that has the server in it, tests and benches too, and of the C in it: SQLite's threads come and go, and
/// the system's allocator would keep for each what was once needed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub mod cli;

pub mod serve;

pub mod compose;

pub mod priority;

pub mod config;

pub mod data;

pub mod moving;
