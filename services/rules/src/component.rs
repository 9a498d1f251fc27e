//! Packs a core module and a manifest into the one file that a rule is. It checks nothing: the gate does.

use std::fmt;

use wasm_encoder::{ComponentSection, CustomSection, RawSection};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::gate::MANIFEST_SECTION;

/// The contract, as rule authors get it.
pub const WIT: &str = include_str!("../../../plugins/wit/rules.wit");

/// Why a core module cannot be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssembleError(String);

impl fmt::Display for AssembleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the module cannot become a rule; build it against plugins/wit/rules.wit for wasm32-unknown-unknown: {}",
            self.0
        )
    }
}

impl std::error::Error for AssembleError {}

/// Makes a component of a core module that exports the contract's functions, and puts the manifest into it as it is.
pub fn assemble(core_module: &[u8], manifest_toml: &str) -> Result<Vec<u8>, AssembleError> {
    let broken = |error: &dyn fmt::Display| AssembleError(format!("{error:#}"));
    let mut module = strip(core_module).map_err(|error| broken(&error))?;
    if !describes_types(&module) {
        let mut resolve = Resolve::default();
        let package = resolve
            .push_str("rules.wit", WIT)
            .map_err(|error| broken(&error))?;
        let world = resolve
            .select_world(&[package], Some("rule"))
            .map_err(|error| broken(&error))?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .map_err(|error| broken(&error))?;
    }
    let mut encoder = ComponentEncoder::default();
    encoder
        .validate(true)
        .module(&module)
        .map_err(|error| broken(&error))?;
    let component = encoder.encode().map_err(|error| broken(&error))?;
    Ok(with_manifest(component, manifest_toml))
}

/// Appends the manifest to a component.
pub fn with_manifest(mut component: Vec<u8>, manifest_toml: &str) -> Vec<u8> {
    let section = CustomSection {
        name: MANIFEST_SECTION.into(),
        data: manifest_toml.as_bytes().into(),
    };
    section.append_to_component(&mut component);
    component
}

/// Leaves out the custom sections that nobody reads later: function names stay for backtraces, and wit-bindgen's types
/// for the packing itself.
fn strip(module: &[u8]) -> Result<Vec<u8>, wasmparser::BinaryReaderError> {
    let mut stripped = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::CustomSection(section) = &payload
            && section.name() != "name"
            && !section.name().starts_with("component-type")
        {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = usize::try_from(range.start)
                .ok()
                .zip(usize::try_from(range.end).ok());
            let data = data
                .and_then(|(start, end)| module.get(start..end))
                .unwrap_or_default();
            stripped.section(&RawSection { id, data });
        }
    }
    Ok(stripped.finish())
}

fn describes_types(module: &[u8]) -> bool {
    Parser::new(0).parse_all(module).flatten().any(|payload| {
        matches!(payload, Payload::CustomSection(section) if section.name().starts_with("component-type"))
    })
}
