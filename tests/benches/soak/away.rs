//! Who goes away in the middle: calls that are cancelled, connections that are dropped, and connections that say nothing
//! or nonsense.

use std::{sync::Arc, time::Duration};

use rand::Rng;
use tidyward_proto::v1::{
    ListIssuesRequest, WatchRequest, evidence_service_client::EvidenceServiceClient,
    issue_service_client::IssueServiceClient, watch_service_client::WatchServiceClient,
};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tonic::Status;

use crate::{
    asking::{World, report},
    files::{append, photo, upload},
    scene::PARENT,
};

fn some_milliseconds(most: u64) -> Duration {
    Duration::from_millis(rand::rng().random_range(0..most))
}

/// Calls and takes most calls back before they are answered.
pub async fn cancels(world: Arc<World>, number: usize) {
    let mut client = IssueServiceClient::new(world.caller("cancels", number));
    while world.goes_on() {
        let patience = some_milliseconds(30);
        let list = ListIssuesRequest {
            parent: PARENT.to_owned(),
            ..ListIssuesRequest::default()
        };
        let answered = if rand::rng().random_bool(0.5) {
            let reported = timeout(patience, client.report_issue(report())).await;
            reported.map(|answer| world.tally.count("report, cancelled", answer).map(drop))
        } else {
            let listed = timeout(patience, client.list_issues(list)).await;
            listed.map(|answer| world.tally.count("list, cancelled", answer).map(drop))
        };
        if answered.is_err() {
            world.tally.note("taken back", "Ok");
        }
        world.rest(Duration::from_millis(100)).await;
    }
}

/// Connects, begins several things at once under a name that nobody has had, and is gone.
pub async fn vanishes(world: Arc<World>, number: usize) {
    let mut time = 0;
    while world.goes_on() {
        time += 1;
        let peer = world.stranger(&format!("vanishes-{number}-{time}"));
        let begins = async {
            let mut watches = WatchServiceClient::new(peer.clone());
            let request = WatchRequest {
                parent: PARENT.to_owned(),
                from_beginning: true,
                ..WatchRequest::default()
            };
            let _watched = watches.watch(request).await?;
            let mut issues = IssueServiceClient::new(peer.clone());
            issues.report_issue(report()).await?;
            let mut evidence = EvidenceServiceClient::new(peer.clone());
            let photo = photo();
            let upload = evidence.create_upload(upload(&photo)).await?.into_inner();
            let piece = append(&upload.name, 0, &photo[..4_096]);
            evidence.append_upload(piece).await?;
            Ok::<(), Status>(())
        };
        // Whatever is said to one who is going is not heard.
        let _unheard = timeout(some_milliseconds(200), begins).await;
        drop(peer);
        world.tally.note("gone", "Ok");
        says_nonsense(&world).await;
        world.rest(Duration::from_secs(1)).await;
    }
}

/// A connection on which nobody shakes hands.
async fn says_nonsense(world: &World) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", world.port)).await else {
        return;
    };
    if rand::rng().random_bool(0.5) {
        // The server may have closed it by then.
        let _closed = stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await;
    }
    world.rest(Duration::from_secs(2)).await;
}
