//! The gate as a whole: one way in for a push, for a push that only asks, and for `tidyward rules check`.

use std::collections::BTreeMap;

use tidyward_kit::Error;
use tidyward_rules::{
    compile::Compiler,
    gate::{Candidate, Refusal, RefusalReason},
    host::{HostError, Rule},
    trial::{self, Trial, TrialError},
};

use crate::{honesty, rule};

/// Looks at every byte of the file, compiles it, and has it score rows that are made up, each call with so much fuel. What
/// is refused is RULE_REFUSED with the gate's own reason and the place; UNAVAILABLE is no fault of the rule. It takes up to
/// some seconds of a thread that may wait, and parties have the machine by turns.
pub fn pass(compiler: &Compiler, party: &str, bytes: &[u8], fuel: u64) -> Result<Candidate, Error> {
    let candidate = rule::inspect(bytes)?;
    let compiled = compiled(compiler, party, &candidate)?;
    let parameters = rule::parameter_values(&candidate.manifest, &BTreeMap::new())?;
    let trial = Trial::new(&compiled, &parameters, fuel);
    trial::steady(&trial)
        .and_then(|()| honesty::check(&trial))
        .map_err(|error| match error {
            TrialError::Refused(refusal) => rule::refused(refusal),
            TrialError::Run(error) => Error::unavailable(error),
        })?;
    Ok(candidate)
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
            HostError::Engine(_) | HostError::Compiler(_) => Error::unavailable(error),
        })
}
