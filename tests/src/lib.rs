//! The real stack, started for a test on a free port of loopback, and the words in which scenarios are told.

mod hand_clock;
mod refusal;
pub mod review;
mod town;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use tidyward::serve::{Running, Server};
use tidyward_kit::{
    caller::{Caller, Role},
    clock::Clock,
    key,
    peer::Peer,
    token::Tokens,
};
use tidyward_proto::v1::{
    CreateDistrictRequest, District, calendar_service_client::CalendarServiceClient,
    duty_service_client::DutyServiceClient, evaluation_service_client::EvaluationServiceClient,
    evidence_service_client::EvidenceServiceClient, grid_service_client::GridServiceClient,
    issue_service_client::IssueServiceClient, notice_service_client::NoticeServiceClient,
    rule_service_client::RuleServiceClient, watch_service_client::WatchServiceClient,
};
use tidyward_rules::{
    compile::Compiler,
    host::{Host, HostSettings},
};
use tonic::transport::Channel;

pub use hand_clock::HandClock;
pub use refusal::{Refusal, refusal};
pub use town::{LITTER, town};

/// The compiler of rules, for verifying bundles.
pub fn compiler() -> Compiler {
    let host = Host::new(HostSettings::default()).expect("an engine");
    Compiler::new(host, tidyward_rules::compile::program_of_tests(), None)
}

/// What was begun beside an object's place, anywhere in the folder of objects, and not brought there.
pub fn half_written(objects: &Path) -> Vec<PathBuf> {
    let mut halves = Vec::new();
    let mut folders = vec![objects.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.display().to_string().contains('#') {
                halves.push(path);
            }
        }
    }
    halves
}

/// A running server with a folder of its own, and the key to make tokens for it.
pub struct Stack {
    pub running: Running,
    pub folder: tempfile::TempDir,
    channel: Channel,
    tokens: Tokens,
}

/// Somebody who works in a district, with a client for every service.
#[derive(Clone)]
pub struct Person(Peer);

impl Person {
    pub fn grids(&self) -> GridServiceClient<Peer> {
        GridServiceClient::new(self.0.clone())
    }

    pub fn duties(&self) -> DutyServiceClient<Peer> {
        DutyServiceClient::new(self.0.clone())
    }

    pub fn issues(&self) -> IssueServiceClient<Peer> {
        IssueServiceClient::new(self.0.clone())
    }

    pub fn calendars(&self) -> CalendarServiceClient<Peer> {
        CalendarServiceClient::new(self.0.clone())
    }

    pub fn evidence(&self) -> EvidenceServiceClient<Peer> {
        EvidenceServiceClient::new(self.0.clone())
    }

    pub fn watches(&self) -> WatchServiceClient<Peer> {
        WatchServiceClient::new(self.0.clone())
    }

    pub fn notices(&self) -> NoticeServiceClient<Peer> {
        NoticeServiceClient::new(self.0.clone())
    }

    pub fn evaluations(&self) -> EvaluationServiceClient<Peer> {
        EvaluationServiceClient::new(self.0.clone())
    }

    pub fn rules(&self) -> RuleServiceClient<Peer> {
        RuleServiceClient::new(self.0.clone())
    }
}

impl Stack {
    /// Starts a server over an empty folder, by the machine's clock.
    pub async fn start() -> Stack {
        Stack::start_at(Clock::system()).await
    }

    /// Starts a server that takes the clock's word for what time it is.
    pub async fn start_at(clock: Clock) -> Stack {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Stack::open(folder, clock).await
    }

    /// Starts a server whose clock stands at the instant, and gives the clock to set.
    pub async fn at(instant: &str) -> (Stack, HandClock) {
        let hand = HandClock::at(instant);
        (Stack::start_at(hand.clock()).await, hand)
    }

