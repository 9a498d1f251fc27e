//! The proof: a bundle that recomputes, and one that was touched and does not.

use tidyward_proto::v1::Review;

use super::{
    super::{DemoArguments, stage::Stage},
    PERIOD, which,
};
use crate::cli::{
    client::Client,
    failure::Failure,
    output::{Tone, write_file},
    review, upload, verify,
};

pub async fn prove(
    stage: &Stage,
    client: &Client,
    review: &Review,
    arguments: &DemoArguments,
) -> Result<(), Failure> {
    stage.head("8  The proof");
    let bytes = review::bundle(client, &which(1)).await?;
    let name = format!("{PERIOD}.bundle");
    let folder = arguments.keep.as_deref().unwrap_or(stage.path());
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::new(format!("`{}` cannot be made: {error}", folder.display())))?;
    let path = folder.join(&name);
    write_file(&path, &bytes)?;
    let verified = verify::check(&stage.context, &upload::read(&path)?, None)?;
    if verified.scores_sha256 != review.scores_sha256 {
        return Err(Failure::new(
            "the bundle verifies, but with other scores than the review's",
        ));
    }
    stage.line(format!(
        "{name}, {} bytes: facts, rule, parameters and results in one signed file. Recomputed from nothing but the file: {} \
         areas, every score and place the same, {}...",
        bytes.len(),
        verified.areas,
        &verified.scores_sha256[..16.min(verified.scores_sha256.len())]
    ));
    let mut touched = bytes;
    let middle = touched.len() / 2;
    if let Some(byte) = touched.get_mut(middle) {
        *byte ^= 1;
    }
    let output = &stage.context.output;
    match verify::check(&stage.context, &touched, None) {
        Ok(_) => Err(Failure::new(
            "a bundle with one bit changed was accepted, which must never happen",
        )),
        Err(failure) => {
            stage.line(format!(
                "With one bit of byte {middle} flipped: {}",
                failure.message
            ));
            if arguments.keep.is_some() {
                stage.line(output.toned(&format!("kept: {}", path.display()), Tone::Faint));
            }
            Ok(())
        }
    }
}
