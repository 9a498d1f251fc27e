//! An issue (案件): one problem at one place.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Where a report came from, where an issue stands, how it ended; the proto's tables.
pub use tidyward_proto::v1::{
    IssueOutcome as Outcome, IssueSource as Source, IssueState as State, Severity,
};

/// The longest description, in characters.
pub const LONGEST_DESCRIPTION: usize = 2_000;
/// The longest address, in characters.
pub const LONGEST_ADDRESS: usize = 500;

/// One problem.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    pub id: Uuid,
    pub category: String,
    pub source: Source,
    pub place: Option<Place>,
    /// Code of the grid in which it lay when it was reported. Nothing where it lay in none.
    pub grid: Option<String>,
    /// Codes of the areas above the grid at that time, nearest first; two at most.
    pub ancestors: Vec<String>,
    pub description: String,
    pub address: String,
    pub state: State,
    pub outcome: Outcome,
    /// As the reporter says.
    pub reported_at: Timestamp,
    /// By the server.
    pub recorded_at: Timestamp,
    /// Who reported or imported it.
    pub actor: String,
    /// Whether its reporter held a duty on the grid or above it then.
    pub own_report: bool,
    /// Where name and phone of its reporter are kept. Nothing where nobody said.
    pub reporter: Option<Uuid>,
    /// Where it was imported from.
    pub origin: Option<Origin>,
    pub progress: Progress,
}

impl Issue {
    /// Codes of its grid and the areas above it.
    pub fn codes(&self) -> Vec<String> {
        self.grid.iter().chain(&self.ancestors).cloned().collect()
    }
}

/// What the row keeps of what the events came to, so that lists need none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Number of its last event within the issue.
    pub last_sequence: i32,
    pub updated_at: Timestamp,
    /// Closed, rejected or merged.
    pub ended_at: Option<Timestamp>,
    pub severity: Severity,
    /// Filing condition of the last round; empty before the first.
    pub condition: String,
    /// 0 before the first.
    pub round: i32,
    pub assignee: Option<String>,
    pub unit: Option<String>,
    pub stage_deadline: Option<Timestamp>,
    pub handling_deadline: Option<Timestamp>,
    pub total_deadline: Option<Timestamp>,
    pub provisional: bool,
    pub suspended_until: Option<Timestamp>,
    /// Times the limit at which it was escalated last: 0, 1 or 3.
    pub escalation: i32,
    pub merged_into: Option<Uuid>,
    pub recheck_due: bool,
    /// When something is to happen by itself: a resumption or an escalation.
    pub wake_at: Option<Timestamp>,
}

impl Progress {
    /// Of an issue of which nothing but its report is known.
    pub fn reported(recorded_at: Timestamp) -> Progress {
        Progress {
            last_sequence: 1,
            updated_at: recorded_at,
            ended_at: None,
            severity: Severity::Unspecified,
            condition: String::new(),
            round: 0,
            assignee: None,
            unit: None,
            stage_deadline: None,
            handling_deadline: None,
            total_deadline: None,
            provisional: false,
            suspended_until: None,
            escalation: 0,
            merged_into: None,
            recheck_due: false,
            wake_at: None,
        }
    }
}

/// A position in WGS 84, checked for range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub latitude: f64,
    pub longitude: f64,
    /// Radius in metres; 0 is unknown.
    pub accuracy: f64,
    /// Whether it is a guess.
    pub fuzzy: bool,
}

/// The file that an issue came from and what it said there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// As the mapping names the file.
    pub source: String,
    pub identity: String,
    /// SHA-256 of the whole row.
    pub digest: [u8; 32],
}

/// The id of an imported issue: the same row of the same file's kind has it in every import.
pub fn imported_id(district: &str, source: &str, identity: &str) -> Uuid {
    let mut hash = Sha256::new();
    for part in [district, source, identity] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::new_v8(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imported_ids_are_version_8_and_depend_on_each_part() {
        let id = imported_id("d", "chicago-311", "11-00000001");
        assert_eq!(id.get_version_num(), 8);
        assert_eq!(id, imported_id("d", "chicago-311", "11-00000001"));
        for other in [
            ("e", "chicago-311", "1"),
            ("d", "chicago-31", "11"),
            ("dc", "hicago-311", "1"),
        ] {
            assert_ne!(
                imported_id("d", "chicago-311", "1"),
                imported_id(other.0, other.1, other.2)
            );
        }
    }
}
