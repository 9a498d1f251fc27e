//! Whom an event concerns in person. Everything goes to webhooks besides.

use crate::{
    event::{Event, Kind},
    standing::Standing,
};

/// Subjects who are to know of the event; the issue stands as it stood before it. Whoever did it knows already.
pub fn recipients(standing: &Standing, event: &Event) -> Vec<String> {
    let detail = event.detail.clone().unwrap_or_default();
    let assignee = standing.assignee.clone();
    let requester = standing
        .pending
        .as_ref()
        .map(|pending| pending.requester.clone());
    let reporter = Some(standing.reporter.clone());
    let mut told: Vec<String> = match event.kind {
        Kind::Dispatched => std::iter::once(detail.assignee)
            .chain(detail.co_handlers)
            .chain(detail.told)
            .collect(),
        Kind::Returned => standing.dispatcher.iter().cloned().collect(),
        Kind::ExtensionRequested | Kind::SuspensionRequested => {
            let dispatcher = standing.dispatcher.iter();
            dispatcher.chain(&standing.told).cloned().collect()
        }
        Kind::ExtensionApproved
        | Kind::ExtensionRefused
        | Kind::Suspended
        | Kind::SuspensionRefused => requester.into_iter().collect(),
        Kind::Resumed | Kind::CheckFailed | Kind::CheckFraud | Kind::DeadlinesChanged => {
            let co_handlers = standing.co_handlers.iter().cloned();
            assignee.into_iter().chain(co_handlers).collect()
        }
        Kind::Escalated => assignee.into_iter().chain(detail.told).collect(),
        Kind::TaskAssigned => vec![detail.owner],
        Kind::TaskFinished => assignee.into_iter().collect(),
        Kind::TaskWithdrawn => {
            let mut tasks = standing.tasks.iter();
            let task = tasks.find(|task| task.number == detail.task);
            task.map(|task| task.owner.clone()).into_iter().collect()
        }
        Kind::CheckPassed | Kind::ForceClosed => assignee.into_iter().chain(reporter).collect(),
        Kind::Settled | Kind::Rejected | Kind::Merged | Kind::Reopened => {
            reporter.into_iter().collect()
        }
        _ => Vec::new(),
    };
    told.retain(|subject| !subject.is_empty() && *subject != event.actor);
    told.sort_unstable();
    told.dedup();
    told
}
