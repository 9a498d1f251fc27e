//! How one area's score came about, in sentences: what it scored and where it stands, each criterion with its points and
//! what the rule says of it, the facts behind, what is absent, and what changed since the period before.

mod chinese;
mod english;

use std::collections::BTreeMap;

use tidyward_kit::fact::{self, ABSENT};
use tidyward_rules::manifest::{Manifest, Rollup};
use uuid::Uuid;

use crate::{
    facts::PeriodFacts,
    metric::{Metric, of_table, plain_decimal},
    rollup::GRID,
    scores::{AreaScore, ScoreNote},
};

/// The language of the sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

/// All that the sentences are about.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    pub period: &'a str,
    pub manifest: &'a Manifest,
    pub area: &'a AreaScore,
    pub facts: &'a [ReadFact],
    pub previous: Option<&'a Previous>,
    /// The issues at which notes point, by the index of the area's round.
    pub issues: &'a BTreeMap<u32, Uuid>,
}

/// A fact that the rule read of the area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFact {
    pub name: String,
    pub zh: String,
    pub en: String,
    pub unit: String,
    pub scale: u8,
    /// Nothing where there is no data.
    pub value: Option<i64>,
}

/// The area's score in the period before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Previous {
    pub period: String,
    /// Rounded to its rule's decimals, in 1/10,000.
    pub rounded: i64,
    pub decimals: u8,
    pub place: u32,
    pub ranked: u32,
    /// Whether it was scored by the same version of the same rule.
    pub same_rule: bool,
}

pub fn sentences(account: &Account, language: Language) -> Vec<String> {
    match language {
        Language::English => english::sentences(account),
        Language::Chinese => chinese::sentences(account),
    }
}

impl Account<'_> {
    /// The issue at which a note points.
    fn issue(&self, note: &ScoreNote) -> Option<Uuid> {
        self.issues.get(&note.issue?).copied()
    }

    /// Whether the score is the mean of the grids below.
    fn is_mean(&self) -> bool {
        self.manifest.rollup == Rollup::Mean && self.area.level != GRID
    }
}

/// The facts that a rule reads of a row, in the manifest's order, with the names that people have for them.
pub fn read_facts(
    manifest: &Manifest,
    facts: &PeriodFacts,
    row: usize,
    declared: &BTreeMap<String, Metric>,
) -> Vec<ReadFact> {
    let one = |name: &String| {
        let metric = declared.get(name).cloned().or_else(|| of_table(name));
        let (zh, en) = titles(name);
        let value = facts.column(name).map_or(ABSENT, |values| values[row]);
        ReadFact {
            name: name.clone(),
            zh,
            en,
            unit: metric
                .as_ref()
                .map(|metric| metric.unit.clone())
                .unwrap_or_default(),
            scale: metric.map_or(0, |metric| metric.scale),
            value: (value != ABSENT).then_some(value),
        }
    };
    manifest.inputs.iter().map(one).collect()
}

/// What people call a fact, in Chinese and English; of a family's fact, the base's title with the family's.
fn titles(name: &str) -> (String, String) {
    if let Some(own) = name.strip_prefix("metric.") {
        let words = own.replace('_', " ");
        return (words.clone(), words);
    }
    let Some(row) = fact::find(name) else {
        return (name.to_owned(), name.to_owned());
    };
    let parts: Vec<&str> = name.split('.').collect();
    let (true, [service, family, _]) = (row.name != name, parts.as_slice()) else {
        return (row.zh.to_owned(), row.en.to_owned());
    };
    let family_row = fact::TABLE
        .iter()
        .find(|row| row.name == format!("{service}.{family}.*"));
    let (zh, en) = match family_row {
        Some(row) => (row.zh.to_owned(), row.en.to_lowercase()),
        None => (family.replace('_', " "), family.replace('_', " ")),
    };
    (format!("{}（{zh}）", row.zh), format!("{} ({en})", row.en))
}

impl ReadFact {
    /// The value as people write it; empty where there is none.
    pub fn text(&self) -> String {
        self.value
            .map(|value| plain_decimal(value, self.scale))
            .unwrap_or_default()
    }
}

/// Points without the zeros that say nothing.
fn points(units: i64) -> String {
    plain_decimal(units, 4)
}

#[cfg(test)]
mod tests;
