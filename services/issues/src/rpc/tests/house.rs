//! A house for the tests: one database, the service, the made-up territory, and a clock that says what it is told.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tidyward_kit::{
    caller::{Caller, Role},
    clock::Clock,
    db::Db,
    front::{Front, FrontLayer, FrontSettings},
    key,
    object::Objects,
    peer::Peers,
    rate::RateSettings,
    token::Tokens,
};
use tidyward_proto::v1::{
    AppendUploadRequest, CreateImportRequest, CreateUploadRequest, Import, ImportProblem,
    ImportState, ListImportProblemsRequest, Upload, WatchImportRequest,
    calendar_service_client::CalendarServiceClient, duty_service_server::DutyServiceServer,
    evidence_service_client::EvidenceServiceClient, grid_service_server::GridServiceServer,
    issue_service_client::IssueServiceClient, watch_service_client::WatchServiceClient,
};
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, Routes, interceptor::InterceptedService},
};
use tower::Layer;

use super::{
    caller,
    duties::{self, Duties},
    territory::{self, MadeUp},
};
use crate::{ACCESS, IssueSettings, Issues, NoticeSettings, WatchSettings};

pub type CalendarClient = CalendarServiceClient<InterceptedService<Front<Routes>, Bearer>>;
pub type WatchClient = WatchServiceClient<InterceptedService<Front<Routes>, Bearer>>;
pub type EvidenceClient = EvidenceServiceClient<InterceptedService<Front<Routes>, Bearer>>;
pub type Client = IssueServiceClient<InterceptedService<Front<Routes>, Bearer>>;

/// Puts the token on each call.
#[derive(Clone)]
pub struct Bearer(String);

impl Bearer {
    pub fn of(tokens: &Tokens, caller: &Caller) -> Bearer {
        let hour = Duration::from_secs(3_600);
        // Tokens are read by the machine's clock, so they are made by it too.
        let now = Clock::system().now();
        Bearer(tokens.make(caller, now, hour).unwrap())
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let value: MetadataValue<_> = format!("Bearer {}", self.0).parse().unwrap();
        request.metadata_mut().insert("authorization", value);
        Ok(request)
    }
}

pub struct House {
    folder: Arc<tempfile::TempDir>,
    /// The service itself.
    pub issues: Issues,
    front: Front<Routes>,
    tokens: Tokens,
    now: Arc<AtomicI64>,
    peers: Peers,
}

impl House {
    pub async fn open() -> House {
        House::watched(WatchSettings::default()).await
    }

    pub async fn watched(settings: WatchSettings) -> House {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        House::on(folder, "2015-01-05T12:00:00Z", settings).await
    }

    /// Another process over the same database. Its present is another, for by it the ids of tests are made.
    pub async fn beside(&self, now: &str, settings: WatchSettings) -> House {
        House::on(self.folder.clone(), now, settings).await
    }

    /// Stops the process and starts another on the same folder.
    pub async fn restarted(self, now: &str) -> House {
        self.issues.end_watches();
        self.issues.db.clone().close().await.unwrap();
        House::on(self.folder, now, WatchSettings::default()).await
    }

    async fn on(folder: Arc<tempfile::TempDir>, now: &str, settings: WatchSettings) -> House {
        let told = now;
        let db = tidyward_kit::db::testing::open(folder.path()).await;
        crate::migrate(&db).await.unwrap();
        let tokens = Tokens::new(&key::read_or_make(&folder.path().join("key")).unwrap()).unwrap();
        let now = Arc::new(AtomicI64::new(0));
        let peers = Peers::new(tokens.clone());
        let objects = folder.path().join("objects");
        let issues = service(db, &now, &peers, &objects, settings);
        issues.recover().await.unwrap();
        let routes = Routes::new(GridServiceServer::new(MadeUp))
            .add_service(DutyServiceServer::new(Duties))
            .add_service(issues.clone().into_calendar_server())
            .add_service(issues.clone().into_watch_server())
            .add_service(issues.clone().into_evidence_server())
            .add_service(issues.clone().into_server());
        let front = front(&tokens, routes);
        peers.set_local(front.clone());
        let house = House {
            folder,
            issues,
            front,
            tokens,
            now,
            peers,
        };
        house.tell(told);
        house
    }

