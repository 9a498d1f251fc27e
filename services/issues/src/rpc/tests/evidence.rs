//! Photos come in piece by piece, are shown by reports and moves, and go out to whoever may see them.

mod kept;
mod posted;
mod refused;

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    self as wire, AppendUploadRequest, CreateEvidenceRequest, CreateUploadRequest, Evidence,
    EvidenceKind as Kind, EvidenceSource, EvidenceUse, EvidenceVariant, GetEvidenceRequest,
    GetUploadRequest, Issue, ReadEvidenceRequest, ReportIssueRequest, TransitionIssueRequest,
    Upload, transition_issue_request::Action,
};
use tonic::Status;

use super::{
    house::{EvidenceClient, House},
    moves::moved,
    reason,
    reports::{litter, position, report},
};
use crate::evidence::inspect::tests::{exif, photo, with_exif};

pub const PARENT: &str = "districts/chicago";

/// A photo that differs with its width.
pub fn jpeg(width: u32) -> Vec<u8> {
    photo(width, 480, image::ImageFormat::Jpeg)
}

/// Makes an upload of so many bytes and gives its name.
pub async fn upload(client: &mut EvidenceClient, size: usize, sha256: &str) -> String {
    let upload = Upload {
        size_bytes: size as i64,
        sha256: sha256.to_owned(),
        ..Upload::default()
    };
    let request = CreateUploadRequest {
        parent: PARENT.to_owned(),
        upload: Some(upload),
        request_id: String::new(),
    };
    let answer = client.create_upload(request).await;
    answer.unwrap().into_inner().name
}

pub async fn append(
    client: &mut EvidenceClient,
    name: &str,
    offset: usize,
    data: &[u8],
) -> Result<Upload, Status> {
    let request = AppendUploadRequest {
        name: name.to_owned(),
        offset: offset as i64,
        data: data.to_vec(),
    };
    Ok(client.append_upload(request).await?.into_inner())
}

pub fn create(upload: &str) -> CreateEvidenceRequest {
    CreateEvidenceRequest {
        parent: PARENT.to_owned(),
        upload: upload.to_owned(),
        ..CreateEvidenceRequest::default()
    }
}

/// Uploads the bytes in one go, up to a piece's size, and makes evidence of them.
pub async fn sent(client: &mut EvidenceClient, bytes: &[u8]) -> Result<Evidence, Status> {
    let name = upload(client, bytes.len(), "").await;
    for (index, piece) in bytes.chunks(512 * 1_024).enumerate() {
        append(client, &name, index * 512 * 1_024, piece).await?;
    }
    Ok(client.create_evidence(create(&name)).await?.into_inner())
}

pub async fn read(
    client: &mut EvidenceClient,
    name: &str,
    variant: EvidenceVariant,
    (offset, length): (i64, i32),
) -> Result<Vec<u8>, Status> {
    let request = ReadEvidenceRequest {
        name: name.to_owned(),
        variant: variant as i32,
        offset,
        length,
    };
    Ok(client.read_evidence(request).await?.into_inner().data)
}

pub async fn get(client: &mut EvidenceClient, name: &str) -> Result<Evidence, Status> {
    let name = name.to_owned();
    let answer = client.get_evidence(GetEvidenceRequest { name }).await?;
    Ok(answer.into_inner())
}

pub fn used(evidence: &Evidence, kind: Kind) -> EvidenceUse {
    EvidenceUse {
        evidence: evidence.name.clone(),
        kind: kind as i32,
        source: EvidenceSource::Camera as i32,
        ..EvidenceUse::default()
    }
}

pub fn showing(issue: Issue, evidence: Vec<EvidenceUse>) -> ReportIssueRequest {
    ReportIssueRequest {
        evidence,
        ..report(issue)
    }
}

/// Somebody moves the issue and shows something.
pub async fn shows(
    house: &House,
    (subject, role): (&str, Role),
    issue: &Issue,
    action: Action,
    evidence: Vec<EvidenceUse>,
) -> Result<Issue, Status> {
    let request = TransitionIssueRequest {
        evidence,
        ..moved(issue, action)
    };
    let mut client = house.somebody(subject, role);
    Ok(client.transition_issue(request).await?.into_inner())
}

