//! A receiver of another system: HTTPS with a certificate of its own, and a status that a test sets.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tokio::{net::TcpListener, sync::Notify};
use tokio_rustls::TlsAcceptor;

/// What came, headers and body.
pub type Call = (http::HeaderMap, Vec<u8>);

/// A receiver that never answers.
pub const SILENT: u16 = 0;

/// One certificate for all receivers of a test.
pub struct Certificate {
    pub pem: Vec<u8>,
    config: Arc<ServerConfig>,
}

impl Certificate {
    pub fn make() -> Certificate {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        Certificate {
            pem: made.cert.pem().into_bytes(),
            config: Arc::new(config),
        }
    }
}

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    status: Arc<AtomicU16>,
    calls: Arc<Mutex<Vec<Call>>>,
    came: Arc<Notify>,
}

impl Receiver {
    pub async fn open(certificate: &Certificate, status: u16) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = Receiver {
            url: format!("https://localhost:{port}/notices"),
            status: Arc::new(AtomicU16::new(status)),
            calls: Arc::default(),
            came: Arc::default(),
        };
        let acceptor = TlsAcceptor::from(certificate.config.clone());
        let shared = receiver.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, shared) = (acceptor.clone(), shared.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let answer = service_fn(move |request| shared.clone().take(request));
                    let _cut_off = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), answer)
                        .await;
                });
            }
        });
        receiver
    }

    async fn take(self, request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        self.calls.lock().unwrap().push((head.headers, body));
        self.came.notify_one();
        let status = self.status.load(Ordering::SeqCst);
        if status == SILENT {
            std::future::pending::<()>().await;
        }
        let answer = Response::builder().status(status).body(Empty::new());
        Ok(answer.unwrap())
    }

    /// What it answers from here on.
    pub fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The ids of the notices that came, sorted.
    pub fn ids(&self) -> Vec<String> {
        let calls = self.calls();
        let ids = calls
            .iter()
            .map(|(headers, _)| headers["webhook-id"].to_str().unwrap());
        let mut ids: Vec<String> = ids.map(str::to_owned).collect();
        ids.sort_unstable();
        ids
    }

    /// Waits for the next call.
    pub async fn came(&self) {
        self.came.notified().await;
    }
}
