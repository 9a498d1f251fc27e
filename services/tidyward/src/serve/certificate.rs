//! Looks at the certificate's files: every few seconds, for whatever renews them tells nobody, and at once on SIGHUP.

use std::time::Duration;

use tidyward_kit::tls::Tls;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(5);

/// Looks until told to end. What a look finds is told by the log.
pub async fn look(tls: Tls, end: CancellationToken) {
    let mut hang_up = signal(SignalKind::hangup()).ok();
    loop {
        let told = async {
            match &mut hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = end.cancelled() => return,
            _ = told => {}
            () = tokio::time::sleep(EVERY) => {}
        }
        let tls = tls.clone();
        // It reads files.
        let _looked = tokio::task::spawn_blocking(move || tls.look()).await;
    }
}
