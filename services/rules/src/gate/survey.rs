//! One pass over all bytes: everything is validated with the features that rules need and no other, and what the manifest
//! and the static limits ask about is collected on the way.

use wasmparser::{
    BinaryReaderError, FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator,
    WasmFeatures,
};

use super::surveyor::Surveyor;
use super::{GateLimits, MANIFEST_SECTION, Refusal, RefusalReason, interface, place};

/// What rules need. Several memories are let through here so that the limit of one can be told in its own words.
const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::COMPONENT_MODEL);

/// What the pass found out. The first breach of a static limit waits here until the manifest has been looked at.
pub(super) struct Survey<'a> {
    /// Contents and offset of each manifest section at component level.
    pub manifests: Vec<(&'a [u8], u64)>,
    pub limit: Option<Refusal>,
    pub float: Option<Refusal>,
    pub interface: Result<(), Refusal>,
}

pub(super) fn survey<'a>(bytes: &'a [u8], limits: &GateLimits) -> Result<Survey<'a>, Refusal> {
    let mut surveyor = Surveyor::new(limits);
    let mut validator = Validator::new_with_features(FEATURES);
    let mut allocations = FuncValidatorAllocations::default();
    let mut manifests = Vec::new();
    let mut interface = None;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(malformed)?;
        match validator.payload(&payload).map_err(malformed)? {
            ValidPayload::Func(function, body) => {
                allocations = surveyor
                    .function(function, &body, allocations)
                    .map_err(malformed)?;
            }
            ValidPayload::End(types) if surveyor.encodings.len() == 1 => {
                interface = Some(interface::check(&types, &surveyor.exports));
            }
            _ => {}
        }
        if let Payload::CustomSection(section) = &payload
            && section.name() == MANIFEST_SECTION
            && surveyor.encodings.len() == 1
        {
            manifests.push((section.data(), section.data_offset()));
        }
        surveyor.payload(payload).map_err(malformed)?;
    }
    surveyor.finish();
    let names = surveyor.names;
    let interface = interface.unwrap_or_else(|| {
        Err(Refusal::new(
            RefusalReason::Malformed,
            "the component has no end",
        ))
    });
    Ok(Survey {
        manifests,
        limit: surveyor.limit.map(|finding| finding.refusal(&names)),
        float: surveyor.float.map(|finding| finding.refusal(&names)),
        interface,
    })
}

fn malformed(error: BinaryReaderError) -> Refusal {
    let message = format!(
        "the file is not a valid component with the features that rules may use: {}; build it again with the rule tools of this release",
        error.message()
    );
    Refusal::new(RefusalReason::Malformed, message).at(place::offset(error.offset()))
}
