//! Whether a rule punishes looking: of two areas that are alike in all but one own report, handled on time and found clean,
//! the one that reported must not be given the lower score. A rule that fails this has people look away.

use std::collections::{BTreeMap, BTreeSet};

use tidyward_kit::fact::{self, ABSENT};
use tidyward_rules::{
    gate::{Refusal, RefusalReason},
    manifest::Direction,
    score::Facts,
    trial::{self, Trial, TrialError},
};

/// Areas that are made up.
const AREAS: u64 = 200;

/// What one more own report adds to: every count of `issues` that a round passes through which is reported, filed, accepted,
/// handed in, checked and closed, each in time.
const ONE_MORE: [&str; 10] = [
    "reported",
    "verified",
    "filed",
    "accepted",
    "accepted_on_time",
    "due",
    "handled_on_time",
    "closed",
    "closed_on_time",
    "checks",
];

/// Counts that are part of another: each is at most what stands beside it. A count comes behind what it is part of.
const PARTS: [(&str, &str, &str); 34] = [
    ("issues", "verified", "reported"),
    ("issues", "rejected", "reported"),
    ("issues", "merged", "reported"),
    ("issues", "on_spot", "reported"),
    ("issues", "filed", "verified"),
    ("issues", "accepted", "filed"),
    ("issues", "accepted_on_time", "accepted"),
    ("issues", "due", "filed"),
    ("issues", "due_suspended", "due"),
    ("issues", "checks", "due"),
    ("issues", "closed", "checks"),
    ("issues", "handled_on_time", "closed"),
    ("issues", "closed_on_time", "closed"),
    ("issues", "overdue_open", "due"),
    ("issues", "backlog_start", "reported"),
    ("issues", "backlog_closed", "backlog_start"),
    ("issues", "backlog_open", "backlog_start"),
    ("issues", "checks_failed", "checks"),
    ("issues", "rework_cases", "checks_failed"),
    ("issues", "rework_cases_3", "rework_cases"),
    ("issues", "rebound", "closed"),
    ("issues", "reopened", "closed"),
    ("issues", "false_close", "closed"),
    ("issues", "fraud", "checks_failed"),
    ("issues", "returned", "checks"),
    ("issues", "refused", "returned"),
    ("issues", "missed", "independent"),
    ("callback", "asked", "contactable"),
    ("callback", "answered", "asked"),
    ("callback", "solved", "answered"),
    ("callback", "satisfied", "answered"),
    ("inspections", "count", "planned"),
    ("inspections", "sum", "max"),
    ("crew", "attended", "planned"),
];

/// One made-up area: what each count is before families share it.
struct Area {
    counts: BTreeMap<(&'static str, &'static str), i64>,
    state: u64,
}

/// Compares made-up areas with and without one more own report: of no category that the rule asks for, and of each that it
/// does.
pub fn check(trial: &Trial) -> Result<(), TrialError> {
    let names = &trial.rule.manifest().inputs;
    let direction = trial.rule.manifest().direction;
    let areas: Vec<Vec<i64>> = (0..AREAS)
        .map(|number| Area::made_up(number).inputs(names))
        .collect();
    let totals = |rows: &[Vec<i64>]| {
        let scores = trial.score(&columns(rows, names.len()));
        scores.map(|scores| scores.totals)
    };
    let quiet = totals(&areas)?;
    let asked: BTreeSet<&str> = names.iter().filter_map(|name| category(name)).collect();
    for of in std::iter::once(None).chain(asked.into_iter().map(Some)) {
        let added = added(names, of);
        let more: Vec<Vec<i64>> = areas.iter().map(|area| one_more(area, &added)).collect();
        let honest = totals(&more)?;
        let lost = (0..areas.len()).find(|place| loses(direction, quiet[*place], honest[*place]));
        if let Some(place) = lost {
            return Err(counterexample(trial, &areas[place], &added)?);
        }
    }
    Ok(())
}

/// Whether the second total is worse. No score is worse than any.
fn loses(direction: Direction, quiet: i64, honest: i64) -> bool {
    match (quiet, honest, direction) {
        (ABSENT, ..) => false,
        (_, ABSENT, _) => true,
        (quiet, honest, Direction::HigherIsBetter) => honest < quiet,
        (quiet, honest, Direction::LowerIsBetter) => honest > quiet,
    }
}

