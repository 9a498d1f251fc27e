//! What happens by itself, done by whichever replica comes first: each looks for issues for which something has fallen
//! due, plans it, and writes it only if the issue is still as it was read.

use std::time::Duration;

use tidyward_kit::{Error, Reason, caller::District};
use tokio_util::sync::CancellationToken;

use crate::{
    Issues,
    store::{self, transition::Waking},
};

/// Issues that are looked for at once.
const BATCH: usize = 100;

impl Issues {
    /// Does all that has fallen due and says how many events and posts that were; deletes evidence that nothing uses. What
    /// cannot be done is logged and left to the next sweep; it stops no other issue.
    pub async fn sweep_once(&self) -> Result<usize, Error> {
        let now = self.clock.now();
        let mut done = self.publish_due(now).await?;
        let mut after: Option<Waking> = None;
        loop {
            let batch = store::transition::waking(&self.db, now, after.as_ref(), BATCH).await?;
            for waking in &batch {
                match self.wake(waking, now).await {
                    Ok(count) => done += count,
                    Err(error) => {
                        let issue = waking.id.to_string();
                        let source = error.source.as_ref().map(ToString::to_string);
                        tracing::warn!(issue.id = issue, error.words = %error, error.source = source,
                            "what fell due was not done; the next sweep tries again");
                    }
                }
            }
            if batch.len() < BATCH {
                break;
            }
            after = batch.into_iter().last();
        }
        // Clocks do not wait for a store that is down.
        if let Err(error) = self.evidence_sweep(now).await {
            let source = error.source.as_ref().map(ToString::to_string);
            tracing::warn!(error.words = %error, error.source = source,
                "evidence that nothing uses was not deleted; the next sweep tries again");
        }
        Ok(done)
    }

    /// Sweeps at once and then whenever the time has passed, until it is stopped.
    pub async fn sweep(self, every: Duration, stop: CancellationToken) {
        loop {
            // What was handed to the database is written even so.
            let swept = tokio::select! {
                () = stop.cancelled() => return,
                swept = self.sweep_once() => swept,
            };
            if let Err(error) = swept {
                let source = error.source.as_ref().map(ToString::to_string);
                tracing::warn!(error.words = %error, error.source = source, "a sweep failed");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
        }
    }

    /// Publishes the posts whose moment has come.
    async fn publish_due(&self, now: jiff::Timestamp) -> Result<usize, Error> {
        let mut done = 0;
        loop {
            let published = store::post::publish(&self.db, now, BATCH).await?;
            done += published;
            if published < BATCH {
                return Ok(done);
            }
        }
    }

    async fn wake(&self, waking: &Waking, now: jiff::Timestamp) -> Result<usize, Error> {
        let district = District::of_server(&waking.district);
        let Some(plan) = self.plan_due(&district, waking.id, now).await? else {
            return Ok(0);
        };
        match self.carry_out(&district, plan).await {
            // Another replica, or somebody's move, came first and did it too.
            Err(error) if error.reason == Reason::ChangedMeanwhile => Ok(0),
            written => written,
        }
    }
}
