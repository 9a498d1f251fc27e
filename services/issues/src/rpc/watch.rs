//! The watch on the wire: streams, polls, and the posts that come in them.

mod poll;
mod post;
mod render;
mod stream;

use std::pin::Pin;

use futures::Stream;
use tidyward_kit::{
    Error, Violations,
    caller::{self, Caller, District},
    resume::Bound,
};
use tidyward_proto::v1::{
    CreatePostRequest, GetPostRequest, ListPostsRequest, ListPostsResponse, PollWatchRequest,
    PollWatchResponse, Post, WatchRequest, WatchResponse, watch_service_server::WatchService,
};
use tonic::{Request, Response, Status, async_trait};

use super::Answer;
use crate::{
    Issues,
    news::Asked,
    watcher::{Start, Watcher},
};

#[async_trait]
impl WatchService for Issues {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

    async fn watch(&self, request: Request<WatchRequest>) -> Answer<Self::WatchStream> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.watch_stream(&caller, request.into_inner()).await?,
        ))
    }

    async fn poll_watch(&self, request: Request<PollWatchRequest>) -> Answer<PollWatchResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.watch_poll(&caller, request.into_inner()).await?,
        ))
    }

    async fn create_post(&self, request: Request<CreatePostRequest>) -> Answer<Post> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.post_create(&caller, request.into_inner()).await?,
        ))
    }

    async fn get_post(&self, request: Request<GetPostRequest>) -> Answer<Post> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.post_get(&caller, request.into_inner()).await?,
        ))
    }

    async fn list_posts(&self, request: Request<ListPostsRequest>) -> Answer<ListPostsResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.post_list(&caller, request.into_inner()).await?,
        ))
    }
}

/// What streams and polls ask for alike.
struct WatchArguments {
    area: String,
    filter: String,
    start: Start,
}

impl Issues {
    /// Begins a watch. `violations` are what is wrong besides.
    async fn watch_begin(
        &self,
        caller: &Caller,
        district: &District,
        arguments: &WatchArguments,
        mut violations: Violations,
    ) -> Result<Watcher, Error> {
        let (area, filter) = (&arguments.area, &arguments.filter);
        let asked = Asked::read(&mut violations, district, area, filter);
        if let Some(code) = &asked.area {
            let there = self.area_codes(district, code).await?;
            violations.require(!there.is_empty(), "area", NO_AREA);
        }
        let scope = asked.scope(caller, violations)?;
        let feed = self.feeds.open(district, self.clock.id()).await?;
        let bound = Bound::new(feed.store, &["Watch", district.id(), area, filter]);
        Watcher::begin(&self.feeds, feed, scope, bound, &arguments.start).await
    }

    /// The area's code and those above it at present; none where it is no area.
    async fn area_codes(&self, district: &District, code: &str) -> Result<Vec<String>, Error> {
        let now = self.clock.now();
        self.territory.area_and_above(district, code, now).await
    }
}

const NO_AREA: &str = "is no area of the district; ListAreas gives them";
