//! What an import will do: features become areas, areas are compared with what the district has, and what does not fit is
//! told. Pure: it reads nothing and writes nothing.

mod gather;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use tidyward_kit::{
    error::Reason,
    import::{Counts, Problem},
};
use tidyward_proto::v1::ImportProblemKind;

use crate::{
    area::{History, Kind, Level, Measures, Refusal, Statement, Version},
    boundary::Boundary,
    feature::{Features, rejected},
    tree::{self, Node, Standing},
};
pub use gather::gather;

/// An area as the file has it, of all its features.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub statement: Statement,
    /// Nothing for an area that features only name as being above them.
    pub boundary: Option<Boundary>,
    /// Lines of the features that say so.
    pub lines: Vec<u64>,
}

/// How a feature fared; the worst of its areas decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Unchanged,
    Added,
    Conflicting,
    Rejected,
}

/// The areas of a file, and what was wrong with its features.
#[derive(Clone, Debug, Default)]
pub struct Gathered {
    /// By code.
    pub areas: BTreeMap<String, Proposal>,
    pub told: Told,
}

/// How the features fared.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// By line.
    pub verdicts: BTreeMap<u64, Verdict>,
    /// In the order of the file.
    pub problems: Vec<Problem>,
}

/// A version of an area to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaWrite {
    pub code: String,
    pub level: Level,
    pub kind: Option<Kind>,
    /// Whether the area itself is to be made, or stands already.
    pub is_first: bool,
    pub version: Version,
    /// Lines of the features that say so.
    pub lines: Vec<u64>,
}

/// What an import will do.
#[derive(Debug)]
pub struct Plan {
    /// From the top level down, so that a parent is there before its children.
    pub writes: Vec<AreaWrite>,
    pub told: Told,
}

impl Gathered {
    /// Codes of the areas and of the parents that they name.
    pub fn codes(&self) -> BTreeSet<String> {
        let parents = self
            .areas
            .values()
            .filter_map(|one| one.statement.parent.clone());
        parents.chain(self.areas.keys().cloned()).collect()
    }
}

impl Told {
    fn judge(&mut self, lines: &[u64], verdict: Verdict) {
        for line in lines {
            let known = self.verdicts.entry(*line).or_insert(verdict);
            *known = verdict.max(*known);
        }
    }

    fn reject(&mut self, lines: &[u64], column: &str, reason: Reason, words: &str) {
        self.judge(lines, Verdict::Rejected);
        let problems = lines
            .iter()
            .map(|line| rejected(*line, column, reason, words.to_owned()));
        self.problems.extend(problems);
    }

    fn conflict(&mut self, lines: &[u64], words: &str) {
        self.judge(lines, Verdict::Conflicting);
        self.problems.extend(lines.iter().map(|line| Problem {
            kind: ImportProblemKind::Conflict,
            line: *line,
            column: String::new(),
            reason: Reason::RowConflict,
            message: words.to_owned(),
        }));
    }

    /// In features.
    pub fn counts(&self) -> Counts {
        let count = |verdict| {
            self.verdicts
                .values()
                .filter(|one| **one == verdict)
                .count() as i64
        };
        Counts {
            read: self.verdicts.len() as i64,
            added: count(Verdict::Added),
            unchanged: count(Verdict::Unchanged),
            conflicting: count(Verdict::Conflicting),
            rejected: count(Verdict::Rejected),
            ..Counts::default()
        }
    }
}

/// Compares the areas of a file with the histories of those codes that the district has. `written` are codes that this
/// import wrote before: they count as added, though they stand already.
pub fn plan(
    gathered: &Gathered,
    histories: &BTreeMap<String, History>,
    written: &BTreeSet<String>,
    valid_from: Date,
    parent_column: impl Fn(Level) -> String,
) -> Plan {
    let Gathered { areas, told } = gathered;
    let mut told = told.clone();
    let mut writes = BTreeMap::new();
    for (code, proposal) in areas {
        match decide(proposal, histories.get(code), valid_from) {
            Decision::Unchanged if written.contains(code) => {
                told.judge(&proposal.lines, Verdict::Added)
            }
            Decision::Unchanged => told.judge(&proposal.lines, Verdict::Unchanged),
            Decision::Conflict(words) => told.conflict(&proposal.lines, &words),
            Decision::Write(write) => {
                told.judge(&proposal.lines, Verdict::Added);
                writes.insert(code.as_str(), write);
            }
        }
    }
    for (code, fault) in faults(&writes, histories, valid_from) {
        if let (Some(write), Some(proposal)) = (writes.remove(code.as_str()), areas.get(&code)) {
            let words = format!("area `{code}`: {}", fault.words);
            told.reject(
                &proposal.lines,
                &parent_column(write.level),
                fault.reason,
                &words,
            );
        }
    }
    let mut writes: Vec<AreaWrite> = writes.into_values().collect();
    writes.sort_by(|a, b| (a.level, &a.code).cmp(&(b.level, &b.code)));
    told.problems.sort_by_key(|problem| problem.line);
    Plan { writes, told }
}

