//! A watcher: it reads what has happened from the store, page by page, and where it has come near the present it listens
//! to the district's feed. It listens before it reads its last page, and skips what it has been told, so between the two
//! nothing is missed and nothing comes twice.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use tidyward_kit::{Error, Reason, db::Db, resume::Bound};
use tokio::{
    sync::{OwnedSemaphorePermit, broadcast},
    task::JoinHandle,
};

use crate::{
    feed::{Feed, Feeds, PAGE},
    news::{News, Scope},
    store,
};

/// Where a watch begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    Now,
    Beginning,
    Token(String),
}

impl Start {
    pub fn of(resume_token: &str, from_beginning: bool) -> Start {
        match (resume_token, from_beginning) {
            ("", false) => Start::Now,
            ("", true) => Start::Beginning,
            (token, _) => Start::Token(token.to_owned()),
        }
    }
}

type Live = broadcast::Receiver<Arc<News>>;

/// A page of what stands in the store, up to a number. Where that is the last one, with all that is committed after it.
struct Read {
    page: Vec<News>,
    upto: i64,
    live: Option<Live>,
}

/// One watch. Whatever of it is cancelled while it waits can be called again.
pub struct Watcher {
    feeds: Feeds,
    feed: Arc<Feed>,
    scope: Scope,
    bound: Bound,
    /// Everything up to this number has been told or is not to be.
    at: i64,
    /// Read and not told yet; then everything up to the number has been.
    page: VecDeque<News>,
    page_ends: i64,
    live: Option<Live>,
    /// A task of its own: a client that reads slowly must not hold a connection to the database meanwhile.
    reading: Option<JoinHandle<Result<Read, Error>>>,
    _place: OwnedSemaphorePermit,
}

impl Watcher {
    pub async fn begin(
        feeds: &Feeds,
        feed: Arc<Feed>,
        scope: Scope,
        bound: Bound,
        start: &Start,
    ) -> Result<Watcher, Error> {
        let place = feeds.place()?;
        let last = store::news::last(feeds.db(), &feed.district).await?;
        let at = match start {
            Start::Now => last,
            Start::Beginning => 0,
            Start::Token(token) => bound.number(token, last)?,
        };
        Ok(Watcher {
            feeds: feeds.clone(),
            feed,
            scope,
            bound,
            at,
            page: VecDeque::new(),
            page_ends: at,
            live: None,
            reading: None,
            _place: place,
        })
    }

    /// Goes on behind all that `next` has given.
    pub fn token(&self) -> String {
        self.bound.token(self.at)
    }

    /// The next thing that is to be told, as soon as it has happened.
    pub async fn next(&mut self) -> Result<Arc<News>, Error> {
        loop {
            if let Some(news) = self.next_read().await? {
                return Ok(news);
            }
            let Some(live) = &mut self.live else {
                continue;
            };
            let heard = tokio::select! {
                biased;
                () = self.feeds.stopping().cancelled() => return Err(stopped()),
                heard = live.recv() => heard,
            };
            match heard {
                Ok(news) if news.number <= self.at => {}
                Ok(news) => {
                    self.at = news.number;
                    if self.scope.shows(&news) {
                        return Ok(news);
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => return Err(lagged()),
                Err(broadcast::error::RecvError::Closed) => return Err(stopped()),
            }
        }
    }

    /// The next thing that is to be told and stands in the store; nothing where the rest is still to happen.
    pub async fn next_read(&mut self) -> Result<Option<Arc<News>>, Error> {
        loop {
            while let Some(news) = self.page.pop_front() {
                self.at = news.number;
                if self.scope.shows(&news) {
                    return Ok(Some(Arc::new(news)));
                }
            }
            self.at = self.at.max(self.page_ends);
            if self.live.is_some() {
                return Ok(None);
            }
            if self.feeds.stopping().is_cancelled() {
                return Err(stopped());
            }
            let (feeds, feed, at) = (&self.feeds, &self.feed, self.at);
            let reading = self
                .reading
                .get_or_insert_with(|| tokio::spawn(read(feeds.db().clone(), feed.clone(), at)));
            let read = reading.await;
            self.reading = None;
            let read = read.map_err(Error::internal)??;
            self.page = read.page.into();
            self.page_ends = read.upto;
            self.live = read.live;
        }
    }
}

async fn read(db: Db, feed: Arc<Feed>, at: i64) -> Result<Read, Error> {
    let district = &feed.district;
    let mut last = store::news::last(&db, district).await?;
    let near = last - at <= PAGE;
    let live = near.then(|| feed.listen());
    if near {
        // What was committed before the listening began is in the store, and is asked for after it began.
        last = store::news::last(&db, district).await?;
    }
    let upto = last.min(at + PAGE);
    let page = match upto > at {
        true => store::news::between(&db, district, at, upto).await?,
        false => Vec::new(),
    };
    Ok(Read {
        page,
        upto,
        live: live.filter(|_| upto == last),
    })
}

fn stopped() -> Error {
    let message = "the server stops; go on with the token, here or at another server";
    let mut error = Error::new(Reason::Unavailable, message);
    error.retry_after = Some(Duration::from_secs(1));
    error
}

fn lagged() -> Error {
    let message = "things happen faster than they were read; go on with the token";
    Error::new(Reason::WatchLagged, message)
}
