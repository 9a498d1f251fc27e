//! Asking for more time or for putting off, and deciding on it. What is not decided by the handling deadline lapses.

use jiff::SignedDuration;
use tidyward_kit::{Error, Reason, Violations, clock};
use tidyward_proto::v1::{
    DecideExtensionAction, DecideSuspensionAction, RequestExtensionAction, RequestSuspensionAction,
};

use super::{Desk, field, pending};
use crate::{
    event::{Detail, Kind, Move},
    limit::Limit,
    standing::Wanted,
};

/// How long an issue may be put off at once.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);
const TOO_LATE: &str = "what was not asked for before it cannot be given";
const LAPSED: &str = "what was asked for lapsed then";

pub fn request_extension(
    desk: &Desk<'_>,
    asked: &RequestExtensionAction,
) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    let limit = Limit::parse(&asked.extra);
    if let Err(words) = &limit {
        violations.add("request_extension.extra", words);
    }
    field::reason(&mut violations, "request_extension.reason", &asked.reason);
    violations.into_result()?;
    may_ask(desk)?;
    if desk.standing.handling_deadline.is_none() {
        return Err(desk.forbidden("it has no handling deadline, so there is nothing to extend"));
    }
    let detail = Detail {
        note: asked.reason.clone(),
        // As this house writes it, whatever zeros were sent.
        extra: limit.map_or_else(|_| String::new(), |limit| limit.to_string()),
        ..Detail::default()
    };
    Ok(vec![desk.event(Kind::ExtensionRequested, detail)])
}

pub fn request_suspension(
    desk: &Desk<'_>,
    asked: &RequestSuspensionAction,
) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    let until = asked.until.as_ref().and_then(clock::from_wire);
    let now = desk.context.now;
    let wrong = match until {
        None => Some("say until when"),
        Some(until) if until <= now => Some("must lie ahead"),
        Some(until) if until.duration_since(now) > LONGEST => Some("is more than 366 days ahead"),
        Some(_) => None,
    };
    if let Some(words) = wrong {
        violations.add_reason("request_suspension.until", Reason::TimeInvalid, words);
    }
    field::reason(&mut violations, "request_suspension.reason", &asked.reason);
    violations.into_result()?;
    may_ask(desk)?;
    let detail = Detail {
        note: asked.reason.clone(),
        until: until.map(clock::to_wire),
        ..Detail::default()
    };
    Ok(vec![desk.event(Kind::SuspensionRequested, detail)])
}

fn may_ask(desk: &Desk<'_>) -> Result<(), Error> {
    if desk.standing.pending.is_some() {
        return Err(desk.forbidden("what was asked for before is not decided yet"));
    }
    desk.before_deadline(TOO_LATE)?;
    desk.has_room()
}

pub fn decide_extension(
    desk: &Desk<'_>,
    asked: &DecideExtensionAction,
) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "decide_extension.note", &asked.note);
    violations.into_result()?;
    let Some(Wanted::Extension(extra)) = pending(desk) else {
        return Err(desk.forbidden("nobody has asked for more time"));
    };
    may_decide(desk)?;
    if !asked.approve {
        return Ok(vec![desk.noted(Kind::ExtensionRefused, &asked.note)]);
    }
    let detail = Detail {
        note: asked.note.clone(),
        extra: extra.clone(),
        ..Detail::default()
    };
    Ok(vec![desk.event(Kind::ExtensionApproved, detail)])
}

pub fn decide_suspension(
    desk: &Desk<'_>,
    asked: &DecideSuspensionAction,
) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "decide_suspension.note", &asked.note);
    violations.into_result()?;
    let Some(Wanted::Suspension(until)) = pending(desk) else {
        return Err(desk.forbidden("nobody has asked to put it off"));
    };
    may_decide(desk)?;
    if !asked.approve {
        return Ok(vec![desk.noted(Kind::SuspensionRefused, &asked.note)]);
    }
    if *until <= desk.context.occurred_at {
        let message = format!("it was to be put off until {until}, which has passed; ask again");
        return Err(Error::new(Reason::DeadlinePassed, message).with("deadline", until));
    }
    let detail = Detail {
        note: asked.note.clone(),
        until: Some(clock::to_wire(*until)),
        ..Detail::default()
    };
    Ok(vec![desk.event(Kind::Suspended, detail)])
}

fn may_decide(desk: &Desk<'_>) -> Result<(), Error> {
    let asked_at = desk
        .standing
        .pending
        .as_ref()
        .map(|pending| pending.requested_at);
    if asked_at.is_some_and(|at| desk.context.occurred_at < at) {
        let mut violations = Violations::default();
        let words = "lies before the request that it decides on";
        violations.add_reason("occur_time", Reason::TimeInvalid, words);
        return Err(violations.into_error());
    }
    desk.before_deadline(LAPSED)
}
