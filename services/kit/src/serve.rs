//! Serving: bind, serve with every limit set, gRPC and gRPC-Web on one port, and drain within a bound.

mod incoming;
mod web;

#[cfg(test)]
mod tests;

use std::{future::Future, net::SocketAddr, time::Duration};

use http::HeaderValue;
use tokio::net::TcpListener;

use tonic::{service::Routes, transport::Server};
use tonic_health::{ServingStatus, server::HealthReporter};
use tonic_web::GrpcWebLayer;

use crate::{error::Error, front::FrontLayer};

pub use incoming::Encryption;
pub use web::origin;

/// Calls on one connection that may be given up before the server has begun them. They count as streams no longer, so
/// `most_streams` does not bound them, and whoever opens and resets without end would have them pile up
/// (CVE-2023-44487): at the most 16 MiB of headers, 16 KiB each. The usual bound of 20 shuts a gateway out whose people
/// often go away: all that has arrived is read before the first call is begun, a few hundred on a busy machine.
const EARLY_RESETS: usize = 1_024;
/// Streams of one connection that its client may break for as long as it lives (RUSTSEC-2024-0003). It is what hyper has by
/// itself; tonic takes the bound away where none is told.
const BROKEN_STREAMS: usize = 1_024;

/// How a server serves.
#[derive(Clone)]
pub struct ServeSettings {
    /// Streams on one connection.
    pub most_streams: u32,
    /// How long calls in flight may take to end after the server was told to stop.
    pub drain: Duration,
    /// How connections are encrypted. Nothing: in the clear.
    pub encryption: Option<Encryption>,
    /// Origins of the web pages that may call.
    pub origins: Vec<HeaderValue>,
}

/// What the health service tells: each service under its full name, and the server as a whole under the empty one.
pub struct Health {
    reporter: HealthReporter,
    names: Vec<&'static str>,
}

impl Health {
    /// Says SERVING for all of them.
    pub async fn serving(reporter: HealthReporter, services: &[&'static str]) -> Health {
        let names: Vec<&str> = [""].iter().chain(services).copied().collect();
        let health = Health { reporter, names };
        health.say(ServingStatus::Serving).await;
        health
    }

    async fn say(&self, status: ServingStatus) {
        for name in &self.names {
            self.reporter.set_service_status(name, status).await;
        }
    }
}

/// A bound listener.
pub struct Bound {
    listener: TcpListener,
    pub address: SocketAddr,
}

/// Takes the address; port 0 is any free one.
pub async fn bind(address: SocketAddr) -> Result<Bound, Error> {
    let told = |error: std::io::Error| {
        Error::field(
            "listen",
            format!("cannot listen on {address}: {error}; name another with --listen"),
        )
    };
    let listener = TcpListener::bind(address).await.map_err(told)?;
    let address = listener.local_addr().map_err(told)?;
    Ok(Bound { listener, address })
}

/// Serves until `stop`, then says NOT_SERVING, lets calls in flight end, and gives up on what does not.
pub async fn serve(
    bound: Bound,
    routes: Routes,
    front: FrontLayer,
    health: Health,
    settings: ServeSettings,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let stopping = tokio_util::sync::CancellationToken::new();
    let seen = stopping.clone();
    let connections = incoming::incoming(bound.listener, settings.encryption);
    let server = Server::builder()
        .max_concurrent_streams(settings.most_streams)
        .http2_max_pending_accept_reset_streams(Some(EARLY_RESETS))
        .http2_max_local_error_reset_streams(Some(BROKEN_STREAMS))
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .http2_keepalive_timeout(Some(Duration::from_secs(20)))
        .max_connection_age(Duration::from_secs(3_600))
        // gRPC-Web comes over HTTP/1.1 as well.
        .accept_http1(true)
        // Browsers ask without a token, so they are answered before the front layer.
        .layer(web::layer(&settings.origins))
        .layer(GrpcWebLayer::new())
        .layer(front)
        .add_routes(routes)
        .serve_with_incoming_shutdown(connections, async move { seen.cancelled().await });
    let mut watcher = tokio::spawn(async move {
        stop.await;
        health.say(ServingStatus::NotServing).await;
        stopping.cancel();
        tokio::time::sleep(settings.drain).await;
    });
    tokio::select! {
        served = server => {
            watcher.abort();
            served.map_err(Error::internal)
        }
        _drained = &mut watcher => {
            tracing::warn!(drain_ms = settings.drain.as_millis() as u64, "calls were still in flight after the drain");
            Ok(())
        }
    }
}
