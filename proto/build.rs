//! Compiles the protos with protox, so that a build needs no protoc, and keeps the descriptor set for reflection.
use std::{env, fs, path::PathBuf};

use prost::Message;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=tidyward");
    let mut files: Vec<PathBuf> = fs::read_dir("tidyward/v1")?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let descriptors = protox::compile(&files, ["."])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("tidyward.bin"), descriptors.encode_to_vec())?;
    // A map in key order makes encoded requests, and so their digests, the same each time.
    tonic_prost_build::configure()
        .btree_map(".")
        .compile_fds(descriptors)?;
    Ok(())
}
