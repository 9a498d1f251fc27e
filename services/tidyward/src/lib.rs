//! Tidyward as one binary: settings, the server in one process, and the command line that speaks gRPC to it.

pub mod cli;

pub mod serve;

pub mod compose;

pub mod priority;

pub mod config;

pub mod data;

pub mod moving;
