//! Feeds: for each district that somebody watches, what happens there is read from the store once, after each commit, and
//! handed to all its watchers through a ring of bounded length.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tidyward_kit::{Error, Reason, caller::District, db::Db};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{news::News, store};

/// Numbers that are read at once.
pub const PAGE: i64 = 500;
/// The least time between two looks at the store, however often something is committed.
const BETWEEN: Duration = Duration::from_millis(5);
/// After a look that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How watchers are served.
#[derive(Clone, Debug)]
pub struct WatchSettings {
    /// Streams and polls at once, over all districts.
    pub watchers: usize,
    /// Things that wait for the slowest watcher; one that is further behind is dropped.
    pub ring: usize,
    /// A stream on which nothing happened for so long says how far it is.
    pub heartbeat: Duration,
    /// How often is looked for what other processes committed.
    pub look: Duration,
    /// A stream is ended after so long, and goes on only by a call with a token that still holds.
    pub longest: Duration,
}

impl Default for WatchSettings {
    fn default() -> WatchSettings {
        WatchSettings {
            watchers: 10_000,
            ring: 8_192,
            heartbeat: Duration::from_secs(15),
            look: Duration::from_millis(200),
            longest: Duration::from_secs(3_600),
        }
    }
}

/// The feeds of this process; clones share them.
#[derive(Clone)]
pub struct Feeds(Arc<Shared>);

struct Shared {
    db: Db,
    settings: WatchSettings,
    places: Arc<Semaphore>,
    stop: CancellationToken,
    open: Mutex<HashMap<District, Arc<Feed>>>,
}

/// What happens in one district, from the moment at which it was opened.
pub struct Feed {
    pub district: District,
    /// The id of the district's ledger.
    pub store: Uuid,
    ring: broadcast::Sender<Arc<News>>,
}

impl Feed {
    /// All that is committed from now on, and perhaps some of what was committed just before.
    pub fn listen(&self) -> broadcast::Receiver<Arc<News>> {
        self.ring.subscribe()
    }
}

impl Feeds {
    pub fn new(db: Db, settings: WatchSettings) -> Feeds {
        let places = Arc::new(Semaphore::new(settings.watchers));
        Feeds(Arc::new(Shared {
            db,
            settings,
            places,
            stop: CancellationToken::new(),
            open: Mutex::default(),
        }))
    }

    pub fn db(&self) -> &Db {
        &self.0.db
    }

    pub fn settings(&self) -> &WatchSettings {
        &self.0.settings
    }

    /// Ends every watch, each with the token to go on with.
    pub fn stop(&self) {
        self.0.stop.cancel();
    }

    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// A watcher's place.
    pub fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.0.places.clone().try_acquire_owned().map_err(|_| {
            let message = format!(
                "{} watch already, which is as many as the server takes; try again later",
                self.0.settings.watchers
            );
            let mut error = Error::new(Reason::Busy, message);
            error.retry_after = Some(Duration::from_secs(5));
            error
        })
    }

    /// The district's feed. It is there as long as somebody holds it; `fresh` is the id of a ledger that has none.
    pub async fn open(&self, district: &District, fresh: Uuid) -> Result<Arc<Feed>, Error> {
        if let Some(feed) = self.0.lock().get(district) {
            return Ok(feed.clone());
        }
        let store = store::news::store(&self.0.db, district, fresh).await?;
        // Before anybody listens, so that whoever then asks for the last number is told at least this one.
        let told = store::news::last(&self.0.db, district).await?;
        let mut open = self.0.lock();
        if let Some(feed) = open.get(district) {
            return Ok(feed.clone());
        }
        let (ring, _) = broadcast::channel(self.0.settings.ring);
        let feed = Arc::new(Feed {
            district: district.clone(),
            store,
            ring,
        });
        open.insert(district.clone(), feed.clone());
        tokio::spawn(follow(self.0.clone(), feed.clone(), told));
        Ok(feed)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<District, Arc<Feed>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the feed if nobody but this map and its follower holds it. Whoever takes one takes it under the same lock.
    fn close_unwatched(&self, feed: &Arc<Feed>) -> bool {
        let mut open = self.lock();
        let unwatched = Arc::strong_count(feed) == 2;
        if unwatched {
            open.remove(&feed.district);
        }
        unwatched
    }

    /// Hands on everything behind the number, which follows.
    async fn tell(&self, feed: &Feed, told: &mut i64) -> Result<(), Error> {
        let last = store::news::last(&self.db, &feed.district).await?;
        while *told < last {
            let upto = last.min(*told + PAGE);
            for news in store::news::between(&self.db, &feed.district, *told, upto).await? {
                // Nobody may listen just now.
                let _heard = feed.ring.send(Arc::new(news));
            }
            *told = upto;
        }
        Ok(())
    }
}

/// Hands on whatever is committed, until nobody watches.
async fn follow(shared: Arc<Shared>, feed: Arc<Feed>, mut told: i64) {
    let mut commits = shared.db.commits();
    while !shared.close_unwatched(&feed) {
        commits.mark_unchanged();
        let wait = match shared.tell(&feed, &mut told).await {
            Ok(()) => BETWEEN,
            Err(error) => {
                let source = error.source.as_ref().map(ToString::to_string);
                tracing::warn!(error.words = %error, error.source = source, "news were not read; watchers wait");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = next_look(&mut commits, wait, shared.settings.look) => {}
        }
    }
}

/// Waits for a commit of this process, or as long as others are left unlooked at.
async fn next_look(
    commits: &mut tokio::sync::watch::Receiver<u64>,
    wait: Duration,
    look: Duration,
) {
    tokio::time::sleep(wait).await;
    let committed = tokio::time::timeout(look, commits.changed()).await;
    if matches!(committed, Ok(Err(_))) {
        // The writer has ended, and with it this process's commits.
        tokio::time::sleep(look).await;
    }
}
