//! One call of a rule in an instance of its own, with the engine's many ways to fail told apart into the rule's faults,
//! the clock and the machine.

use std::time::Duration;

use wasmtime::component::{ComponentType, Lift, Lower};
use wasmtime::{Store, Trap, WasmBacktrace};

use super::limits::{CallState, MemoryExhausted};
use super::meter::{Used, processor_time};
use super::{Rule, RuleInner};
use crate::score::{Facts, FailureKind, Issues};
use crate::text;

/// What a rule may hand back in one call.
const RESULT_BYTES: usize = 8 * 1024 * 1024;

/// Frames of a backtrace that are worth showing.
const FRAMES: usize = 12;

/// The issue table as the contract has it; empty where the rule does not ask for it.
#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
struct IssuesArgument<'a> {
    starts: &'a [u32],
    category: &'a [i32],
    severity: &'a [u8],
    source: &'a [u8],
    state: &'a [u8],
    reported: &'a [i64],
    filed: &'a [i64],
    due: &'a [i64],
    #[component(name = "handed-in")]
    handed_in: &'a [i64],
    closed: &'a [i64],
    #[component(name = "failed-checks")]
    failed_checks: &'a [u32],
    marks: &'a [u32],
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
struct FactsArgument<'a> {
    rows: u32,
    inputs: &'a [i64],
    issues: IssuesArgument<'a>,
}

impl<'a> IssuesArgument<'a> {
    fn of(issues: &'a Issues) -> Self {
        Self {
            starts: &issues.starts,
            category: &issues.category,
            severity: &issues.severity,
            source: &issues.source,
            state: &issues.state,
            reported: &issues.reported,
            filed: &issues.filed,
            due: &issues.due,
            handed_in: &issues.handed_in,
            closed: &issues.closed,
            failed_checks: &issues.failed_checks,
            marks: &issues.marks,
        }
    }
}

/// What a rule gave back, unchecked.
#[derive(ComponentType, Lift, Clone, Debug)]
#[component(record)]
pub(crate) struct Given {
    pub items: Vec<i64>,
    pub stars: Vec<u8>,
    #[component(name = "note-row")]
    pub note_row: Vec<u32>,
    #[component(name = "note-criterion")]
    pub note_criterion: Vec<u32>,
    #[component(name = "note-message")]
    pub note_message: Vec<u32>,
    #[component(name = "note-value")]
    pub note_value: Vec<i64>,
    #[component(name = "note-issue")]
    pub note_issue: Vec<u32>,
}

/// A rule's own refusal to score.
#[derive(ComponentType, Lift, Clone, Copy, Debug, PartialEq, Eq)]
#[component(enum)]
#[repr(u8)]
#[expect(
    dead_code,
    reason = "the engine makes the variants out of what the rule gave back"
)]
pub(crate) enum Declined {
    #[component(name = "bad-parameters")]
    BadParameters,
    #[component(name = "unsupported")]
    Unsupported,
}

pub(crate) enum CallError {
    /// The rule's fault; in a chunk it is looked for row by row.
    Rule {
        kind: FailureKind,
        message: String,
    },
    Declined(Declined),
    Timeout,
    Host(String),
}

/// A call's outcome beside what it took.
pub(crate) struct Called {
    pub outcome: Result<Given, CallError>,
    pub fuel: u64,
    /// Of a processor, over all tries.
    pub ran: Duration,
}

type Arguments<'a> = (&'a [i64], FactsArgument<'a>);
type Results = (Result<Given, Declined>,);

/// Calls the rule, and again with more time where the clock cut it off.
pub(crate) fn call(rule: &Rule, parameters: &[i64], rows: u32, facts: &Facts, fuel: u64) -> Called {
    let settings = rule.inner.host.settings;
    let mut limit = settings.call_limit;
    let mut called = attempt(rule, parameters, rows, facts, fuel, limit);
    for _ in 1..settings.attempts {
        if !matches!(called.outcome, Err(CallError::Timeout)) {
            break;
        }
        tracing::warn!(
            rule.id = rule.inner.manifest.id,
            call.rows = rows,
            call.limit_ms = limit.as_millis(),
            "a rule's call outran the clock and is tried again"
        );
        limit *= 2;
        let again = attempt(rule, parameters, rows, facts, fuel, limit);
        called = Called {
            ran: called.ran + again.ran,
            ..again
        };
    }
    called
}

