//! The trial: on rows made for the purpose a rule fails on none, and gives each the same whatever stands beside it.

mod rows;

use std::cell::Cell;
use std::time::Duration;

pub use rows::made_up;

use crate::gate::{Refusal, RefusalReason};
use crate::host::Rule;
use crate::host::call::{CallError, call};
use crate::manifest::Manifest;
use crate::points::{ABSENT, UNITS, format_points};
use crate::score::{Facts, Note, Row, RunError, Scores, at_once};

/// Simpler rows that are looked for in place of one that shows a fault. One that uses all of its fuel takes a while.
const SIMPLER: usize = 24;
/// Rounds of a row that are told in words.
const SHOWN: usize = 3;
/// Rows of the chunks that are not whole.
const CHUNK: usize = 7;
/// How much of a processor's time all calls of a trial may take together. Fuel does not bound it: memory that is taken and
/// given back costs time and next to none. A rule that takes so long takes a review hours.
const LONGEST: Duration = Duration::from_secs(3);

/// Why a rule did not pass a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrialError {
    /// It is the rule's fault.
    Refused(Refusal),
    /// It is not: the machine was too busy, or has no memory left.
    Run(RunError),
}

/// What a row was given.
type Given = (Vec<i64>, i64, u8, Vec<(usize, usize, i64, Option<u32>)>);

/// A rule on trial, with what its calls have had of a processor so far.
pub struct Trial<'a> {
    pub rule: &'a Rule,
    parameters: &'a [i64],
    fuel: u64,
    longest: Duration,
    ran: Cell<Duration>,
}

/// Tries a rule on rows that are made up: the same ones for every rule with as many inputs.
pub fn steady(trial: &Trial) -> Result<(), TrialError> {
    let rows = made_up(trial.rule.manifest());
    trial.of_nothing()?;
    let alone = trial.alone(&rows)?;
    let forwards: Vec<usize> = (0..rows.len()).collect();
    let backwards: Vec<usize> = forwards.iter().rev().copied().collect();
    let shuffled = shuffled(rows.len());
    trial.together(&rows, &alone, &forwards, rows.len())?;
    trial.together(&rows, &alone, &backwards, rows.len())?;
    trial.together(&rows, &alone, &shuffled, rows.len())?;
    trial.together(&rows, &alone, &shuffled, CHUNK)
}

impl<'a> Trial<'a> {
    /// Each call of the rule is with these parameters and so much fuel.
    pub fn new(rule: &'a Rule, parameters: &'a [i64], fuel: u64) -> Self {
        Self {
            rule,
            parameters,
            fuel,
            longest: LONGEST,
            ran: Cell::default(),
        }
    }

    /// The same with another time for all of its calls together.
    #[must_use]
    pub fn within(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// Scores the rows by themselves, without those beside them in a district.
    pub fn score_rows(&self, rows: &[Row]) -> Result<Scores, TrialError> {
        self.score(&self.facts(rows.iter()))
    }

    fn facts<'r>(&self, rows: impl Iterator<Item = &'r Row> + Clone) -> Facts {
        Facts::of_rows(self.rule.manifest(), rows)
    }

    /// Scores the rows as a review does: in one call, and where that fails, one by one.
    pub fn score(&self, facts: &Facts) -> Result<Scores, TrialError> {
        if let Some(scores) = self.at_once(facts)? {
            return Ok(scores);
        }
        let mut rows = Vec::with_capacity(facts.rows);
        for row in 0..facts.rows {
            rows.extend(self.at_once(&facts.slice(row..row + 1))?);
        }
        Ok(Scores::join(rows))
    }

    /// Nothing where there are several rows and the call for all of them fails.
    fn at_once(&self, facts: &Facts) -> Result<Option<Scores>, TrialError> {
        self.is_in_time()?;
        let tried = at_once(self.rule, self.parameters, facts, self.fuel);
        self.ran.set(self.ran.get() + tried.ran);
        tried.scores.map_err(|error| match error {
            RunError::BadParameters | RunError::Unsupported => {
                let message = format!("with its manifest's default parameters: {error}");
                refused(RefusalReason::FailsOnRow, message, "the default parameters")
            }
            error => TrialError::Run(error),
        })
    }

