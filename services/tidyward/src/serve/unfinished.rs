//! Clears what writes of objects left behind that were cut off: what was there before the start, when nobody else worked in
//! the data folder, and what is old now and then.

use std::time::Duration;

use jiff::Timestamp;
use tidyward_kit::{clock::Clock, object::Objects};
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(3_600);
/// No write takes so long.
const OLD: Duration = Duration::from_secs(3_600);

/// Until told to end. `start` is before the first object of this process is written.
pub async fn keep_clear(objects: Objects, start: Timestamp, end: CancellationToken) {
    let mut before = start;
    loop {
        clear(&objects, before).await;
        tokio::select! {
            () = end.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        before = machine_now() - OLD;
    }
}

/// The files' times are the machine's, wherever the domain's clock stands.
pub fn machine_now() -> Timestamp {
    Clock::system().now()
}

async fn clear(objects: &Objects, before: Timestamp) {
    match objects.clear_unfinished(before).await {
        Ok(0) => {}
        Ok(cleared) => tracing::info!(
            cleared,
            "writes of objects that were cut off are cleared away"
        ),
        Err(error) => {
            let source = error.source.as_deref().map(tracing::field::display);
            tracing::warn!(error.words = %error, error.source = source, "the folder of objects was not cleared");
        }
    }
}
