//! The manifest's repeated tables: criteria, parameters, messages and bands, each with its own conditions.

use std::collections::BTreeSet;

use super::fields::{Fields, Table};
use super::{Band, Criterion, Direction, Message, Parameter, Text};

/// Counts are bounded so that one chunk's results fit into what a call may hand over.
const MOST_CRITERIA: usize = 100;
const MOST_PARAMETERS: usize = 100;
const MOST_MESSAGES: usize = 200;
const MOST_BANDS: usize = 10;
pub(super) const LONGEST_TITLE: usize = 200;
const LONGEST_CLAUSE: usize = 4_000;
const LONGEST_UNIT: usize = 40;
/// The largest number of stars that a band or a rule may give.
pub(crate) const MOST_STARS: u8 = 7;

pub(super) fn criteria(fields: &mut Fields, root: &Table) -> Vec<Criterion> {
    let tables = fields.tables(root, "criteria", MOST_CRITERIA);
    if tables.is_empty() {
        fields.invalid(root, "criteria", "a rule has at least one [[criteria]]");
    }
    let mut seen = BTreeSet::new();
    let mut criteria = Vec::new();
    for table in &tables {
        fields.only(table, &["id", "min", "max", "required", "title", "clause"]);
        let id = unique_id(fields, table, &mut seen);
        let (min, max) = fields.min_max(table).unwrap_or_default();
        criteria.push(Criterion {
            id,
            min,
            max,
            required: fields.boolean(table, "required", false),
            title: fields.text(table, "title", LONGEST_TITLE),
            clause: fields.prose(table, "clause", LONGEST_CLAUSE),
        });
    }
    criteria
}

pub(super) fn parameters(fields: &mut Fields, root: &Table) -> Vec<Parameter> {
    let mut seen = BTreeSet::new();
    let mut parameters = Vec::new();
    for table in &fields.tables(root, "parameters", MOST_PARAMETERS) {
        fields.only(table, &["id", "default", "min", "max", "unit"]);
        let id = unique_id(fields, table, &mut seen);
        let (default, ends) = (fields.points(table, "default"), fields.min_max(table));
        if let (Some(default), Some((min, max))) = (default, ends)
            && !(min..=max).contains(&default)
        {
            fields.invalid(table, "default", "must lie between min and max");
        }
        let (min, max) = ends.unwrap_or_default();
        let unit = fields.prose(table, "unit", LONGEST_UNIT);
        parameters.push(Parameter {
            id,
            default: default.unwrap_or_default(),
            min,
            max,
            unit,
        });
    }
    parameters
}

pub(super) fn messages(fields: &mut Fields, root: &Table) -> Vec<Message> {
    let mut seen = BTreeSet::new();
    let mut messages = Vec::new();
    for table in &fields.tables(root, "messages", MOST_MESSAGES) {
        fields.only(table, &["id", "text"]);
        let id = unique_id(fields, table, &mut seen);
        let text = fields.text(table, "text", LONGEST_TITLE);
        check_placeholders(fields, table, &text);
        messages.push(Message { id, text });
    }
    messages
}

fn check_placeholders(fields: &mut Fields, table: &Table, text: &Text) {
    let stray = |text: &str| text.replace("{0}", "").contains(['{', '}']);
    if stray(&text.zh) || stray(&text.en) {
        fields.invalid(
            table,
            "text",
            "may have the one placeholder {0}, the note's number, and no other braces",
        );
    } else if text.zh.contains("{0}") != text.en.contains("{0}") {
        fields.invalid(
            table,
            "text",
            "must show the number {0} in both languages or in neither",
        );
    }
}

pub(super) fn bands(fields: &mut Fields, root: &Table, direction: Direction) -> Vec<Band> {
    let (key, other) = match direction {
        Direction::HigherIsBetter => ("at_least", "at_most"),
        Direction::LowerIsBetter => ("at_most", "at_least"),
    };
    let mut bands: Vec<Band> = Vec::new();
    for table in &fields.tables(root, "stars", MOST_BANDS) {
        if table.entries.contains_key(other) {
            fields.invalid(
                table,
                other,
                format!("does not fit the rule's direction; write {key}"),
            );
            continue;
        }
        fields.only(table, &["stars", key]);
        if !table.entries.contains_key("stars") {
            fields.invalid(table, "stars", "is missing");
        }
        let stars = fields.count(table, "stars", u32::from(MOST_STARS));
        let (Some(stars), Some(threshold)) = (stars, fields.points(table, key)) else {
            continue;
        };
        let band = Band {
            stars: u8::try_from(stars).unwrap_or(MOST_STARS),
            threshold,
        };
        let worse = |last: &Band| match direction {
            Direction::HigherIsBetter => band.threshold < last.threshold,
            Direction::LowerIsBetter => band.threshold > last.threshold,
        };
        if let Some(last) = bands.last()
            && (band.stars >= last.stars || !worse(last))
        {
            fields.invalid(table, key, "the bands stand from most stars to fewest, each easier to reach than the one before");
        }
        bands.push(band);
    }
    bands
}

fn unique_id(fields: &mut Fields, table: &Table, seen: &mut BTreeSet<String>) -> String {
    let id = fields.id(table, '_');
    if !id.is_empty() && !seen.insert(id.clone()) {
        fields.invalid(table, "id", format!("{id} is used twice"));
    }
    id
}