    fn is_in_time(&self) -> Result<(), TrialError> {
        if self.ran.get() <= self.longest {
            return Ok(());
        }
        let message = format!(
            "it takes more than {} ms of a processor for the rows of its trial; have it do less for a row, and touch less memory",
            self.longest.as_millis()
        );
        let refusal = Refusal::new(RefusalReason::TooSlow, message);
        Err(TrialError::Refused(refusal))
    }

    /// A chunk may have no rows at all.
    fn of_nothing(&self) -> Result<(), TrialError> {
        let nothing = self.facts(std::iter::empty());
        let called = call(self.rule, self.parameters, 0, &nothing, self.fuel);
        self.ran.set(self.ran.get() + called.ran);
        let words = match called.outcome {
            Ok(given) if given.items.is_empty() && given.stars.is_empty() => return Ok(()),
            Ok(_) => "it gives items or stars where there are no rows".to_owned(),
            Err(CallError::Rule { message, .. }) => message,
            // Whether it declines is asked again with rows.
            Err(CallError::Declined(_)) => return Ok(()),
            Err(CallError::Timeout) => return Err(TrialError::Run(RunError::Timeout)),
            Err(CallError::Host(words)) => return Err(TrialError::Run(RunError::Host(words))),
        };
        let message = format!("it fails on a chunk without rows: {words}; give empty lists there");
        Err(refused(RefusalReason::FailsOnRow, message, "no rows"))
    }

    /// Each row by itself; none may fail.
    fn alone(&self, rows: &[Row]) -> Result<Vec<Scores>, TrialError> {
        let mut alone = Vec::with_capacity(rows.len());
        for row in rows {
            let scores = self.score_rows(std::slice::from_ref(row))?;
            if let Some(failure) = scores.failures.first() {
                return Err(self.fails_on(row, failure.message.clone())?);
            }
            alone.push(scores);
        }
        Ok(alone)
    }

    /// The simplest row found on which it fails, too.
    fn fails_on(&self, row: &Row, words: String) -> Result<TrialError, TrialError> {
        let mut told = words;
        let simplest = simpler(row, |row| {
            match self.score_rows(std::slice::from_ref(row)) {
                Ok(scores) => Ok(scores.failures.first().is_some_and(|failure| {
                    told.clone_from(&failure.message);
                    true
                })),
                // There is no time left to look for a simpler one.
                Err(TrialError::Refused(_)) => Ok(false),
                Err(error) => Err(error),
            }
        })?;
        let message = format!("it fails on a row that a district may have: {told}");
        let place = self.row(&simplest);
        Ok(refused(RefusalReason::FailsOnRow, message, place))
    }

    /// Rows in the order, in chunks of so many: each is given what it is given alone.
    fn together(
        &self,
        rows: &[Row],
        alone: &[Scores],
        order: &[usize],
        chunk: usize,
    ) -> Result<(), TrialError> {
        for some in order.chunks(chunk) {
            let scores = self.score(&self.facts(some.iter().map(|row| &rows[*row])))?;
            for (place, row) in some.iter().enumerate() {
                if given(&scores, place) == given(&alone[*row], 0) {
                    continue;
                }
                let beside = some.iter().filter(|other| *other != row);
                return Err(self.depends(&rows[*row], beside.map(|other| &rows[*other]))?);
            }
        }
        Ok(())
    }

