//! Etags: an update goes through only if nobody changed the resource since it was read.

use crate::error::{Error, Reason};

/// An empty etag asks for no check.
pub fn check(sent: &str, current: &str) -> Result<(), Error> {
    if sent.is_empty() || sent == current {
        return Ok(());
    }
    let words =
        "somebody changed it since its etag was read; read it again, then make the change again";
    Err(Error::new(Reason::ChangedMeanwhile, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_etag_says_to_read_again() {
        assert!(check("", "7").is_ok());
        assert!(check("7", "7").is_ok());
        let error = check("6", "7").unwrap_err();
        assert_eq!(error.reason, Reason::ChangedMeanwhile);
        assert!(error.message.contains("read it again"), "{error}");
    }
}
