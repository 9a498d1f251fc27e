//! Reading typed fields out of TOML: every reader notes what is wrong under its path and line and goes on,
//! so that an author sees all problems at once.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Problem, ProblemKind, Text};
use crate::points::parse_points;
use crate::text::{is_hidden, shown};

/// No number in a manifest may be larger than this, so that no sum of items can overflow: a thousand million points.
const LARGEST: i64 = 1_000_000_000 * crate::points::UNITS;

/// One table of the manifest and where it stands.
pub(super) struct Table<'d, 'i> {
    pub path: String,
    pub line: usize,
    pub entries: &'d DeTable<'i>,
}

impl Table<'_, '_> {
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// The source with the problems found so far.
pub(super) struct Fields<'s> {
    pub source: &'s str,
    pub problems: Vec<Problem>,
    /// Where lines end. They are counted once: there may be as many problems as lines.
    line_ends: Vec<usize>,
}

impl<'s> Fields<'s> {
    pub fn of(source: &'s str) -> Self {
        let ends = source
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n');
        Self {
            source,
            problems: Vec::new(),
            line_ends: ends.map(|(at, _)| at).collect(),
        }
    }
}

impl Fields<'_> {
    pub fn line_at(&self, offset: usize) -> usize {
        self.line_ends.partition_point(|end| *end < offset) + 1
    }

    pub fn problem(
        &mut self,
        path: impl Into<String>,
        line: usize,
        kind: ProblemKind,
        message: impl Into<String>,
    ) {
        self.problems.push(Problem {
            path: shown(path),
            message: shown(message),
            line: Some(line),
            kind,
        });
    }

    /// A problem of one key of a table, at the key's own line where it is there.
    pub fn invalid(&mut self, table: &Table, key: &str, message: impl Into<String>) {
        self.reject(table, key, ProblemKind::Invalid, message);
    }

    pub fn unsupported(&mut self, table: &Table, key: &str, message: impl Into<String>) {
        self.reject(table, key, ProblemKind::Unsupported, message);
    }

    fn reject(&mut self, table: &Table, key: &str, kind: ProblemKind, message: impl Into<String>) {
        let line = table
            .entries
            .get(key)
            .map_or(table.line, |value| self.line_at(value.span().start));
        self.problem(table.path_of(key), line, kind, message);
    }

    pub fn only(&mut self, table: &Table, known: &[&str]) {
        for (key, _) in table.entries.iter() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let line = self.line_at(key.span().start);
                let message = format!(
                    "is not a key of the manifest here; it takes: {}",
                    known.join(", ")
                );
                self.problem(table.path_of(name), line, ProblemKind::Invalid, message);
            }
        }
    }

    /// The value of a key that must be there.
    fn required<'d, 'i>(
        &mut self,
        table: &Table<'d, 'i>,
        key: &str,
    ) -> Option<&'d Spanned<DeValue<'i>>> {
        let value = table.entries.get(key);
        if value.is_none() {
            self.invalid(table, key, "is missing");
        }
        value
    }

    pub fn string(&mut self, table: &Table, key: &str) -> Option<String> {
        self.required(table, key)?;
        self.optional_string(table, key)
    }

    pub fn optional_string(&mut self, table: &Table, key: &str) -> Option<String> {
        let value = table.entries.get(key)?.get_ref();
        let Some(text) = value.as_str() else {
            self.invalid(
                table,
                key,
                format!("must be a text in quotes, not {}", value.type_str()),
            );
            return None;
        };
        Some(text.to_owned())
    }

    /// A text for people: not empty, not longer than so many characters, nothing in it that a terminal would act on.
    pub fn prose(&mut self, table: &Table, key: &str, longest: usize) -> String {
        let Some(text) = self.string(table, key) else {
            return String::new();
        };
        if text.trim().is_empty() {
            self.invalid(table, key, "must not be empty");
        }
        if text.chars().count() > longest {
            self.invalid(
                table,
                key,
                format!("must have at most {longest} characters"),
            );
        }
        if text.contains(is_hidden) {
            self.invalid(table, key, "must have no control characters, no line breaks and nothing else that acts unseen, such as marks that turn the writing direction");
        }
        text
    }

    pub fn text(&mut self, table: &Table, key: &str, longest: usize) -> Text {
        let Some(inner) = self.table(table, key) else {
            return Text::default();
        };
        self.only(&inner, &["zh", "en"]);
        Text {
            zh: self.prose(&inner, "zh", longest),
            en: self.prose(&inner, "en", longest),
        }
    }

    pub fn boolean(&mut self, table: &Table, key: &str, default: bool) -> bool {
        let Some(value) = table.entries.get(key).map(Spanned::get_ref) else {
            return default;
        };
        value.as_bool().unwrap_or_else(|| {
            self.invalid(
                table,
                key,
                format!("must be true or false, not {}", value.type_str()),
            );
            default
        })
    }

    /// A whole number from 0 to `largest`.
    pub fn count(&mut self, table: &Table, key: &str, largest: u32) -> Option<u32> {
        let value = table.entries.get(key)?.get_ref();
        let number = value
            .as_integer()
            .and_then(|integer| u32::from_str_radix(integer.as_str(), integer.radix()).ok());
        if number.is_none_or(|number| number > largest) {
            self.invalid(
                table,
                key,
                format!("must be a whole number from 0 to {largest}"),
            );
            return None;
        }
        number
    }

    /// An exact decimal in quotes, in units.
    pub fn points(&mut self, table: &Table, key: &str) -> Option<i64> {
        let value = self.required(table, key)?.get_ref();
        let Some(text) = value.as_str() else {
            self.invalid(
                table,
                key,
                format!(
                    "must be a decimal in quotes, such as \"12.5\", not {}",
                    value.type_str()
                ),
            );
            return None;
        };
        match parse_points(text) {
            Ok(units) if units.abs() <= LARGEST => return Some(units),
            Ok(_) => self.invalid(table, key, "must be from -1000000000 to 1000000000"),
            Err(error) => self.invalid(table, key, error.to_string()),
        }
        None
    }

    /// The two ends of a range, the lower one first.
    pub fn min_max(&mut self, table: &Table) -> Option<(i64, i64)> {
        let (min, max) = (self.points(table, "min"), self.points(table, "max"));
        let (min, max) = (min?, max?);
        if min > max {
            self.invalid(table, "min", "must not be above max");
            return None;
        }
        Some((min, max))
    }

    /// One of a few words; the first is the default.
    pub fn choice<T: Copy>(&mut self, table: &Table, key: &str, words: &[(&str, T)]) -> T {
        let default = words[0].1;
        let Some(text) = self.optional_string(table, key) else {
            return default;
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let names: Vec<String> = words
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        self.invalid(table, key, format!("must be {}", names.join(" or ")));
        default
    }

    /// A name in the manifest's own alphabet: small letters, digits and one joining character.
    pub fn id(&mut self, table: &Table, joiner: char) -> String {
        let Some(id) = self.string(table, "id") else {
            return String::new();
        };
        let allowed = |letter: char| {
            letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == joiner
        };
        if id.is_empty() || id.len() > 60 || !id.chars().all(allowed) {
            self.invalid(
                table,
                "id",
                format!("must be 1 to 60 of a to z, 0 to 9 and {joiner}"),
            );
        }
        id
    }

    pub fn strings(&mut self, table: &Table, key: &str, most: usize) -> Vec<(String, usize)> {
        let Some(value) = table.entries.get(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.invalid(table, key, "must be a list of texts");
            return Vec::new();
        };
        self.at_most(table, key, array.len(), most);
        let mut strings = Vec::new();
        for (index, element) in array.iter().take(most).enumerate() {
            let line = self.line_at(element.span().start);
            match element.get_ref().as_str() {
                Some(text) => strings.push((text.to_owned(), line)),
                None => self.problem(
                    format!("{}[{index}]", table.path_of(key)),
                    line,
                    ProblemKind::Invalid,
                    "must be a text in quotes",
                ),
            }
        }
        strings
    }

    pub fn table<'d, 'i>(&mut self, table: &Table<'d, 'i>, key: &str) -> Option<Table<'d, 'i>> {
        let value = self.required(table, key)?;
        let Some(entries) = value.get_ref().as_table() else {
            self.invalid(table, key, "must be a table");
            return None;
        };
        Some(Table {
            path: table.path_of(key),
            line: self.line_at(value.span().start),
            entries,
        })
    }

    pub fn tables<'d, 'i>(
        &mut self,
        table: &Table<'d, 'i>,
        key: &str,
        most: usize,
    ) -> Vec<Table<'d, 'i>> {
        let Some(value) = table.entries.get(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.invalid(table, key, format!("must be written as [[{key}]] tables"));
            return Vec::new();
        };
        self.at_most(table, key, array.len(), most);
        let mut tables = Vec::new();
        for (index, element) in array.iter().take(most).enumerate() {
            let path = format!("{}[{index}]", table.path_of(key));
            let line = self.line_at(element.span().start);
            match element.get_ref().as_table() {
                Some(entries) => tables.push(Table {
                    path,
                    line,
                    entries,
                }),
                None => self.problem(path, line, ProblemKind::Invalid, "must be a table"),
            }
        }
        tables
    }

    fn at_most(&mut self, table: &Table, key: &str, count: usize, most: usize) {
        if count > most {
            self.invalid(table, key, format!("has {count} entries; {most} at most"));
        }
    }
}
