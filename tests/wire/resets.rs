//! Somebody who gives many calls up at once is served on; whoever opens and resets streams without end is shown the door
//! (CVE-2023-44487, RUSTSEC-2024-0003), and nobody else notices.

use std::time::Duration;

use tidyward_kit::caller::Role;
use tidyward_proto::v1::GetDistrictRequest;
use tidyward_tests::Stack;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;
/// `END_STREAM` and `END_HEADERS`: all of a request is told.
const WHOLE: u8 = 5;
/// `:method: POST`, `:scheme: http`, `:path: /`, each by its number in HPACK's own table.
const REQUEST: [u8; 3] = [0x83, 0x86, 0x84];
/// Fewer than a server bears with, and more.
const BORNE: usize = 1_000;
const TOO_MANY: usize = 1_100;

/// HTTP/2 by hand: no client that keeps to the rules would do this.
struct Line {
    socket: TcpStream,
    /// The next stream. A client's are odd.
    stream: u32,
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// Gives a call up before it is answered.
fn given_up(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes())
}

/// Breaks the stream: no window is as wide as this makes it, so that the server has to reset it.
fn broken(stream: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &0x7fff_ffff_u32.to_be_bytes())
}

impl Line {
    async fn open(stack: &Stack) -> Line {
        let mut socket = TcpStream::connect(stack.running.address).await.unwrap();
        let hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        let hello = [&hello[..], &frame(SETTINGS, 0, 0, &[])].concat();
        socket.write_all(&hello).await.unwrap();
        Line { socket, stream: 1 }
    }

    /// Opens so many streams and ends each in that way, all at once. Says whether it is served on, or else with which
    /// code it was shown the door.
    async fn opens(&mut self, streams: usize, end: fn(u32) -> Vec<u8>) -> Result<(), u32> {
        let mut frames = Vec::new();
        for _ in 0..streams {
            frames.extend(frame(HEADERS, WHOLE, self.stream, &REQUEST));
            frames.extend(end(self.stream));
            self.stream += 2;
        }
        frames.extend(frame(PING, 0, 0, b"are you?"));
        self.socket.write_all(&frames).await.unwrap();
        let heard = tokio::time::timeout(Duration::from_secs(60), self.hears());
        heard.await.expect("an answer")
    }

    async fn hears(&mut self) -> Result<(), u32> {
        loop {
            let mut head = [0; 9];
            self.socket.read_exact(&mut head).await.unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            self.socket.read_exact(&mut payload).await.unwrap();
            match head[3] {
                PING if head[4] == 1 => return Ok(()),
                GOAWAY => return Err(u32::from_be_bytes(payload[4..8].try_into().unwrap())),
                _ => {}
            }
        }
    }
}

async fn is_borne_with_up_to_a_bound(end: fn(u32) -> Vec<u8>) {
    let stack = Stack::start().await;
    let district = "chicago";
    stack
        .district(district, "America/Chicago", "2020-01-01")
        .await;
    let mut others = stack.person(district, "li", &[Role::Operator], &[]).grids();
    let get = GetDistrictRequest {
        name: format!("districts/{district}"),
    };
    others.get_district(get.clone()).await.unwrap();

    let mut line = Line::open(&stack).await;
    assert_eq!(line.opens(BORNE, end).await, Ok(()));
    let mut line = Line::open(&stack).await;
    assert_eq!(line.opens(TOO_MANY, end).await, Err(ENHANCE_YOUR_CALM));

    others.get_district(get).await.unwrap();
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_given_up_at_once_are_borne_with_and_more_are_not() {
    is_borne_with_up_to_a_bound(given_up).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_broken_streams_are_borne_with_and_more_are_not() {
    is_borne_with_up_to_a_bound(broken).await;
}
