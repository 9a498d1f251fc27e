//! The review's refusals: what is too early, twice, or out of order, each with its reason and words, nothing half-written.

use tidyward_kit::clock::Clock;
use tidyward_proto::v1::{
    ActivateRuleRequest, CreateReviewRequest, DownloadBundleRequest, FreezeReviewRequest,
    GetReviewRequest, ListFactsRequest, ListScoresRequest, MetricDefinition, MetricValue,
    PushRuleVersionRequest, RecordMetricsRequest, Review, ReviewState, RunReviewRequest,
    WatchReviewRequest,
};
use tidyward_tests::{Refusal, Stack, import, refusal, town, upload};
use tonic::Code;

use crate::command_line::run_program;

const D: &str = "jinhua";

/// How the little ledger of these stories is read.
pub const ISSUES: &str = r#"
        source = "hotline"
        issue_source = "hotline"
        [columns]
        identity = "id"
        reported = "reported"
        closed = "closed"
        category = "kind"
        latitude = "lat"
        longitude = "lon"
        [time]
        format = "%Y-%m-%d"
        [[categories]]
        code = "litter"
        title = { en = "Litter", zh = "乱扔垃圾" }
        values = ["litter"]
        handling = "3 URGENT_DAYS"
        total = "5 URGENT_DAYS"
    "#;

/// A district of four grids with one closed issue, at noon of the first of July 2024.
async fn scene() -> Stack {
    let now: jiff::Timestamp = "2024-07-01T04:00:00Z".parse().unwrap();
    let stack = Stack::start_at(Clock::told(move || now)).await;
    stack.district(D, "Asia/Shanghai", "2020-01-01").await;
    let (mapping, areas) = town(4);
    let ended = import!(stack.grids(D), D, mapping, areas.as_bytes());
    assert_eq!((ended.rows_added, ended.rows_rejected), (4, 0), "{ended:?}");
    let rows = "id,reported,closed,kind,lat,lon\n1,2024-05-02,2024-05-03,litter,30.005,120.005\n";
    let ended = import!(stack.issues(D), D, ISSUES, rows.as_bytes());
    assert_eq!((ended.rows_added, ended.rows_rejected), (1, 0), "{ended:?}");
    stack
}

async fn activate(stack: &Stack, from: &str) {
    let request = ActivateRuleRequest {
        name: format!("districts/{D}/rules/case-rates/versions/1.0.0"),
        from_period: from.to_owned(),
        ..Default::default()
    };
    stack.rules(D).activate_rule(request).await.unwrap();
}

async fn create(stack: &Stack, period: &str) -> String {
    let request = CreateReviewRequest {
        parent: format!("districts/{D}"),
        period: period.to_owned(),
        request_id: String::new(),
    };
    stack
        .evaluations(D)
        .create_review(request)
        .await
        .unwrap()
        .into_inner()
        .name
}

async fn freeze(stack: &Stack, name: &str) -> Result<Review, tonic::Status> {
    let request = FreezeReviewRequest {
        name: name.to_owned(),
        request_id: String::new(),
    };
    stack
        .evaluations(D)
        .freeze_review(request)
        .await
        .map(tonic::Response::into_inner)
}

async fn run(stack: &Stack, name: &str) -> Review {
    let mut client = stack.evaluations(D);
    let request = RunReviewRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    client.run_review(request).await.unwrap();
    let watch = client
        .watch_review(WatchReviewRequest {
            name: name.to_owned(),
        })
        .await;
    let (mut watch, mut last) = (watch.unwrap().into_inner(), None);
    while let Some(progress) = watch.message().await.unwrap() {
        last = progress.review;
    }
    last.unwrap()
}

async fn state(stack: &Stack, name: &str) -> ReviewState {
    let request = GetReviewRequest {
        name: name.to_owned(),
    };
    stack
        .evaluations(D)
        .get_review(request)
        .await
        .unwrap()
        .into_inner()
        .state()
}

