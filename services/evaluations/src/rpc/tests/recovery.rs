//! Runs that were cut off go on where they stopped, and runs that fail say why and can be run again.

use tidyward_proto::v1::ReviewState;
use tidyward_rules::{component, score::CHUNK_ROWS};

use super::*;
use crate::{
    chunk,
    review::{Revision, RevisionState, chunks},
    run,
    scores::Tally,
    store::revision::Key,
};

/// Two chunks' worth of grids.
const GRIDS: usize = CHUNK_ROWS + 100;

async fn frozen() -> Scene {
    let scene = scene().await;
    scene.activate("case-rates/versions/1.0.0", "2013-q1").await;
    scene.open("2013-q3").await;
    scene.seal("2013-q3", ledger(GRIDS)).await.unwrap();
    scene
}

/// What a process leaves behind that was killed while it scored: the revision, its chunks, and a lease on the first one
/// that ran out.
async fn cut_off(scene: &Scene) -> Key {
    let key = Key {
        district: scene.district.clone(),
        period: "2013-q3".parse().unwrap(),
        number: 1,
    };
    let review = freeze::found(&scene.house, &key.district, key.period)
        .await
        .unwrap();
    let revision = Revision {
        number: 1,
        state: RevisionState::Scoring,
        trial: false,
        shadow: false,
        rule: review.frozen.unwrap().rule,
        fuel_limit: 200_000_000,
        chunk_rows: CHUNK_ROWS as i64,
        engine: "an engine".into(),
        engine_configuration: "a machine".into(),
        scores_sha256: None,
        again_sha256: None,
        tally: Tally::default(),
        fuel: 0,
        elapsed_ms: 0,
        error: String::new(),
    };
    let (own, now) = (key.clone(), scene.house.clock.now().as_microsecond());
    let write = scene.house.db.write(move |transaction| {
        let (key, revision) = (own.clone(), revision.clone());
        Box::pin(async move {
            let ranges = chunks(GRIDS + 1, CHUNK_ROWS);
            store::revision::begin(transaction, &key, &revision, &ranges).await?;
            let claimed = store::revision::claim(transaction, &key, now - 10, now - 5).await?;
            assert_eq!(claimed, Some(ranges[0]));
            Ok(())
        })
    });
    write.await.unwrap();
    key
}

#[tokio::test]
async fn a_run_that_was_cut_off_goes_on_at_start_and_ends_with_the_same_scores() {
    let (whole, cut) = (frozen().await, frozen().await);
    let name = "districts/demo/reviews/2013-q3";
    let expected = whole.run(run_of("2013-q3")).await.unwrap().review.unwrap();

    cut_off(&cut).await;
    let at_rest = cut.watch(name).await.review.unwrap();
    assert_eq!(at_rest.state(), ReviewState::Frozen, "nobody works on it");
    run::recover(&cut.house).await.unwrap();
    let review = cut.watch(name).await.review.unwrap();
    assert_eq!(review.state(), ReviewState::Scored);
    assert_eq!(review.facts_sha256, expected.facts_sha256);
    assert_eq!(review.scores_sha256, expected.scores_sha256);
    assert_eq!(review.revisions[0].scored, GRIDS as i64 + 1);
}

#[tokio::test]
async fn a_run_that_was_cut_off_goes_on_when_it_is_run_again_and_keeps_what_was_done() {
    let scene = frozen().await;
    let key = cut_off(&scene).await;
    // The second chunk was done before the stop. Its marked fuel shows that it is not done again.
    let other = frozen().await;
    other.run(run_of("2013-q3")).await.unwrap();
    let id = crate::rule::VersionId::parse("case-rates", "1.0.0").unwrap();
    let digest = freeze::component(&scene.house, &scene.district, &id)
        .await
        .unwrap();
    let component = scene.house.objects.get("demo", &digest).await.unwrap();
    let candidate = crate::rule::inspect(&component).unwrap();
    let rule = scene.house.compiler.compile("demo", &candidate).unwrap();
    let facts = crate::collect::collect("2013-q3", ledger(GRIDS), &[]).facts;
    let reading = crate::reading::Reading::of(&candidate.manifest, facts, None).unwrap();
    let inputs = reading.inputs(&candidate.manifest, CHUNK_ROWS..GRIDS + 1);
    let second = chunk::encode(&rule.score_chunk(&[], &inputs, 200_000_000).unwrap());
    let own = key.clone();
    let write = scene.house.db.write(move |transaction| {
        let (key, second) = (own.clone(), second.clone());
        Box::pin(
            async move { store::revision::done(transaction, &key, 1, 123_456_789, second).await },
        )
    });
    write.await.unwrap();

    let review = scene.run(run_of("2013-q3")).await.unwrap().review.unwrap();
    assert_eq!(review.state(), ReviewState::Scored);
    let fuel = store::revision::fuel(scene.house.db.read(), &key)
        .await
        .unwrap();
    assert_eq!((fuel.len(), fuel[1]), (2, 123_456_789));
    let expected = other
        .watch("districts/demo/reviews/2013-q3")
        .await
        .review
        .unwrap();
    assert_eq!(review.scores_sha256, expected.scores_sha256);
}

