//! The mapping of an import: which properties of a feature make which areas. TOML text, checked before a file is read.

use jiff::civil::Date;
use serde::Deserialize;
use tidyward_kit::error::{Error, Reason};

use crate::{
    area::{Kind, Level},
    district,
    template::Template,
};

/// A mapping that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// First day of what the file says.
    pub valid_from: Date,
    /// From the top down; the last one is the feature itself and owns its boundary.
    pub areas: Vec<AreaMapping>,
}

/// How one area is made of a feature's properties.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaMapping {
    pub level: Level,
    pub kind: Option<Kind>,
    pub code: Template,
    pub name: Option<Template>,
    pub peer_group: Option<Template>,
    /// Where it is not said, the parent is the area above in the list.
    pub parent: Option<Template>,
    pub households: Option<String>,
    pub population: Option<String>,
    pub area_m2: Option<String>,
    pub road_metres: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MappingText {
    valid_from: Option<toml::Value>,
    areas: Vec<AreaText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaText {
    level: String,
    kind: Option<String>,
    code: String,
    name: Option<String>,
    peer_group: Option<String>,
    parent: Option<String>,
    households: Option<String>,
    population: Option<String>,
    area_m2: Option<String>,
    road_metres: Option<String>,
}

impl Mapping {
    /// Reads a mapping for a district that begins on the day.
    pub fn parse(text: &str, start: Date) -> Result<Mapping, Error> {
        let read: MappingText = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
        let mut wrong = Vec::new();
        let valid_from = valid_from(read.valid_from.as_ref(), start, &mut wrong);
        let count = read.areas.len();
        if !(1..=3).contains(&count) {
            wrong.push(format!(
                "areas: must be listed 1 to 3 times, from the top level down, not {count} times"
            ));
        }
        let mut areas: Vec<AreaMapping> = Vec::new();
        for (number, area) in read.areas.into_iter().enumerate() {
            let above = areas.last().map(|area| area.level);
            areas.extend(area.check(number, above, &mut wrong));
        }
        if wrong.is_empty() {
            return Ok(Mapping { valid_from, areas });
        }
        Err(invalid(wrong.join("; ")))
    }

    /// Every property that it names, with the key that names it. A property may come more than once.
    pub fn properties(&self) -> Vec<(String, &str)> {
        let mut all = Vec::new();
        for (number, area) in self.areas.iter().enumerate() {
            let templates = [
                ("code", Some(&area.code)),
                ("name", area.name.as_ref()),
                ("peer_group", area.peer_group.as_ref()),
                ("parent", area.parent.as_ref()),
            ];
            for (key, template) in templates {
                let names = template.into_iter().flat_map(Template::properties);
                all.extend(names.map(|name| (format!("areas[{number}].{key}"), name)));
            }
            for (key, name) in area.measures() {
                all.extend(name.map(|name| (format!("areas[{number}].{key}"), name)));
            }
        }
        all
    }

    /// The properties that say what is above an area of the level.
    pub fn parent_column(&self, level: Level) -> String {
        let Some(at) = self.areas.iter().position(|area| area.level == level) else {
            return String::new();
        };
        let above = at.checked_sub(1).and_then(|above| self.areas.get(above));
        let template = self.areas[at]
            .parent
            .as_ref()
            .or(above.map(|area| &area.code));
        let names: Vec<&str> = template
            .into_iter()
            .flat_map(Template::properties)
            .collect();
        names.join(", ")
    }
}

impl AreaMapping {
    /// Keys of what is counted, with the property of each.
    pub fn measures(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("households", self.households.as_deref()),
            ("population", self.population.as_deref()),
            ("area_m2", self.area_m2.as_deref()),
            ("road_metres", self.road_metres.as_deref()),
        ]
    }
}

impl AreaText {
    fn check(
        self,
        number: usize,
        above: Option<Level>,
        wrong: &mut Vec<String>,
    ) -> Option<AreaMapping> {
        let mut tell =
            |key: &str, words: &str| wrong.push(format!("areas[{number}].{key}: {words}"));
        let level = Level::from_name(&self.level);
        match (level, above) {
            (None, _) => tell("level", "must be `subdistrict`, `community` or `grid`"),
            (Some(level), Some(above)) if level <= above => {
                tell(
                    "level",
                    "must be below the level of the area before it in the list",
                );
            }
            _ => {}
        }
        let kind = self.kind.as_deref().map(Kind::from_name);
        if kind == Some(None) {
            tell("kind", "must be `unit` or `duty`");
        } else if kind.is_some() && level.is_some_and(|level| level != Level::Grid) {
            tell("kind", "only grids have a kind; leave it out");
        }
        let mut template = |key: &str, text: Option<&str>| {
            let read = text.map(Template::parse)?;
            read.map_err(|words| tell(key, &words)).ok()
        };
        let code = template("code", Some(&self.code));
        let name = template("name", self.name.as_deref());
        let peer_group = template("peer_group", self.peer_group.as_deref());
        let parent = template("parent", self.parent.as_deref());
        Some(AreaMapping {
            level: level?,
            kind: kind.flatten(),
            code: code?,
            name,
            peer_group,
            parent,
            households: self.households,
            population: self.population,
            area_m2: self.area_m2,
            road_metres: self.road_metres,
        })
    }
}

