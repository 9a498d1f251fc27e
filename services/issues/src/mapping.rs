//! The mapping of an import: which column of a CSV file is what, and what its values mean. TOML text, explained by the
//! example in `deploy/examples`; a key that means nothing is refused.

mod time;

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;
use serde::Deserialize;
use tidyward_kit::{
    Error, Reason, fact,
    table::{FileSection, TableFormat},
};
use tidyward_proto::v1::Datum;

use crate::{
    category::{Category, Title},
    issue::Source,
    limit::Limit,
};

pub use time::TimeFormat;

/// The names of sources, as mappings write them.
const SOURCES: [(&str, Source); 7] = [
    ("patrol", Source::Patrol),
    ("resident", Source::Resident),
    ("hotline", Source::Hotline),
    ("inspection", Source::Inspection),
    ("video", Source::Video),
    ("media", Source::Media),
    ("transfer", Source::Transfer),
];

/// The names of datums, as mappings write them.
const DATUMS: [(&str, Datum); 3] = [
    ("wgs84", Datum::Wgs84),
    ("gcj02", Datum::Gcj02),
    ("bd09", Datum::Bd09),
];

/// A mapping that fits together.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Names the file's origin; a part of each issue's identity.
    pub source: String,
    pub file: TableFormat,
    pub columns: Columns,
    /// What latitude and longitude are in. WGS 84 where the mapping does not say.
    pub datum: Datum,
    pub time: TimeFormat,
    /// What each status means. Empty where there is no such column.
    pub statuses: HashMap<String, Status>,
    /// Where reports came from, where no column says otherwise.
    pub issue_source: Option<Source>,
    pub issue_sources: HashMap<String, Source>,
    pub categories: Vec<Category>,
    /// The code for each value of the category's column.
    pub category_values: HashMap<String, String>,
}

/// What a status says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub closed: bool,
    pub duplicate: bool,
}

