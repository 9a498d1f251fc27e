//! Tasks, each with one owner, and notes.

use tidyward_kit::{Error, Reason, Violations};
use tidyward_proto::v1::{AssignTaskAction, FinishTaskAction, NoteAction, WithdrawTaskAction};

use super::{Desk, field};
use crate::event::{Detail, Kind, Move};

/// The longest title, in characters.
const LONGEST_TITLE: usize = 500;
/// Tasks of one issue at most, done and withdrawn ones among them.
const MOST_TASKS: usize = 100;

pub fn assign(desk: &Desk<'_>, asked: &AssignTaskAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::words(
        &mut violations,
        "assign_task.title",
        &asked.title,
        LONGEST_TITLE,
    );
    field::subject(&mut violations, "assign_task.owner", &asked.owner);
    violations.into_result()?;
    let tasks = &desk.standing.tasks;
    if tasks.len() >= MOST_TASKS {
        let message = format!("an issue has at most {MOST_TASKS} tasks");
        return Err(Error::new(Reason::TooMany, message).with("limit", MOST_TASKS));
    }
    let last = tasks.iter().map(|task| task.number).max();
    let detail = Detail {
        task: last.unwrap_or(0) + 1,
        title: asked.title.clone(),
        owner: asked.owner.clone(),
        ..Detail::default()
    };
    Ok(vec![desk.event(Kind::TaskAssigned, detail)])
}

pub fn finish(desk: &Desk<'_>, asked: &FinishTaskAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "finish_task.note", &asked.note);
    open(desk, &mut violations, "finish_task.task", asked.task);
    violations.into_result()?;
    Ok(vec![ended(
        desk,
        Kind::TaskFinished,
        asked.task,
        &asked.note,
    )])
}

pub fn withdraw(desk: &Desk<'_>, asked: &WithdrawTaskAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::reason(&mut violations, "withdraw_task.reason", &asked.reason);
    open(desk, &mut violations, "withdraw_task.task", asked.task);
    violations.into_result()?;
    Ok(vec![ended(
        desk,
        Kind::TaskWithdrawn,
        asked.task,
        &asked.reason,
    )])
}

fn open(desk: &Desk<'_>, violations: &mut Violations, field: &str, number: i32) {
    let mut tasks = desk.standing.tasks.iter();
    let open = tasks.any(|task| task.number == number && task.is_open());
    violations.require(open, field, "is no open task of the issue");
}

fn ended(desk: &Desk<'_>, kind: Kind, task: i32, note: &str) -> Move {
    let detail = Detail {
        note: note.to_owned(),
        task,
        ..Detail::default()
    };
    desk.event(kind, detail)
}

pub fn note(desk: &Desk<'_>, asked: &NoteAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::reason(&mut violations, "note.text", &asked.text);
    violations.into_result()?;
    desk.has_room()?;
    Ok(vec![desk.noted(Kind::Noted, &asked.text)])
}
