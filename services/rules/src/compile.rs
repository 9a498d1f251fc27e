//! Compiling strangers' rules. The compiler works in a process of its own, which has so much time and memory and is killed
//! beyond; what it makes is kept in a sealed cache, without which it is only made again.

mod cache;
mod child;
#[cfg(all(test, feature = "builtin"))]
mod tests;

use std::path::PathBuf;

use wasmtime::Engine;

pub use cache::Cache;
pub use child::{LIMITS, Limits, run as run_child};

use crate::{
    gate::Candidate,
    host::{Host, HostError, Rule, settings::code_config, slots::Slots},
};

/// Compiles with the program of a release, which is told so by the argument [`COMMAND`].
pub struct Compiler {
    host: Host,
    program: PathBuf,
    cache: Option<Cache>,
    places: Slots,
}

/// The hidden command by which the program becomes the compiler.
pub const COMMAND: &str = "compile-rule";

/// Compilers that run at once.
const MOST: u32 = 2;

impl Compiler {
    pub fn new(host: Host, program: PathBuf, cache: Option<Cache>) -> Compiler {
        Compiler {
            host,
            program,
            cache,
            places: Slots::new(MOST),
        }
    }

    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The rule, out of the cache or compiled afresh, to be called on behalf of the party. It takes up to [`LIMITS`] of a
    /// thread that may wait, once it is the party's turn.
    pub fn compile(&self, party: &str, candidate: &Candidate) -> Result<Rule, HostError> {
        let configuration = self.host.configuration();
        if let Some(cache) = &self.cache
            && let Some(artefact) = cache.get(&candidate.digest, &configuration)
        {
            match self.host.load(party, candidate, &artefact) {
                Ok(rule) => return Ok(rule),
                Err(error) => {
                    tracing::warn!(error.words = %error, "a sealed artefact does not load and is made again");
                }
            }
        }
        let artefact = {
            let _place = self.places.take(&party.into());
            child::compile(&self.program, &candidate.bytes, &LIMITS)?
        };
        let rule = self.host.load(party, candidate, &artefact);
        let rule = rule.map_err(|error| {
            let program = self.program.display();
            HostError::Compiler(format!(
                "what {program} makes is nothing that this one can load: {error}"
            ))
        })?;
        if let Some(cache) = &self.cache {
            cache.put(&candidate.digest, &configuration, &artefact);
        }
        Ok(rule)
    }
}

/// Compiles the component in this process and gives the artefact, or the engine's words on why not.
pub fn here(component: &[u8], optimised: bool) -> Result<Vec<u8>, String> {
    let engine = Engine::new(&code_config(optimised)).map_err(|error| format!("{error:#}"))?;
    let artefact = engine.precompile_component(component);
    artefact.map_err(|error| format!("{error:#}"))
}

/// The program that tests compile with: cargo builds it beside the tests of the workspace, whose own programs are none.
pub fn program_of_tests() -> PathBuf {
    let own = std::env::current_exe().expect("a test has a program");
    let folder = own.parent().and_then(|deps| deps.parent());
    let program = folder.expect("a build folder").join("tidyward-server");
    assert!(
        program.is_file(),
        "{} is not there; `cargo build -p tidyward-tests --bin tidyward-server` makes it",
        program.display()
    );
    program
}
