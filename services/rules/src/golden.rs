//! Golden tables: facts with the scores that a rule must give for them, as CSV beside the rule.
//!
//! The columns are `parameter.<id>`, `input.<fact>`, `item.<criterion>` and `total`; an empty cell is absent, or a parameter's
//! default; a line that begins with `#` is a comment. A rule that asks for the issue table gets one without any round.

use std::collections::BTreeMap;

use crate::manifest::Manifest;
use crate::points::{ABSENT, parse_points};
use crate::score::{Facts, Row};

/// One line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Golden {
    /// In the file, from 1.
    pub line: usize,
    pub parameters: Vec<i64>,
    /// One row.
    pub facts: Facts,
    /// What must come out for each criterion that has a column.
    pub items: Vec<(usize, i64)>,
    pub total: Option<i64>,
}

/// Reads a table for a rule; the message names line and column.
pub fn parse(manifest: &Manifest, table: &str) -> Result<Vec<Golden>, String> {
    let mut lines = table
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#') && !line.is_empty());
    let header: Vec<&str> = lines
        .next()
        .map(|(_, line)| line.split(',').collect())
        .unwrap_or_default();
    for name in &header {
        check_column(manifest, name)?;
    }
    lines
        .map(|(index, line)| golden(manifest, &header, index + 1, line))
        .collect()
}

fn check_column(manifest: &Manifest, name: &str) -> Result<(), String> {
    let known = match name.split_once('.') {
        Some(("parameter", id)) => manifest
            .parameters
            .iter()
            .any(|parameter| parameter.id == id),
        Some(("input", fact)) => manifest.inputs.iter().any(|input| input == fact),
        Some(("item", id)) => manifest.criteria.iter().any(|criterion| criterion.id == id),
        _ => name == "total",
    };
    let message = || {
        format!(
            "the column {name} names no parameter, input or item of {}, nor the total",
            manifest.id
        )
    };
    known.then_some(()).ok_or_else(message)
}

fn golden(manifest: &Manifest, header: &[&str], line: usize, text: &str) -> Result<Golden, String> {
    let cells: Vec<&str> = text.split(',').collect();
    if cells.len() != header.len() {
        return Err(format!(
            "line {line} has {} cells and the header {}",
            cells.len(),
            header.len()
        ));
    }
    let cell = |name: &str| {
        header
            .iter()
            .position(|column| *column == name)
            .map(|index| cells[index])
    };
    let points = |name: &str| match cell(name) {
        None => Ok(None),
        Some("") => Ok(Some(ABSENT)),
        Some(text) => parse_points(text)
            .map(Some)
            .map_err(|error| format!("line {line}, {name}: {text} {error}")),
    };
    let mut inputs = Vec::with_capacity(manifest.inputs.len());
    for input in &manifest.inputs {
        let text = cell(&format!("input.{input}")).unwrap_or_default();
        let value = if text.is_empty() {
            Ok(ABSENT)
        } else {
            text.parse()
        };
        inputs
            .push(value.map_err(|_| {
                format!("line {line}, input.{input}: {text} is not a whole number")
            })?);
    }
    let mut overrides = BTreeMap::new();
    for parameter in &manifest.parameters {
        let text = cell(&format!("parameter.{}", parameter.id)).unwrap_or_default();
        if !text.is_empty() {
            overrides.insert(parameter.id.clone(), text.to_owned());
        }
    }
    let parameters =
        manifest
            .parameters(&overrides)
            .map_err(|problems| match problems.first() {
                Some(problem) => format!("line {line}, parameter.{problem}"),
                None => format!("line {line}: the parameters are refused"),
            })?;
    let mut items = Vec::new();
    for (index, criterion) in manifest.criteria.iter().enumerate() {
        if let Some(expected) = points(&format!("item.{}", criterion.id))? {
            items.push((index, expected));
        }
    }
    let row = Row {
        inputs,
        issues: Vec::new(),
    };
    Ok(Golden {
        line,
        parameters,
        facts: Facts::of_rows(manifest, std::iter::once(&row)),
        items,
        total: points("total")?,
    })
}
