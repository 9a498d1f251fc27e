//! Somebody who reports problems and moves them on, and keeps every answer. What was not answered is asked again under
//! the same `request_id` until it is.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tidyward_kit::peer::Peer;
use tidyward_proto::v1::{
    AcceptAction, Datum, DispatchAction, EvidenceKind, EvidenceUse, FileAction, HandInAction,
    Issue, IssueSource, Position, ReportIssueRequest, Reporter, TransitionIssueRequest,
    issue_service_client::IssueServiceClient, transition_issue_request::Action,
};
use tokio::sync::watch;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt;
use uuid::Uuid;

use super::{photo::Photo, scene::PARENT};

/// The moves that a caller makes of an issue, one after the other.
const MOVES: i32 = 4;

#[derive(Clone)]
pub struct Caller {
    pub subject: String,
    token: String,
    /// Whoever sends them out, for nobody is told of what they did themselves.
    desk: String,
    seed: u64,
    kept: Arc<Kept>,
}

/// What a caller was told, for whoever looks at it meanwhile.
#[derive(Default)]
struct Kept {
    /// The last answer about each issue, by the order of their reports.
    issues: Mutex<Vec<Issue>>,
    /// Ids of issues with the photo that their reports show, by its SHA-256.
    photos: Mutex<Vec<(String, String)>>,
    answers: AtomicUsize,
    stopped: AtomicBool,
    failed: AtomicBool,
}

/// What is asked of the server.
#[derive(Clone)]
pub enum Ask {
    Report(Box<ReportIssueRequest>),
    Move(usize, Box<TransitionIssueRequest>),
}

/// How many events an issue has: its etag says the number of the last.
pub fn events(issue: &Issue) -> i32 {
    issue.etag.parse().expect("the number of an event")
}

/// The server, once there is one.
pub async fn there(server: &mut watch::Receiver<Option<Channel>>) -> Channel {
    let there = server.wait_for(Option::is_some).await;
    there.expect("the test goes on").clone().expect("a server")
}

/// A server that is killed says nothing of its own; one that lives says why, and when to come again.
pub fn passes(status: &Status) -> bool {
    let details = status.get_error_details();
    let told = details.error_info().map(|info| info.reason.as_str());
    match told {
        None => status.code() != Code::Internal,
        Some("UNAVAILABLE") => details.retry_info().is_some(),
        Some(_) => false,
    }
}

impl Caller {
    pub fn new(seed: u64, number: usize, token: impl Fn(&str) -> String) -> Caller {
        let subject = format!("caller-{number}");
        Caller {
            token: token(&subject),
            desk: token("desk"),
            subject,
            seed: seed.wrapping_add(number as u64 + 1),
            kept: Arc::default(),
        }
    }

    pub fn issues(&self) -> Vec<Issue> {
        self.kept.issues.lock().expect("nobody panicked").clone()
    }

    pub fn photos(&self) -> Vec<(String, String)> {
        self.kept.photos.lock().expect("nobody panicked").clone()
    }

    pub fn answers(&self) -> usize {
        self.kept.answers.load(Ordering::SeqCst)
    }

    pub fn failed(&self) -> bool {
        self.kept.failed.load(Ordering::SeqCst)
    }

    pub fn stop(&self) {
        self.kept.stopped.store(true, Ordering::SeqCst);
    }

    /// Works until it is stopped and its last question is answered.
    pub async fn work(self, mut server: watch::Receiver<Option<Channel>>) {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        while !self.kept.stopped.load(Ordering::SeqCst) {
            let mut ask = self.ask(&mut random);
            if let Ask::Report(report) = &mut ask
                && random.random_bool(0.2)
            {
                report
                    .evidence
                    .push(self.show(&mut random, &mut server).await);
            }
            let issue = loop {
                match self.call(there(&mut server).await, ask.clone()).await {
                    Ok(issue) => break issue,
                    Err(status) => self.expect_to_pass(&status),
                }
                self.wait(&mut random).await;
            };
            self.keep(&ask, issue);
        }
    }