    /// Beside which other row it is given something else.
    fn depends<'r>(
        &self,
        row: &'r Row,
        others: impl Iterator<Item = &'r Row>,
    ) -> Result<TrialError, TrialError> {
        let alone = self.score_rows(std::slice::from_ref(row))?;
        let mut beside = 1;
        for other in others {
            beside += 1;
            for (pair, at) in [([row, other], 0), ([other, row], 1)] {
                let scores = self.score(&self.facts(pair.into_iter()))?;
                if given(&scores, at) == given(&alone, 0) {
                    continue;
                }
                let side = if at == 0 { "before" } else { "behind" };
                let message = format!(
                    "alone a row is given {}, and {side} another row ({}) {}; a row's score must come from its own facts",
                    self.told(&alone, 0),
                    self.row(other),
                    self.told(&scores, at),
                );
                let place = self.row(row);
                return Ok(refused(RefusalReason::DependsOnOthers, message, place));
            }
        }
        let message = format!(
            "alone a row is given {}, and among {beside} rows something else; a row's score must come from its own facts",
            self.told(&alone, 0),
        );
        Ok(refused(
            RefusalReason::DependsOnOthers,
            message,
            self.row(row),
        ))
    }

    /// A row in words, as a refusal has them for its place.
    pub fn row(&self, row: &Row) -> String {
        told(self.rule.manifest(), row)
    }

    /// The items and the total of a row, as people write points.
    fn told(&self, scores: &Scores, row: usize) -> String {
        let criteria = &self.rule.manifest().criteria;
        let items = criteria.iter().enumerate().map(|(index, criterion)| {
            let item = points(scores.item(index, row));
            format!("{} {item}", criterion.id)
        });
        let items: Vec<String> = items.collect();
        format!(
            "{} (total {})",
            items.join(", "),
            points(scores.totals[row])
        )
    }
}

/// A row in words: its inputs by their names, those that are absent too, and its rounds.
fn told(manifest: &Manifest, row: &Row) -> String {
    let pairs = manifest.inputs.iter().zip(&row.inputs);
    let inputs = pairs.map(|(name, value)| match *value {
        ABSENT => format!("{name} absent"),
        value => format!("{name} = {value}"),
    });
    let mut words: Vec<String> = inputs.collect();
    if manifest.issue_table {
        words.push(match row.issues.len() {
            0 => "no issues".to_owned(),
            1 => "one issue".to_owned(),
            count => format!("{count} issues"),
        });
        let shown = row.issues.iter().take(SHOWN);
        words.extend(shown.map(|issue| format!("{issue:?}")));
    }
    words.join(", ")
}

/// Points in words.
pub fn points(units: i64) -> String {
    match units {
        ABSENT => "absent".to_owned(),
        units if units % UNITS == 0 => format_points(units, 0),
        units => format_points(units, 4),
    }
}

/// The simplest row found for which it holds, too, one thing changed after the other.
pub fn simpler<E>(row: &Row, mut holds: impl FnMut(&Row) -> Result<bool, E>) -> Result<Row, E> {
    let mut simplest = row.clone();
    // The first of its rounds, as few as do: where fewer do not, they are all looked for among more.
    let (mut low, mut high) = (0, row.issues.len());
    while low < high {
        let middle = low.midpoint(high);
        simplest.issues = row.issues[..middle].to_vec();
        match holds(&simplest)? {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    simplest.issues = row.issues[..high].to_vec();
    let mut tries = 0;
    for index in 0..row.inputs.len() {
        let value = simplest.inputs[index];
        let halves = (value != ABSENT).then_some(value / 2);
        for candidate in [0, 1].into_iter().chain(halves) {
            if value == candidate || tries == SIMPLER {
                break;
            }
            tries += 1;
            simplest.inputs[index] = candidate;
            if holds(&simplest)? {
                break;
            }
            simplest.inputs[index] = value;
        }
    }
    Ok(simplest)
}

fn refused(
    reason: RefusalReason,
    message: impl Into<String>,
    place: impl Into<String>,
) -> TrialError {
    TrialError::Refused(Refusal::new(reason, message).at(place))
}

fn given(scores: &Scores, row: usize) -> Given {
    let criteria = scores.items.len() / scores.rows.max(1);
    let items = (0..criteria).map(|criterion| scores.item(criterion, row));
    let of_row = scores.notes.iter().filter(|note| note.row == row);
    let told = |note: &Note| (note.criterion, note.message, note.value, note.issue);
    (
        items.collect(),
        scores.totals[row],
        scores.stars[row],
        of_row.map(told).collect(),
    )
}

/// Every row once, in no order that a rule could expect.
fn shuffled(rows: usize) -> Vec<usize> {
    let (mut order, mut state): (Vec<usize>, u64) = ((0..rows).collect(), 2);
    for last in (1..rows).rev() {
        order.swap(last, (next(&mut state) % (last as u64 + 1)) as usize);
    }
    order
}

/// The next of a row of numbers that look like chance and are the same each time: splitmix64, after Steele, Lea and Flood,
/// "Fast splittable pseudorandom number generators", 2014.
pub fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
