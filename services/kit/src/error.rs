//! The one error of every service. It knows its reason and its words and nothing of the transport; `status` makes a
//! `Status` of it.

use std::{collections::BTreeMap, fmt, time::Duration};

/// Why something failed, for programs; the table with its documentation is `error_reason.proto`.
pub use tidyward_proto::v1::ErrorReason as Reason;

/// A failure: what a program must tell apart is in `reason`, what a person must do next is in `message`.
#[derive(Debug)]
pub struct Error {
    pub reason: Reason,
    /// Reaches the client. Never holds what only the log may see.
    pub message: String,
    /// Reaches the client as `ErrorInfo.metadata`.
    pub metadata: BTreeMap<String, String>,
    /// Every field that is wrong, of a `FIELDS_INVALID`.
    pub violations: Vec<Violation>,
    /// When it is worth trying again.
    pub retry_after: Option<Duration>,
    /// What only the log may see.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field in the request, for example `issue.position.latitude`.
    pub field: String,
    pub reason: Reason,
    /// What is wrong and what to do.
    pub message: String,
}

impl Error {
    pub fn new(reason: Reason, message: impl Into<String>) -> Error {
        Error {
            reason,
            message: message.into(),
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            retry_after: None,
            source: None,
        }
    }

    /// The words are the same whether the resource is not there or the caller may not see it.
    pub fn not_found(name: impl fmt::Display) -> Error {
        let message =
            format!("`{name}` does not exist or is not yours to see; check the name and the token");
        Error::new(Reason::NotFound, message)
    }

    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let message = "the server failed; try again, and tell the admin if it stays so";
        let mut error = Error::new(Reason::Internal, message);
        error.source = Some(source.into());
        error
    }

    /// The server cannot answer at the moment but may in a while.
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let mut error = Error::new(
            Reason::Unavailable,
            "the server cannot answer at the moment; try again",
        );
        error.retry_after = Some(Duration::from_secs(1));
        error.source = Some(source.into());
        error
    }

    /// There is no place for the call at the moment, but there may be in a second.
    pub fn busy(message: impl Into<String>) -> Error {
        let mut error = Error::new(Reason::Busy, message);
        error.retry_after = Some(Duration::from_secs(1));
        error
    }

    /// One field that is wrong.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Error {
        let mut violations = Violations::default();
        violations.add(field, message);
        violations.into_error()
    }

    /// What lies behind it, in words, so that others who met the same can be told of it.
    pub fn cause(&self) -> String {
        let source = self.source.as_ref().map(ToString::to_string);
        source.unwrap_or_else(|| self.to_string())
    }

    #[must_use]
    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Error {
        self.metadata.insert(key.to_owned(), value.to_string());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.reason.as_str_name(), self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

/// Collects every violation of a request, so that a client hears of all at once.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.add_reason(field, Reason::FieldsInvalid, message);
    }

    pub fn add_reason(
        &mut self,
        field: impl Into<String>,
        reason: Reason,
        message: impl Into<String>,
    ) {
        self.0.push(Violation {
            field: field.into(),
            reason,
            message: message.into(),
        });
    }

    /// Notes a violation unless the condition holds.
    pub fn require(&mut self, holds: bool, field: &str, message: &str) {
        if !holds {
            self.add(field, message);
        }
    }

    /// The value, or nothing and the error's violations noted.
    pub fn take<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.0.extend(error.violations);
                None
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn into_result(self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.into_error())
        }
    }

    pub fn into_error(self) -> Error {
        let words: Vec<String> = self
            .0
            .iter()
            .take(3)
            .map(|violation| format!("{}: {}", violation.field, violation.message))
            .collect();
        let more = self.0.len().saturating_sub(words.len());
        let tail = if more > 0 {
            format!("; and {more} more")
        } else {
            String::new()
        };
        let mut error = Error::new(Reason::FieldsInvalid, words.join("; ") + &tail);
        error.violations = self.0;
        error
    }
}
