//! A post office for the tests: one database, as many processes as a test wants, and a clock that says what it is told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tidyward_kit::{
    caller::{District, Role},
    db::Db,
    front::Front,
    key,
    object::Objects,
    peer::Peers,
    token::Tokens,
};
use tidyward_proto::v1::{
    CreateWebhookRequest, Delivery, DeliveryState, IssueEventKind, ListDeliveriesRequest, Webhook,
    duty_service_server::DutyServiceServer, grid_service_server::GridServiceServer,
    issue_service_client::IssueServiceClient, notice_service_client::NoticeServiceClient,
};
use tonic::service::{Routes, interceptor::InterceptedService};
use uuid::Uuid;

use super::receiver::Certificate;
use crate::{
    IssueSettings, Issues, NoticeSettings, WatchSettings,
    event::Event,
    issue::State,
    notice::NewNotice,
    rpc::tests::{
        caller,
        duties::Duties,
        house::{Bearer, clock, front},
        territory::MadeUp,
    },
    store,
};

type Door = InterceptedService<Front<Routes>, Bearer>;
pub type Client = NoticeServiceClient<Door>;

pub const PARENT: &str = "districts/chicago";

pub struct Office {
    _folder: tempfile::TempDir,
    pub db: Db,
    pub certificate: Certificate,
    front: Front<Routes>,
    tokens: Tokens,
    now: Arc<AtomicI64>,
    processes: Vec<Issues>,
}

impl Office {
    pub async fn open() -> Office {
        Office::with(1, Duration::from_secs(10)).await
    }

    /// So many processes over one database, which give a receiver so long.
    pub async fn with(processes: usize, timeout: Duration) -> Office {
        let folder = tempfile::tempdir().unwrap();
        let db = tidyward_kit::db::testing::open(folder.path()).await;
        crate::migrate(&db).await.unwrap();
        let tokens = Tokens::new(&key::read_or_make(&folder.path().join("key")).unwrap()).unwrap();
        let begin: Timestamp = "2015-01-05T12:00:00Z".parse().unwrap();
        let now = Arc::new(AtomicI64::new(begin.as_microsecond()));
        let clock = clock(&now);
        let peers = Peers::new(tokens.clone());
        let certificate = Certificate::make();
        let settings = IssueSettings {
            largest_upload: 1 << 20,
            largest_message: 4 << 20,
            notices: NoticeSettings {
                timeout,
                poll: Duration::from_secs(3_600),
                extra_roots: certificate.pem.clone(),
                allow_private_receivers: true,
                allow_http_loopback: false,
            },
            watch: WatchSettings::default(),
        };
        let objects = Objects::folder(&folder.path().join("objects")).unwrap();
        let make = || {
            let (db, clock, peers) = (db.clone(), clock.clone(), peers.clone());
            Issues::new(db, clock, peers, &objects, settings.clone())
        };
        let processes: Vec<Issues> = (0..processes).map(|_| make().unwrap()).collect();
        let routes = Routes::new(GridServiceServer::new(MadeUp))
            .add_service(DutyServiceServer::new(Duties))
            .add_service(processes[0].clone().into_server())
            .add_service(processes[0].clone().into_notice_server());
        let front = front(&tokens, routes);
        peers.set_local(front.clone());
        Office {
            _folder: folder,
            db,
            certificate,
            front,
            tokens,
            now,
            processes,
        }
    }

    pub fn district() -> District {
        District::of_server("chicago")
    }

    pub fn process(&self, index: usize) -> Issues {
        self.processes[index].clone()
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.now.load(Ordering::SeqCst)).unwrap()
    }

    pub fn pass(&self, time: SignedDuration) {
        let micros = i64::try_from(time.as_micros()).unwrap();
        self.now.fetch_add(micros, Ordering::SeqCst);
    }

    fn door(&self, subject: &str, role: Role, areas: &[&str]) -> Door {
        let caller = caller(subject, role, areas);
        InterceptedService::new(self.front.clone(), Bearer::of(&self.tokens, &caller))
    }

    pub fn client(&self, subject: &str, role: Role, areas: &[&str]) -> Client {
        NoticeServiceClient::new(self.door(subject, role, areas))
    }

    pub fn admin(&self) -> Client {
        self.client("an admin", Role::Admin, &[])
    }

    pub fn ledger(&self) -> IssueServiceClient<Door> {
        IssueServiceClient::new(self.door("an admin", Role::Admin, &[]))
    }

    /// A webhook of the district; the answer holds its secret.
    pub async fn webhook(&self, url: &str, kinds: &[IssueEventKind]) -> Webhook {
        let webhook = Webhook {
            url: url.to_owned(),
            kinds: kinds.iter().map(|kind| *kind as i32).collect(),
            ..Webhook::default()
        };
        let request = CreateWebhookRequest {
            parent: PARENT.to_owned(),
            webhook: Some(webhook),
            request_id: String::new(),
        };
        self.admin()
            .create_webhook(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// A notice of an event of the moment.
    pub fn notice(&self, issue: u128, sequence: i32, kind: IssueEventKind) -> NewNotice {
        NewNotice {
            issue: Uuid::from_u128(issue),
            event: Event {
                sequence,
                kind,
                round: 1,
                occurred_at: self.now(),
                recorded_at: self.now(),
                actor: "zhao".to_owned(),
                handling_deadline: None,
                total_deadline: None,
                stage_deadline: None,
                detail: None,
            },
            state: State::Handling,
            recipients: Vec::new(),
        }
    }

    /// Writes the notices in one transaction and gives their ids, sorted.
    pub async fn write(&self, notices: Vec<NewNotice>) -> Vec<String> {
        let district = Office::district();
        let mut ids: Vec<String> = notices
            .iter()
            .map(|notice| notice.id(&district).to_string())
            .collect();
        ids.sort_unstable();
        let written = self.db.write(move |transaction| {
            let (district, notices) = (Office::district(), notices.clone());
            Box::pin(async move { store::notice::write(transaction, &district, &notices).await })
        });
        written.await.unwrap();
        ids
    }

    /// One turn of the first process.
    pub async fn deliver(&self) -> usize {
        self.processes[0].deliver_once().await.unwrap()
    }

    /// The deliveries in the state, the latest first.
    pub async fn deliveries(&self, state: DeliveryState) -> Vec<Delivery> {
        let request = ListDeliveriesRequest {
            parent: PARENT.to_owned(),
            state: state as i32,
            ..ListDeliveriesRequest::default()
        };
        let auditor = self
            .client("an auditor", Role::Auditor, &[])
            .list_deliveries(request)
            .await;
        auditor.unwrap().into_inner().deliveries
    }
}