/// A rule that gives up on every row. The gate does not let it in.
fn trapping() -> Vec<u8> {
    let module = r#"(module
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "tidyward:rules/scoring@1.0.0#score") (param i32) (result i32) unreachable))"#;
    let rule = district_rule("trap-rates", "1.0.0");
    let manifest = crate::rule::inspect(&rule).unwrap().manifest.source;
    component::assemble(&wat::parse_str(module).unwrap(), &manifest).unwrap()
}

#[tokio::test]
async fn too_many_failed_areas_fail_the_run_which_can_be_run_again() {
    let scene = scene().await;
    scene.keep(&trapping()).await;
    scene.activate("trap-rates/versions/1.0.0", "2013-q1").await;
    scene.open("2013-q3").await;
    scene.seal("2013-q3", ledger(3)).await.unwrap();
    for _ in 0..2 {
        let review = scene.run(run_of("2013-q3")).await.unwrap().review.unwrap();
        assert_eq!(review.state(), ReviewState::Failed);
        let words = "TOO_MANY_FAILED: the rule failed on 4 of 4 areas and 1 may fail; the first is `C`: the rule gave up";
        assert!(review.error.starts_with(words), "{}", review.error);
        assert_eq!(review.scores_sha256, "");
    }
    let request = v1::DownloadBundleRequest {
        name: "districts/demo/reviews/2013-q3/revisions/1".into(),
    };
    let status = scene
        .reviews
        .download_bundle(call(request))
        .await
        .err()
        .unwrap();
    assert_eq!(reason(&status), "MOVE_FORBIDDEN");
}

/// As a later release's gate may do with what an earlier one let in.
#[tokio::test]
async fn a_rule_that_the_gate_does_not_let_in_any_more_fails_the_run() {
    let scene = scene().await;
    scene.activate("case-rates/versions/1.0.0", "2013-q1").await;
    scene.open("2013-q3").await;
    scene.seal("2013-q3", ledger(2)).await.unwrap();
    let other = bytes::Bytes::from_static(b"no rule at all");
    let sha256 = scene.house.objects.put("demo", other).await.unwrap();
    let write = scene.house.db.write(move |transaction| {
        Box::pin(async move {
            let (district, period) = (District::of_server("demo"), "2013-q3".parse().unwrap());
            let review = store::review::find(transaction, &district, period).await?;
            let mut frozen = review.unwrap().frozen.unwrap();
            frozen.rule.sha256 = sha256;
            store::review::freeze(transaction, &district, period, &frozen).await
        })
    });
    write.await.unwrap();
    let review = scene.run(run_of("2013-q3")).await.unwrap().review.unwrap();
    assert_eq!(review.state(), ReviewState::Failed);
    assert!(
        review.error.contains("the rule is refused"),
        "{}",
        review.error
    );
}

#[tokio::test]
async fn an_area_on_which_the_rule_fails_carries_the_error_and_the_rest_is_scored() {
    let scene = scene().await;
    scene.keep(&trapping()).await;
    scene.activate("trap-rates/versions/1.0.0", "2013-q1").await;
    scene.open("2013-q3").await;
    // One failed row is always borne: the community alone.
    let one = LedgerFacts {
        areas: ledger(0).areas,
        ..LedgerFacts::default()
    };
    scene.seal("2013-q3", one).await.unwrap();
    let review = scene.run(run_of("2013-q3")).await.unwrap().review.unwrap();
    assert_eq!(
        (review.state(), review.revisions[0].failed),
        (ReviewState::Scored, 1)
    );
    let request = v1::GetScoreRequest {
        name: "districts/demo/reviews/2013-q3/revisions/1/scores/C".into(),
    };
    let score = scene
        .reviews
        .get_score(call(request))
        .await
        .unwrap()
        .into_inner();
    assert!(
        score.failure.starts_with("the rule gave up"),
        "{}",
        score.failure
    );
    assert_eq!((score.total, score.rank), (None, None));
}
