//! Random lives of issues, with every move that counts, and a slow and plain model of them: a walk through time, instant
//! by instant, with the clocks looked at in each.

use proptest::prelude::*;

use super::{
    model::{MEASURES, PERIOD, PERIODS, Told},
    *,
};

/// One issue's moves.
#[derive(Clone, Debug)]
pub struct Life {
    pub category: &'static str,
    pub grid: Option<String>,
    /// Each with the lateness of its recording and the category of a filing.
    moves: Vec<(Moved, i64, Option<&'static str>)>,
}

/// What chance says of one step.
#[derive(Clone, Copy, Debug)]
struct Draw {
    pick: usize,
    delay: i64,
    late: i64,
    size: i64,
    limited: bool,
    marks: i32,
}

fn draw() -> impl Strategy<Value = Draw> {
    let late = prop_oneof![6 => Just(0_i64), 1 => 1_i64..5, 1 => 5_i64..50];
    (
        0_usize..100,
        0_i64..8,
        late,
        1_i64..16,
        proptest::bool::weighted(0.9),
        0_i32..256,
    )
        .prop_map(|(pick, delay, late, size, limited, marks)| Draw {
            pick,
            delay,
            late,
            size,
            limited,
            marks,
        })
}

pub fn lives() -> impl Strategy<Value = Vec<Life>> {
    let life = (
        0..PERIOD * PERIODS,
        proptest::collection::vec(draw(), 1..24),
        0_usize..5,
        0_usize..2,
    );
    let life = life.prop_map(|(reported, draws, grid, category)| {
        let mut walk = Walk::begin(reported, draws[0]);
        for draw in &draws[1..] {
            walk.step(*draw);
        }
        Life {
            category: ["a", "b"][category],
            grid: (grid < 4).then(|| format!("g{grid}")),
            moves: walk.moves,
        }
    });
    proptest::collection::vec(life, 1..8)
}

/// Where an issue stands; what may come next.
struct Walk {
    state: &'static str,
    now: i64,
    round: i32,
    handling: Option<i64>,
    total: Option<i64>,
    stopped: i64,
    until: Option<i64>,
    moves: Vec<(Moved, i64, Option<&'static str>)>,
}

use Kind::*;

/// State, and moves that lead out of it; twice is twice as likely.
const NEXT: [(&str, &[Kind]); 8] = [
    (
        "reported",
        &[Verified, Filed, Filed, Filed, Rejected, Settled, Merged],
    ),
    (
        "filed",
        &[
            Dispatched,
            Dispatched,
            Dispatched,
            DeadlinesChanged,
            Rejected,
            Merged,
        ],
    ),
    (
        "dispatched",
        &[
            Accepted,
            Accepted,
            Accepted,
            Returned,
            Absorbed,
            DeadlinesChanged,
            Merged,
        ],
    ),
    (
        "handling",
        &[
            HandedIn,
            HandedIn,
            HandedIn,
            HandedIn,
            Suspended,
            ExtensionApproved,
            Returned,
            ForceClosed,
            Merged,
        ],
    ),
    ("returned", &[ReturnUpheld, ReturnOverruled, Rejected]),
    (
        "suspended",
        &[Resumed, Resumed, Resumed, ForceClosed, Merged],
    ),
    (
        "checking",
        &[
            CheckPassed,
            CheckPassed,
            CheckFailed,
            CheckFailed,
            CheckFraud,
            CheckUnable,
            ForceClosed,
        ],
    ),
    (
        "closed",
        &[
            CalledBack, CalledBack, CalledBack, Reopened, Rebounded, FoundFalse, Rated,
        ],
    ),
];

impl Walk {
    fn begin(reported: i64, draw: Draw) -> Walk {
        let mut walk = Walk {
            state: "reported",
            now: reported,
            round: 0,
            handling: None,
            total: None,
            stopped: 0,
            until: None,
            moves: Vec::new(),
        };
        walk.append(Reported, draw);
        walk
    }

