//! `tidyward demo`: the whole line in seconds, over the real server and the same calls that every command makes. It leaves
//! nothing behind and nothing running.

mod ledger;
mod rule;
mod stage;
mod story;
mod street;
mod town;

use std::path::PathBuf;

use clap::Args;

use super::{context::Context, failure::Failure};
use crate::serve;

#[derive(Args, Clone, Debug, Default)]
pub struct DemoArguments {
    /// Keep the bundle, in this folder; everything else goes
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// Sets the stage, tells the story, and clears everything away, whichever way it ends.
pub async fn demo(context: &Context, arguments: DemoArguments) -> Result<(), Failure> {
    let stage = stage::Stage::set(context).await?;
    let told = tokio::select! {
        told = story::tell(&stage, &arguments) => told,
        stopped = serve::told_to_stop() => Err(match stopped {
            Ok(()) => Failure::new("stopped before the end"),
            Err(error) => error.into(),
        }),
    };
    let cleared = stage.clear().await;
    told.and(cleared)
}
