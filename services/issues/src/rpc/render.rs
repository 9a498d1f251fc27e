//! Domain types on the wire.

use jiff::Timestamp;
use tidyward_kit::{caller::District, clock};
use tidyward_proto::v1 as wire;

use crate::{
    category::Category,
    event::Event,
    issue::Issue,
    round::{self, Round},
    standing::{Pending, Standing, Task, Wanted},
    territory,
};

fn time(instant: Option<Timestamp>) -> Option<prost_types::Timestamp> {
    instant.map(clock::to_wire)
}

/// The issue with all that its events tell beyond its row.
pub fn issue_whole(district: &District, of: &Issue, events: &[Event]) -> wire::Issue {
    let standing = Standing::of(of, events);
    wire::Issue {
        co_handlers: standing.co_handlers.clone(),
        tasks: standing.tasks.iter().map(task).collect(),
        pending: standing.pending.as_ref().map(pending),
        ..issue(district, of, &round::rounds(events))
    }
}

fn task(task: &Task) -> wire::Task {
    wire::Task {
        number: task.number,
        title: task.title.clone(),
        owner: task.owner.clone(),
        assign_time: time(Some(task.assigned_at)),
        finish_time: time(task.finished_at),
        withdraw_time: time(task.withdrawn_at),
    }
}

fn pending(pending: &Pending) -> wire::PendingRequest {
    let (extra, until) = match &pending.what {
        Wanted::Extension(extra) => (extra.clone(), None),
        Wanted::Suspension(until) => (String::new(), Some(*until)),
    };
    wire::PendingRequest {
        suspension: until.is_some(),
        requester: pending.requester.clone(),
        request_time: time(Some(pending.requested_at)),
        extra,
        until: time(until),
        reason: pending.reason.clone(),
    }
}

/// What the row tells, with the rounds that are given.
pub fn issue(district: &District, issue: &Issue, rounds: &[Round]) -> wire::Issue {
    let areas = issue.ancestors.iter();
    let progress = &issue.progress;
    let merged_into = progress.merged_into.map(|id| district.child("issues", id));
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
        ancestors: areas.map(|code| district.child("areas", code)).collect(),
        etag: progress.last_sequence.to_string(),
        own_report: issue.own_report,
        severity: progress.severity as i32,
        condition: progress.condition.clone(),
        round: progress.round,
        assignee: progress.assignee.clone().unwrap_or_default(),
        unit: progress.unit.clone().unwrap_or_default(),
        stage_deadline: time(progress.stage_deadline),
        handling_deadline: time(progress.handling_deadline),
        total_deadline: time(progress.total_deadline),
        provisional: progress.provisional,
        suspended_until: time(progress.suspended_until),
        escalation: progress.escalation,
        merged_into: merged_into.unwrap_or_default(),
        recheck_due: progress.recheck_due,
        update_time: time(Some(progress.updated_at)),
        end_time: time(progress.ended_at),
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
        outcome: round.outcome as i32,
        category: round.category.clone(),
        condition: round.condition.clone(),
        severity: round.severity as i32,
        accept_time: time(round.accepted_at),
        failed_checks: round.failed_checks,
        assignee: round.assignee.clone().unwrap_or_default(),
        unit: round.unit.clone().unwrap_or_default(),
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
