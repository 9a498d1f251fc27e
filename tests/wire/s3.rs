//! The whole stack with its objects in S3, on a real server that the tests start, which goes down and comes back.

mod gate;

use sha2::{Digest, Sha256};
use tidyward::config::{
    Settings,
    parts::{LedgerSettings, ObjectSettings},
};
use tidyward_kit::{
    object::{Objects, testing::S3},
    testing::in_the_end,
};
use tidyward_proto::v1::{
    AcceptAction, ActivateRuleRequest, CheckResult, CreateReviewRequest, DownloadBundleRequest,
    EvidenceVariant, FileAction, FreezeReviewRequest, GetReviewRequest, GetUploadRequest,
    IssueSource, Review, ReviewState, RunReviewRequest, WatchReviewRequest,
    transition_issue_request::Action,
};
use tidyward_tests::{Refusal, Stack, refusal};
use tonic::{Code, Status};

use crate::{
    cast::{City, D, LI, PARENT, SUN, ZHAO, ZHOU, check, dispatch, hand_in},
    photos::{begun, got, jpeg, made, name_of, piece, read, sent},
};
use gate::{Gate, Mode};

const ORIGINAL: EvidenceVariant = EvidenceVariant::Original;

/// A city whose objects are behind the gate, with an issue that was handled; the rates of its quarter can be scored.
struct Scene {
    city: City,
    gate: Gate,
    served: S3,
}

impl Scene {
    /// Nothing where there is no such server.
    async fn open() -> Option<Scene> {
        let served = S3::start().await?;
        let gate = Gate::before(served.port).await;
        let bucket = served.bucket(gate.port);
        let objects = ObjectSettings {
            url: format!("s3://{}/{}", bucket.name, bucket.prefix),
            endpoint: bucket.endpoint,
            region: bucket.region,
            access_key_id: bucket.access_key_id,
            secret_access_key: bucket.secret_access_key,
        };
        let settings = Settings {
            objects,
            ledger: LedgerSettings { sweep_seconds: 1 },
            ..Settings::default()
        };
        let city = City::founded_with("2026-02-12T15:00", settings).await;
        let spot = (30.005, 120.005);
        let issue = city.report(SUN, IssueSource::Hotline, spot, None).await;
        for (who, action) in [
            (SUN, Action::File(FileAction::default())),
            (ZHOU, dispatch()),
            (ZHAO, Action::Accept(AcceptAction {})),
            (ZHAO, hand_in("swept")),
            (LI, check(CheckResult::Passed, "clean")),
        ] {
            city.moves(who, &issue.name, action).await;
        }
        city.at("2026-04-02T09:00");
        let activate = ActivateRuleRequest {
            name: format!("{PARENT}/rules/case-rates/versions/1.0.0"),
            from_period: "2026-q1".to_owned(),
            ..ActivateRuleRequest::default()
        };
        city.stack.rules(D).activate_rule(activate).await.unwrap();
        Some(Scene { city, gate, served })
    }

    fn stack(&self) -> &Stack {
        &self.city.stack
    }

    /// Whether the bucket has the photo and its thumbnail, as the store itself says, past the gate.
    async fn has(&self, photo: &[u8]) -> [bool; 2] {
        let digest = Sha256::digest(photo).into();
        let all = Objects::bucket(&self.served.bucket(self.served.port)).unwrap();
        let original = all.room("evidence").get(D, &digest).await;
        let thumbnail = all.room("thumbnails").get_made_of(D, &digest).await;
        [original.is_ok(), matches!(thumbnail, Ok(Some(_)))]
    }
}

async fn created(stack: &Stack) -> String {
    let request = CreateReviewRequest {
        parent: PARENT.to_owned(),
        period: "2026-q1".to_owned(),
        request_id: String::new(),
    };
    let made = stack.evaluations(D).create_review(request).await;
    made.unwrap().into_inner().name
}

async fn frozen(stack: &Stack, name: &str) -> Result<Review, Status> {
    let request = FreezeReviewRequest {
        name: name.to_owned(),
        request_id: String::new(),
    };
    let frozen = stack.evaluations(D).freeze_review(request).await;
    Ok(frozen?.into_inner())
}

