//! The one place that makes a `Status` of an `Error`, and an `Error` of a peer's `Status`.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::db::failure;
use crate::error::{Error, Reason, Violation};

/// Domain of every `ErrorInfo`.
pub const DOMAIN: &str = "tidyward";

/// Message and details ride in headers, of which clients take 16 KiB in all: so many violations are sent at most, each text
/// is cut, and where the texts are many or in Chinese, shorter still, for a header counts bytes.
const MOST_VIOLATIONS: usize = 50;
const LONGEST_TEXT: usize = 160;
/// Bytes of a message as its header has it, where every byte but letters and digits may take three.
const MESSAGE_BYTES: usize = 3_000;
/// Bytes of all violations together.
const VIOLATION_BYTES: usize = 5_000;
/// Bytes of a value of the metadata.
const METADATA_BYTES: usize = 200;

/// The gRPC code that goes with a reason. `error_reason.proto` says the same in words, and a test compares the two.
pub fn code(reason: Reason) -> Code {
    match reason {
        Reason::Unspecified | Reason::Internal => Code::Internal,
        Reason::Unavailable => Code::Unavailable,
        Reason::Busy | Reason::RateLimited | Reason::MessageTooLarge | Reason::TooMany => {
            Code::ResourceExhausted
        }
        Reason::Deadline => Code::DeadlineExceeded,
        Reason::Unsupported => Code::Unimplemented,
        Reason::TokenMissing | Reason::TokenInvalid | Reason::TokenExpired => Code::Unauthenticated,
        Reason::RoleMissing | Reason::ActorWrong => Code::PermissionDenied,
        Reason::NotFound => Code::NotFound,
        Reason::AlreadyExists | Reason::RuleVersionExists => Code::AlreadyExists,
        Reason::ChangedMeanwhile | Reason::WatchLagged => Code::Aborted,
        Reason::WatchTokenUnknown => Code::OutOfRange,
        Reason::StoredBytesDamaged => Code::DataLoss,
        Reason::UploadIncomplete
        | Reason::PeriodFrozen
        | Reason::RuleRevoked
        | Reason::NoRuleBefore
        | Reason::PeriodNotOver
        | Reason::NoRuleInForce
        | Reason::FactTwice
        | Reason::MoveForbidden
        | Reason::MetricRedeclared
        | Reason::TooManyFailed
        | Reason::HeadTaken
        | Reason::DeadlinePassed
        | Reason::MergeForbidden
        | Reason::EvidenceMissing
        | Reason::EvidenceTooFar => Code::FailedPrecondition,
        Reason::FieldsInvalid
        | Reason::RequestIdReused
        | Reason::MessageUnreadable
        | Reason::PageTokenInvalid
        | Reason::UploadPieceInvalid
        | Reason::UploadDigestWrong
        | Reason::MappingInvalid
        | Reason::FileUnreadable
        | Reason::ColumnMissing
        | Reason::ValueMissing
        | Reason::ValueInvalid
        | Reason::TimeInvalid
        | Reason::PositionInvalid
        | Reason::CategoryUnknown
        | Reason::RowConflict
        | Reason::BoundaryInvalid
        | Reason::ParentMissing
        | Reason::ParentCycle
        | Reason::LevelOrder
        | Reason::AreaUnknown
        | Reason::FilterInvalid
        | Reason::EvidenceUnreadable
        | Reason::EvidenceTypeDiffers
        | Reason::EvidenceTooLarge
        | Reason::RuleRefused => Code::InvalidArgument,
    }
}

