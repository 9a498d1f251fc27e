//! The server: open the data folder, migrate, recover, bind, serve, and drain within a bound.

mod certificate;
mod unfinished;

#[cfg(test)]
mod tests;

use std::{net::SocketAddr, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidyward_kit::{
    Error, Violations,
    clock::Clock,
    db::Db,
    rate::{Rate, RateSettings},
    serve::{self, Bound, ServeSettings},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    compose::{self, Composed},
    config::Settings,
    data::DataFolder,
};

/// What the server takes at most.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Bytes of one message from a client.
    pub message_bytes: usize,
    /// Streams on one connection.
    pub streams: u32,
    /// Calls that are worked on at once, over all connections.
    pub calls: usize,
    /// Watches at once, streams and polls, over all connections.
    pub watchers: usize,
    /// Seconds that a call may take to begin to answer.
    pub longest_call_seconds: u64,
    /// Bytes of one uploaded file.
    pub upload_bytes: i64,
    /// Seconds that calls in flight may take to end when the server stops.
    pub drain_seconds: u64,
    /// Calls a second that one caller may make in the long run. 0 is as many as it likes.
    pub caller_calls_per_second: u32,
    /// Calls that a caller may make at once after a rest.
    pub caller_burst: u32,
    /// Calls a second that all callers of one district together may make. 0 is as many as they like.
    pub district_calls_per_second: u32,
    /// Calls that a district may make at once after a rest.
    pub district_burst: u32,
}

impl Default for LimitSettings {
    fn default() -> LimitSettings {
        LimitSettings {
            message_bytes: 4 * 1_024 * 1_024,
            streams: 256,
            calls: 1_024,
            watchers: 10_000,
            longest_call_seconds: 60,
            upload_bytes: 256 * 1_024 * 1_024,
            drain_seconds: 10,
            caller_calls_per_second: 2_000,
            caller_burst: 10_000,
            district_calls_per_second: 20_000,
            district_burst: 40_000,
        }
    }
}

impl LimitSettings {
    /// How often callers and districts may call.
    pub fn rates(&self) -> RateSettings {
        RateSettings {
            caller: Rate {
                per_second: self.caller_calls_per_second,
                burst: self.caller_burst,
            },
            district: Rate {
                per_second: self.district_calls_per_second,
                burst: self.district_burst,
            },
        }
    }

    pub fn check(&self, violations: &mut Violations) {
        let mut within = |field: &str, value: u64, least: u64, most: u64| {
            if !(least..=most).contains(&value) {
                let message = format!("is {value}; it must be {least} to {most}");
                violations.add(format!("limits.{field}"), message);
            }
        };
        // A message must hold a piece of an upload and its name.
        within(
            "message_bytes",
            self.message_bytes as u64,
            1_048_576,
            268_435_456,
        );
        within("streams", u64::from(self.streams), 1, 100_000);
        within("calls", self.calls as u64, 1, 1_000_000);
        within("watchers", self.watchers as u64, 0, 1_000_000);
        within("longest_call_seconds", self.longest_call_seconds, 1, 3_600);
        let upload = u64::try_from(self.upload_bytes).unwrap_or(0);
        within("upload_bytes", upload, 1, 4_294_967_296);
        within("drain_seconds", self.drain_seconds, 0, 3_600);
        let rates = [
            ("caller", self.caller_calls_per_second, self.caller_burst),
            (
                "district",
                self.district_calls_per_second,
                self.district_burst,
            ),
        ];
        for (whose, rate, burst) in rates {
            let field = format!("{whose}_calls_per_second");
            within(&field, u64::from(rate), 0, 1_000_000);
            within(&format!("{whose}_burst"), u64::from(burst), 1, 10_000_000);
        }
    }
}

/// Keeps the system from joining this process's pages to huge ones. It would bring back the memory that was given up
/// between two pages in use, so that a server grows for as long as it runs, whatever it holds.
fn keep_pages_small() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::info!(error = %error, "the system may join memory to huge pages");
    }
}