    fn step(&mut self, draw: Draw) {
        let Some((_, kinds)) = NEXT.iter().find(|row| row.0 == self.state) else {
            return;
        };
        let kind = kinds[draw.pick % kinds.len()];
        self.now += draw.delay;
        if let (Resumed, Some(until)) = (kind, self.until) {
            // It goes on by itself at that instant, and not before it.
            self.now = until.max(self.stopped);
        }
        self.deadlines(kind, draw);
        self.append(kind, draw);
        match kind {
            ReturnUpheld | ReturnOverruled => {
                self.handling = if kind == ReturnUpheld {
                    limit(self.now, draw)
                } else {
                    self.handling
                };
                self.append(Dispatched, draw);
            }
            Reopened => {
                self.round += 1;
                (self.handling, self.total) = (None, limit(self.now, draw));
                self.append(Filed, draw);
            }
            _ => {}
        }
        self.state = match kind {
            Filed | Reopened => "filed",
            Dispatched | ReturnUpheld | ReturnOverruled => "dispatched",
            Accepted | Resumed | CheckFailed | CheckFraud => "handling",
            Returned => "returned",
            Suspended => "suspended",
            HandedIn => "checking",
            CheckPassed | ForceClosed | Settled => "closed",
            Merged | Rejected => "over",
            _ => self.state,
        };
    }

    /// What the move does to the deadlines.
    fn deadlines(&mut self, kind: Kind, draw: Draw) {
        let shift = |deadline: Option<i64>, by: i64| deadline.map(|at| at + by);
        match kind {
            Filed => {
                self.round = 1;
                self.total = limit(self.now, draw);
            }
            Dispatched => self.handling = limit(self.now, draw),
            ExtensionApproved => {
                self.handling = shift(self.handling, draw.size);
                self.total = shift(self.total, draw.size);
            }
            DeadlinesChanged => {
                self.handling = shift(self.handling, draw.size - 4);
                self.total = shift(self.total, draw.size - 4);
            }
            Absorbed => self.handling = self.handling.map(|at| at.min(self.now + draw.size - 6)),
            HandedIn => self.stopped = self.now,
            Suspended => {
                self.stopped = self.now;
                self.until = draw.limited.then_some(self.now + draw.size);
            }
            CheckFailed | CheckFraud | Resumed => {
                let stood = self.now - self.stopped;
                let ran_out = self.handling.is_some_and(|at| at < self.stopped);
                self.handling = shift(self.handling, if ran_out { 0 } else { stood });
            }
            _ => {}
        }
    }

