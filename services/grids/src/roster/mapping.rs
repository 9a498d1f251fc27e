//! The mapping of a roster: which column says what of a duty, and what its words mean. TOML text, explained by the example
//! in `deploy/examples`; a key that means nothing is refused.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use serde::Deserialize;
use tidyward_kit::{
    error::{Error, Reason},
    fact,
    table::{FileSection, TableFormat},
};

use crate::{district, duty};

/// A mapping that fits together.
#[derive(Clone, Debug)]
pub struct Roster {
    /// Names the file's origin; a part of what makes a row itself.
    pub source: String,
    pub file: TableFormat,
    pub columns: Columns,
    pub constants: Constants,
    /// What stands between the codes of several areas.
    pub separator: Option<String>,
    pub roles: HashMap<String, i32>,
    pub heads: HashMap<String, bool>,
    pub categories: HashMap<String, String>,
    /// As `strftime` has it. Days as ISO 8601 writes them are read too, as a workbook gives them.
    pub day_format: String,
}

/// Headers of the columns.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    pub officer: String,
    pub name: Option<String>,
    pub unit: Option<String>,
    pub role: Option<String>,
    pub areas: Option<String>,
    pub site: Option<String>,
    pub set_name: Option<String>,
    pub category: Option<String>,
    pub head: Option<String>,
    pub roster: Option<String>,
    pub first_day: Option<String>,
    pub last_day: Option<String>,
}

