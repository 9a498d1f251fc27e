//! What happens by itself: an issue that was put off goes on at its date, and one whose clock runs past its limit is
//! escalated (督办), at once and at three times the limit, once each in a round.

use jiff::{SignedDuration, Timestamp};

use crate::{
    event::{Detail, Kind, Move},
    issue::State,
    limit::Limit,
    standing::{Stage, Standing},
    timing::Timing,
};

/// A deadline is kept at its very instant; whatever follows comes after it.
const TICK: SignedDuration = SignedDuration::from_micros(1);

/// The next thing that is to happen by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    Resume,
    /// At so many times the limit.
    Escalate(i32),
}

/// The next move that has fallen due, dated when it did. After it there may be another.
pub fn due_move(
    standing: &Standing,
    timing: &Timing,
    told: &[String],
    now: Timestamp,
) -> Option<Move> {
    let (at, due) = next(standing, timing)?;
    if now < at {
        return None;
    }
    let (kind, detail) = match due {
        Due::Resume => (Kind::Resumed, None),
        Due::Escalate(level) => {
            let detail = Detail {
                level,
                told: told.to_vec(),
                ..Detail::default()
            };
            (Kind::Escalated, Some(detail))
        }
    };
    Some(Move {
        detail,
        ..Move::new(kind, standing.round, at)
    })
}

/// When the next thing happens by itself.
pub fn wake_at(standing: &Standing, timing: &Timing) -> Option<Timestamp> {
    next(standing, timing).map(|(at, _)| at)
}

fn next(standing: &Standing, timing: &Timing) -> Option<(Timestamp, Due)> {
    if standing.state == State::Suspended {
        return standing.suspended_until.map(|until| (until, Due::Resume));
    }
    if !standing.clock_runs() {
        return None;
    }
    let deadline = standing.deadline()?;
    let (level, at) = match standing.escalation {
        0 => (1, deadline),
        1 => (3, three_times(standing, timing, deadline)?),
        _ => return None,
    };
    // What was resumed or moved late is escalated no earlier than that.
    let at = at.checked_add(TICK).ok()?.max(standing.moved_at);
    Some((at, Due::Escalate(level)))
}

/// The deadline and twice the limit more.
fn three_times(standing: &Standing, timing: &Timing, deadline: Timestamp) -> Option<Timestamp> {
    let stage = if standing.dispatched {
        Stage::Handle
    } else {
        Stage::Total
    };
    let limit = standing.limit(stage)?;
    let twice = Limit {
        amount: limit.amount.checked_mul(2)?,
        ..limit
    };
    Some(timing.deadline(deadline, twice)?.at)
}
