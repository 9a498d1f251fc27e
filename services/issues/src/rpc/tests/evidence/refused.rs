//! Uploads and evidence that are refused, each by its reason, and what is written of them: nothing.

use sha2::{Digest, Sha256};
use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    CreateUploadRequest, EvidenceKind as Kind, EvidenceUse, ListIssuesRequest, Upload,
};

use super::{PARENT, append, create, get, jpeg, sent, showing, upload, used};
use crate::rpc::tests::{
    house::House,
    reason,
    reports::{list, litter},
    wrong_fields,
};

fn name(bytes: &[u8]) -> String {
    let sha256: [u8; 32] = Sha256::digest(bytes).into();
    format!("{PARENT}/evidence/{}", hex::encode(sha256))
}

#[tokio::test]
async fn bad_files_are_refused_and_nothing_of_them_is_there() {
    let house = House::open().await;
    let mut walker = house.evidence("walker", Role::Resident, &[]);
    let good = jpeg(64);
    for (bytes, expected) in [
        (&b"no photo"[..], Reason::EvidenceUnreadable),
        (&good[..30], Reason::EvidenceUnreadable),
        (b"\x89PNG\r\n\x1a\n hostile", Reason::EvidenceUnreadable),
    ] {
        let status = sent(&mut walker, bytes).await.unwrap_err();
        assert_eq!(reason(&status), expected, "{status}");
        let status = get(&mut walker, &name(bytes)).await.unwrap_err();
        assert_eq!(reason(&status), Reason::NotFound);
    }
    let upload = upload(&mut walker, good.len(), "").await;
    append(&mut walker, &upload, 0, &good).await.unwrap();
    let mut claimed = create(&upload);
    claimed.content_type = "image/png".to_owned();
    let status = walker.create_evidence(claimed).await.unwrap_err();
    assert_eq!(reason(&status), Reason::EvidenceTypeDiffers);
    assert!(
        !house.objects().join("evidence").exists(),
        "no bytes were kept"
    );
    // The upload is still there for the right claim.
    walker.create_evidence(create(&upload)).await.unwrap();
}

#[tokio::test]
async fn bad_uploads_are_refused() {
    let house = House::open().await;
    let mut walker = house.evidence("walker", Role::Resident, &[]);
    for (size, sha256, field) in [
        (0, "", "upload.size_bytes"),
        (-1, "", "upload.size_bytes"),
        ((200 << 20) + 1, "", "upload.size_bytes"),
        (10, "abc", "upload.sha256"),
    ] {
        let asked = Upload {
            size_bytes: size,
            sha256: sha256.to_owned(),
            ..Upload::default()
        };
        let request = CreateUploadRequest {
            parent: PARENT.to_owned(),
            upload: Some(asked),
            request_id: String::new(),
        };
        let status = walker.create_upload(request).await.unwrap_err();
        assert_eq!(wrong_fields(&status), [field]);
    }

    let bytes = jpeg(64);
    let name = upload(&mut walker, bytes.len(), "").await;
    append(&mut walker, &name, 0, &bytes[..100]).await.unwrap();
    let overlapping = append(&mut walker, &name, 50, &bytes[50..150]).await;
    let differing = append(&mut walker, &name, 0, &[0; 100]).await;
    let beyond = append(&mut walker, &name, bytes.len() - 1, &[0; 2]).await;
    for refused in [overlapping, differing, beyond] {
        assert_eq!(reason(&refused.unwrap_err()), Reason::UploadPieceInvalid);
    }
    append(&mut walker, &name, 200, &bytes[200..])
        .await
        .unwrap();
    let status = walker.create_evidence(create(&name)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::UploadIncomplete, "there is a hole");
    append(&mut walker, &name, 100, &bytes[100..200])
        .await
        .unwrap();
    walker.create_evidence(create(&name)).await.unwrap();
    let late = append(&mut walker, &name, 0, &bytes[..100]).await;
    assert_eq!(reason(&late.unwrap_err()), Reason::NotFound);
    let status = walker.create_evidence(create(&name)).await.unwrap_err();
    assert_eq!(
        reason(&status),
        Reason::NotFound,
        "an upload is finished once"
    );

    let wrong = upload(&mut walker, bytes.len(), &"0".repeat(64)).await;
    append(&mut walker, &wrong, 0, &bytes).await.unwrap();
    let status = walker.create_evidence(create(&wrong)).await.unwrap_err();
    assert_eq!(reason(&status), Reason::UploadDigestWrong);

    let half = upload(&mut walker, bytes.len(), "").await;
    append(&mut walker, &half, 0, &bytes[..100]).await.unwrap();
    house.tell("2015-01-06T12:00:01Z");
    let late = append(&mut walker, &half, 100, &bytes[100..]).await;
    assert_eq!(
        reason(&late.unwrap_err()),
        Reason::NotFound,
        "half ones expire"
    );
}

#[tokio::test]
async fn a_report_shows_only_what_its_reporter_may_see_and_is_not_written_otherwise() {
    let house = House::open().await;
    let mut other = house.evidence("other", Role::Resident, &[]);
    let theirs = sent(&mut other, &jpeg(64)).await.unwrap();
    let elsewhere = EvidenceUse {
        evidence: format!("districts/boston/evidence/{}", "0".repeat(64)),
        ..used(&theirs, Kind::Near)
    };
    let nothing = EvidenceUse {
        evidence: "a photo".to_owned(),
        ..used(&theirs, Kind::Far)
    };
    let uses = vec![used(&theirs, Kind::Near), elsewhere, nothing];
    let mut walker = house.somebody("walker", Role::Resident);
    let request = showing(litter(41.9), uses);
    let status = walker.report_issue(request).await.unwrap_err();
    let fields = [0, 1, 2].map(|index| format!("evidence[{index}].evidence"));
    assert_eq!(wrong_fields(&status), fields);
    let many = vec![used(&theirs, Kind::Near); 10];
    let request = showing(litter(41.9), many);
    let status = walker.report_issue(request).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["evidence"]);
    let (issues, _) = list(&mut house.admin(), ListIssuesRequest::default()).await;
    assert!(issues.is_empty(), "nothing is half-written");
}
