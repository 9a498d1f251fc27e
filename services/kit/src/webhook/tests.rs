//! A receiver with a certificate of its own, and what reaches it.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_rustls::TlsAcceptor;

use super::*;

/// What the receiver got: its headers and body.
type Got = (http::HeaderMap, Vec<u8>);

struct Receiver {
    url: String,
    /// The receiver's own certificate, in PEM.
    root: Vec<u8>,
    got: mpsc::UnboundedReceiver<Got>,
    connections: Arc<AtomicUsize>,
}

/// Answers every call with the status; a status of 0 is never answered.
async fn receiver(status: u16, with: &'static [(&'static str, &'static str)]) -> Receiver {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}/hook",
        listener.local_addr().unwrap().port()
    );
    let (send, got) = mpsc::unbounded_channel();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, send) = (acceptor.clone(), send.clone());
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let answer = service_fn(move |request: Request<Incoming>| {
                    let send = send.clone();
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes().to_vec();
                        let _nobody_looks = send.send((head.headers, body));
                        if status == 0 {
                            std::future::pending::<()>().await;
                        }
                        let mut answer = Response::builder().status(status);
                        for (name, value) in with {
                            answer = answer.header(*name, *value);
                        }
                        let body = Full::<bytes::Bytes>::from(vec![b'x'; 1 << 20]);
                        Ok::<_, Infallible>(answer.body(body).unwrap())
                    }
                });
                let _cut_off = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    });
    Receiver {
        url,
        root: made.cert.pem().into_bytes(),
        got,
        connections,
    }
}

fn settings(root: &[u8]) -> SenderSettings {
    SenderSettings {
        timeout: Duration::from_secs(10),
        extra_roots: root.to_vec(),
        allow_private_receivers: true,
        allow_http_loopback: false,
    }
}

fn message<'a>(url: &'a str, secret: &'a str) -> Message<'a> {
    Message {
        url,
        secret,
        id: "msg_1",
        at: "2026-02-24T01:00:00Z".parse().unwrap(),
        content_type: "application/cloudevents+json",
        body: b"{\"said\":\"so\"}".to_vec(),
    }
}

/// HMAC as its standard writes it down, with nothing but a hash.
fn hmac_by_hand(key: &[u8], text: &[u8]) -> Vec<u8> {
    use sha2::Digest;
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(text)
        .finalize();
    let outer = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5C))
        .chain_update(inner);
    outer.finalize().to_vec()
}

#[tokio::test]
async fn a_receiver_gets_the_body_with_a_signature_that_it_can_check() {
    let mut receiver = receiver(204, &[]).await;
    let sender = Sender::new(&settings(&receiver.root)).unwrap();
    let secret = secret([7; SECRET_BYTES]);
    let sent = sender.send(message(&receiver.url, &secret)).await;
    assert_eq!(sent, Sent::Answered(204));
    let (headers, body) = receiver.got.recv().await.unwrap();
    assert_eq!(body, b"{\"said\":\"so\"}");
    assert_eq!(headers["content-type"], "application/cloudevents+json");
    assert_eq!(headers["webhook-id"], "msg_1");
    assert_eq!(headers["webhook-timestamp"], "1771894800");
    let signed = [b"msg_1.1771894800.", body.as_slice()].concat();
    let expected = STANDARD.encode(hmac_by_hand(&[7; SECRET_BYTES], &signed));
    assert_eq!(headers["webhook-signature"], format!("v1,{expected}"));
}

