//! Verifying a bundle: nothing but the file is needed. The signature is checked over every byte, the rule goes through
//! the gate and is compiled from its component, and every score, place, star and list is computed afresh and compared.

use std::{collections::BTreeMap, fmt};

use sha2::{Digest, Sha256};
use tidyward_kit::fact;
use tidyward_rules::{
    compile::Compiler,
    gate::{self, Candidate, GateLimits, INTERFACE},
    host::OWN,
    manifest::Manifest,
    points::format_points,
    score::RunSettings,
};

use crate::{
    bundle::{self, Bundle, Untrusted},
    facts::{self, PeriodFacts},
    policy::{LARGEST_COMPONENT, MOST_FUEL},
    reading::Reading,
    scores::{self, RankedScores, ScoreRow, Tally},
};

/// What a verified bundle says, all of it recomputed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub district: String,
    pub period: String,
    pub revision: u32,
    pub trial: bool,
    /// `id@version`.
    pub rule: String,
    /// Decimal text by id.
    pub parameters: BTreeMap<String, String>,
    pub areas: usize,
    pub tally: Tally,
    /// SHA-256 in hexadecimal.
    pub rule_sha256: String,
    pub facts_sha256: String,
    /// Empty where the rule does not ask for the issue table.
    pub rounds_sha256: String,
    pub scores_sha256: String,
    /// The engine that scored it, and the one that verified it.
    pub engine: String,
    pub verified_by: String,
    /// SHA-256 of the public key, 64 hexadecimal digits.
    pub key_fingerprint: String,
}

/// Why a bundle is refused. The words name the first difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyError {
    /// It is no bundle, or some byte is not the one that was signed.
    Untrusted(String),
    /// It is signed by another key than the one asked for.
    OtherKey(String),
    /// It is signed, but a digest or a part of it does not fit the others.
    Inconsistent(String),
    /// It is signed, but recomputing gives something else.
    Differs(String),
    /// This machine could not recompute it.
    Machine(String),
}

impl fmt::Display for VerifyError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyError::Untrusted(words)
            | VerifyError::OtherKey(words)
            | VerifyError::Inconsistent(words)
            | VerifyError::Differs(words)
            | VerifyError::Machine(words) => out.write_str(words),
        }
    }
}

impl std::error::Error for VerifyError {}

impl From<Untrusted> for VerifyError {
    fn from(untrusted: Untrusted) -> VerifyError {
        VerifyError::Untrusted(match untrusted {
            Untrusted::NotABundle => "the file is no bundle of a review; give the file that `review bundle` wrote".to_owned(),
            Untrusted::OtherFormat(format) => {
                format!("the bundle has format {format} and this release reads {}; use a later release", bundle::FORMAT)
            }
            Untrusted::NoKey | Untrusted::Signature => {
                "the signature does not fit the bytes: the bundle was changed or cut short after it was signed; get it again"
                    .to_owned()
            }
            Untrusted::Malformed(malformed) => malformed.to_string(),
        })
    }
}

/// Checks a bundle to its last byte and recomputes all of it. `pinned` is the fingerprint that the key must have.
pub fn verify(
    compiler: &Compiler,
    bytes: &[u8],
    pinned: Option<&str>,
) -> Result<Verified, VerifyError> {
    let (bundle, key) = Bundle::open(bytes)?;
    let key_fingerprint = bundle::fingerprint(&key);
    if let Some(pinned) =
        pinned.filter(|pinned| !pinned.trim().eq_ignore_ascii_case(&key_fingerprint))
    {
        let words = format!(
            "the bundle is signed by the key {key_fingerprint} and not by {}",
            pinned.trim()
        );
        return Err(VerifyError::OtherKey(words));
    }
    let facts = PeriodFacts::decode(&bundle.facts)
        .map_err(|error| VerifyError::Inconsistent(error.to_string()))?;
    let candidate = gate(&bundle)?;
    check_record(&bundle, &facts, &candidate)?;
    let values = parameter_values(&bundle, &candidate.manifest)?;
    let reading = Reading::of(&candidate.manifest, facts, bundle.rounds.as_deref());
    let reading = reading.map_err(|error| VerifyError::Inconsistent(error.to_string()))?;
    let (fresh, verified_by) = recompute(compiler, &bundle, &reading, &candidate, &values)?;
    let facts = &reading.facts;
    compare(&bundle, facts, &candidate.manifest, &fresh)?;
    let parameters = bundle
        .parameters
        .iter()
        .map(|(id, value)| (id.clone(), format_points(*value, 4)));
    Ok(Verified {
        parameters: parameters.collect(),
        areas: facts.rows.len(),
        tally: fresh.tally(),
        rule: format!("{}@{}", bundle.rule, bundle.version),
        rule_sha256: hex::encode(bundle.digests.component),
        facts_sha256: hex::encode(bundle.digests.facts),
        rounds_sha256: bundle.digests.rounds.map(hex::encode).unwrap_or_default(),
        scores_sha256: hex::encode(bundle.digests.scores),
        engine: format!("{} {}", bundle.engine, bundle.engine_configuration),
        verified_by,
        key_fingerprint,
        district: bundle.district,
        period: bundle.period,
        revision: bundle.revision,
        trial: bundle.trial,
    })
}

