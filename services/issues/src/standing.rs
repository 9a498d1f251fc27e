//! Where an issue stands: folded from its events and from nothing else.

mod fold;

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    event::{Event, Kind},
    issue::{Issue, Outcome, Progress, Severity, State},
    limit::Limit,
};
pub use tidyward_proto::v1::Stage;

/// What the events of an issue came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub id: Uuid,
    pub reporter: String,
    pub reported_at: Timestamp,
    pub state: State,
    pub outcome: Outcome,
    /// 0 before the first.
    pub round: i32,
    /// As filed last; as reported before.
    pub category: String,
    /// Filing condition of the last round; empty before the first.
    pub condition: String,
    pub severity: Severity,
    /// The limits of the round by stage, as filed.
    pub limits: Vec<(Stage, Limit)>,
    pub assignee: Option<String>,
    pub unit: Option<String>,
    pub co_handlers: Vec<String>,
    /// Everybody who handled it in the round: assignees, co-handlers, who handed in, owners of tasks.
    pub handlers: BTreeSet<String>,
    /// Who dispatched it last in the round.
    pub dispatcher: Option<String>,
    /// Heads and leaders who were told at the last dispatch.
    pub told: Vec<String>,
    pub pending: Option<Pending>,
    pub tasks: Vec<Task>,
    pub suspended_until: Option<Timestamp>,
    /// Times the limit at which it was escalated last in the round: 0, 1 or 3.
    pub escalation: i32,
    /// The issue that it was merged into at the time. Where that was merged later, the row tells of its survivor.
    pub merged_into: Option<Uuid>,
    /// Settled on the spot, drawn, and not looked at again yet.
    pub recheck_due: bool,
    /// Its last closing was found false already.
    pub found_false: bool,
    /// The last one since it closed.
    pub call_back: Option<CallBack>,
    /// Whether its reporter is satisfied, as said last since it closed.
    pub rating: Option<bool>,
    /// When its state changed last, as its movers say.
    pub moved_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Deadline of the stage verify, dispatch, accept or check, while it stands in that stage.
    pub stage_deadline: Option<Timestamp>,
    pub handling_deadline: Option<Timestamp>,
    pub total_deadline: Option<Timestamp>,
    pub provisional: bool,
    /// Whether it was dispatched in the round: its handling clock has begun.
    pub dispatched: bool,
    pub last_sequence: i32,
    pub updated_at: Timestamp,
}

/// What its assignee asked for and nobody has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub requester: String,
    pub requested_at: Timestamp,
    pub what: Wanted,
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// More time: the limit to be added, as written.
    Extension(String),
    /// To put it off until then.
    Suspension(Timestamp),
}

/// A part of an issue given to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// From 1.
    pub number: i32,
    pub title: String,
    pub owner: String,
    pub assigned_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    pub withdrawn_at: Option<Timestamp>,
}

impl Task {
    pub fn is_open(&self) -> bool {
        self.finished_at.is_none() && self.withdrawn_at.is_none()
    }
}

/// What its reporter said when called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallBack {
    pub reached: bool,
    pub solved: bool,
    pub satisfied: bool,
}

impl Standing {
    /// Of an issue by all its events, in their order.
    pub fn of(issue: &Issue, events: &[Event]) -> Standing {
        let mut standing = Standing::reported(issue);
        for event in events {
            standing.apply(event);
        }
        standing
    }

    /// Before any event was read.
    fn reported(issue: &Issue) -> Standing {
        Standing {
            id: issue.id,
            reporter: issue.actor.clone(),
            reported_at: issue.reported_at,
            state: State::Reported,
            outcome: Outcome::Unspecified,
            round: 0,
            category: issue.category.clone(),
            condition: String::new(),
            severity: Severity::Unspecified,
            limits: Vec::new(),
            assignee: None,
            unit: None,
            co_handlers: Vec::new(),
            handlers: BTreeSet::new(),
            dispatcher: None,
            told: Vec::new(),
            pending: None,
            tasks: Vec::new(),
            suspended_until: None,
            escalation: 0,
            merged_into: None,
            recheck_due: false,
            found_false: false,
            call_back: None,
            rating: None,
            moved_at: issue.reported_at,
            ended_at: None,
            stage_deadline: None,
            handling_deadline: None,
            total_deadline: None,
            provisional: false,
            dispatched: false,
            last_sequence: 0,
            updated_at: issue.recorded_at,
        }
    }

    /// Adds one thing that happened.
    pub fn apply(&mut self, event: &Event) {
        fold::apply(self, event);
    }

    /// What the row keeps, with the instant at which something is to happen by itself.
    pub fn progress(&self, wake_at: Option<Timestamp>) -> Progress {
        Progress {
            last_sequence: self.last_sequence,
            updated_at: self.updated_at,
            ended_at: self.ended_at,
            severity: self.severity,
            condition: self.condition.clone(),
            round: self.round,
            assignee: self.assignee.clone(),
            unit: self.unit.clone(),
            stage_deadline: match self.state {
                State::Handling | State::Returned => self.handling_deadline,
                _ => self.stage_deadline,
            },
            handling_deadline: self.handling_deadline,
            total_deadline: self.total_deadline,
            provisional: self.provisional,
            suspended_until: self.suspended_until,
            escalation: self.escalation,
            merged_into: self.merged_into,
            recheck_due: self.recheck_due,
            wake_at,
        }
    }

    pub fn is_open(&self) -> bool {
        is_open(self.state)
    }

    /// Whether the person has or had a hand in it.
    pub fn involves(&self, subject: &str) -> bool {
        self.reporter == subject
            || self.assignee.as_deref() == Some(subject)
            || self.handlers.contains(subject)
            || self.tasks.iter().any(|task| task.owner == subject)
    }

    pub fn is_assignee(&self, subject: &str) -> bool {
        self.assignee.as_deref() == Some(subject)
    }

    /// The limit of a stage in this round.
    pub fn limit(&self, stage: Stage) -> Option<Limit> {
        let limit = self.limits.iter().find(|limit| limit.0 == stage);
        limit.map(|limit| limit.1)
    }

    /// Whether the handling clock runs, or before the dispatch the total one.
    pub fn clock_runs(&self) -> bool {
        matches!(
            self.state,
            State::Filed | State::Dispatched | State::Handling | State::Returned
        )
    }

    /// The deadline that counts: of the handling, and for a round never dispatched of all.
    pub fn deadline(&self) -> Option<Timestamp> {
        if self.dispatched {
            self.handling_deadline
        } else {
            self.total_deadline
        }
    }
}

/// The states in which an issue is over.
pub const ENDED: [State; 3] = [State::Closed, State::Rejected, State::Merged];

/// Neither closed nor rejected nor merged.
pub fn is_open(state: State) -> bool {
    !ENDED.contains(&state)
}

/// The state to which an event of the kind leads; nothing where it stays.
pub fn state_after(kind: Kind) -> Option<State> {
    match kind {
        Kind::Reported => Some(State::Reported),
        Kind::Verified => Some(State::Verified),
        Kind::Filed => Some(State::Filed),
        Kind::Dispatched => Some(State::Dispatched),
        Kind::Accepted | Kind::Resumed | Kind::CheckFailed | Kind::CheckFraud => {
            Some(State::Handling)
        }
        Kind::Returned => Some(State::Returned),
        Kind::Suspended => Some(State::Suspended),
        Kind::HandedIn => Some(State::Checking),
        Kind::CheckPassed | Kind::Settled | Kind::ForceClosed => Some(State::Closed),
        Kind::Rejected => Some(State::Rejected),
        Kind::Merged => Some(State::Merged),
        _ => None,
    }
}
