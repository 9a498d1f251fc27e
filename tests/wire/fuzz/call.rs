//! Calls with any bytes to any method, and messages as a person reads them.

use std::time::Duration;

use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, Value};
use tidyward_kit::peer::Peer;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
};

/// How long an answer may take.
pub const LONGEST: Duration = Duration::from_secs(30);
/// How long the next message of a stream is waited for; many have none for long.
const NEXT: Duration = Duration::from_millis(30);
/// Messages that are read of a stream before it is dropped.
const READ: usize = 3;

/// What came of a call.
pub enum Answer {
    Messages(Vec<DynamicMessage>),
    Refused(Status),
    Late,
}

pub async fn call(peer: &Peer, method: &MethodDescriptor, bytes: Vec<u8>) -> Answer {
    let service = method.parent_service().full_name().to_owned();
    let path = format!("/{service}/{}", method.name());
    let path = PathAndQuery::try_from(path).expect("a path");
    let codec = Bytes(method.output());
    let mut client = Grpc::new(peer.clone()).max_decoding_message_size(64 * 1_024 * 1_024);
    client.ready().await.expect("the channel is up");
    let request = Request::new(bytes);
    let called = async {
        if !method.is_server_streaming() {
            let answer = client.unary(request, path, codec).await?;
            return Ok(vec![answer.into_inner()]);
        }
        let answer = client.server_streaming(request, path, codec).await?;
        let mut stream = answer.into_inner();
        let mut messages = Vec::new();
        while messages.len() < READ {
            match tokio::time::timeout(NEXT, stream.message()).await {
                Ok(Ok(Some(message))) => messages.push(message),
                Ok(Err(status)) => return Err(status),
                Ok(Ok(None)) | Err(_) => break,
            }
        }
        Ok(messages)
    };
    match tokio::time::timeout(LONGEST, called).await {
        Ok(Ok(messages)) => Answer::Messages(messages),
        Ok(Err(status)) => Answer::Refused(status),
        Err(_) => Answer::Late,
    }
}

/// Sends bytes as they are and reads messages of the type.
struct Bytes(MessageDescriptor);

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = DynamicMessage;
    type Encoder = Raw;
    type Decoder = Bytes;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Bytes {
        Bytes(self.0.clone())
    }
}

struct Raw;

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, bytes: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(into, &bytes);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        DynamicMessage::decode(self.0.clone(), from)
            .map(Some)
            .map_err(|error| Status::unknown(format!("an answer that cannot be read: {error}")))
    }
}

/// A message much like JSON, long texts cut.
pub fn text(message: &DynamicMessage) -> String {
    let fields = message
        .fields()
        .map(|(field, value)| format!("{}: {}", field.name(), value_text(value)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
}

fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) if text.len() > 200 => {
            let start: String = text.chars().take(100).collect();
            format!("{start:?}... ({} bytes)", text.len())
        }
        Value::String(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("({} bytes)", bytes.len()),
        Value::Message(message) => text(message),
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(value_text).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Map(map) => {
            let pairs = map
                .iter()
                .map(|(key, value)| format!("{key:?}: {}", value_text(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        Value::Bool(value) => value.to_string(),
        Value::I32(value) => value.to_string(),
        Value::I64(value) => value.to_string(),
        Value::U32(value) => value.to_string(),
        Value::U64(value) => value.to_string(),
        Value::F32(value) => value.to_string(),
        Value::F64(value) => value.to_string(),
        Value::EnumNumber(value) => value.to_string(),
    }
}

/// The first bytes as sent.
pub fn hex(bytes: &[u8]) -> String {
    let shown = bytes.iter().take(2_000);
    shown.map(|byte| format!("{byte:02x}")).collect()
}
