//! The watch as a stream: news as they happen, and a heartbeat where none do.

use std::{pin::Pin, time::Duration};

use futures::Stream;
use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District},
};
use tidyward_proto::v1::{WatchRequest, WatchResponse};
use tokio::time::{Instant, timeout};
use tonic::Status;

use super::{WatchArguments, render};
use crate::{
    Issues,
    watcher::{Start, Watcher},
};

/// A stream between two of its messages.
struct Streaming {
    watcher: Watcher,
    district: District,
    caller: Caller,
    heartbeat: Duration,
    ends: Instant,
    begun: bool,
}

impl Issues {
    pub(super) async fn watch_stream(
        &self,
        caller: &Caller,
        request: WatchRequest,
    ) -> Result<Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let arguments = WatchArguments {
            start: Start::of(&request.resume_token, request.from_beginning),
            area: request.area,
            filter: request.filter,
        };
        let none = Violations::default();
        let watcher = self
            .watch_begin(caller, &district, &arguments, none)
            .await?;
        let settings = self.feeds.settings();
        let streaming = Streaming {
            watcher,
            district,
            caller: caller.clone(),
            heartbeat: settings.heartbeat,
            ends: Instant::now() + settings.longest,
            begun: false,
        };
        let stream = futures::stream::unfold(Some(streaming), |streaming| async {
            let mut streaming = streaming?;
            match streaming.message().await {
                Ok(message) => Some((Ok(message), Some(streaming))),
                Err(error) => {
                    let error = error.with("token", streaming.watcher.token());
                    Some((Err(error.into()), None))
                }
            }
        });
        Ok(Box::pin(stream))
    }
}

impl Streaming {
    async fn message(&mut self) -> Result<WatchResponse, Error> {
        if !self.begun {
            self.begun = true;
            return Ok(render::heartbeat(self.watcher.token()));
        }
        if Instant::now() >= self.ends {
            let message = "the watch has lasted as long as one may; go on with the token";
            return Err(Error::new(Reason::Unavailable, message));
        }
        let quiet = self.heartbeat.min(self.ends - Instant::now());
        let token = |watcher: &Watcher| watcher.token();
        match timeout(quiet, self.watcher.next()).await {
            Err(_quiet) => Ok(render::heartbeat(token(&self.watcher))),
            Ok(news) => {
                let news = news?;
                let token = token(&self.watcher);
                Ok(render::response(&self.district, &self.caller, &news, token))
            }
        }
    }
}
