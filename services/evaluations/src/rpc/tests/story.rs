//! A quarter from its opening to the bundle, and what is refused on the way.

use tidyward_kit::fact::Addition;
use tidyward_proto::v1::{AreaLevel, ReviewList, ReviewState};

use super::*;
use crate::{
    metric::{Metric, Recorded},
    record::{self, Checked},
    verify,
};

pub(super) async fn record(
    scene: &Scene,
    period: &str,
    metric: &str,
    scale: u8,
    value: i64,
) -> Result<(i64, i64, i64), String> {
    let metric = Metric {
        name: metric.into(),
        unit: "percent".into(),
        scale,
        addition: Addition::Sum,
        source: "survey".into(),
    };
    let number = Recorded {
        metric: metric.name.clone(),
        area: "G00001".into(),
        period: period.into(),
        value,
    };
    let checked = Checked {
        declared: vec![metric],
        numbers: vec![number],
    };
    let nothing = v1::RecordMetricsRequest::default();
    let now = scene.house.clock.now();
    let once = Once::new(
        store::EVALUATION,
        "RecordMetrics",
        &caller(),
        Some(&scene.district),
        &nothing,
        "",
        now,
    )
    .unwrap();
    let answer = record::write(&scene.house.db, &scene.district, checked, once).await;
    let answer =
        answer.map_err(|error| tidyward_kit::status::reason_name(error.reason).to_owned())?;
    Ok((answer.added, answer.replaced, answer.unchanged))
}

