//! The facts of a period as a rule reads them: its columns and, where it asks for it, its issue table.

use std::{fmt, ops::Range};

use tidyward_rules::{
    manifest::Manifest,
    points::ABSENT,
    score::{Facts, Issues},
};

use crate::{codec::Malformed, facts::PeriodFacts, rounds::PeriodRounds};

/// Facts with the issue table of the rule that reads them.
#[derive(Clone, Debug)]
pub struct Reading {
    pub facts: PeriodFacts,
    /// None where the rule asks for none.
    issues: Issues,
}

/// Why a rule cannot read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    Malformed(Malformed),
    /// It asks for the issue table and there are no rounds beside the facts.
    NoRounds,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Malformed(malformed) => malformed.fmt(out),
            Unreadable::NoRounds => out.write_str(
                "the rule asks for the issue table, and no rounds are kept beside these facts; use a rule that does without",
            ),
        }
    }
}

impl std::error::Error for Unreadable {}

impl From<Malformed> for Unreadable {
    fn from(malformed: Malformed) -> Unreadable {
        Unreadable::Malformed(malformed)
    }
}

impl Reading {
    /// Of canonical bytes, the columns that scores depend on alone, so that a large city's facts need not all be in memory.
    pub fn of_bytes(
        manifest: &Manifest,
        facts: &[u8],
        rounds: Option<&[u8]>,
    ) -> Result<Reading, Unreadable> {
        let facts = PeriodFacts::decode_columns(facts, &|name| manifest.reads(name))?;
        Reading::of(manifest, facts, rounds)
    }

    /// `rounds` are canonical bytes.
    pub fn of(
        manifest: &Manifest,
        facts: PeriodFacts,
        rounds: Option<&[u8]>,
    ) -> Result<Reading, Unreadable> {
        let issues = match (manifest.issue_table, rounds) {
            (false, _) => Issues::default(),
            (true, None) => return Err(Unreadable::NoRounds),
            (true, Some(bytes)) => {
                PeriodRounds::decode(bytes, &facts)?.table(&facts, &manifest.categories)
            }
        };
        Ok(Reading { facts, issues })
    }

    pub fn rows(&self) -> usize {
        self.facts.rows.len()
    }

    /// What the rule gets for a range of rows.
    pub fn inputs(&self, manifest: &Manifest, rows: Range<usize>) -> Facts {
        let count = rows.len();
        let mut inputs = Vec::with_capacity(manifest.inputs.len() * count);
        for name in &manifest.inputs {
            match self.facts.column(name) {
                Some(values) => inputs.extend_from_slice(&values[rows.clone()]),
                None => inputs.resize(inputs.len() + count, ABSENT),
            }
        }
        Facts {
            rows: count,
            inputs,
            issues: self.issues.slice(rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::{FactColumn, FactRow},
        honesty::tests::{MORE, rule_with},
        rounds::Round,
        rule,
    };

    fn manifest(more: &str) -> Manifest {
        let bytes = rule_with("issues.closed", "higher-is-better", MORE, more);
        rule::inspect(&bytes).unwrap().manifest
    }

    fn facts() -> PeriodFacts {
        let row = |code: &str| FactRow {
            code: code.into(),
            level: 3,
            peer_group: String::new(),
            parent: None,
        };
        PeriodFacts {
            period: "2013-q3".into(),
            rows: vec![row("A"), row("B")],
            columns: vec![FactColumn {
                name: "metric.x".into(),
                values: vec![0, -5],
            }],
        }
    }

    fn rounds() -> Vec<u8> {
        let round = Round {
            row: 1,
            ..Round::default()
        };
        let rounds = PeriodRounds {
            period: "2013-q3".into(),
            categories: vec![crate::rounds::Category {
                code: "litter".into(),
                parent: None,
            }],
            rounds: vec![round],
        };
        rounds.encode()
    }

    #[test]
    fn a_fact_that_is_nowhere_is_absent_to_the_rule() {
        let reading = Reading::of(&manifest(""), facts(), Some(&rounds())).unwrap();
        let expected = Facts {
            rows: 1,
            inputs: vec![ABSENT],
            ..Facts::default()
        };
        assert_eq!(reading.inputs(&manifest(""), 1..2), expected);
        let mut named = manifest("");
        named.inputs = vec!["metric.x".into()];
        assert_eq!(reading.inputs(&named, 1..2).inputs, [-5]);
    }

    #[test]
    fn only_a_rule_that_asks_for_it_gets_the_issue_table() {
        let asks = manifest("issue_table = true\ncategories = [\"litter\"]");
        let reading = Reading::of(&asks, facts(), Some(&rounds())).unwrap();
        assert_eq!(reading.inputs(&asks, 0..2).issues.starts, [0, 0, 1]);
        assert_eq!(reading.inputs(&asks, 1..2).issues.category, [0]);
        let none = Reading::of(&asks, facts(), None).map(|_| ());
        assert_eq!(none, Err(Unreadable::NoRounds));
        let cut = Reading::of(&asks, facts(), Some(&rounds()[1..])).map(|_| ());
        assert!(matches!(cut, Err(Unreadable::Malformed(_))));
    }
}
