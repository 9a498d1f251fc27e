//! The log of a district's rules: every change of versions, activations, keys and policy, numbered without a gap. It is
//! written in the transaction of the change and never altered.

use std::collections::BTreeMap;

use tidyward_kit::period::Period;

use crate::rule::VersionId;

/// What was changed. The numbers are the proto's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Pushed = 1,
    Activated = 2,
    Shadowed = 3,
    RolledBack = 4,
    ShadowRolledBack = 5,
    Revoked = 6,
    KeyCreated = 7,
    KeyRetired = 8,
    PolicyChanged = 9,
}

/// One change, before it has its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub kind: ChangeKind,
    /// Microseconds.
    pub at: i64,
    pub actor: String,
    /// The version that it concerns.
    pub id: Option<VersionId>,
    /// First period for which it counts.
    pub from: Option<Period>,
    /// What else belongs to it, by name.
    pub details: BTreeMap<String, String>,
}

/// A change as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// From 1.
    pub number: i64,
    /// Of `ChangeKind`; a later release may have written one that this one does not know.
    pub kind: i64,
    pub at: i64,
    pub actor: String,
    pub id: Option<VersionId>,
    pub from: Option<Period>,
    pub details: BTreeMap<String, String>,
}

impl Change {
    pub fn new(kind: ChangeKind, at: i64, actor: &str) -> Change {
        Change {
            kind,
            at,
            actor: actor.to_owned(),
            id: None,
            from: None,
            details: BTreeMap::new(),
        }
    }

    pub fn of(mut self, id: &VersionId) -> Change {
        self.id = Some(id.clone());
        self
    }

    pub fn from(mut self, period: Period) -> Change {
        self.from = Some(period);
        self
    }

    pub fn with(mut self, name: impl Into<String>, value: impl ToString) -> Change {
        self.details.insert(name.into(), value.to_string());
        self
    }
}
