//! Clears what writes of objects left behind that were cut off: all of it at the start, when nobody else works in the data
//! folder, and what is old now and then.

use std::time::Duration;

use jiff::Timestamp;
use tidyward_kit::{Error, clock::Clock, object::Objects};
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(3_600);
/// No write takes so long.
const OLD: Duration = Duration::from_secs(3_600);

/// Before anything is served.
pub async fn clear(objects: &Objects) -> Result<(), Error> {
    note(objects.clear_unfinished(Timestamp::MAX).await?);
    Ok(())
}

/// Until told to end.
pub async fn keep_clear(objects: Objects, end: CancellationToken) {
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        // The files' times are the machine's, wherever the domain's clock stands.
        let before = Clock::system().now() - OLD;
        match objects.clear_unfinished(before).await {
            Ok(cleared) => note(cleared),
            Err(error) => {
                let source = error.source.as_deref().map(tracing::field::display);
                tracing::warn!(error.words = %error, error.source = source, "the folder of objects was not cleared");
            }
        }
    }
}

fn note(cleared: usize) {
    if cleared > 0 {
        tracing::info!(
            cleared,
            "writes of objects that were cut off are cleared away"
        );
    }
}
