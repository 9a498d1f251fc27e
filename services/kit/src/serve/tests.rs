//! A listener that encrypts, asks clients for certificates, and changes its own while it serves.

use std::{fs, path::PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::*;
use crate::{
    front::FrontSettings,
    key,
    rate::RateSettings,
    tls::{
        Look, Tls, TlsFiles,
        client::{self, ClientTls},
    },
    token::Tokens,
};

/// An authority that signs for others, and the folder in which its files are.
struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        fs::write(folder.path().join("ca.pem"), root.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        Authority { folder, issuer }
    }

    fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Signs a certificate for this machine and writes it and its key where it is told.
    fn sign(&self, certificate: &std::path::Path, key: &std::path::Path) {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let params = CertificateParams::new(names).unwrap();
        let made = KeyPair::generate().unwrap();
        let signed = params.signed_by(&made, &self.issuer).unwrap();
        fs::write(certificate, signed.pem()).unwrap();
        fs::write(key, made.serialize_pem()).unwrap();
    }

    /// A client that trusts this authority and shows a certificate of that one's.
    fn client(&self, shown: Option<&Authority>) -> ClientTls {
        let (certificate, key) = match shown {
            None => (PathBuf::new(), PathBuf::new()),
            Some(other) => {
                let folder = other.folder.path();
                let (certificate, key) = (folder.join("client.pem"), folder.join("client.key"));
                other.sign(&certificate, &key);
                (certificate, key)
            }
        };
        ClientTls {
            ca: self.ca(),
            certificate,
            key,
        }
    }
}

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), Error>>,
    folder: TempDir,
}

async fn start(tls: Tls) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let tokens = Tokens::new(&key::read_or_make(&folder.path().join("key")).unwrap()).unwrap();
    let limits = FrontSettings {
        longest_call: Duration::from_secs(60),
        most_calls: 10,
        priorities: &[],
        rates: RateSettings::default(),
    };
    let (reporter, health) = tonic_health::server::health_reporter();
    let settings = ServeSettings {
        most_streams: 10,
        drain: Duration::from_secs(10),
        encryption: Some(Encryption {
            tls,
            handshake: Duration::from_secs(10),
        }),
        origins: Vec::new(),
    };
    let bound = bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = bound.address;
    let (stop, told) = oneshot::channel();
    let served = tokio::spawn(serve(
        bound,
        Routes::new(health),
        FrontLayer::new(tokens, &[], limits),
        Health::serving(reporter, &[]).await,
        settings,
        async move {
            let _told = told.await;
        },
    ));
    Served {
        address,
        stop,
        served,
        folder,
    }
}

impl Served {
    /// The code of a fresh connection's first call.
    async fn code(&self, scheme: &str, tls: &ClientTls) -> Code {
        let url = format!("{scheme}://{}", self.address);
        let channel = client::endpoint(&url, tls, "client.server").unwrap();
        let mut health = HealthClient::new(channel.connect_lazy());
        match health.check(HealthCheckRequest::default()).await {
            Ok(_) => Code::Ok,
            Err(status) => status.code(),
        }
    }
}

#[tokio::test]
async fn only_who_is_trusted_comes_in_and_a_renewed_certificate_is_served_at_once() {
    let (authority, successor) = (Authority::new(), Authority::new());
    let files = TlsFiles {
        certificate: authority.folder.path().join("server.pem"),
        key: authority.folder.path().join("server.key"),
        client_roots: Some(authority.ca()),
    };
    authority.sign(&files.certificate, &files.key);
    let tls = Tls::open(files.clone()).unwrap();
    let server = start(tls.clone()).await;

    let known = authority.client(Some(&authority));
    assert_eq!(server.code("https", &known).await, Code::Ok);
    for (scheme, client) in [
        ("https", authority.client(None)),
        ("https", authority.client(Some(&successor))),
        ("https", successor.client(Some(&authority))),
        ("http", ClientTls::default()),
    ] {
        let code = server.code(scheme, &client).await;
        assert_ne!(code, Code::Ok, "{scheme} {client:?}");
    }

    // A connection of before the change stays; one that begins after it has the successor's certificate.
    successor.sign(&files.certificate, &files.key);
    assert_eq!(tls.look(), Look::Taken);
    assert_ne!(server.code("https", &known).await, Code::Ok);
    let renewed = successor.client(Some(&authority));
    assert_eq!(server.code("https", &renewed).await, Code::Ok);
    fs::write(&files.key, "no key").unwrap();
    assert_eq!(tls.look(), Look::Kept);
    assert_eq!(server.code("https", &renewed).await, Code::Ok);

    server.stop.send(()).unwrap();
    server.served.await.unwrap().unwrap();
    drop(server.folder);
}
