//! Domain types on the wire.

use jiff::Timestamp;
use tidyward_kit::{caller::District, clock};
use tidyward_proto::v1 as wire;

use crate::{category::Category, event::Event, issue::Issue, round::Round, territory};

fn time(instant: Option<Timestamp>) -> Option<prost_types::Timestamp> {
    instant.map(clock::to_wire)
}

pub fn issue(district: &District, issue: &Issue, rounds: &[Round]) -> wire::Issue {
    let origin = issue.origin.clone();
    let (import_source, import_identity) =
        origin.map_or_else(Default::default, |origin| (origin.source, origin.identity));
    let grid = issue
        .grid
        .as_ref()
        .map(|code| district.child("areas", code));
    wire::Issue {
        name: district.child("issues", issue.id),
        category: issue.category.clone(),
        source: issue.source as i32,
        position: issue.place.map(territory::position),
        grid: grid.unwrap_or_default(),
        description: issue.description.clone(),
        address: issue.address.clone(),
        state: issue.state as i32,
        outcome: issue.outcome as i32,
        report_time: time(Some(issue.reported_at)),
        record_time: time(Some(issue.recorded_at)),
        rounds: rounds.iter().map(round).collect(),
        import_source,
        import_identity,
        ..wire::Issue::default()
    }
}

fn round(round: &Round) -> wire::Round {
    wire::Round {
        number: round.number,
        file_time: time(Some(round.filed_at)),
        dispatch_time: time(round.dispatched_at),
        handling_deadline: time(round.handling_deadline),
        total_deadline: time(round.total_deadline),
        hand_in_time: time(round.handed_in_at),
        close_time: time(round.closed_at),
        ..wire::Round::default()
    }
}

pub fn event(event: &Event) -> wire::IssueEvent {
    wire::IssueEvent {
        sequence: event.sequence,
        kind: event.kind as i32,
        round: event.round,
        occur_time: time(Some(event.occurred_at)),
        record_time: time(Some(event.recorded_at)),
        actor: event.actor.clone(),
        handling_deadline: time(event.handling_deadline),
        total_deadline: time(event.total_deadline),
        stage_deadline: time(event.stage_deadline),
        detail: event.detail.clone(),
    }
}

pub fn category(district: &District, category: &Category) -> wire::Category {
    let limit = |limit: Option<crate::limit::Limit>| {
        limit.map_or_else(String::new, |limit| limit.to_string())
    };
    wire::Category {
        name: district.child("categories", &category.code),
        title: Some(wire::LocalizedText {
            zh: category.title.zh.clone(),
            en: category.title.en.clone(),
        }),
        handling_limit: limit(category.handling()),
        total_limit: limit(category.total()),
        ..wire::Category::default()
    }
}