/// The simplest area found that loses by it.
fn counterexample(trial: &Trial, before: &[i64], added: &[i64]) -> Result<TrialError, TrialError> {
    let names = &trial.rule.manifest().inputs;
    let direction = trial.rule.manifest().direction;
    let both = |before: &[i64]| -> Result<(i64, i64), TrialError> {
        let rows = [before.to_vec(), one_more(before, added)];
        let totals = trial.score(&columns(&rows, names.len()))?.totals;
        Ok((totals[0], totals[1]))
    };
    let simplest = trial::simpler(before, |inputs| {
        let (quiet, honest) = both(inputs)?;
        Ok(loses(direction, quiet, honest))
    })?;
    let (quiet, honest) = both(&simplest)?;
    let pairs = names.iter().zip(added);
    let changed: Vec<&str> = pairs
        .filter(|(_, added)| **added > 0)
        .map(|(name, _)| name.as_str())
        .collect();
    let message = format!(
        "it punishes looking: an area is given {}, and {} with one more report of its own that was handled on time and \
         found clean (one more in {}); score shares of what was reported, not how much it was",
        trial::points(quiet),
        trial::points(honest),
        changed.join(", "),
    );
    let refusal = Refusal::new(RefusalReason::Dishonest, message);
    Ok(TrialError::Refused(
        refusal.at(trial::row(names, &simplest)),
    ))
}

/// What one more own report adds to each fact, of that category where one is named.
fn added(names: &[String], of: Option<&str>) -> Vec<i64> {
    let adds = |name: &String| i64::from(adds(name, of));
    names.iter().map(adds).collect()
}

/// The row with that much more.
fn one_more(before: &[i64], added: &[i64]) -> Vec<i64> {
    let more = |(value, added): (&i64, &i64)| match *value {
        ABSENT => ABSENT,
        value => value.saturating_add(*added),
    };
    before.iter().zip(added).map(more).collect()
}

/// Whether one more own report of the category adds one to the fact.
fn adds(name: &str, of: Option<&str>) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["issues", last] => ONE_MORE.contains(last),
        // It was dispatched to whoever answers for the area.
        ["issues", "own" | "duty", last] => ONE_MORE.contains(last),
        ["issues", category, last] => Some(*category) == of && ONE_MORE.contains(last),
        _ => false,
    }
}

/// The category of a fact that has one.
fn category(name: &str) -> Option<&str> {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        ["issues", category, _] => Some(*category).filter(|code| fact::is_category_code(code)),
        _ => None,
    }
}

impl Area {
    /// The same for the same number: some are small, some large, some have no report of their own.
    fn made_up(number: u64) -> Area {
        let mut area = Area {
            counts: BTreeMap::new(),
            state: number,
        };
        let most = [5, 20, 100, 1_000][(number % 4) as usize];
        for whole in [
            ("issues", "reported"),
            ("issues", "independent"),
            ("issues", "extended"),
            ("issues", "suspended"),
            ("issues", "forced"),
            ("callback", "contactable"),
            ("inspections", "planned"),
            ("inspections", "max"),
            ("crew", "planned"),
        ] {
            let count = area.up_to(most);
            area.counts.insert(whole, count);
        }
        for (family, part, of) in PARTS {
            let most = area.counts[&(family, of)];
            let count = area.up_to(most);
            area.counts.insert((family, part), count);
        }
        area
    }

    fn up_to(&mut self, most: i64) -> i64 {
        // Every fourth is all of it, so that areas without fault are among them.
        match trial::next(&mut self.state) % 4 {
            0 => most,
            _ => (trial::next(&mut self.state) % (most as u64 + 1)) as i64,
        }
    }

    /// A row of the facts. Families have a share of each count, so that their parts fit together as well; own and external
    /// reports come to the whole.
    fn inputs(mut self, names: &[String]) -> Vec<i64> {
        let own = self.up_to(100);
        let other = self.up_to(100);
        let mut row = Vec::with_capacity(names.len());
        for name in names {
            let parts: Vec<&str> = name.split('.').collect();
            let count = |family: &str, part: &str| {
                let found = self.counts.iter().find(|(key, _)| **key == (family, part));
                found.map(|(_, count)| *count)
            };
            let value = match parts.as_slice() {
                [family, part] => count(family, part),
                ["issues", "own", part] => count("issues", part).map(|all| all * own / 100),
                ["issues", "external", part] => {
                    count("issues", part).map(|all| all - all * own / 100)
                }
                [family, _, part] => count(family, part).map(|all| all * other / 100),
                _ => None,
            };
            // Of what is no count of these families, a number like a rate of four places.
            row.push(match value {
                Some(value) => value,
                None => self.up_to(1_000_000),
            });
        }
        row
    }
}

fn columns(rows: &[Vec<i64>], inputs: usize) -> Facts {
    let values = (0..inputs).flat_map(|index| rows.iter().map(move |row| row[index]));
    Facts {
        rows: rows.len(),
        inputs: values.collect(),
    }
}

#[cfg(test)]
pub mod tests;