async fn scores(scene: &Scene, level: AreaLevel, page_size: i32) -> Vec<v1::Score> {
    let mut all = Vec::new();
    let mut request = v1::ListScoresRequest {
        parent: "districts/demo/reviews/2013-q3/revisions/1".into(),
        level: level as i32,
        page_size,
        page_token: String::new(),
    };
    loop {
        let page = scene
            .reviews
            .list_scores(call(request.clone()))
            .await
            .unwrap()
            .into_inner();
        all.extend(page.scores);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn a_quarter_is_opened_frozen_scored_explained_and_verified() {
    let scene = scene().await;
    scene.activate("case-rates/versions/1.0.0", "2013-q1").await;
    assert_eq!(
        record(&scene, "2013-q3", "metric.clean", 2, 6_667).await,
        Ok((1, 0, 0))
    );
    assert_eq!(
        record(&scene, "2013-q3", "metric.clean", 2, 6_667).await,
        Ok((0, 0, 1))
    );
    assert_eq!(
        record(&scene, "2013-q3", "metric.clean", 2, 7_000).await,
        Ok((0, 1, 0))
    );
    assert_eq!(
        record(&scene, "2013-q3", "metric.clean", 3, 1).await,
        Err("METRIC_REDECLARED".into())
    );

    let opened = scene.open("2013-q3").await;
    assert_eq!(opened.state(), ReviewState::Open);
    assert_eq!(
        opened.start_time.unwrap().seconds,
        1_372_608_000,
        "midnight in Shanghai"
    );
    let frozen = scene.seal("2013-q3", ledger(22)).await.unwrap();
    assert_eq!(
        (frozen.state(), frozen.areas, frozen.issues_outside),
        (ReviewState::Frozen, 23, 4)
    );
    assert_eq!(
        frozen.rule_version,
        "districts/demo/rules/case-rates/versions/1.0.0"
    );
    assert_eq!(
        record(&scene, "2013-q3", "metric.clean", 2, 1).await,
        Err("PERIOD_FROZEN".into())
    );

    let last = scene.run(run_of("2013-q3")).await.unwrap();
    let review = last.review.unwrap();
    assert_eq!(
        (review.state(), review.error.as_str(), last.areas_done),
        (ReviewState::Scored, "", 23)
    );
    let revision = &review.revisions[0];
    assert_eq!(
        (
            revision.number,
            revision.scored,
            revision.absent,
            revision.trial
        ),
        (1, 23, 0, false)
    );

    let grids = scores(&scene, AreaLevel::Grid, 5).await;
    assert_eq!(
        grids,
        scores(&scene, AreaLevel::Grid, 1_000).await,
        "pages of any size give the same list"
    );
    let places: Vec<i32> = grids.iter().map(|score| score.rank.unwrap()).collect();
    assert_eq!(
        places[..6],
        [1, 1, 3, 3, 5, 5],
        "equal scores share a place and the next is skipped"
    );
    assert_eq!(
        (
            grids[0].total_text.as_str(),
            grids[0].stars,
            grids[0].list()
        ),
        ("100.00", Some(5), ReviewList::Red)
    );
    assert_eq!(
        (grids[21].total_text.as_str(), grids[21].list()),
        ("0.00", ReviewList::Black)
    );
    let communities = scores(&scene, AreaLevel::Community, 0).await;
    assert_eq!(
        (communities.len(), communities[0].list()),
        (1, ReviewList::Unspecified),
        "too small for lists"
    );

    explained(&scene).await;
    verified(&scene, &review).await;
}

async fn explained(scene: &Scene) {
    let name = "districts/demo/reviews/2013-q3/revisions/1/scores/G00001";
    let request = v1::ExplainScoreRequest {
        name: name.into(),
        language: "en".into(),
    };
    let explanation = scene
        .reviews
        .explain_score(call(request))
        .await
        .unwrap()
        .into_inner();
    let head = "Grid G00001 (Grid 1) scored 10.00 of 100 and is 19th of 22 grids, one star, on the black list.";
    assert_eq!(explanation.sentences[0], head);
    assert_eq!(
        (
            explanation.facts[0].fact.as_str(),
            explanation.facts[0].text.as_str()
        ),
        ("issues.due", "10")
    );
    let request = v1::ExplainScoreRequest {
        name: name.into(),
        language: "fr".into(),
    };
    let status = scene
        .reviews
        .explain_score(call(request))
        .await
        .unwrap_err();
    assert_eq!(reason(&status), "FIELDS_INVALID");
    let gone = v1::GetScoreRequest {
        name: name.replace("G00001", "G99999"),
    };
    assert_eq!(
        reason(&scene.reviews.get_score(call(gone)).await.unwrap_err()),
        "NOT_FOUND"
    );
}

async fn verified(scene: &Scene, review: &v1::Review) {
    let request = v1::DownloadBundleRequest {
        name: format!("{}/revisions/1", review.name),
    };
    let pieces = scene
        .reviews
        .download_bundle(call(request))
        .await
        .unwrap()
        .into_inner();
    let bytes: Vec<u8> = pieces
        .map(|piece| piece.unwrap().data)
        .collect::<Vec<_>>()
        .await
        .concat();
    let verified = verify::verify(&scene.house.compiler, &bytes, None).unwrap();
    assert_eq!(
        (&verified.facts_sha256, &verified.scores_sha256),
        (&review.facts_sha256, &review.scores_sha256)
    );
    assert_eq!(
        (verified.areas, verified.rule.as_str()),
        (23, "case-rates@1.0.0")
    );
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    assert!(verify::verify(&scene.house.compiler, &changed, None).is_err());
}

#[tokio::test]
async fn scoring_again_gives_the_same_digest_and_a_trial_stands_beside() {
    let scene = scene().await;
    scene.activate("case-rates/versions/1.0.0", "2013-q1").await;
    scene.open("2013-q3").await;
    scene.seal("2013-q3", ledger(30)).await.unwrap();
    let first = scene.run(run_of("2013-q3")).await.unwrap().review.unwrap();

    let again = v1::RunReviewRequest {
        again: true,
        ..run_of("2013-q3")
    };
    let last = scene.run(again).await.unwrap();
    assert_eq!(last.again_scores_sha256, first.scores_sha256);
    assert_eq!(last.review.unwrap().error, "");

    let trial = v1::RunReviewRequest {
        trial_rule_version: "districts/demo/rules/standard/versions/1.0.0".into(),
        ..run_of("2013-q3")
    };
    let last = scene.run(trial).await.unwrap();
    assert_eq!(
        last.again_scores_sha256, "",
        "the last run was no comparison"
    );
    let review = last.review.unwrap();
    assert_eq!(
        (review.state(), &review.scores_sha256),
        (ReviewState::Scored, &first.scores_sha256)
    );
    let trial = &review.revisions[1];
    assert_eq!(
        (trial.number, trial.trial, trial.absent),
        (2, true, 31),
        "without inspections nobody has a score"
    );

    let status = scene.run(run_of("2013-q3")).await.unwrap_err();
    assert_eq!(reason(&status), "MOVE_FORBIDDEN");
    let both = v1::RunReviewRequest {
        again: true,
        trial_rule_version: "districts/demo/rules/none/versions/1.0.0".into(),
        ..run_of("2013-q3")
    };
    assert_eq!(
        reason(&scene.run(both).await.unwrap_err()),
        "FIELDS_INVALID"
    );
}

#[tokio::test]
async fn what_cannot_be_frozen_says_why_and_leaves_the_review_open() {
    let scene = scene_at("2013-09-30T15:59:59Z").await;
    let opened = scene.open("2013-q3").await;
    let freeze = v1::FreezeReviewRequest {
        name: opened.name.clone(),
        request_id: String::new(),
    };
    let status = scene.reviews.freeze_review(call(freeze)).await.unwrap_err();
    assert_eq!(
        reason(&status),
        "PERIOD_NOT_OVER",
        "a second before midnight in Shanghai"
    );

    let status = scene.seal("2013-q3", ledger(2)).await.unwrap_err();
    assert_eq!(status.reason, tidyward_kit::Reason::NoRuleInForce);
    scene.activate("case-rates/versions/1.0.0", "2013-q3").await;
    record(&scene, "2013-q3", "issues.due", 0, 5).await.unwrap();
    let error = scene.seal("2013-q3", ledger(2)).await.unwrap_err();
    assert_eq!(error.reason, tidyward_kit::Reason::FactTwice);
    assert_eq!(error.metadata["area"], "G00001");

    let get = v1::GetReviewRequest { name: opened.name };
    let review = scene
        .reviews
        .get_review(call(get))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (review.state(), review.facts_sha256.as_str()),
        (ReviewState::Open, "")
    );
    let list = v1::ListScoresRequest {
        parent: "districts/demo/reviews/2013-q3/revisions/1".into(),
        level: AreaLevel::Grid as i32,
        ..Default::default()
    };
    let status = scene.reviews.list_scores(call(list)).await.unwrap_err();
    assert_eq!(reason(&status), "MOVE_FORBIDDEN");
}
