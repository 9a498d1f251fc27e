//! A notice as other systems get it: CloudEvents 1.0, JSON in the structured mode.
//!
//! `data` is the notice as the proto has it, under the proto's field names: enums by their short names, times as RFC 3339,
//! numbers as numbers, and nothing where a field is empty. It is read off the descriptors, so what the proto gains is told.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, EnumDescriptor, Kind, ReflectMessage, Value};
use serde_json::{Map, Value as Json, json};
use tidyward_kit::{Error, caller::District, clock};
use tidyward_proto::v1 as wire;
use uuid::Uuid;

/// Of the body.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

static NOTICE: LazyLock<Option<prost_reflect::MessageDescriptor>> = LazyLock::new(|| {
    let pool = DescriptorPool::decode(tidyward_proto::DESCRIPTORS).ok()?;
    pool.get_message_by_name("tidyward.v1.Notice")
});

/// The body that is signed and sent.
pub fn body(district: &District, id: Uuid, notice: &wire::Notice) -> Result<Vec<u8>, Error> {
    let told = wire::Notice {
        name: String::new(),
        create_time: None,
        ..notice.clone()
    };
    let descriptor = NOTICE
        .clone()
        .ok_or_else(|| Error::internal("the descriptors lack the notice"))?;
    let mut data = DynamicMessage::new(descriptor);
    data.transcode_from(&told).map_err(Error::internal)?;
    let event = notice.event.as_ref();
    let kind = event.map_or(wire::IssueEventKind::Unspecified, wire::IssueEvent::kind);
    let time = event
        .and_then(|event| event.record_time)
        .and_then(|time| clock::from_wire(&time));
    let envelope = json!({
        "specversion": "1.0",
        "id": id,
        "source": format!("/{}", district.name()),
        "type": format!("tidyward.issue.{}.v1", kind_name(kind)),
        "subject": notice.issue,
        "time": time.map(|time| time.to_string()),
        "datacontenttype": "application/json",
        "data": object(&data),
    });
    serde_json::to_vec(&envelope).map_err(Error::internal)
}

fn kind_name(kind: wire::IssueEventKind) -> String {
    let name = kind.as_str_name();
    name.strip_prefix("ISSUE_EVENT_KIND_")
        .unwrap_or(name)
        .to_ascii_lowercase()
}

fn object(message: &DynamicMessage) -> Json {
    let fields = message
        .fields()
        .map(|(field, value)| (field.name().to_owned(), json_of(value, &field.kind())));
    Json::Object(fields.collect::<Map<String, Json>>())
}

fn json_of(value: &Value, kind: &Kind) -> Json {
    match (value, kind) {
        (Value::Bool(value), _) => json!(value),
        (Value::I32(value), _) => json!(value),
        (Value::I64(value), _) => json!(value),
        (Value::U32(value), _) => json!(value),
        (Value::U64(value), _) => json!(value),
        (Value::F64(value), _) => json!(value),
        (Value::String(value), _) => json!(value),
        (Value::EnumNumber(number), Kind::Enum(of)) => enum_name(*number, of),
        (Value::List(values), kind) => values.iter().map(|value| json_of(value, kind)).collect(),
        (Value::Message(message), _) => match time(message) {
            Some(time) => json!(time),
            None => object(message),
        },
        // Notices hold no bytes, short fractions or maps; the tests see to it.
        _ => Json::Null,
    }
}

fn time(message: &DynamicMessage) -> Option<String> {
    if message.descriptor().full_name() != "google.protobuf.Timestamp" {
        return None;
    }
    let time: prost_types::Timestamp = message.transcode_to().ok()?;
    Some(clock::from_wire(&time)?.to_string())
}

