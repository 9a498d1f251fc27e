//! A change of one area from a day on: what stands and what somebody wants become a version to add or an end to set, or
//! words that say why not. The past is never moved: a version comes after the last one. Pure.

use std::collections::BTreeMap;

use jiff::{ToSpan, civil::Date};
use tidyward_kit::{Violations, error::Reason};

use crate::{
    area::{History, Kind, Level, Measures, Version},
    boundary::Boundary,
    tree::{self, Node, Standing},
};

/// Everything that may change of an area, by the names of its fields.
pub const PATHS: [&str; 9] = [
    "parent",
    "display_name",
    "peer_group",
    "households",
    "population",
    "area_m2",
    "road_metres",
    "boundary",
    "exists_until",
];

/// Areas below that are named at most where they stand in the way.
const MOST_NAMED: usize = 5;

/// What somebody wants an area to be. Of a change only the fields count that it names.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub parent: Option<String>,
    /// Empty: the code.
    pub display_name: String,
    pub peer_group: String,
    pub measures: Measures,
    pub boundary: Option<Boundary>,
    pub exists_until: Option<Date>,
}

/// A change that somebody asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub code: &'a str,
    /// Which fields of the draft count.
    pub paths: &'a [&'static str],
    pub draft: &'a Draft,
    pub valid_from: Date,
    pub today: Date,
}

/// A new area from its first day on, in its only version.
pub fn create(
    violations: &mut Violations,
    asked: Asked<'_>,
    (level, kind): (Level, Option<Kind>),
    parents: &BTreeMap<String, History>,
) -> History {
    let nothing = Version {
        valid_from: asked.valid_from,
        display_name: String::new(),
        parent: None,
        peer_group: String::new(),
        measures: Measures::default(),
        boundary: None,
    };
    let history = History {
        level,
        kind,
        exists_until: None,
        versions: vec![version_of(asked, &nothing)],
    };
    check_parent(violations, asked, &history, parents);
    history
}

/// The history as the change makes it; the same where nothing differs. `others` are the parents that come into question,
/// and every area that ever was below this one.
pub fn update(
    violations: &mut Violations,
    asked: Asked<'_>,
    history: &History,
    others: &BTreeMap<String, History>,
) -> History {
    let mut changed = history.clone();
    let Some(last) = history.versions.last() else {
        return changed;
    };
    let version = version_of(asked, last);
    let since = last.valid_from;
    if asked.has("exists_until") {
        changed.exists_until = asked.draft.exists_until;
    }
    let differs = version
        != Version {
            valid_from: version.valid_from,
            ..last.clone()
        };
    if differs {
        let words = format!(
            "must be after {since}, the first day of the area's last version; the past is not moved"
        );
        violations.require(asked.valid_from > since, "valid_from", &words);
        changed.versions.push(version);
    }
    if changed == *history {
        return changed;
    }
    if let Some(ended) = history.exists_until.filter(|until| *until < asked.today) {
        let words =
            format!("the area ended on {ended}; what has ended stays so, make another area");
        violations.add("area.name", words);
        return changed;
    }
    check_end(violations, asked, &changed, differs);
    if asked.has("parent") || changed.exists_until != history.exists_until {
        check_parent(violations, asked, &changed, others);
    }
    if let Some(end) = changed
        .exists_until
        .filter(|_| changed.exists_until != history.exists_until)
    {
        let standing = standing_below(asked.code, end, others);
        if !standing.is_empty() {
            let words = format!(
                "areas below it stand after {end}: {}; move or end them first",
                named(&standing)
            );
            violations.add("area.exists_until", words);
        }
    }
    changed
}

impl Asked<'_> {
    fn has(&self, path: &str) -> bool {
        self.paths.contains(&path)
    }
}

