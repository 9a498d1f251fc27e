//! Versions of rules and which of them is in force. Activations are only ever added; for a period the latest counts,
//! first by the period from which it is in force, then by the order in which it was made.

use std::{collections::BTreeMap, sync::Arc};

use tidyward_kit::{
    Error, Reason, Violations, fact,
    period::{Period, PeriodKind},
};
use tidyward_rules::{
    builtin::BUILTIN,
    gate::{self, Candidate, GateLimits, INTERFACE, Refusal},
    manifest::{Manifest, Problem},
    points::format_points,
};

/// Which version of which rule. Ordered by rule and then by the meaning of the version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionId {
    pub rule: String,
    pub version: semver::Version,
}

/// A version as it is kept.
#[derive(Clone, Debug)]
pub struct Version {
    pub id: VersionId,
    pub sha256: [u8; 32],
    pub size: i64,
    /// TOML text as it is embedded.
    pub manifest: String,
    pub interface: String,
    pub built_in: bool,
    /// Microseconds. Nothing where it came with the server.
    pub created_at: Option<i64>,
}

/// A version in force from a period on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    pub from: Period,
    /// Counts up in a district.
    pub number: i64,
    pub id: VersionId,
    /// Every parameter, decimal text by id.
    pub parameters: BTreeMap<String, String>,
    /// Microseconds.
    pub created_at: i64,
    pub actor: String,
}

/// Where a version stands. The numbers are the proto's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Validated = 1,
    Active = 2,
    Superseded = 3,
}

impl VersionId {
    /// Nothing where the text is no version, so that a name with it is of nothing that exists.
    pub fn parse(rule: &str, version: &str) -> Option<VersionId> {
        Some(VersionId {
            rule: rule.to_owned(),
            version: semver::Version::parse(version).ok()?,
        })
    }

    pub fn of(manifest: &Manifest) -> VersionId {
        VersionId {
            rule: manifest.id.clone(),
            version: manifest.version.clone(),
        }
    }
}

impl Version {
    pub fn of(candidate: &Candidate, created_at: Option<i64>) -> Version {
        Version {
            id: VersionId::of(&candidate.manifest),
            sha256: candidate.digest,
            size: candidate.bytes.len() as i64,
            manifest: candidate.manifest.source.clone(),
            interface: INTERFACE.to_owned(),
            built_in: created_at.is_none(),
            created_at,
        }
    }
}

/// Looks at a file and says in full words why it is not let in.
pub fn inspect(bytes: &[u8]) -> Result<Candidate, Error> {
    gate::inspect(bytes, &GateLimits::default(), &|name| {
        fact::find(name).is_some()
    })
    .map_err(refused)
}

/// The manifest of a version that passed the gate before.
pub fn manifest(version: &Version) -> Result<Manifest, Error> {
    Manifest::parse(&version.manifest, &|_| true)
        .map_err(|_| Error::internal(format!("the manifest of {:?} no longer parses", version.id)))
}

pub(crate) fn refused(refusal: Refusal) -> Error {
    let mut violations = Violations::default();
    for problem in &refusal.problems {
        violations.add_reason(path(problem), Reason::RuleRefused, &problem.message);
    }
    let mut error = Error::new(
        Reason::RuleRefused,
        format!("the rule is refused: {refusal}"),
    )
    .with("refusal", refusal.reason.code().to_ascii_lowercase())
    .with("place", refusal.place.as_deref().unwrap_or_default());
    if let Err(with_fields) = violations.into_result() {
        error.violations = with_fields.violations;
    }
    error
}

fn path(problem: &Problem) -> String {
    match (problem.path.as_str(), problem.line) {
        ("", Some(line)) => format!("manifest line {line}"),
        ("", None) => "manifest".to_owned(),
        (path, _) => format!("manifest.{path}"),
    }
}

