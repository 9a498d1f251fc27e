//! Where it plays: a district of a hundred grids in a folder and a database, and the certificates of its server.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tidyward::{config::Settings, data::database_file};
use tidyward_kit::{
    caller::{Caller, Role},
    clock::Clock,
    key,
    peer::Peer,
    token::Tokens,
};
use tidyward_proto::v1::ActivateRuleRequest;
use tidyward_tests::{LITTER, Stack, import};
use tonic::transport::{Certificate as Root, Channel, ClientTlsConfig, Endpoint};

use crate::faults::Database;

pub const D: &str = "jinhua";
pub const PARENT: &str = "districts/jinhua";
pub const GRIDS: usize = 100;
/// The first quarter that is reviewed, counted from the first of 2024. What is imported falls into it.
pub const FIRST_QUARTER: i16 = 1;
/// Issues that are there from the beginning.
pub const ROWS: u32 = 60_000;

pub struct Scene {
    folder: tempfile::TempDir,
    /// Empty for the file in the folder.
    pub database: String,
    pub certificate: Certificate,
    tokens: Tokens,
    good_for: Duration,
}

impl Scene {
    pub async fn founded(database: &Database, length: Duration) -> Scene {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let certificate = Certificate::new(folder.path());
        let mut settings = Settings::default();
        settings.database.url = database.url();
        let data = tempfile::Builder::new()
            .prefix("data")
            .tempdir_in(folder.path())
            .expect("a data folder");
        let stack = Stack::open_with(data, Clock::system(), settings).await;
        found(&stack).await;
        let data = stack.stop().await.keep();
        fs::rename(data, folder.path().join("data")).expect("a name of its own");
        let key = key::read(&folder.path().join("data/token.key")).expect("a readable key");
        Scene {
            folder,
            database: database.url(),
            certificate,
            tokens: Tokens::new(&key.expect("a key made at start")).expect("a usable key"),
            good_for: length + Duration::from_secs(3_600),
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn objects(&self) -> PathBuf {
        self.data().join("objects")
    }

    pub fn file(&self) -> PathBuf {
        database_file(&self.data())
    }

    pub fn backup(&self) -> PathBuf {
        self.folder.path().join("backup")
    }

    /// Whether the open file belongs to the database, of which there are as many as it has connections.
    pub fn is_database(&self, file: &str) -> bool {
        file.starts_with(&self.file().display().to_string())
    }

    /// The server as somebody sees it who may do all that is done here.
    pub fn caller(&self, channel: Channel, subject: &str) -> Peer {
        let caller = Caller {
            subject: subject.to_owned(),
            district: Some(D.to_owned()),
            roles: vec![
                Role::Operator,
                Role::Dispatcher,
                Role::Officer,
                Role::Scorer,
                Role::Admin,
            ],
            areas: Vec::new(),
        };
        let now = Clock::system().now();
        let token = self.tokens.make(&caller, now, self.good_for);
        Peer::remote(channel, &token.expect("a token")).expect("a token that fits a header")
    }
}

/// The district, its grids, the limits under which its litter is filed, and the rule of its reviews.
async fn found(stack: &Stack) {
    stack.little_town(D, GRIDS).await;
    let rule = ActivateRuleRequest {
        name: format!("{PARENT}/rules/case-rates/versions/1.0.0"),
        from_period: quarter(FIRST_QUARTER),
        ..ActivateRuleRequest::default()
    };
    stack.rules(D).activate_rule(rule).await.expect("a rule");
    // As large as a ledger that is in use, so that caches are full before the first look.
    let rows = file(0, ROWS);
    let ended = import!(stack.issues(D), D, LITTER, rows);
    assert_eq!(ended.rows_added, i64::from(ROWS), "{ended:?}");
}

/// The name of a quarter, counted from the first of 2024.
pub fn quarter(number: i16) -> String {
    format!("{}-q{}", 2024 + number / 4, number % 4 + 1)
}

/// So many issues of another system, from the one of that number on.
pub fn file(first: u32, rows: u32) -> Vec<u8> {
    let mut text = "id,reported,kind,lat,lon\n".to_owned();
    for row in first..first + rows {
        let longitude = 120.0005 + f64::from(row % 97) * 0.01;
        let day = 1 + row % 28;
        text.push_str(&format!(
            "{row},2024-05-{day:02},litter,30.005,{longitude:.4}\n"
        ));
    }
    text.into_bytes()
}

/// The server's certificate, one of two that are in force in turn.
pub struct Certificate {
    folder: PathBuf,
    /// Certificate and key of each.
    pairs: [(String, String); 2],
    in_force: AtomicUsize,
}

impl Certificate {
    fn new(folder: &Path) -> Certificate {
        let pair = || {
            let names = vec!["localhost".to_owned()];
            let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
            (made.cert.pem(), made.signing_key.serialize_pem())
        };
        let certificate = Certificate {
            folder: folder.to_owned(),
            pairs: [pair(), pair()],
            in_force: AtomicUsize::new(0),
        };
        certificate.write();
        certificate
    }

    pub fn path(&self) -> PathBuf {
        self.folder.join("server.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.join("server.key")
    }

    fn write(&self) {
        let (certificate, key) = &self.pairs[self.in_force.load(Ordering::SeqCst)];
        fs::write(self.path(), certificate).expect("the certificate is written");
        fs::write(self.key(), key).expect("the key is written");
    }

    /// Puts the other one in its place.
    pub fn renew(&self) {
        self.in_force.fetch_xor(1, Ordering::SeqCst);
        self.write();
    }

    /// A connection that trusts whichever is in force, made when it is used.
    pub fn channel(&self, port: u16) -> Channel {
        let both = format!("{}{}", self.pairs[0].0, self.pairs[1].0);
        endpoint(port, both).connect_lazy()
    }

    /// Whether the server shows the one that is in force.
    pub async fn is_shown(&self, port: u16) -> bool {
        let (certificate, _) = &self.pairs[self.in_force.load(Ordering::SeqCst)];
        endpoint(port, certificate.clone()).connect().await.is_ok()
    }
}

fn endpoint(port: u16, roots: String) -> Endpoint {
    let encrypted = ClientTlsConfig::new()
        .ca_certificate(Root::from_pem(roots))
        .domain_name("localhost");
    Endpoint::from_shared(format!("https://127.0.0.1:{port}"))
        .and_then(|endpoint| endpoint.tls_config(encrypted))
        .expect("an address")
}