    /// Uploads a photo, however often that takes.
    async fn show(
        &self,
        random: &mut ChaCha8Rng,
        server: &mut watch::Receiver<Option<Channel>>,
    ) -> EvidenceUse {
        let photo = Photo::draw(random);
        let evidence = loop {
            let peer = Peer::remote(there(server).await, &self.token);
            let peer = peer.expect("a token that fits a header");
            match photo.clone().upload(peer).await {
                Ok(evidence) => break evidence.name,
                Err(status) => self.expect_to_pass(&status),
            }
            self.wait(random).await;
        };
        self.kept.answers.fetch_add(1, Ordering::SeqCst);
        EvidenceUse {
            evidence,
            kind: EvidenceKind::Near.into(),
            ..EvidenceUse::default()
        }
    }

    async fn wait(&self, random: &mut ChaCha8Rng) {
        tokio::time::sleep(Duration::from_millis(random.random_range(5..50))).await;
    }

    /// Keeps what was answered.
    pub fn keep(&self, ask: &Ask, issue: Issue) {
        match ask {
            Ask::Report(report) => {
                let id = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
                let shown = report
                    .evidence
                    .iter()
                    .map(|one| (id(&issue.name), id(&one.evidence)));
                self.kept
                    .photos
                    .lock()
                    .expect("nobody panicked")
                    .extend(shown);
                self.kept
                    .issues
                    .lock()
                    .expect("nobody panicked")
                    .push(issue);
            }
            Ask::Move(place, _) => self.look(*place, issue),
        }
        self.kept.answers.fetch_add(1, Ordering::SeqCst);
    }

    /// Keeps how an issue was found.
    pub fn look(&self, place: usize, issue: Issue) {
        self.kept.issues.lock().expect("nobody panicked")[place] = issue;
    }

    fn expect_to_pass(&self, status: &Status) {
        if !passes(status) {
            self.kept.failed.store(true, Ordering::SeqCst);
            panic!("{} was refused: {status:?}", self.subject);
        }
    }

    /// The next thing to do: the next move of an issue of their own, or another report.
    pub fn ask(&self, random: &mut ChaCha8Rng) -> Ask {
        let request_id = Uuid::from_u128(random.random()).to_string();
        let issues = self.kept.issues.lock().expect("nobody panicked");
        let last = issues.len().saturating_sub(3);
        let open = (last..issues.len()).find(|place| events(&issues[*place]) <= MOVES);
        match open.filter(|_| random.random_bool(0.7)) {
            None => Ask::Report(Box::new(self.report(random, request_id))),
            Some(place) => Ask::Move(
                place,
                Box::new(TransitionIssueRequest {
                    name: issues[place].name.clone(),
                    request_id,
                    action: Some(self.action(events(&issues[place]))),
                    ..TransitionIssueRequest::default()
                }),
            ),
        }
    }

    fn report(&self, random: &mut ChaCha8Rng, request_id: String) -> ReportIssueRequest {
        let issue = Issue {
            category: "litter".to_owned(),
            source: IssueSource::Hotline.into(),
            position: Some(Position {
                latitude: random.random_range(30.001..30.009),
                longitude: random.random_range(120.001..120.019),
                datum: Datum::Wgs84.into(),
                ..Position::default()
            }),
            // By this it is told whether a report went in twice.
            description: request_id.clone(),
            reporter: Some(Reporter {
                name: "Wang".to_owned(),
                phone: "138 0013 8000".to_owned(),
            }),
            ..Issue::default()
        };
        ReportIssueRequest {
            parent: PARENT.to_owned(),
            issue: Some(issue),
            request_id,
            ..ReportIssueRequest::default()
        }
    }

    /// What follows after so many events.
    fn action(&self, events: i32) -> Action {
        match events {
            0 | 1 => Action::File(FileAction::default()),
            2 => Action::Dispatch(DispatchAction {
                assignee: self.subject.clone(),
                ..DispatchAction::default()
            }),
            3 => Action::Accept(AcceptAction {}),
            _ => Action::HandIn(HandInAction {
                note: "swept".to_owned(),
            }),
        }
    }

    pub async fn call(&self, channel: Channel, ask: Ask) -> Result<Issue, Status> {
        let token = match &ask {
            Ask::Move(_, asked) if matches!(asked.action, Some(Action::Dispatch(_))) => &self.desk,
            _ => &self.token,
        };
        let peer = Peer::remote(channel, token).expect("a token that fits a header");
        let mut client = IssueServiceClient::new(peer);
        let answer = match ask {
            Ask::Report(request) => client.report_issue(*request).await,
            Ask::Move(_, request) => client.transition_issue(*request).await,
        };
        answer.map(tonic::Response::into_inner)
    }
}
