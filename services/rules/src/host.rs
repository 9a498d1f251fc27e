//! The one engine of the process. Fuel decides results; epochs only protect the machine; memory, stack and everything
//! that a rule could make grow is bounded; a rule can call nothing outside itself.

mod limits;
mod settings;
mod slots;
mod ticker;

pub(crate) mod call;

use std::collections::hash_map::DefaultHasher;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};

use crate::gate::{Candidate, INTERFACE};
use crate::manifest::Manifest;
use limits::CallState;
use slots::Slots;
use ticker::Ticker;

pub use settings::HostSettings;

/// Stack of the threads that score: eight times what a rule may use of it.
pub(crate) const THREAD_STACK_BYTES: usize = 4 * 1024 * 1024;

/// The engine's version, for the record that a replay goes by.
pub const ENGINE: &str = "wasmtime 48";

/// Why the host could not be made, or a rule not compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// The machine refuses what the engine needs, such as address space.
    Engine(String),
    /// The engine refuses the rule, though it passed the gate.
    Compile(String),
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

    /// Compiles what the gate let through. It takes milliseconds and all cores.
    pub fn compile(&self, candidate: &Candidate) -> Result<Rule, HostError> {
        let refuse = |error: wasmtime::Error| HostError::Compile(format!("{error:#}"));
        let component =
            Component::from_binary(&self.inner.engine, &candidate.bytes).map_err(refuse)?;
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
}
