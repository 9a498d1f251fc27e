//! Signatures that are another's, of something else, or none.

use ed25519_dalek::{Signer, SigningKey};
use tidyward_evaluations::{
    rule::{VersionId, inspect},
    signature::{fingerprint, text},
};
use tidyward_kit::peer::Peer;
use tidyward_proto::v1::{CreateRuleKeyRequest, RuleKey, rule_service_client::RuleServiceClient};

use super::{
    neighbour::BUSY,
    sheet::{MANIFEST, Sheet},
    stranger::{Ended, STRANGERS, Stranger},
};

/// One way to sign what is not to be let in; the first is right.
#[derive(Clone, Copy)]
pub enum Forgery {
    None,
    /// By the key of another district, as if it were this one's.
    Neighbours,
    /// The same, named as the other district's.
    NeighboursByName,
    /// Over the same rule as the other district's.
    ForNeighbours,
    /// What was signed for one id, with the rule of another.
    OtherId,
    /// What was signed for one version, with the next.
    OtherVersion,
    /// What was signed for one file, with another of the same id and version.
    OtherBytes,
    Zeroes,
    Short,
}

pub const FORGERIES: [(&str, Forgery, &str); 9] = [
    ("a signature that is good", Forgery::None, ""),
    (
        "a signature by another district's key",
        Forgery::Neighbours,
        "key_unknown",
    ),
    (
        "another district's key by its name",
        Forgery::NeighboursByName,
        "NOT_FOUND",
    ),
    (
        "a signature made for another district",
        Forgery::ForNeighbours,
        "signature_wrong",
    ),
    (
        "a signature replayed for another id",
        Forgery::OtherId,
        "signature_wrong",
    ),
    (
        "a signature replayed for another version",
        Forgery::OtherVersion,
        "signature_wrong",
    ),
    (
        "a signature replayed for other bytes",
        Forgery::OtherBytes,
        "signature_wrong",
    ),
    ("a signature of zeroes", Forgery::Zeroes, "signature_wrong"),
    ("a signature of 63 bytes", Forgery::Short, "FIELDS_INVALID"),
];

fn strangers() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn neighbours() -> SigningKey {
    SigningKey::from_bytes(&[8; 32])
}

/// Registers the key of each district in it.
pub async fn registered(strangers_own: RuleServiceClient<Peer>, busy: RuleServiceClient<Peer>) {
    let keys = [
        (strangers_own, STRANGERS, strangers()),
        (busy, BUSY, neighbours()),
    ];
    for (mut client, district, key) in keys {
        let request = CreateRuleKeyRequest {
            parent: format!("districts/{district}"),
            rule_key: Some(RuleKey {
                public_key: key.verifying_key().to_bytes().to_vec(),
                title: "the office".to_owned(),
                ..RuleKey::default()
            }),
            request_id: String::new(),
        };
        client.create_rule_key(request).await.expect("a key");
    }
}

fn name(district: &str, key: &SigningKey) -> String {
    let id = fingerprint(&key.verifying_key().to_bytes());
    format!("districts/{district}/ruleKeys/{id}")
}

/// A signature on the file, as that district's.
fn signed(district: &str, bytes: &[u8], key: &SigningKey) -> Vec<u8> {
    let candidate = inspect(bytes).expect("a rule");
    let id = VersionId::of(&candidate.manifest);
    let text = text(district, &id, &candidate.digest);
    key.sign(text.as_bytes()).to_bytes().to_vec()
}

pub async fn tried(forgery: Forgery, expected: &str, stranger: &mut Stranger) -> Ended {
    let sheet = Sheet::default();
    let rule = sheet.rule();
    let other = |from: &str, to: &str| sheet.rule_with(&MANIFEST.replacen(from, to, 1));
    let own = strangers();
    let good = signed(STRANGERS, &rule, &own);
    let (file, signature, by) = match forgery {
        Forgery::None => (rule, good, name(STRANGERS, &own)),
        Forgery::Neighbours => {
            let signature = signed(STRANGERS, &rule, &neighbours());
            (rule, signature, name(STRANGERS, &neighbours()))
        }
        Forgery::NeighboursByName => {
            let signature = signed(STRANGERS, &rule, &neighbours());
            (rule, signature, name(BUSY, &neighbours()))
        }
        Forgery::ForNeighbours => {
            let signature = signed(BUSY, &rule, &own);
            (rule, signature, name(STRANGERS, &own))
        }
        Forgery::OtherId => (other("strange", "strangf"), good, name(STRANGERS, &own)),
        Forgery::OtherVersion => (other("1.0.0", "1.0.1"), good, name(STRANGERS, &own)),
        Forgery::OtherBytes => (other("Strange", "Strangf"), good, name(STRANGERS, &own)),
        Forgery::Zeroes => (rule, vec![0; 64], name(STRANGERS, &own)),
        Forgery::Short => (rule, good[..63].to_vec(), name(STRANGERS, &own)),
    };
    let upload = stranger.upload(&file).await.expect("an upload");
    let answer = stranger.push_signed(&upload, signature, by).await;
    match answer {
        Ok(version) => Ended::of("accepted".to_owned(), expected.is_empty(), &version),
        Err(status) => {
            let refused = tidyward_tests::refusal(Err::<(), _>(status));
            let told = refused.metadata.get("refusal").unwrap_or(&refused.reason);
            Ended::of(told.clone(), told == expected, &refused)
        }
    }
}
