//! A duty: somebody's responsibility for areas or sites from a day to a day. Duties are made and ended, never changed; of
//! a node, category and roster there is one head at a time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use tidyward_kit::{
    Violations,
    caller::District,
    error::{Error, Reason},
    fact, name, text,
};
use uuid::Uuid;

/// Roles by their number on the wire and in the store, and their name in filters.
pub const ROLES: &[(&str, i32)] = &[
    ("CADRE", 1),
    ("STREET_CHIEF", 2),
    ("LEADER", 3),
    ("UNIT", ROLE_UNIT),
];
/// The role that needs a unit.
pub const ROLE_UNIT: i32 = 4;

/// Nodes of one duty at most.
pub const MOST_NODES: usize = 500;
const LONGEST_OFFICER: usize = 200;
const LONGEST_NAME: usize = 200;
const LONGEST_UNIT: usize = 100;
const LONGEST_ROSTER: usize = 40;

/// What can have a head.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// By its code.
    Area(String),
    /// By its id.
    Site(String),
}

/// Somebody's responsibility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    pub id: Uuid,
    pub officer: String,
    pub display_name: String,
    pub unit: String,
    /// One of `ROLES`.
    pub role: i32,
    /// Each once.
    pub nodes: Vec<Node>,
    pub set_name: String,
    /// Empty is every category.
    pub category: String,
    pub head: bool,
    /// Empty is the ordinary one.
    pub roster: String,
    pub first_day: Date,
    /// Nothing until it is ended.
    pub last_day: Option<Date>,
    pub created_at: Timestamp,
    pub creator: String,
    /// Counts its changes, of which there is one kind: its end.
    pub revision: i64,
}

impl Node {
    /// Reads a node's name, which must be of the district.
    pub fn parse(district: &District, field: &str, text: &str) -> Result<Node, Error> {
        let take = |pattern| {
            let ids = name::take::<2>(pattern, field, text).ok();
            ids.filter(|ids| ids[0] == district.id())
        };
        if let Some([_, code]) = take("districts/{}/areas/{}") {
            return Ok(Node::Area(code));
        }
        if let Some([_, id]) = take("districts/{}/sites/{}") {
            return Ok(Node::Site(id));
        }
        let shown = district.name();
        let message =
            format!("must look like `{shown}/areas/{{area}}` or `{shown}/sites/{{site}}`");
        Err(Error::field(field, message))
    }

    pub fn name(&self, district: &District) -> String {
        match self {
            Node::Area(code) => district.child("areas", code),
            Node::Site(id) => district.child("sites", id),
        }
    }

    pub fn id(&self) -> &str {
        match self {
            Node::Area(id) | Node::Site(id) => id,
        }
    }
}

impl Duty {
    pub fn etag(&self) -> String {
        self.revision.to_string()
    }

    /// Notes what is wrong with the fields, all but the nodes.
    pub fn check(&self, violations: &mut Violations) {
        violations.require(
            !self.officer.trim().is_empty(),
            "duty.officer",
            "is missing; give the officer's subject, as tokens name it",
        );
        text::check(violations, "duty.officer", &self.officer, LONGEST_OFFICER);
        text::check(
            violations,
            "duty.display_name",
            &self.display_name,
            LONGEST_NAME,
        );
        text::check(violations, "duty.unit", &self.unit, LONGEST_UNIT);
        text::check(violations, "duty.set_name", &self.set_name, LONGEST_NAME);
        let known = ROLES.iter().any(|role| role.1 == self.role);
        violations.require(
            known,
            "duty.role",
            "must be CADRE, STREET_CHIEF, LEADER or UNIT",
        );
        violations.require(
            self.role != ROLE_UNIT || !self.unit.is_empty(),
            "duty.unit",
            "is missing; the role UNIT needs the code of the unit",
        );
        violations.require(
            self.category.is_empty() || fact::is_category_code(&self.category),
            "duty.category",
            "must be the code of a category, or empty for every category",
        );
        violations.require(
            is_roster(&self.roster),
            "duty.roster",
            "must be at most 40 of a-z, 0-9, hyphen and underscore; empty is the ordinary one",
        );
        if let Some(last) = self.last_day.filter(|last| *last < self.first_day) {
            let first = self.first_day;
            violations.add(
                "duty.last_day",
                format!("{last} is before the first day, {first}"),
            );
        }
    }
}