#[test]
fn the_signature_is_that_of_the_specifications_example() {
    let body = br#"{"test": 2432232314}"#;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_eq!(
        signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body).unwrap(),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    );
    assert_eq!(signature("sesame", "a", 1, body), None);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent() {
    let mut receiver = receiver(204, &[]).await;
    let sender = Sender::new(&settings(b"")).unwrap();
    let sent = sender
        .send(message(&receiver.url, &secret([7; SECRET_BYTES])))
        .await;
    let Sent::Failed(words) = sent else {
        panic!("{sent:?}");
    };
    assert!(
        words.starts_with("no connection: invalid peer certificate"),
        "{words}"
    );
    assert!(receiver.got.try_recv().is_err());
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = receiver(204, &[]).await;
    let target: &'static str = elsewhere.url.clone().leak();
    let headers: &'static [(&str, &str)] = vec![("location", target)].leak();
    let receiver = receiver(307, headers).await;
    let sender = Sender::new(&settings(&receiver.root)).unwrap();
    let sent = sender
        .send(message(&receiver.url, &secret([7; SECRET_BYTES])))
        .await;
    assert_eq!(sent, Sent::Answered(307));
    assert_eq!(elsewhere.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up_in_time() {
    let receiver = receiver(0, &[]).await;
    let short = SenderSettings {
        timeout: Duration::from_millis(200),
        ..settings(&receiver.root)
    };
    let sender = Sender::new(&short).unwrap();
    let sent = sender
        .send(message(&receiver.url, &secret([7; SECRET_BYTES])))
        .await;
    assert_eq!(sent, Sent::Failed("no answer within 200 ms".to_owned()));
}

#[tokio::test]
async fn private_addresses_are_not_reached_by_number_or_by_name() {
    let receiver = receiver(204, &[]).await;
    let public_only = SenderSettings {
        allow_private_receivers: false,
        ..settings(&receiver.root)
    };
    let sender = Sender::new(&public_only).unwrap();
    let by_number = receiver.url.replace("localhost", "127.0.0.1");
    for url in [&receiver.url, &by_number] {
        let sent = sender.send(message(url, &secret([7; SECRET_BYTES]))).await;
        let Sent::Failed(words) = sent else {
            panic!("{sent:?}");
        };
        assert!(words.contains("leads into a private network"), "{words}");
    }
    // Past the look at the URL, the addresses of a name are looked at.
    let resolver = Resolver(sender.receivers);
    let name = "localhost".parse().unwrap();
    let refused = reqwest::dns::Resolve::resolve(&resolver, name)
        .await
        .err()
        .unwrap();
    assert!(
        refused.to_string().contains("allow_private_receivers"),
        "{refused}"
    );
    assert_eq!(receiver.connections.load(Ordering::SeqCst), 0);
}

#[test]
fn urls_that_may_not_be_called_are_refused_in_words() {
    let check = |private, http_loopback, url: &str, expected: Result<(), &str>| {
        let settings = SenderSettings {
            allow_private_receivers: private,
            allow_http_loopback: http_loopback,
            ..settings(b"")
        };
        let told = Sender::new(&settings).unwrap().check_url(url);
        match expected {
            Ok(()) => assert_eq!(told, Ok(()), "{url}"),
            Err(words) => {
                let told = told.expect_err(url);
                assert!(told.contains(words), "{url}: {told}");
            }
        }
    };
    let https = Err("must begin with `https://`");
    let private = Err("leads into a private network");
    check(false, false, "https://example.org/notices?key=1", Ok(()));
    check(false, false, "https://8.8.8.8:8443/", Ok(()));
    check(false, false, "http://example.org/", https);
    check(true, false, "http://127.0.0.1/", https);
    check(false, true, "http://example.org/", https);
    check(false, true, "http://10.0.0.1/", https);
    check(false, true, "http://127.0.0.1:9000/", Ok(()));
    check(false, true, "http://[::1]:9000/", Ok(()));
    check(false, true, "http://localhost:9000/", Ok(()));
    check(false, true, "https://10.0.0.1/", private);
    check(true, false, "https://10.0.0.1/", Ok(()));
    check(false, false, "ftp://example.org/", https);
    check(false, false, "file:///etc/hosts", https);
    for inside in [
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "[::ffff:10.0.0.1]",
        "localhost",
        "a.LOCALHOST.",
    ] {
        check(false, false, &format!("https://{inside}/"), private);
    }
    for unreadable in [
        "",
        "example.org",
        "https://",
        "https://exa mple.org/",
        "https://a:99999/",
    ] {
        check(false, false, unreadable, Err("cannot be read"));
    }
    check(
        false,
        false,
        "https://li@example.org/",
        Err("holds a user or password"),
    );
    check(
        false,
        false,
        "https://:key@example.org/",
        Err("holds a user or password"),
    );
    check(
        false,
        false,
        "https://example.org/#a",
        Err("holds a fragment"),
    );
    let longest = format!("https://example.org/{}", "x".repeat(LONGEST_URL - 20));
    check(false, false, &longest, Ok(()));
    check(
        false,
        false,
        &format!("{longest}x"),
        Err("more than 2000 characters"),
    );
}

#[test]
fn roots_that_are_none_are_refused_at_the_start() {
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = Sender::new(&settings(broken)).unwrap_err();
    assert_eq!(error.violations[0].field, "notices.extra_roots");
}
