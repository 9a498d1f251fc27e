//! `tidyward review bundle`: the one file with which anybody can recompute a review.

use std::path::PathBuf;

use clap::Args;
use sha2::{Digest, Sha256};
use tidyward_proto::v1::DownloadBundleRequest;

use super::Which;
use crate::cli::{
    client::Client,
    context::Context,
    failure::Failure,
    output::{Cell, Table, number, say, text, write_file},
};

#[derive(Args, Clone, Debug)]
pub struct BundleArguments {
    #[command(flatten)]
    pub which: Which,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

pub async fn command(
    context: &Context,
    client: &Client,
    arguments: &BundleArguments,
) -> Result<(), Failure> {
    let bytes = bundle(client, &arguments.which).await?;
    write_file(&arguments.out, &bytes)?;
    let mut table = Table::new(vec![
        text("file", "File"),
        number("size_bytes", "Bytes"),
        text("sha256", "SHA-256"),
    ]);
    let file = arguments.out.display().to_string();
    table.rows.push(vec![
        Cell::text(&file),
        Cell::Integer(bytes.len() as i64),
        Cell::text(hex::encode(Sha256::digest(&bytes))),
    ]);
    context.print_record(&table)?;
    if context.output.for_people() {
        say(format!(
            "anybody can check it, on any machine: tidyward verify {file}\n"
        ));
    }
    Ok(())
}

/// The bundle's bytes.
pub async fn bundle(client: &Client, which: &Which) -> Result<Vec<u8>, Failure> {
    let request = DownloadBundleRequest {
        name: which.name(client),
    };
    let mut parts = client
        .evaluations()
        .download_bundle(request)
        .await?
        .into_inner();
    let mut bytes = Vec::new();
    while let Some(part) = parts.message().await? {
        bytes.extend(part.data);
    }
    Ok(bytes)
}
