//! The manifest as a whole, in the order of the document, with the conditions that hold between its parts.

use std::collections::BTreeSet;

use toml::de::DeTable;

use super::entries::{self, LONGEST_TITLE};
use super::fields::{Fields, Table};
use super::{Direction, Floats, Lists, Manifest, Problem, ProblemKind, Range, Rollup, Subject};
use crate::points::UNITS;

/// The manifest's text is at most this long, so that checking it is never work worth attacking.
const LONGEST_SOURCE: usize = 256 * 1024;

const MOST_INPUTS: usize = 500;
const MOST_CATEGORIES: usize = 1_000;

const KEYS: &[&str] = &[
    "id",
    "version",
    "title",
    "subject",
    "direction",
    "range",
    "normalise",
    "decimals",
    "floats",
    "rollup",
    "weight",
    "lists",
    "inputs",
    "issue_table",
    "categories",
    "criteria",
    "parameters",
    "messages",
    "stars",
];

pub(super) fn parse(
    source: &str,
    known_fact: &dyn Fn(&str) -> bool,
) -> Result<Manifest, Vec<Problem>> {
    let mut fields = Fields::of(source);
    if source.len() > LONGEST_SOURCE {
        fields.problem(
            "",
            1,
            ProblemKind::Invalid,
            format!("the manifest is longer than {LONGEST_SOURCE} bytes"),
        );
        return Err(fields.problems);
    }
    let (document, errors) = DeTable::parse_recoverable(source);
    for error in errors {
        let line = error.span().map_or(1, |span| fields.line_at(span.start));
        fields.problem(
            "",
            line,
            ProblemKind::Invalid,
            format!("line {line} is not TOML: {}", error.message()),
        );
    }
    if !fields.problems.is_empty() {
        return Err(fields.problems);
    }
    let root = Table {
        path: String::new(),
        line: 1,
        entries: document.get_ref(),
    };
    let manifest = read(&mut fields, &root, known_fact);
    if fields.problems.is_empty() {
        Ok(manifest)
    } else {
        Err(fields.problems)
    }
}

fn read(fields: &mut Fields, root: &Table, known_fact: &dyn Fn(&str) -> bool) -> Manifest {
    fields.only(root, KEYS);
    let direction = direction(fields, root);
    let manifest = Manifest {
        id: fields.id(root, '-'),
        version: version(fields, root),
        title: fields.text(root, "title", LONGEST_TITLE),
        subject: subject(fields, root),
        direction,
        range: range(fields, root),
        normalise: fields.boolean(root, "normalise", false),
        decimals: decimals(fields, root),
        floats: fields.choice(
            root,
            "floats",
            &[("none", Floats::None), ("ieee", Floats::Ieee)],
        ),
        rollup: rollup(fields, root),
        weight: weight(fields, root, known_fact),
        lists: lists(fields, root),
        inputs: inputs(fields, root, known_fact),
        issue_table: fields.boolean(root, "issue_table", false),
        categories: categories(fields, root),
        criteria: entries::criteria(fields, root),
        parameters: entries::parameters(fields, root),
        messages: entries::messages(fields, root),
        stars: entries::bands(fields, root, direction),
        source: fields.source.to_owned(),
    };
    check_whole(fields, root, &manifest);
    manifest
}

fn check_whole(fields: &mut Fields, root: &Table, manifest: &Manifest) {
    if manifest.weight.is_some() && manifest.rollup == Rollup::Facts {
        fields.invalid(root, "weight", "belongs to rollup = \"mean\"; leave it out");
    }
    if manifest.weight.is_none() && manifest.rollup == Rollup::Mean {
        let message = "\"mean\" asks for a weight, for example weight = \"grid.households\"";
        fields.invalid(root, "rollup", message);
    }
    if !manifest.issue_table && !manifest.categories.is_empty() {
        fields.invalid(
            root,
            "categories",
            "belongs to issue_table = true; leave it out",
        );
    }
    // What could not be read would only be complained of a second time.
    let unread = |problem: &Problem| {
        problem.path.starts_with("range") || problem.path.starts_with("criteria")
    };
    if manifest.normalise && !fields.problems.iter().any(unread) {
        check_normalise(fields, root, manifest);
    }
}

fn check_normalise(fields: &mut Fields, root: &Table, manifest: &Manifest) {
    if manifest.direction != Direction::HigherIsBetter {
        fields.invalid(
            root,
            "normalise",
            "asks for direction = \"higher-is-better\"",
        );
    }
    if manifest.range
        != (Range {
            min: 0,
            max: 100 * UNITS,
        })
    {
        fields.invalid(
            root,
            "normalise",
            "asks for range = { min = \"0\", max = \"100\" }",
        );
    }
    if let Some(criterion) = manifest.criteria.iter().find(|criterion| criterion.max < 0) {
        fields.invalid(
            root,
            "normalise",
            format!(
                "asks for every criterion's max to be 0 or more; {} has less",
                criterion.id
            ),
        );
    }
    if !manifest
        .criteria
        .iter()
        .any(|criterion| criterion.required && criterion.max > 0)
    {
        fields.invalid(
            root,
            "normalise",
            "asks for a criterion with required = true and max above 0",
        );
    }
}

