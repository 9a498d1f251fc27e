//! The desk's moves: file, reject, merge, dispatch, press.

use tidyward_kit::{Error, Reason, Violations};
use tidyward_proto::v1::{
    DispatchAction, EscalateAction, FileAction, MergeAction, RejectAction, ReturnVerdict,
    StageLimit,
};

use super::{Desk, Filing, Survivor, field};
use crate::{
    event::{Detail, Kind, Marks, Move},
    issue::{Outcome, Severity, State},
    limit::Limit,
    standing::{Stage, is_open},
};

/// People who handle it beside the assignee, at most.
const MOST_CO_HANDLERS: usize = 20;

pub fn file(desk: &Desk<'_>, asked: &FileAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "file.note", &asked.note);
    let known = desk.context.category_known;
    let words =
        "is no category of the district under which anything is filed; ListCategories gives them";
    violations.require(known, "file.category", words);
    let filing = filing(desk, &mut violations, "file.condition").filter(|_| known);
    violations.into_result()?;
    let filing = filing.ok_or_else(|| Error::internal("a filing without a condition"))?;
    Ok(vec![filed(desk, filing, &asked.note)])
}

/// The filing that the request names, or a violation noted. A category that is not there is told before.
pub(super) fn filing<'a>(
    desk: &Desk<'a>,
    violations: &mut Violations,
    field: &str,
) -> Option<&'a Filing> {
    let filing = desk.context.filing.as_ref();
    violations.require(
        filing.is_some() || !desk.context.category_known,
        field,
        "is no filing condition of the category; ListCategories gives them",
    );
    filing
}

/// A round begins. All its limits are written with the filing, so that a later change of the category leaves them.
pub(super) fn filed(desk: &Desk<'_>, filing: &Filing, note: &str) -> Move {
    let detail = Detail {
        note: note.to_owned(),
        category: filing.category.clone(),
        condition: filing.condition.clone(),
        severity: filing.severity as i32,
        limits: limits(&filing.limits, |_| true),
        ..Detail::default()
    };
    Move {
        round: desk.standing.round + 1,
        marks: Marks::default().with(Marks::URGENT, filing.severity == Severity::Urgent),
        category: Some(filing.category.clone()),
        ..desk.event(Kind::Filed, detail)
    }
}

/// Limits as an event tells them.
pub(super) fn limits(limits: &[(Stage, Limit)], begins: impl Fn(Stage) -> bool) -> Vec<StageLimit> {
    let told = limits.iter().filter(|limit| begins(limit.0));
    told.map(|(stage, limit)| StageLimit {
        stage: *stage as i32,
        limit: limit.to_string(),
    })
    .collect()
}

pub fn reject(desk: &Desk<'_>, asked: &RejectAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    let outcome = asked.outcome();
    violations.require(
        matches!(outcome, Outcome::NotFound | Outcome::NotResponsible),
        "reject.outcome",
        "must be NOT_FOUND or NOT_RESPONSIBLE",
    );
    field::reason(&mut violations, "reject.reason", &asked.reason);
    violations.into_result()?;
    Ok(vec![rejected(desk, outcome, &asked.reason)])
}

pub(super) fn rejected(desk: &Desk<'_>, outcome: Outcome, note: &str) -> Move {
    let detail = Detail {
        note: note.to_owned(),
        outcome: outcome as i32,
        ..Detail::default()
    };
    desk.event(Kind::Rejected, detail)
}

pub fn merge(desk: &Desk<'_>, asked: &MergeAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "merge.note", &asked.note);
    violations.into_result()?;
    let survivor = desk.context.survivor.as_ref();
    let survivor = survivor.ok_or_else(|| Error::not_found(&asked.into))?;
    may_survive(desk, survivor).map_err(|why| {
        let message = format!("it cannot be merged into `{}`: {why}", asked.into);
        Error::new(Reason::MergeForbidden, message).with("into", &asked.into)
    })?;
    let detail = Detail {
        note: asked.note.clone(),
        other_issue: survivor.id.to_string(),
        ..Detail::default()
    };
    Ok(vec![desk.event(Kind::Merged, detail)])
}

