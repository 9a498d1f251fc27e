//! A rule that asks for the issue table: the rounds are frozen, passed, named by their notes, scored afresh, and verified
//! out of the bundle.

use tidyward_kit::{fact::ABSENT, mark};
use tidyward_rules::score::Issue;
use uuid::Uuid;

use super::*;
use crate::{
    bundle::Bundle,
    collect::LedgerRounds,
    facts::digest,
    review::ReviewState as State,
    rounds::{PeriodRounds, Round},
    verify::{VerifyError, verify},
};

const DEDUCTIONS: &str = "case-deductions/versions/1.0.0";

/// A round of the grid in that row of the ledger, handed in so many minutes late.
fn round(row: u32, issue: u128, late: i64, marks: u32) -> Round {
    Round {
        row,
        issue: Uuid::from_u128(issue),
        number: 1,
        told: Issue {
            reported: 100,
            filed: 110,
            due: 1_000,
            handed_in: 1_000 + late,
            closed: ABSENT,
            marks,
            ..Issue::default()
        },
    }
}

/// The ledger's town, in which grid 1 has two late rounds, one of them urgent, and grid 2 one that was in time.
fn with_rounds(grids: usize) -> LedgerFacts {
    let mut facts = ledger(grids);
    let overdue = vec![0; grids + 1];
    facts
        .columns
        .insert("issues.overdue_open".to_owned(), overdue);
    facts.rounds = LedgerRounds {
        categories: vec![("litter".to_owned(), String::new())],
        rounds: vec![
            round(2, 7, 90, 0),
            round(3, 8, 0, 0),
            round(2, 9, 60, mark::URGENT),
        ],
    };
    facts
}

async fn scored() -> (Scene, v1::Review) {
    let scene = scene().await;
    scene.activate(DEDUCTIONS, "2013-q1").await;
    scene.open("2013-q3").await;
    scene.seal("2013-q3", with_rounds(3)).await.unwrap();
    let ended = scene.run(run_of("2013-q3")).await.unwrap();
    (scene, ended.review.unwrap())
}

async fn bundle(scene: &Scene, review: &v1::Review) -> Vec<u8> {
    let request = v1::DownloadBundleRequest {
        name: format!("{}/revisions/1", review.name),
    };
    let parts = scene.reviews.download_bundle(call(request)).await.unwrap();
    let parts: Vec<_> = parts.into_inner().map(Result::unwrap).collect().await;
    parts.into_iter().flat_map(|part| part.data).collect()
}

#[tokio::test]
async fn rounds_cost_points_in_their_grid_and_above_and_notes_name_the_issues() {
    let (scene, review) = scored().await;
    assert_eq!(review.state(), v1::ReviewState::Scored, "{}", review.error);
    assert_eq!(review.rounds_sha256.len(), 64);
    let score = async |code: &str| {
        let request = v1::GetScoreRequest {
            name: format!("{}/revisions/1/scores/{code}", review.name),
        };
        scene
            .reviews
            .get_score(call(request))
            .await
            .unwrap()
            .into_inner()
    };
    // Half a point for the late one and a whole for the urgent one.
    for code in ["G00001", "C"] {
        let score = score(code).await;
        assert_eq!(score.total_text, "98.50", "{code}");
        let issue = |number: u128| format!("districts/demo/issues/{}", Uuid::from_u128(number));
        let notes: Vec<_> = score
            .notes
            .iter()
            .map(|note| (&note.issue, note.value.as_ref().unwrap().units))
            .collect();
        assert_eq!(notes, [(&issue(7), 15_000), (&issue(9), 10_000)], "{code}");
    }
    for code in ["G00000", "G00002"] {
        let score = score(code).await;
        assert_eq!(
            (score.total_text.as_str(), score.notes.len()),
            ("100.00", 0)
        );
    }
    let request = v1::ListScoresRequest {
        parent: format!("{}/revisions/1", review.name),
        level: v1::AreaLevel::Grid as i32,
        ..Default::default()
    };
    let listed = scene
        .reviews
        .list_scores(call(request))
        .await
        .unwrap()
        .into_inner();
    let named = listed.scores.iter().flat_map(|score| &score.notes);
    assert!(named.clone().count() == 2 && named.clone().all(|note| !note.issue.is_empty()));

    let again = v1::RunReviewRequest {
        again: true,
        ..run_of("2013-q3")
    };
    let ended = scene.run(again).await.unwrap();
    assert_eq!(ended.again_scores_sha256, review.scores_sha256);
}

