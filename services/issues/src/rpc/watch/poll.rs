//! The watch by long polls: the same news and tokens, a page at a time.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use tidyward_kit::{
    Error, Violations,
    caller::{Caller, District},
    deadline,
};
use tidyward_proto::v1::{PollWatchRequest, PollWatchResponse, WatchResponse};
use tokio::time::{Instant, timeout_at};

use super::{WatchArguments, render};
use crate::{
    Issues,
    news::News,
    watcher::{Start, Watcher},
};

/// Things on a page that asks for no number, and at most.
const DEFAULT_SIZE: i32 = 100;
const LARGEST_SIZE: i32 = 1_000;
/// The longest wait, in seconds.
const LONGEST_WAIT: i32 = 25;
/// What stands in the store is read so long even by those who do not wait.
const LEAST_READING: Duration = Duration::from_secs(2);
/// What is left of the caller's time for the answer's way.
const MARGIN: Duration = Duration::from_secs(1);

/// A page that is being filled.
struct Filling {
    watcher: Watcher,
    district: District,
    caller: Caller,
    size: usize,
    responses: Vec<WatchResponse>,
}

impl Issues {
    pub(super) async fn watch_poll(
        &self,
        caller: &Caller,
        request: PollWatchRequest,
    ) -> Result<PollWatchResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let mut violations = Violations::default();
        let negative = "must not be negative; 0 is the default";
        violations.require(request.page_size >= 0, "page_size", negative);
        let wait = request.wait_seconds.unwrap_or(LONGEST_WAIT);
        violations.require(
            (0..=LONGEST_WAIT).contains(&wait),
            "wait_seconds",
            "must be 0 to 25; left out it is 25",
        );
        let arguments = WatchArguments {
            start: Start::of(&request.resume_token, request.from_beginning),
            area: request.area,
            filter: request.filter,
        };
        let size = match request.page_size {
            0 => DEFAULT_SIZE,
            size => size.min(LARGEST_SIZE),
        };
        let began = Instant::now();
        let watcher = self
            .watch_begin(caller, &district, &arguments, violations)
            .await?;
        let mut filling = Filling {
            watcher,
            district,
            caller: caller.clone(),
            size: size.unsigned_abs() as usize,
            responses: Vec::new(),
        };
        let wait = Duration::from_secs(wait.unsigned_abs().into());
        // An empty page in time tells more than a call that was cut off.
        let left = deadline::current().map(|at| at.saturating_duration_since(began));
        let wait = left.map_or(wait, |left| wait.min(left.saturating_sub(MARGIN)));
        let filled = filling.fill(began, wait).await;
        let resume_token = filling.watcher.token();
        match filled {
            // What came before the failure is told; the next call meets it again, or goes on by the store.
            Err(error) if filling.responses.is_empty() => Err(error.with("token", resume_token)),
            _ => Ok(PollWatchResponse {
                responses: filling.responses,
                resume_token,
            }),
        }
    }
}

impl Filling {
    /// First what stands in the store, then what happens until the time is up or there is something.
    async fn fill(&mut self, began: Instant, wait: Duration) -> Result<(), Error> {
        let read_until = began + wait.max(LEAST_READING);
        while self.responses.len() < self.size {
            match timeout_at(read_until, self.watcher.next_read()).await {
                Ok(Ok(Some(news))) => self.push(&news),
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Err(error),
                Err(_time_is_up) => return Ok(()),
            }
        }
        if self.responses.is_empty() {
            match timeout_at(began + wait, self.watcher.next()).await {
                Ok(news) => self.push(&news?),
                Err(_time_is_up) => return Ok(()),
            }
        }
        // What is there without waiting.
        while self.responses.len() < self.size {
            match self.watcher.next().now_or_never() {
                Some(news) => self.push(&news?),
                None => return Ok(()),
            }
        }
        Ok(())
    }

    fn push(&mut self, news: &Arc<News>) {
        let token = self.watcher.token();
        let response = render::response(&self.district, &self.caller, news, token);
        self.responses.push(response);
    }
}
