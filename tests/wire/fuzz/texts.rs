//! Random texts: for a field what its name and its comment say that it takes, what answers held, and what nobody should
//! send.

use prost_reflect::FieldDescriptor;
use rand::{Rng, seq::IndexedRandom};

use super::values::{MAPPING, Values, pattern};

/// Plausible and nearly plausible texts for fields of those names.
const BY_NAME: &[(&[&str], &[&str])] = &[
    (
        &["filter"],
        &[
            r#"state = "HANDLING""#,
            r#"state = "HANDLING" AND handling_deadline < "2026-03-01T00:00:00Z""#,
            r#"area = "G1" OR NOT own_report = true"#,
            r#"round > 1"#,
            r#"kind = "ROAD""#,
            r#"officer = "li" AND head = true"#,
            r#"nothing = 1"#,
            r#"state ="#,
            r#"(((state = "CLOSED"))"#,
            r#"state = "\"#,
            "\u{0} = 1",
            r#"round = 99999999999999999999"#,
        ],
    ),
    (
        &["order_by"],
        &[
            "report_time",
            "update_time desc",
            "handling_deadline",
            "category",
            "report_time desc,",
        ],
    ),
    (
        &["url"],
        &[
            "https://receiver.invalid/hook",
            "http://127.0.0.1/",
            "https://user:word@10.0.0.1:99999/",
            "ftp://a",
            "https://",
        ],
    ),
    (
        &["officer", "assignee", "owner", "recipient", "co_handlers"],
        &[
            "li",
            "officer",
            "collector",
            "desk",
            "operator",
            "leader",
            "",
        ],
    ),
    (
        &["category", "categories", "category_id"],
        &["litter", "posters", "other", "nothing"],
    ),
    (
        &["unit", "area_id", "peer_group", "site_id"],
        &["G1", "G9", "C1", "S-1", "城管局"],
    ),
    (
        &["period", "from_period"],
        &[
            "2026-q1", "2025-q4", "2026-01", "2026-13", "1-q1", "2026-q5",
        ],
    ),
    (&["phone"], &["138 0000 0000", "+86-579", "=1+1", ""]),
    (&["condition"], &["", "normal", "urgent", "nothing"]),
    (&["extra"], LIMITS),
    (
        &["mapping"],
        &[MAPPING, "", "[columns]", "a = [[[", "source = 1"],
    ),
];
const DAYS: &[&str] = &[
    "2026-02-13",
    "2026-02-01",
    "2026-02-28",
    "2025-12-31",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "2019-01-01",
];
const LIMITS: &[&str] = &[
    "2 WORKING_DAYS",
    "1.5 WORKING_HOURS",
    "3 URGENT_DAYS",
    "0.0001 URGENT_HOURS",
    "99999999999 WORKING_DAYS",
    "-1 WORKING_DAYS",
    "1e3 WORKING_DAYS",
    "100000 WORKING_DAYS",
    "0 URGENT_DAYS",
    "2",
];
const SHAPES: &[&str] = &[
    r#"{"type":"Polygon","coordinates":[[[120,30],[120.01,30],[120.01,30.01],[120,30.01],[120,30]]]}"#,
    r#"{"type":"Polygon","coordinates":[[[120,30],[121,31],[121,30],[120,31],[120,30]]]}"#,
    r#"{"type":"Point","coordinates":[120.005,30.005]}"#,
    r#"{"type":"Polygon","coordinates":[]}"#,
    r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1e400,0]}]}"#,
];

impl Values {
    /// A text for the field: a name of the right kind, something that the field's own comment gives as an example, what an
    /// answer held, or anything.
    pub(super) fn string(&mut self, field: &FieldDescriptor) -> String {
        let dice = self.random.random_range(0..100);
        if dice < 6 {
            return self.odd();
        }
        if dice < 10 {
            return self.any_learned();
        }
        let said = self
            .comments
            .get(field.full_name())
            .cloned()
            .unwrap_or_default();
        let quoted: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
        let patterns = quoted.iter().filter(|text| text.starts_with("districts/{"));
        let patterns: Vec<&str> = patterns.copied().collect();
        if let Some(pattern) = patterns.choose(&mut self.random) {
            return self.name(pattern);
        }
        if let Some(plausible) = self.by_name(field.name(), &said) {
            return plausible;
        }
        let examples = quoted.iter().filter(|text| !text.contains('{'));
        let examples: Vec<&str> = examples.copied().collect();
        if let Some(example) = examples.choose(&mut self.random)
            && dice < 60
        {
            return (*example).to_owned();
        }
        let known = self.learned.get(field.name());
        let known = known.and_then(|known| known.choose(&mut self.random));
        match known {
            Some(known) if dice < 85 => known.clone(),
            _ => self.word(),
        }
    }

