//! Reads a GeoJSON file feature by feature and makes statements of areas of it, as a mapping says.

mod collection;

use std::{collections::BTreeSet, io::Read};

use serde_json::{Map, Value};
use tidyward_kit::{error::Reason, import::Problem};
use tidyward_proto::v1::ImportProblemKind;

use crate::{
    area::{Level, Measures, Statement, check_code},
    boundary::Boundary,
    mapping::{AreaMapping, Mapping},
    template::{Template, Unfilled, value},
};

/// The longest name and peer group, in characters.
const LONGEST_NAME: usize = 200;
/// Features of one file at most.
const MOST_FEATURES: u64 = 1_000_000;
/// Beyond it no count and no size on earth goes.
const LARGEST: f64 = 1e15;

/// A feature that could be read: from the top down what it says of areas, the last of which has its boundary.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Its number in the file, from 1.
    pub line: u64,
    pub statements: Vec<Statement>,
    pub boundary: Boundary,
}

/// All that was read of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    pub read: u64,
    pub good: Vec<Feature>,
    /// Features that could not be read: line, and the code of their area where that could be read.
    pub bad: Vec<(u64, Option<String>)>,
    pub problems: Vec<Problem>,
}

/// Reads the whole file. Single features that are wrong become problems; a file that is no feature collection, or has
/// nowhere a property that the mapping names, is an error.
pub fn read(file: impl Read, mapping: &Mapping) -> Result<Features, Unusable> {
    let mut features = Features::default();
    let mut seen = BTreeSet::new();
    let named = mapping.properties();
    collection::each_feature(file, |feature| {
        features.read += 1;
        if features.read > MOST_FEATURES {
            return;
        }
        let line = features.read;
        if let Some(Value::Object(properties)) = feature.get("properties") {
            let names = named.iter().map(|one| one.1);
            seen.extend(names.filter(|name| properties.contains_key(*name)));
        }
        let mut reader = FeatureReader {
            line,
            code: None,
            problems: Vec::new(),
        };
        match reader.feature(&feature, mapping) {
            Some(good) if reader.problems.is_empty() => features.good.push(good),
            _ => features.bad.push((line, reader.code)),
        }
        features.problems.append(&mut reader.problems);
    })?;
    if features.read == 0 {
        let words = "the file holds no feature; export the layer again";
        return Err(Unusable::file(words.to_owned()));
    }
    if features.read > MOST_FEATURES {
        let words = format!("the file holds more than {MOST_FEATURES} features; split it");
        return Err(Unusable::file(words));
    }
    let missing: Vec<&(String, &str)> = named.iter().filter(|one| !seen.contains(one.1)).collect();
    if missing.is_empty() {
        Ok(features)
    } else {
        Err(lacks(&missing))
    }
}

/// Why nothing of a file can be used, and the problems to list for it.
#[derive(Debug)]
pub struct Unusable {
    pub reason: Reason,
    pub words: String,
    pub problems: Vec<Problem>,
}

impl Unusable {
    fn file(words: String) -> Unusable {
        Unusable {
            reason: Reason::FileUnreadable,
            words,
            problems: Vec::new(),
        }
    }
}

/// A property that is nowhere in the file is a slip in the mapping, not a thousand bad features.
fn lacks(missing: &[&(String, &str)]) -> Unusable {
    let words = |one: &(String, &str)| {
        let (key, name) = one;
        format!(
            "no feature has the property `{name}`, which the mapping names in {key}; correct the mapping"
        )
    };
    let problem = |one: &&(String, &str)| rejected(1, one.1, Reason::ColumnMissing, words(one));
    let told: Vec<String> = missing.iter().map(|one| words(one)).collect();
    Unusable {
        reason: Reason::ColumnMissing,
        words: told.join("; "),
        problems: missing.iter().map(problem).collect(),
    }
}

/// A problem of a feature that did not go in.
pub fn rejected(line: u64, column: &str, reason: Reason, message: String) -> Problem {
    Problem {
        kind: ImportProblemKind::Rejected,
        line,
        column: column.to_owned(),
        reason,
        message,
    }
}

struct FeatureReader {
    line: u64,
    /// Code of the feature's own area, once it is known.
    code: Option<String>,
    problems: Vec<Problem>,
}

impl FeatureReader {
    /// Everything that is wrong becomes a problem, not only the first.
    fn feature(&mut self, feature: &Value, mapping: &Mapping) -> Option<Feature> {
        if feature.get("type").and_then(Value::as_str) != Some("Feature") {
            self.tell(
                "",
                Reason::ValueInvalid,
                "is no GeoJSON Feature; export the layer again".to_owned(),
            );
            return None;
        }
        let none = Map::new();
        let properties = match feature.get("properties") {
            Some(Value::Object(properties)) => properties,
            _ => &none,
        };
        let mut statements: Vec<Statement> = Vec::with_capacity(mapping.areas.len());
        for area in &mapping.areas {
            let above = statements.last().map(|statement| statement.code.clone());
            statements.extend(self.statement(properties, area, above));
        }
        if statements.len() == mapping.areas.len() {
            self.code = statements.last().map(|statement| statement.code.clone());
        }
        let boundary = Boundary::parse(feature.get("geometry").unwrap_or(&Value::Null));
        let boundary = boundary
            .map_err(|refusal| self.tell("geometry", refusal.reason, refusal.words))
            .ok()?;
        Some(Feature {
            line: self.line,
            statements,
            boundary,
        })
    }

