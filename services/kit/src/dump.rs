//! Dumps: districts in a file, the same for SQLite and PostgreSQL, so that a district moves between them without loss.
//!
//! All integers are little-endian. What is known only when all was read stands at the end, so that a dump is written in
//! one pass and no table is ever whole in memory.
//!
//! | what | as |
//! |---|---|
//! | magic | the 8 bytes `TIDYDUMP` |
//! | format version | `u32`, 1 |
//! | body | deflated: of each district in the manifest's order the rows of each table, each behind its length (`u32`), then its objects; then the keys |
//! | manifest | JSON, see `manifest` |
//! | length of the manifest | `u64` |
//! | public key | 32 bytes |
//! | signature | 64 bytes, ed25519 over `tidyward dump` and the SHA-256 of everything before it |
//!
//! So there is no bit in the file that is not signed, and nothing stands behind the signature.

pub mod manifest;
pub mod read;
pub mod row;
pub mod write;

pub const MAGIC: &[u8; 8] = b"TIDYDUMP";
/// The format that this release writes, and the highest that it reads.
pub const FORMAT: u32 = 1;
/// Magic and format.
const HEAD: u64 = 12;
/// Length of the manifest, public key, signature.
const TAIL: u64 = 8 + 32 + 64;
/// The manifest names tables, objects and versions; of a hundred thousand objects it has ten megabytes.
const LARGEST_MANIFEST: u64 = 256 * 1_024 * 1_024;
/// A row holds at most what a message can bring and a chunk's results.
const LARGEST_ROW: u32 = 512 * 1_024 * 1_024;

/// What the signature is over.
fn signed(digest: &[u8]) -> Vec<u8> {
    [b"tidyward dump".as_slice(), digest].concat()
}

#[cfg(test)]
mod tests;
