//! Deadlines that change without a move: a calendar was published, or the clocks of an area stand or go on again.
//!
//! Each issue is read again, reckoned and written in a transaction of its own; doing it again changes nothing. A deadline
//! that ran out is never moved, nor is that of a clock that stands before it goes on.

use std::{collections::BTreeMap, sync::Arc};

use futures::future::try_join_all;
use jiff::Timestamp;
use tidyward_kit::{Error, caller::District};
use uuid::Uuid;

use crate::{
    Issues,
    calendar::WorkCalendar,
    category::{self, Category},
    event::{Detail, Event, Kind, Move},
    history::History,
    issue::State,
    reckon::{self, Reckoned},
    standing::{Stage, Standing},
    store::{self, rereckon::Which},
    suspension,
    timing::Timing,
};

/// Issues that are written together.
const BATCH: usize = 64;
/// Events of one issue that are read.
const MOST_EVENTS: usize = 100_000;

/// Why deadlines are reckoned again.
#[derive(Clone, Debug)]
pub struct Cause {
    pub which: Which,
    /// Name of the suspension, or empty.
    pub suspension: String,
    pub actor: String,
    pub now: Timestamp,
}

/// What every issue of the run is reckoned with.
struct Ground {
    district: District,
    cause: Cause,
    calendar: Arc<WorkCalendar>,
    categories: BTreeMap<String, Category>,
}

/// Reckons the deadlines of the open issues again and says how many changed.
pub async fn run(issues: &Issues, district: &District, cause: Cause) -> Result<usize, Error> {
    let declared = store::category::declared(&issues.db, district).await?;
    let ground = Arc::new(Ground {
        district: district.clone(),
        calendar: issues.work_calendar(district).await?,
        categories: category::of_district(declared),
        cause,
    });
    let (mut after, mut changed) = (0, 0);
    loop {
        let which = &ground.cause.which;
        let open = store::rereckon::open(&issues.db, district, which, after, BATCH).await?;
        let Some((last, _)) = open.last() else {
            return Ok(changed);
        };
        after = *last;
        let one = |(_, id): &(i64, Uuid)| again(issues, ground.clone(), *id);
        changed += try_join_all(open.iter().map(one))
            .await?
            .into_iter()
            .filter(|changed| *changed)
            .count();
    }
}

async fn again(issues: &Issues, ground: Arc<Ground>, id: Uuid) -> Result<bool, Error> {
    issues
        .db
        .write(move |transaction| {
            let ground = ground.clone();
            Box::pin(async move {
                let district = &ground.district;
                store::transition::lock(transaction, district).await?;
                let Some(found) = store::issue::find_in(transaction, district, id).await? else {
                    return Ok(false);
                };
                let issue = &found.issue;
                let events =
                    store::issue::events_in(transaction, district, &found, 0, MOST_EVENTS).await?;
                let mut suspensions =
                    store::suspension::ending_after(transaction, district, issue.reported_at)
                        .await?;
                let codes = issue.codes();
                let chain = category::chain(&ground.categories, &issue.category);
                suspensions.retain(|one| one.names(&codes, &chain));
                let timing = Timing {
                    calendar: ground.calendar.clone(),
                    pauses: suspension::pauses(&suspensions),
                };
                let mut history = History::of(issue, events, timing);
                let Some(step) = step(
                    &history.standing,
                    &history.events,
                    &history.timing,
                    &ground.cause,
                ) else {
                    return Ok(false);
                };
                history.add(&ground.cause.actor, ground.cause.now, step);
                let (events, notices) = history.take_added();
                let row = history.row(issue);
                store::transition::append(transaction, district, found.number, &row, &events)
                    .await?;
                store::notice::write(transaction, district, &notices).await?;
                Ok(true)
            })
        })
        .await
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
        let reckoned = reckon::reckon(events, standing.round, stage, timing);
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
