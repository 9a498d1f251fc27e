//! The one engine of the process. Fuel decides results; epochs only protect the machine; memory, stack and everything
//! that a rule could make grow is bounded; a rule can call nothing outside itself.

mod limits;
mod meter;
pub(crate) mod settings;
pub(crate) mod slots;
mod ticker;

pub(crate) mod call;

use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

use crate::compile;
use crate::gate::{Candidate, INTERFACE};
use crate::manifest::Manifest;
use limits::CallState;
use meter::Meter;
use slots::Slots;
use ticker::Ticker;

pub use meter::Used;
pub use settings::HostSettings;

/// Stack of a thread that calls rules: four times what a rule may use of it.
pub const THREAD_STACK_BYTES: usize = 2 * 1024 * 1024;

/// The party of whoever has the machine to itself.
pub const OWN: &str = "";

/// The engine's version, for the record that a replay goes by.
pub const ENGINE: &str = "wasmtime 48";

/// Why the host could not be made, or a rule not compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// The machine refuses what the engine needs, such as address space.
    Engine(String),
    /// The engine refuses the rule, though it passed the gate.
    Compile(String),
    /// The program that compiles cannot be run, or is none.
    Compiler(String),
    /// Compiling the rule took more of the machine than a rule may have.
    Outran(String),
    /// The machine had no time to compile the rule.
    Busy(String),
}

impl fmt::Display for HostError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(detail) => write!(
                formatter,
                "the rule engine cannot start; check the address space limit of the process (ulimit -v): {detail}"
            ),
            Self::Compile(detail) => write!(
                formatter,
                "the rule cannot be compiled; build it again with the tools of this release: {detail}"
            ),
            Self::Compiler(detail) => write!(
                formatter,
                "the program that compiles rules cannot be used; name the one of this release: {detail}"
            ),
            Self::Outran(detail) => write!(
                formatter,
                "compiling the rule {detail}; make its functions fewer and shorter"
            ),
            Self::Busy(detail) => write!(
                formatter,
                "the machine is too busy: compiling the rule {detail}; try again when it is less so"
            ),
        }
    }
}

impl std::error::Error for HostError {}

/// The engine with its clock thread; cheap to clone, and gone with its last rule.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    engine: Engine,
    linker: Linker<CallState>,
    settings: HostSettings,
    slots: Slots,
    _ticker: Ticker,
}

/// A compiled rule; cheap to clone and free to move between threads.
#[derive(Clone)]
pub struct Rule {
    pub(crate) inner: Arc<RuleInner>,
    /// On whose behalf it is called: parties have the places by turns.
    party: Arc<str>,
    meter: Arc<Meter>,
}

pub(crate) struct RuleInner {
    host: Arc<Inner>,
    instance: InstancePre<CallState>,
    score: ComponentExportIndex,
    pub manifest: Manifest,
    digest: [u8; 32],
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Host")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let manifest = &self.inner.manifest;
        write!(formatter, "Rule({}@{})", manifest.id, manifest.version)
    }
}

impl Host {
    pub fn new(settings: HostSettings) -> Result<Self, HostError> {
        let engine = Engine::new(&settings::engine_config(&settings))
            .map_err(|error| HostError::Engine(error.to_string()))?;
        let linker = Linker::new(&engine);
        let ticker = Ticker::start(engine.weak(), settings.tick)
            .map_err(|error| HostError::Engine(error.to_string()))?;
        let slots = Slots::new(settings.instances.max(1));
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                linker,
                settings,
                slots,
                _ticker: ticker,
            }),
        })
    }

    /// Compiles a rule of one's own in this process: tools and tests do. Strangers' rules go through a
    /// [`compile::Compiler`].
    pub fn compile(&self, candidate: &Candidate) -> Result<Rule, HostError> {
        let artefact = compile::here(&candidate.bytes, self.inner.settings.optimised)
            .map_err(HostError::Compile)?;
        self.load(OWN, candidate, &artefact)
    }

    /// The rule of an artefact that [`compile::here`] made of it, in this process or in one that this process started, or
    /// that came back out of the sealed cache. An artefact of another release, machine or configuration is refused.
    #[expect(
        unsafe_code,
        reason = "an artefact is machine code, and only whoever made it can say what it does"
    )]
    pub(crate) fn load(
        &self,
        party: &str,
        candidate: &Candidate,
        artefact: &[u8],
    ) -> Result<Rule, HostError> {
        let refuse = |error: wasmtime::Error| HostError::Compile(format!("{error:#}"));
        // SAFETY: the callers hand in nothing but the compiler's own output: straight from it, or sealed by a secret that
        // only this installation has.
        let component = unsafe { Component::deserialize(&self.inner.engine, artefact) };
        let component = component.map_err(refuse)?;
        let score = component
            .get_export_index(None, INTERFACE)
            .and_then(|interface| component.get_export_index(Some(&interface), "score"))
            .ok_or_else(|| {
                HostError::Compile(format!("it does not export score of {INTERFACE}"))
            })?;
        let instance = self
            .inner
            .linker
            .instantiate_pre(&component)
            .map_err(refuse)?;
        let manifest = candidate.manifest.clone();
        let inner = RuleInner {
            host: Arc::clone(&self.inner),
            instance,
            score,
            manifest,
            digest: candidate.digest,
        };
        Ok(Rule {
            inner: Arc::new(inner),
            party: party.into(),
            meter: Arc::default(),
        })
    }

    /// A short text that is equal where two engines run compiled rules alike: version, settings and machine.
    pub fn configuration(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.inner
            .engine
            .precompile_compatibility_hash()
            .hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

impl Rule {
    pub fn manifest(&self) -> &Manifest {
        &self.inner.manifest
    }

    /// SHA-256 of the rule's file.
    pub fn digest(&self) -> [u8; 32] {
        self.inner.digest
    }

    /// What its calls used since this was asked last, those of all its clones.
    pub fn take_used(&self) -> Used {
        self.meter.take()
    }

    /// Puts back what was taken and could not be written down.
    pub fn give_back(&self, used: Used) {
        self.meter.add(used);
    }
}
