//! Rules and activations as tables.

use tidyward_proto::v1::{Points, RuleActivation, RuleDryRun, RuleVersion, ScoreDifference};
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
            let periods = activations.iter().filter(|activation| {
                let undone = activation.undone_from_period == activation.from_period;
                activation.rule_version == version.name && !activation.shadow && !undone
            });
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

/// What a rule would have come to, in lines.
pub fn dry_run_lines(run: &RuleDryRun) -> String {
    let mut lines = format!(
        "for {} it gives {} areas a score, {} none, and fails on {}\n",
        last(&run.review),
        run.scored,
        run.absent,
        run.failed
    );
    let Some(found) = &run.difference else {
        return lines;
    };
    lines.push_str(&difference_line(
        &format!("beside {}", short(&run.compared_with)),
        found,
    ));
    lines
}

/// How scores differ, in one line.
pub fn difference_line(beside: &str, found: &ScoreDifference) -> String {
    let mut line = format!(
        "{beside}: {} the same, {} higher, {} lower, {} lost and {} gained their score, {} have another place",
        found.same, found.higher, found.lower, found.lost, found.gained, found.moved
    );
    if let Some(first) = found.largest.first() {
        let points = |points: &Option<Points>| {
            points
                .as_ref()
                .map_or("none".to_owned(), |points| points.text.clone())
        };
        line.push_str(&format!(
            "; most of all {}, from {} to {}",
            last(&first.area),
            points(&first.before),
            points(&first.after)
        ));
    }
    line + "\n"
}

/// Activations.
pub fn activation_table(activations: &[RuleActivation]) -> Table {
    let mut table = Table::new(vec![
        text("rule", "Rule"),
        text("from_period", "In force from"),
        text("undone_from_period", "Undone from"),
        text("part", "Part"),
        text("parameters", "Parameters"),
        text("actor", "Activated by"),
        unseen("district"),
    ]);
    table.rows = activations.iter().map(activation_row).collect();
    table
}

fn activation_row(activation: &RuleActivation) -> Vec<Cell> {
    let parameters: Vec<String> = activation
        .parameters
        .iter()
        .map(|(id, value)| format!("{id}={value}"))
        .collect();
    let district = activation.rule_version.split("/rules/").next();
    vec![
        Cell::text(short(&activation.rule_version)),
        Cell::text(&activation.from_period),
        Cell::text(&activation.undone_from_period),
        Cell::text(if activation.shadow {
            "shadow"
        } else {
            "in force"
        }),
        Cell::text(parameters.join(" ")),
        Cell::text(&activation.actor),
        Cell::text(last(district.unwrap_or_default())),
    ]
}
