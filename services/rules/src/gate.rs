//! The gate: what is refused of an uploaded file before anything of it is compiled, each refusal with its own reason,
//! the place and what to do. The order is the design's: the file, then the manifest, then the static limits.

mod floats;
mod interface;
mod module;
mod place;
mod survey;
mod surveyor;

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::manifest::{Floats, Manifest, Problem, ProblemKind};
use crate::text;

/// The component-level custom section that holds the manifest.
pub const MANIFEST_SECTION: &str = "tidyward:manifest";

/// The interface that a rule exports.
pub const INTERFACE: &str = "tidyward:rules/scoring@1.0.0";

/// How large each part of a rule may be.
#[derive(Clone, Copy, Debug)]
pub struct GateLimits {
    /// Of the whole file; a district may be given more.
    pub bytes: usize,
    pub functions: u32,
    pub parameters: usize,
    pub locals: u32,
    /// Blocks inside blocks in one function.
    pub block_nesting: u32,
    /// Components inside components.
    pub component_nesting: usize,
    pub component_instances: u32,
    pub tables: u32,
    pub table_elements: u64,
    pub data_segments: u32,
    /// What the memory may hold before the rule has run.
    pub initial_memory_bytes: u64,
}

impl Default for GateLimits {
    fn default() -> Self {
        Self {
            bytes: 1024 * 1024,
            functions: 10_000,
            parameters: 128,
            locals: 1_000,
            block_nesting: 1_000,
            component_nesting: 3,
            component_instances: 8,
            tables: 4,
            table_elements: 10_000,
            data_segments: 1_000,
            initial_memory_bytes: 16 * 1024 * 1024,
        }
    }
}

/// Why a file is refused, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalReason {
    TooLarge,
    NotWebAssembly,
    CoreModule,
    Malformed,
    NoManifest,
    TwoManifests,
    ManifestInvalid,
    UnknownFact,
    HasImport,
    NotOneCoreModule,
    NotOneMemory,
    TooManyFunctions,
    TooManyParameters,
    TooManyLocals,
    NestedTooDeep,
    TooManyTables,
    TooManyDataSegments,
    TooMuchMemory,
    HasStart,
    HasBuiltin,
    FloatOperation,
    NoScoring,
    OtherVersion,
    WrongType,
    NotSigned,
    KeyUnknown,
    KeyRetired,
    SignatureWrong,
    NotCompiled,
    TooSlow,
    FailsOnRow,
    DependsOnOthers,
    Dishonest,
    FailsOnFacts,
}

impl RefusalReason {
    /// The stable name, for the wire and for logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "TOO_LARGE",
            Self::NotWebAssembly => "NOT_WEB_ASSEMBLY",
            Self::CoreModule => "CORE_MODULE",
            Self::Malformed => "MALFORMED",
            Self::NoManifest => "NO_MANIFEST",
            Self::TwoManifests => "TWO_MANIFESTS",
            Self::ManifestInvalid => "MANIFEST_INVALID",
            Self::UnknownFact => "UNKNOWN_FACT",
            Self::HasImport => "HAS_IMPORT",
            Self::NotOneCoreModule => "NOT_ONE_CORE_MODULE",
            Self::NotOneMemory => "NOT_ONE_MEMORY",
            Self::TooManyFunctions => "TOO_MANY_FUNCTIONS",
            Self::TooManyParameters => "TOO_MANY_PARAMETERS",
            Self::TooManyLocals => "TOO_MANY_LOCALS",
            Self::NestedTooDeep => "NESTED_TOO_DEEP",
            Self::TooManyTables => "TOO_MANY_TABLES",
            Self::TooManyDataSegments => "TOO_MANY_DATA_SEGMENTS",
            Self::TooMuchMemory => "TOO_MUCH_MEMORY",
            Self::HasStart => "HAS_START",
            Self::HasBuiltin => "HAS_BUILTIN",
            Self::FloatOperation => "FLOAT_OPERATION",
            Self::NoScoring => "NO_SCORING",
            Self::OtherVersion => "OTHER_VERSION",
            Self::WrongType => "WRONG_TYPE",
            Self::NotSigned => "NOT_SIGNED",
            Self::KeyUnknown => "KEY_UNKNOWN",
            Self::KeyRetired => "KEY_RETIRED",
            Self::SignatureWrong => "SIGNATURE_WRONG",
            Self::NotCompiled => "NOT_COMPILED",
            Self::TooSlow => "TOO_SLOW",
            Self::FailsOnRow => "FAILS_ON_ROW",
            Self::DependsOnOthers => "DEPENDS_ON_OTHERS",
            Self::Dishonest => "DISHONEST",
            Self::FailsOnFacts => "FAILS_ON_FACTS",
        }
    }
}