fn gate(bundle: &Bundle) -> Result<Candidate, VerifyError> {
    let limits = GateLimits {
        bytes: LARGEST_COMPONENT as usize,
        ..GateLimits::default()
    };
    gate::inspect(&bundle.component, &limits, &|name| {
        fact::find(name).is_some()
    })
    .map_err(|refusal| {
        VerifyError::Inconsistent(format!("the rule in the bundle is refused: {refusal}"))
    })
}

/// Each digest against the bytes that it is of, and each name against what the component and the facts say themselves.
fn check_record(
    bundle: &Bundle,
    facts: &PeriodFacts,
    candidate: &Candidate,
) -> Result<(), VerifyError> {
    let manifest = &candidate.manifest;
    let digests = &bundle.digests;
    let sha256 = |bytes: &[u8]| -> [u8; 32] { Sha256::digest(bytes).into() };
    let mut parts = vec![
        ("the rule", candidate.digest, digests.component),
        (
            "the manifest",
            sha256(manifest.source.as_bytes()),
            digests.manifest,
        ),
        (
            "the parameters",
            sha256(&bundle::parameter_bytes(&bundle.parameters)),
            digests.parameters,
        ),
        ("the facts", facts::digest(&bundle.facts), digests.facts),
        ("the scores", sha256(&bundle.scores), digests.scores),
    ];
    if let (Some(rounds), Some(said)) = (&bundle.rounds, digests.rounds) {
        parts.push(("the rounds", sha256(rounds), said));
    }
    for (what, is, said) in parts {
        if is != said {
            let (is, said) = (hex::encode(is), hex::encode(said));
            return Err(VerifyError::Inconsistent(format!(
                "{what} have the digest {is} and the record says {said}"
            )));
        }
    }
    if bundle.rounds.is_some() && !manifest.issue_table {
        let words = "the bundle has rounds and its rule does not ask for the issue table";
        return Err(VerifyError::Inconsistent(words.to_owned()));
    }
    let version = manifest.version.to_string();
    let names = [
        ("rule", manifest.id.as_str(), bundle.rule.as_str()),
        ("version", version.as_str(), bundle.version.as_str()),
        ("interface", INTERFACE, bundle.interface.as_str()),
        ("period", facts.period.as_str(), bundle.period.as_str()),
    ];
    for (what, is, said) in names {
        if is != said {
            return Err(VerifyError::Inconsistent(format!(
                "the {what} is `{is}` and the record says `{said}`"
            )));
        }
    }
    if bundle.groups.len() != facts.rows.len() {
        let words = format!(
            "the facts have {} areas and the record has {}",
            facts.rows.len(),
            bundle.groups.len()
        );
        return Err(VerifyError::Inconsistent(words));
    }
    // A stranger's file must not run for ever.
    if !(1..=MOST_FUEL.unsigned_abs()).contains(&bundle.fuel) {
        let words = format!(
            "the record gives a call {} units of fuel; 1 to {MOST_FUEL} can be verified",
            bundle.fuel
        );
        return Err(VerifyError::Inconsistent(words));
    }
    Ok(())
}

fn parameter_values(bundle: &Bundle, manifest: &Manifest) -> Result<Vec<i64>, VerifyError> {
    let ids = bundle.parameters.iter().map(|(id, _)| id);
    let inconsistent = |words: String| Err(VerifyError::Inconsistent(words));
    if !ids.eq(manifest.parameters.iter().map(|parameter| &parameter.id)) {
        return inconsistent("the parameters are not those of the rule's manifest".to_owned());
    }
    for (parameter, (id, value)) in manifest.parameters.iter().zip(&bundle.parameters) {
        if !(parameter.min..=parameter.max).contains(value) {
            return inconsistent(format!(
                "the parameter `{id}` is outside of what the rule's manifest allows"
            ));
        }
    }
    Ok(bundle.parameters.iter().map(|(_, value)| *value).collect())
}

