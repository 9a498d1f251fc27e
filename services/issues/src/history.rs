//! The history of an issue while something is added to it: each move becomes an event with its number, its deadlines and
//! what is to be told, and the standing follows.

use std::mem;

use jiff::Timestamp;

use crate::{
    due,
    event::{Detail, Event, Kind, Marks, Move},
    issue::Issue,
    notice::NewNotice,
    recipients::recipients,
    reckon::{self, Reckoned},
    standing::{Stage, Standing},
    timing::Timing,
};

/// Who makes the moves that nobody makes.
pub const NOBODY: &str = "tidyward";

/// All that happened to an issue, and what is added.
#[derive(Clone, Debug)]
pub struct History {
    pub standing: Standing,
    pub events: Vec<Event>,
    pub timing: Timing,
    added: Vec<NewEvent>,
    notices: Vec<NewNotice>,
}

/// An event that is to be appended, with what only counting reads.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub event: Event,
    pub marks: Marks,
    /// Of a filing: the category as filed.
    pub category: Option<String>,
    /// Of a hand-in: working minutes that the handling clock has run since the dispatch.
    pub worked_minutes: Option<i64>,
}

impl History {
    /// Of an issue with all its events, in their order.
    pub fn of(issue: &Issue, events: Vec<Event>, timing: Timing) -> History {
        History {
            standing: Standing::of(issue, &events),
            events,
            timing,
            added: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Adds a move.
    pub fn add(&mut self, actor: &str, recorded_at: Timestamp, step: Move) {
        let mut event = Event {
            sequence: self.standing.last_sequence + 1,
            kind: step.kind,
            round: step.round,
            occurred_at: step.occurred_at,
            recorded_at,
            actor: actor.to_owned(),
            handling_deadline: step.handling_deadline,
            total_deadline: step.total_deadline,
            stage_deadline: step.stage_deadline,
            detail: step.detail,
        };
        self.events.push(event.clone());
        self.reckon_deadlines(&mut event);
        let until = event.occurred_at;
        let worked = (event.kind == Kind::HandedIn)
            .then(|| reckon::worked_minutes(&self.events, event.round, &self.timing, until));
        if worked.is_some() {
            event
                .detail
                .get_or_insert_with(Detail::default)
                .worked_minutes = worked;
        }
        if let Some(last) = self.events.last_mut() {
            last.clone_from(&event);
        }
        let told = recipients(&self.standing, &event);
        self.standing.apply(&event);
        self.notices.push(NewNotice {
            issue: self.standing.id,
            event: event.clone(),
            state: self.standing.state,
            recipients: told,
        });
        self.added.push(NewEvent {
            event,
            marks: step.marks,
            category: step.category,
            worked_minutes: worked.or(step.worked_minutes),
        });
    }

    /// Adds whatever has fallen due by itself; says how much that was.
    pub fn add_due(&mut self, told: &[String], now: Timestamp) -> usize {
        let mut added = 0;
        while let Some(step) = due::due_move(&self.standing, &self.timing, told, now) {
            self.add(NOBODY, now, step);
            added += 1;
        }
        added
    }

    /// What was added since the last call.
    pub fn take_added(&mut self) -> (Vec<NewEvent>, Vec<NewNotice>) {
        (mem::take(&mut self.added), mem::take(&mut self.notices))
    }

    /// The issue with its row as it follows from the standing. Where it was merged into stays, as that may have been
    /// merged itself since.
    pub fn row(&self, issue: &Issue) -> Issue {
        let mut progress = self
            .standing
            .progress(due::wake_at(&self.standing, &self.timing));
        progress.merged_into = issue.progress.merged_into.or(progress.merged_into);
        Issue {
            category: self.standing.category.clone(),
            state: self.standing.state,
            outcome: self.standing.outcome,
            progress,
            ..issue.clone()
        }
    }

    /// Sets the deadlines that the last event begins or moves.
    fn reckon_deadlines(&self, event: &mut Event) {
        if event.kind != Kind::Filed && !self.standing.is_open() {
            return;
        }
        let handling = self.reckoned(event, Stage::Handle);
        let total = self.reckoned(event, Stage::Total);
        let stage =
            begun(event.kind).map_or_else(Reckoned::default, |stage| self.reckoned(event, stage));
        let is_filing = event.kind == Kind::Filed;
        let moved = |reckoned: &Reckoned, before: Option<Timestamp>, begins: bool| {
            let moved = begins || reckoned.deadline != before;
            reckoned.deadline.filter(|_| moved)
        };
        let standing = &self.standing;
        let dispatched = event.kind == Kind::Dispatched;
        event.handling_deadline =
            moved(&handling, standing.handling_deadline, dispatched).or(event.handling_deadline);
        event.total_deadline =
            moved(&total, standing.total_deadline, is_filing).or(event.total_deadline);
        event.stage_deadline = stage.deadline.or(event.stage_deadline);
        let sets = event.handling_deadline.is_some()
            || event.total_deadline.is_some()
            || event.stage_deadline.is_some();
        if sets && (handling.provisional || total.provisional || stage.provisional) {
            event.detail.get_or_insert_default().provisional = true;
        }
    }

    fn reckoned(&self, event: &Event, stage: Stage) -> Reckoned {
        reckon::deadline(&self.events, event.round, stage, &self.timing)
    }
}

/// The stage, beside the handling and the whole, that begins with an event of the kind.
fn begun(kind: Kind) -> Option<Stage> {
    match kind {
        Kind::Filed => Some(Stage::Dispatch),
        Kind::Dispatched => Some(Stage::Accept),
        Kind::HandedIn => Some(Stage::Check),
        _ => None,
    }
}

/// What an issue that is merged gives to its survivor: its own deadlines, which hold there where they are earlier.
pub fn absorbed(survivor: &Standing, merged: &Standing, at: Timestamp) -> Move {
    let detail = Detail {
        other_issue: merged.id.to_string(),
        ..Detail::default()
    };
    let earlier = |own: Option<Timestamp>, other: Option<Timestamp>| {
        other.filter(|other| own.is_none_or(|own| *other < own))
    };
    Move {
        handling_deadline: earlier(survivor.handling_deadline, merged.handling_deadline),
        total_deadline: earlier(survivor.total_deadline, merged.total_deadline),
        detail: Some(detail),
        ..Move::new(Kind::Absorbed, survivor.round, at.max(survivor.reported_at))
    }
}