fn check(refused: &Refusal, code: Code, reason: &str, words: &str) {
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (code, reason),
        "{refused:?}"
    );
    assert!(refused.message.contains(words), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_that_is_not_over_or_has_no_rule_cannot_be_frozen() {
    let stack = scene().await;
    let early = create(&stack, "2024-q3").await;
    let refused = refusal(freeze(&stack, &early).await);
    check(
        &refused,
        Code::FailedPrecondition,
        "PERIOD_NOT_OVER",
        "not over",
    );
    assert_eq!(refused.metadata["end"], "2024-09-30T16:00:00Z");
    let without = create(&stack, "2024-q2").await;
    let refused = refusal(freeze(&stack, &without).await);
    check(
        &refused,
        Code::FailedPrecondition,
        "NO_RULE_IN_FORCE",
        "activate",
    );
    assert_eq!(state(&stack, &without).await, ReviewState::Open);
    // A rule for months is none for quarters.
    activate(&stack, "2024-05").await;
    let refused = refusal(freeze(&stack, &without).await);
    check(
        &refused,
        Code::FailedPrecondition,
        "NO_RULE_IN_FORCE",
        "activate",
    );
    let month = create(&stack, "2024-05").await;
    assert_eq!(
        freeze(&stack, &month).await.unwrap().state(),
        ReviewState::Frozen
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_both_recorded_and_computed_stops_the_freeze_and_is_named() {
    let stack = scene().await;
    activate(&stack, "2024-q2").await;
    let request = RecordMetricsRequest {
        parent: format!("districts/{D}"),
        definitions: vec![MetricDefinition {
            name: "issues.due".to_owned(),
            source: "a sheet".to_owned(),
            ..Default::default()
        }],
        values: vec![MetricValue {
            metric: "issues.due".to_owned(),
            area: format!("districts/{D}/areas/G2"),
            period: "2024-q2".to_owned(),
            value: "7".to_owned(),
        }],
        request_id: String::new(),
    };
    stack.evaluations(D).record_metrics(request).await.unwrap();
    let name = create(&stack, "2024-q2").await;
    let refused = refusal(freeze(&stack, &name).await);
    check(
        &refused,
        Code::FailedPrecondition,
        "FACT_TWICE",
        "issues.due",
    );
    assert_eq!(
        (
            refused.metadata["fact"].as_str(),
            refused.metadata["area"].as_str()
        ),
        ("issues.due", "G2")
    );
    assert_eq!(state(&stack, &name).await, ReviewState::Open);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_out_of_order_are_refused_and_name_what_is_allowed() {
    let stack = scene().await;
    activate(&stack, "2024-q2").await;
    let name = create(&stack, "2024-q2").await;
    let mut client = stack.evaluations(D);
    let request = RunReviewRequest {
        name: name.clone(),
        ..Default::default()
    };
    let refused = refusal(client.run_review(request).await);
    check(
        &refused,
        Code::FailedPrecondition,
        "MOVE_FORBIDDEN",
        "freeze",
    );
    assert!(refused.metadata.contains_key("state") && refused.metadata.contains_key("allowed"));
    freeze(&stack, &name).await.unwrap();
    let refused = refusal(freeze(&stack, &name).await);
    check(&refused, Code::FailedPrecondition, "MOVE_FORBIDDEN", "run");
    let scores = ListScoresRequest {
        parent: format!("{name}/revisions/1"),
        level: 3,
        ..Default::default()
    };
    let refused = refusal(client.list_scores(scores).await);
    assert_ne!(refused.code, Code::Internal, "{refused:?}");
    let bundle = DownloadBundleRequest {
        name: format!("{name}/revisions/1"),
    };
    let refused = refusal(client.download_bundle(bundle).await);
    assert_ne!(refused.code, Code::Internal, "{refused:?}");
    assert_eq!(run(&stack, &name).await.state(), ReviewState::Scored);
    let late = ActivateRuleRequest {
        name: format!("districts/{D}/rules/standard/versions/1.0.0"),
        from_period: "2024-q2".to_owned(),
        ..Default::default()
    };
    let refused = refusal(stack.rules(D).activate_rule(late).await);
    check(
        &refused,
        Code::FailedPrecondition,
        "PERIOD_FROZEN",
        "2024-q2",
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_late_counts_where_it_was_recorded() {
    let stack = scene().await;
    activate(&stack, "2024-q2").await;
    let name = create(&stack, "2024-q2").await;
    freeze(&stack, &name).await.unwrap();
    assert_eq!(reported(&stack, "2024-q2").await, [1, 0, 0, 0]);
    // Two more problems of the closed quarter arrive in July.
    let rows = "id,reported,closed,kind,lat,lon\n\
        2,2024-06-02,2024-06-03,litter,30.005,120.015\n\
        3,2024-06-04,2024-06-05,litter,30.005,120.015\n";
    let ended = import!(stack.issues(D), D, ISSUES, rows.as_bytes());
    assert_eq!(ended.rows_added, 2);
    assert_eq!(reported(&stack, "2024-q2").await, [1, 0, 0, 0]);
    assert_eq!(reported(&stack, "2024-q3").await, [0, 2, 0, 0]);
    // No month was closed, so by months they count where they occurred.
    assert_eq!(reported(&stack, "2024-06").await, [0, 2, 0, 0]);
    stack.stop().await;
}

/// Issues reported in the period, of each grid.
async fn reported(stack: &Stack, period: &str) -> Vec<i64> {
    let mut counts = Vec::new();
    for grid in 1..=4 {
        let request = ListFactsRequest {
            parent: format!("districts/{D}"),
            period: period.to_owned(),
            area: format!("districts/{D}/areas/G{grid}"),
            page_size: 1_000,
            ..Default::default()
        };
        let facts = stack
            .evaluations(D)
            .list_facts(request)
            .await
            .unwrap()
            .into_inner()
            .facts;
        let fact = facts.iter().find(|fact| fact.fact == "issues.reported");
        counts.push(fact.and_then(|fact| fact.value).unwrap());
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scored_review_scores_the_same_after_a_restart() {
    let stack = scene().await;
    activate(&stack, "2024-q2").await;
    let name = create(&stack, "2024-q2").await;
    let frozen = freeze(&stack, &name).await.unwrap();
    let scored = run(&stack, &name).await;
    assert_eq!(scored.facts_sha256, frozen.facts_sha256);
    let stack = Stack::open(stack.stop().await, Clock::system()).await;
    assert_eq!(run_again(&stack, &name).await, scored.scores_sha256);
    stack.stop().await;
}

async fn run_again(stack: &Stack, name: &str) -> String {
    let mut client = stack.evaluations(D);
    let request = RunReviewRequest {
        name: name.to_owned(),
        again: true,
        ..Default::default()
    };
    client.run_review(request).await.unwrap();
    let watch = client
        .watch_review(WatchReviewRequest {
            name: name.to_owned(),
        })
        .await;
    let (mut watch, mut last) = (watch.unwrap().into_inner(), None);
    while let Some(progress) = watch.message().await.unwrap() {
        last = Some(progress);
    }
    last.unwrap().again_scores_sha256
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_rule_is_refused_at_the_gate_and_nothing_is_kept() {
    let stack = scene().await;
    let core = b"\0asm\x01\0\0\0";
    for (bytes, refusal_name) in [(&b"hello"[..], "not_web_assembly"), (core, "core_module")] {
        let upload = upload!(stack.rules(D), D, bytes);
        let request = PushRuleVersionRequest {
            parent: format!("districts/{D}"),
            upload,
            ..Default::default()
        };
        let refused = refusal(stack.rules(D).push_rule_version(request).await);
        check(&refused, Code::InvalidArgument, "RULE_REFUSED", "component");
        assert_eq!(refused.metadata["refusal"], refusal_name, "{refused:?}");
    }
    let standard = tidyward_rules::builtin::BUILTIN
        .iter()
        .find(|one| one.id == "standard")
        .unwrap();
    let upload = upload!(
        stack.rules(D),
        D,
        &standard.bytes[..standard.bytes.len() - 3]
    );
    let request = PushRuleVersionRequest {
        parent: format!("districts/{D}"),
        upload,
        ..Default::default()
    };
    let refused = refusal(stack.rules(D).push_rule_version(request).await);
    check(&refused, Code::InvalidArgument, "RULE_REFUSED", "");
    stack.stop().await;
}

/// Whoever looks before pushing hears the same, with no server at all.
#[test]
fn a_rule_is_checked_by_the_whole_gate_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let check = |bytes: &[u8], code| {
        let file = folder.path().join("rule.wasm");
        std::fs::write(&file, bytes).unwrap();
        let (data, file) = (
            folder.path().display().to_string(),
            file.display().to_string(),
        );
        run_program(&["--data", &data, "rules", "check", &file], code);
    };
    for rule in tidyward_rules::builtin::BUILTIN {
        check(rule.bytes, 0);
        check(&rule.bytes[..rule.bytes.len() - 3], 1);
    }
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "it leaves nothing behind"
    );
}