    /// Starts a server over a folder that an earlier one has left.
    pub async fn open(folder: tempfile::TempDir, clock: Clock) -> Stack {
        Stack::open_with(folder, clock, tidyward::config::Settings::default()).await
    }

    /// Starts a server over a folder with settings of its own; folder and address are the stack's, and the database too
    /// where the settings name none.
    pub async fn open_with(
        folder: tempfile::TempDir,
        clock: Clock,
        settings: tidyward::config::Settings,
    ) -> Stack {
        let mut settings = tidyward::config::Settings {
            data: folder.path().to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
            ..settings
        };
        settings.review.compiler = tidyward_rules::compile::program_of_tests();
        let own = settings.database.url.is_empty();
        let server = tidyward_kit::db::testing::postgres(folder.path()).await;
        if let Some(server) = server.filter(|_| own) {
            settings.database.url = server.url;
        }
        let running = Server::start(&settings, clock)
            .await
            .expect("the server starts");
        let address = format!("http://{}", running.address);
        let channel = Channel::from_shared(address)
            .expect("an address")
            .connect_lazy();
        let key = key::read(&folder.path().join("token.key")).expect("a readable key");
        let tokens = Tokens::new(&key.expect("a key made at start")).expect("a usable key");
        Stack {
            running,
            folder,
            channel,
            tokens,
        }
    }

    /// Stops the server and keeps its folder.
    pub async fn stop(self) -> tempfile::TempDir {
        self.running
            .stop()
            .await
            .expect("the server stops in order");
        self.folder
    }

    /// The server as somebody without any token reaches it.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// A token good for so long from so far ago.
    pub fn token(
        &self,
        district: Option<&str>,
        roles: &[Role],
        made: Timestamp,
        good_for: Duration,
    ) -> String {
        let caller = Caller {
            subject: "li".to_owned(),
            district: district.map(str::to_owned),
            roles: roles.to_vec(),
            areas: Vec::new(),
        };
        self.tokens.make(&caller, made, good_for).expect("a token")
    }

    /// A token of the district's admin, good for an hour.
    pub fn admin(&self, district: &str) -> String {
        let hour = Duration::from_secs(3_600);
        self.token(Some(district), &[Role::Admin], Clock::system().now(), hour)
    }

    /// A token of somebody who works everywhere in the district, good for an hour.
    pub fn token_of(&self, district: &str, subject: &str, roles: &[Role]) -> String {
        self.token_within(district, subject, roles, &[])
    }

    fn token_within(
        &self,
        district: &str,
        subject: &str,
        roles: &[Role],
        areas: &[&str],
    ) -> String {
        let caller = Caller {
            subject: subject.to_owned(),
            district: Some(district.to_owned()),
            roles: roles.to_vec(),
            areas: areas.iter().map(|code| (*code).to_owned()).collect(),
        };
        let hour = Duration::from_secs(3_600);
        // Tokens are read by the machine's clock, wherever the district's stands.
        let now = Clock::system().now();
        self.tokens.make(&caller, now, hour).expect("a token")
    }

    /// The server as somebody of the district with those roles sees it, for an hour; in those areas, or everywhere where
    /// none is named.
    pub fn caller(&self, district: &str, subject: &str, roles: &[Role], areas: &[&str]) -> Peer {
        self.as_holder(&self.token_within(district, subject, roles, areas))
    }

    /// The same with a client for every service.
    pub fn person(&self, district: &str, subject: &str, roles: &[Role], areas: &[&str]) -> Person {
        Person(self.caller(district, subject, roles, areas))
    }

    /// The server as somebody with that token sees it.
    pub fn as_holder(&self, token: &str) -> Peer {
        Peer::remote(self.channel.clone(), token).expect("a token that fits a header")
    }

    pub fn grids(&self, district: &str) -> GridServiceClient<Peer> {
        GridServiceClient::new(self.as_holder(&self.admin(district)))
    }

    pub fn issues(&self, district: &str) -> IssueServiceClient<Peer> {
        IssueServiceClient::new(self.as_holder(&self.admin(district)))
    }

