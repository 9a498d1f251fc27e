//! One file that a stranger sends, and what is to become of it.

/// A file with its verdict.
pub struct Case {
    pub name: String,
    pub bytes: Vec<u8>,
    pub verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    /// The gate's reason, as `ErrorInfo` has it.
    Refused(&'static str),
    /// One of two reasons.
    Either(&'static str, &'static str),
    /// The upload is refused before there is anything to look at, with this reason.
    NotTaken(&'static str),
}

pub fn accepted(name: impl Into<String>, bytes: Vec<u8>) -> Case {
    case(name, bytes, Verdict::Accepted)
}

pub fn refused(name: impl Into<String>, reason: &'static str, bytes: Vec<u8>) -> Case {
    case(name, bytes, Verdict::Refused(reason))
}

pub fn case(name: impl Into<String>, bytes: Vec<u8>, verdict: Verdict) -> Case {
    Case {
        name: name.into(),
        bytes,
        verdict,
    }
}

/// Whether a refusal for the reason has a place in the file: what is wrong with the whole of it has none.
pub fn has_place(reason: &str) -> bool {
    let of_the_whole = [
        "too_large",
        "core_module",
        "no_manifest",
        "no_scoring",
        "not_compiled",
        "too_slow",
    ];
    !of_the_whole.contains(&reason)
}
