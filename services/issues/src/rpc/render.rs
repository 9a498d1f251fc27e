//! Domain types on the wire.

use jiff::Timestamp;
use tidyward_kit::{caller::District, clock};
use tidyward_proto::v1 as wire;

use crate::{
    category::{self, Categories, Category, Condition, Stage, Title},
    duplicate::Candidate,
    event::Event,
    issue::Issue,
    limit::Limit,
    reporter::Reporter,
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

pub fn reporter(reporter: Reporter) -> wire::Reporter {
    wire::Reporter {
        name: reporter.name,
        phone: reporter.phone,
    }
}

pub fn candidates(district: &District, candidates: &[Candidate]) -> Vec<wire::DuplicateCandidate> {
    let one = |candidate: &Candidate| wire::DuplicateCandidate {
        issue: district.child("issues", candidate.issue),
        distance_metres: candidate.metres,
        report_time: time(Some(candidate.reported_at)),
        state: candidate.state as i32,
        description: candidate.description.clone(),
    };
    candidates.iter().map(one).collect()
}

/// A category among all of its district: the two limits are those that apply, its own or from above.
pub fn category(
    district: &District,
    categories: &Categories,
    category: &Category,
) -> wire::Category {
    let first = category::condition(categories, &category.code, "");
    let applies = |stage| written(first.and_then(|first| first.limit(stage)));
    wire::Category {
        name: district.child("categories", &category.code),
        title: title(&category.title),
        handling_limit: applies(Stage::Handle),
        total_limit: applies(Stage::Total),
        kind: category.kind as i32,
        parent: category.parent.clone().unwrap_or_default(),
        conditions: category.conditions.iter().map(condition).collect(),
        duplicate_metres: Some(category.duplicate_metres),
        duplicate_days: Some(category.duplicate_days),
        rebound_metres: Some(category.rebound_metres),
        rebound_days: Some(category.rebound_days),
        retired: category.retired,
        etag: category.etag(),
    }
}

fn condition(condition: &Condition) -> wire::FilingCondition {
    wire::FilingCondition {
        id: condition.id.clone(),
        title: title(&condition.title),
        severity: condition.severity as i32,
        closing: title(&condition.closing),
        verify_limit: written(condition.limits.verify),
        dispatch_limit: written(condition.limits.dispatch),
        accept_limit: written(condition.limits.accept),
        handle_limit: written(condition.limits.handle),
        check_limit: written(condition.limits.check),
        total_limit: written(condition.limits.total),
        evidence: condition.evidence.clone(),
    }
}

fn title(title: &Title) -> Option<wire::LocalizedText> {
    Some(wire::LocalizedText {
        zh: title.zh.clone(),
        en: title.en.clone(),
    })
}

fn written(limit: Option<Limit>) -> String {
    limit.map_or_else(String::new, |limit| limit.to_string())
}
