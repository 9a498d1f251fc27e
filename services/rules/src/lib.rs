//! The WebAssembly host: what a rule file must be, what its manifest says, and how it scores rows.
//!
//! It knows nothing of the services, of gRPC or of SQL, and it is the only crate that names wasmtime. A rule goes through
//! [`gate::inspect`], then [`compile::Compiler::compile`], then [`trial::steady`], and then [`host::Rule::score`].

pub mod points;

pub mod manifest;

pub mod gate;

pub mod host;

pub mod compile;

pub mod score;

pub mod trial;

pub mod golden;

pub mod component;

mod text;

#[cfg(feature = "builtin")]
pub mod builtin;