fn may_survive(desk: &Desk<'_>, survivor: &Survivor) -> Result<(), String> {
    if survivor.id == desk.standing.id {
        return Err("that is the issue itself, or was merged into it; name another".to_owned());
    }
    if survivor.state == State::Merged {
        return Err(
            "that was merged into one that its file does not name; name that one".to_owned(),
        );
    }
    if !is_open(survivor.state) {
        return Err("that has ended; reopen it first, or leave this one by itself".to_owned());
    }
    let earlier = (survivor.reported_at, survivor.number);
    if earlier > (desk.standing.reported_at, survivor.merged_number) {
        return Err("that was reported later; merge that one into this one".to_owned());
    }
    Ok(())
}

pub fn dispatch(desk: &Desk<'_>, asked: &DispatchAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "dispatch.note", &asked.note);
    let (assignee, unit) = goes_to(desk, asked, &mut violations);
    co_handlers(asked, &assignee, &mut violations);
    let verdict = verdict(desk, asked, &mut violations);
    violations.into_result()?;
    let detail = Detail {
        note: asked.note.clone(),
        assignee,
        unit,
        co_handlers: asked.co_handlers.clone(),
        to_duty_holder: desk.context.to_duty,
        told: desk.context.told.clone(),
        limits: limits(&desk.standing.limits, |stage| {
            matches!(stage, Stage::Accept | Stage::Handle)
        }),
        ..Detail::default()
    };
    let dispatched = Move {
        marks: Marks::default().with(Marks::TO_DUTY, desk.context.to_duty),
        ..desk.event(Kind::Dispatched, detail)
    };
    let verdict = verdict.map(|kind| desk.event(kind, Detail::default()));
    Ok(verdict.into_iter().chain([dispatched]).collect())
}

fn goes_to(
    desk: &Desk<'_>,
    asked: &DispatchAction,
    violations: &mut Violations,
) -> (String, String) {
    if asked.assignee.is_empty() && asked.unit.is_empty() {
        if let Some(head) = &desk.context.head {
            return (head.officer.clone(), head.unit.clone());
        }
        let words = "nobody heads the grid or an area above it; name an officer or a unit";
        violations.add("dispatch.assignee", words);
    }
    if !asked.assignee.is_empty() {
        field::subject(violations, "dispatch.assignee", &asked.assignee);
    }
    field::unit(violations, "dispatch.unit", &asked.unit);
    let takes = !asked.assignee.is_empty() || asked.unit.is_empty() || desk.context.unit_known;
    let words = "nobody holds a duty for the unit, so nobody could accept; name an officer";
    violations.require(takes, "dispatch.unit", words);
    (asked.assignee.clone(), asked.unit.clone())
}

fn co_handlers(asked: &DispatchAction, assignee: &str, violations: &mut Violations) {
    let told = &asked.co_handlers;
    violations.require(
        told.len() <= MOST_CO_HANDLERS,
        "dispatch.co_handlers",
        &format!("at most {MOST_CO_HANDLERS}; give tasks to the others"),
    );
    for (index, subject) in told.iter().enumerate().take(MOST_CO_HANDLERS) {
        let field = format!("dispatch.co_handlers[{index}]");
        field::subject(violations, &field, subject);
        let again = told[..index].contains(subject) || subject == assignee;
        violations.require(
            !again,
            &field,
            "is named twice or is the assignee; leave it out",
        );
    }
}

/// From a return the dispatcher says who was right; elsewhere there is nothing to say.
fn verdict(desk: &Desk<'_>, asked: &DispatchAction, violations: &mut Violations) -> Option<Kind> {
    let returned = desk.standing.state == State::Returned;
    let known = ReturnVerdict::try_from(asked.verdict).ok();
    match known {
        Some(ReturnVerdict::Upheld) if returned => return Some(Kind::ReturnUpheld),
        Some(ReturnVerdict::Overruled) if returned => return Some(Kind::ReturnOverruled),
        Some(ReturnVerdict::Unspecified) if !returned => return None,
        _ => {}
    }
    let words = if returned {
        "say UPHELD or OVERRULED: the issue was returned"
    } else {
        "leave it out: the issue was not returned"
    };
    violations.add("dispatch.verdict", words);
    None
}

pub fn escalate(desk: &Desk<'_>, asked: &EscalateAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::reason(&mut violations, "escalate.reason", &asked.reason);
    violations.into_result()?;
    desk.has_room()?;
    let detail = Detail {
        note: asked.reason.clone(),
        told: desk.context.told.clone(),
        ..Detail::default()
    };
    Ok(vec![desk.event(Kind::Escalated, detail)])
}
