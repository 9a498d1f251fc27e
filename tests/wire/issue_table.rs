//! The issue table from the ledger to the published score: a late case costs its grid points, the note names it, and
//! whoever has the bundle finds the same without the server.

use tidyward_evaluations::{bundle::Bundle, facts::PeriodFacts, rounds::PeriodRounds, verify};
use tidyward_kit::clock::Clock;
use tidyward_proto::v1::{
    ActivateRuleRequest, DownloadBundleRequest, GetIssueRequest, GetScoreRequest, IssueState, Score,
};
use tidyward_tests::{Stack, compiler, import, review, town};

use crate::{
    cast::{D, PARENT},
    review::ISSUES,
};

/// Closed in time, closed a fortnight late, open, and closed late in the quarter before.
const ROWS: &str = "id,reported,closed,kind,lat,lon\n\
    1,2024-05-02,2024-05-03,litter,30.005,120.005\n\
    2,2024-05-02,2024-05-19,litter,30.005,120.005\n\
    3,2024-06-29,,litter,30.005,120.015\n\
    4,2024-01-02,2024-03-03,litter,30.005,120.015\n";

async fn score(stack: &Stack, code: &str) -> Score {
    let name = format!("{PARENT}/reviews/2024-q2/revisions/1/scores/{code}");
    let request = GetScoreRequest { name };
    let score = stack.evaluations(D).get_score(request).await;
    score.expect("a score").into_inner()
}

async fn bundle(stack: &Stack) -> Vec<u8> {
    let request = DownloadBundleRequest {
        name: format!("{PARENT}/reviews/2024-q2/revisions/1"),
    };
    let parts = stack.evaluations(D).download_bundle(request).await;
    let (mut parts, mut bytes) = (parts.expect("a bundle").into_inner(), Vec::new());
    while let Some(part) = parts.message().await.expect("the next part") {
        bytes.extend(part.data);
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_case_costs_points_is_named_and_is_in_the_bundle() {
    let now: jiff::Timestamp = "2024-07-01T04:00:00Z".parse().unwrap();
    let stack = Stack::start_at(Clock::told(move || now)).await;
    stack.district(D, "Asia/Shanghai", "2020-01-01").await;
    let (mapping, areas) = town(4);
    import!(stack.grids(D), D, mapping, areas.as_bytes());
    let ended = import!(stack.issues(D), D, ISSUES, ROWS.as_bytes());
    assert_eq!(ended.rows_added, 4, "{ended:?}");
    let activate = ActivateRuleRequest {
        name: format!("{PARENT}/rules/case-deductions/versions/1.0.0"),
        from_period: "2024-q2".to_owned(),
        parameters: [("late_points".to_owned(), "2.5".to_owned())].into(),
        ..ActivateRuleRequest::default()
    };
    stack
        .rules(D)
        .activate_rule(activate)
        .await
        .expect("in force");
    let frozen = review::frozen(stack.evaluations(D), D, "2024-q2").await;
    let ended = review::ran(stack.evaluations(D), &frozen.name, false).await;
    let review = ended.review.expect("a review");
    assert_eq!(review.error, "");

    let first = score(&stack, "G1").await;
    assert_eq!(first.total_text, "97.50", "{first:?}");
    let [note] = &first.notes[..] else {
        panic!("{first:?}");
    };
    let request = GetIssueRequest {
        name: note.issue.clone(),
    };
    let issue = stack
        .issues(D)
        .get_issue(request)
        .await
        .expect("the issue it names");
    let issue = issue.into_inner();
    assert_eq!(
        (issue.import_identity.as_str(), issue.state()),
        ("2", IssueState::Closed)
    );
    // Handed in on the 19th and due on the 5th: fourteen days late.
    assert_eq!(
        note.value.as_ref().map(|hours| hours.units),
        Some(14 * 24 * 10_000)
    );
    // What was late in the quarter before was scored there, and nothing was due here in the meantime.
    assert_eq!(score(&stack, "G2").await.total_text, "");

    let bytes = bundle(&stack).await;
    let again = review::ran(stack.evaluations(D), &frozen.name, true).await;
    stack.stop().await;
    assert_eq!(again.again_scores_sha256, review.scores_sha256);
    let verified = verify::verify(&compiler(), &bytes, None).expect("it verifies");
    assert_eq!(verified.scores_sha256, review.scores_sha256);
    assert_eq!(verified.rounds_sha256, frozen.rounds_sha256);
    let (bundle, _) = Bundle::open(&bytes).expect("it is signed");
    let facts = PeriodFacts::decode(&bundle.facts).expect("facts");
    let rounds = bundle.rounds.expect("rounds");
    let rounds = PeriodRounds::decode(&rounds, &facts).expect("rounds");
    let codes: Vec<&str> = rounds
        .rounds
        .iter()
        .map(|round| facts.rows[round.row as usize].code.as_str())
        .collect();
    assert_eq!(codes, ["G1", "G1", "G2"], "{rounds:?}");
    assert_eq!(rounds.categories[0].code, "litter");
}
