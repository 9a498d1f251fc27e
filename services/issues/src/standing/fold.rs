//! What each kind of event changes about where an issue stands.

use tidyward_kit::clock;

use super::{CallBack, Pending, Stage, Standing, Task, Wanted, is_open, state_after};
use crate::{
    event::{Detail, Event, Kind},
    issue::{Outcome, State},
    limit::Limit,
};

pub fn apply(standing: &mut Standing, event: &Event) {
    let none = Detail::default();
    let detail = event.detail.as_ref().unwrap_or(&none);
    standing.last_sequence = event.sequence;
    standing.updated_at = event.recorded_at;
    if event.kind == Kind::Filed {
        begin_round(standing, event, detail);
    }
    if let Some(state) = state_after(event.kind) {
        enter(standing, event, state);
    }
    deadlines(standing, event, detail);
    outcome(standing, event, detail);
    people(standing, event, detail);
    requests(standing, event, detail);
    tasks(standing, event, detail);
    afterwards(standing, event, detail);
}

fn begin_round(standing: &mut Standing, event: &Event, detail: &Detail) {
    standing.round = event.round;
    if !detail.category.is_empty() {
        standing.category.clone_from(&detail.category);
    }
    standing.condition.clone_from(&detail.condition);
    standing.severity = detail.severity();
    standing.limits = limits(detail);
    standing.assignee = None;
    standing.unit = None;
    standing.co_handlers.clear();
    standing.handlers.clear();
    standing.dispatcher = None;
    standing.told.clear();
    standing.escalation = 0;
    standing.handling_deadline = None;
    standing.total_deadline = None;
    standing.provisional = false;
    standing.dispatched = false;
    standing.recheck_due = false;
    standing.found_false = false;
    standing.call_back = None;
    standing.rating = None;
}

/// Limits as an event tells them. What cannot be read was never written.
pub fn limits(detail: &Detail) -> Vec<(Stage, Limit)> {
    let read = |told: &tidyward_proto::v1::StageLimit| {
        Limit::parse(&told.limit)
            .ok()
            .map(|limit| (told.stage(), limit))
    };
    detail.limits.iter().filter_map(read).collect()
}

fn enter(standing: &mut Standing, event: &Event, state: State) {
    standing.state = state;
    standing.moved_at = event.occurred_at;
    standing.stage_deadline = None;
    standing.suspended_until = None;
    standing.pending = None;
    if is_open(state) {
        standing.ended_at = None;
        standing.outcome = Outcome::Unspecified;
    } else {
        standing.ended_at = Some(event.occurred_at);
    }
}

fn deadlines(standing: &mut Standing, event: &Event, detail: &Detail) {
    let sets = [
        event.handling_deadline,
        event.total_deadline,
        event.stage_deadline,
    ];
    if sets.iter().all(Option::is_none) {
        return;
    }
    standing.handling_deadline = event.handling_deadline.or(standing.handling_deadline);
    standing.total_deadline = event.total_deadline.or(standing.total_deadline);
    standing.stage_deadline = event.stage_deadline.or(standing.stage_deadline);
    standing.provisional = detail.provisional;
}

fn outcome(standing: &mut Standing, event: &Event, detail: &Detail) {
    match event.kind {
        Kind::CheckPassed => standing.outcome = Outcome::Resolved,
        Kind::Settled => {
            standing.outcome = Outcome::OnSpot;
            standing.recheck_due = detail.drawn;
            standing.found_false = false;
        }
        Kind::ForceClosed => standing.outcome = Outcome::Forced,
        Kind::Rejected => standing.outcome = detail.outcome(),
        Kind::Merged => {
            standing.outcome = Outcome::Duplicate;
            standing.merged_into = detail.other_issue.parse().ok();
        }
        _ => {}
    }
}

fn people(standing: &mut Standing, event: &Event, detail: &Detail) {
    match event.kind {
        Kind::Dispatched => {
            standing.dispatched = true;
            standing.assignee = Some(detail.assignee.clone()).filter(|who| !who.is_empty());
            standing.unit = Some(detail.unit.clone()).filter(|unit| !unit.is_empty());
            standing.co_handlers.clone_from(&detail.co_handlers);
            standing.dispatcher = Some(event.actor.clone());
            standing.told.clone_from(&detail.told);
            let handlers = standing.assignee.iter().chain(&standing.co_handlers);
            standing.handlers.extend(handlers.cloned());
        }
        Kind::Accepted => {
            standing.handlers.insert(event.actor.clone());
            standing.assignee.get_or_insert_with(|| event.actor.clone());
        }
        Kind::HandedIn => {
            standing.handlers.insert(event.actor.clone());
        }
        Kind::Returned => {
            standing.assignee = None;
            standing.unit = None;
            standing.co_handlers.clear();
        }
        Kind::TaskAssigned => {
            standing.handlers.insert(detail.owner.clone());
        }
        _ => {}
    }
}

fn requests(standing: &mut Standing, event: &Event, detail: &Detail) {
    let until = detail.until.as_ref().and_then(clock::from_wire);
    let wanted = match event.kind {
        Kind::ExtensionRequested => Some(Wanted::Extension(detail.extra.clone())),
        Kind::SuspensionRequested => until.map(Wanted::Suspension),
        _ => None,
    };
    if let Some(what) = wanted {
        standing.pending = Some(Pending {
            requester: event.actor.clone(),
            requested_at: event.occurred_at,
            what,
            reason: detail.note.clone(),
        });
    }
    match event.kind {
        Kind::ExtensionApproved | Kind::ExtensionRefused | Kind::SuspensionRefused => {
            standing.pending = None;
        }
        Kind::Suspended => standing.suspended_until = until,
        Kind::Escalated => standing.escalation = standing.escalation.max(detail.level),
        _ => {}
    }
}

fn tasks(standing: &mut Standing, event: &Event, detail: &Detail) {
    if event.kind == Kind::TaskAssigned {
        standing.tasks.push(Task {
            number: detail.task,
            title: detail.title.clone(),
            owner: detail.owner.clone(),
            assigned_at: event.occurred_at,
            finished_at: None,
            withdrawn_at: None,
        });
        return;
    }
    let mut tasks = standing.tasks.iter_mut();
    let Some(task) = tasks.find(|task| task.number == detail.task) else {
        return;
    };
    match event.kind {
        Kind::TaskFinished => task.finished_at = Some(event.occurred_at),
        Kind::TaskWithdrawn => task.withdrawn_at = Some(event.occurred_at),
        _ => {}
    }
}

fn afterwards(standing: &mut Standing, event: &Event, detail: &Detail) {
    match event.kind {
        Kind::CalledBack => {
            standing.call_back = Some(CallBack {
                reached: detail.reached,
                solved: detail.solved,
                satisfied: detail.satisfied,
            });
        }
        Kind::Rated => standing.rating = Some(detail.satisfied),
        Kind::RecheckPassed | Kind::RecheckFailed => standing.recheck_due = false,
        Kind::FoundFalse => standing.found_false = true,
        _ => {}
    }
}