/// The scores afresh, and the engine that computed them.
fn recompute(
    compiler: &Compiler,
    bundle: &Bundle,
    reading: &Reading,
    candidate: &Candidate,
    parameters: &[i64],
) -> Result<(RankedScores, String), VerifyError> {
    let machine = |error: &dyn fmt::Display| VerifyError::Machine(error.to_string());
    let rule = compiler.compile(OWN, candidate);
    let rule = rule.map_err(|error| machine(&error))?;
    let manifest = &candidate.manifest;
    let inputs = reading.inputs(manifest, 0..reading.rows());
    let settings = RunSettings {
        fuel: bundle.fuel,
        ..RunSettings::default()
    };
    let fresh = rule
        .score(parameters, &inputs, &settings, &|_| {})
        .map_err(|error| machine(&error))?;
    let engine = format!(
        "{} {}",
        tidyward_rules::host::ENGINE,
        compiler.host().configuration()
    );
    let ranked = scores::ranked(manifest, &reading.facts, &fresh);
    let ranked = ranked.map_err(|error| VerifyError::Inconsistent(error.to_string()))?;
    Ok((ranked, engine))
}

/// The first difference between what the bundle says and what was computed.
fn compare(
    bundle: &Bundle,
    facts: &PeriodFacts,
    manifest: &Manifest,
    fresh: &RankedScores,
) -> Result<(), VerifyError> {
    let criteria = manifest.criteria.len();
    let said = RankedScores::decode(&bundle.scores, criteria)
        .map_err(|error| VerifyError::Inconsistent(error.to_string()))?;
    if said.rows.len() != fresh.rows.len() {
        let words = format!(
            "the bundle has scores of {} areas and the facts are of {}",
            said.rows.len(),
            fresh.rows.len()
        );
        return Err(VerifyError::Inconsistent(words));
    }
    for (index, row) in facts.rows.iter().enumerate() {
        let (ranked, list) = bundle.groups[index];
        let found = difference(
            manifest,
            &said.rows[index],
            &fresh.rows[index],
            (ranked, list),
        );
        if let Some((what, said, is)) = found {
            let words = format!(
                "area {}: the bundle says {what} {said}, and recomputing gives {is}",
                row.code
            );
            return Err(VerifyError::Differs(words));
        }
    }
    if fresh.encode(criteria) != bundle.scores {
        return Err(VerifyError::Differs(
            "the scores are not written as they should be".to_owned(),
        ));
    }
    Ok(())
}

type Difference = (String, String, String);

fn difference(
    manifest: &Manifest,
    said: &ScoreRow,
    is: &ScoreRow,
    group: (u32, u8),
) -> Option<Difference> {
    let points = |units: i64| match format_points(units, 4) {
        text if text.is_empty() => "absent".to_owned(),
        text => text,
    };
    let pair =
        |what: &str, said: String, is: String| (said != is).then(|| (what.to_owned(), said, is));
    let failed = |row: &ScoreRow| {
        if row.failure.is_some() {
            "failed"
        } else {
            "scored"
        }
        .to_owned()
    };
    let items = || {
        let mut all = manifest
            .criteria
            .iter()
            .zip(said.items.iter().zip(&is.items));
        all.find_map(|(criterion, (said, is))| {
            pair(&format!("for {}", criterion.id), points(*said), points(*is))
        })
    };
    let place = |row: &ScoreRow| {
        row.standing
            .place
            .map_or("none".to_owned(), |place| place.to_string())
    };
    let list = |number: u8| match number {
        0 => "neither".to_owned(),
        1 => "red".to_owned(),
        2 => "black".to_owned(),
        other => format!("number {other}"),
    };
    pair("that the rule", failed(said), failed(is))
        .or_else(items)
        .or_else(|| pair("the total", points(said.total), points(is.total)))
        .or_else(|| pair("the place", place(said), place(is)))
        .or_else(|| pair("the stars", said.stars.to_string(), is.stars.to_string()))
        .or_else(|| {
            pair(
                "the notes",
                format!("{:?}", said.notes),
                format!("{:?}", is.notes),
            )
        })
        .or_else(|| {
            pair(
                "the size of its group",
                group.0.to_string(),
                is.standing.ranked.to_string(),
            )
        })
        .or_else(|| {
            pair(
                "the list",
                list(group.1),
                list(bundle::list_number(is.standing.list)),
            )
        })
}

#[cfg(test)]
#[path = "verify/tests.rs"]
mod tests;