    /// The folder of objects.
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join("objects")
    }

    pub fn tell(&self, now: &str) {
        let now: Timestamp = now.parse().unwrap();
        self.now.store(now.as_microsecond(), Ordering::SeqCst);
    }

    /// Another replica of the service, on a connection of its own to the same database.
    pub async fn replica(&self) -> Issues {
        let db = tidyward_kit::db::testing::open(self.folder.path()).await;
        let objects = self.objects();
        service(
            db,
            &self.now,
            &self.peers,
            &objects,
            WatchSettings::default(),
        )
    }

    /// Fails unless the packed courses are those of the events, whoever wrote them.
    pub async fn courses_agree(&self) {
        let db = tidyward_kit::db::testing::open(self.folder.path()).await;
        crate::store::course::tests::agree(&db).await;
        db.close().await.unwrap();
    }

    /// A client of somebody in Chicago who calls such a replica.
    pub async fn replica_client(&self, role: Role) -> Client {
        let routes = Routes::new(self.replica().await.into_server());
        let caller = caller(&format!("a {}", role.name()), role, &[]);
        let bearer = Bearer::of(&self.tokens, &caller);
        IssueServiceClient::with_interceptor(front(&self.tokens, routes), bearer)
    }

    /// A client with a token of the district. Without one, the district is everyone's.
    pub fn client(&self, district: Option<&str>, role: Role) -> Client {
        self.client_of(Caller {
            subject: format!("a {}", role.name()),
            district: district.map(str::to_owned),
            roles: vec![role],
            areas: Vec::new(),
        })
    }

    /// A client of somebody in Chicago.
    pub fn somebody(&self, subject: &str, role: Role) -> Client {
        self.client_of(caller(subject, role, &[]))
    }

    pub fn client_of(&self, caller: Caller) -> Client {
        IssueServiceClient::with_interceptor(self.front.clone(), Bearer::of(&self.tokens, &caller))
            .max_decoding_message_size(64 << 20)
    }

    /// A client for watching, of whoever it is.
    pub fn watch(&self, caller: &Caller) -> WatchClient {
        WatchServiceClient::with_interceptor(self.front.clone(), Bearer::of(&self.tokens, caller))
            .max_decoding_message_size(64 << 20)
    }

    /// A client for time, of somebody in Chicago who works in the areas.
    pub fn calendar(&self, role: Role, areas: &[&str]) -> CalendarClient {
        let caller = caller(&format!("a {}", role.name()), role, areas);
        CalendarServiceClient::with_interceptor(
            self.front.clone(),
            Bearer::of(&self.tokens, &caller),
        )
    }

    /// A client for evidence, of somebody in Chicago who works in the areas.
    pub fn evidence(&self, subject: &str, role: Role, areas: &[&str]) -> EvidenceClient {
        let bearer = Bearer::of(&self.tokens, &caller(subject, role, areas));
        EvidenceServiceClient::with_interceptor(self.front.clone(), bearer)
    }

    pub fn admin(&self) -> Client {
        self.client(Some("chicago"), Role::Admin)
    }

    pub fn service(&self) -> Client {
        self.client(Some("chicago"), Role::Service)
    }

    /// Uploads the file piece by piece, imports it, and waits for the end.
    pub async fn import(&self, mapping: &str, file: &[u8]) -> (Import, Vec<ImportProblem>) {
        let mut client = self.admin();
        let upload = Upload {
            size_bytes: file.len() as i64,
            ..Upload::default()
        };
        let parent = "districts/chicago".to_owned();
        let request = CreateUploadRequest {
            parent: parent.clone(),
            upload: Some(upload),
            request_id: String::new(),
        };
        let name = client
            .create_upload(request)
            .await
            .unwrap()
            .into_inner()
            .name;
        for (index, piece) in file.chunks(512 * 1_024).enumerate() {
            let offset = (index * 512 * 1_024) as i64;
            let data = piece.to_vec();
            client
                .append_upload(AppendUploadRequest {
                    name: name.clone(),
                    offset,
                    data,
                })
                .await
                .unwrap();
        }
        let mapping = mapping.to_owned();
        let request = CreateImportRequest {
            parent,
            upload: name,
            mapping,
            request_id: String::new(),
        };
        let import = client.create_import(request).await.unwrap().into_inner();
        let mut watch = client
            .watch_import(WatchImportRequest { name: import.name })
            .await
            .unwrap()
            .into_inner();
        let mut last = None;
        while let Some(told) = watch.message().await.unwrap() {
            last = Some(told);
        }
        let last = last.unwrap();
        assert_ne!(last.state(), ImportState::Running);
        let request = ListImportProblemsRequest {
            parent: last.name.clone(),
            page_size: 1_000,
            page_token: String::new(),
        };
        let problems = client
            .list_import_problems(request)
            .await
            .unwrap()
            .into_inner()
            .problems;
        (last, problems)
    }
}

/// The front layer before the service and all that it asks.
pub fn front(tokens: &Tokens, routes: Routes) -> Front<Routes> {
    let limits = FrontSettings {
        longest_call: Duration::from_secs(60),
        most_calls: 100,
        priorities: &[],
        rates: RateSettings::default(),
    };
    let access = [ACCESS, territory::ACCESS, duties::ACCESS];
    FrontLayer::new(tokens.clone(), &access, limits).layer(routes)
}

/// A clock that says what it is told, in microseconds.
pub fn clock(now: &Arc<AtomicI64>) -> Clock {
    let told = now.clone();
    Clock::told(move || Timestamp::from_microsecond(told.load(Ordering::SeqCst)).unwrap())
}

fn service(
    db: Db,
    now: &Arc<AtomicI64>,
    peers: &Peers,
    objects: &Path,
    watch: WatchSettings,
) -> Issues {
    let objects = Objects::folder(objects).unwrap();
    let settings = IssueSettings {
        largest_upload: 64 << 20,
        largest_message: 4 << 20,
        notices: NoticeSettings::default(),
        watch,
    };
    Issues::new(db, clock(now), peers.clone(), &objects, settings).unwrap()
}
