//! Rules are pushed, refused, kept as they are, and put in force.

use tidyward_proto::v1::RuleState;

use super::*;
use crate::honesty::tests::{LESS, rule_of};

async fn versions(scene: &Scene, rule: &str) -> Vec<v1::RuleVersion> {
    let mut all = Vec::new();
    let mut request = v1::ListRuleVersionsRequest {
        parent: format!("districts/demo/rules/{rule}"),
        page_size: 2,
        page_token: String::new(),
    };
    loop {
        let page = scene
            .rules
            .list_rule_versions(call(request.clone()))
            .await
            .unwrap()
            .into_inner();
        all.extend(page.rule_versions);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test]
async fn a_version_never_changes_and_the_same_bytes_are_the_same_version() {
    let scene = scene().await;
    let bytes = district_rule("own-rates2", "1.0.0");
    let pushed = scene.push(&bytes).await.unwrap();
    assert_eq!(
        pushed.name,
        "districts/demo/rules/own-rates2/versions/1.0.0"
    );
    assert_eq!(
        (pushed.state(), pushed.built_in, pushed.size_bytes),
        (RuleState::Validated, false, bytes.len() as i64)
    );
    assert_eq!(scene.push(&bytes).await.unwrap(), pushed);
    let other = replace(&bytes, b"Case rates", b"Other name");
    assert_eq!(
        reason(&scene.push(&other).await.unwrap_err()),
        "RULE_VERSION_EXISTS"
    );
    scene
        .push(&district_rule("own-rates2", "1.0.9"))
        .await
        .unwrap();
    scene
        .push(&replace(
            &bytes,
            b"version = \"1.0.0\"",
            b"version = \"0.9.9\"",
        ))
        .await
        .unwrap();
    let names: Vec<String> = versions(&scene, "-")
        .await
        .into_iter()
        .map(|version| version.name)
        .collect();
    let expected = [
        "case-deductions/versions/1.0.0",
        "case-rates/versions/1.0.0",
        "own-rates2/versions/0.9.9",
        "own-rates2/versions/1.0.0",
        "own-rates2/versions/1.0.9",
        "standard/versions/1.0.0",
        "target-floor/versions/1.0.0",
    ];
    assert_eq!(
        names,
        expected.map(|name| format!("districts/demo/rules/{name}"))
    );
}

#[tokio::test]
async fn what_the_gate_refuses_is_not_kept() {
    let scene = scene().await;
    let status = scene
        .push(&wat::parse_str("(module)").unwrap())
        .await
        .unwrap_err();
    let error = tidyward_kit::Error::from(status);
    assert_eq!(error.metadata["refusal"], "core_module");
    assert!(
        error.message.contains("plugins/README.md"),
        "{}",
        error.message
    );
    let unknown = replace(
        &district_rule("own-rates2", "1.0.0"),
        b"issues.backlog_start",
        b"issues.backlog_st4rt",
    );
    let error = tidyward_kit::Error::from(scene.push(&unknown).await.unwrap_err());
    assert_eq!(error.metadata["refusal"], "unknown_fact");
    assert_eq!(error.violations[0].field, "manifest.inputs[4]");

    let upload = scene.upload(&district_rule("own-rates2", "1.0.0")).await;
    let request = v1::PushRuleVersionRequest {
        parent: "districts/demo".into(),
        upload,
        validate_only: true,
        ..Default::default()
    };
    let validated = scene
        .rules
        .push_rule_version(call(request))
        .await
        .unwrap()
        .into_inner();
    let get = v1::GetRuleVersionRequest {
        name: validated.name,
    };
    assert_eq!(
        reason(&scene.rules.get_rule_version(call(get)).await.unwrap_err()),
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn the_rules_that_come_with_the_server_need_no_push_and_keep_their_versions() {
    let scene = scene().await;
    let rule = tidyward_rules::builtin::BUILTIN
        .iter()
        .find(|rule| rule.id == "standard")
        .unwrap();
    let pushed = scene.push(rule.bytes).await.unwrap();
    assert!(pushed.built_in);
    let other = replace(rule.bytes, b"Standard rule", b"Standard role");
    assert_eq!(
        reason(&scene.push(&other).await.unwrap_err()),
        "RULE_VERSION_EXISTS"
    );
}

#[tokio::test]
async fn activations_are_only_added_and_never_reach_into_what_is_frozen() {
    let scene = scene().await;
    scene.activate("case-rates/versions/1.0.0", "2013-q1").await;
    scene.activate("standard/versions/1.0.0", "2014-q1").await;
    let states: Vec<(String, RuleState)> = versions(&scene, "-")
        .await
        .into_iter()
        .map(|one| (one.name.clone(), one.state()))
        .collect();
    let state = |rule: &str| {
        states
            .iter()
            .find(|(name, _)| name.contains(rule))
            .unwrap()
            .1
    };
    assert_eq!(state("case-rates"), RuleState::Superseded);
    assert_eq!(state("standard"), RuleState::Active);
    assert_eq!(state("target-floor"), RuleState::Validated);

    scene.open("2013-q3").await;
    scene.seal("2013-q3", ledger(2)).await.unwrap();
    let frozen = v1::ActivateRuleRequest {
        name: "districts/demo/rules/standard/versions/1.0.0".into(),
        from_period: "2013-q3".into(),
        ..Default::default()
    };
    assert_eq!(
        reason(&scene.rules.activate_rule(call(frozen)).await.unwrap_err()),
        "PERIOD_FROZEN"
    );
    let wrong = v1::ActivateRuleRequest {
        name: "districts/demo/rules/target-floor/versions/1.0.0".into(),
        from_period: "2013".into(),
        parameters: [("nonsense".to_owned(), "1".to_owned())]
            .into_iter()
            .collect(),
        ..Default::default()
    };
    let error =
        tidyward_kit::Error::from(scene.rules.activate_rule(call(wrong)).await.unwrap_err());
    let fields: Vec<&str> = error
        .violations
        .iter()
        .map(|one| one.field.as_str())
        .collect();
    assert_eq!(fields, ["from_period", "parameters.nonsense"]);

    let request = v1::ListRuleActivationsRequest {
        parent: "districts/demo".into(),
        ..Default::default()
    };
    let list = scene
        .rules
        .list_rule_activations(call(request))
        .await
        .unwrap()
        .into_inner();
    let from: Vec<&str> = list
        .rule_activations
        .iter()
        .map(|one| one.from_period.as_str())
        .collect();
    assert_eq!(from, ["2013-q1", "2014-q1"]);
    assert_eq!(list.rule_activations[0].actor, "admin-1");
}

#[tokio::test]
async fn a_failed_activation_leaves_the_old_rule_in_force() {
    let scene = scene().await;
    scene.activate("case-rates/versions/1.0.0", "2013-q1").await;
    let told = scene.changes().await;
    for (rule, from, parameter, expected) in [
        ("nobody/versions/1.0.0", "2013-q3", "", "NOT_FOUND"),
        ("standard/versions/9.9.9", "2013-q3", "", "NOT_FOUND"),
        ("standard/versions/1.0.0", "2013", "", "FIELDS_INVALID"),
        (
            "standard/versions/1.0.0",
            "2013-q3",
            "nonsense",
            "FIELDS_INVALID",
        ),
    ] {
        let parameters = (!parameter.is_empty()).then(|| (parameter.to_owned(), "1".to_owned()));
        let request = v1::ActivateRuleRequest {
            name: format!("districts/demo/rules/{rule}"),
            from_period: from.into(),
            parameters: parameters.into_iter().collect(),
            ..Default::default()
        };
        let status = scene.rules.activate_rule(call(request)).await.unwrap_err();
        assert_eq!(reason(&status), expected, "{rule} from {from}");
    }
    assert_eq!(scene.changes().await, told);
    scene.open("2013-q3").await;
    let frozen = scene.seal("2013-q3", ledger(2)).await.unwrap();
    assert!(frozen.rule_version.ends_with("case-rates/versions/1.0.0"));
}

#[tokio::test]
async fn a_rule_that_punishes_looking_or_looks_beside_the_row_is_refused_and_not_kept() {
    let scene = scene().await;
    let dishonest = rule_of("issues.own.reported", "higher-is-better", LESS);
    let neighbour = "(i64.extend_i32_u (local.get $rows))";
    let dependent = rule_of("issues.own.reported", "higher-is-better", neighbour);
    for (bytes, refusal, place) in [
        (dishonest, "dishonest", "issues.own.reported = 0"),
        (dependent, "depends_on_others", "issues.own.reported absent"),
    ] {
        let status = scene.push(&bytes).await.unwrap_err();
        assert_eq!(reason(&status), "RULE_REFUSED");
        let error = tidyward_kit::Error::from(status);
        assert_eq!(error.metadata["refusal"], refusal);
        assert_eq!(error.metadata["place"], place);
    }
    let kept = store::rule::ids(scene.house.db.read(), &scene.district).await;
    assert_eq!(kept.unwrap(), []);
}