/// A file that is not let in: why, what to do about it, and where. The words may be shown anywhere: what is the file's own in
/// them has nothing that a terminal acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: RefusalReason,
    pub message: String,
    /// A function, a byte offset, or a path in the manifest.
    pub place: Option<String>,
    /// All that is wrong with the manifest, when that is the reason.
    pub problems: Vec<Problem>,
}

impl Refusal {
    pub fn new(reason: RefusalReason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: text::shown(message),
            place: None,
            problems: Vec::new(),
        }
    }

    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(text::shown(place));
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        match &self.place {
            Some(place) => write!(formatter, " (at {place})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

/// A file that passed: its bytes, their SHA-256 and its manifest.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub bytes: Arc<[u8]>,
    pub digest: [u8; 32],
    pub manifest: Manifest,
}

/// Looks at every byte of a file and runs none of it.
pub fn inspect(
    bytes: &[u8],
    limits: &GateLimits,
    known_fact: &dyn Fn(&str) -> bool,
) -> Result<Candidate, Refusal> {
    check_envelope(bytes, limits)?;
    let survey = survey::survey(bytes, limits)?;
    let manifest = manifest(&survey.manifests, known_fact)?;
    if let Some(refusal) = survey.limit {
        return Err(refusal);
    }
    if let (Floats::None, Some(refusal)) = (manifest.floats, survey.float) {
        return Err(refusal);
    }
    survey.interface?;
    Ok(Candidate {
        bytes: bytes.into(),
        digest: Sha256::digest(bytes).into(),
        manifest,
    })
}

fn check_envelope(bytes: &[u8], limits: &GateLimits) -> Result<(), Refusal> {
    if bytes.len() > limits.bytes {
        let message = format!(
            "the file has {} bytes and a rule may have {}; build it optimised and without debug sections",
            bytes.len(),
            limits.bytes
        );
        return Err(Refusal::new(RefusalReason::TooLarge, message));
    }
    if wasmparser::Parser::is_component(bytes) {
        return Ok(());
    }
    if wasmparser::Parser::is_core_wasm(bytes) {
        let message = "the file is a core WebAssembly module, not a component; build it as plugins/README.md says, \
                       which makes the component and adds the manifest";
        return Err(Refusal::new(RefusalReason::CoreModule, message));
    }
    let message = "the file is not WebAssembly: it does not begin with the header of a component; upload the built .wasm";
    Err(Refusal::new(RefusalReason::NotWebAssembly, message).at("byte offset 0x0"))
}

fn manifest(
    sections: &[(&[u8], u64)],
    known_fact: &dyn Fn(&str) -> bool,
) -> Result<Manifest, Refusal> {
    let (text, offset) = match sections {
        [] => {
            let message = format!(
                "the component has no custom section {MANIFEST_SECTION}; build it as plugins/README.md says, which adds rule.toml"
            );
            return Err(Refusal::new(RefusalReason::NoManifest, message));
        }
        [only] => *only,
        [_, second, ..] => {
            let message = format!(
                "the component has {} custom sections {MANIFEST_SECTION}; there must be exactly one",
                sections.len()
            );
            return Err(
                Refusal::new(RefusalReason::TwoManifests, message).at(place::offset(second.1))
            );
        }
    };
    let Ok(text) = std::str::from_utf8(text) else {
        let message = "the manifest is not UTF-8 text; save rule.toml as UTF-8 and build again";
        return Err(Refusal::new(RefusalReason::ManifestInvalid, message).at(place::offset(offset)));
    };
    Manifest::parse(text, known_fact).map_err(refuse_manifest)
}

fn refuse_manifest(problems: Vec<Problem>) -> Refusal {
    let unknown = problems
        .iter()
        .all(|problem| problem.kind == ProblemKind::UnknownFact);
    let reason = if unknown {
        RefusalReason::UnknownFact
    } else {
        RefusalReason::ManifestInvalid
    };
    let first = problems
        .first()
        .map(ToString::to_string)
        .unwrap_or_default();
    let message = match problems.len() {
        0 | 1 => format!("the manifest is refused: {first}"),
        several => format!("the manifest has {several} problems; the first: {first}"),
    };
    let place = problems.first().map(|problem| match problem.line {
        Some(line) => format!("rule.toml line {line} {}", problem.path)
            .trim_end()
            .to_owned(),
        None => problem.path.clone(),
    });
    Refusal {
        place,
        problems,
        ..Refusal::new(reason, message)
    }
}
