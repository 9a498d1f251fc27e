//! What all callers share: the server, what they were told, and the end.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rand::{Rng, seq::IndexedRandom};
use tidyward_kit::peer::Peer;
use tidyward_proto::v1::{Datum, Issue, IssueSource, Position, ReportIssueRequest};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout_at},
};
use tonic::{Response, Status, transport::Channel};
use tonic_types::StatusExt;
use uuid::Uuid;

use crate::{
    scene::{GRIDS, PARENT, Scene},
    server::Process,
    tally::Tally,
};

/// Connections that callers share.
const CONNECTIONS: usize = 6;
/// Issues among which readers choose.
const MOST_KNOWN: usize = 2_000;

pub struct World {
    pub scene: Arc<Scene>,
    pub port: u16,
    pub tally: Tally,
    shared: Vec<Channel>,
    stopped: watch::Sender<bool>,
    /// Issues of late.
    known: Mutex<VecDeque<String>>,
    /// How many events of each issue somebody was told of.
    acknowledged: Mutex<HashMap<Uuid, i32>>,
    /// Faults that have begun, plus those that have ended: odd while there is one.
    faults: AtomicU64,
    /// Whether the next fault waits for work that a fault has cut off before.
    peace: AtomicBool,
}

impl World {
    pub fn new(scene: Arc<Scene>, server: &Process) -> World {
        let channel = || scene.certificate.channel(server.port);
        World {
            shared: (0..CONNECTIONS).map(|_| channel()).collect(),
            port: server.port,
            scene,
            tally: Tally::default(),
            stopped: watch::Sender::new(false),
            known: Mutex::default(),
            acknowledged: Mutex::default(),
            faults: AtomicU64::new(0),
            peace: AtomicBool::new(false),
        }
    }

    pub fn stop(&self) {
        self.stopped.send_replace(true);
    }

    pub fn goes_on(&self) -> bool {
        !*self.stopped.borrow()
    }

    /// Waits at most so long, and no longer than the load goes on.
    pub async fn pause(&self, most: Duration) {
        let mut stopped = self.stopped.subscribe();
        let _stopped =
            timeout_at(Instant::now() + most, stopped.wait_for(|stopped| *stopped)).await;
    }

    /// The same, drawn from those that are no longer.
    pub async fn rest(&self, most: Duration) {
        let share = rand::rng().random_range(0.0..1.0);
        self.pause(most.mul_f64(share)).await;
    }

    pub fn fault_begins_or_ends(&self) {
        self.faults.fetch_add(1, Ordering::SeqCst);
    }

    /// The number that is odd while there is a fault, and another one after each.
    pub fn faults(&self) -> u64 {
        self.faults.load(Ordering::SeqCst)
    }

    pub fn ask_for_peace(&self, peace: bool) {
        self.peace.store(peace, Ordering::SeqCst);
    }

    pub fn is_in_peace(&self) -> bool {
        self.peace.load(Ordering::SeqCst)
    }

    /// Somebody over one of the connections that are shared.
    pub fn caller(&self, kind: &str, number: usize) -> Peer {
        let channel = self.shared[number % self.shared.len()].clone();
        self.scene.caller(channel, &format!("{kind}-{number}"))
    }

    /// Somebody over a connection of their own.
    pub fn stranger(&self, subject: &str) -> Peer {
        let channel = self.scene.certificate.channel(self.port);
        self.scene.caller(channel, subject)
    }

    /// Asks again until it is answered for good; nothing where it was refused, or where all is over.
    pub async fn until_answered<T, F>(
        &self,
        call: &'static str,
        mut ask: impl FnMut() -> F,
    ) -> Option<T>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        while self.goes_on() {
            match self.tally.count(call, ask().await) {
                Ok(answer) => return Some(answer.into_inner()),
                Err(status) => {
                    let retry = status.get_error_details().retry_info().cloned()?;
                    let told = retry.retry_delay.unwrap_or(Duration::from_millis(100));
                    sleep(told.min(Duration::from_secs(1))).await;
                }
            }
        }
        None
    }

    /// Keeps what an answer says of an issue.
    pub fn was_told(&self, issue: &Issue) {
        let id = issue.name.rsplit('/').next().and_then(|id| id.parse().ok());
        let (Some(id), Ok(events)) = (id, issue.etag.parse()) else {
            let words = format!(
                "an issue has the name `{}` and etag `{}`",
                issue.name, issue.etag
            );
            return self.tally.wrong_answer(words);
        };
        let earlier = lock(&self.acknowledged).insert(id, events);
        if earlier.is_none() {
            let mut known = lock(&self.known);
            known.push_back(issue.name.clone());
            if known.len() > MOST_KNOWN {
                known.pop_front();
            }
        }
    }

    pub fn acknowledged(&self) -> HashMap<Uuid, i32> {
        lock(&self.acknowledged).clone()
    }

    /// Some issue of late.
    pub fn some_issue(&self) -> Option<String> {
        let mut known = lock(&self.known);
        known.make_contiguous().choose(&mut rand::rng()).cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A report of litter somewhere in the district, under an id of its own.
pub fn report() -> ReportIssueRequest {
    let mut random = rand::rng();
    let request_id = Uuid::from_u128(random.random()).to_string();
    let issue = Issue {
        category: "litter".to_owned(),
        source: IssueSource::Hotline.into(),
        position: Some(Position {
            latitude: random.random_range(30.001..30.009),
            longitude: random.random_range(120.001..120.0 + GRIDS as f64 * 0.01 - 0.001),
            datum: Datum::Wgs84.into(),
            ..Position::default()
        }),
        description: request_id.clone(),
        ..Issue::default()
    };
    ReportIssueRequest {
        parent: PARENT.to_owned(),
        issue: Some(issue),
        request_id,
        ..ReportIssueRequest::default()
    }
}
