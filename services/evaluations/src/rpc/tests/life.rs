//! The life of a rule: in force, undone, in shadow, revoked; and what a review keeps meanwhile.

use tidyward_proto::v1::{RuleChangeKind, RuleState};
use tidyward_rules::score::CHUNK_ROWS;

use super::*;
use crate::honesty::tests::{MORE, rule_of};

const CASES: &str = "case-rates/versions/1.0.0";
const OWN: &str = "own/versions/1.0.0";

/// A rule of the district's own: a point for each case that was closed.
fn own() -> Vec<u8> {
    rule_of("issues.closed", "higher-is-better", MORE)
}

impl Scene {
    async fn shadow(&self, rule: &str, from: &str) -> v1::RuleActivation {
        let request = v1::ActivateRuleRequest {
            name: format!("districts/demo/rules/{rule}"),
            from_period: from.into(),
            shadow: true,
            ..Default::default()
        };
        let activation = self.rules.activate_rule(call(request)).await.unwrap();
        activation.into_inner()
    }

    async fn rollback(&self, from: &str, shadow: bool) -> Result<v1::RollbackRuleResponse, Status> {
        let request = v1::RollbackRuleRequest {
            parent: "districts/demo".into(),
            from_period: from.into(),
            shadow,
            ..Default::default()
        };
        let answer = self.rules.rollback_rule(call(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    async fn revoke(&self, rule: &str, why: &str) -> Result<v1::RevokeRuleVersionResponse, Status> {
        let request = v1::RevokeRuleVersionRequest {
            name: format!("districts/demo/rules/{rule}"),
            reason: why.into(),
            ..Default::default()
        };
        let answer = self.rules.revoke_rule_version(call(request)).await;
        answer.map(tonic::Response::into_inner)
    }

    pub(super) async fn changes(&self) -> Vec<v1::RuleChange> {
        let mut all = Vec::new();
        let mut request = v1::ListRuleChangesRequest {
            parent: "districts/demo".into(),
            page_size: 2,
            ..Default::default()
        };
        loop {
            let page = self.rules.list_rule_changes(call(request.clone())).await;
            let page = page.unwrap().into_inner();
            all.extend(page.rule_changes);
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                return all;
            }
        }
    }

    async fn scored(&self, period: &str, grids: usize) -> v1::Review {
        self.open(period).await;
        self.seal(period, ledger(grids)).await.unwrap();
        let ended = self.run(run_of(period)).await.unwrap();
        ended.review.unwrap()
    }
}

fn kinds(changes: &[v1::RuleChange]) -> Vec<RuleChangeKind> {
    changes.iter().map(v1::RuleChange::kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_while_a_review_runs_leaves_it_its_rule_and_the_next_has_the_one_before() {
    let scene = scene().await;
    scene.push(&own()).await.unwrap();
    scene.activate(CASES, "2013-q1").await;
    scene.activate(OWN, "2013-q3").await;
    scene.open("2013-q3").await;
    // So many that the run is still going on when the rollback is through.
    let frozen = scene.seal("2013-q3", ledger(60_000)).await.unwrap();
    assert!(frozen.rule_version.ends_with(OWN));
    let begun = scene.reviews.run_review(call(run_of("2013-q3"))).await;
    assert!(begun.unwrap().into_inner().running);
    let answer = scene.rollback("2013-q4", false).await.unwrap();
    let period = "2013-q3".parse().unwrap();
    assert!(scene.house.runs.of(&scene.district, period).is_some());
    let (undone, back) = (answer.undone.unwrap(), answer.in_force.unwrap());
    assert!(undone.rule_version.ends_with(OWN), "{undone:?}");
    assert_eq!(
        (undone.number, undone.undone_from_period.as_str()),
        (2, "2013-q4")
    );
    assert!(back.rule_version.ends_with(CASES), "{back:?}");

    let ended = scene.watch("districts/demo/reviews/2013-q3").await;
    let review = ended.review.unwrap();
    assert_eq!(review.state(), v1::ReviewState::Scored, "{}", review.error);
    assert_eq!(review.rule_sha256, frozen.rule_sha256);
    assert!(review.revisions[0].rule_version.ends_with(OWN));
    scene.open("2013-q4").await;
    let next = scene.seal("2013-q4", ledger(3)).await.unwrap();
    assert!(next.rule_version.ends_with(CASES));
    assert_ne!(next.rule_sha256, frozen.rule_sha256);
}

#[tokio::test]
async fn a_rollback_is_refused_where_there_is_nothing_before_or_the_period_is_frozen() {
    let scene = scene().await;
    let check = async |from: &str, shadow: bool, expected: &str| {
        let status = scene.rollback(from, shadow).await.unwrap_err();
        assert_eq!(reason(&status), expected, "{from}");
    };
    check("2013-q3", false, "NO_RULE_BEFORE").await;
    check("sometime", false, "FIELDS_INVALID").await;
    scene.activate(CASES, "2013-q1").await;
    check("2013-q3", false, "NO_RULE_BEFORE").await;
    check("2013-q3", true, "NO_RULE_BEFORE").await;
    scene.activate("standard/versions/1.0.0", "2013-q2").await;
    scene.open("2013-q3").await;
    scene.seal("2013-q3", ledger(2)).await.unwrap();
    check("2013-q3", false, "PERIOD_FROZEN").await;
    assert_eq!(scene.changes().await.len(), 2);
    // What is refused changed nothing, so the same is undone for a period that is open.
    let undone = scene
        .rollback("2013-q4", false)
        .await
        .unwrap()
        .undone
        .unwrap();
    assert!(undone.rule_version.contains("standard"));
}

#[tokio::test]
async fn a_rule_in_shadow_is_scored_beside_every_run_and_never_the_reviews_own() {
    let scene = scene().await;
    scene.push(&own()).await.unwrap();
    scene.activate(CASES, "2013-q1").await;
    let shadow = scene.shadow(OWN, "2013-q1").await;
    assert!(shadow.shadow && shadow.number == 2);
    let get = v1::GetRuleVersionRequest {
        name: format!("districts/demo/rules/{OWN}"),
    };
    let version = scene.rules.get_rule_version(call(get)).await.unwrap();
    assert_eq!(version.into_inner().state(), RuleState::Validated);

    let review = scene.scored("2013-q3", 30).await;
    assert_eq!(review.state(), v1::ReviewState::Scored, "{}", review.error);
    assert!(review.rule_version.ends_with(CASES));
    let [own, beside] = review.revisions.as_slice() else {
        panic!("{:?}", review.revisions);
    };
    assert_eq!((own.trial, own.shadow, own.scored), (false, false, 31));
    assert_eq!(
        (beside.trial, beside.shadow, beside.scored),
        (true, true, 31)
    );
    assert!(beside.rule_version.ends_with(OWN));
    assert_eq!(review.scores_sha256, own.scores_sha256);

    let compare = v1::CompareRevisionsRequest {
        name: review.name,
        ..Default::default()
    };
    let compared = scene.reviews.compare_revisions(call(compare)).await;
    let compared = compared.unwrap().into_inner();
    assert_eq!(compared.before.unwrap().number, 1);
    assert!(compared.after.unwrap().shadow);
    let found = compared.difference.unwrap();
    assert_eq!(found.same + found.higher + found.lower, 31);
    assert_eq!(found.largest.len(), 20);
    let sizes: Vec<i64> = found.largest.iter().map(size).collect();
    assert!(sizes.is_sorted_by(|one, next| one >= next), "{sizes:?}");

    // Undone, the next review has none.
    let answer = scene.rollback("2013-q4", true).await.unwrap();
    assert_eq!(answer.in_force, None);
    let next = scene.scored("2013-q4", 3).await;
    assert_eq!(next.revisions.len(), 1);
    let expected = [
        RuleChangeKind::Pushed,
        RuleChangeKind::Activated,
        RuleChangeKind::Shadowed,
        RuleChangeKind::ShadowRolledBack,
    ];
    assert_eq!(kinds(&scene.changes().await), expected);
}

fn size(change: &v1::ScoreChange) -> i64 {
    let units = |points: &Option<v1::Points>| points.as_ref().unwrap().units;
    (units(&change.before) - units(&change.after)).abs()
}

#[tokio::test]
async fn a_shadow_that_fails_leaves_the_review_scored() {
    let scene = scene().await;
    // It takes the fuel of thousands of calls where a count is above 9.
    let endless = "(if (result i64) (i64.gt_s (local.get $fact) (i64.const 9)) \
                   (then (loop $again (br $again)) (unreachable)) (else (i64.const 0)))";
    scene
        .keep(&rule_of("issues.due", "higher-is-better", endless))
        .await;
    scene.activate(CASES, "2013-q1").await;
    scene.shadow(OWN, "2013-q1").await;
    let review = scene.scored("2013-q3", 3).await;
    assert_eq!(review.state(), v1::ReviewState::Scored);
    assert_eq!(review.error, "");
    let beside = &review.revisions[1];
    assert!(beside.error.contains("TOO_MANY_FAILED"), "{beside:?}");
    let compare = v1::CompareRevisionsRequest {
        name: review.name,
        ..Default::default()
    };
    let status = scene.reviews.compare_revisions(call(compare)).await;
    assert_eq!(reason(&status.unwrap_err()), "MOVE_FORBIDDEN");
}

#[tokio::test]
async fn a_revoked_version_is_put_in_force_no_more_and_its_reviews_are_named() {
    let scene = scene().await;
    scene.push(&own()).await.unwrap();
    scene.activate(CASES, "2013-q1").await;
    scene.activate(OWN, "2013-q2").await;
    let review = scene.scored("2013-q2", 3).await;
    for (wrong, field) in [("", "reason"), ("two\nlines", "reason")] {
        let error = tidyward_kit::Error::from(scene.revoke(OWN, wrong).await.unwrap_err());
        assert_eq!(error.violations[0].field, field);
    }
    let missing = scene.revoke("own/versions/9.9.9", "never was").await;
    assert_eq!(reason(&missing.unwrap_err()), "NOT_FOUND");
    let answer = scene.revoke(OWN, "it counts twice").await.unwrap();
    let version = answer.rule_version.clone().unwrap();
    assert_eq!(version.state(), RuleState::Revoked);
    assert_eq!(version.revoke_reason, "it counts twice");
    assert_eq!(answer.reviews, [review.name.as_str()]);
    assert_eq!(answer.from_periods, ["2013-q2"]);
    // Once is for good, and the first reason stays.
    let again = scene.revoke(OWN, "another reason").await.unwrap();
    assert_eq!(again, answer);

    let activate = v1::ActivateRuleRequest {
        name: format!("districts/demo/rules/{OWN}"),
        from_period: "2014-q1".into(),
        ..Default::default()
    };
    let refused = scene.rules.activate_rule(call(activate)).await.unwrap_err();
    assert_eq!(reason(&refused), "RULE_REVOKED");
    scene.open("2013-q3").await;
    let refused = scene.seal("2013-q3", ledger(3)).await.unwrap_err();
    assert_eq!(refused.reason, tidyward_kit::Reason::RuleRevoked);
    let trial = v1::RunReviewRequest {
        trial_rule_version: format!("districts/demo/rules/{OWN}"),
        ..run_of("2013-q2")
    };
    assert_eq!(reason(&scene.run(trial).await.unwrap_err()), "RULE_REVOKED");
    // What has it keeps it, and can be recomputed.
    let again = v1::RunReviewRequest {
        again: true,
        ..run_of("2013-q2")
    };
    let ended = scene.run(again).await.unwrap();
    assert_eq!(ended.again_scores_sha256, review.scores_sha256);

    scene.rollback("2013-q3", false).await.unwrap();
    let frozen = scene.seal("2013-q3", ledger(3)).await.unwrap();
    assert!(frozen.rule_version.ends_with(CASES));
    let changes = scene.changes().await;
    let numbers: Vec<i64> = changes.iter().map(|change| change.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    let revoked = &changes[3];
    assert_eq!(revoked.kind(), RuleChangeKind::Revoked);
    assert_eq!(revoked.details["reason"], "it counts twice");
    assert_eq!(revoked.actor, "admin-1");
    assert_eq!(changes[4].kind(), RuleChangeKind::RolledBack);
}

#[tokio::test]
async fn a_rollback_to_a_revoked_version_is_refused() {
    let scene = scene().await;
    scene.push(&own()).await.unwrap();
    scene.activate(OWN, "2013-q1").await;
    scene.activate(CASES, "2013-q2").await;
    scene.revoke(OWN, "it counts twice").await.unwrap();
    let refused = scene.rollback("2013-q3", false).await.unwrap_err();
    assert_eq!(reason(&refused), "RULE_REVOKED");
    scene.open("2013-q3").await;
    assert!(scene.seal("2013-q3", ledger(2)).await.is_ok());
}

#[tokio::test]
async fn what_rules_used_is_counted_by_version_and_month() {
    let scene = scene().await;
    scene.push(&own()).await.unwrap();
    scene.activate(CASES, "2013-q1").await;
    let usage = async || {
        let request = v1::ListRuleUsageRequest {
            parent: "districts/demo".into(),
            ..Default::default()
        };
        let page = scene.rules.list_rule_usage(call(request)).await.unwrap();
        page.into_inner().rule_usage
    };
    // The gate's trial is counted, too.
    let gate = usage().await;
    assert_eq!(gate.len(), 1);
    assert!(gate[0].calls > 50 && gate[0].fuel > 1_000, "{gate:?}");
    let review = scene.scored("2013-q3", CHUNK_ROWS).await;
    let after = usage().await;
    assert_eq!(after.len(), 2);
    assert_eq!(after[1], gate[0]);
    let cases = &after[0];
    assert!(cases.rule_version.ends_with(CASES));
    assert_eq!(cases.month, "2026-11");
    // The area above the grids is a row, too.
    assert_eq!((cases.calls, cases.rows), (2, CHUNK_ROWS as i64 + 1));
    assert_eq!(cases.fuel, review.revisions[0].fuel);
    assert!(cases.processor_seconds > 0.0 && cases.processor_seconds < 60.0);
    let again = v1::RunReviewRequest {
        again: true,
        ..run_of("2013-q3")
    };
    scene.run(again).await.unwrap();
    assert_eq!(usage().await[0].fuel, 2 * cases.fuel);
}

#[tokio::test]
async fn a_push_says_what_the_rule_would_have_come_to() {
    let scene = scene().await;
    assert_eq!(scene.push(&own()).await.unwrap().dry_run, None);
    scene.activate(CASES, "2013-q1").await;
    scene.scored("2013-q3", 30).await;
    let higher = replace(&own(), b"version = \"1.0.0\"", b"version = \"1.0.1\"");
    let run = scene.push(&higher).await.unwrap().dry_run.unwrap();
    assert_eq!(run.review, "districts/demo/reviews/2013-q3");
    assert_eq!((run.scored, run.absent, run.failed), (31, 0, 0));
    assert!(run.compared_with.ends_with(CASES));
    let found = run.difference.unwrap();
    assert_eq!(found.same + found.higher + found.lower, 31);
    assert!(found.higher + found.lower > 10);
    // As a trial it comes to just that.
    let trial = v1::RunReviewRequest {
        trial_rule_version: "districts/demo/rules/own/versions/1.0.1".into(),
        ..run_of("2013-q3")
    };
    let review = scene.run(trial).await.unwrap().review.unwrap();
    assert_eq!(review.revisions[1].scores_sha256, run.scores_sha256);
    // And a rule beside itself differs in nothing.
    scene.activate("own/versions/1.0.1", "2013-q4").await;
    let found = scene
        .push(&higher)
        .await
        .unwrap()
        .dry_run
        .unwrap()
        .difference
        .unwrap();
    assert_eq!((found.same, found.moved, found.largest.len()), (31, 0, 0));
}

#[tokio::test]
async fn a_rule_that_fails_on_the_areas_of_the_last_period_is_refused() {
    let scene = scene().await;
    scene.activate(CASES, "2013-q1").await;
    scene.open("2013-q3").await;
    // Numbers that no made-up row has.
    let mut facts = ledger(30);
    let due = facts.columns.get_mut("issues.due").unwrap();
    due.fill(7_919);
    due[0] = 104_729;
    scene.seal("2013-q3", facts).await.unwrap();
    let failing_at = |number: i64| {
        let item = format!(
            "(if (result i64) (i64.eq (local.get $fact) (i64.const {number})) \
             (then (unreachable)) (else (i64.const 0)))"
        );
        rule_of("issues.due", "higher-is-better", &item)
    };
    let error = tidyward_kit::Error::from(scene.push(&failing_at(7_919)).await.unwrap_err());
    assert_eq!(error.metadata["refusal"], "fails_on_facts", "{error}");
    assert_eq!(error.metadata["place"], "G00000");
    let words = "it fails on 30 of 31 areas of districts/demo/reviews/2013-q3, and 1 may fail";
    assert!(error.message.contains(words), "{error}");
    // As many as a review bears are borne here.
    let run = scene.push(&failing_at(104_729)).await.unwrap().dry_run;
    assert_eq!(run.unwrap().failed, 1);
}
