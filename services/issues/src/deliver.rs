//! Delivering notices to webhooks: at least once, in no promised order, and never twice at the same time.
//!
//! Whoever delivers to a webhook holds its lease, a column of its row; a lease outlives the longest call, so another
//! process takes over only from one that died. Calls are made outside of transactions, a few at a time to each webhook, so
//! that a receiver which does not answer keeps nobody else waiting.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tidyward_kit::{
    Error,
    webhook::{Message, Sender, SenderSettings, Sent},
};
use tidyward_proto::v1::Notice;
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    Issues, cloud_event,
    delivery::{self, Delivery, DeliveryState},
    store::{self, webhook::Lease},
};

/// Webhooks that are called at the same time.
const MOST_WEBHOOKS: usize = 32;
/// Deliveries that are on their way to one webhook at the same time.
const MOST_CALLS: usize = 8;
/// A lease lasts so much longer than a call may.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_secs(30);
/// What was delivered is listed for so long.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Rows of a district, or of a deleted webhook, that one sweep takes away.
const SWEPT: usize = 500;
/// Between two sweeps.
const SWEEP: SignedDuration = SignedDuration::from_secs(60);

/// How notices are delivered.
#[derive(Clone, Debug)]
pub struct NoticeSettings {
    /// The longest that a call of a webhook may take.
    pub timeout: Duration,
    /// How often the outbox is looked at for what other processes wrote and for what is to be tried again.
    pub poll: Duration,
    /// Root certificates in PEM that are trusted beside the machine's own. Empty for none.
    pub extra_roots: Vec<u8>,
    /// Whether receivers in private networks may be called.
    pub allow_private_receivers: bool,
    /// Whether receivers on the machine itself may be called, without TLS too.
    pub allow_http_loopback: bool,
}

impl Default for NoticeSettings {
    fn default() -> NoticeSettings {
        NoticeSettings {
            timeout: Duration::from_secs(10),
            poll: Duration::from_secs(1),
            extra_roots: Vec::new(),
            allow_private_receivers: false,
            allow_http_loopback: false,
        }
    }
}

/// What delivering needs; clones share it.
#[derive(Clone)]
pub(crate) struct Outbox {
    sender: Sender,
    wake: Arc<Notify>,
    poll: Duration,
    lease: SignedDuration,
}

impl Outbox {
    pub fn new(settings: &NoticeSettings) -> Result<Outbox, Error> {
        let sender = Sender::new(&SenderSettings {
            timeout: settings.timeout,
            extra_roots: settings.extra_roots.clone(),
            allow_private_receivers: settings.allow_private_receivers,
            allow_http_loopback: settings.allow_http_loopback,
        })?;
        let timeout = SignedDuration::try_from(settings.timeout).map_err(Error::internal)?;
        Ok(Outbox {
            sender,
            wake: Arc::default(),
            poll: settings.poll,
            lease: timeout.saturating_add(LEASE_MARGIN),
        })
    }

    /// Says in words what is wrong with the URL of a receiver.
    pub fn check_url(&self, url: &str) -> Result<(), String> {
        self.sender.check_url(url)
    }

    /// Has the loop look at once. To be called after the commit of what wrote notices; without it they wait for the poll.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

impl Issues {
    /// Tries what is due, a few deliveries of each webhook, and says how many it tried.
    pub async fn deliver_once(&self) -> Result<usize, Error> {
        let leases = self.leases(MOST_WEBHOOKS).await?;
        let tried = join_all(leases.into_iter().map(|lease| self.deliver_to(lease))).await;
        tried.into_iter().sum()
    }

    /// Delivers until it is told to stop, then waits for the calls that are on their way.
    pub async fn deliver(&self, stop: CancellationToken) {
        let mut calls: JoinSet<()> = JoinSet::new();
        let mut swept_at = Timestamp::MIN;
        while !stop.is_cancelled() {
            let free = MOST_WEBHOOKS.saturating_sub(calls.len());
            for lease in self.leases(free).await.unwrap_or_else(log) {
                let issues = self.clone();
                calls.spawn(async move {
                    issues.deliver_to(lease).await.unwrap_or_else(log);
                });
            }
            let now = self.clock.now();
            if now.duration_since(swept_at) >= SWEEP {
                swept_at = now;
                self.sweep_deliveries().await.unwrap_or_else(log);
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.outbox.wake.notified() => {}
                () = tokio::time::sleep(self.outbox.poll) => {}
                Some(_) = calls.join_next() => {}
            }
        }
        while calls.join_next().await.is_some() {}
    }

    /// Takes away some of what was delivered long ago and of what was meant for deleted webhooks.
    pub(crate) async fn sweep_deliveries(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let before = now.saturating_sub(KEPT).map_err(Error::internal)?;
        store::delivery::sweep(&self.db, before.as_microsecond(), SWEPT).await
    }

    async fn leases(&self, most: usize) -> Result<Vec<Lease>, Error> {
        if most == 0 {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let until = now
            .saturating_add(self.outbox.lease)
            .map_err(Error::internal)?;
        let (now, until) = (now.as_microsecond(), until.as_microsecond());
        store::webhook::lease(&self.db, now, until, most).await
    }

    async fn deliver_to(&self, lease: Lease) -> Result<usize, Error> {
        let now = self.clock.now().as_microsecond();
        let due = store::delivery::due(&self.db, &lease, now, MOST_CALLS).await?;
        let calls = due
            .iter()
            .map(|(delivery, notice)| self.call(&lease, delivery, notice));
        let sent = join_all(calls)
            .await
            .into_iter()
            .collect::<Result<Vec<Sent>, Error>>()?;
        let now = self.clock.now();
        let gone = sent.iter().any(delivery::gone);
        let ended: Vec<(Delivery, i32)> = due
            .into_iter()
            .zip(&sent)
            .map(|((delivery, _), sent)| {
                let before = delivery.attempts;
                (delivery.after(sent, now), before)
            })
            .collect();
        let tried = ended.len();
        self.db
            .write(move |transaction| {
                let (lease, ended) = (lease.clone(), ended.clone());
                Box::pin(async move {
                    for (delivery, before) in &ended {
                        let before = (DeliveryState::Waiting, *before);
                        // Not so only where the lease ran out and another process tried it: then its word stands.
                        store::delivery::update(transaction, &lease.district, delivery, before)
                            .await?;
                    }
                    if gone {
                        store::webhook::pause(transaction, &lease).await?;
                    }
                    store::webhook::release(transaction, &lease, now.as_microsecond()).await
                })
            })
            .await?;
        Ok(tried)
    }

    async fn call(
        &self,
        lease: &Lease,
        delivery: &Delivery,
        notice: &Notice,
    ) -> Result<Sent, Error> {
        let id = delivery.notice.to_string();
        let message = Message {
            url: &lease.url,
            secret: &lease.secret,
            id: &id,
            at: self.clock.now(),
            content_type: cloud_event::CONTENT_TYPE,
            body: cloud_event::body(&lease.district, delivery.notice, notice)?,
        };
        Ok(self.outbox.sender.send(message).await)
    }
}

/// What was not done is done in a later turn.
fn log<T: Default>(error: Error) -> T {
    tracing::error!(error.source = ?error, "notices were not delivered");
    T::default()
}
