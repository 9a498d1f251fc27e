//! Rules and activations as tables.

use tidyward_proto::v1::{RuleActivation, RuleVersion};
use tidyward_rules::gate::Candidate;

use super::short;
use crate::cli::{
    district::last,
    output::{Cell, Table, number, text, unseen},
    words::word_of,
};

/// Versions with the periods from which they are in force.
pub fn version_table(versions: &[RuleVersion], activations: &[RuleActivation]) -> Table {
    let mut table = Table::new(vec![
        text("rule", "Rule"),
        text("title_en", "English"),
        text("title_zh", "Chinese"),
        text("state", "State"),
        text("in_force_from", "In force from"),
        text("origin", "Origin"),
        number("size_bytes", "Bytes"),
        unseen("sha256"),
        unseen("interface"),
    ]);
    table.when_empty = "there are no rules; `tidyward rules push FILE` brings one".to_owned();
    table.rows = versions
        .iter()
        .map(|version| {
            let title = version.title.clone().unwrap_or_default();
            let periods = activations
                .iter()
                .filter(|activation| activation.rule_version == version.name);
            let periods: Vec<&str> = periods
                .map(|activation| activation.from_period.as_str())
                .collect();
            vec![
                Cell::text(short(&version.name)),
                Cell::text(title.en),
                Cell::text(title.zh),
                Cell::text(word_of(version.state().as_str_name(), "RULE_STATE_")),
                Cell::text(periods.join(" ")),
                Cell::text(if version.built_in {
                    "built in"
                } else {
                    "district"
                }),
                Cell::Integer(version.size_bytes),
                Cell::text(&version.sha256),
                Cell::text(&version.interface),
            ]
        })
        .collect();
    table
}

/// A file that the gate lets in.
pub fn candidate_table(candidate: &Candidate) -> Table {
    let mut table = Table::new(vec![
        text("rule", "Rule"),
        text("title_en", "English"),
        text("title_zh", "Chinese"),
        number("inputs", "Facts"),
        number("criteria", "Criteria"),
        number("size_bytes", "Bytes"),
        text("sha256", "SHA-256"),
    ]);
    let manifest = &candidate.manifest;
    table.rows.push(vec![
        Cell::text(format!("{}@{}", manifest.id, manifest.version)),
        Cell::text(&manifest.title.en),
        Cell::text(&manifest.title.zh),
        Cell::Integer(manifest.inputs.len() as i64),
        Cell::Integer(manifest.criteria.len() as i64),
        Cell::Integer(candidate.bytes.len() as i64),
        Cell::text(hex::encode(candidate.digest)),
    ]);
    table
}

/// One activation.
pub fn activation_table(activation: &RuleActivation) -> Table {
    let mut table = Table::new(vec![
        text("rule", "Rule"),
        text("from_period", "In force from"),
        text("parameters", "Parameters"),
        text("actor", "Activated by"),
        unseen("district"),
    ]);
    let parameters: Vec<String> = activation
        .parameters
        .iter()
        .map(|(id, value)| format!("{id}={value}"))
        .collect();
    table.rows.push(vec![
        Cell::text(short(&activation.rule_version)),
        Cell::text(&activation.from_period),
        Cell::text(parameters.join(" ")),
        Cell::text(&activation.actor),
        Cell::text(last(
            activation
                .rule_version
                .split("/rules/")
                .next()
                .unwrap_or_default(),
        )),
    ]);
    table
}
