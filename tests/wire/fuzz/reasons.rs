//! The reasons that errors may carry, with their codes, as the comments of `error_reason.proto` have them.

use std::collections::BTreeMap;

use prost_reflect::DescriptorPool;
use tonic::Code;

const CODES: [(&str, Code); 13] = [
    ("INVALID_ARGUMENT", Code::InvalidArgument),
    ("NOT_FOUND", Code::NotFound),
    ("ALREADY_EXISTS", Code::AlreadyExists),
    ("ABORTED", Code::Aborted),
    ("OUT_OF_RANGE", Code::OutOfRange),
    ("FAILED_PRECONDITION", Code::FailedPrecondition),
    ("PERMISSION_DENIED", Code::PermissionDenied),
    ("UNAUTHENTICATED", Code::Unauthenticated),
    ("RESOURCE_EXHAUSTED", Code::ResourceExhausted),
    ("DEADLINE_EXCEEDED", Code::DeadlineExceeded),
    ("UNIMPLEMENTED", Code::Unimplemented),
    ("DATA_LOSS", Code::DataLoss),
    ("INTERNAL", Code::Internal),
];
/// What no request may bring about.
const NEVER: [&str; 4] = [
    "INTERNAL",
    "UNAVAILABLE",
    "UNSUPPORTED",
    "STORED_BYTES_DAMAGED",
];

/// Reason by its name on the wire, with its code.
pub struct Reasons(BTreeMap<String, Code>);

impl Reasons {
    pub fn read(pool: &DescriptorPool) -> Reasons {
        let reasons = pool.get_enum_by_name("tidyward.v1.ErrorReason").unwrap();
        let mut codes = BTreeMap::new();
        for value in reasons.values() {
            let name = value.name().trim_start_matches("ERROR_REASON_").to_owned();
            let comment = super::values::comment(&value.parent_file(), value.path());
            let said = comment.trim().split('.').next().unwrap_or("").to_owned();
            if let Some((_, code)) = CODES.iter().find(|(name, _)| *name == said) {
                codes.insert(name, *code);
            }
        }
        Reasons(codes)
    }

    /// Whether an answer may carry the reason under the code; if not, why.
    pub fn allow(&self, reason: &str, code: Code) -> Result<(), String> {
        if NEVER.contains(&reason) {
            return Err(format!("{reason} is never a caller's doing"));
        }
        match self.0.get(reason) {
            None => Err(format!("{reason} is documented with no code")),
            Some(named) if *named != code => Err(format!(
                "{reason} came as {code:?}, its comment says {named:?}"
            )),
            Some(_) => Ok(()),
        }
    }
}