fn valid_from(value: Option<&toml::Value>, start: Date, wrong: &mut Vec<String>) -> Date {
    let text = match value {
        None => return start,
        Some(toml::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    match district::day(&text) {
        None => wrong.push(format!(
            "valid_from: `{text}` must be a day like \"2026-01-31\""
        )),
        Some(day) if day < start => {
            wrong.push(format!("valid_from: {day} is before the district's start, {start}; choose that day or a later one"));
        }
        Some(day) => return day,
    }
    start
}

/// Names the line that TOML, or the list of known keys, refuses.
fn unreadable(text: &str, error: &toml::de::Error) -> Error {
    let words = error.message().trim().replace('\n', "; ");
    let Some(span) = error.span() else {
        return invalid(words);
    };
    let before = text.get(..span.start).unwrap_or_default();
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default().trim();
    invalid(format!("line {number}, `{line}`: {words}"))
}

fn invalid(words: String) -> Error {
    Error::new(
        Reason::MappingInvalid,
        format!("the mapping cannot be used: {words}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Date {
        "2000-01-01".parse().unwrap()
    }

    fn words(text: &str) -> String {
        let error = Mapping::parse(text, start()).unwrap_err();
        assert_eq!(error.reason, Reason::MappingInvalid);
        error
            .message
            .strip_prefix("the mapping cannot be used: ")
            .unwrap()
            .to_owned()
    }

    const GRID: &str = "[[areas]]\nlevel = \"grid\"\ncode = \"{c}\"\n";

    #[test]
    fn a_mapping_begins_with_the_district_unless_it_says_when() {
        assert_eq!(Mapping::parse(GRID, start()).unwrap().valid_from, start());
        for day in ["\"2010-05-01\"", "2010-05-01"] {
            let mapping = Mapping::parse(&format!("valid_from = {day}\n{GRID}"), start()).unwrap();
            assert_eq!(mapping.valid_from.to_string(), "2010-05-01");
        }
        assert_eq!(
            words(&format!("valid_from = \"1999-12-31\"\n{GRID}")),
            "valid_from: 1999-12-31 is before the district's start, 2000-01-01; choose that day or a later one"
        );
        assert_eq!(
            words(&format!("valid_from = \"soon\"\n{GRID}")),
            "valid_from: `soon` must be a day like \"2026-01-31\""
        );
    }

    #[test]
    fn every_key_that_is_wrong_is_named() {
        let told = words(
            "[[areas]]\nlevel = \"block\"\ncode = \"{a\"\n[[areas]]\nlevel = \"grid\"\nkind = \"square\"\ncode = \"\"\n",
        );
        for key in [
            "areas[0].level: must be",
            "areas[0].code: `{a`",
            "areas[1].kind: must be",
            "areas[1].code: is empty",
        ] {
            assert!(told.contains(key), "{told}");
        }
    }

    #[test]
    fn levels_go_down_and_only_grids_have_a_kind() {
        let two = |upper: &str, lower: &str| {
            format!(
                "[[areas]]\nlevel = \"{upper}\"\ncode = \"{{a}}\"\n[[areas]]\nlevel = \"{lower}\"\ncode = \"{{b}}\"\n"
            )
        };
        assert!(Mapping::parse(&two("subdistrict", "grid"), start()).is_ok());
        let order = "areas[1].level: must be below the level of the area before it in the list";
        assert_eq!(words(&two("grid", "community")), order);
        assert_eq!(words(&two("grid", "grid")), order);
        let kind = GRID.replace("grid", "community") + "kind = \"unit\"\n";
        assert_eq!(
            words(&kind),
            "areas[0].kind: only grids have a kind; leave it out"
        );
    }

    #[test]
    fn unknown_and_missing_keys_are_told_with_their_line() {
        let told = words(&format!("{GRID}colour = \"red\"\n"));
        assert!(
            told.starts_with("line 4, `colour = \"red\"`: unknown field `colour`, expected one of"),
            "{told}"
        );
        assert!(words("valid_form = \"2000-01-01\"").contains("unknown field `valid_form`"));
        assert!(words("[[areas]]\nlevel = \"grid\"\n").contains("missing field `code`"));
        assert!(words("areas = []").contains("areas: must be listed 1 to 3 times"));
        assert!(words("").contains("missing field `areas`"));
        assert!(words("= = =").starts_with("line 1, `= = =`: "));
        assert!(
            words("[[areas]]\nlevel = 3\ncode = \"x\"")
                .starts_with("line 2, `level = 3`: invalid type")
        );
    }

    #[test]
    fn a_problem_above_an_area_names_the_properties_that_say_what_is_above() {
        let text = "[[areas]]\nlevel = \"community\"\ncode = \"{a}-{b}\"\n[[areas]]\nlevel = \"grid\"\ncode = \"{c}\"\n";
        let mapping = Mapping::parse(text, start()).unwrap();
        assert_eq!(mapping.parent_column(Level::Grid), "a, b");
        assert_eq!(mapping.parent_column(Level::Community), "");
        let mapping = Mapping::parse(&format!("{GRID}parent = \"{{up}}\"\n"), start()).unwrap();
        assert_eq!(mapping.parent_column(Level::Grid), "up");
        let named: Vec<String> = mapping
            .properties()
            .into_iter()
            .map(|(key, name)| format!("{key}={name}"))
            .collect();
        assert_eq!(named, ["areas[0].code=c", "areas[0].parent=up"]);
    }
}
