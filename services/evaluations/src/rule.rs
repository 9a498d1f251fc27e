//! Versions of rules: what they are called, what their manifests say, and those that come with the server.

use std::{collections::BTreeMap, sync::Arc};

use tidyward_kit::{Error, Reason, Violations, fact};
use tidyward_rules::{
    builtin::BUILTIN,
    gate::{self, Candidate, GateLimits, INTERFACE, Refusal},
    manifest::{Manifest, Problem},
    points::format_points,
};

use crate::policy::LARGEST_COMPONENT;

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
    pub signature: Option<VersionSignature>,
}

/// By which key a version was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSignature {
    /// Its fingerprint.
    pub key: String,
    pub signature: Vec<u8>,
}

/// That a version was revoked. It is for good, and there is one at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub id: VersionId,
    /// Microseconds.
    pub at: i64,
    pub actor: String,
    pub reason: String,
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
            signature: None,
        }
    }
}

/// Looks at a file that was let in once, by whatever district allows the largest, and says in full words where it is not
/// what may be let in.
pub fn inspect(bytes: &[u8]) -> Result<Candidate, Error> {
    inspect_within(bytes, LARGEST_COMPONENT as usize)
}

/// The same of a file that comes in, of so many bytes at most.
pub fn inspect_within(bytes: &[u8], most: usize) -> Result<Candidate, Error> {
    let limits = GateLimits {
        bytes: most,
        ..GateLimits::default()
    };
    gate::inspect(bytes, &limits, &|name| fact::find(name).is_some()).map_err(refused)
}

/// What is said of a revoked version to whoever wants to put it in force.
pub fn revoked(revocation: &Revocation) -> Error {
    let VersionId { rule, version } = &revocation.id;
    let message = format!(
        "{rule}@{version} was revoked, \"{}\"; activate another version, or roll back, `tidyward rules rollback`",
        revocation.reason
    );
    Error::new(Reason::RuleRevoked, message)
        .with("rule", rule)
        .with("version", version)
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
