//! The gate as a whole: one way in for a push, for a push that only asks, and for `tidyward rules check`.

use std::collections::BTreeMap;

use tidyward_kit::Error;
use tidyward_rules::{
    gate::{Candidate, Refusal, RefusalReason},
    host::{Host, HostError, Rule},
    trial::{self, TrialError},
};

use crate::{honesty, rule};

/// Looks at every byte of the file, compiles it, and has it score rows that are made up, each call with so much fuel. What
/// is refused is RULE_REFUSED with the gate's own reason and the place; UNAVAILABLE is no fault of the rule. It takes up to
/// some seconds of a thread that may wait.
pub fn pass(host: &Host, bytes: &[u8], fuel: u64) -> Result<Candidate, Error> {
    let candidate = rule::inspect(bytes)?;
    let compiled = compile(host, &candidate)?;
    let parameters = rule::parameter_values(&candidate.manifest, &BTreeMap::new())?;
    trial::steady(&compiled, &parameters, fuel)
        .and_then(|()| honesty::check(&compiled, &parameters, fuel))
        .map_err(|error| match error {
            TrialError::Refused(refusal) => rule::refused(refusal),
            TrialError::Run(error) => Error::unavailable(error),
        })?;
    Ok(candidate)
}

/// Compiles what passed the static part of the gate.
pub(crate) fn compile(host: &Host, candidate: &Candidate) -> Result<Rule, Error> {
    host.compile(candidate).map_err(|error| match error {
        HostError::Compile(_) => {
            let words = error.to_string();
            rule::refused(Refusal::new(RefusalReason::NotCompiled, words))
        }
        HostError::Engine(_) => Error::unavailable(error),
    })
}
