//! What is done on this machine alone, without a client: serving, and bringing the tables up to date.

use super::{
    context::Context,
    failure::Failure,
    output::{put, say},
};
use crate::{compose, data::DataFolder, serve};

/// Starts, says where, serves until told, drains.
pub async fn serve(context: &Context) -> Result<(), Failure> {
    let settings = &context.settings;
    tidyward_kit::telemetry::start(settings.log.format, &settings.log.filter)?;
    let server = serve::Server::start(settings, context.clock.clone()).await?;
    let scheme = if settings.tls.on() { "https" } else { "http" };
    put(format!("listening on {scheme}://{}\n", server.address));
    let address = server.address;
    server
        .until(async {
            if let Err(error) = serve::told_to_stop().await {
                tracing::error!(error.words = %error, "signals cannot be heard; the server stops");
            }
            tracing::info!(server.address = %address, "told to stop; calls in flight may end");
        })
        .await?;
    Ok(())
}

pub async fn migrate(context: &Context) -> Result<(), Failure> {
    let folder = DataFolder::open(&context.settings.data)?;
    compose::migrate(&folder, &context.settings)
        .await?
        .close()
        .await?;
    say(format!(
        "the tables in {} are up to date\n",
        folder.path().display()
    ));
    Ok(())
}
