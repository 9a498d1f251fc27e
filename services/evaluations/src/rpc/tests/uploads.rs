//! Rules on their way: how many there may be, and what becomes of them.

use super::*;
use crate::honesty::tests::{MORE, rule_of};

fn own() -> Vec<u8> {
    rule_of("issues.closed", "higher-is-better", MORE)
}

#[tokio::test]
async fn what_a_caller_has_on_its_way_is_bounded_and_a_push_makes_room() {
    let scene = scene().await;
    let create = async |size_bytes: i64| {
        let request = v1::CreateUploadRequest {
            parent: "districts/demo".into(),
            upload: Some(v1::Upload {
                size_bytes,
                ..Default::default()
            }),
            request_id: String::new(),
        };
        scene.rules.create_upload(call(request)).await
    };
    let bytes = own();
    let pushed = scene.upload(&bytes).await;
    let (largest, whole) = (16 * 1_024 * 1_024, 256 * 1_024 * 1_024);
    for _ in 0..15 {
        create(largest).await.unwrap();
    }
    let left = whole - 15 * largest - bytes.len() as i64;
    let error = tidyward_kit::Error::from(create(left + 1).await.unwrap_err());
    assert_eq!(error.reason, tidyward_kit::Reason::TooMany);
    assert_eq!(error.metadata["what"], "bytes");
    create(left).await.unwrap();
    let request = v1::PushRuleVersionRequest {
        parent: "districts/demo".into(),
        upload: pushed,
        ..Default::default()
    };
    let again = request.clone();
    scene.rules.push_rule_version(call(request)).await.unwrap();
    create(bytes.len() as i64).await.unwrap();
    // It is a version now, and no upload any more.
    let gone = scene
        .rules
        .push_rule_version(call(again))
        .await
        .unwrap_err();
    assert_eq!(reason(&gone), "NOT_FOUND");
}

#[tokio::test]
async fn a_refused_file_is_not_kept_and_one_that_was_only_looked_at_is() {
    let scene = scene().await;
    let push = async |upload: &str, validate_only| {
        let request = v1::PushRuleVersionRequest {
            parent: "districts/demo".into(),
            upload: upload.into(),
            validate_only,
            ..Default::default()
        };
        scene.rules.push_rule_version(call(request)).await
    };
    let refused = scene.upload(b"no rule at all").await;
    assert_eq!(
        reason(&push(&refused, true).await.unwrap_err()),
        "RULE_REFUSED"
    );
    assert_eq!(
        reason(&push(&refused, true).await.unwrap_err()),
        "NOT_FOUND"
    );
    let good = scene.upload(&own()).await;
    push(&good, true).await.unwrap();
    push(&good, false).await.unwrap();
}