/// What holds where a row says nothing.
#[derive(Clone, Debug, Default)]
pub struct Constants {
    pub role: Option<i32>,
    pub unit: String,
    pub set_name: String,
    pub category: String,
    pub head: bool,
    pub roster: String,
    pub first_day: Option<Date>,
    pub last_day: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RosterText {
    source: String,
    #[serde(default)]
    file: FileSection,
    columns: Columns,
    #[serde(default)]
    constants: ConstantsText,
    #[serde(default)]
    areas: AreasText,
    #[serde(default)]
    roles: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    head: HeadText,
    #[serde(default)]
    categories: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    days: DaysText,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ConstantsText {
    role: Option<String>,
    unit: String,
    set_name: String,
    category: String,
    head: bool,
    roster: String,
    first_day: Option<String>,
    last_day: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AreasText {
    separator: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct HeadText {
    yes: Vec<String>,
    no: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct DaysText {
    format: Option<String>,
}

impl Roster {
    /// Reads a mapping; an error names every key that is wrong.
    pub fn parse(text: &str) -> Result<Roster, Error> {
        let read: RosterText = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            let words = error.message().trim().replace('\n', "; ");
            invalid(&[format!("line {line}: {words}")])
        })?;
        let mut wrong = Vec::new();
        let roster = read.check(&mut wrong);
        if wrong.is_empty() {
            return Ok(roster);
        }
        Err(invalid(&wrong))
    }

    /// The header of the column that says this of a duty; empty where it is a constant.
    pub fn column(&self, field: &str) -> &str {
        let columns = &self.columns;
        let column = match field {
            "officer" => return &columns.officer,
            "display_name" => &columns.name,
            "unit" => &columns.unit,
            "role" => &columns.role,
            "set_name" => &columns.set_name,
            "category" => &columns.category,
            "head" => &columns.head,
            "roster" => &columns.roster,
            "first_day" => &columns.first_day,
            "last_day" => &columns.last_day,
            "site" => &columns.site,
            _ => &columns.areas,
        };
        column.as_deref().unwrap_or_default()
    }
}

impl RosterText {
    fn check(self, wrong: &mut Vec<String>) -> Roster {
        let length = self.source.chars().count();
        if !(1..=100).contains(&length) || self.source.contains(char::is_control) {
            wrong.push(
                "`source` must be 1 to 100 characters that name where the file is from".to_owned(),
            );
        }
        let columns = self.columns;
        if columns.areas.is_none() && columns.site.is_none() {
            wrong.push(
                "`columns` needs `areas` or `site`, the column that says what the duty is for"
                    .to_owned(),
            );
        }
        if columns.role.is_none() && self.constants.role.is_none() {
            wrong.push("`columns.role` or `constants.role` must say as what".to_owned());
        }
        if self.areas.separator.as_deref() == Some("") {
            wrong.push(
                "`areas.separator` must not be empty; leave it out where a row has one area"
                    .to_owned(),
            );
        }
        let roles = words("roles", self.roles, wrong, |name, wrong| {
            role("roles", name, wrong)
        });
        if columns.role.is_some() && roles.is_empty() {
            wrong.push(
                "`columns.role` needs a table `[roles]` that says what its words mean".to_owned(),
            );
        }
        let heads = [("yes", self.head.yes), ("no", self.head.no)];
        let heads = heads.map(|(name, words)| (name.to_owned(), words)).into();
        let heads = words("head", heads, wrong, |name, _| Some(name == "yes"));
        if columns.head.is_some() && heads.is_empty() {
            wrong.push(
                "`columns.head` needs a table `[head]` with its words for `yes` and `no`"
                    .to_owned(),
            );
        }
        let categories = words("categories", self.categories, wrong, |code, wrong| {
            if !fact::is_category_code(code) {
                wrong.push(format!("`categories`: `{code}` is no code of a category"));
            }
            Some(code.to_owned())
        });
        Roster {
            source: self.source,
            file: self.file.check(wrong),
            constants: self.constants.check(wrong),
            columns,
            separator: self.areas.separator,
            roles,
            heads,
            categories,
            day_format: day_format(self.days.format, wrong),
        }
    }
}

impl ConstantsText {
    fn check(self, wrong: &mut Vec<String>) -> Constants {
        let mut day = |key: &str, text: Option<String>| {
            let text = text?;
            let day = district::day(&text);
            if day.is_none() {
                wrong.push(format!(
                    "`constants.{key}`: `{text}` must be a day like \"2026-01-31\""
                ));
            }
            day
        };
        let first_day = day("first_day", self.first_day);
        let last_day = day("last_day", self.last_day);
        let role = self
            .role
            .and_then(|name| role("constants.role", &name, wrong));
        if !duty::is_roster(&self.roster) {
            wrong.push(
                "`constants.roster` must be at most 40 of a-z, 0-9, hyphen and underscore"
                    .to_owned(),
            );
        }
        Constants {
            role,
            unit: self.unit,
            set_name: self.set_name,
            category: self.category,
            head: self.head,
            roster: self.roster,
            first_day,
            last_day,
        }
    }
}

/// What each word of a table's lists means.
fn words<T: Clone>(
    key: &str,
    table: BTreeMap<String, Vec<String>>,
    wrong: &mut Vec<String>,
    meaning: impl Fn(&str, &mut Vec<String>) -> Option<T>,
) -> HashMap<String, T> {
    let mut meanings = HashMap::new();
    for (name, words) in table {
        let Some(meaning) = meaning(&name, wrong) else {
            continue;
        };
        for word in words {
            if meanings.insert(word.clone(), meaning.clone()).is_some() {
                wrong.push(format!("`{key}`: `{word}` is there twice"));
            }
        }
    }
    meanings
}

fn role(key: &str, name: &str, wrong: &mut Vec<String>) -> Option<i32> {
    let row = duty::ROLES
        .iter()
        .find(|row| row.0.eq_ignore_ascii_case(name));
    if row.is_none() {
        wrong.push(format!(
            "`{key}`: `{name}` is no role; one of cadre, street_chief, leader, unit"
        ));
    }
    row.map(|row| row.1)
}

fn day_format(format: Option<String>, wrong: &mut Vec<String>) -> String {
    let format = format.unwrap_or_else(|| "%Y-%m-%d".to_owned());
    // What writes a day and reads the same one back is a format of days.
    let sample = Date::constant(2026, 11, 23);
    let written = jiff::fmt::strtime::format(&format, sample);
    let back = written.and_then(|text| Date::strptime(&format, text));
    if back.ok() != Some(sample) {
        wrong.push(format!(
            "`days.format`: `{format}` is no format of days; write one like `%Y-%m-%d`"
        ));
    }
    format
}

fn invalid(wrong: &[String]) -> Error {
    let message = format!("the mapping cannot be used: {}", wrong.join("; "));
    Error::new(Reason::MappingInvalid, message)
}
