//! The manifest says what a rule is, in data: it is read and checked whole without running a line of the rule.

mod entries;
mod fields;
mod sections;
mod totals;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

pub(crate) use entries::MOST_STARS;

use crate::points::{ABSENT, parse_points, round_to};

/// What a rule says of itself. All numbers of points are in units of 1/10,000.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// Unique in the district, `[a-z0-9-]+`.
    pub id: String,
    /// Immutable once pushed.
    pub version: semver::Version,
    pub title: Text,
    pub subject: Subject,
    pub direction: Direction,
    pub range: Range,
    /// The total is 100 x sum / (sum of the present criteria's `max`) instead of the sum.
    pub normalise: bool,
    /// Decimal places for ranks, bands and display.
    pub decimals: u8,
    pub floats: Floats,
    pub rollup: Rollup,
    /// The fact that weighs a mean; only with [`Rollup::Mean`].
    pub weight: Option<String>,
    pub lists: Option<Lists>,
    /// The facts asked for, in the order in which the rule gets them.
    pub inputs: Vec<String>,
    pub issue_table: bool,
    pub categories: Vec<String>,
    pub criteria: Vec<Criterion>,
    pub parameters: Vec<Parameter>,
    pub messages: Vec<Message>,
    /// Best band first; empty when the rule gives the stars itself.
    pub stars: Vec<Band>,
    /// The TOML text as it was given; its bytes are what a digest covers.
    pub source: String,
}

/// One text in Chinese and in English.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub zh: String,
    pub en: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Area,
    /// Responsible units; refused by this release.
    Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    HigherIsBetter,
    LowerIsBetter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floats {
    None,
    Ieee,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rollup {
    Facts,
    /// The mean over grids, weighted by a fact.
    Mean,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    pub min: i64,
    pub max: i64,
}

/// How many places the red and the black list have, and how many ranked areas a group needs for any list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lists {
    pub red: u32,
    pub black: u32,
    pub smallest_group: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion {
    pub id: String,
    pub min: i64,
    pub max: i64,
    /// The total is absent where this item is.
    pub required: bool,
    pub title: Text,
    /// The regulation's words.
    pub clause: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub id: String,
    pub default: i64,
    pub min: i64,
    pub max: i64,
    pub unit: String,
}

/// What the rule may say about a row; `{0}` stands for the note's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub text: Text,
}

/// `threshold` is `at_least` where higher is better, `at_most` where lower is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    pub stars: u8,
    pub threshold: i64,
}

/// What sort of trouble a [`Problem`] is, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    Invalid,
    UnknownFact,
    /// Part of the design, and not of this release.
    Unsupported,
}

/// One thing wrong with a manifest or with a parameter, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is, such as `criteria[2].max`; empty for the whole.
    pub path: String,
    pub message: String,
    /// The line of the manifest, from 1, where one can be named.
    pub line: Option<usize>,
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(formatter, "{}", self.path)?;
            if let Some(line) = self.line {
                write!(formatter, " (line {line})")?;
            }
            formatter.write_str(": ")?;
        }
        formatter.write_str(&self.message)
    }
}

impl Manifest {
    /// Reads and checks a manifest and tells all its problems at once. `known_fact` answers for every
    /// input but `metric.<name>`, which a district may always record.
    pub fn parse(source: &str, known_fact: &dyn Fn(&str) -> bool) -> Result<Self, Vec<Problem>> {
        sections::parse(source, known_fact)
    }

    /// Whether scores depend on the fact: as an input, or as the weight of a mean.
    pub fn reads(&self, fact: &str) -> bool {
        let mut names = self.inputs.iter().chain(&self.weight);
        names.any(|name| name == fact)
    }

    /// The total as it is ranked and shown.
    pub fn rounded(&self, total: i64) -> i64 {
        round_to(total, self.decimals)
    }

    /// The stars by bands, of the rounded total; none where it is absent, below every band, or there are no bands.
    pub fn stars(&self, total: i64) -> Option<u8> {
        if total == ABSENT {
            return None;
        }
        let rounded = self.rounded(total);
        let reached = |band: &&Band| match self.direction {
            Direction::HigherIsBetter => rounded >= band.threshold,
            Direction::LowerIsBetter => rounded <= band.threshold,
        };
        self.stars.iter().find(reached).map(|band| band.stars)
    }

    /// The parameters in the manifest's order: defaults, with what a district sets as exact decimals in their place.
    pub fn parameters(
        &self,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Vec<i64>, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut invalid = |id: &str, message: String| {
            problems.push(Problem {
                path: id.to_owned(),
                message,
                line: None,
                kind: ProblemKind::Invalid,
            });
        };
        for id in overrides.keys() {
            if !self.parameters.iter().any(|parameter| parameter.id == *id) {
                let known: Vec<&str> = self
                    .parameters
                    .iter()
                    .map(|parameter| parameter.id.as_str())
                    .collect();
                invalid(
                    id,
                    match known.is_empty() {
                        true => "is not a parameter: the rule has none".to_owned(),
                        false => format!(
                            "is not a parameter of the rule; it has: {}",
                            known.join(", ")
                        ),
                    },
                );
            }
        }
        let mut values = Vec::with_capacity(self.parameters.len());
        for parameter in &self.parameters {
            let value = match overrides.get(&parameter.id).map(|text| parse_points(text)) {
                None => parameter.default,
                Some(Ok(value)) if (parameter.min..=parameter.max).contains(&value) => value,
                Some(Ok(_)) => {
                    invalid(
                        &parameter.id,
                        format!(
                            "must be from {} to {} {}",
                            shown(parameter.min),
                            shown(parameter.max),
                            parameter.unit
                        ),
                    );
                    parameter.default
                }
                Some(Err(error)) => {
                    invalid(&parameter.id, error.to_string());
                    parameter.default
                }
            };
            values.push(value);
        }
        if problems.is_empty() {
            Ok(values)
        } else {
            Err(problems)
        }
    }
}

impl Criterion {
    /// The first of the items that is neither absent nor in the range.
    pub(crate) fn first_outside(&self, items: &[i64]) -> Option<i64> {
        let outside = |item: &i64| *item != ABSENT && !(self.min..=self.max).contains(item);
        items.iter().copied().find(outside)
    }
}

impl Message {
    /// The message in words with the note's number, which is in units, in place of `{0}`.
    pub fn render(&self, value: i64) -> Text {
        let number = shown(value);
        Text {
            zh: self.text.zh.replace("{0}", &number),
            en: self.text.en.replace("{0}", &number),
        }
    }
}

/// A number of points as a manifest writes it: no more decimals than it needs.
fn shown(units: i64) -> String {
    let text = crate::points::format_points(units, 4);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
