//! An area: one node of a district's tree, and its history. What may change is in its versions; the past is never moved.

use jiff::civil::Date;
use tidyward_kit::error::Reason;

/// How high an area stands; the order is from the top down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Subdistrict,
    Community,
    Grid,
}

impl Level {
    /// Every level with its number on the wire and in the store, and its name in a mapping.
    const TABLE: [(Level, i32, &'static str); 3] = [
        (Level::Subdistrict, 1, "subdistrict"),
        (Level::Community, 2, "community"),
        (Level::Grid, 3, "grid"),
    ];

    pub fn number(self) -> i32 {
        Level::TABLE
            .iter()
            .find(|row| row.0 == self)
            .map_or(0, |row| row.1)
    }

    pub fn from_number(number: i32) -> Option<Level> {
        Level::TABLE
            .iter()
            .find(|row| row.1 == number)
            .map(|row| row.0)
    }

    pub fn name(self) -> &'static str {
        Level::TABLE
            .iter()
            .find(|row| row.0 == self)
            .map_or("", |row| row.2)
    }

    pub fn from_name(name: &str) -> Option<Level> {
        Level::TABLE
            .iter()
            .find(|row| row.2 == name)
            .map(|row| row.0)
    }
}

/// What a grid is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Unit,
    Duty,
}

impl Kind {
    /// 0 is not said.
    pub fn number(kind: Option<Kind>) -> i32 {
        match kind {
            None => 0,
            Some(Kind::Unit) => 1,
            Some(Kind::Duty) => 2,
        }
    }

    pub fn from_number(number: i32) -> Option<Kind> {
        match number {
            1 => Some(Kind::Unit),
            2 => Some(Kind::Duty),
            _ => None,
        }
    }

    pub fn from_name(name: &str) -> Option<Kind> {
        match name {
            "unit" => Some(Kind::Unit),
            "duty" => Some(Kind::Duty),
            _ => None,
        }
    }
}

/// What is counted of an area. Absent is unknown, never zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    pub households: Option<i64>,
    pub population: Option<i64>,
    pub area_m2: Option<i64>,
    pub road_metres: Option<i64>,
}

/// What an area is from a day on, until its next version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub valid_from: Date,
    pub display_name: String,
    pub parent: Option<String>,
    /// Empty: ranked among all others of its level.
    pub peer_group: String,
    pub measures: Measures,
    /// GeoJSON geometry in WGS 84, as `Boundary::to_text` writes it.
    pub boundary: Option<String>,
}

/// An area in the version that is valid on some day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    pub code: String,
    pub level: Level,
    pub kind: Option<Kind>,
    pub exists_from: Date,
    /// Its last day. Nothing while no end is known.
    pub exists_until: Option<Date>,
    /// First day of its last version, whichever is valid on the day.
    pub last_change: Date,
    pub version: Version,
}

impl Area {
    /// Changes with every version and with the end. Versions are only ever added, so the last one's day tells how many
    /// there are.
    pub fn etag(&self) -> String {
        etag(self.last_change, self.exists_until)
    }
}

fn etag(last_change: Date, exists_until: Option<Date>) -> String {
    let until = exists_until.map_or(String::new(), |day| day.to_string());
    format!("{last_change}.{until}")
}

/// An area with every version that it has had. Level and kind stay for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub level: Level,
    pub kind: Option<Kind>,
    /// Its last day. Nothing while no end is known.
    pub exists_until: Option<Date>,
    /// Oldest first; there is at least one.
    pub versions: Vec<Version>,
}

impl History {
    /// The version valid on the day; nothing before the area exists or after its end.
    pub fn on(&self, day: Date) -> Option<&Version> {
        if self.exists_until.is_some_and(|until| until < day) {
            return None;
        }
        self.versions
            .iter()
            .rev()
            .find(|version| version.valid_from <= day)
    }

    pub fn exists_from(&self) -> Option<Date> {
        self.versions.first().map(|version| version.valid_from)
    }

