//! Moves of issues, one or many, and the table of them.

use std::sync::Arc;

use tidyward_kit::{
    Error, Reason,
    caller::{Caller, Role},
    request::Once,
};
use tidyward_proto::v1::{
    BatchTransitionIssuesRequest, BatchTransitionIssuesResponse, FieldRefusal, Issue,
    IssueActionRow, ListIssueActionsRequest, ListIssueActionsResponse, Refusal,
    TransitionIssueRequest, TransitionResult, transition_result,
};
use uuid::Uuid;

use super::render;
use crate::{
    Issues, machine, store,
    transition::{ATTEMPTS, Asked},
};

/// Moves of one call.
const MOST_MOVES: usize = 100;

impl Issues {
    pub(super) async fn issue_transition(
        &self,
        caller: &Caller,
        request: TransitionIssueRequest,
    ) -> Result<Issue, Error> {
        let (district, [_, id]) =
            caller.resource::<2>("districts/{}/issues/{}", "name", &request.name)?;
        let now = self.clock.now();
        let (method, request_id) = ("TransitionIssue", request.request_id.as_str());
        let prefix = store::PREFIX;
        let once = Once::new(
            prefix,
            method,
            caller,
            Some(&district),
            &request,
            request_id,
            now,
        )?;
        if let Some(answer) = once.answered(&self.db).await? {
            return Ok(answer);
        }
        let action = request.action.as_ref().ok_or_else(no_action)?;
        let mut refused = None;
        for _ in 0..ATTEMPTS {
            let asked = Asked {
                caller,
                district: &district,
                name: &request.name,
                id: Uuid::try_parse(&id).ok(),
                etag: &request.etag,
                occur_time: request.occur_time.as_ref(),
                action,
                evidence: &request.evidence,
                now,
            };
            let plan = Arc::new(self.plan(asked).await?);
            let answer = render::issue_whole(&district, &plan.issue, &plan.history.events);
            let district = district.clone();
            let written = once.clone().write(&self.db, move |transaction| {
                let (district, plan, answer) = (district.clone(), plan.clone(), answer.clone());
                Box::pin(async move {
                    store::transition::write(transaction, &district, &plan).await?;
                    Ok(answer)
                })
            });
            match written.await {
                // It is planned anew, against the issue as it is by now.
                Err(error) if error.reason == Reason::ChangedMeanwhile => refused = Some(error),
                answer => {
                    self.outbox.wake();
                    return answer;
                }
            }
        }
        Err(refused.unwrap_or_else(|| Error::internal("a move was never tried")))
    }

    pub(super) async fn issues_transition(
        &self,
        caller: &Caller,
        request: BatchTransitionIssuesRequest,
    ) -> Result<BatchTransitionIssuesResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        if !(1..=MOST_MOVES).contains(&request.requests.len()) {
            let words = format!("must be 1 to {MOST_MOVES}; send the others in another call");
            return Err(Error::field("requests", words));
        }
        let inside = format!("{}/issues/", district.name());
        let mut results = Vec::with_capacity(request.requests.len());
        for one in request.requests {
            let moved = if one.name.starts_with(&inside) {
                self.issue_transition(caller, one).await
            } else {
                Err(Error::field(
                    "name",
                    "must be an issue of the parent's district",
                ))
            };
            let result = match moved {
                Ok(issue) => transition_result::Result::Issue(issue),
                Err(error) => transition_result::Result::Refusal(refusal(error)),
            };
            results.push(TransitionResult {
                result: Some(result),
            });
        }
        Ok(BatchTransitionIssuesResponse { results })
    }

    pub(super) async fn actions_list(
        &self,
        _: &Caller,
        _: ListIssueActionsRequest,
    ) -> Result<ListIssueActionsResponse, Error> {
        let states =
            |states: &[crate::issue::State]| states.iter().map(|one| *one as i32).collect();
        let roles = |roles: &[Role]| roles.iter().map(|role| role.name().to_owned()).collect();
        let rows = machine::TABLE.iter().map(|row| IssueActionRow {
            action: row.action.to_owned(),
            title_zh: row.title_zh.to_owned(),
            from: states(row.from),
            to: states(row.to),
            roles: roles(row.roles),
            actor: row.actor.words().to_owned(),
        });
        Ok(ListIssueActionsResponse {
            rows: rows.collect(),
        })
    }
}

fn no_action() -> Error {
    let names: Vec<&str> = machine::TABLE.iter().map(|row| row.action).collect();
    Error::field(
        "action",
        format!("say what is done; one of {}", names.join(", ")),
    )
}

/// Why one move of many was refused. What only the log may see is logged here, as no status carries it there.
fn refusal(error: Error) -> Refusal {
    if let Some(source) = &error.source {
        let reason = error.reason.as_str_name();
        tracing::error!(error.reason = reason, error.source = %source, "a move failed");
    }
    let fields = error.violations.into_iter().map(|one| FieldRefusal {
        field: one.field,
        message: one.message,
    });
    Refusal {
        reason: error.reason as i32,
        message: error.message,
        fields: fields.collect(),
    }
}