/// Notes what is wrong with a list of so many nodes, of which those that could be read are given with their numbers; that
/// they exist is another's affair.
pub fn check_nodes<'n>(
    count: usize,
    nodes: impl Iterator<Item = (usize, &'n Node)>,
    violations: &mut Violations,
) {
    if !(1..=MOST_NODES).contains(&count) {
        violations.add(
            "duty.nodes",
            format!("must be 1 to {MOST_NODES}, not {count}; make several duties"),
        );
    }
    let mut seen = BTreeSet::new();
    for (number, node) in nodes {
        if !seen.insert(node) {
            violations.add(
                format!("duty.nodes[{number}]"),
                "is there twice; leave one out",
            );
        }
    }
}

/// Whether the text may name a roster; empty is the ordinary one.
pub fn is_roster(text: &str) -> bool {
    text.len() <= LONGEST_ROSTER
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}

/// The node has a head already.
pub fn head_taken(district: &District, node: &Node, other: &str) -> Error {
    let (node, other) = (node.name(district), district.child("duties", other));
    let message = format!(
        "`{node}` has a head at that time: `{other}`; end that duty first, or choose other days"
    );
    Error::new(Reason::HeadTaken, message)
        .with("node", node)
        .with("duty", other)
}

/// A duty in force for one of the places that are asked about.
#[derive(Clone, Debug)]
pub struct Holding {
    /// How far above the place: 0 is the place itself.
    pub step: usize,
    pub duty: Duty,
}

/// Who answers: those without a category, and those for the category.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answering {
    pub area: Vec<Duty>,
    pub category: Vec<Duty>,
}

/// Puts in order who answers for a place. `categories` is the category's chain, nearest first, `rosters` those in force,
/// the first before the later and all before the ordinary one: of a place and category, the heads of the first roster
/// that has one are given and no others. A duty that holds at several steps is given once, at the nearest.
pub fn answering(holdings: Vec<Holding>, categories: &[String], rosters: &[String]) -> Answering {
    let rank = |duty: &Duty| {
        let place = rosters.iter().position(|roster| *roster == duty.roster);
        place.unwrap_or(rosters.len())
    };
    let mut leading: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for one in holdings.iter().filter(|one| one.duty.head) {
        let first = leading
            .entry((one.step, one.duty.category.clone()))
            .or_insert(usize::MAX);
        *first = rank(&one.duty).min(*first);
    }
    let mut nearest: BTreeMap<Uuid, Holding> = BTreeMap::new();
    for one in holdings {
        let key = (one.step, one.duty.category.clone());
        if one.duty.head && leading.get(&key) != Some(&rank(&one.duty)) {
            continue;
        }
        let known = nearest.get(&one.duty.id).map(|known| known.step);
        if known.is_none_or(|step| one.step < step) {
            nearest.insert(one.duty.id, one);
        }
    }
    let depth = |duty: &Duty| {
        let place = categories.iter().position(|code| *code == duty.category);
        place.unwrap_or(categories.len())
    };
    let mut all: Vec<Holding> = nearest.into_values().collect();
    all.sort_by_key(|one| {
        (
            one.step,
            depth(&one.duty),
            !one.duty.head,
            rank(&one.duty),
            one.duty.id,
        )
    });
    let (area, category): (Vec<Duty>, Vec<Duty>) = all
        .into_iter()
        .map(|one| one.duty)
        .partition(|duty| duty.category.is_empty());
    Answering { area, category }
}

#[cfg(test)]
mod tests;