/// Checks what a district sets against the manifest and gives every parameter as decimal text.
pub fn parameters(
    manifest: &Manifest,
    field: &str,
    overrides: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Error> {
    let values = manifest.parameters(overrides).map_err(|problems| {
        let mut violations = Violations::default();
        for problem in problems {
            violations.add(format!("{field}.{}", problem.path), problem.message);
        }
        violations.into_error()
    })?;
    let ids = manifest
        .parameters
        .iter()
        .map(|parameter| parameter.id.clone());
    Ok(ids
        .zip(values)
        .map(|(id, value)| (id, plain(value)))
        .collect())
}

/// The parameters as the rule gets them.
pub fn parameter_values(
    manifest: &Manifest,
    stored: &BTreeMap<String, String>,
) -> Result<Vec<i64>, Error> {
    manifest
        .parameters(stored)
        .map_err(|_| Error::internal("stored parameters no longer fit the rule's manifest"))
}

fn plain(units: i64) -> String {
    let text = format_points(units, 4);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The activation that counts for a period.
pub fn in_force(activations: &[Activation], period: Period) -> Option<&Activation> {
    activations
        .iter()
        .filter(|one| one.from.kind == period.kind && one.from <= period)
        .max_by_key(|one| (one.from, one.number))
}

/// Where a version stands when `quarter` and `month` are the present ones.
pub fn standing(
    id: &VersionId,
    activations: &[Activation],
    quarter: Period,
    month: Period,
) -> Standing {
    let mut ever = false;
    for present in [quarter, month] {
        let own = activations
            .iter()
            .filter(|one| one.id == *id && one.from.kind == present.kind);
        for one in own {
            ever = true;
            // It counts at present, or from its own period on.
            let counts_in = one.from.max(present);
            if in_force(activations, counts_in) == Some(one) {
                return Standing::Active;
            }
        }
    }
    if ever {
        Standing::Superseded
    } else {
        Standing::Validated
    }
}

/// The two periods in which a day lies, the quarter first.
pub fn present(day: jiff::civil::Date) -> (Period, Period) {
    (
        Period::of(PeriodKind::Quarter, day),
        Period::of(PeriodKind::Month, day),
    )
}

/// The rules that come with the server.
#[derive(Clone, Debug)]
pub struct BuiltIn(Arc<Vec<Candidate>>);

impl BuiltIn {
    pub fn read() -> Result<BuiltIn, Error> {
        let read = BUILTIN
            .iter()
            .map(|rule| inspect(rule.bytes))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(BuiltIn(Arc::new(read)))
    }

    pub fn find(&self, id: &VersionId) -> Option<&Candidate> {
        self.0
            .iter()
            .find(|candidate| VersionId::of(&candidate.manifest) == *id)
    }

    pub fn ids(&self) -> impl Iterator<Item = VersionId> {
        self.0
            .iter()
            .map(|candidate| VersionId::of(&candidate.manifest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activation(from: &str, number: i64, rule: &str) -> Activation {
        Activation {
            from: from.parse().unwrap(),
            number,
            id: VersionId::parse(rule, "1.0.0").unwrap(),
            parameters: BTreeMap::new(),
            created_at: 0,
            actor: "admin".into(),
        }
    }

    #[test]
    fn the_latest_period_counts_then_the_latest_activation_and_each_kind_for_itself() {
        let all = [
            activation("2013-q1", 1, "a"),
            activation("2013-q3", 2, "b"),
            activation("2013-q3", 4, "c"),
            activation("2013-07", 5, "monthly"),
            activation("2013-q2", 6, "d"),
        ];
        let check = |period: &str, rule: Option<&str>| {
            let found = in_force(&all, period.parse().unwrap());
            assert_eq!(found.map(|one| one.id.rule.as_str()), rule, "{period}");
        };
        check("2012-q4", None);
        check("2013-q1", Some("a"));
        check("2013-q2", Some("d"));
        check("2013-q3", Some("c"));
        check("2014-q1", Some("c"));
        check("2013-06", None);
        check("2014-01", Some("monthly"));
    }

    #[test]
    fn a_version_is_active_where_it_counts_or_will() {
        let all = [
            activation("2013-q1", 1, "past"),
            activation("2014-q1", 2, "present"),
            activation("2015-q1", 3, "undone"),
            activation("2015-q1", 4, "future"),
        ];
        let (quarter, month) = present("2014-05-02".parse().unwrap());
        let check = |rule: &str, expected| {
            let id = VersionId::parse(rule, "1.0.0").unwrap();
            assert_eq!(standing(&id, &all, quarter, month), expected, "{rule}");
        };
        check("past", Standing::Superseded);
        check("present", Standing::Active);
        check("undone", Standing::Superseded);
        check("future", Standing::Active);
        check("never", Standing::Validated);
    }

    #[test]
    fn a_refusal_names_its_reason_and_its_place() {
        let error = inspect(b"PK\x03\x04 something").unwrap_err();
        assert_eq!(error.reason, Reason::RuleRefused);
        assert_eq!(error.metadata["refusal"], "not_web_assembly");
        assert_eq!(error.metadata["place"], "byte offset 0x0");
        assert!(
            error.message.contains("upload the built .wasm"),
            "{}",
            error.message
        );
    }

    #[test]
    fn parameters_are_all_checked_and_all_given() {
        let built_in = BuiltIn::read().unwrap();
        let rule = built_in
            .0
            .iter()
            .find(|rule| rule.manifest.id == "target-floor")
            .unwrap();
        let defaults = parameters(&rule.manifest, "parameters", &BTreeMap::new()).unwrap();
        assert_eq!(defaults.len(), rule.manifest.parameters.len());
        let wrong = BTreeMap::from([
            ("nonsense".to_owned(), "1".to_owned()),
            ("more".to_owned(), "x".to_owned()),
        ]);
        let error = parameters(&rule.manifest, "parameters", &wrong).unwrap_err();
        assert_eq!(error.reason, Reason::FieldsInvalid);
        assert_eq!(error.violations.len(), 2);
    }
}