/// The version before with what the change names.
fn version_of(asked: Asked<'_>, before: &Version) -> Version {
    let Asked { code, draft, .. } = asked;
    let mut version = before.clone();
    version.valid_from = asked.valid_from;
    for path in asked.paths {
        match *path {
            "parent" => version.parent.clone_from(&draft.parent),
            "display_name" => {
                let name = Some(draft.display_name.as_str()).filter(|name| !name.is_empty());
                version.display_name = name.unwrap_or(code).to_owned();
            }
            "peer_group" => version.peer_group.clone_from(&draft.peer_group),
            "households" => version.measures.households = draft.measures.households,
            "population" => version.measures.population = draft.measures.population,
            "area_m2" => version.measures.area_m2 = draft.measures.area_m2,
            "road_metres" => version.measures.road_metres = draft.measures.road_metres,
            "boundary" => version.boundary = draft.boundary.as_ref().map(Boundary::to_text),
            // The end belongs to the area, not to a version.
            _ => {}
        }
    }
    let redrawn = version.boundary != before.boundary;
    let unsaid = draft.measures.area_m2.is_none();
    if (asked.has("area_m2") && unsaid) || (!asked.has("area_m2") && redrawn) {
        let boundary = version.boundary.as_deref().and_then(Boundary::from_text);
        let measured = boundary.map(|boundary| boundary.area_m2());
        version.measures.area_m2 = measured.or(version.measures.area_m2);
    }
    version
}

/// The last version begins before the area ends.
fn check_end(violations: &mut Violations, asked: Asked<'_>, changed: &History, differs: bool) {
    let since = changed.versions.last().map(|last| last.valid_from);
    let (Some(end), Some(since)) = (changed.exists_until, since) else {
        return;
    };
    if end >= since {
        return;
    }
    if asked.has("exists_until") {
        let words = format!("must not be before {since}, the first day of the area's last version");
        violations.add("area.exists_until", words);
    } else if differs {
        let words = format!("must not be after {end}, on which the area ends");
        violations.add("valid_from", words);
    }
}

/// The last version's parent is there as long as the area itself, and stands higher.
fn check_parent(
    violations: &mut Violations,
    asked: Asked<'_>,
    changed: &History,
    parents: &BTreeMap<String, History>,
) {
    let Some(last) = changed.versions.last() else {
        return;
    };
    let Some(parent) = last.parent.as_deref() else {
        return;
    };
    let field = if asked.has("parent") {
        "area.parent"
    } else {
        "area.exists_until"
    };
    let stands = parents.get(parent).and_then(|history| {
        Some(Standing {
            level: history.level,
            exists_from: history.exists_from()?,
            exists_until: history.exists_until,
        })
    });
    let Some(stands) = stands else {
        let words = "is no area of the district; make it first";
        return violations.add_reason(field, Reason::ParentMissing, words);
    };
    let node = Node {
        level: changed.level,
        parent: Some(parent),
        exists_until: changed.exists_until,
    };
    let faults = tree::faults(
        &[(asked.code, node)].into(),
        &[(parent, stands)].into(),
        last.valid_from,
    );
    for fault in faults.into_values() {
        violations.add_reason(field, fault.reason, fault.words);
    }
}

/// Codes of the areas that are directly below the area on some day after its end.
fn standing_below<'o>(
    code: &str,
    end: Date,
    others: &'o BTreeMap<String, History>,
) -> Vec<&'o str> {
    let after = end.saturating_add(1.day());
    let below = others.iter().filter(|(_, history)| {
        let versions = history.versions.iter().enumerate();
        versions
            .filter(|(_, version)| version.parent.as_deref() == Some(code))
            .any(|(number, version)| {
                let next = history.versions.get(number + 1);
                let replaced = next.is_some_and(|next| next.valid_from <= after);
                let begins = version.valid_from.max(after);
                let gone = history.exists_until.is_some_and(|until| until < begins);
                !replaced && !gone
            })
    });
    below.map(|(code, _)| code.as_str()).collect()
}

fn named(codes: &[&str]) -> String {
    let shown: Vec<String> = codes
        .iter()
        .take(MOST_NAMED)
        .map(|code| format!("`{code}`"))
        .collect();
    match codes.len().saturating_sub(MOST_NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests;
