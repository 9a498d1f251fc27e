//! The wire: code generated from `tidyward/v1/*.proto`, and the descriptor set that reflection serves.

/// Messages, clients and servers of package `tidyward.v1`.
#[expect(
    clippy::all,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated code follows the generator's taste, not ours"
)]
pub mod v1 {
    tonic::include_proto!("tidyward.v1");
}

/// The encoded `google.protobuf.FileDescriptorSet` of every proto of this crate and what it imports.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tidyward.bin"));
