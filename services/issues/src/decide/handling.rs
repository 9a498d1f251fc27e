//! The assignee's moves: accept, return, resume, hand in.

use tidyward_kit::{Error, Violations};
use tidyward_proto::v1::{HandInAction, ResumeAction, ReturnAction};

use super::{Desk, desk::limits, field};
use crate::{
    event::{Detail, Kind, Marks, Move},
    standing::Stage,
};

pub fn accept(desk: &Desk<'_>) -> Result<Vec<Move>, Error> {
    let deadline = desk.standing.stage_deadline;
    let on_time = deadline.is_none_or(|deadline| desk.context.occurred_at <= deadline);
    Ok(vec![Move {
        marks: Marks::default().with(Marks::ON_TIME, on_time),
        ..desk.event(Kind::Accepted, Detail::default())
    }])
}

pub fn return_to_desk(desk: &Desk<'_>, asked: &ReturnAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::reason(&mut violations, "return_to_desk.reason", &asked.reason);
    violations.into_result()?;
    Ok(vec![desk.noted(Kind::Returned, &asked.reason)])
}

pub fn resume(desk: &Desk<'_>, asked: &ResumeAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "resume.note", &asked.note);
    violations.into_result()?;
    Ok(vec![desk.noted(Kind::Resumed, &asked.note)])
}

pub fn hand_in(desk: &Desk<'_>, asked: &HandInAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "hand_in.note", &asked.note);
    violations.into_result()?;
    let open = desk.standing.tasks.iter().filter(|task| task.is_open());
    let open: Vec<String> = open.map(|task| task.number.to_string()).collect();
    if !open.is_empty() {
        let why = format!(
            "finish or withdraw the open tasks first, numbers {}",
            open.join(", ")
        );
        return Err(desk.forbidden(&why));
    }
    desk.is_shown(|rule| &rule.hand_in)?;
    let detail = Detail {
        note: asked.note.clone(),
        limits: limits(&desk.standing.limits, |stage| stage == Stage::Check),
        ..Detail::default()
    };
    Ok(vec![desk.event(Kind::HandedIn, detail)])
}
