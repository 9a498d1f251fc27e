//! The machine against a model that says in its own words who may do what, with random people and moves.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1 as wire;

use super::{Case, at, context, issue};
use crate::{
    decide::{Head, decide},
    issue::{Outcome, State},
    machine::{self, Action},
    standing::Standing,
};

/// Everybody there is, with the one role that each has.
const PEOPLE: [(&str, Role); 9] = [
    ("reporter", Role::Officer),
    ("officer", Role::Officer),
    ("other", Role::Officer),
    ("collector", Role::Collector),
    ("checker", Role::Collector),
    ("operator", Role::Operator),
    ("dispatcher", Role::Dispatcher),
    ("leader", Role::Leader),
    ("resident", Role::Resident),
];
const KINDS: usize = 25;

/// Action number so many, in one of three variants, told by somebody.
fn action(kind: usize, variant: u8) -> Action {
    let (words, yes) = (|| "because".to_owned(), variant == 0);
    let result = [
        wire::CheckResult::Passed,
        wire::CheckResult::Failed,
        wire::CheckResult::Unable,
    ][usize::from(variant)] as i32;
    match kind {
        0 => Action::Verify(wire::VerifyAction {
            result,
            note: words(),
        }),
        1 => Action::Settle(wire::SettleAction::default()),
        2 => Action::File(wire::FileAction::default()),
        3 => Action::Reject(wire::RejectAction {
            outcome: Outcome::NotResponsible as i32,
            reason: words(),
        }),
        4 => Action::Dispatch(wire::DispatchAction {
            assignee: ["officer", "collector", "other"][usize::from(variant)].to_owned(),
            co_handlers: vec!["leader".to_owned()],
            ..wire::DispatchAction::default()
        }),
        5 => Action::Dispatch(wire::DispatchAction {
            verdict: 1 + i32::from(variant % 2),
            ..wire::DispatchAction::default()
        }),
        6 => Action::Accept(wire::AcceptAction {}),
        7 => Action::ReturnToDesk(wire::ReturnAction { reason: words() }),
        8 => Action::HandIn(wire::HandInAction::default()),
        9 => Action::Check(wire::CheckAction {
            result,
            note: words(),
        }),
        10 => Action::RequestSuspension(wire::RequestSuspensionAction {
            until: Some(tidyward_kit::clock::to_wire(at(400_000))),
            reason: words(),
        }),
        11 => Action::DecideSuspension(wire::DecideSuspensionAction {
            approve: yes,
            note: String::new(),
        }),
        12 => Action::Resume(wire::ResumeAction::default()),
        13 => Action::ForceClose(wire::ForceCloseAction { reason: words() }),
        14 => Action::Reopen(wire::ReopenAction {
            reason: 1 + i32::from(variant % 2),
            note: words(),
            condition: String::new(),
        }),
        15 => Action::AssignTask(wire::AssignTaskAction {
            title: words(),
            owner: "other".to_owned(),
        }),
        16 => Action::FinishTask(wire::FinishTaskAction {
            task: i32::from(variant) + 1,
            note: String::new(),
        }),
        17 => Action::WithdrawTask(wire::WithdrawTaskAction {
            task: i32::from(variant) + 1,
            reason: words(),
        }),
        18 => Action::Note(wire::NoteAction { text: words() }),
        19 => Action::Escalate(wire::EscalateAction { reason: words() }),
        20 => Action::CallBack(wire::CallBackAction::default()),
        21 => Action::Rate(wire::RateAction::default()),
        22 => Action::Recheck(wire::RecheckAction {
            result,
            note: String::new(),
        }),
        23 => Action::DecideExtension(wire::DecideExtensionAction {
            approve: yes,
            note: String::new(),
        }),
        _ => Action::RequestExtension(wire::RequestExtensionAction {
            extra: "1 URGENT_HOURS".to_owned(),
            reason: words(),
        }),
    }
}

/// What the model knows of an issue.
#[derive(Clone, Debug)]
struct Model {
    state: State,
    outcome: Outcome,
    round: i32,
    assignee: &'static str,
    handled: BTreeSet<&'static str>,
    /// Who asked to put it off.
    asked: Option<&'static str>,
    /// Of the tasks, in the order of their numbers: whether each is open.
    tasks: Vec<bool>,
}

impl Model {
    fn new() -> Model {
        Model {
            state: State::Reported,
            outcome: Outcome::Unspecified,
            round: 0,
            assignee: "",
            handled: BTreeSet::new(),
            asked: None,
            tasks: Vec::new(),
        }
    }

    fn goes(&mut self, state: State) -> bool {
        (self.state, self.asked) = (state, None);
        true
    }

    fn ends(&mut self, state: State, outcome: Outcome) -> bool {
        self.outcome = outcome;
        self.goes(state)
    }

    fn files(&mut self) -> bool {
        self.round += 1;
        (self.outcome, self.assignee) = (Outcome::Unspecified, "");
        self.handled.clear();
        self.goes(State::Filed)
    }

    fn goes_to(&mut self, assignee: &'static str, co_handler: Option<&'static str>) -> bool {
        self.assignee = assignee;
        self.handled.insert(assignee);
        self.handled.extend(co_handler);
        self.goes(State::Dispatched)
    }

