//! Random lives of issues, with every move that counts.

use std::borrow::Cow;

use proptest::prelude::*;

use super::{
    model::{PERIOD, PERIODS},
    *,
};

/// One issue's moves.
#[derive(Clone, Debug)]
pub struct Life {
    pub category: &'static str,
    pub grid: Option<String>,
    /// Each with the lateness of its recording and the category of a filing.
    pub(super) moves: Vec<(Moved, i64, Option<&'static str>)>,
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
        let mut course = Course::begin(reported, draws[0]);
        for draw in &draws[1..] {
            course.step(*draw);
        }
        Life {
            category: ["a", "b"][category],
            grid: (grid < 4).then(|| format!("g{grid}")),
            moves: course.moves,
        }
    });
    proptest::collection::vec(life, 1..8)
}

/// Where an issue stands; what may come next.
struct Course {
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

impl Course {
    fn begin(reported: i64, draw: Draw) -> Course {
        let mut course = Course {
            state: "reported",
            now: reported,
            round: 0,
            handling: None,
            total: None,
            stopped: 0,
            until: None,
            moves: Vec::new(),
        };
        course.append(Reported, draw);
        course
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
pub fn entries(lives: &[Life]) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    for (issue, life) in (0..).zip(lives) {
        let mut recorded = 0;
        for (index, (moved, late, category)) in life.moves.iter().enumerate() {
            recorded = recorded.max(moved.at + late);
            let report = Report {
                category: life.category.into(),
                grid: life.grid.as_deref().map(Cow::from),
            };
            entries.push(Entry {
                recorded_at: recorded,
                category: category.map(Cow::from),
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