#[tokio::test]
async fn a_photo_comes_in_in_any_order_and_from_a_new_process_and_goes_out_by_ranges() {
    let house = House::open().await;
    let mut walker = house.evidence("walker", Role::Resident, &[]);
    let bytes = jpeg(640);
    let name = upload(&mut walker, bytes.len(), "").await;
    let (head, tail) = bytes.split_at(1_000);
    append(&mut walker, &name, 1_000, tail).await.unwrap();
    append(&mut walker, &name, 1_000, tail).await.unwrap();
    // Another process goes on where the first one was stopped.
    let replica = house.replica().await;
    let request = GetUploadRequest { name: name.clone() };
    let there = walker.get_upload(request).await.unwrap().into_inner();
    assert_eq!(there.received_bytes, tail.len() as i64);
    let bearer = super::caller("walker", Role::Resident, &[]);
    let piece = AppendUploadRequest {
        name: name.clone(),
        offset: 0,
        data: head.to_vec(),
    };
    replica
        .evidence
        .uploads
        .append(&bearer, piece)
        .await
        .unwrap();

    let mut request = create(&name);
    request.content_type = "image/jpeg".to_owned();
    request.request_id = "0192f3c4-5d6e-7f80-9a1b-2c3d4e5f6071".to_owned();
    let made = walker.create_evidence(request.clone()).await.unwrap();
    let made = made.into_inner();
    assert_eq!((made.width, made.height), (640, 480));
    assert_eq!(made.content_type, "image/jpeg");
    let again = walker.create_evidence(request).await.unwrap().into_inner();
    assert_eq!(again, made, "the same answer to the same request");

    let whole = (EvidenceVariant::Original, (0, 0));
    let read_whole = read(&mut walker, &made.name, whole.0, whole.1).await;
    assert_eq!(read_whole.unwrap(), bytes);
    let original = EvidenceVariant::Original;
    let part = read(&mut walker, &made.name, original, (10, 20)).await;
    assert_eq!(part.unwrap(), bytes[10..30]);
    let end = bytes.len() as i64;
    let past = read(&mut walker, &made.name, original, (end - 5, 100)).await;
    assert_eq!(past.unwrap(), bytes[bytes.len() - 5..]);
    let nothing = read(&mut walker, &made.name, original, (end, 1)).await;
    assert_eq!(nothing.unwrap(), b"");
    let small = read(&mut walker, &made.name, EvidenceVariant::Thumbnail, (0, 0)).await;
    let small = image::load_from_memory(&small.unwrap()).unwrap();
    assert_eq!((small.width(), small.height()), (320, 240));
    for (range, field) in [
        ((-1, 1), "offset"),
        ((end + 1, 1), "offset"),
        ((0, -1), "length"),
        ((0, 524_289), "length"),
    ] {
        let status = read(&mut walker, &made.name, original, range)
            .await
            .unwrap_err();
        assert_eq!(super::wrong_fields(&status), [field]);
    }
}

#[tokio::test]
async fn the_same_bytes_are_the_same_evidence_for_each_who_uploads_them() {
    let house = House::open().await;
    let mut walker = house.evidence("walker", Role::Resident, &[]);
    let made = sent(&mut walker, &jpeg(64)).await.unwrap();
    let mut other = house.evidence("other", Role::Resident, &[]);
    let status = get(&mut other, &made.name).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
    house.tell("2015-01-05T13:00:00Z");
    let again = sent(&mut other, &jpeg(64)).await.unwrap();
    assert_eq!(again, made);
    assert_eq!(get(&mut other, &made.name).await.unwrap(), made);
    let different = sent(&mut other, &jpeg(65)).await.unwrap();
    assert_ne!(different.name, made.name);
}

#[tokio::test]
async fn an_event_tells_what_shows_it_with_the_claims_of_client_and_file() {
    let house = House::open().await;
    let mut walker = house.evidence("walker", Role::Resident, &[]);
    let exif = exif([41, 54], [87, 36], ["N", "W"], "2015:01:05 05:30:00");
    let made = sent(&mut walker, &with_exif(&jpeg(64), &exif))
        .await
        .unwrap();
    let near = EvidenceUse {
        position: position(41.9, -87.6),
        shot_time: super::reports::wire("2015-01-05T11:00:00Z"),
        ..used(&made, Kind::Near)
    };
    let request = showing(litter(41.9), vec![near.clone(), used(&made, Kind::Far)]);
    let mut reporter = house.somebody("walker", Role::Resident);
    let issue = reporter.report_issue(request).await.unwrap().into_inner();
    let events = house.events(&issue).await;
    let shown = &events[0].detail.as_ref().unwrap().evidence;
    assert_eq!(shown.len(), 2);
    assert_eq!(
        (shown[0].position, shown[0].shot_time),
        (near.position, near.shot_time)
    );
    assert_eq!(shown[0].source(), EvidenceSource::Camera);
    let claimed = shown[0].exif_position.unwrap();
    assert_eq!((claimed.latitude, claimed.longitude), (41.9, -87.6));
    // Half past five in the morning in Chicago.
    let half_past = super::reports::wire("2015-01-05T11:30:00Z");
    assert_eq!(shown[0].exif_shot_time, half_past);

    let note = Action::Note(wire::NoteAction {
        text: "it grows".to_owned(),
    });
    let mut collector = house.evidence("c", Role::Collector, &[]);
    let second = sent(&mut collector, &jpeg(70)).await.unwrap();
    let shown = vec![used(&second, Kind::Near), used(&made, Kind::Before)];
    let who = ("c", Role::Collector);
    shows(&house, who, &issue, note, shown.clone())
        .await
        .unwrap();
    let events = house.events(&issue).await;
    let last = events[1].detail.as_ref().unwrap();
    let names: Vec<_> = last.evidence.iter().map(|one| &one.evidence).collect();
    assert_eq!(names, [&second.name, &made.name]);
    assert_eq!(last.note, "it grows");

    // Who sees the issue sees what shows it; nobody else does.
    let whole = (EvidenceVariant::Original, (0, 0));
    for (subject, role, areas, sees) in [
        ("walker", Role::Resident, &[][..], true),
        ("other", Role::Resident, &[], false),
        ("o", Role::Officer, &["north"], true),
        ("o", Role::Officer, &["south"], false),
        ("a", Role::Auditor, &[], true),
    ] {
        let mut client = house.evidence(subject, role, areas);
        let got = get(&mut client, &second.name).await;
        let bytes = read(&mut client, &second.name, whole.0, whole.1).await;
        assert_eq!(
            (got.is_ok(), bytes.is_ok()),
            (sees, sees),
            "{subject} {areas:?}"
        );
        if !sees {
            assert_eq!(reason(&got.unwrap_err()), Reason::NotFound);
            assert_eq!(reason(&bytes.unwrap_err()), Reason::NotFound);
        }
    }
}