    /// Whether the move is allowed, and if it is, what becomes of it.
    fn moves(&mut self, who: &'static str, role: Role, kind: usize, variant: u8) -> bool {
        use State::*;
        let mine = self.assignee == who;
        let new = matches!(self.state, Reported | Verified);
        let at_work = matches!(self.state, Dispatched | Handling);
        let open = !matches!(self.state, Closed | Rejected | Merged);
        let desk = matches!(role, Role::Leader | Role::Dispatcher | Role::Operator);
        let hand = matches!(role, Role::Officer | Role::Collector | Role::Leader);
        let task = usize::from(variant);
        let is_open = self.tasks.get(task) == Some(&true);
        match kind {
            0 if self.state == Reported && role == Role::Collector => match variant {
                0 => self.goes(Verified),
                1 => self.ends(Rejected, Outcome::NotFound),
                _ => true,
            },
            1 if new && who == "reporter" => self.ends(Closed, Outcome::OnSpot),
            2 if new && role == Role::Operator => self.files(),
            3 if (new || matches!(self.state, Filed | Returned)) && role == Role::Operator => {
                self.ends(Rejected, Outcome::NotResponsible)
            }
            4 if self.state == Filed && role == Role::Dispatcher => {
                self.goes_to(["officer", "collector", "other"][task], Some("leader"))
            }
            5 if self.state == Returned && role == Role::Dispatcher => {
                self.goes_to("officer", None)
            }
            6 if self.state == Dispatched && mine && hand => self.goes(Handling),
            7 if at_work && mine && hand => {
                self.assignee = "";
                self.goes(Returned)
            }
            8 if self.state == Handling && mine && hand && !self.tasks.contains(&true) => {
                self.goes(Checking)
            }
            9 if self.state == Checking
                && role == Role::Collector
                && !self.handled.contains(who) =>
            {
                match variant {
                    0 => self.ends(Closed, Outcome::Resolved),
                    1 => self.goes(Handling),
                    _ => true,
                }
            }
            10 if self.state == Handling && mine && hand && self.asked.is_none() => {
                self.asked = Some(who);
                true
            }
            11 if self.state == Handling
                && desk
                && self.asked.is_some_and(|asker| asker != who) =>
            {
                self.asked = None;
                variant != 0 || self.goes(Suspended)
            }
            12 if self.state == Suspended && (desk || mine) => self.goes(Handling),
            13 if matches!(self.state, Checking | Handling | Suspended) && role == Role::Leader => {
                self.ends(Closed, Outcome::Forced)
            }
            14 if self.state == Closed && role == Role::Operator => self.files(),
            15 if at_work && (mine && hand || role == Role::Dispatcher) => {
                self.tasks.push(true);
                self.handled.insert("other");
                true
            }
            16 if at_work && is_open && who == "other" => {
                self.tasks[task] = false;
                true
            }
            17 if at_work && is_open && (mine && hand || role == Role::Dispatcher) => {
                self.tasks[task] = false;
                true
            }
            18 => open && role != Role::Resident,
            19 => open && role == Role::Leader,
            20 => self.state == Closed && role == Role::Operator,
            21 => self.state == Closed && who == "reporter",
            // The seed of the test draws nothing, and nothing has a deadline to extend.
            _ => false,
        }
    }
}

fn told(subject: &str, role: Role, minutes: i64) -> crate::decide::Context {
    crate::decide::Context {
        on_duty: true,
        head: Some(Head {
            officer: "officer".to_owned(),
            unit: String::new(),
        }),
        ..context(subject, &[role], at(minutes))
    }
}

/// Whether somebody may make a move that leads the issue elsewhere.
fn has_a_way_out(standing: &Standing, minutes: i64) -> bool {
    PEOPLE.iter().any(|(who, role)| {
        let moves = (0..KINDS).filter(|kind| !(15..=22).contains(kind));
        moves
            .flat_map(|kind| (0..3).map(move |variant| action(kind, variant)))
            .any(|action| {
                let context = told(who, *role, minutes);
                decide(standing, &action, &context).is_ok_and(|moves| {
                    moves
                        .iter()
                        .any(|step| crate::standing::state_after(step.kind).is_some())
                })
            })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_does_what_the_model_says(
        steps in prop::collection::vec((0..PEOPLE.len(), 0..KINDS, 0_u8..3), 1..120)
    ) {
        let (mut case, mut model) = (Case::new(), Model::new());
        for (minute, (person, kind, variant)) in (1_i64..).zip(steps) {
            let (who, role) = PEOPLE[person];
            let action = action(kind, variant);
            let before = model.clone();
            let allowed = model.moves(who, role, kind, variant);
            let result = case.attempt_in(&told(who, role, minute), &action);
            let name = machine::name(&action);
            prop_assert_eq!(result.is_ok(), allowed, "{} by {} on {:?}: {:?}", name, who, before, result);
            if let Err(error) = result {
                let known = matches!(
                    error.reason,
                    Reason::MoveForbidden | Reason::ActorWrong | Reason::FieldsInvalid
                );
                prop_assert!(known, "{error}");
                let listed = machine::allowed(before.state).contains(&name);
                prop_assert!(listed || error.reason == Reason::MoveForbidden, "{error}");
                model = before;
            }
            let standing = &case.history.standing;
            prop_assert_eq!(standing.state, model.state);
            prop_assert_eq!(standing.outcome, model.outcome);
            prop_assert_eq!(standing.round, model.round);
            prop_assert_eq!(standing.assignee.as_deref().unwrap_or_default(), model.assignee);
            prop_assert_eq!(&Standing::of(&issue(), &case.history.events), standing);
            prop_assert_eq!(standing.ended_at.is_some(), !standing.is_open());
            if standing.is_open() || standing.state == State::Closed {
                prop_assert!(has_a_way_out(standing, minute), "{:?} has no way out", standing.state);
            }
        }
        let numbers: Vec<i32> = case.history.events.iter().map(|event| event.sequence).collect();
        let count = i32::try_from(numbers.len()).unwrap();
        prop_assert_eq!(numbers, (1..=count).collect::<Vec<_>>());
    }
}