    fn statement(
        &mut self,
        properties: &Map<String, Value>,
        area: &AreaMapping,
        above: Option<String>,
    ) -> Option<Statement> {
        let code = self.code(properties, &area.code);
        let parent = match &area.parent {
            Some(template) => self.parent(properties, template, area.level),
            None => Some(above),
        };
        let display_name = self.text(properties, area.name.as_ref());
        let peer_group = self.text(properties, area.peer_group.as_ref());
        let [households, population, area_m2, road_metres] = area
            .measures()
            .map(|(key, name)| self.measure(properties, key, name?));
        Some(Statement {
            code: code?,
            level: area.level,
            kind: area.kind,
            display_name,
            parent: parent?,
            peer_group,
            measures: Measures {
                households,
                population,
                area_m2,
                road_metres,
            },
        })
    }

    /// Nothing is above the top level, where an empty parent is no mistake.
    fn parent(
        &mut self,
        properties: &Map<String, Value>,
        template: &Template,
        level: Level,
    ) -> Option<Option<String>> {
        match template.fill(properties) {
            Err(Unfilled::Empty(_)) if level == Level::Subdistrict => Some(None),
            _ => self.code(properties, template).map(Some),
        }
    }

    /// A code must be there.
    fn code(&mut self, properties: &Map<String, Value>, template: &Template) -> Option<String> {
        let column = template.properties().collect::<Vec<&str>>().join(", ");
        match template.fill(properties) {
            Ok(code) => match check_code(&code) {
                Ok(()) if code.is_empty() => {
                    self.tell(
                        &column,
                        Reason::ValueMissing,
                        "the code is empty; fill it in".to_owned(),
                    );
                    None
                }
                Ok(()) => Some(code),
                Err(refusal) => {
                    self.tell(&column, refusal.reason, refusal.words);
                    None
                }
            },
            Err(Unfilled::Missing(name)) => {
                let words =
                    format!("the feature has no property `{name}`; add it or correct the mapping");
                self.tell(&name, Reason::ColumnMissing, words);
                None
            }
            Err(Unfilled::Empty(name)) => {
                let words =
                    format!("property `{name}` is empty and a code is made of it; fill it in");
                self.tell(&name, Reason::ValueMissing, words);
                None
            }
            Err(Unfilled::Unreadable(name)) => {
                let words = format!("property `{name}` is neither text nor a number; correct it");
                self.tell(&name, Reason::ValueInvalid, words);
                None
            }
        }
    }

    /// A text may be left out: then the file says nothing of it.
    fn text(
        &mut self,
        properties: &Map<String, Value>,
        template: Option<&Template>,
    ) -> Option<String> {
        let template = template?;
        match template.fill(properties) {
            Ok(text)
                if text.chars().count() <= LONGEST_NAME && !text.chars().any(char::is_control) =>
            {
                Some(text).filter(|text| !text.is_empty())
            }
            Ok(_) => {
                let column = template.properties().collect::<Vec<&str>>().join(", ");
                let words = format!(
                    "has more than {LONGEST_NAME} characters or control characters; shorten it"
                );
                self.tell(&column, Reason::ValueInvalid, words);
                None
            }
            Err(Unfilled::Unreadable(name)) => {
                let words = format!("property `{name}` is neither text nor a number; correct it");
                self.tell(&name, Reason::ValueInvalid, words);
                None
            }
            Err(Unfilled::Missing(_) | Unfilled::Empty(_)) => None,
        }
    }

    /// A count is whole; a size in metres may have decimals and is rounded.
    fn measure(&mut self, properties: &Map<String, Value>, key: &str, name: &str) -> Option<i64> {
        let text = match value(properties, name) {
            Ok(text) => text,
            Err(Unfilled::Missing(_) | Unfilled::Empty(_)) => return None,
            Err(Unfilled::Unreadable(_)) => String::new(),
        };
        let number = text
            .parse::<f64>()
            .ok()
            .filter(|number| (0.0..=LARGEST).contains(number));
        let may_round = matches!(key, "area_m2" | "road_metres");
        let number = number.filter(|number| may_round || number.fract() == 0.0);
        if number.is_none() {
            let kind = if may_round {
                "a number"
            } else {
                "a whole number"
            };
            let words =
                format!("`{text}` is not {kind} of 0 or more, as {key} must be; correct it");
            self.tell(name, Reason::ValueInvalid, words);
        }
        number.map(|number| number.round() as i64)
    }

    /// The same is told once, though several areas are made of one property.
    fn tell(&mut self, column: &str, reason: Reason, message: String) {
        let problem = rejected(self.line, column, reason, message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

#[cfg(test)]
mod tests;
