//! An issue (案件): one problem at one place.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Where a report came from, where an issue stands, how it ended; the proto's tables.
pub use tidyward_proto::v1::{IssueOutcome as Outcome, IssueSource as Source, IssueState as State};

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
    /// Where it was imported from.
    pub origin: Option<Origin>,
}

/// A position in WGS 84, checked for range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub latitude: f64,
    pub longitude: f64,
    /// Radius in metres; 0 is unknown.
    pub accuracy: f64,
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
