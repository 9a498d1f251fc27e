//! Refusals, as a client reads them.

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// What an answer was refused with: code, reason, words, and the fields that were wrong.
#[derive(Debug)]
pub struct Refusal {
    pub code: Code,
    pub reason: String,
    pub message: String,
    pub fields: Vec<String>,
    pub metadata: std::collections::HashMap<String, String>,
}

/// Reads a refusal as a client does: every error must carry `ErrorInfo` of our domain.
pub fn refusal<T: std::fmt::Debug>(answer: Result<T, Status>) -> Refusal {
    let status = answer.expect_err("the call should be refused");
    let details = status.get_error_details();
    let info = details.error_info().expect("every error carries ErrorInfo");
    assert_eq!(info.domain, "tidyward");
    let bad = details.bad_request();
    Refusal {
        code: status.code(),
        reason: info.reason.clone(),
        message: status.message().to_owned(),
        fields: bad.map_or_else(Vec::new, |bad| {
            bad.field_violations
                .iter()
                .map(|one| one.field.clone())
                .collect()
        }),
        metadata: info.metadata.clone(),
    }
}