    pub fn duties(&self, district: &str) -> DutyServiceClient<Peer> {
        DutyServiceClient::new(self.as_holder(&self.admin(district)))
    }

    pub fn calendars(&self, district: &str) -> CalendarServiceClient<Peer> {
        CalendarServiceClient::new(self.as_holder(&self.admin(district)))
    }

    pub fn notices(&self, district: &str) -> NoticeServiceClient<Peer> {
        NoticeServiceClient::new(self.as_holder(&self.admin(district)))
    }

    pub fn rules(&self, district: &str) -> RuleServiceClient<Peer> {
        RuleServiceClient::new(self.as_holder(&self.admin(district)))
    }

    pub fn evaluations(&self, district: &str) -> EvaluationServiceClient<Peer> {
        EvaluationServiceClient::new(self.as_holder(&self.admin(district)))
    }

    /// Makes a district, as the platform's admin.
    pub async fn district(&self, id: &str, time_zone: &str, start_date: &str) {
        let hour = Duration::from_secs(3_600);
        let token = self.token(None, &[Role::PlatformAdmin], Clock::system().now(), hour);
        let request = CreateDistrictRequest {
            district_id: id.to_owned(),
            district: Some(District {
                time_zone: time_zone.to_owned(),
                start_date: start_date.to_owned(),
                ..District::default()
            }),
            request_id: String::new(),
        };
        let mut client = GridServiceClient::new(self.as_holder(&token));
        client.create_district(request).await.expect("a district");
    }
}

/// Uploads the bytes through a client of any service and gives the upload's name.
#[macro_export]
macro_rules! upload {
    ($client:expr, $district:expr, $bytes:expr) => {{
        use tidyward_proto::v1::{AppendUploadRequest, CreateUploadRequest, Upload};
        let bytes: &[u8] = $bytes.as_ref();
        let create = CreateUploadRequest {
            parent: format!("districts/{}", $district),
            upload: Some(Upload {
                size_bytes: bytes.len() as i64,
                ..Upload::default()
            }),
            request_id: String::new(),
        };
        let name = $client
            .create_upload(create)
            .await
            .expect("an upload")
            .into_inner()
            .name;
        for (index, piece) in bytes.chunks(512 * 1_024).enumerate() {
            let append = AppendUploadRequest {
                name: name.clone(),
                offset: (index * 512 * 1_024) as i64,
                data: piece.to_vec(),
            };
            $client.append_upload(append).await.expect("a piece");
        }
        name
    }};
}

/// Uploads and imports the bytes by the mapping and gives the import as it ended.
#[macro_export]
macro_rules! import {
    ($client:expr, $district:expr, $mapping:expr, $bytes:expr) => {{
        use tidyward_proto::v1::{CreateImportRequest, WatchImportRequest};
        let upload = $crate::upload!($client, $district, $bytes);
        let create = CreateImportRequest {
            parent: format!("districts/{}", $district),
            upload,
            mapping: $mapping.to_string(),
            request_id: String::new(),
        };
        let name = $client
            .create_import(create)
            .await
            .expect("an import")
            .into_inner()
            .name;
        let watch = $client.watch_import(WatchImportRequest { name }).await;
        let mut watch = watch.expect("a watch").into_inner();
        let mut last = None;
        while let Some(import) = watch.message().await.expect("progress") {
            last = Some(import);
        }
        last.expect("the ended import")
    }};
}

/// The project's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a root")
        .to_owned()
}

/// A file of `deploy/examples`.
pub fn example(name: &str) -> String {
    let path = root().join("deploy/examples").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A file that stands beside the project and that a newcomer lacks; nothing, and a word about it, where it is missing.
pub fn beside(path: &str) -> Option<Vec<u8>> {
    let path = root().join("../shared").join(path);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        println!("skipped: no data");
    }
    bytes
}
