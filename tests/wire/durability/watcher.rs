//! Somebody who watches the district all the time and goes on with the last token wherever a watch ended.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tidyward_kit::peer::Peer;
use tidyward_proto::v1::{
    PollWatchRequest, WatchRequest, WatchResponse, watch_response::Happened,
    watch_service_client::WatchServiceClient,
};
use tokio::sync::watch;
use tonic::{Status, transport::Channel};

use super::{
    caller::{passes, there},
    scene::PARENT,
};

/// An event: the issue's id and the event's number within it.
pub type Told = (String, i32);

#[derive(Clone)]
pub struct Watcher {
    token: String,
    polls: bool,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Watcher {
    pub fn new(token: String, polls: bool) -> Watcher {
        Watcher {
            token,
            polls,
            told: Arc::default(),
        }
    }

    /// Watches from the first event on, until it is aborted.
    pub async fn watch(self, mut server: watch::Receiver<Option<Channel>>) {
        let mut resume = String::new();
        loop {
            let peer = Peer::remote(there(&mut server).await, &self.token);
            let mut client = WatchServiceClient::new(peer.expect("a token that fits a header"));
            let ended = if self.polls {
                self.poll(&mut client, &mut resume).await
            } else {
                self.stream(&mut client, &mut resume).await
            };
            if let Err(status) = ended {
                assert!(passes(&status), "a watch was refused: {status:?}");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn stream(
        &self,
        client: &mut WatchServiceClient<Peer>,
        resume: &mut String,
    ) -> Result<(), Status> {
        let request = WatchRequest {
            parent: PARENT.to_owned(),
            from_beginning: resume.is_empty(),
            resume_token: resume.clone(),
            ..WatchRequest::default()
        };
        let mut stream = client.watch(request).await?.into_inner();
        while let Some(response) = stream.message().await? {
            self.keep(response, resume);
        }
        Ok(())
    }

    async fn poll(
        &self,
        client: &mut WatchServiceClient<Peer>,
        resume: &mut String,
    ) -> Result<(), Status> {
        let request = PollWatchRequest {
            parent: PARENT.to_owned(),
            from_beginning: resume.is_empty(),
            resume_token: resume.clone(),
            wait_seconds: Some(2),
            ..PollWatchRequest::default()
        };
        let page = client.poll_watch(request).await?.into_inner();
        for response in page.responses {
            self.keep(response, resume);
        }
        *resume = page.resume_token;
        Ok(())
    }

    fn keep(&self, response: WatchResponse, resume: &mut String) {
        *resume = response.resume_token;
        if let Some(Happened::Event(told)) = response.happened {
            let id = told.issue.rsplit('/').next().unwrap_or_default().to_owned();
            let event = told.event.expect("what happened");
            let mut all = self.told.lock().expect("nobody panicked");
            all.push((id, event.sequence));
        }
    }

    fn told(&self) -> Vec<Told> {
        self.told.lock().expect("nobody panicked").clone()
    }

    /// Everything that happened was told once, in the order in which it was committed.
    pub async fn was_told(&self, happened: &[Told]) {
        let until = Instant::now() + Duration::from_secs(30);
        while self.told().len() < happened.len() {
            let told = self.told().len();
            assert!(Instant::now() < until, "{told} of {} told", happened.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let told = self.told();
        let other = told.iter().zip(happened).position(|(told, it)| told != it);
        if let Some(place) = other {
            panic!(
                "told {:?} in place {place}, where {:?} happened",
                told[place], happened[place]
            );
        }
        assert_eq!(told.len(), happened.len(), "something was told twice");
    }
}