fn faults(
    writes: &BTreeMap<&str, AreaWrite>,
    histories: &BTreeMap<String, History>,
    valid_from: Date,
) -> Vec<(String, Refusal)> {
    let nodes = writes.iter().map(|(code, write)| {
        (
            *code,
            Node {
                level: write.level,
                parent: write.version.parent.as_deref(),
                exists_until: histories.get(*code).and_then(|one| one.exists_until),
            },
        )
    });
    let standing = histories.iter().filter_map(|(code, history)| {
        let standing = Standing {
            level: history.level,
            exists_from: history.exists_from()?,
            exists_until: history.exists_until,
        };
        Some((code.as_str(), standing))
    });
    let faults = tree::faults(&nodes.collect(), &standing.collect(), valid_from);
    faults
        .into_iter()
        .map(|(code, fault)| (code.to_owned(), fault))
        .collect()
}

enum Decision {
    Unchanged,
    Conflict(String),
    Write(AreaWrite),
}

fn decide(proposal: &Proposal, history: Option<&History>, valid_from: Date) -> Decision {
    let statement = &proposal.statement;
    let write = |is_first, kind, version| {
        let (code, level, lines) = (
            statement.code.clone(),
            statement.level,
            proposal.lines.clone(),
        );
        Decision::Write(AreaWrite {
            code,
            level,
            kind,
            is_first,
            version,
            lines,
        })
    };
    let Some((history, last)) = history.and_then(|one| Some((one, one.versions.last()?))) else {
        return write(true, statement.kind, version_of(proposal, None, valid_from));
    };
    let code = &statement.code;
    if statement.level != history.level {
        let (is, says) = (history.level.name(), statement.level.name());
        return Decision::Conflict(format!(
            "area `{code}` is a {is} and the file says {says}; levels stay, use another code"
        ));
    }
    if statement
        .kind
        .is_some_and(|kind| Some(kind) != history.kind)
    {
        return Decision::Conflict(format!(
            "area `{code}` is a grid of another kind; kinds stay, use another code"
        ));
    }
    if let Some(end) = history.exists_until.filter(|end| *end < valid_from) {
        return Decision::Conflict(format!(
            "area `{code}` ended on {end}; what has ended stays so, use another code"
        ));
    }
    let Some(version) = history.on(valid_from) else {
        let since = history
            .versions
            .first()
            .map_or(last.valid_from, |first| first.valid_from);
        let words = format!(
            "area `{code}` exists from {since}; the past is not moved, use that day or a later one"
        );
        return Decision::Conflict(words);
    };
    let differing = differences(proposal, version);
    if differing.is_empty() {
        return Decision::Unchanged;
    }
    if version.valid_from == valid_from || version.valid_from != last.valid_from {
        let since = last.valid_from;
        return Decision::Conflict(format!(
            "area `{code}` has from {} on another {}; the first stands, use a day after {since} to change it",
            version.valid_from,
            differing.join(", ")
        ));
    }
    write(
        false,
        history.kind,
        version_of(proposal, Some(last), valid_from),
    )
}

/// The version that a file's statement makes; what it does not say stays as it was.
fn version_of(proposal: &Proposal, before: Option<&Version>, valid_from: Date) -> Version {
    let Statement {
        code,
        display_name,
        parent,
        peer_group,
        measures: said,
        ..
    } = &proposal.statement;
    let was = before.map_or(Measures::default(), |before| before.measures);
    let computed = proposal.boundary.as_ref().map(Boundary::area_m2);
    let stays = |text: fn(&Version) -> &String| before.map(|before| text(before).clone());
    Version {
        valid_from,
        display_name: display_name
            .clone()
            .or(stays(|one| &one.display_name))
            .unwrap_or(code.clone()),
        parent: parent
            .clone()
            .or(before.and_then(|before| before.parent.clone())),
        peer_group: peer_group
            .clone()
            .or(stays(|one| &one.peer_group))
            .unwrap_or_default(),
        measures: Measures {
            households: said.households.or(was.households),
            population: said.population.or(was.population),
            area_m2: said.area_m2.or(computed).or(was.area_m2),
            road_metres: said.road_metres.or(was.road_metres),
        },
        boundary: proposal
            .boundary
            .as_ref()
            .map(Boundary::to_text)
            .or(before.and_then(|before| before.boundary.clone())),
    }
}

/// What the file says otherwise than a version has it.
fn differences(proposal: &Proposal, version: &Version) -> Vec<&'static str> {
    let Statement {
        display_name,
        parent,
        peer_group,
        measures: said,
        ..
    } = &proposal.statement;
    let was = version.measures;
    let boundary = proposal.boundary.as_ref().map(Boundary::to_text);
    let rows = [
        (
            "name",
            display_name
                .as_ref()
                .is_some_and(|name| *name != version.display_name),
        ),
        ("parent", parent.is_some() && *parent != version.parent),
        (
            "peer group",
            peer_group
                .as_ref()
                .is_some_and(|group| *group != version.peer_group),
        ),
        (
            "boundary",
            boundary.is_some() && boundary != version.boundary,
        ),
        (
            "households",
            said.households.is_some() && said.households != was.households,
        ),
        (
            "population",
            said.population.is_some() && said.population != was.population,
        ),
        (
            "area",
            said.area_m2.is_some() && said.area_m2 != was.area_m2,
        ),
        (
            "roads",
            said.road_metres.is_some() && said.road_metres != was.road_metres,
        ),
    ];
    rows.iter().filter(|row| row.1).map(|row| row.0).collect()
}

#[cfg(test)]
mod tests;