fn attempt(
    rule: &Rule,
    parameters: &[i64],
    rows: u32,
    facts: &Facts,
    fuel: u64,
    limit: Duration,
) -> Called {
    let host = &rule.inner.host;
    let _slot = host.slots.take(&rule.party);
    let began = processor_time();
    let mut store = Store::new(&host.engine, CallState::new(host.settings.memory_bytes));
    store.limiter(|state| state);
    store.set_hostcall_fuel(RESULT_BYTES);
    let ticks = limit.as_nanos() / host.settings.tick.as_nanos().max(1);
    store.set_epoch_deadline(
        u64::try_from(ticks)
            .unwrap_or(u64::MAX / 2)
            .saturating_add(1),
    );
    let outcome = store
        .set_fuel(fuel)
        .map_err(|error| CallError::Host(error.to_string()))
        .and_then(|()| run(&rule.inner, &mut store, parameters, rows, facts));
    let left = store.get_fuel().unwrap_or(0);
    let used = fuel.saturating_sub(left);
    // Giving back what the call was handed and took is part of what it takes.
    drop(store);
    let ran = processor_time().saturating_sub(began);
    rule.meter.add(Used {
        calls: 1,
        rows: u64::from(rows),
        fuel: used,
        processor: ran,
    });
    Called {
        outcome,
        fuel: used,
        ran,
    }
}

fn run(
    rule: &RuleInner,
    store: &mut Store<CallState>,
    parameters: &[i64],
    rows: u32,
    facts: &Facts,
) -> Result<Given, CallError> {
    let instance = rule
        .instance
        .instantiate(&mut *store)
        .map_err(|error| sorted(&error).unwrap_or_else(|| CallError::Host(format!("{error:#}"))))?;
    let score = instance
        .get_typed_func::<Arguments<'_>, Results>(&mut *store, &rule.score)
        .map_err(|error| CallError::Host(format!("{error:#}")))?;
    let facts = FactsArgument {
        rows,
        inputs: &facts.inputs,
        issues: IssuesArgument::of(&facts.issues),
    };
    match score.call(&mut *store, (parameters, facts)) {
        Ok((Ok(given),)) => Ok(given),
        Ok((Err(declined),)) => Err(CallError::Declined(declined)),
        // What is neither a trap nor a limit is the engine's word on lists that do not lie where the rule said.
        Err(error) => {
            Err(sorted(&error).unwrap_or_else(|| rule_fault(FailureKind::BadResult, &error)))
        }
    }
}

/// The errors that say what they are.
fn sorted(error: &wasmtime::Error) -> Option<CallError> {
    if error.downcast_ref::<MemoryExhausted>().is_some() {
        return Some(rule_fault(FailureKind::OutOfMemory, error));
    }
    let kind = match error.downcast_ref::<Trap>()? {
        Trap::Interrupt => return Some(CallError::Timeout),
        Trap::OutOfFuel => FailureKind::OutOfFuel,
        Trap::StackOverflow => FailureKind::StackOverflow,
        Trap::UnreachableCodeReached => FailureKind::Panicked,
        Trap::IntegerDivisionByZero | Trap::IntegerOverflow | Trap::BadConversionToInteger => {
            FailureKind::Arithmetic
        }
        Trap::MemoryOutOfBounds | Trap::TableOutOfBounds => FailureKind::OutOfBounds,
        Trap::ListOutOfBounds | Trap::UnalignedPointer | Trap::InvalidDiscriminant => {
            FailureKind::BadResult
        }
        _ => FailureKind::OtherTrap,
    };
    Some(rule_fault(kind, error))
}

fn rule_fault(kind: FailureKind, error: &wasmtime::Error) -> CallError {
    let mut message = format!("{}: {}", kind.words(), error.root_cause());
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        let names: Vec<String> = backtrace
            .frames()
            .iter()
            .take(FRAMES)
            .map(frame_name)
            .collect();
        if !names.is_empty() {
            message.push_str("; in ");
            message.push_str(&names.join(" < "));
        }
    }
    CallError::Rule { kind, message }
}

fn frame_name(frame: &wasmtime::FrameInfo) -> String {
    match frame.func_name() {
        Some(name) => name
            .chars()
            .filter(|letter| !text::is_hidden(*letter))
            .take(100)
            .collect(),
        None => format!("function {}", frame.func_index()),
    }
}
