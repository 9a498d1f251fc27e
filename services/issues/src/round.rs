//! Rounds (处置轮次): passages of an issue from filing, or reopening, to closing. Always derived from events.

use jiff::Timestamp;

use crate::event::{Event, Kind};

/// One passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    pub number: i32,
    pub filed_at: Timestamp,
    pub dispatched_at: Option<Timestamp>,
    pub handling_deadline: Option<Timestamp>,
    pub total_deadline: Option<Timestamp>,
    /// When it was last handed in.
    pub handed_in_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
}

/// The rounds that an issue's events, in their order, tell of.
pub fn rounds(events: &[Event]) -> Vec<Round> {
    let mut rounds: Vec<Round> = Vec::new();
    for event in events {
        if event.kind == Kind::Filed {
            rounds.push(Round {
                number: event.round,
                filed_at: event.occurred_at,
                dispatched_at: None,
                handling_deadline: None,
                total_deadline: None,
                handed_in_at: None,
                closed_at: None,
            });
        }
        let Some(round) = rounds.iter_mut().find(|round| round.number == event.round) else {
            continue;
        };
        round.handling_deadline = event.handling_deadline.or(round.handling_deadline);
        round.total_deadline = event.total_deadline.or(round.total_deadline);
        match event.kind {
            Kind::Dispatched => round.dispatched_at = Some(event.occurred_at),
            Kind::HandedIn => round.handed_in_at = Some(event.occurred_at),
            Kind::CheckPassed => round.closed_at = Some(event.occurred_at),
            _ => {}
        }
    }
    rounds
}
