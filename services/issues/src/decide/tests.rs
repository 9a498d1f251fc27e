//! Decisions: a table of refusals with reason and words, and the machine against a model of it.

mod model;
mod refusals;
mod rules;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tidyward_kit::{Error, caller::Role};
use uuid::Uuid;

use super::{Context, Filing, decide};
use crate::{
    calendar::WorkCalendar,
    history::History,
    issue::{Issue, Outcome, Progress, Severity, Source, State},
    limit::Limit,
    machine::Action,
    standing::Stage,
    timing::Timing,
};

/// Monday, nine in the morning.
pub const START: &str = "2026-03-02T09:00:00Z";

pub fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = START.parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

pub fn issue() -> Issue {
    Issue {
        id: Uuid::from_u128(7),
        category: "litter".to_owned(),
        source: Source::Resident,
        place: None,
        grid: Some("grid".to_owned()),
        ancestors: Vec::new(),
        description: String::new(),
        address: String::new(),
        state: State::Reported,
        outcome: Outcome::Unspecified,
        reported_at: at(0),
        recorded_at: at(0),
        actor: "reporter".to_owned(),
        own_report: false,
        reporter: None,
        origin: None,
        progress: Progress::reported(at(0)),
    }
}

pub fn timing() -> Timing {
    Timing::of(Arc::new(WorkCalendar::standard(TimeZone::UTC)))
}

/// A caller who holds no duty, with a filing condition without limits at hand.
pub fn context(subject: &str, roles: &[Role], now: Timestamp) -> Context {
    Context {
        subject: subject.to_owned(),
        roles: roles.to_vec(),
        now,
        occurred_at: now,
        on_duty: false,
        units: Vec::new(),
        filing: Some(Filing {
            category: "litter".to_owned(),
            condition: "normal".to_owned(),
            severity: Severity::Normal,
            limits: Vec::new(),
        }),
        category_known: true,
        unit_known: true,
        head: None,
        to_duty: false,
        told: Vec::new(),
        survivor: None,
        shown: Vec::new(),
        rule: None,
        issue: issue(),
        draw_seed: [1; 16],
    }
}

/// An issue that people move.
pub struct Case {
    pub history: History,
    pub minutes: i64,
    pub limits: Vec<(Stage, Limit)>,
}

impl Case {
    pub fn new() -> Case {
        let mut history = History::of(&issue(), Vec::new(), timing());
        let report = crate::event::Move::new(crate::event::Kind::Reported, 0, at(0));
        history.add("reporter", at(0), report);
        Case {
            history,
            minutes: 0,
            limits: Vec::new(),
        }
    }

    pub fn limited(limits: &[(Stage, &str)]) -> Case {
        let limits = limits.iter();
        Case {
            limits: limits
                .map(|(stage, limit)| (*stage, Limit::parse(limit).unwrap()))
                .collect(),
            ..Case::new()
        }
    }

    /// What somebody tries, one minute later.
    pub fn attempt(&mut self, subject: &str, role: Role, action: Action) -> Result<(), Error> {
        self.minutes += 1;
        let mut context = context(subject, &[role], at(self.minutes));
        if let Some(filing) = &mut context.filing {
            filing.limits.clone_from(&self.limits);
        }
        self.attempt_in(&context, &action)
    }

    pub fn attempt_in(&mut self, context: &Context, action: &Action) -> Result<(), Error> {
        self.history.add_due(&[], context.now);
        for step in decide(&self.history.standing, action, context)? {
            self.history.add(&context.subject, context.now, step);
        }
        Ok(())
    }

    pub fn state(&self) -> State {
        self.history.standing.state
    }
}
