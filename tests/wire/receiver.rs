//! A receiver of webhooks over HTTPS, with a certificate of its own, that keeps what it is sent and answers as it is told.

use std::{
    convert::Infallible,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, body::Incoming, service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor, TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
    },
};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    /// A header as text; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

/// A receiver that is up until it is dropped.
pub struct Receiver {
    pub address: SocketAddr,
    /// PEM of the certificate that a sender has to trust.
    pub certificate: String,
    kept: Arc<Kept>,
    serving: JoinHandle<()>,
}

struct Kept {
    requests: Mutex<Vec<Received>>,
    /// The statuses of the next answers; 200 where there is none.
    answers: Mutex<Vec<StatusCode>>,
    came: Notify,
}

impl Receiver {
    /// Listens on a free port of this machine as `localhost`.
    pub async fn start() -> Receiver {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(key))
            .unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let kept = Arc::new(Kept {
            requests: Mutex::default(),
            answers: Mutex::default(),
            came: Notify::new(),
        });
        let serving = tokio::spawn(serve(
            listener,
            TlsAcceptor::from(Arc::new(config)),
            kept.clone(),
        ));
        Receiver {
            address,
            certificate: made.cert.pem(),
            kept,
            serving,
        }
    }

    /// The URL for a webhook.
    pub fn url(&self) -> String {
        format!("https://localhost:{}/hook", self.address.port())
    }

    /// Writes the certificate into the folder, for the setting `notices.extra_roots`.
    pub fn roots(&self, folder: &std::path::Path) -> PathBuf {
        let path = folder.join("receiver.pem");
        std::fs::write(&path, &self.certificate).unwrap();
        path
    }

    /// Answers the next requests with these statuses, in this order, and what comes after them with 200.
    pub fn answer(&self, statuses: &[u16]) {
        let statuses = statuses.iter().rev();
        let statuses = statuses.map(|status| StatusCode::from_u16(*status).unwrap());
        *self.kept.answers.lock().unwrap() = statuses.collect();
    }

    /// Everything that came.
    pub fn received(&self) -> Vec<Received> {
        self.kept.requests.lock().unwrap().clone()
    }

    /// Waits until at least so many requests have come, and gives all.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let waited = async {
            loop {
                let came = self.kept.came.notified();
                let received = self.received();
                if received.len() >= count {
                    return received;
                }
                came.await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waited).await;
        waited.unwrap_or_else(|_| panic!("{} of {count} requests came", self.received().len()))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, kept: Arc<Kept>) {
    while let Ok((socket, _)) = listener.accept().await {
        let (acceptor, kept) = (acceptor.clone(), kept.clone());
        tokio::spawn(async move {
            let Ok(socket) = acceptor.accept(socket).await else {
                return;
            };
            let service = service_fn(|request| take(request, kept.clone()));
            // A sender that goes away is its own affair.
            let _gone = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

async fn take(
    request: Request<Incoming>,
    kept: Arc<Kept>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes());
    kept.requests.lock().unwrap().push(Received {
        method: head.method,
        path: head.uri.path().to_owned(),
        headers: head.headers,
        body: body.unwrap_or_default(),
    });
    let status = kept.answers.lock().unwrap().pop();
    kept.came.notify_waiters();
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status.unwrap_or(StatusCode::OK);
    Ok(response)
}

/// Posts to the receiver as any sender would, and gives the status line.
async fn post(receiver: &Receiver, roots: RootCertStore, body: &str) -> std::io::Result<String> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(receiver.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut socket = TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await?;
    let request = format!(
        "POST /hook HTTP/1.1\r\nhost: localhost\r\nwebhook-id: 7\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    Ok(answer.lines().next().unwrap_or("").to_owned())
}

#[tokio::test]
async fn a_receiver_keeps_what_comes_and_answers_as_told() {
    let receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let pem = std::fs::read(receiver.roots(folder.path())).unwrap();
    let mut roots = RootCertStore::empty();
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
    roots
        .add(CertificateDer::from_pem_slice(&pem).unwrap())
        .unwrap();

    receiver.answer(&[503, 200]);
    let first = post(&receiver, roots.clone(), "{}").await.unwrap();
    let second = post(&receiver, roots, "{\"a\":1}").await.unwrap();
    assert!(first.starts_with("HTTP/1.1 503"), "{first}");
    assert!(second.starts_with("HTTP/1.1 200"), "{second}");

    let received = receiver.wait_for(2).await;
    assert_eq!(received[0].method, Method::POST);
    assert_eq!(received[0].path, "/hook");
    assert_eq!(received[0].header("webhook-id"), "7");
    assert_eq!(received[1].body, "{\"a\":1}");
    assert!(receiver.url().starts_with("https://localhost:"));

    let stranger = post(&receiver, RootCertStore::empty(), "{}").await;
    assert!(stranger.is_err(), "who does not trust it does not send");
    assert_eq!(receiver.received().len(), 2);
}