fn version(fields: &mut Fields, root: &Table) -> semver::Version {
    let none = semver::Version::new(0, 0, 0);
    let Some(text) = fields.string(root, "version") else {
        return none;
    };
    semver::Version::parse(&text).unwrap_or_else(|error| {
        fields.invalid(
            root,
            "version",
            format!("must be a semantic version such as 1.2.0: {error}"),
        );
        none
    })
}

fn subject(fields: &mut Fields, root: &Table) -> Subject {
    let subject = fields.choice(
        root,
        "subject",
        &[("area", Subject::Area), ("unit", Subject::Unit)],
    );
    if subject == Subject::Unit {
        fields.unsupported(
            root,
            "subject",
            "reviews of units are not supported in this release; write \"area\"",
        );
    }
    subject
}

fn direction(fields: &mut Fields, root: &Table) -> Direction {
    if fields.string(root, "direction").is_none() {
        return Direction::HigherIsBetter;
    }
    let words = [
        ("higher-is-better", Direction::HigherIsBetter),
        ("lower-is-better", Direction::LowerIsBetter),
    ];
    fields.choice(root, "direction", &words)
}

fn rollup(fields: &mut Fields, root: &Table) -> Rollup {
    fields.choice(
        root,
        "rollup",
        &[("facts", Rollup::Facts), ("mean", Rollup::Mean)],
    )
}

/// The fact by which the mean over grids is weighted.
fn weight(fields: &mut Fields, root: &Table, known_fact: &dyn Fn(&str) -> bool) -> Option<String> {
    let name = fields.optional_string(root, "weight")?;
    if !is_fact_name(&name) || !(name.starts_with("metric.") || known_fact(&name)) {
        let message = "must be the name of a fact, for example grid.households; `tidyward facts list` shows them all";
        fields.invalid(root, "weight", message);
    }
    Some(name)
}

fn range(fields: &mut Fields, root: &Table) -> Range {
    let Some(table) = fields.table(root, "range") else {
        return Range::default();
    };
    fields.only(&table, &["min", "max"]);
    let (min, max) = fields.min_max(&table).unwrap_or_default();
    Range { min, max }
}

fn decimals(fields: &mut Fields, root: &Table) -> u8 {
    let decimals = fields.count(root, "decimals", 4).unwrap_or(2);
    u8::try_from(decimals).unwrap_or(4)
}

fn lists(fields: &mut Fields, root: &Table) -> Option<Lists> {
    root.entries.get("lists")?;
    let table = fields.table(root, "lists")?;
    fields.only(&table, &["red", "black", "smallest_group"]);
    let red = fields.count(&table, "red", 10_000).unwrap_or(0);
    let black = fields.count(&table, "black", 10_000).unwrap_or(0);
    let smallest_group = fields
        .count(&table, "smallest_group", 1_000_000)
        .unwrap_or(red + black);
    Some(Lists {
        red,
        black,
        smallest_group,
    })
}

fn inputs(fields: &mut Fields, root: &Table, known_fact: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut inputs = Vec::new();
    for (index, (name, line)) in fields
        .strings(root, "inputs", MOST_INPUTS)
        .into_iter()
        .enumerate()
    {
        let path = format!("inputs[{index}]");
        if !is_fact_name(&name) {
            let message = "must be the name of a fact: small letters, digits, _ and -, joined by dots, 100 characters at most";
            fields.problem(path, line, ProblemKind::Invalid, message);
        } else if !name.starts_with("metric.") && !known_fact(&name) {
            let message = format!(
                "there is no fact {name}; `tidyward facts list` shows them all, and what a district records itself is metric.<name>"
            );
            fields.problem(path, line, ProblemKind::UnknownFact, message);
        } else if !seen.insert(name.clone()) {
            fields.problem(
                path,
                line,
                ProblemKind::Invalid,
                format!("{name} is asked for twice"),
            );
        }
        inputs.push(name);
    }
    inputs
}

/// Codes of categories, each of which stands for those below it as well.
fn categories(fields: &mut Fields, root: &Table) -> Vec<String> {
    let letter =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let mut seen = BTreeSet::new();
    let listed = fields.strings(root, "categories", MOST_CATEGORIES);
    for (index, (code, line)) in listed.iter().enumerate() {
        let message = if !(1..=40).contains(&code.len()) || !code.chars().all(letter) {
            "must be the code of a category: 1 to 40 of a to z, 0 to 9 and _".to_owned()
        } else if !seen.insert(code) {
            format!("{code} is listed twice")
        } else {
            continue;
        };
        let path = format!("categories[{index}]");
        fields.problem(path, *line, ProblemKind::Invalid, message);
    }
    listed.into_iter().map(|(code, _)| code).collect()
}

fn is_fact_name(name: &str) -> bool {
    let letter = |letter: char| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '_' | '-')
    };
    let part = |part: &str| !part.is_empty() && part.chars().all(letter);
    name.len() <= 100 && name.contains('.') && name.split('.').all(part)
}
