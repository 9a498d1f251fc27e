//! Collects what the static limits ask about: here what stands at the component's level, in `module` the rest.

use std::collections::BTreeMap;

use wasmparser::{
    BinaryReaderError, CanonicalFunction, ComponentInstance, Encoding, Instance, Payload,
};

use super::place::{Finding, Place};
use super::{GateLimits, RefusalReason};

/// What has been seen so far.
pub(super) struct Surveyor<'l> {
    pub limits: &'l GateLimits,
    /// The component or module that the pass is in, and those around it.
    pub encodings: Vec<Encoding>,
    pub exports: Vec<String>,
    pub names: BTreeMap<u32, String>,
    pub memories: u32,
    pub tables: u32,
    /// The first breach of a limit.
    pub limit: Option<Finding>,
    /// The first float operator, a breach only where the manifest says so.
    pub float: Option<Finding>,
    modules: u32,
    module_instances: u32,
    component_instances: u32,
}

impl<'l> Surveyor<'l> {
    pub fn new(limits: &'l GateLimits) -> Self {
        Self {
            limits,
            encodings: Vec::new(),
            exports: Vec::new(),
            names: BTreeMap::new(),
            memories: 0,
            tables: 0,
            limit: None,
            float: None,
            modules: 0,
            module_instances: 0,
            component_instances: 0,
        }
    }

    pub(super) fn breach(
        &mut self,
        reason: RefusalReason,
        place: Place,
        message: impl Into<String>,
    ) {
        if self.limit.is_none() {
            self.limit = Some(Finding {
                reason,
                message: message.into(),
                place,
            });
        }
    }

    /// Looks at one payload, on whatever level it stands.
    pub(super) fn payload(&mut self, payload: Payload) -> Result<(), BinaryReaderError> {
        match payload {
            Payload::Version {
                encoding, range, ..
            } => self.open(encoding, range.start),
            Payload::End(_) => {
                self.encodings.pop();
            }
            Payload::ComponentImportSection(section) if self.encodings.len() == 1 => {
                for import in section.into_iter_with_offsets() {
                    let (offset, import) = import?;
                    let message = format!(
                        "the component imports {}; a rule has no imports: remove what needs it (clock, randomness, files, printing)",
                        import.name.name
                    );
                    self.breach(RefusalReason::HasImport, Place::Offset(offset), message);
                }
            }
            Payload::ComponentExportSection(section) if self.encodings.len() == 1 => {
                for export in section {
                    self.exports.push(export?.name.name.to_owned());
                }
            }
            Payload::ComponentStartSection { range, .. } => self.start(range.start),
            Payload::StartSection { range, .. } => self.start(range.start),
            Payload::ComponentCanonicalSection(section) => {
                for function in section.into_iter_with_offsets() {
                    let (offset, function) = function?;
                    if !matches!(function, CanonicalFunction::Lift { .. }) {
                        let message = "the component uses a built-in function of the component model; a rule lifts its exports and nothing else";
                        self.breach(RefusalReason::HasBuiltin, Place::Offset(offset), message);
                    }
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section.into_iter_with_offsets() {
                    let (offset, instance) = instance?;
                    if matches!(instance, Instance::Instantiate { .. }) {
                        self.instantiated_module(offset);
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.into_iter_with_offsets() {
                    let (offset, instance) = instance?;
                    if matches!(instance, ComponentInstance::Instantiate { .. }) {
                        self.instantiated_component(offset);
                    }
                }
            }
            other => self.module_payload(other)?,
        }
        Ok(())
    }

    fn open(&mut self, encoding: Encoding, offset: u64) {
        self.encodings.push(encoding);
        if self.encodings.len() > self.limits.component_nesting + 1 {
            let message = format!(
                "components are nested more than {} deep",
                self.limits.component_nesting
            );
            self.breach(RefusalReason::NestedTooDeep, Place::Offset(offset), message);
        }
        if encoding == Encoding::Module {
            self.modules += 1;
        }
    }

    fn start(&mut self, offset: u64) {
        let message =
            "the rule has a start function, which would run before it is asked to score; remove it";
        self.breach(RefusalReason::HasStart, Place::Offset(offset), message);
    }

    fn instantiated_module(&mut self, offset: u64) {
        self.module_instances += 1;
        if self.module_instances > 1 || self.encodings.len() > 1 {
            let message =
                "the core module is instantiated more than once; a rule has one instance of it";
            self.breach(
                RefusalReason::NotOneCoreModule,
                Place::Offset(offset),
                message,
            );
        }
    }

    fn instantiated_component(&mut self, offset: u64) {
        self.component_instances += 1;
        if self.component_instances > self.limits.component_instances {
            let message = format!(
                "the component instantiates more than {} components",
                self.limits.component_instances
            );
            self.breach(RefusalReason::NestedTooDeep, Place::Offset(offset), message);
        }
    }

    /// What can only be counted when all is seen.
    pub(super) fn finish(&mut self) {
        if self.modules != 1 {
            let message = format!(
                "the component has {} core modules; a rule has exactly one",
                self.modules
            );
            self.breach(RefusalReason::NotOneCoreModule, Place::Offset(0), message);
        }
        if self.memories != 1 {
            let message = format!(
                "the core module has {} memories; a rule has exactly one",
                self.memories
            );
            self.breach(RefusalReason::NotOneMemory, Place::Offset(0), message);
        }
    }
}
