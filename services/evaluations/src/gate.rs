//! The gate as a whole: one way in for a push, for a push that only asks, and for `tidyward rules check`.

use std::collections::BTreeMap;

use tidyward_kit::Error;
use tidyward_rules::{
    compile::Compiler,
    gate::{Candidate, Refusal, RefusalReason},
    host::{HostError, Rule},
    trial::{self, Trial, TrialError},
};

use crate::{
    dry_run::{self, Base, DryRun},
    honesty, rule,
    rule::VersionId,
    signature,
    usage::Used,
};

/// On whose behalf, and by what it is judged.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// The district, or nobody where a tool looks for itself.
    pub party: String,
    /// Bytes of the file at most.
    pub component_bytes: usize,
    /// Of every call.
    pub fuel: u64,
    pub signature: signature::Terms,
    /// The facts of the last frozen period, where there is one.
    pub facts: Option<Base>,
}

/// What was let in, and what it would have come to.
#[derive(Clone, Debug)]
pub struct Passed {
    pub candidate: Candidate,
    pub dry_run: Option<DryRun>,
}

/// Looks at every byte of the file, at its signature, compiles it, has it score rows that are made up and then those of the
/// last frozen period. What is refused is RULE_REFUSED with the gate's own reason and the place; UNAVAILABLE is no fault of
/// the rule. It takes up to some seconds of a thread that may wait, and parties have the machine by turns. What its calls
/// used is told in `used` in either case.
pub fn pass(
    compiler: &Compiler,
    terms: &Terms,
    bytes: &[u8],
    used: &mut Vec<(VersionId, Used)>,
) -> Result<Passed, Error> {
    let candidate = rule::inspect_within(bytes, terms.component_bytes)?;
    let id = VersionId::of(&candidate.manifest);
    signature::check(&terms.signature, &terms.party, &id, &candidate.digest)
        .map_err(rule::refused)?;
    let compiled = compiled(compiler, &terms.party, &candidate)?;
    let parameters = rule::parameter_values(&candidate.manifest, &BTreeMap::new())?;
    let trial = Trial::new(&compiled, &parameters, terms.fuel);
    let tried = trial::steady(&trial)
        .and_then(|()| honesty::check(&trial))
        .and_then(|()| {
            let facts = terms.facts.as_ref();
            let base = facts.filter(|base| base.serves(&candidate.manifest));
            base.map(|base| dry_run::of(base, compiler, &compiled, &parameters, terms, used))
                .transpose()
        });
    used.push((id, compiled.take_used()));
    let dry_run = tried.map_err(|error| match error {
        TrialError::Refused(refusal) => rule::refused(refusal),
        TrialError::Run(error) => Error::unavailable(error),
    })?;
    Ok(Passed { candidate, dry_run })
}

/// What takes the compiler too long or too much is refused as what it cannot compile is.
fn compiled(compiler: &Compiler, party: &str, candidate: &Candidate) -> Result<Rule, Error> {
    compiler
        .compile(party, candidate)
        .map_err(|error| match error {
            HostError::Compile(_) | HostError::Outran(_) => {
                let words = error.to_string();
                rule::refused(Refusal::new(RefusalReason::NotCompiled, words))
            }
            HostError::Engine(_) | HostError::Compiler(_) | HostError::Busy(_) => {
                Error::unavailable(error)
            }
        })
}
