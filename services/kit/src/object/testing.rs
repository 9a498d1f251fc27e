//! A real server that speaks S3, for tests.

use std::{
    io::ErrorKind,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Bucket;

const PROGRAM: &str = "moto_server";
const BUCKET: &str = "city";
const START: Duration = Duration::from_secs(60);

/// The server on a free port of loopback with an empty bucket; ended with the test.
pub struct S3 {
    child: Child,
    pub port: u16,
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ended_before = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl S3 {
    /// Starts it; nothing, and a word about it, where its program is not there.
    pub async fn start() -> Option<S3> {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let started = Command::new(PROGRAM)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = match started {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("skipped: {PROGRAM} was not found");
                return None;
            }
            started => started.unwrap(),
        };
        let served = S3 { child, port };
        let made = async {
            while served.make_bucket().await.is_none() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let made = tokio::time::timeout(START, made).await;
        made.unwrap_or_else(|_| panic!("{PROGRAM} does not answer"));
        Some(served)
    }

    /// Nothing while it does not listen.
    async fn make_bucket(&self) -> Option<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        let request = format!(
            "PUT /{BUCKET} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Some(())
    }

    /// The bucket, with the server behind the port or behind another that leads to it.
    pub fn bucket(&self, port: u16) -> Bucket {
        Bucket {
            name: BUCKET.to_owned(),
            prefix: "tidyward/objects".to_owned(),
            endpoint: format!("http://127.0.0.1:{port}"),
            region: "us-east-1".to_owned(),
            access_key_id: "key".to_owned(),
            secret_access_key: "secret".to_owned(),
        }
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
