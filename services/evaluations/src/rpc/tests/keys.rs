//! Keys that sign rules, and what rules may take.

use ed25519_dalek::Signer;
use tidyward_proto::v1::RuleChangeKind;

use super::*;
use crate::{
    honesty::tests::{MORE, rule_of},
    rule::VersionId,
    signature::{fingerprint, text},
};

fn secret(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

fn own() -> Vec<u8> {
    rule_of("issues.closed", "higher-is-better", MORE)
}

fn platform() -> Caller {
    Caller {
        district: None,
        roles: vec![Role::PlatformAdmin],
        ..caller()
    }
}

impl Scene {
    async fn key(&self, public: &[u8], title: &str) -> Result<v1::RuleKey, Status> {
        let request = v1::CreateRuleKeyRequest {
            parent: "districts/demo".into(),
            rule_key: Some(v1::RuleKey {
                public_key: public.to_vec(),
                title: title.into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let key = self.rules.create_rule_key(call(request)).await;
        key.map(tonic::Response::into_inner)
    }

    async fn retire(&self, name: &str) -> Result<v1::RuleKey, Status> {
        let request = v1::RetireRuleKeyRequest {
            name: name.into(),
            ..Default::default()
        };
        let key = self.rules.retire_rule_key(call(request)).await;
        key.map(tonic::Response::into_inner)
    }

    /// Pushes with a signature over this text, by this key, in this key's name.
    async fn push_signed(
        &self,
        bytes: &[u8],
        by: &SigningKey,
        text: &str,
        key: String,
    ) -> Result<v1::RuleVersion, Status> {
        let request = v1::PushRuleVersionRequest {
            parent: "districts/demo".into(),
            upload: self.upload(bytes).await,
            signature: by.sign(text.as_bytes()).to_bytes().to_vec(),
            signature_key: key,
            ..Default::default()
        };
        let version = self.rules.push_rule_version(call(request)).await;
        version.map(tonic::Response::into_inner)
    }

    async fn policy(
        &self,
        caller: Caller,
        policy: v1::RulePolicy,
        path: &str,
    ) -> Result<v1::RulePolicy, Status> {
        let request = v1::UpdateRulePolicyRequest {
            rule_policy: Some(v1::RulePolicy {
                name: "districts/demo/rulePolicy".into(),
                ..policy
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec![path.to_owned()],
            }),
            ..Default::default()
        };
        let policy = self
            .rules
            .update_rule_policy(call_of(caller, request))
            .await;
        policy.map(tonic::Response::into_inner)
    }
}

fn key_name(of: &SigningKey) -> String {
    let id = fingerprint(&of.verifying_key().to_bytes());
    format!("districts/demo/ruleKeys/{id}")
}

fn signed_text(bytes: &[u8]) -> String {
    let candidate = crate::rule::inspect(bytes).unwrap();
    let id = VersionId::of(&candidate.manifest);
    text("demo", &id, &candidate.digest)
}

fn refusal(status: Status) -> String {
    assert_eq!(reason(&status), "RULE_REFUSED", "{status}");
    tidyward_kit::Error::from(status).metadata["refusal"].clone()
}

fn signing_required() -> v1::RulePolicy {
    v1::RulePolicy {
        signature_required: true,
        ..Default::default()
    }
}

#[tokio::test]
async fn where_rules_must_be_signed_only_a_registered_key_lets_one_in() {
    let scene = scene().await;
    let policy = scene.policy(caller(), signing_required(), "signature_required");
    assert!(policy.await.unwrap().signature_required);
    let (bytes, key) = (own(), secret(7));
    let right = signed_text(&bytes);
    assert_eq!(refusal(scene.push(&bytes).await.unwrap_err()), "not_signed");
    let push = async |by: &SigningKey, text: &str, name: String| {
        refusal(scene.push_signed(&bytes, by, text, name).await.unwrap_err())
    };
    assert_eq!(push(&key, &right, key_name(&key)).await, "key_unknown");
    let registered = scene
        .key(&key.verifying_key().to_bytes(), "the office")
        .await
        .unwrap();
    assert_eq!(registered.name, key_name(&key));
    // By another key in this one's name, for another district, and of another file.
    assert_eq!(
        push(&secret(8), &right, key_name(&key)).await,
        "signature_wrong"
    );
    let elsewhere = right.replace("demo", "other");
    assert_eq!(
        push(&key, &elsewhere, key_name(&key)).await,
        "signature_wrong"
    );
    let replayed = right.replace("own@1.0.0", "own@1.0.1");
    assert_eq!(
        push(&key, &replayed, key_name(&key)).await,
        "signature_wrong"
    );
    let foreign = key_name(&key).replace("demo", "other");
    let status = scene.push_signed(&bytes, &key, &right, foreign).await;
    assert_eq!(reason(&status.unwrap_err()), "NOT_FOUND");

    let version = scene
        .push_signed(&bytes, &key, &right, key_name(&key))
        .await
        .unwrap();
    assert_eq!(version.signature_key, key_name(&key));
    assert_eq!(version.signature, key.sign(right.as_bytes()).to_bytes());
    let get = v1::GetRuleVersionRequest {
        name: version.name.clone(),
    };
    let kept = scene.rules.get_rule_version(call(get)).await.unwrap();
    assert_eq!(kept.into_inner(), version);

    // A key that was retired signs nothing more; what it signed stays.
    let retired = scene.retire(&key_name(&key)).await.unwrap();
    assert!(retired.retire_time.is_some());
    assert_eq!(scene.retire(&key_name(&key)).await.unwrap(), retired);
    let higher = replace(&bytes, b"version = \"1.0.0\"", b"version = \"1.0.1\"");
    let status = scene
        .push_signed(&higher, &key, &signed_text(&higher), key_name(&key))
        .await;
    assert_eq!(refusal(status.unwrap_err()), "key_retired");
    scene.activate("own/versions/1.0.0", "2013-q3").await;
    let kinds: Vec<RuleChangeKind> = scene
        .changes()
        .await
        .iter()
        .map(v1::RuleChange::kind)
        .collect();
    let expected = [
        RuleChangeKind::PolicyChanged,
        RuleChangeKind::KeyCreated,
        RuleChangeKind::Pushed,
        RuleChangeKind::KeyRetired,
        RuleChangeKind::Activated,
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_by_its_field() {
    let scene = scene().await;
    let good = secret(7).verifying_key().to_bytes();
    // Not of the curve, and the neutral point, for which anybody can sign.
    let (off, mut weak) = ([2; 32], [0; 32]);
    weak[0] = 1;
    for (public, title, field) in [
        (&good[..31], "ours", "rule_key.public_key"),
        (&off[..], "ours", "rule_key.public_key"),
        (&weak[..], "ours", "rule_key.public_key"),
        (&good[..], "", "rule_key.title"),
        (&good[..], "two\nlines", "rule_key.title"),
    ] {
        let error = tidyward_kit::Error::from(scene.key(public, title).await.unwrap_err());
        assert_eq!(error.violations[0].field, field, "{error}");
    }
    scene.key(&good, "ours").await.unwrap();
    assert_eq!(
        reason(&scene.key(&good, "again").await.unwrap_err()),
        "ALREADY_EXISTS"
    );
    let missing = scene.retire(&key_name(&secret(9))).await.unwrap_err();
    assert_eq!(reason(&missing), "NOT_FOUND");
    let half = v1::PushRuleVersionRequest {
        parent: "districts/demo".into(),
        upload: "districts/demo/uploads/x".into(),
        signature: vec![1; 10],
        ..Default::default()
    };
    let error = scene.rules.push_rule_version(call(half)).await.unwrap_err();
    let fields: Vec<String> = tidyward_kit::Error::from(error)
        .violations
        .into_iter()
        .map(|one| one.field)
        .collect();
    assert_eq!(fields, ["signature", "signature_key"]);
}

#[tokio::test]
async fn keys_are_listed_page_by_page_the_oldest_first() {
    let scene = scene().await;
    let mut names = Vec::new();
    for number in 1..=5 {
        let key = secret(number).verifying_key().to_bytes();
        names.push(scene.key(&key, "ours").await.unwrap().name);
    }
    // All of them were made in one instant.
    names.sort();
    let mut request = v1::ListRuleKeysRequest {
        parent: "districts/demo".into(),
        page_size: 2,
        ..Default::default()
    };
    let mut listed = Vec::new();
    loop {
        let page = scene.rules.list_rule_keys(call(request.clone())).await;
        let page = page.unwrap().into_inner();
        listed.extend(page.rule_keys.into_iter().map(|key| key.name));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed, names);
}

#[tokio::test]
async fn limits_are_for_the_platforms_admin_and_hold_at_the_gate_and_in_runs() {
    let scene = scene().await;
    let bytes = own();
    let limits = |component, fuel, versions| v1::RulePolicy {
        component_bytes_limit: component,
        call_fuel_limit: fuel,
        versions_limit: versions,
        ..Default::default()
    };
    let refused = scene
        .policy(caller(), limits(0, 0, 5), "versions_limit")
        .await;
    assert_eq!(reason(&refused.unwrap_err()), "ROLE_MISSING");
    for (policy, path) in [
        (limits(1_000, 0, 0), "component_bytes_limit"),
        (limits(0, 5, 0), "call_fuel_limit"),
        (limits(0, 0, -1), "versions_limit"),
    ] {
        let error = scene.policy(platform(), policy, path).await.unwrap_err();
        let error = tidyward_kit::Error::from(error);
        assert_eq!(error.violations[0].field, format!("rule_policy.{path}"));
    }
    let unknown = scene.policy(platform(), limits(0, 0, 0), "name").await;
    let error = tidyward_kit::Error::from(unknown.unwrap_err());
    assert_eq!(error.violations[0].field, "update_mask");

    let small = bytes.len() as i64 - 1;
    let policy = scene.policy(
        platform(),
        limits(small.max(1_024), 0, 0),
        "component_bytes_limit",
    );
    assert!(policy.await.unwrap().component_bytes_limit < bytes.len() as i64);
    assert_eq!(refusal(scene.push(&bytes).await.unwrap_err()), "too_large");
    let policy = scene.policy(platform(), limits(0, 0, 0), "component_bytes_limit");
    assert_eq!(policy.await.unwrap().component_bytes_limit, 1_048_576);

    scene
        .policy(platform(), limits(0, 0, 1), "versions_limit")
        .await
        .unwrap();
    scene.push(&bytes).await.unwrap();
    scene.push(&bytes).await.unwrap();
    let higher = replace(&bytes, b"version = \"1.0.0\"", b"version = \"1.0.1\"");
    let full = scene.push(&higher).await.unwrap_err();
    assert_eq!(reason(&full), "TOO_MANY");

    scene
        .policy(platform(), limits(0, 3_000_000, 0), "call_fuel_limit")
        .await
        .unwrap();
    scene.activate("own/versions/1.0.0", "2013-q3").await;
    scene.open("2013-q3").await;
    scene.seal("2013-q3", ledger(2)).await.unwrap();
    scene.run(run_of("2013-q3")).await.unwrap();
    let all = store::revision::list(
        scene.house.db.read(),
        &scene.district,
        "2013-q3".parse().unwrap(),
    );
    assert_eq!(all.await.unwrap()[0].fuel_limit, 3_000_000);
    let get = v1::GetRulePolicyRequest {
        name: "districts/demo/rulePolicy".into(),
    };
    let policy = scene
        .rules
        .get_rule_policy(call(get))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (policy.call_fuel_limit, policy.versions_limit),
        (3_000_000, 1)
    );
}