/// An issue of litter that asks for an AFTER photo at the hand-in and a CHECK photo at the check, being handled.
async fn handled(house: &House) -> Issue {
    let condition = wire::FilingCondition {
        id: "normal".to_owned(),
        evidence: Some(wire::EvidenceRule {
            hand_in: vec![Kind::After as i32],
            check: vec![Kind::Check as i32],
            tolerance_metres: 50,
            ..wire::EvidenceRule::default()
        }),
        ..wire::FilingCondition::default()
    };
    let category = wire::Category {
        title: Some(wire::LocalizedText::default()),
        conditions: vec![condition.clone()],
        ..wire::Category::default()
    };
    let request = wire::CreateCategoryRequest {
        parent: PARENT.to_owned(),
        category_id: "bags".to_owned(),
        category: Some(category),
        request_id: String::new(),
    };
    let made = house.admin().create_category(request).await.unwrap();
    assert_eq!(made.into_inner().conditions[0].evidence, condition.evidence);
    // Just north of the border of the two grids.
    let issue = house.reported(41.8501).await;
    let (op, disp) = (Role::Operator, Role::Dispatcher);
    house
        .done("op", op, &issue, super::moves::file("bags"))
        .await;
    house
        .done("d", disp, &issue, super::moves::dispatch())
        .await;
    let accept = super::moves::accept();
    house.done("officer-1", Role::Officer, &issue, accept).await
}

#[tokio::test]
async fn a_hand_in_needs_a_photo_from_the_place_and_a_check_one_of_its_own() {
    let house = House::open().await;
    let issue = handled(&house).await;
    let mut officer = house.evidence("officer-1", Role::Officer, &[]);
    let plain = sent(&mut officer, &jpeg(64)).await.unwrap();
    let at = |latitude| EvidenceUse {
        position: position(latitude, -87.6),
        ..used(&plain, Kind::After)
    };
    let who = ("officer-1", Role::Officer);
    let hand_in = || Action::HandIn(wire::HandInAction::default());
    for (shown, expected) in [
        (vec![], Reason::EvidenceMissing),
        (vec![used(&plain, Kind::Near)], Reason::EvidenceMissing),
        (vec![used(&plain, Kind::After)], Reason::EvidenceTooFar),
        // In the grid of the south, a hundred metres away.
        (vec![at(41.8492)], Reason::EvidenceTooFar),
    ] {
        let status = shows(&house, who, &issue, hand_in(), shown)
            .await
            .unwrap_err();
        assert_eq!(reason(&status), expected, "{status}");
    }
    assert_eq!(
        house.get(&issue).await.etag,
        issue.etag,
        "nothing is half-written"
    );
    // In the other grid, but twenty metres away.
    let handed = shows(&house, who, &issue, hand_in(), vec![at(41.84992)])
        .await
        .unwrap();
    assert_eq!(handed.state(), wire::IssueState::Checking);

    let check = |result: wire::CheckResult| {
        Action::Check(wire::CheckAction {
            result: result as i32,
            note: "seen".to_owned(),
        })
    };
    let collector = ("c", Role::Collector);
    let passed = check(wire::CheckResult::Passed);
    let status = shows(&house, collector, &issue, passed.clone(), vec![])
        .await
        .unwrap_err();
    assert_eq!(reason(&status), Reason::EvidenceMissing);
    // Who could not look has nothing to show.
    let unable = check(wire::CheckResult::Unable);
    shows(&house, collector, &issue, unable, vec![])
        .await
        .unwrap();
    let mut client = house.evidence("c", Role::Collector, &[]);
    let seen = sent(&mut client, &jpeg(66)).await.unwrap();
    let shown = vec![used(&seen, Kind::Check)];
    let closed = shows(&house, collector, &issue, passed, shown)
        .await
        .unwrap();
    assert_eq!(closed.state(), wire::IssueState::Closed);
}