    /// The area as it is in one of its versions.
    pub fn area(&self, code: &str, version: &Version) -> Area {
        let first = self.versions.first().unwrap_or(version);
        let last = self.versions.last().unwrap_or(version);
        Area {
            code: code.to_owned(),
            level: self.level,
            kind: self.kind,
            exists_from: first.valid_from,
            exists_until: self.exists_until,
            last_change: last.valid_from,
            version: version.clone(),
        }
    }
}

/// What a file says of an area. A thing that it does not say stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    pub code: String,
    pub level: Level,
    pub kind: Option<Kind>,
    pub display_name: Option<String>,
    pub parent: Option<String>,
    pub peer_group: Option<String>,
    pub measures: Measures,
}

/// Why something that a file says does not go in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    /// What is wrong and what to do.
    pub words: String,
}

impl Refusal {
    pub fn new(reason: Reason, words: impl Into<String>) -> Refusal {
        Refusal {
            reason,
            words: words.into(),
        }
    }
}

/// Checks that the text may be an area's code, which stands in its name: `districts/{district}/areas/{code}`.
pub fn check_code(code: &str) -> Result<(), Refusal> {
    let wrong = |words: String| Err(Refusal::new(Reason::ValueInvalid, words));
    if code.len() > 128 {
        return wrong(format!(
            "a code has at most 128 bytes, this one {}",
            code.len()
        ));
    }
    if code.contains('/') {
        return wrong(format!(
            "code `{code}` holds a slash, which separates the parts of a name; compose another"
        ));
    }
    if code.chars().any(char::is_control) {
        return wrong("the code holds a control character; compose another".to_owned());
    }
    if code.chars().any(char::is_whitespace) {
        return wrong(format!(
            "code `{code}` holds a space; compose another of properties without one"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_kinds_keep_their_numbers_and_names() {
        for (level, number, name) in Level::TABLE {
            assert_eq!(Level::from_number(number), Some(level));
            assert_eq!(Level::from_name(name), Some(level));
            assert_eq!((level.number(), level.name()), (number, name));
        }
        assert_eq!(Level::from_number(0), None);
        assert!(Level::Subdistrict < Level::Community && Level::Community < Level::Grid);
        for kind in [None, Some(Kind::Unit), Some(Kind::Duty)] {
            assert_eq!(Kind::from_number(Kind::number(kind)), kind);
        }
    }

    #[test]
    fn codes_are_opaque_text_that_fits_a_name() {
        for good in ["BEAT-1713", "110101001001", "朝阳-01", &"x".repeat(128)] {
            assert_eq!(check_code(good), Ok(()), "{good}");
        }
        let words = |code: &str| check_code(code).unwrap_err().words;
        assert_eq!(
            words("Census Tract 101, Cook, IL"),
            "code `Census Tract 101, Cook, IL` holds a space; compose another of properties without one"
        );
        assert_eq!(
            words("1/2"),
            "code `1/2` holds a slash, which separates the parts of a name; compose another"
        );
        assert_eq!(
            words("a\u{7}"),
            "the code holds a control character; compose another"
        );
        assert_eq!(
            words(&"x".repeat(129)),
            "a code has at most 128 bytes, this one 129"
        );
    }

    #[test]
    fn a_history_gives_the_version_of_the_day() {
        let version = |from: &str, group: &str| Version {
            valid_from: from.parse().unwrap(),
            display_name: "A".to_owned(),
            parent: None,
            peer_group: group.to_owned(),
            measures: Measures::default(),
            boundary: None,
        };
        let history = History {
            exists_until: None,
            level: Level::Grid,
            kind: None,
            versions: vec![version("2000-01-01", "old"), version("2010-01-01", "new")],
        };
        let group = |day: &str| {
            history
                .on(day.parse().unwrap())
                .map(|one| one.peer_group.as_str())
        };
        assert_eq!(group("1999-12-31"), None);
        assert_eq!(group("2000-01-01"), Some("old"));
        assert_eq!(group("2009-12-31"), Some("old"));
        assert_eq!(group("2010-01-01"), Some("new"));
    }
}
