//! A photo from the first piece that arrives to its deletion, and every bad one.

use std::time::Duration;

use image::ImageFormat;
use tidyward::config::{Settings, parts::LedgerSettings};
use tidyward_kit::caller::Role;
use tidyward_proto::v1::{
    AcceptAction, Datum, EvidenceKind as Kind, EvidenceRule, EvidenceUse, EvidenceVariant,
    FileAction, FilingCondition, GetUploadRequest, Issue, IssueSource, IssueState,
    ListIssueEventsRequest, Position, ReportIssueRequest, TransitionIssueRequest,
    transition_issue_request::Action,
};
use tidyward_tests::{Person, refusal};
use tonic::{Code, Status};

use crate::{
    cast::{City, D, LI, PARENT, SUN, Who, ZHAO, ZHOU, dispatch, hand_in},
    photos::{begun, bomb, got, jpeg, made, name_of, photo, piece, read, sent, used, with_exif},
};

const ORIGINAL: EvidenceVariant = EvidenceVariant::Original;

/// Reports litter in G1 by telephone.
const WANG: Who = ("wang", Role::Resident);

/// A server that looks at its clocks each second.
fn quick() -> Settings {
    Settings {
        ledger: LedgerSettings { sweep_seconds: 1 },
        ..Settings::default()
    }
}

async fn reports(who: &Person, evidence: Vec<EvidenceUse>) -> Result<Issue, Status> {
    let issue = Issue {
        category: "litter".to_owned(),
        source: IssueSource::Resident.into(),
        position: Some(Position {
            latitude: 30.005,
            longitude: 120.005,
            datum: Datum::Wgs84.into(),
            ..Position::default()
        }),
        ..Issue::default()
    };
    let request = ReportIssueRequest {
        parent: PARENT.to_owned(),
        issue: Some(issue),
        evidence,
        ..ReportIssueRequest::default()
    };
    Ok(who.issues().report_issue(request).await?.into_inner())
}