/// A server that serves until it is told to stop.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stop: CancellationToken,
    served: JoinHandle<Result<(), Error>>,
    /// What is done without a call: clocks, notices, the end of watches, looks at the certificate and at the objects.
    own_work: Vec<JoinHandle<()>>,
    /// Shared by the services. Whoever runs the server in their own process may look into it.
    pub db: Db,
    /// Nobody else works in it as long as the server runs.
    folder: DataFolder,
}

/// The whole of Tidyward in this process.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts on what the settings say. `clock` is the services' present; tokens expire by the machine's own.
    pub async fn start(settings: &Settings, clock: Clock) -> Result<Running, Error> {
        allow_listener(settings)?;
        keep_pages_small();
        let folder = DataFolder::open(&settings.data)?;
        let start = unfinished::machine_now();
        let limits = ServeSettings {
            most_streams: settings.limits.streams,
            drain: Duration::from_secs(settings.limits.drain_seconds),
            encryption: settings.tls.read()?,
            origins: settings.web.read()?,
        };
        let db = compose::migrate(&folder, settings).await?;
        let composed = compose::compose(&folder, &db, settings, clock).await?;
        let bound = serve::bind(settings.listen).await?;
        let sweep = Duration::from_secs(settings.ledger.sweep_seconds);
        Ok(Running::spawn(
            bound, composed, db, folder, start, limits, sweep,
        ))
    }
}

impl Running {
    fn spawn(
        bound: Bound,
        composed: Composed,
        db: Db,
        folder: DataFolder,
        start: Timestamp,
        limits: ServeSettings,
        sweep: Duration,
    ) -> Running {
        let address = bound.address;
        let stop = CancellationToken::new();
        let told = stop.clone();
        let Composed {
            routes,
            front,
            health,
            issues,
            objects,
        } = composed;
        let clear = unfinished::keep_clear(objects, start, stop.clone());
        let mut own_work = vec![tokio::spawn(clear)];
        if let Some(issues) = issues {
            own_work.push(tokio::spawn(issues.clone().sweep(sweep, stop.clone())));
            let (watched, ended) = (issues.clone(), stop.clone());
            own_work.push(tokio::spawn(async move {
                ended.cancelled().await;
                watched.end_watches();
            }));
            let told_to_end = stop.clone();
            own_work.push(tokio::spawn(async move {
                issues.deliver(told_to_end).await;
            }));
        }
        if let Some(encryption) = &limits.encryption {
            let look = certificate::look(encryption.tls.clone(), stop.clone());
            own_work.push(tokio::spawn(look));
        }
        let served = tokio::spawn(serve::serve(
            bound,
            routes,
            front,
            health,
            limits,
            async move {
                told.cancelled().await;
            },
        ));
        Running {
            address,
            stop,
            served,
            own_work,
            db,
            folder,
        }
    }

    /// Serves until `told`, or until serving fails by itself; then drains and closes the database.
    pub async fn until(mut self, told: impl Future<Output = ()>) -> Result<(), Error> {
        let ended = tokio::select! {
            ended = &mut self.served => Some(ended),
            () = told => None,
        };
        let served = match ended {
            Some(ended) => ended,
            None => {
                self.stop.cancel();
                self.served.await
            }
        };
        self.stop.cancel();
        for work in self.own_work {
            work.await.map_err(Error::internal)?;
        }
        self.db.close().await?;
        drop(self.folder);
        served.map_err(Error::internal)?
    }

    /// Drains and closes the database.
    pub async fn stop(self) -> Result<(), Error> {
        self.until(std::future::ready(())).await
    }
}

/// What leaves this machine is encrypted, or asked for by name.
fn allow_listener(settings: &Settings) -> Result<(), Error> {
    if settings.listen.ip().is_loopback() || settings.tls.on() || settings.insecure_no_tls {
        return Ok(());
    }
    let message = format!(
        "{} is not a loopback address, and there is no certificate: tokens and personal data would cross the network \
         in the clear. Set `tls.certificate` and `tls.key`, or listen on 127.0.0.1 behind a proxy that encrypts, or \
         say --insecure-no-tls",
        settings.listen
    );
    Err(Error::field("listen", message))
}

/// Waits for SIGINT or SIGTERM.
pub async fn told_to_stop() -> Result<(), Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