    fn append(&mut self, kind: Kind, draw: Draw) {
        let carries = matches!(
            kind,
            Dispatched
                | ExtensionApproved
                | DeadlinesChanged
                | Absorbed
                | CheckFailed
                | CheckFraud
                | Resumed
        );
        let moved = Moved {
            handling_deadline: self.handling.filter(|_| carries),
            total_deadline: self.total.filter(|_| carries || kind == Filed),
            marks: Marks(draw.marks),
            worked_minutes: (kind == HandedIn).then_some(draw.size),
            until: self.until.filter(|_| kind == Suspended),
            round: self.round,
            ..moved(kind, self.now)
        };
        let category = (kind == Filed && draw.marks % 3 == 0).then_some("c");
        self.moves.push((moved, draw.late, category));
    }
}

fn limit(from: i64, draw: Draw) -> Option<i64> {
    draw.limited.then_some(from + draw.size)
}

/// The ledger's rows: numbers in the order of recording, rows in the order of issues.
pub fn entries(lives: &[Life]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (issue, life) in (0..).zip(lives) {
        let mut recorded = 0;
        for (index, (moved, late, category)) in life.moves.iter().enumerate() {
            recorded = recorded.max(moved.at + late);
            let report = Report {
                category: life.category.to_owned(),
                grid: life.grid.clone(),
            };
            entries.push(Entry {
                recorded_at: recorded,
                category: category.map(str::to_owned),
                ..entry(issue, 0, *moved, (index == 0).then_some(report))
            });
        }
    }
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|index| entries[*index].recorded_at);
    for (number, index) in (1..).zip(order) {
        entries[index].number = number;
    }
    entries
}

/// What one round is at an instant.
#[derive(Clone, Debug, Default)]
struct Standing {
    /// `None` stands; a deadline may be missing all the same.
    running: Option<&'static str>,
    handling: Option<i64>,
    total: Option<i64>,
    dispatched: bool,
    hand_in_on_time: bool,
    on_time: bool,
    passed: bool,
    forced: bool,
    failed: i64,
    suspended: Option<(Option<i64>, Option<i64>)>,
    due: Option<(i64, bool)>,
    backlog: bool,
}

impl Standing {
    fn deadline(&self) -> Option<i64> {
        match self.running {
            Some("handling") => self.handling,
            Some(_) => self.total,
            None => None,
        }
    }
}

/// The counts of a period. Every instant is that at which a move takes effect, and they never go back.
pub fn walk(lives: &[Life], window: Window) -> Told {
    let mut counts = [0; MEASURES];
    for life in lives {
        let moves: Vec<Moved> = life.moves.iter().map(|one| one.0).collect();
        walk_one(&moves, window, &mut counts);
        calls(&moves, window, &mut counts);
    }
    counts
}

fn walk_one(moves: &[Moved], window: Window, counts: &mut Told) {
    let most = moves.iter().map(|moved| moved.round).max().unwrap_or(0);
    let mut rounds = vec![Standing::default(); most as usize + 1];
    let mut left = false;
    for now in 0..window.end {
        if now == window.start {
            for round in &mut rounds {
                let open = !round.passed && !round.forced && !left;
                round.backlog = open && round.due.is_some_and(|due| due.1);
            }
        }
        let before = rounds.clone();
        let mut ran_out = vec![false; rounds.len()];
        for moved in moves.iter().filter(|moved| moved.at == now) {
            let index = moved.round as usize;
            // A deadline that lies before the clock's beginning has passed when anything more happens.
            ran_out[index] |= rounds[index].deadline().is_some_and(|at| at < now)
                && rounds[index].running != Some("waiting");
            take(&mut rounds[index], moved);
            left |= matches!(moved.kind, Merged | Rejected);
            if now >= window.start {
                flows(&rounds[index], moved, counts);
            }
        }
        for (index, round) in rounds.iter_mut().enumerate() {
            let ended = |round: &Standing| round.passed || round.forced;
            ran_out[index] |= round.deadline().is_some_and(|at| at <= now);
            if round.due.is_some() || left {
                continue;
            }
            if ended(round) && !ended(&before[index]) {
                round.due = Some((now, false));
            } else if ran_out[index] && !ended(round) {
                round.due = Some((now, true));
            }
        }
    }
    for round in &rounds {
        states(round, left, window, counts);
    }
}

fn take(round: &mut Standing, moved: &Moved) {
    let kind = moved.kind;
    round.handling = moved.handling_deadline.or(round.handling);
    round.total = moved.total_deadline.or(round.total);
    round.running = match kind {
        Filed => Some("waiting"),
        Dispatched | CheckFailed | CheckFraud | Resumed => Some("handling"),
        HandedIn | Suspended | CheckPassed | ForceClosed => None,
        _ => round.running,
    };
    let on_time = |deadline: Option<i64>| deadline.is_some_and(|by| moved.at <= by);
    match kind {
        Dispatched => round.dispatched = true,
        HandedIn => round.hand_in_on_time = on_time(round.handling),
        CheckPassed => (round.passed, round.on_time) = (true, on_time(round.total)),
        CheckFailed | CheckFraud => round.failed += 1,
        ForceClosed => round.forced = true,
        _ => {}
    }
    match kind {
        Suspended => round.suspended = Some((round.handling, moved.until)),
        Resumed | ForceClosed => round.suspended = None,
        _ => {}
    }
}

/// What a move of the period counts for by itself.
fn flows(round: &Standing, moved: &Moved, counts: &mut Told) {
    let has = |mark: Marks| moved.marks.has(mark);
    let failed = [(Measure::Checks, true), (Measure::ChecksFailed, true)];
    let counted: Vec<(Measure, bool)> = match moved.kind {
        Reported => vec![
            (Measure::Reported, true),
            (Measure::OwnReported, has(Marks::OWN)),
        ],
        Verified => vec![(Measure::Verified, true)],
        Rejected => vec![(Measure::Rejected, true)],
        Merged => vec![(Measure::Merged, true)],
        Settled => vec![(Measure::OnSpot, true)],
        Filed => vec![(Measure::Filed, true)],
        Accepted => vec![
            (Measure::Accepted, true),
            (Measure::AcceptedOnTime, has(Marks::ON_TIME)),
        ],
        CheckPassed => vec![(Measure::Checks, true)],
        CheckFailed => failed.to_vec(),
        CheckFraud => [failed.as_slice(), &[(Measure::Fraud, true)]].concat(),
        Reopened => vec![(Measure::Reopened, true)],
        Rebounded => vec![(Measure::Rebound, true)],
        ExtensionApproved => vec![(Measure::Extended, true)],
        Suspended => vec![(Measure::Suspended, true)],
        ForceClosed => vec![(Measure::Forced, true)],
        Returned => vec![(Measure::Returned, true)],
        ReturnOverruled => vec![(Measure::Refused, true)],
        FoundFalse => vec![(Measure::FalseClose, true)],
        _ => Vec::new(),
    };
    for (measure, holds) in counted {
        counts[measure as usize] += i64::from(holds);
    }
    if matches!(moved.kind, CheckFailed | CheckFraud) {
        counts[Measure::ReworkCases as usize] += i64::from(round.failed == 1);
        counts[Measure::ReworkCases3 as usize] += i64::from(round.failed == 3);
    }
}

/// What a round counts for at the end of the period.
fn states(round: &Standing, left: bool, window: Window, counts: &mut Told) {
    let mut note = |measure: Measure, holds: bool| counts[measure as usize] += i64::from(holds);
    let open = !round.passed && !round.forced && !left;
    if let Some((_, ran_out)) = round.due.filter(|due| due.0 >= window.start) {
        note(Measure::Due, true);
        note(
            Measure::HandledOnTime,
            round.passed && round.hand_in_on_time,
        );
        note(Measure::Closed, round.passed);
        note(Measure::ClosedOnTime, round.passed && round.on_time);
        note(Measure::OverdueOpen, ran_out && open);
        note(
            Measure::Unhandled,
            round.dispatched && round.handling.is_none(),
        );
        note(Measure::Untotalled, round.total.is_none());
    }
    note(Measure::BacklogStart, round.backlog);
    note(Measure::BacklogClosed, round.backlog && round.passed);
    note(Measure::BacklogOpen, round.backlog && open);
    if let (None, Some((deadline, until)), true) = (round.due, round.suspended, open) {
        let until_then = until.is_none_or(|until| until >= window.end);
        let holds = until_then && deadline.is_some_and(|at| window.holds(at));
        note(Measure::Due, holds);
        note(Measure::DueSuspended, holds);
    }
}

/// Closings with somebody to call, and the calls that followed each.
fn calls(moves: &[Moved], window: Window, counts: &mut Told) {
    if !moves[0].marks.has(Marks::CONTACTABLE) {
        return;
    }
    let mut note = |measure: Measure, holds: bool| counts[measure as usize] += i64::from(holds);
    let closes = |moved: &Moved| matches!(moved.kind, CheckPassed | ForceClosed | Settled);
    let closings: Vec<usize> = (0..moves.len())
        .filter(|index| closes(&moves[*index]))
        .collect();
    for (nth, index) in closings.iter().enumerate() {
        note(Measure::Contactable, window.holds(moves[*index].at));
        let end = closings.get(nth + 1).copied().unwrap_or(moves.len());
        let calls = moves[*index..end]
            .iter()
            .filter(|moved| moved.kind == CalledBack);
        let calls: Vec<&Moved> = calls.collect();
        let first = calls.first().is_some_and(|call| window.holds(call.at));
        let last = calls.iter().rfind(|call| window.holds(call.at));
        let Some(last) = last.filter(|_| first) else {
            continue;
        };
        let reached = last.marks.has(Marks::REACHED);
        note(Measure::Asked, true);
        note(Measure::Answered, reached);
        note(Measure::Solved, reached && last.marks.has(Marks::SOLVED));
        note(
            Measure::Satisfied,
            reached && last.marks.has(Marks::SATISFIED),
        );
    }
}
