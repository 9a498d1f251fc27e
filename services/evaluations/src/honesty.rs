//! Whether a rule punishes looking: of two areas that are alike in all but one own report, handled on time and found clean,
//! the one that reported must not be given the lower score. A rule that fails this has people look away.

mod area;

use std::collections::BTreeSet;

use tidyward_kit::fact::{self, ABSENT};
use tidyward_rules::{
    gate::{Refusal, RefusalReason},
    manifest::{Direction, Manifest},
    score::Row,
    trial::{self, Trial, TrialError},
};

use area::Area;

/// Areas that are made up.
const AREAS: u64 = 200;
/// Rounds of questions about the categories of the issue table.
const TURNS: usize = 8;

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

/// Compares made-up areas with and without one more own report: of no category that the rule asks for, and of each that it
/// does.
pub fn check(trial: &Trial) -> Result<(), TrialError> {
    let manifest = trial.rule.manifest();
    let areas: Vec<Row> = (0..AREAS).map(|number| area(manifest, number)).collect();
    let quiet = trial.score_rows(&areas)?.totals;
    for of in categories(manifest, areas.len()) {
        let pairs = areas.iter().zip(&of);
        let more: Vec<Row> = pairs
            .map(|(area, of)| one_more(manifest, area, *of))
            .collect();
        let honest = trial.score_rows(&more)?.totals;
        let lost =
            (0..areas.len()).find(|place| loses(manifest.direction, quiet[*place], honest[*place]));
        if let Some(place) = lost {
            return Err(counterexample(trial, &areas[place], of[place])?);
        }
    }
    Ok(())
}

/// A made-up area, as the rule is given it.
fn area(manifest: &Manifest, number: u64) -> Row {
    let mut area = Area::made_up(number);
    Row {
        inputs: area.inputs(&manifest.inputs),
        issues: match manifest.issue_table {
            true => area.rounds(manifest.categories.len()),
            false => Vec::new(),
        },
    }
}

/// Of which category the report of each area is, in one round of questions after the other.
fn categories(manifest: &Manifest, areas: usize) -> Vec<Vec<Option<&str>>> {
    let asked: BTreeSet<&str> = manifest
        .inputs
        .iter()
        .filter_map(|name| category(name))
        .collect();
    let alike = std::iter::once(None).chain(asked.into_iter().map(Some));
    // There may be a thousand in the table: each is some area's in some turn.
    let listed = &manifest.categories;
    let turns = (0..TURNS.min(listed.len())).map(|turn| {
        let of = |place: usize| &listed[(place * TURNS + turn) % listed.len()];
        (0..areas).map(|place| Some(of(place).as_str())).collect()
    });
    alike.map(|of| vec![of; areas]).chain(turns).collect()
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
fn counterexample(trial: &Trial, before: &Row, of: Option<&str>) -> Result<TrialError, TrialError> {
    let manifest = trial.rule.manifest();
    let both = |before: &Row| -> Result<(i64, i64), TrialError> {
        let rows = [before.clone(), one_more(manifest, before, of)];
        let totals = trial.score_rows(&rows)?.totals;
        Ok((totals[0], totals[1]))
    };
    let simplest = trial::simpler(before, |area| {
        let (quiet, honest) = both(area)?;
        Ok(loses(manifest.direction, quiet, honest))
    })?;
    let (quiet, honest) = both(&simplest)?;
    let names = manifest.inputs.iter();
    let changed = names.filter(|name| adds(name, of)).map(String::as_str);
    let table = manifest.issue_table.then_some("the issue table");
    let changed: Vec<&str> = changed.chain(table).collect();
    let message = format!(
        "it punishes looking: an area is given {}, and {} with one more report of its own that was handled on time and \
         found clean (one more in {}); score shares of what was reported, not how much it was",
        trial::points(quiet),
        trial::points(honest),
        changed.join(", "),
    );
    let refusal = Refusal::new(RefusalReason::Dishonest, message);
    Ok(TrialError::Refused(refusal.at(trial.row(&simplest))))
}

/// The area with one more own report, of that category where one is named.
fn one_more(manifest: &Manifest, before: &Row, of: Option<&str>) -> Row {
    let mut more = before.clone();
    for (value, name) in more.inputs.iter_mut().zip(&manifest.inputs) {
        if *value != ABSENT {
            *value = value.saturating_add(i64::from(adds(name, of)));
        }
    }
    if manifest.issue_table {
        let mut listed = manifest.categories.iter();
        let index = listed.position(|code| Some(code.as_str()) == of);
        more.issues.push(area::own_report(index));
    }
    more
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

#[cfg(test)]
pub mod tests;
