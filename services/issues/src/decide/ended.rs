//! The end of a round and what comes after: force, call back, rate, reopen.

use tidyward_kit::{Error, Violations};
use tidyward_proto::v1::{
    CallBackAction, ForceCloseAction, RateAction, ReopenAction, ReopenReason,
};

use super::{
    Desk,
    desk::{filed, filing},
    field,
};
use crate::event::{Detail, Kind, Marks, Move};

pub fn force_close(desk: &Desk<'_>, asked: &ForceCloseAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::reason(&mut violations, "force_close.reason", &asked.reason);
    violations.into_result()?;
    Ok(vec![desk.noted(Kind::ForceClosed, &asked.reason)])
}

pub fn call_back(desk: &Desk<'_>, asked: &CallBackAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "call_back.note", &asked.note);
    let nobody = "leave it out where the reporter was not reached";
    violations.require(asked.reached || !asked.solved, "call_back.solved", nobody);
    let satisfied = asked.reached || !asked.satisfied;
    violations.require(satisfied, "call_back.satisfied", nobody);
    violations.into_result()?;
    desk.has_room()?;
    let detail = Detail {
        note: asked.note.clone(),
        reached: asked.reached,
        solved: asked.solved,
        satisfied: asked.satisfied,
        ..Detail::default()
    };
    Ok(vec![Move {
        marks: Marks::default()
            .with(Marks::REACHED, asked.reached)
            .with(Marks::SOLVED, asked.solved)
            .with(Marks::SATISFIED, asked.satisfied),
        ..desk.event(Kind::CalledBack, detail)
    }])
}

pub fn rate(desk: &Desk<'_>, asked: &RateAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    field::note(&mut violations, "rate.note", &asked.note);
    violations.into_result()?;
    desk.has_room()?;
    let detail = Detail {
        note: asked.note.clone(),
        satisfied: asked.satisfied,
        ..Detail::default()
    };
    Ok(vec![Move {
        marks: Marks::default().with(Marks::SATISFIED, asked.satisfied),
        ..desk.event(Kind::Rated, detail)
    }])
}

/// The closed round hears that it was reopened, and where it was never solved that its closing was false; then the next
/// round is filed. A closing is found false once.
pub fn reopen(desk: &Desk<'_>, asked: &ReopenAction) -> Result<Vec<Move>, Error> {
    let mut violations = Violations::default();
    let reason = asked.reason();
    let told = reason != ReopenReason::Unspecified;
    violations.require(told, "reopen.reason", "must be NOT_SOLVED or OTHER");
    field::reason(&mut violations, "reopen.note", &asked.note);
    let filing = filing(desk, &mut violations, "reopen.condition");
    violations.into_result()?;
    let filing = filing.ok_or_else(|| Error::internal("a reopening without a condition"))?;
    let detail = Detail {
        note: asked.note.clone(),
        reopen_reason: reason as i32,
        ..Detail::default()
    };
    let mut moves = vec![desk.event(Kind::Reopened, detail)];
    if reason == ReopenReason::NotSolved && !desk.standing.found_false {
        moves.push(desk.event(Kind::FoundFalse, Detail::default()));
    }
    moves.push(filed(desk, filing, ""));
    Ok(moves)
}
