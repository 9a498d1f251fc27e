//! A rule that takes the mean over grids: frozen, run, scored afresh, explained, and verified out of its bundle.

use super::*;
use crate::{
    honesty::tests::{MORE, rule_with},
    verify::{VerifyError, verify},
};

fn mean_rule() -> Vec<u8> {
    let more = "rollup = \"mean\"\nweight = \"grid.households\"";
    rule_with("issues.closed", "higher-is-better", MORE, more)
}

/// The ledger's town, where grid `i` has so many households.
fn populated(grids: usize, households: impl Fn(usize) -> i64) -> LedgerFacts {
    let mut facts = ledger(grids);
    let own: Vec<i64> = (0..grids).map(households).collect();
    let all = [vec![own.iter().filter(|one| **one > 0).sum()], own].concat();
    facts.columns.insert("grid.households".to_owned(), all);
    facts
}

impl Scene {
    async fn frozen_with_means(&self, facts: LedgerFacts) -> v1::Review {
        self.push(&mean_rule()).await.unwrap();
        self.activate("own/versions/1.0.0", "2013-q1").await;
        self.open("2013-q3").await;
        self.seal("2013-q3", facts).await.unwrap()
    }
}

#[tokio::test]
async fn a_community_has_the_mean_of_its_grids_and_anybody_can_recompute_it() {
    let scene = scene().await;
    let households = |grid: usize| 10 + grid as i64 * 3;
    scene.frozen_with_means(populated(20, households)).await;
    let ended = scene.run(run_of("2013-q3")).await.unwrap();
    let review = ended.review.unwrap();
    assert_eq!(review.state(), v1::ReviewState::Scored, "{}", review.error);
    // Grid i closed i % 11 and has a point for each.
    let sum: i64 = (0..20)
        .map(|grid| households(grid) * (grid % 11) as i64)
        .sum();
    let weight: i64 = (0..20).map(households).sum();
    let expected = (sum as f64 / weight as f64 * 10_000.0).round() as i64;
    let name = format!("{}/revisions/1/scores/C", review.name);
    let request = v1::ExplainScoreRequest {
        name,
        ..Default::default()
    };
    let told = scene
        .reviews
        .explain_score(call(request))
        .await
        .unwrap()
        .into_inner();
    let score = told.score.unwrap();
    assert_eq!(score.total.unwrap().units, expected);
    assert_eq!(score.items[0].points, None);
    let words =
        "That is the mean of the grids below it that have a score, weighted by grid.households.";
    assert_eq!(told.sentences[1], words, "{:?}", told.sentences);

    let again = v1::RunReviewRequest {
        again: true,
        ..run_of("2013-q3")
    };
    let ended = scene.run(again).await.unwrap();
    assert_eq!(ended.again_scores_sha256, review.scores_sha256);
    let request = v1::DownloadBundleRequest {
        name: format!("{}/revisions/1", review.name),
    };
    let parts = scene.reviews.download_bundle(call(request)).await.unwrap();
    let parts: Vec<_> = parts.into_inner().map(Result::unwrap).collect().await;
    let bytes: Vec<u8> = parts.into_iter().flat_map(|part| part.data).collect();
    let verified = verify(&scene.house.compiler, &bytes, None).unwrap();
    assert_eq!(verified.scores_sha256, review.scores_sha256);
    // Whoever gives the community another score is found out.
    let (mut bundle, _) = crate::bundle::Bundle::open(&bytes).unwrap();
    let mut rows = crate::scores::RankedScores::decode(&bundle.scores, 1).unwrap();
    rows.rows[0].total += 1;
    bundle.scores = rows.encode(1);
    bundle.digests.scores = crate::facts::digest(&bundle.scores);
    let forged = bundle.seal(&SigningKey::from_bytes(&[9; 32]));
    let error = verify(&scene.house.compiler, &forged, None).unwrap_err();
    assert!(
        matches!(&error, VerifyError::Differs(words) if words.contains("area C")),
        "{error}"
    );
}

#[tokio::test]
async fn a_grid_without_weight_fails_the_run_and_is_named() {
    let scene = scene().await;
    let households = |grid: usize| {
        if grid == 3 {
            tidyward_kit::fact::ABSENT
        } else {
            5
        }
    };
    scene.frozen_with_means(populated(6, households)).await;
    let ended = scene.run(run_of("2013-q3")).await.unwrap();
    let review = ended.review.unwrap();
    assert_eq!(review.state(), v1::ReviewState::Failed);
    let words = "NO_WEIGHT: the grid `G00003` has a score and no grid.households";
    assert!(review.error.contains(words), "{}", review.error);
    // The next version is told so before it is let in.
    let higher = replace(&mean_rule(), b"version = \"1.0.0\"", b"version = \"1.0.1\"");
    let error = tidyward_kit::Error::from(scene.push(&higher).await.unwrap_err());
    assert_eq!(error.metadata["refusal"], "fails_on_facts");
    assert_eq!(error.metadata["place"], "G00003");
}
