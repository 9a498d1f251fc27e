//! What the demo's inspectors saw and what people said when they were called back: numbers that no service of this release
//! counts, recorded under the names that facts have.

use rand::Rng;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

use super::{
    ledger::{External, Ledger},
    town::{Grid, Town},
};

/// The numbers of one grid, by fact.
pub type Sheet = (String, Vec<(&'static str, String)>);

/// The grid that was inspected too seldom for a score: no data is never zero.
const SELDOM_INSPECTED: usize = 22;

/// Every number, grid by grid.
pub fn sheets(town: &Town, ledger: &Ledger, seed: u64) -> Vec<Sheet> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut sheet = |(number, grid): (usize, &Grid)| {
        let external = ledger
            .external
            .get(&grid.code())
            .copied()
            .unwrap_or_default();
        let count = if number == SELDOM_INSPECTED {
            2
        } else {
            random.random_range(3..=5)
        };
        (grid.code(), facts(grid, count, external, &mut random))
    };
    town.grids.iter().enumerate().map(&mut sheet).collect()
}

/// The file: one row a grid, one column a fact.
pub fn csv(sheets: &[Sheet]) -> String {
    let names = sheets.first().map(|(_, facts)| {
        facts
            .iter()
            .map(|fact| fact.0)
            .collect::<Vec<_>>()
            .join(",")
    });
    let mut lines = format!("Grid,{}\n", names.unwrap_or_default());
    for (area, facts) in sheets {
        let values: Vec<&str> = facts.iter().map(|fact| fact.1.as_str()).collect();
        lines.push_str(&format!("{area},{}\n", values.join(",")));
    }
    lines
}

fn facts(
    grid: &Grid,
    inspections: u32,
    external: External,
    random: &mut ChaCha8Rng,
) -> Vec<(&'static str, String)> {
    let mut up_to = |most: u32| random.random_range(0..=most);
    let neglect = 100 - grid.care;
    // A hundred points each, in halves.
    let lost: u32 = (0..inspections).map(|_| neglect / 2 + up_to(24)).sum();
    let halves = inspections * 200 - lost;
    let independent = 4 + up_to(5);
    let missed = (independent * neglect / 90).min(independent);
    let checks_failed = (external.closed * neglect / 300 + up_to(1)).min(external.closed);
    let answered = (3 + up_to(7)).min(external.closed);
    let unsatisfied = (answered * neglect / 120 + up_to(1)).min(answered);
    let whole = |number: u32| number.to_string();
    vec![
        ("inspections.count", whole(inspections)),
        (
            "inspections.sum",
            format!("{}.{}", halves / 2, halves % 2 * 5),
        ),
        ("inspections.max", whole(inspections * 100)),
        ("issues.independent", whole(independent)),
        ("issues.missed", whole(missed)),
        ("issues.external.due", whole(external.due)),
        ("issues.external.due_suspended", whole(0)),
        ("issues.external.handled_on_time", whole(external.on_time)),
        ("issues.checks", whole(external.closed + checks_failed)),
        ("issues.checks_failed", whole(checks_failed)),
        ("issues.rebound", whole(u32::from(up_to(99) < neglect / 3))),
        (
            "issues.false_close",
            whole(u32::from(up_to(99) < neglect / 8)),
        ),
        ("issues.fraud", whole(0)),
        ("issues.refused", whole(u32::from(up_to(99) < neglect / 6))),
        ("callback.answered", whole(answered)),
        ("callback.satisfied", whole(answered - unsatisfied)),
    ]
}

#[cfg(test)]
mod tests {
    use tidyward_kit::fact;

    use super::*;

    #[test]
    fn every_number_stands_under_the_name_of_a_fact_and_fits_its_kin() {
        let town = Town::new(7);
        let ledger = Ledger::new(&town, 8);
        let sheets = sheets(&town, &ledger, 9);
        assert_eq!(sheets.len(), 36);
        for (area, facts) in &sheets {
            let value = |name: &str| {
                let found = facts.iter().find(|fact| fact.0 == name);
                found.unwrap().1.parse::<f64>().unwrap()
            };
            for (part, whole) in [
                ("inspections.sum", "inspections.max"),
                ("issues.missed", "issues.independent"),
                ("issues.external.handled_on_time", "issues.external.due"),
                ("issues.checks_failed", "issues.checks"),
                ("callback.satisfied", "callback.answered"),
            ] {
                assert!(value(part) <= value(whole), "{part} of {area}");
            }
        }
        let mapping: toml::Table = toml::from_str(include_str!("metrics.toml")).unwrap();
        let mapped: Vec<&str> = mapping["metrics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|metric| metric["name"].as_str().unwrap())
            .collect();
        let written: Vec<&str> = sheets[0].1.iter().map(|fact| fact.0).collect();
        assert_eq!(mapped, written);
        for name in written {
            assert!(fact::find(name).is_some(), "{name}");
        }
    }
}
