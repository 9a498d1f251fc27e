//! Rounds (处置轮次): passages of an issue from filing, or reopening, to closing. Always derived from events.

use jiff::Timestamp;

use crate::{
    event::{Detail, Event, Kind},
    issue::{Outcome, Severity},
};

/// One passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    pub number: i32,
    pub filed_at: Timestamp,
    /// As filed; empty where the filing does not say, which is then as reported.
    pub category: String,
    /// Filing condition; empty where there was none.
    pub condition: String,
    pub severity: Severity,
    /// When it was last dispatched.
    pub dispatched_at: Option<Timestamp>,
    /// When it was last accepted.
    pub accepted_at: Option<Timestamp>,
    /// The last one who had it.
    pub assignee: Option<String>,
    pub unit: Option<String>,
    pub handling_deadline: Option<Timestamp>,
    pub total_deadline: Option<Timestamp>,
    /// When it was last handed in.
    pub handed_in_at: Option<Timestamp>,
    /// Checks that failed.
    pub failed_checks: i32,
    pub closed_at: Option<Timestamp>,
    pub outcome: Outcome,
}

/// The rounds that an issue's events, in their order, tell of.
pub fn rounds(events: &[Event]) -> Vec<Round> {
    let none = Detail::default();
    let mut rounds: Vec<Round> = Vec::new();
    for event in events {
        let detail = event.detail.as_ref().unwrap_or(&none);
        if event.kind == Kind::Filed {
            rounds.push(filed(event, detail));
        }
        let number = event.round;
        if let Some(round) = rounds.iter_mut().find(|round| round.number == number) {
            add(round, event, detail);
        }
    }
    rounds
}

fn filed(event: &Event, detail: &Detail) -> Round {
    Round {
        number: event.round,
        filed_at: event.occurred_at,
        category: detail.category.clone(),
        condition: detail.condition.clone(),
        severity: detail.severity(),
        dispatched_at: None,
        accepted_at: None,
        assignee: None,
        unit: None,
        handling_deadline: None,
        total_deadline: None,
        handed_in_at: None,
        failed_checks: 0,
        closed_at: None,
        outcome: Outcome::Unspecified,
    }
}

fn add(round: &mut Round, event: &Event, detail: &Detail) {
    let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    round.handling_deadline = event.handling_deadline.or(round.handling_deadline);
    round.total_deadline = event.total_deadline.or(round.total_deadline);
    match event.kind {
        Kind::Dispatched => {
            round.dispatched_at = Some(event.occurred_at);
            round.accepted_at = None;
            round.assignee = text(&detail.assignee);
            round.unit = text(&detail.unit);
        }
        Kind::Accepted => {
            round.accepted_at = Some(event.occurred_at);
            round.assignee.get_or_insert_with(|| event.actor.clone());
        }
        Kind::HandedIn => round.handed_in_at = Some(event.occurred_at),
        Kind::CheckFailed | Kind::CheckFraud => round.failed_checks += 1,
        Kind::CheckPassed => close(round, event, Outcome::Resolved),
        Kind::ForceClosed => close(round, event, Outcome::Forced),
        Kind::Merged => round.outcome = Outcome::Duplicate,
        Kind::Rejected => round.outcome = detail.outcome(),
        _ => {}
    }
}

fn close(round: &mut Round, event: &Event, outcome: Outcome) {
    round.closed_at = Some(event.occurred_at);
    round.outcome = outcome;
}
