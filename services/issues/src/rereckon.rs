//! Deadlines that change without a move: a calendar was published, or the clocks of an area stand or go on again.
//!
//! Each issue is read again, reckoned and written in a transaction of its own; doing it again changes nothing. A deadline
//! that ran out is never moved, nor is that of a clock that stands before it goes on.

use futures::future::try_join_all;
use jiff::Timestamp;
use tidyward_kit::{Error, Reason, caller::District};
use uuid::Uuid;

use crate::{
    Issues,
    event::{Detail, Event, Kind, Move},
    issue::State,
    reckon::{self, Reckoned},
    standing::{Stage, Standing},
    store::{self, rereckon::Which},
    timing::Timing,
    transition::{ATTEMPTS, Plan},
};

/// Issues that are written together.
const BATCH: usize = 64;

/// Why deadlines are reckoned again.
#[derive(Clone, Debug)]
pub struct Cause {
    pub which: Which,
    /// Name of the suspension, or empty.
    pub suspension: String,
    pub actor: String,
    pub now: Timestamp,
}

/// Reckons the deadlines of the open issues again and says how many changed.
pub async fn run(issues: &Issues, district: &District, cause: &Cause) -> Result<usize, Error> {
    let (mut after, mut changed) = (0, 0);
    loop {
        let open = store::rereckon::open(&issues.db, district, &cause.which, after, BATCH).await?;
        let Some((last, _)) = open.last() else {
            return Ok(changed);
        };
        after = *last;
        let batch = open
            .iter()
            .map(|(_, id)| again(issues, district, *id, cause));
        changed += try_join_all(batch).await?.into_iter().sum::<usize>();
    }
}

/// One issue, read anew where somebody moves it meanwhile. Says how many events that were.
async fn again(
    issues: &Issues,
    district: &District,
    id: Uuid,
    cause: &Cause,
) -> Result<usize, Error> {
    for attempt in 1.. {
        let Some(plan) = plan(issues, district, id, cause).await? else {
            return Ok(0);
        };
        match issues.carry_out(district, plan).await {
            Err(error) if error.reason == Reason::ChangedMeanwhile && attempt < ATTEMPTS => {}
            written => return written,
        }
    }
    Ok(0)
}

async fn plan(
    issues: &Issues,
    district: &District,
    id: Uuid,
    cause: &Cause,
) -> Result<Option<Plan>, Error> {
    let Some(found) = store::issue::find(&issues.db, district, id).await? else {
        return Ok(None);
    };
    let (mut history, _) = issues.history(district, &found, cause.now).await?;
    let step = step(&history.standing, &history.events, &history.timing, cause);
    Ok(step.map(|step| {
        history.add(&cause.actor, cause.now, step);
        Plan::of(&found, history)
    }))
}

/// The change of deadlines, where there is one.
pub fn step(standing: &Standing, events: &[Event], timing: &Timing, cause: &Cause) -> Option<Move> {
    if !standing.is_open() {
        return None;
    }
    let stands = matches!(standing.state, State::Checking | State::Suspended);
    let put_off = standing.state == State::Suspended;
    let again = |stage: Stage, current: Option<Timestamp>, stands: bool| {
        let current = current?;
        // What ran out stays; what stands is moved when it goes on, but it may lose its provisional mark.
        if current < cause.now && !stands {
            return Some(Reckoned {
                deadline: Some(current),
                ..Reckoned::default()
            });
        }
        let reckoned = reckon::deadline(events, standing.round, stage, timing);
        let deadline = reckoned.deadline.filter(|_| !stands).or(Some(current));
        Some(Reckoned {
            deadline,
            ..reckoned
        })
    };
    let handling = again(Stage::Handle, standing.handling_deadline, stands);
    let total = again(Stage::Total, standing.total_deadline, put_off);
    let stage =
        stage(standing.state).and_then(|stage| again(stage, standing.stage_deadline, false));
    let all = [&handling, &total, &stage];
    let at = |reckoned: &Option<Reckoned>| reckoned.as_ref().and_then(|one| one.deadline);
    let provisional = all
        .iter()
        .any(|one| one.as_ref().is_some_and(|one| one.provisional));
    let same = at(&handling) == standing.handling_deadline
        && at(&total) == standing.total_deadline
        && (stage.is_none() || at(&stage) == standing.stage_deadline);
    if all.iter().all(|one| one.is_none()) || (same && provisional == standing.provisional) {
        return None;
    }
    let detail = Detail {
        provisional,
        suspension: cause.suspension.clone(),
        ..Detail::default()
    };
    Some(Move {
        handling_deadline: at(&handling),
        total_deadline: at(&total),
        stage_deadline: at(&stage),
        detail: Some(detail),
        ..Move::new(Kind::DeadlinesChanged, standing.round, cause.now)
    })
}

/// The stage, beside the handling and the whole, in which an issue of the state stands.
pub fn stage(state: State) -> Option<Stage> {
    match state {
        State::Reported => Some(Stage::Verify),
        State::Filed => Some(Stage::Dispatch),
        State::Dispatched => Some(Stage::Accept),
        State::Checking => Some(Stage::Check),
        _ => None,
    }
}