/// Headers of the columns.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    pub identity: String,
    pub reported: String,
    pub category: String,
    pub closed: Option<String>,
    pub status: Option<String>,
    pub latitude: Option<String>,
    pub longitude: Option<String>,
    pub address: Option<String>,
    pub description: Option<String>,
    pub issue_source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: String,
    #[serde(default)]
    file: FileSection,
    issue_source: Option<String>,
    columns: Columns,
    datum: Option<String>,
    time: TimeTable,
    status: Option<StatusTable>,
    #[serde(default)]
    issue_sources: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    categories: Vec<CategoryTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeTable {
    format: String,
    zone: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct StatusTable {
    closed: Vec<String>,
    open: Vec<String>,
    duplicate: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryTable {
    code: String,
    #[serde(default)]
    title: TitleTable,
    #[serde(default)]
    values: Vec<String>,
    handling: Option<String>,
    total: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TitleTable {
    zh: String,
    en: String,
}

impl Mapping {
    /// Reads a mapping; an error names every key that is wrong.
    pub fn parse(text: &str) -> Result<Mapping, Error> {
        let file: File = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            invalid(&[format!("line {line}: {}", error.message().trim())])
        })?;
        let mut wrong = Vec::new();
        let mapping = file.check(&mut wrong);
        mapping
            .filter(|_| wrong.is_empty())
            .ok_or_else(|| invalid(&wrong))
    }
}

fn invalid(wrong: &[String]) -> Error {
    let message = format!("the mapping cannot be used: {}", wrong.join("; "));
    Error::new(Reason::MappingInvalid, message)
}

impl File {
    fn check(mut self, wrong: &mut Vec<String>) -> Option<Mapping> {
        let file = std::mem::take(&mut self.file).check(wrong);
        if self.source.is_empty()
            || self.source.chars().count() > 100
            || self.source.contains(char::is_control)
        {
            wrong.push(
                "`source` must be 1 to 100 characters that name where the file is from".to_owned(),
            );
        }
        if self.columns.latitude.is_some() != self.columns.longitude.is_some() {
            wrong.push(
                "`columns.latitude` and `columns.longitude` belong together; name both or none"
                    .to_owned(),
            );
        }
        let datum = self.datum(wrong);
        let statuses = self.statuses(wrong);
        let issue_source = self
            .issue_source
            .as_deref()
            .and_then(|name| source("issue_source", name, wrong));
        let issue_sources = self.issue_sources(wrong);
        let time = self.time.check(wrong);
        let (categories, category_values) = check_categories(self.categories, wrong);
        Some(Mapping {
            source: self.source,
            file,
            columns: self.columns,
            datum,
            time: time?,
            statuses,
            issue_source,
            issue_sources,
            categories,
            category_values,
        })
    }

    fn datum(&self, wrong: &mut Vec<String>) -> Datum {
        let Some(name) = &self.datum else {
            return Datum::Wgs84;
        };
        if self.columns.latitude.is_none() {
            wrong.push(
                "`datum` needs `columns.latitude` and `columns.longitude`, whose datum it is"
                    .to_owned(),
            );
        }
        let row = DATUMS.iter().find(|row| row.0 == name);
        row.map_or_else(
            || {
                let names: Vec<&str> = DATUMS.iter().map(|row| row.0).collect();
                let names = names.join(", ");
                wrong.push(format!("`datum`: `{name}` is no datum; one of {names}"));
                Datum::Unspecified
            },
            |row| row.1,
        )
    }

    fn statuses(&self, wrong: &mut Vec<String>) -> HashMap<String, Status> {
        let mut statuses: HashMap<String, Status> = HashMap::new();
        let Some(table) = &self.status else {
            if self.columns.status.is_some() {
                wrong.push(
                    "`columns.status` needs a table `[status]` that says what its values mean"
                        .to_owned(),
                );
            }
            return statuses;
        };
        if self.columns.status.is_none() {
            wrong.push(
                "`[status]` needs `columns.status`, the column that holds the values".to_owned(),
            );
        }
        for value in &table.closed {
            if table.open.contains(value) {
                wrong.push(format!(
                    "`{value}` is both in `status.closed` and in `status.open`"
                ));
            }
            if self.columns.closed.is_none() && !table.duplicate.contains(value) {
                wrong.push(
                    "`status.closed` needs `columns.closed`, the column with the time of closing"
                        .to_owned(),
                );
            }
            statuses.entry(value.clone()).or_default().closed = true;
        }
        for value in &table.open {
            statuses.entry(value.clone()).or_default();
        }
        for value in &table.duplicate {
            statuses.entry(value.clone()).or_default().duplicate = true;
        }
        statuses
    }

    fn issue_sources(&self, wrong: &mut Vec<String>) -> HashMap<String, Source> {
        let mut sources = HashMap::new();
        for (name, values) in &self.issue_sources {
            let Some(source) = source("issue_sources", name, wrong) else {
                continue;
            };
            for value in values {
                if sources.insert(value.clone(), source).is_some() {
                    wrong.push(format!("`{value}` is twice in `issue_sources`"));
                }
            }
        }
        match (&self.columns.issue_source, &self.issue_source) {
            (None, None) => wrong.push("`issue_source` is missing: one of patrol, resident, hotline, inspection, video, media, transfer".to_owned()),
            (Some(_), _) if sources.is_empty() => {
                wrong.push("`columns.issue_source` needs a table `[issue_sources]` that says what its values mean".to_owned());
            }
            (None, Some(_)) if !sources.is_empty() => {
                wrong.push("`[issue_sources]` needs `columns.issue_source`, the column that holds the values".to_owned());
            }
            _ => {}
        }
        sources
    }
}

fn source(key: &str, name: &str, wrong: &mut Vec<String>) -> Option<Source> {
    let row = SOURCES.iter().find(|row| row.0 == name);
    if row.is_none() {
        let names: Vec<&str> = SOURCES.iter().map(|row| row.0).collect();
        wrong.push(format!(
            "`{key}`: `{name}` is no source; one of {}",
            names.join(", ")
        ));
    }
    row.map(|row| row.1)
}

impl TimeTable {
    fn check(&self, wrong: &mut Vec<String>) -> Option<TimeFormat> {
        let zone = self.zone.as_ref().map(|name| (name, TimeZone::get(name)));
        let zone = match zone {
            None => None,
            Some((_, Ok(zone))) => Some(zone),
            Some((name, Err(_))) => {
                wrong.push(format!(
                    "`time.zone`: `{name}` is no time zone; write one like `Asia/Shanghai`"
                ));
                None
            }
        };
        match TimeFormat::new(&self.format, zone) {
            Ok(format) => Some(format),
            Err(words) => {
                wrong.push(format!("`time.format`: {words}"));
                None
            }
        }
    }
}

fn check_categories(
    tables: Vec<CategoryTable>,
    wrong: &mut Vec<String>,
) -> (Vec<Category>, HashMap<String, String>) {
    let mut categories: Vec<Category> = Vec::new();
    let mut values = HashMap::new();
    for table in tables {
        let code = table.code;
        if !fact::is_category_code(&code) {
            wrong.push(format!("`categories`: `{code}` is no code; 1 to 40 of a-z, 0-9 and _, beginning with a letter, and none of urgent, own, external, duty"));
        }
        if categories.iter().any(|category| category.code == code) {
            wrong.push(format!(
                "`categories`: `{code}` is there twice; put its values into one"
            ));
        }
        if table
            .title
            .zh
            .chars()
            .count()
            .max(table.title.en.chars().count())
            > 100
        {
            wrong.push(format!(
                "`categories`: the title of `{code}` is longer than 100 characters"
            ));
        }
        for value in table.values {
            if values.insert(value.clone(), code.clone()).is_some() {
                wrong.push(format!("`categories`: the value `{value}` is there twice"));
            }
        }
        let mut limit = |key: &str, text: Option<String>| {
            let limit = text.map(|text| Limit::parse(&text)).transpose();
            limit.unwrap_or_else(|words| {
                wrong.push(format!("`{key}` of `{code}`: {words}"));
                None
            })
        };
        let (handling, total) = (
            limit("handling", table.handling),
            limit("total", table.total),
        );
        let title = Title {
            zh: table.title.zh,
            en: table.title.en,
        };
        categories.push(Category::declared(&code, title, handling, total));
    }
    (categories, values)
}

#[cfg(test)]
mod tests;