    /// A resource's name of the pattern: one that is there, or one that is not.
    fn name(&mut self, shape: &str) -> String {
        let collections = pattern(shape);
        let known = self.learned.get(&collections);
        let mine = format!("districts/{}", self.district);
        let known: Vec<&String> = known
            .into_iter()
            .flatten()
            .filter(|name| name.starts_with(mine.as_str()))
            .collect();
        if shape == "districts/{district}" && self.random.random_bool(0.97) {
            return mine;
        }
        match known.choose(&mut self.random) {
            Some(known) if self.random.random_bool(0.92) => (*known).clone(),
            _ => {
                let parts = shape.split('/').enumerate();
                let parts = parts.map(|(place, part)| match (place, part.starts_with('{')) {
                    (1, _) => self.district.to_owned(),
                    (_, true) => self.identity(),
                    (_, false) => part.to_owned(),
                });
                parts.collect::<Vec<_>>().join("/")
            }
        }
    }

    fn identity(&mut self) -> String {
        const KNOWN: [&str; 12] = [
            "G1", "G2", "C1", "litter", "other", "2026-q1", "2026-01", "2025-q4", "standard", "1",
            "li", "gate",
        ];
        match self.random.random_range(0..3) {
            0 => self.uuid(),
            1 => self.odd().replace('/', "-"),
            _ => (*KNOWN.choose(&mut self.random).unwrap_or(&"G1")).to_owned(),
        }
    }

    /// Texts for fields that are best known by their names, or by a word of their comments.
    fn by_name(&mut self, name: &str, said: &str) -> Option<String> {
        match name {
            "request_id" => return Some(self.request_id()),
            "etag" => return self.one_learned("etag"),
            "page_token" => return self.one_learned("next_page_token"),
            _ => {}
        }
        let named = BY_NAME.iter().find(|(names, _)| names.contains(&name));
        let texts = match named {
            Some((_, texts)) => *texts,
            None if name.ends_with("limit") => LIMITS,
            None if said.contains("YYYY-MM-DD") => DAYS,
            None if said.contains("GeoJSON") => SHAPES,
            None => return None,
        };
        texts
            .choose(&mut self.random)
            .map(|text| (*text).to_owned())
    }

    /// Now and then one of a few that come again and again.
    fn request_id(&mut self) -> String {
        match self.random.random_bool(0.4) {
            true => {
                let last = self.random.random_range(0..8);
                format!("00000000-0000-4000-8000-00000000000{last}")
            }
            false => self.uuid(),
        }
    }

    fn one_learned(&mut self, key: &str) -> Option<String> {
        let known = self.learned.get(key)?;
        known.choose(&mut self.random).cloned()
    }

    fn any_learned(&mut self) -> String {
        let keys: Vec<&String> = self.learned.keys().collect();
        let key = keys.choose(&mut self.random).map(|key| (*key).clone());
        let texts = key.and_then(|key| self.learned.get(&key));
        let text = texts.and_then(|texts| texts.choose(&mut self.random));
        text.cloned().unwrap_or_default()
    }

    fn uuid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.random.random())
            .into_uuid()
            .to_string()
    }

    fn word(&mut self) -> String {
        const WORDS: [&str; 8] = [
            "done",
            "街面有垃圾",
            "Mill Lane",
            "normal",
            "cadre",
            "a b",
            "2026",
            "nobody was there",
        ];
        (*WORDS.choose(&mut self.random).unwrap_or(&"done")).to_owned()
    }

    /// What nobody should send.
    pub(super) fn odd(&mut self) -> String {
        const ODD: [&str; 16] = [
            "",
            " ",
            "\u{0}",
            "a\u{0}b",
            "\r\n\t",
            "\u{202e}\u{feff}",
            "👩‍👩‍👧‍👦",
            "'; DROP TABLE issue; --",
            "%s%n{}{district}",
            "../../../etc/passwd",
            "districts/",
            "districts//issues/",
            "districts/jinhua/issues/not-a-uuid/more",
            "-9223372036854775809",
            "\\\"'`",
            "NaN",
        ];
        match self.random.random_range(0..20) {
            0 => "x".repeat(self.random.random_range(100..70_000)),
            1 => "城".repeat(self.random.random_range(100..3_000)),
            2 => "(".repeat(self.random.random_range(10..900)),
            3 => "a = 1 AND ".repeat(self.random.random_range(1..90)) + "a = 1",
            4 => format!("{}x = 1", "NOT ".repeat(self.random.random_range(1..200))),
            5 => {
                let length = self.random.random_range(1..30);
                (0..length).map(|_| self.random.random::<char>()).collect()
            }
            _ => (*ODD.choose(&mut self.random).unwrap_or(&"")).to_owned(),
        }
    }
}
