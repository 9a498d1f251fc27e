//! What a move comes to: the events of an action by a caller on an issue as it stands, or why it is refused. Pure: no
//! clock, no database, no peer; all that a decision needs is in its context.

mod checking;
mod desk;
mod ended;
mod field;
mod handling;
mod requests;
mod tasks;

use jiff::{SignedDuration, Timestamp};
use tidyward_kit::{Error, Reason, Violations, caller::Role};
use uuid::Uuid;

use crate::{
    event::{Detail, Kind, Move},
    evidence::{self, Rule, Shown},
    issue::{Issue, Severity, State},
    limit::Limit,
    machine::{self, APPROVERS, Action, Actor, Row},
    standing::{Stage, Standing, Wanted},
};

/// How far back a move may be dated.
const FURTHEST_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Events of one issue after which nothing is added that moves it nowhere.
pub const MOST_EVENTS: i32 = 5_000;

/// What a decision needs beside where the issue stands and what is asked.
#[derive(Clone, Debug)]
pub struct Context {
    pub subject: String,
    pub roles: Vec<Role>,
    pub now: Timestamp,
    pub occurred_at: Timestamp,
    /// Whether the caller holds a duty where the issue lies.
    pub on_duty: bool,
    /// Codes of the units that the caller's duties there stand for.
    pub units: Vec<String>,
    /// The condition under which a filing or reopening files; nothing where the request names none that is there.
    pub filing: Option<Filing>,
    /// Whether the category that a filing names is one under which something may be filed.
    pub category_known: bool,
    /// Whether anybody stands for the unit that a dispatch names.
    pub unit_known: bool,
    /// Who heads the grid or the nearest area above it.
    pub head: Option<Head>,
    /// Whether the officer or unit of a dispatch holds a duty where the issue lies.
    pub to_duty: bool,
    /// Heads of the category and leaders, who are told of a dispatch and of an escalation.
    pub told: Vec<String>,
    /// Where a merge leads, after all chains.
    pub survivor: Option<Survivor>,
    /// What shows the move.
    pub shown: Vec<Shown>,
    /// What the filing condition asks to be shown.
    pub rule: Option<Rule>,
    /// Where the problem lies.
    pub issue: Issue,
    /// Of the draw among what is settled on the spot.
    pub draw_seed: [u8; 16],
}

/// The condition under which an issue is filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filing {
    pub category: String,
    /// Empty where the category has no condition.
    pub condition: String,
    pub severity: Severity,
    /// As they hold for this round: an emergency's percent is in them.
    pub limits: Vec<(Stage, Limit)>,
}

/// Who gets an issue where the dispatcher names nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub officer: String,
    /// Empty where the officer stands for none.
    pub unit: String,
}

/// The issue that one is merged into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivor {
    pub id: Uuid,
    pub state: State,
    pub reported_at: Timestamp,
    /// In the order of the ledger.
    pub number: i64,
    /// Number of the issue that is merged.
    pub merged_number: i64,
}

/// The events of the action, in their order; deadlines are reckoned by whoever appends them.
pub fn decide(standing: &Standing, action: &Action, context: &Context) -> Result<Vec<Move>, Error> {
    let name = machine::name(action);
    let row = machine::find(name)
        .filter(|row| row.from.contains(&standing.state))
        .ok_or_else(|| machine::forbidden(standing.state, name, ""))?;
    if !may(row, standing, action, context) {
        return Err(machine::actor_wrong(row));
    }
    let desk = Desk {
        standing,
        context,
        row,
    };
    let mut moves = moves(&desk, action)?;
    if let Some(first) = moves.first_mut() {
        first.show(&context.shown);
    }
    Ok(moves)
}

/// The events of an action that is allowed.
fn moves(desk: &Desk<'_>, action: &Action) -> Result<Vec<Move>, Error> {
    match action {
        Action::Verify(asked) => checking::verify(desk, asked),
        Action::Settle(asked) => checking::settle(desk, asked),
        Action::File(asked) => desk::file(desk, asked),
        Action::Reject(asked) => desk::reject(desk, asked),
        Action::Merge(asked) => desk::merge(desk, asked),
        Action::Dispatch(asked) => desk::dispatch(desk, asked),
        Action::Accept(_) => handling::accept(desk),
        Action::ReturnToDesk(asked) => handling::return_to_desk(desk, asked),
        Action::RequestExtension(asked) => requests::request_extension(desk, asked),
        Action::DecideExtension(asked) => requests::decide_extension(desk, asked),
        Action::RequestSuspension(asked) => requests::request_suspension(desk, asked),
        Action::DecideSuspension(asked) => requests::decide_suspension(desk, asked),
        Action::Resume(asked) => handling::resume(desk, asked),
        Action::HandIn(asked) => handling::hand_in(desk, asked),
        Action::Check(asked) => checking::check(desk, asked),
        Action::ForceClose(asked) => ended::force_close(desk, asked),
        Action::CallBack(asked) => ended::call_back(desk, asked),
        Action::Rate(asked) => ended::rate(desk, asked),
        Action::Reopen(asked) => ended::reopen(desk, asked),
        Action::Escalate(asked) => desk::escalate(desk, asked),
        Action::Recheck(asked) => checking::recheck(desk, asked),
        Action::AssignTask(asked) => tasks::assign(desk, asked),
        Action::FinishTask(asked) => tasks::finish(desk, asked),
        Action::WithdrawTask(asked) => tasks::withdraw(desk, asked),
        Action::Note(asked) => tasks::note(desk, asked),
    }
}