/// Without the enum's own name before it; a value of a later release by its number.
fn enum_name(number: i32, of: &EnumDescriptor) -> Json {
    let zero = of.default_value();
    let prefix = zero.name().strip_suffix("UNSPECIFIED").unwrap_or_default();
    match of.get_value(number) {
        Some(value) => json!(value.name().strip_prefix(prefix).unwrap_or(value.name())),
        None => json!(number),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        event::{Detail, Event},
        issue::State,
        notice::NewNotice,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_dispatch_reads_as_a_cloud_event() {
        let district = District::of_server("jinhua");
        let detail = Detail {
            assignee: "wang".to_owned(),
            co_handlers: vec!["li".to_owned()],
            to_duty_holder: true,
            severity: wire::Severity::Urgent as i32,
            limits: vec![wire::StageLimit {
                stage: wire::Stage::Handle as i32,
                limit: "1.5 WORKING_HOURS".to_owned(),
            }],
            worked_minutes: Some(90),
            evidence: vec![wire::EvidenceUse {
                evidence: "districts/jinhua/evidence/00ff".to_owned(),
                kind: wire::EvidenceKind::Near.into(),
                position: Some(wire::Position {
                    latitude: 29.125,
                    longitude: 119.625,
                    ..wire::Position::default()
                }),
                ..wire::EvidenceUse::default()
            }],
            ..Detail::default()
        };
        let new = NewNotice {
            issue: Uuid::from_u128(1),
            event: Event {
                sequence: 3,
                kind: wire::IssueEventKind::Dispatched,
                round: 1,
                occurred_at: at("2026-02-24T01:00:00Z"),
                recorded_at: at("2026-02-24T01:00:05.25Z"),
                actor: "zhao".to_owned(),
                handling_deadline: Some(at("2026-02-24T03:00:00Z")),
                total_deadline: None,
                stage_deadline: None,
                detail: Some(detail),
            },
            state: State::Dispatched,
            recipients: vec!["wang".to_owned()],
        };
        let id = new.id(&district);
        let body = body(&district, id, &new.to_wire(&district)).unwrap();
        let body: Json = serde_json::from_slice(&body).unwrap();
        let issue = "districts/jinhua/issues/00000000-0000-0000-0000-000000000001";
        let expected = json!({
            "specversion": "1.0",
            "id": id.to_string(),
            "source": "/districts/jinhua",
            "type": "tidyward.issue.dispatched.v1",
            "subject": issue,
            "time": "2026-02-24T01:00:05.25Z",
            "datacontenttype": "application/json",
            "data": {
                "issue": issue,
                "state": "DISPATCHED",
                "recipients": ["wang"],
                "event": {
                    "sequence": 3,
                    "kind": "DISPATCHED",
                    "round": 1,
                    "occur_time": "2026-02-24T01:00:00Z",
                    "record_time": "2026-02-24T01:00:05.25Z",
                    "actor": "zhao",
                    "handling_deadline": "2026-02-24T03:00:00Z",
                    "detail": {
                        "assignee": "wang",
                        "co_handlers": ["li"],
                        "to_duty_holder": true,
                        "severity": "URGENT",
                        "limits": [{"stage": "HANDLE", "limit": "1.5 WORKING_HOURS"}],
                        "worked_minutes": 90,
                        "evidence": [{
                            "evidence": "districts/jinhua/evidence/00ff",
                            "kind": "NEAR",
                            "position": {"latitude": 29.125, "longitude": 119.625},
                        }],
                    },
                },
            },
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn every_field_that_a_notice_can_hold_has_a_form_in_json() {
        let mut waiting = vec![NOTICE.clone().unwrap()];
        let mut seen = Vec::new();
        while let Some(message) = waiting.pop() {
            if message.full_name() == "google.protobuf.Timestamp" || seen.contains(&message) {
                continue;
            }
            for field in message.fields() {
                assert!(!field.is_map(), "{}", field.full_name());
                match field.kind() {
                    Kind::Message(inner) => waiting.push(inner),
                    Kind::Bytes | Kind::Float => panic!("{}", field.full_name()),
                    _ => {}
                }
            }
            seen.push(message);
        }
        assert!(
            seen.len() >= 3,
            "the notice, its event, and the event's detail"
        );
    }
}
