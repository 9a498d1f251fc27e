//! Signatures on rules: by ed25519, over the component's digest, the district and the rule's id and version, so that none is
//! good for another district's rule or another version. Keys are registered and retired by the district.

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use tidyward_rules::gate::{Refusal, RefusalReason};

use crate::rule::VersionId;

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;
/// Keys of a district at most, those that were retired too.
pub const MOST_KEYS: usize = 1_000;

/// A registered key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub public: [u8; 32],
    /// Whose it is.
    pub title: String,
    /// Microseconds.
    pub created_at: i64,
    pub retired_at: Option<i64>,
}

/// What came with a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub signature: [u8; SIGNATURE_BYTES],
    /// The key's name, as the client gave it.
    pub by: String,
    /// The registered key of that name.
    pub key: Option<Key>,
}

/// Whether a rule must be signed, and what there is of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    pub required: bool,
    pub signed: Option<Signed>,
}

/// Under which a key goes: SHA-256 of its 32 bytes in hexadecimal digits.
pub fn fingerprint(public: &[u8; 32]) -> String {
    hex::encode(Sha256::digest(public))
}

/// The text that is signed.
pub fn text(district: &str, id: &VersionId, digest: &[u8; 32]) -> String {
    format!(
        "tidyward rule signature 1\n{district}\n{}@{}\n{}\n",
        id.rule,
        id.version,
        hex::encode(digest)
    )
}

/// The fourth step of the gate. A signature is looked at even where none is asked for: a wrong one is never let pass.
pub fn check(
    terms: &Terms,
    district: &str,
    id: &VersionId,
    digest: &[u8; 32],
) -> Result<(), Refusal> {
    let Some(signed) = &terms.signed else {
        if terms.required {
            let message = "the district takes signed rules alone and this one has no signature; sign it by a registered key, \
                           `tidyward rules push FILE --key KEY`";
            return Err(Refusal::new(RefusalReason::NotSigned, message));
        }
        return Ok(());
    };
    let refuse = |reason, message: String| Err(Refusal::new(reason, message).at(&signed.by));
    match &signed.key {
        None => {
            let message = "the key that signed the rule is not registered in the district; register it, \
                           `tidyward rules key add`, or sign by another";
            return refuse(RefusalReason::KeyUnknown, message.to_owned());
        }
        Some(key) if key.retired_at.is_some() => {
            let message = format!(
                "the key that signed the rule, `{}`, was retired; sign by one that is not",
                key.title
            );
            return refuse(RefusalReason::KeyRetired, message);
        }
        Some(key) => {
            let signature = Signature::from_bytes(&signed.signature);
            let good = VerifyingKey::from_bytes(&key.public).is_ok_and(|key| {
                key.verify_strict(text(district, id, digest).as_bytes(), &signature)
                    .is_ok()
            });
            if !good {
                let message = format!(
                    "the signature is not one of the key `{}` for {}@{} of the district {district} with these bytes; \
                     sign the file that is uploaded, for this district and version",
                    key.title, id.rule, id.version
                );
                return refuse(RefusalReason::SignatureWrong, message);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    const DIGEST: [u8; 32] = [9; 32];

    fn own() -> SigningKey {
        SigningKey::from_bytes(&[4; 32])
    }

    fn id() -> VersionId {
        VersionId::parse("own", "1.0.0").unwrap()
    }

    fn signed(by: &SigningKey, text: &str) -> Terms {
        let key = Key {
            public: own().verifying_key().to_bytes(),
            title: "the office".into(),
            created_at: 0,
            retired_at: None,
        };
        Terms {
            required: true,
            signed: Some(Signed {
                signature: by.sign(text.as_bytes()).to_bytes(),
                by: "districts/d/ruleKeys/k".into(),
                key: Some(key),
            }),
        }
    }

    fn reason(terms: &Terms) -> Option<RefusalReason> {
        let ended = check(terms, "d", &id(), &DIGEST);
        ended.err().map(|refusal| refusal.reason)
    }

    #[test]
    fn the_signed_text_is_the_documented_one() {
        let zeros = "00".repeat(32);
        let expected = format!("tidyward rule signature 1\nd\nown@1.0.0\n{zeros}\n");
        assert_eq!(text("d", &id(), &[0; 32]), expected);
    }

    #[test]
    fn a_signature_is_good_for_its_district_version_bytes_and_key_alone() {
        let right = text("d", &id(), &DIGEST);
        assert_eq!(reason(&signed(&own(), &right)), None);
        let higher = VersionId::parse("own", "1.0.1").unwrap();
        let other = VersionId::parse("other", "1.0.0").unwrap();
        for wrong in [
            text("e", &id(), &DIGEST),
            text("d", &higher, &DIGEST),
            text("d", &other, &DIGEST),
            text("d", &id(), &[8; 32]),
            String::new(),
        ] {
            let terms = signed(&own(), &wrong);
            assert_eq!(
                reason(&terms),
                Some(RefusalReason::SignatureWrong),
                "{wrong}"
            );
        }
        let stranger = SigningKey::from_bytes(&[5; 32]);
        let terms = signed(&stranger, &right);
        assert_eq!(reason(&terms), Some(RefusalReason::SignatureWrong));
    }

    #[test]
    fn a_wrong_signature_is_refused_even_where_none_is_asked_for() {
        let mut terms = signed(&own(), "something else");
        terms.required = false;
        assert_eq!(reason(&terms), Some(RefusalReason::SignatureWrong));
        assert_eq!(reason(&Terms::default()), None);
        let required = Terms {
            required: true,
            signed: None,
        };
        assert_eq!(reason(&required), Some(RefusalReason::NotSigned));
    }

    #[test]
    fn a_key_that_is_unknown_or_retired_signs_nothing() {
        let right = text("d", &id(), &DIGEST);
        let mut terms = signed(&own(), &right);
        if let Some(key) = terms.signed.as_mut().and_then(|one| one.key.as_mut()) {
            key.retired_at = Some(1);
        }
        assert_eq!(reason(&terms), Some(RefusalReason::KeyRetired));
        if let Some(signed) = terms.signed.as_mut() {
            signed.key = None;
        }
        assert_eq!(reason(&terms), Some(RefusalReason::KeyUnknown));
    }
}