async fn hands_in(who: &Person, issue: &str, evidence: Vec<EvidenceUse>) -> Result<Issue, Status> {
    let request = TransitionIssueRequest {
        name: issue.to_owned(),
        action: Some(hand_in("swept")),
        evidence,
        ..TransitionIssueRequest::default()
    };
    Ok(who.issues().transition_issue(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_comes_in_pieces_shows_a_report_and_a_hand_in_and_goes_when_nothing_needs_it() {
    let city = City::founded("2026-02-12T15:00").await;
    let after = EvidenceRule {
        hand_in: vec![Kind::After.into()],
        tolerance_metres: 50,
        ..EvidenceRule::default()
    };
    city.set_condition(FilingCondition {
        evidence: Some(after),
        ..City::condition()
    })
    .await;

    // The last piece first, then a restart of the server, then the rest.
    let bytes = jpeg(640);
    let wang = city.person(WANG);
    let upload = begun(&wang, bytes.len(), "").await.unwrap();
    piece(&wang, &upload, 20_000, &bytes[20_000..])
        .await
        .unwrap();
    piece(&wang, &upload, 0, &bytes[..5_000]).await.unwrap();
    let city = city.restarted(quick()).await;
    let wang = city.person(WANG);
    let name = upload.clone();
    let there = wang.evidence().get_upload(GetUploadRequest { name }).await;
    let received = there.unwrap().into_inner().received_bytes;
    assert_eq!(received, bytes.len() as i64 - 15_000);
    let refused = refusal(made(&wang, &upload, "").await);
    assert_eq!(refused.reason, "UPLOAD_INCOMPLETE");
    assert_eq!(refused.metadata["offset"], "5000");
    piece(&wang, &upload, 5_000, &bytes[5_000..20_000])
        .await
        .unwrap();
    let bags = made(&wang, &upload, "image/jpeg").await.unwrap();
    assert_eq!(bags.name, name_of(&bytes));
    assert_eq!((bags.width, bags.height), (640, 480));

    // By ranges it is the same, and small it is a picture.
    let mut whole = Vec::new();
    while whole.len() < bytes.len() {
        whole.extend(
            read(&wang, &bags.name, ORIGINAL, (whole.len(), 9_999))
                .await
                .unwrap(),
        );
    }
    assert!(whole == bytes, "what was read is not what was sent");
    let small = read(&wang, &bags.name, EvidenceVariant::Thumbnail, (0, 0)).await;
    let small = image::load_from_memory(&small.unwrap()).unwrap();
    assert_eq!((small.width(), small.height()), (320, 240));

    let unused = sent(&wang, &jpeg(65)).await.unwrap();
    let near = vec![used(&bags, Kind::Near, None)];
    let issue = reports(&wang, near).await.unwrap().name;
    seen_by_who_sees_the_issue(&city, &bags.name).await;
    let swept = handed_in_from_the_place(&city, &issue).await;
    shown_by(
        &city,
        &issue,
        &[(&bags.name, Kind::Near), (&swept, Kind::After)],
    )
    .await;

    // A day and a minute after they came, what shows nothing is gone and what shows something is there.
    city.at("2026-02-13T15:01");
    gone(&wang, &unused.name).await;
    for name in [&bags.name, &swept] {
        got(&city.person(SUN), name).await.unwrap();
    }
    city.stack.stop().await;
}

async fn seen_by_who_sees_the_issue(city: &City, name: &str) {
    let stranger = city.person(("xu", Role::Resident));
    let shown = vec![used_name(name)];
    let refused = refusal(reports(&stranger, shown).await);
    assert_eq!(refused.fields, ["evidence[0].evidence"]);
    let elsewhere = city.stack.person(D, "qian", &[Role::Officer], &["G2"]);
    for person in [stranger, elsewhere] {
        for refused in [
            refusal(got(&person, name).await),
            refusal(read(&person, name, ORIGINAL, (0, 0)).await),
        ] {
            assert_eq!(refused.code, Code::NotFound);
            assert_eq!(refused.reason, "NOT_FOUND");
        }
    }
    let within = city.stack.person(D, "zhao", &[Role::Officer], &["G1"]);
    for person in [within, city.person(LI)] {
        assert_eq!(got(&person, name).await.unwrap().name, name);
        read(&person, name, ORIGINAL, (0, 0)).await.unwrap();
    }
}

fn used_name(name: &str) -> EvidenceUse {
    EvidenceUse {
        evidence: name.to_owned(),
        kind: Kind::Near.into(),
        ..EvidenceUse::default()
    }
}

/// Gives the name of the photo that the hand-in is shown by.
async fn handed_in_from_the_place(city: &City, issue: &str) -> String {
    let file = Action::File(FileAction::default());
    let accept = Action::Accept(AcceptAction {});
    for (who, action) in [(SUN, file), (ZHOU, dispatch()), (ZHAO, accept)] {
        city.moves(who, issue, action).await;
    }
    let zhao = city.person(ZHAO);
    let swept = sent(&zhao, &jpeg(66)).await.unwrap();
    let near = used(&swept, Kind::Near, Some(120.005));
    let nowhere = used(&swept, Kind::After, None);
    // A kilometre east, in the other grid.
    let far = used(&swept, Kind::After, Some(120.015));
    let missing = ("EVIDENCE_MISSING", "missing", "AFTER");
    let too_far = ("EVIDENCE_TOO_FAR", "tolerance_metres", "50");
    for (shown, (reason, key, value)) in [
        (vec![], missing),
        (vec![near], missing),
        (vec![nowhere], too_far),
        (vec![far], too_far),
    ] {
        let refused = refusal(hands_in(&zhao, issue, shown).await);
        assert_eq!(refused.code, Code::FailedPrecondition, "{refused:?}");
        assert_eq!(refused.reason, reason, "{refused:?}");
        assert_eq!(refused.metadata[key], value, "{refused:?}");
    }
    assert_eq!(city.get(SUN, issue).await.state(), IssueState::Handling);
    let here = used(&swept, Kind::After, Some(120.0051));
    let handed = hands_in(&zhao, issue, vec![here]).await.unwrap();
    assert_eq!(handed.state(), IssueState::Checking);
    swept.name
}

/// The events of the issue that are shown by something say by what.
async fn shown_by(city: &City, issue: &str, expected: &[(&str, Kind)]) {
    let request = ListIssueEventsRequest {
        parent: issue.to_owned(),
        ..ListIssueEventsRequest::default()
    };
    let events = city.person(SUN).issues().list_issue_events(request).await;
    let events = events.unwrap().into_inner().events;
    let details = events.iter().filter_map(|event| event.detail.as_ref());
    let shown: Vec<_> = details
        .flat_map(|detail| &detail.evidence)
        .map(|one| (one.evidence.as_str(), one.kind()))
        .collect();
    assert_eq!(shown, expected);
}

/// Waits until the sweep has deleted it.
async fn gone(who: &Person, name: &str) {
    let deleted = async {
        while got(who, name).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), deleted).await;
    waited.expect("nothing uses it any more");
    assert_eq!(refusal(got(who, name).await).reason, "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_files_are_refused_and_hostile_claims_ignored() {
    let city = City::founded("2026-02-12T15:00").await;
    let wang = city.person(WANG);
    let good = photo(64, 48, ImageFormat::Jpeg);
    let png = photo(64, 48, ImageFormat::Png);
    let cases: [(&str, &[u8], &str, &str); 6] = [
        (
            "no photo",
            b"the bags are at the corner",
            "",
            "EVIDENCE_UNREADABLE",
        ),
        (
            "a page",
            b"<html><script>alert(1)</script></html>",
            "image/jpeg",
            "EVIDENCE_UNREADABLE",
        ),
        (
            "half a photo",
            &png[..png.len() / 2],
            "",
            "EVIDENCE_UNREADABLE",
        ),
        ("a head alone", &good[..20], "", "EVIDENCE_UNREADABLE"),
        ("another type", &good, "image/png", "EVIDENCE_TYPE_DIFFERS"),
        ("a bomb", &bomb(), "", "EVIDENCE_TOO_LARGE"),
    ];
    for (case, bytes, claimed, reason) in cases {
        let upload = begun(&wang, bytes.len(), "").await.unwrap();
        piece(&wang, &upload, 0, bytes).await.unwrap();
        let refused = refusal(made(&wang, &upload, claimed).await);
        assert_eq!(refused.code, Code::InvalidArgument, "{case}: {refused:?}");
        assert_eq!(refused.reason, reason, "{case}");
        let kept = refusal(got(&wang, &name_of(bytes)).await);
        assert_eq!(kept.reason, "NOT_FOUND", "{case}: nothing is half-written");
    }
    let nothing = refusal(begun(&wang, 0, "").await);
    assert_eq!(nothing.fields, ["upload.size_bytes"]);

    for (case, exif) in [
        ("no EXIF at all", &b"hostile"[..]),
        ("an offset beyond its end", b"MM\0\x2a\xff\xff\xff\xff"),
        (
            "a list that is its own next",
            b"MM\0\x2a\0\0\0\x08\0\0\0\0\0\x08",
        ),
    ] {
        let taken = sent(&wang, &with_exif(&good, exif)).await;
        let taken = taken.unwrap_or_else(|status| panic!("{case}: {status}"));
        assert_eq!(taken.exif_position, None, "{case}");
        assert_eq!(taken.exif_shot_time, None, "{case}");
    }
    city.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_pieces_are_refused_and_good_ones_still_make_the_photo() {
    let city = City::founded("2026-02-12T15:00").await;
    let wang = city.person(WANG);
    let bytes = jpeg(64);
    let end = bytes.len();
    let upload = begun(&wang, end, "").await.unwrap();
    piece(&wang, &upload, 0, &bytes[..100]).await.unwrap();
    for (case, offset, data) in [
        ("overlaps", 50, &bytes[50..150]),
        ("differs from what is there", 0, &[0; 100][..]),
        ("exceeds the declared size", end - 1, &[0; 2]),
        ("begins behind it", end + 1, &[0; 1]),
    ] {
        let refused = refusal(piece(&wang, &upload, offset, data).await);
        assert_eq!(refused.code, Code::InvalidArgument, "{case}");
        assert_eq!(refused.reason, "UPLOAD_PIECE_INVALID", "{case}");
    }
    let large = vec![0; 512 * 1_024 + 1];
    for (case, data) in [("an empty one", &[][..]), ("a large one", &large)] {
        let refused = refusal(piece(&wang, &upload, 100, data).await);
        assert_eq!(refused.fields, ["data"], "{case}");
    }
    piece(&wang, &upload, 200, &bytes[200..]).await.unwrap();
    let hole = refusal(made(&wang, &upload, "").await);
    assert_eq!(
        (hole.code, hole.reason.as_str()),
        (Code::FailedPrecondition, "UPLOAD_INCOMPLETE")
    );
    assert_eq!(hole.metadata["offset"], "100");
    piece(&wang, &upload, 100, &bytes[100..200]).await.unwrap();
    // The same piece again changes nothing.
    piece(&wang, &upload, 100, &bytes[100..200]).await.unwrap();
    let taken = made(&wang, &upload, "").await.unwrap();
    for late in [
        refusal(piece(&wang, &upload, 0, &bytes[..100]).await),
        refusal(made(&wang, &upload, "").await),
    ] {
        assert_eq!(
            (late.code, late.reason.as_str()),
            (Code::NotFound, "NOT_FOUND")
        );
    }

    let other = begun(&wang, end, &"0".repeat(64)).await.unwrap();
    piece(&wang, &other, 0, &bytes).await.unwrap();
    let differs = refusal(made(&wang, &other, "").await);
    assert_eq!(differs.reason, "UPLOAD_DIGEST_WRONG");
    assert_eq!(sent(&wang, &bytes).await.unwrap(), taken);
    city.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_more_on_its_way_than_may_be() {
    let city = City::founded("2026-02-12T15:00").await;
    let wang = city.person(WANG);
    let largest = 200 << 20;
    for _ in 0..2 {
        begun(&wang, largest, "").await.unwrap();
    }
    let refused = refusal(begun(&wang, 1, "").await);
    assert_eq!(refused.code, Code::ResourceExhausted);
    assert_eq!(refused.reason, "TOO_MANY");
    assert_eq!(refused.metadata["what"], "bytes");
    assert_eq!(refused.metadata["limit"], (2 * largest).to_string());
    // Others are not kept waiting, and a day later what was left lying is gone.
    sent(&city.person(("xu", Role::Resident)), &jpeg(64))
        .await
        .unwrap();
    city.at("2026-02-13T15:01");
    sent(&wang, &jpeg(65)).await.unwrap();
    city.stack.stop().await;
}