async fn begins_to_run(stack: &Stack, name: &str) -> Result<Review, Status> {
    let request = RunReviewRequest {
        name: name.to_owned(),
        ..RunReviewRequest::default()
    };
    let begun = stack.evaluations(D).run_review(request).await;
    Ok(begun?.into_inner())
}

/// Gives it as it is when the run has ended.
async fn ended(stack: &Stack, name: &str) -> Review {
    let mut client = stack.evaluations(D);
    let name = name.to_owned();
    let request = WatchReviewRequest { name: name.clone() };
    let mut watch = client.watch_review(request).await.unwrap().into_inner();
    while watch.message().await.unwrap().is_some() {}
    let review = client.get_review(GetReviewRequest { name }).await;
    review.unwrap().into_inner()
}

async fn bundle(stack: &Stack, review: &str) -> Result<Vec<u8>, Status> {
    let request = DownloadBundleRequest {
        name: format!("{review}/revisions/1"),
    };
    let parts = stack.evaluations(D).download_bundle(request).await?;
    let (mut parts, mut bytes) = (parts.into_inner(), Vec::new());
    while let Some(part) = parts.message().await? {
        bytes.extend(part.data);
    }
    Ok(bytes)
}

/// Who calls while it is down is told to come again.
fn expect_down(refused: &Refusal) {
    let found = (refused.code, refused.reason.as_str());
    assert_eq!(found, (Code::Unavailable, "UNAVAILABLE"), "{refused:?}");
    assert!(!refused.message.contains("127.0.0.1"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_rules_and_facts_are_in_the_bucket_and_nowhere_else() {
    let Some(scene) = Scene::open().await else {
        return;
    };
    let sun = scene.city.person(SUN);
    let bytes = jpeg(640);
    let photo = sent(&sun, &bytes).await.unwrap();
    let part = read(&sun, &photo.name, ORIGINAL, (100, 50)).await;
    assert_eq!(part.unwrap(), bytes[100..150]);
    let small = read(&sun, &photo.name, EvidenceVariant::Thumbnail, (0, 0)).await;
    assert_eq!(small.unwrap().len() as i64, photo.thumbnail_bytes);

    let review = created(scene.stack()).await;
    frozen(scene.stack(), &review).await.unwrap();
    begins_to_run(scene.stack(), &review).await.unwrap();
    let scored = ended(scene.stack(), &review).await;
    assert_eq!(scored.state(), ReviewState::Scored);
    let file = scene.stack().folder.path().join("q1.bundle");
    let bundle = bundle(scene.stack(), &review).await.unwrap();
    std::fs::write(&file, bundle).unwrap();
    crate::command_line::run_program(&["verify", &file.display().to_string()], 0);
    let folder = scene.stack().folder.path().join("objects");
    assert!(!folder.exists(), "something went into the data folder");
    scene.city.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_outlives_a_store_that_goes_down_in_the_middle() {
    let Some(scene) = Scene::open().await else {
        return;
    };
    let sun = scene.city.person(SUN);
    // Of more than the gate reads at once: it is cut off amid the bytes.
    let bytes = jpeg(800);
    let upload = begun(&sun, bytes.len(), "").await.unwrap();
    piece(&sun, &upload, 0, &bytes).await.unwrap();
    scene.gate.set(Mode::CutsNext);
    expect_down(&refusal(made(&sun, &upload, "").await));
    scene.gate.is_down().await;
    // Nothing is there of it but the upload, and what needs no object goes on.
    assert_eq!(
        refusal(got(&sun, &name_of(&bytes)).await).reason,
        "NOT_FOUND"
    );
    let name = upload.clone();
    let there = sun.evidence().get_upload(GetUploadRequest { name }).await;
    let received = there.unwrap().into_inner().received_bytes;
    assert_eq!(received, bytes.len() as i64);
    let spot = (30.005, 120.005);
    scene
        .city
        .report(ZHAO, IssueSource::Patrol, spot, None)
        .await;
    expect_down(&refusal(made(&sun, &upload, "").await));

    scene.gate.set(Mode::Open);
    let photo = made(&sun, &upload, "").await.unwrap();
    assert_eq!(
        read(&sun, &photo.name, ORIGINAL, (0, 0)).await.unwrap(),
        bytes
    );

    scene.gate.set(Mode::CutsNext);
    for variant in [ORIGINAL, EvidenceVariant::Thumbnail] {
        expect_down(&refusal(read(&sun, &photo.name, variant, (0, 0)).await));
    }
    assert_eq!(got(&sun, &photo.name).await.unwrap(), photo);
    scene.gate.set(Mode::Open);
    assert_eq!(
        read(&sun, &photo.name, ORIGINAL, (0, 0)).await.unwrap(),
        bytes
    );
    scene.city.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_outlives_a_store_that_goes_down_in_the_middle() {
    let Some(scene) = Scene::open().await else {
        return;
    };
    let sun = scene.city.person(SUN);
    let bytes = jpeg(640);
    let photo = sent(&sun, &bytes).await.unwrap();
    assert_eq!(scene.has(&bytes).await, [true, true]);
    // A day later nothing uses it, and the store goes down as it is told to delete the bytes.
    scene.gate.set(Mode::CutsNext);
    scene.city.at("2026-04-03T10:00");
    scene.gate.is_down().await;
    // The row went first: nobody is shown what may have no bytes. What needs no object goes on.
    assert_eq!(refusal(got(&sun, &photo.name).await).reason, "NOT_FOUND");
    assert_eq!(scene.has(&bytes).await, [true, true]);
    let spot = (30.005, 120.005);
    scene
        .city
        .report(ZHAO, IssueSource::Patrol, spot, None)
        .await;
    expect_down(&refusal(sent(&sun, &bytes).await));

    // Whoever swept is as good as gone after ten minutes; then somebody sweeps in its place.
    scene.gate.set(Mode::Open);
    scene.city.at("2026-04-03T10:11");
    in_the_end("a later sweep deletes them", async || {
        scene.has(&bytes).await == [false, false]
    })
    .await;
    // The note that they are going goes after them; until then the same bytes are not taken.
    in_the_end("the same bytes are taken again", async || {
        let again = sent(&sun, &bytes).await;
        again.is_ok() || {
            expect_down(&refusal(again));
            false
        }
    })
    .await;
    let again = read(&sun, &photo.name, ORIGINAL, (0, 0)).await;
    assert_eq!(again.unwrap(), bytes);
    assert_eq!(scene.has(&bytes).await, [true, true]);
    scene.city.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_outlives_a_store_that_goes_down_in_the_middle() {
    let Some(scene) = Scene::open().await else {
        return;
    };
    let (stack, gate) = (scene.stack(), &scene.gate);
    let review = created(stack).await;
    let state = async || {
        let name = review.clone();
        let request = GetReviewRequest { name };
        let review = stack.evaluations(D).get_review(request).await.unwrap();
        review.into_inner().state()
    };
    let before = state().await;
    gate.set(Mode::CutsNext);
    expect_down(&refusal(frozen(stack, &review).await));
    gate.is_down().await;
    assert_eq!(state().await, before, "nothing is half-written");
    gate.set(Mode::Open);
    let facts = frozen(stack, &review).await.unwrap().facts_sha256;

    // A run that has begun waits, and goes on by itself once the store is back.
    gate.set(Mode::CutsNext);
    begins_to_run(stack, &review).await.unwrap();
    gate.is_down().await;
    assert_ne!(state().await, ReviewState::Scored);
    gate.set(Mode::Open);
    let scored = ended(stack, &review).await;
    assert_eq!(scored.state(), ReviewState::Scored);
    assert_eq!(scored.facts_sha256, facts);

    gate.set(Mode::CutsNext);
    expect_down(&refusal(bundle(stack, &review).await));
    gate.set(Mode::Open);
    let first = bundle(stack, &review).await.unwrap();
    assert_eq!(bundle(stack, &review).await.unwrap(), first);
    scene.city.stack.stop().await;
}
