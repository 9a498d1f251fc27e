//! A notice: what those concerned are told of an event. It is made of the event alone, which names people by their
//! subjects at most; the table of reporters is never read for it, so no personal data can get into one.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tidyward_kit::{caller::District, clock};
use tidyward_proto::v1 as wire;
use uuid::Uuid;

use crate::{
    event::{Event, Kind},
    issue::State,
    rpc::render,
    store::write::NewIssue,
};

/// A notice that is to be written, in the transaction that appends its event. An event has one notice at most.
#[derive(Clone, Debug, PartialEq)]
pub struct NewNotice {
    pub issue: Uuid,
    pub event: Event,
    /// Where the issue stands after the event.
    pub state: State,
    /// Subjects who are to know; the same one twice counts once. Empty where it concerns nobody in person.
    pub recipients: Vec<String>,
}

impl NewNotice {
    /// The same event of the same issue always has it, so a receiver can tell a repeated notice.
    pub fn id(&self, district: &District) -> Uuid {
        let mut hash = Sha256::new();
        hash.update((district.id().len() as u64).to_le_bytes());
        hash.update(district.id().as_bytes());
        hash.update(self.issue.as_bytes());
        hash.update(self.event.sequence.to_le_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Uuid::new_v8(bytes)
    }

    /// Of a report, which concerns nobody in person yet.
    pub fn of_report(new: &NewIssue) -> NewNotice {
        let issue = &new.issue;
        let report = new.moves.first();
        NewNotice {
            issue: issue.id,
            event: Event {
                sequence: 1,
                kind: Kind::Reported,
                round: 0,
                occurred_at: issue.reported_at,
                recorded_at: issue.recorded_at,
                actor: issue.actor.clone(),
                handling_deadline: None,
                total_deadline: None,
                stage_deadline: report.and_then(|report| report.stage_deadline),
                detail: report.and_then(|report| report.detail.clone()),
            },
            state: issue.state,
            recipients: Vec::new(),
        }
    }

    /// Each subject once, in byte order.
    pub fn told(&self) -> Vec<String> {
        let mut told = self.recipients.clone();
        told.sort_unstable();
        told.dedup();
        told
    }

    /// When it is written: with its event.
    pub fn created_at(&self) -> Timestamp {
        self.event.recorded_at
    }

    /// As lists give it, and as it is stored.
    pub fn to_wire(&self, district: &District) -> wire::Notice {
        wire::Notice {
            name: district.child("notices", self.id(district)),
            issue: district.child("issues", self.issue),
            event: Some(render::event(&self.event)),
            state: self.state as i32,
            recipients: self.told(),
            create_time: Some(clock::to_wire(self.created_at())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(issue: u128, sequence: i32) -> NewNotice {
        let at: Timestamp = "2026-02-24T01:00:00Z".parse().unwrap();
        NewNotice {
            issue: Uuid::from_u128(issue),
            event: Event {
                sequence,
                kind: Kind::Filed,
                round: 1,
                occurred_at: at,
                recorded_at: at,
                actor: "wang".to_owned(),
                handling_deadline: None,
                total_deadline: None,
                stage_deadline: None,
                detail: None,
            },
            state: State::Filed,
            recipients: ["li", "chen", "li"].map(str::to_owned).to_vec(),
        }
    }

    #[test]
    fn ids_are_version_8_and_depend_on_district_issue_and_event() {
        let (here, there) = (District::of_server("a"), District::of_server("b"));
        let id = notice(1, 1).id(&here);
        assert_eq!(id.get_version_num(), 8);
        assert_eq!(id, notice(1, 1).id(&here));
        for other in [
            notice(1, 2).id(&here),
            notice(2, 1).id(&here),
            notice(1, 1).id(&there),
        ] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn everybody_is_told_once() {
        let wire = notice(1, 1).to_wire(&District::of_server("a"));
        assert_eq!(wire.recipients, ["chen", "li"]);
        assert_eq!(
            wire.issue,
            "districts/a/issues/00000000-0000-0000-0000-000000000001"
        );
        assert_eq!(wire.create_time, wire.event.unwrap().record_time);
    }
}