#[tokio::test]
async fn the_bundle_has_the_rounds_and_whoever_changes_one_is_found_out() {
    let (scene, review) = scored().await;
    let bytes = bundle(&scene, &review).await;
    let verified = verify(&scene.house.compiler, &bytes, None).unwrap();
    assert_eq!(verified.rounds_sha256, review.rounds_sha256);
    assert_eq!(verified.scores_sha256, review.scores_sha256);
    let (whole, _) = Bundle::open(&bytes).unwrap();
    let key = SigningKey::from_bytes(&[9; 32]);
    let refused = |change: &dyn Fn(&mut Bundle)| {
        let mut forged = whole.clone();
        change(&mut forged);
        verify(&scene.house.compiler, &forged.seal(&key), None).unwrap_err()
    };
    let changed = |bundle: &mut Bundle| {
        let facts = crate::facts::PeriodFacts::decode(&bundle.facts).unwrap();
        let mut rounds = PeriodRounds::decode(bundle.rounds.as_ref().unwrap(), &facts).unwrap();
        rounds.rounds[0].told.handed_in = 1_000;
        bundle.rounds = Some(rounds.encode());
    };
    // Other rounds, then with their own digest.
    let error = refused(&changed);
    assert!(
        matches!(&error, VerifyError::Inconsistent(words) if words.contains("the rounds")),
        "{error}"
    );
    let error = refused(&|bundle: &mut Bundle| {
        changed(bundle);
        bundle.digests.rounds = bundle.rounds.as_deref().map(digest);
    });
    assert!(
        matches!(&error, VerifyError::Differs(words) if words.contains("for timely")),
        "{error}"
    );
    // None at all, and bytes that are none.
    let error =
        refused(&|bundle: &mut Bundle| (bundle.rounds, bundle.digests.rounds) = (None, None));
    assert!(
        matches!(&error, VerifyError::Inconsistent(words) if words.contains("asks for the issue table")),
        "{error}"
    );
    let error = refused(&|bundle: &mut Bundle| {
        bundle.rounds = Some(vec![1, 2, 3]);
        bundle.digests.rounds = bundle.rounds.as_deref().map(digest);
    });
    assert!(
        matches!(&error, VerifyError::Inconsistent(words) if words.contains("the rounds cannot be read")),
        "{error}"
    );
}

#[tokio::test]
async fn a_rule_that_asks_for_no_table_has_a_bundle_without_rounds() {
    let scene = scene().await;
    scene.activate("case-rates/versions/1.0.0", "2013-q1").await;
    scene.open("2013-q3").await;
    scene.seal("2013-q3", with_rounds(3)).await.unwrap();
    let review = scene.run(run_of("2013-q3")).await.unwrap().review.unwrap();
    assert_eq!(review.rounds_sha256.len(), 64);
    let bytes = bundle(&scene, &review).await;
    assert_eq!(
        bytes[8..12],
        [1, 0, 0, 0],
        "the format that earlier releases read"
    );
    let verified = verify(&scene.house.compiler, &bytes, None).unwrap();
    assert_eq!(verified.rounds_sha256, "");
    let (mut forged, _) = Bundle::open(&bytes).unwrap();
    forged.rounds = Some(Vec::new());
    forged.digests.rounds = Some(digest(&[]));
    let forged = forged.seal(&SigningKey::from_bytes(&[9; 32]));
    let error = verify(&scene.house.compiler, &forged, None).unwrap_err();
    assert!(
        matches!(&error, VerifyError::Inconsistent(words) if words.contains("does not ask")),
        "{error}"
    );
}

/// As an earlier release left a review that it froze.
async fn without_rounds(scene: &Scene) {
    let write = scene.house.db.write(|transaction| {
        Box::pin(async move {
            let district = District::of_server("demo");
            let period = "2013-q3".parse().unwrap();
            let review = store::review::find(transaction, &district, period).await?;
            let mut frozen = review.unwrap().frozen.unwrap();
            frozen.rounds_sha256 = None;
            store::review::freeze(transaction, &district, period, &frozen).await
        })
    });
    write.await.unwrap();
}

#[tokio::test]
async fn what_an_earlier_release_froze_is_scored_by_rules_that_do_without() {
    let scene = scene().await;
    scene.activate(DEDUCTIONS, "2013-q1").await;
    scene.open("2013-q3").await;
    scene.seal("2013-q3", with_rounds(3)).await.unwrap();
    without_rounds(&scene).await;
    let review = scene.run(run_of("2013-q3")).await.unwrap().review.unwrap();
    assert_eq!(review.state, State::Failed as i32);
    assert!(
        review.error.contains("asks for the issue table"),
        "{}",
        review.error
    );
    assert_eq!(review.rounds_sha256, "");
    // A rule that asks is let in all the same: there is only no telling what it would have come to.
    let (id, other) = (b"id = \"case-deductions\"", b"id = \"case-deductionz\"");
    let own = tidyward_rules::builtin::BUILTIN[0].bytes;
    let pushed = scene.push(&replace(own, id, other)).await.unwrap();
    assert!(pushed.dry_run.is_none(), "{pushed:?}");
}

#[tokio::test]
async fn a_push_is_run_dry_on_the_rounds_of_the_last_period() {
    let (scene, _) = scored().await;
    let (id, other) = (b"id = \"case-deductions\"", b"id = \"case-deductionz\"");
    let own = tidyward_rules::builtin::BUILTIN[0].bytes;
    let pushed = scene.push(&replace(own, id, other)).await.unwrap();
    let dry_run = pushed.dry_run.unwrap();
    assert_eq!((dry_run.scored, dry_run.failed), (4, 0));
    let found = dry_run.difference.unwrap();
    assert_eq!((found.same, found.moved), (4, 0), "{found:?}");
}
