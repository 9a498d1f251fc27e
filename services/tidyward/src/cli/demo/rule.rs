//! The rule that the demo's district makes for itself: its manifest, its code as text, and the component made of both.

use tidyward_rules::component;

use crate::cli::failure::Failure;

/// What the rule is.
pub const MANIFEST: &str = include_str!("riverside.toml");
/// What it does.
pub const CODE: &str = include_str!("riverside.wat");
/// As the command line names it.
pub const NAME: &str = "riverside@1.0.0";

/// Assembles the one file that a rule is.
pub fn component() -> Result<Vec<u8>, Failure> {
    let module = wat::parse_str(CODE)
        .map_err(|error| Failure::new(format!("the demo's rule is no WebAssembly: {error}")))?;
    component::assemble(&module, MANIFEST).map_err(|error| Failure::new(error.to_string()))
}

#[cfg(test)]
mod tests {
    use tidyward_kit::fact::{self, ABSENT};
    use tidyward_rules::{
        gate::{self, GateLimits},
        host::{Host, HostSettings, Rule},
        score::{Facts, RunSettings},
    };

    use super::*;

    fn rule() -> Rule {
        let known = |name: &str| fact::find(name).is_some();
        let candidate =
            gate::inspect(&component().unwrap(), &GateLimits::default(), &known).unwrap();
        assert_eq!(
            format!("{}@{}", candidate.manifest.id, candidate.manifest.version),
            NAME
        );
        Host::new(HostSettings::default())
            .unwrap()
            .compile(&candidate)
            .unwrap()
    }

    /// The items of each row, with the manifest's own penalty.
    fn score(rule: &Rule, rows: usize, inputs: Vec<i64>) -> Vec<[i64; 3]> {
        let facts = Facts {
            rows,
            inputs,
            ..Facts::default()
        };
        let scores = rule
            .score(&[500_000], &facts, &RunSettings::default(), &|_| {})
            .unwrap();
        assert_eq!(scores.failures, []);
        (0..rows)
            .map(|row| [0, 1, 2].map(|criterion| scores.item(criterion, row)))
            .collect()
    }

    #[test]
    fn the_rule_passes_the_gate_and_scores_by_its_clauses() {
        let rule = rule();
        // Due, closed, handled on time, overdue and open; the last area has no ledger.
        let rows = [[40, 38, 30, 2], [3, 1, 1, 2], [0, 0, 0, 0], [ABSENT; 4]];
        let inputs: Vec<i64> = (0..4)
            .flat_map(|column| rows.iter().map(move |row| row[column]))
            .collect();
        let items = score(&rule, rows.len(), inputs);
        assert_eq!(items[0], [570_000, 300_000, -25_000]);
        assert_eq!(items[1], [200_000, 133_333, -333_333]);
        assert_eq!(items[2], [ABSENT; 3]);
        assert_eq!(items[3], [ABSENT; 3]);
    }

    #[test]
    fn the_rule_takes_more_areas_than_its_first_page_holds() {
        let rows = 4_000;
        let inputs: Vec<i64> = [10, 10, 10, 0]
            .iter()
            .flat_map(|value| vec![*value; rows])
            .collect();
        let items = score(&rule(), rows, inputs);
        assert!(items.iter().all(|row| *row == [600_000, 400_000, 0]));
    }
}