/// Name of a reason on the wire: the proto's without its prefix.
pub fn reason_name(reason: Reason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

impl From<Error> for Status {
    fn from(error: Error) -> Status {
        if let Some(source) = &error.source {
            let reason = reason_name(error.reason);
            tracing::error!(error.reason = reason, error.source = %chain(&**source), "a call failed");
        }
        let metadata = error.metadata.into_iter();
        let metadata: HashMap<String, String> = metadata
            .map(|(key, value)| (key, cut_bytes(&value, METADATA_BYTES)))
            .collect();
        let mut details =
            ErrorDetails::with_error_info(reason_name(error.reason), DOMAIN, metadata);
        let sent = error.violations.len().clamp(1, MOST_VIOLATIONS);
        let share = VIOLATION_BYTES / sent;
        for violation in error.violations.iter().take(MOST_VIOLATIONS) {
            let field = cut_bytes(&cut(&violation.field, LONGEST_TEXT), share / 2);
            let left = share - field.len().min(share);
            let message = cut_bytes(&cut(&violation.message, LONGEST_TEXT), left);
            details.add_bad_request_violation(field, message);
        }
        if let Some(delay) = error.retry_after {
            details.set_retry_info(Some(delay));
        }
        let message = cut_message(&error.message);
        Status::with_error_details(code(error.reason), message, details)
    }
}

/// What a peer answered, as an error of ours: its reason and words go on to the caller unless they are its own affair.
impl From<Status> for Error {
    fn from(status: Status) -> Error {
        let details = status.get_error_details();
        let reason = details
            .error_info()
            .and_then(|info| Reason::from_str_name(&format!("ERROR_REASON_{}", info.reason)));
        let Some(reason) = reason.filter(|reason| *reason != Reason::Internal) else {
            return match status.code() {
                Code::Unavailable | Code::DeadlineExceeded => Error::unavailable(status),
                _ => Error::internal(status),
            };
        };
        let mut error = Error::new(reason, status.message());
        error.retry_after = details.retry_info().and_then(|retry| retry.retry_delay);
        if let Some(info) = details.error_info() {
            error.metadata = info.metadata.clone().into_iter().collect();
        }
        error.retry_after = details.retry_info().and_then(|info| info.retry_delay);
        if let Some(bad) = details.bad_request() {
            error.violations = bad
                .field_violations
                .iter()
                .map(|one| Violation {
                    field: one.field.clone(),
                    reason,
                    message: one.description.clone(),
                })
                .collect();
        }
        error
    }
}

/// A database's failure. Its text stays inside.
impl From<sea_orm::DbErr> for Error {
    fn from(error: sea_orm::DbErr) -> Error {
        if failure::took_too_long(&error) {
            let message =
                "the database took longer over this than a call may; ask for less at once";
            let mut slow = Error::new(Reason::Deadline, message);
            slow.source = Some(error.into());
            slow
        } else if failure::passes(&error) {
            Error::unavailable(error)
        } else {
            Error::internal(error)
        }
    }
}

/// What the transport refused before any handler saw it, as an error of ours: only the transport leaves out details.
pub fn complete(status: &Status) -> Option<Error> {
    if status.code() == Code::Ok || !status.details().is_empty() {
        return None;
    }
    Some(match status.code() {
        Code::OutOfRange | Code::ResourceExhausted => Error::new(
            Reason::MessageTooLarge,
            "the message is larger than the server takes; send less at once",
        ),
        // A service that is not served here, or a compression that is not taken; of the first the transport says no word.
        Code::Unimplemented => {
            let words = match status.message() {
                "" => "the server does not have that method; look at its reflection",
                words => words,
            };
            Error::new(Reason::Unsupported, words)
        }
        _ => Error::new(
            Reason::MessageUnreadable,
            "the message is not what the method takes; make the stubs anew from the server's protos",
        ),
    })
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Cuts so that the text takes at most so many bytes.
fn cut_bytes(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(3);
    format!("{}...", &text[..text.floor_char_boundary(kept)])
}

/// Cuts so that the text, as the header of a message has it, takes at most so many bytes.
fn cut_message(text: &str) -> String {
    let mut taken = 0;
    for (place, character) in text.char_indices() {
        taken += match character.is_ascii_alphanumeric() {
            true => 1,
            false => 3 * character.len_utf8(),
        };
        if taken > MESSAGE_BYTES {
            return format!("{}...", &text[..place]);
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_types::FileDescriptorSet;
    use tidyward_proto::DESCRIPTORS;

    use super::*;

    /// Path of an enum's value in a file: field 5 of the file is its enums, field 2 of an enum its values.
    const ENUM: i32 = 5;
    const VALUE: i32 = 2;

    #[test]
    fn the_comment_of_every_reason_begins_with_its_code() {
        let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
        let name = "tidyward/v1/error_reason.proto";
        let file = set.file.iter().find(|file| file.name() == name).unwrap();
        let locations = &file.source_code_info.as_ref().unwrap().location;
        for (index, value) in file.enum_type[0].value.iter().enumerate().skip(1) {
            let path = [ENUM, 0, VALUE, index as i32];
            let place = locations.iter().find(|one| one.path == path).unwrap();
            let reason = Reason::from_str_name(value.name()).unwrap();
            let comment = place.leading_comments().trim();
            let words = format!("{:?}", code(reason));
            let said: String = comment.chars().take_while(|c| *c != '.').collect();
            let imports = said.starts_with("An import's problem");
            let same = said.replace('_', "").eq_ignore_ascii_case(&words);
            assert!(
                imports || same,
                "{} is {words}, its comment says {said}",
                value.name()
            );
        }
    }

    #[test]
    fn a_status_says_reason_words_and_every_violation() {
        let mut violations = crate::error::Violations::default();
        for index in 0..60 {
            violations.add(
                format!("points[{index}].latitude"),
                "must be -90 to 90; ".repeat(30),
            );
        }
        let status = Status::from(violations.into_error());
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "FIELDS_INVALID");
        assert_eq!(details.error_info().unwrap().domain, "tidyward");
        assert_eq!(
            details.bad_request().unwrap().field_violations.len(),
            MOST_VIOLATIONS
        );
        // The header that carries it is base64, a third longer.
        assert!(status.details().len() * 4 / 3 < 16 * 1_024);
    }

    #[test]
    fn an_error_fits_its_headers_in_whatever_language() {
        for text in [
            "城".repeat(30_000),
            "x ".repeat(30_000),
            "\u{0}".repeat(30_000),
        ] {
            for count in [1, 7, 60] {
                let mut violations = crate::error::Violations::default();
                for _ in 0..count {
                    violations.add(text.as_str(), text.as_str());
                }
                let error = violations.into_error().with("place", &text);
                let response = Status::from(error).into_http::<()>();
                let sizes = response.headers().iter();
                let size: usize = sizes
                    .map(|(name, value)| name.as_str().len() + value.len() + 32)
                    .sum();
                assert!(size < 16 * 1_024, "{size} bytes for {count}");
            }
        }
    }

    #[test]
    fn what_only_the_log_may_see_stays_inside() {
        let status = Status::from(Error::internal("the password is sesame"));
        assert_eq!(status.code(), Code::Internal);
        assert!(!status.message().contains("sesame"));
        assert!(!String::from_utf8_lossy(status.details()).contains("sesame"));
    }

    #[test]
    fn an_error_survives_the_way_to_a_peer_and_back() {
        let mut error = Error::new(Reason::PeriodNotOver, "not over").with("end", "tomorrow");
        error.retry_after = Some(std::time::Duration::from_secs(7));
        let back = Error::from(Status::from(error));
        assert_eq!(back.reason, Reason::PeriodNotOver);
        assert_eq!(back.message, "not over");
        assert_eq!(back.metadata["end"], "tomorrow");
        assert_eq!(back.retry_after, Some(std::time::Duration::from_secs(7)));
    }
}
