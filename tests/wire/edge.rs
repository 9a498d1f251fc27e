//! The edge: the command line over an encrypted connection, and browsers' gRPC-Web on the same port.

use std::{
    ffi::OsString,
    fs,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use prost::Message;
use tidyward::config::{
    Settings,
    edge::{TlsSettings, WebSettings},
};
use tidyward_kit::clock::Clock;
use tidyward_proto::v1::ListDistrictsResponse;
use tidyward_tests::Stack;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::command_line::expect_code;

/// Much longer than a server takes to see that a certificate is another.
const A_WHILE: Duration = Duration::from_secs(120);

/// A certificate that vouches for itself, and its key, in files of that name.
fn certify(folder: &Path, name: &str) {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    fs::write(folder.join(format!("{name}.pem")), made.cert.pem()).unwrap();
    let key = made.signing_key.serialize_pem();
    fs::write(folder.join(format!("{name}.key")), key).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_calls_over_an_encrypted_connection_and_shows_who_it_is() {
    let files = tempfile::tempdir().unwrap();
    certify(files.path(), "server");
    certify(files.path(), "client");
    let file = |name: &str| files.path().join(name).display().to_string();
    let settings = Settings {
        tls: TlsSettings {
            certificate: file("server.pem").into(),
            key: file("server.key").into(),
            client_roots: file("client.pem").into(),
            ..TlsSettings::default()
        },
        ..Settings::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::open_with(folder, Clock::system(), settings).await;

    let call = async |scheme: &str, flags: &[(&str, String)]| {
        let server = format!("{scheme}://{}", stack.running.address);
        let data = stack.folder.path().display().to_string();
        let mut words = vec!["tidyward", "--server", &server, "--data", &data];
        for (flag, file) in flags {
            words.extend([*flag, file.as_str()]);
        }
        words.extend(["district", "list"]);
        let run: Vec<OsString> = words.iter().map(Into::into).collect();
        let ran = tokio::task::spawn_blocking(|| tidyward::cli::run(run)).await;
        ran.unwrap()
    };
    let check = async |scheme: &str, flags: &[(&str, String)], code: u8| {
        let mut words = vec![scheme];
        words.extend(flags.iter().flat_map(|(flag, file)| [*flag, file]));
        expect_code(call(scheme, flags).await, code, &words);
    };
    let ca = ("--ca", file("server.pem"));
    let shown = [
        ("--client-certificate", file("client.pem")),
        ("--client-key", file("client.key")),
    ];
    let all = [ca, shown[0].clone(), shown[1].clone()];
    check("https", &all, 0).await;
    // In the clear, without knowing the server, without showing itself, with half of what it shows.
    check("http", &all, 1).await;
    check("https", &shown, 1).await;
    check("https", &all[..1], 1).await;
    check("https", &all[..2], 2).await;

    // Whoever trusts the renewed one alone comes in once the server has looked at its files, which it does by itself.
    certify(files.path(), "server");
    let began = Instant::now();
    while call("https", &all).await != ExitCode::SUCCESS {
        assert!(began.elapsed() < A_WHILE, "the old one is still shown");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    stack.stop().await;
}

const PAGE: &str = "https://ward.example.org";

/// A server that lets one page call.
async fn for_pages() -> Stack {
    let settings = Settings {
        web: WebSettings {
            origins: vec![PAGE.to_owned()],
        },
        ..Settings::default()
    };
    let folder = tempfile::tempdir().unwrap();
    Stack::open_with(folder, Clock::system(), settings).await
}

/// An answer over HTTP/1.1, its headers in lower case.
#[derive(Debug)]
struct Answer {
    status: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Sends a request as a browser does, byte by byte our own.
async fn ask(stack: &Stack, method: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut request = format!(
        "{method} /tidyward.v1.GridService/ListDistricts HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
         content-length: {}\r\n",
        stack.running.address,
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut stream = TcpStream::connect(stack.running.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();

    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, rest) = bytes.split_at(end.expect("a head") + 4);
    let head = String::from_utf8(head.to_vec()).unwrap();
    let mut lines = head.trim_end().lines();
    let status = lines.next().unwrap().to_owned();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").expect("a header"))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { joined(rest) } else { rest.to_vec() };
    Answer {
        status,
        headers,
        body,
    }
}

/// The chunks of a body, put together.
fn joined(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}

/// The message and the trailers of a body in gRPC-Web's frames.
fn frames(mut body: &[u8]) -> (ListDistrictsResponse, String) {
    let (mut message, mut trailers) = (None, None);
    while let [kind, a, b, c, d, rest @ ..] = body {
        let size = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let (frame, after) = rest.split_at(size);
        match kind {
            0 => message = Some(ListDistrictsResponse::decode(frame).unwrap()),
            0x80 => trailers = Some(String::from_utf8(frame.to_vec()).unwrap()),
            other => panic!("a frame of kind {other}"),
        }
        body = after;
    }
    (message.expect("a message"), trailers.expect("trailers"))
}

/// The only message of the request: it is empty.
const EMPTY: [u8; 5] = [0; 5];

#[tokio::test]
async fn a_page_calls_by_grpc_web_over_http_1() {
    let stack = for_pages().await;
    stack
        .district("jinhua", "Asia/Shanghai", "2020-01-01")
        .await;
    let bearer = format!("Bearer {}", stack.admin("jinhua"));
    let headers = |kind: &'static str| {
        [
            ("content-type", kind),
            ("x-grpc-web", "1"),
            ("origin", PAGE),
        ]
    };
    for (kind, text) in [
        ("application/grpc-web+proto", false),
        ("application/grpc-web-text+proto", true),
    ] {
        let mut sent = headers(kind).to_vec();
        sent.push(("authorization", &bearer));
        if text {
            sent.push(("accept", kind));
        }
        let body = match text {
            true => STANDARD.encode(EMPTY).into_bytes(),
            false => EMPTY.to_vec(),
        };
        let answer = ask(&stack, "POST", &sent, &body).await;
        assert_eq!(answer.status, "HTTP/1.1 200 OK");
        assert_eq!(answer.header("content-type"), Some(kind));
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
        let body = match text {
            true => decoded(&answer.body),
            false => answer.body,
        };
        let (message, trailers) = frames(&body);
        assert_eq!(message.districts.len(), 1);
        assert_eq!(message.districts[0].name, "districts/jinhua");
        assert!(trailers.contains("grpc-status:0"), "{trailers}");
    }

    // What is refused says why in headers that the page may read.
    let sent = headers("application/grpc-web+proto");
    let refused = ask(&stack, "POST", &sent, &EMPTY).await;
    assert_eq!(refused.header("grpc-status"), Some("16"), "{refused:?}");
    let readable = refused.header("access-control-expose-headers").unwrap();
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        assert!(readable.contains(name), "{readable}");
        assert!(refused.header(name).is_some(), "{name}");
    }
    stack.stop().await;
}

/// Base64 whose pieces may each be padded.
fn decoded(text: &[u8]) -> Vec<u8> {
    let fours = text.chunks(4);
    fours
        .flat_map(|four| STANDARD.decode(four).unwrap())
        .collect()
}

#[tokio::test]
async fn a_browser_is_told_which_pages_may_call() {
    let stack = for_pages().await;
    let preflight = async |origin: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            (
                "access-control-request-headers",
                "authorization,content-type,x-grpc-web",
            ),
        ];
        ask(&stack, "OPTIONS", &headers, b"").await
    };
    let known = preflight(PAGE).await;
    assert_eq!(known.header("access-control-allow-origin"), Some(PAGE));
    let allowed = known.header("access-control-allow-headers").unwrap();
    for name in [
        "authorization",
        "content-type",
        "grpc-timeout",
        "x-grpc-web",
    ] {
        assert!(allowed.contains(name), "{allowed}");
    }
    let other = preflight("https://elsewhere.example.org").await;
    assert_eq!(other.header("access-control-allow-origin"), None);
    stack.stop().await;
}