/// Whether the caller is whom the row asks for.
fn may(row: &Row, standing: &Standing, action: &Action, context: &Context) -> bool {
    let subject = context.subject.as_str();
    let has = |roles: &[Role]| roles.iter().any(|role| context.roles.contains(role));
    if !has(row.roles) {
        return false;
    }
    let assignee = standing.is_assignee(subject);
    match row.actor {
        Actor::Anybody => true,
        Actor::Reporter => standing.reporter == subject,
        Actor::ReporterOnDuty => standing.reporter == subject && context.on_duty,
        Actor::Assignee => assignee,
        Actor::AssigneeOrUnit => {
            let of_unit = |unit: &String| context.units.contains(unit);
            assignee || standing.assignee.is_none() && standing.unit.as_ref().is_some_and(of_unit)
        }
        Actor::AssigneeOrDispatcher => assignee || has(&[Role::Dispatcher]),
        Actor::AssigneeOrApprover => assignee || has(APPROVERS),
        // With nothing asked, it is not the person who is wrong.
        Actor::NotRequester => standing
            .pending
            .as_ref()
            .is_none_or(|pending| pending.requester != subject),
        Actor::NotHandler => !standing.handlers.contains(subject),
        Actor::NotReporter => standing.reporter != subject,
        Actor::TaskOwner => {
            let Action::FinishTask(asked) = action else {
                return false;
            };
            let mut tasks = standing.tasks.iter();
            // A task that is not there is a wrong field, whoever names it.
            tasks
                .find(|task| task.number == asked.task)
                .is_none_or(|task| task.owner == subject)
        }
    }
}

/// Where a decision is taken: how the issue stands, what is known, and the row of the table.
struct Desk<'a> {
    standing: &'a Standing,
    context: &'a Context,
    row: &'static Row,
}

impl Desk<'_> {
    /// An event of the round, at the time of the move.
    fn event(&self, kind: Kind, detail: Detail) -> Move {
        Move {
            detail: (detail != Detail::default()).then_some(detail),
            ..Move::new(kind, self.standing.round, self.context.occurred_at)
        }
    }

    /// An event that says nothing but a note.
    fn noted(&self, kind: Kind, note: &str) -> Move {
        let note = note.to_owned();
        self.event(
            kind,
            Detail {
                note,
                ..Detail::default()
            },
        )
    }

    /// The action is not allowed at the moment, for the reason that the words give.
    fn forbidden(&self, why: &str) -> Error {
        machine::forbidden(self.standing.state, self.row.action, why)
    }

    /// Refuses where what is shown is not what the filing condition asks for.
    fn is_shown(&self, needed: fn(&Rule) -> &[i32]) -> Result<(), Error> {
        let context = self.context;
        context.rule.as_ref().map_or(Ok(()), |rule| {
            let tolerance = rule.tolerance_metres;
            evidence::check_shown(&context.issue, needed(rule), tolerance, &context.shown)
        })
    }

    /// Refuses where the handling deadline has passed.
    fn before_deadline(&self, words: &str) -> Result<(), Error> {
        match self.standing.handling_deadline {
            Some(deadline) if self.context.occurred_at > deadline => {
                let message = format!("the handling deadline was {deadline}; {words}");
                Err(Error::new(Reason::DeadlinePassed, message).with("deadline", deadline))
            }
            _ => Ok(()),
        }
    }

    /// Refuses what moves the issue nowhere once its history is long.
    fn has_room(&self) -> Result<(), Error> {
        if self.standing.last_sequence < MOST_EVENTS {
            return Ok(());
        }
        let message =
            format!("the issue has {MOST_EVENTS} events; no more notes or tasks are added");
        Err(Error::new(Reason::TooMany, message).with("limit", MOST_EVENTS))
    }
}

/// When a move happened, as its caller says.
pub fn occurred_at(
    told: Option<&prost_types::Timestamp>,
    standing: &Standing,
    start: Timestamp,
    now: Timestamp,
) -> Result<Timestamp, Error> {
    let Some(told) = told else {
        // Replicas' clocks may differ by a little; a move is never before the one that it follows.
        return Ok(now.max(standing.moved_at));
    };
    let moved_at = standing.moved_at;
    let wrong = match tidyward_kit::clock::from_wire(told) {
        None => "is no time".to_owned(),
        Some(at) if at > now => "lies ahead; leave it out for the present".to_owned(),
        Some(at) if now.duration_since(at) > FURTHEST_BACK => "is more than 7 days back".to_owned(),
        Some(at) if at < start => "lies before the district's start".to_owned(),
        Some(at) if at < moved_at => {
            format!("lies before the move before it, which was at {moved_at}")
        }
        Some(at) => return Ok(at),
    };
    let mut violations = Violations::default();
    violations.add_reason("occur_time", Reason::TimeInvalid, wrong);
    Err(violations.into_error())
}

/// What is decided on, where it is what the decision is about.
fn pending<'a>(desk: &Desk<'a>) -> Option<&'a Wanted> {
    desk.standing.pending.as_ref().map(|pending| &pending.what)
}

#[cfg(test)]
pub(crate) mod tests;
