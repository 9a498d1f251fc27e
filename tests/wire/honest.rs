//! The honest grid: whoever looks for problems on its own street and reports them must not lose by it.
//!
//! Two grids with the same street: the same problems reported by others and handled alike, the same inspections. In the
//! second, its own people report as many again by themselves, and half of these are handled late. `standard` weighs late
//! handling only where others had to report, and never ranks a raw count, so more own reports move no criterion down.

use tidyward_kit::caller::Role;
use tidyward_proto::v1::{
    AcceptAction, ActivateRuleRequest, CheckResult, DispatchAction, FileAction, IssueSource,
    ListScoresRequest, MetricDefinition, MetricValue, RecordMetricsRequest, ReviewState, Score,
    transition_issue_request::Action,
};

use tidyward_tests::review;

use crate::cast::{ADMIN, City, D, LI, PARENT, QIAN, SUN, Who, ZHAO, ZHOU, check, hand_in};

/// A resident.
const CALLER: Who = ("caller", Role::Resident);
/// Problems that others report in each grid.
const OTHERS: usize = 6;

#[tokio::test]
async fn the_grid_that_reports_twice_as_much_is_not_ranked_lower() {
    let city = City::founded("2026-01-05T08:00").await;
    let mut late = Vec::new();
    for number in 0..OTHERS {
        let away = number as f64 * 0.001;
        for west in [120.002, 120.012] {
            let spot = (30.001 + away, west);
            let issue = begun(&city, CALLER, IssueSource::Resident, spot).await;
            // One of them is late in either grid.
            if number == 0 {
                late.push(issue);
            } else {
                handled(&city, &issue, "2026-01-06T10:00").await;
            }
        }
        let own = begun(&city, QIAN, IssueSource::Patrol, (30.001 + away, 120.018)).await;
        if number % 2 == 0 {
            late.push(own);
        } else {
            handled(&city, &own, "2026-01-06T11:00").await;
        }
    }
    for issue in late {
        handled(&city, &issue, "2026-01-20T10:00").await;
    }
    inspected(&city).await;
    let scores = reviewed(&city).await;
    let of = |code: &str| {
        scores
            .iter()
            .find(|score| score.name.ends_with(code))
            .unwrap()
    };
    let (quiet, honest) = (of("/G1"), of("/G2"));
    let points = |score: &Score| score.total.as_ref().expect("a score").units;
    assert!(points(honest) >= points(quiet), "{honest:?} {quiet:?}");
    assert!(honest.rank <= quiet.rank, "{honest:?} {quiet:?}");
    city.at("2026-04-01T09:00");
    city.expect_facts_of(
        "G2",
        &[
            ("issues.reported", 12),
            ("issues.own.reported", 6),
            ("issues.external.reported", 6),
            ("issues.external.due", 6),
            ("issues.external.handled_on_time", 5),
            ("issues.own.handled_on_time", 3),
            ("issues.closed", 12),
        ],
    )
    .await;
}

/// A problem reported, filed, dispatched and accepted on the morning of the fifth.
async fn begun(city: &City, who: Who<'_>, source: IssueSource, spot: (f64, f64)) -> String {
    city.at("2026-01-05T09:00");
    let name = city.report(who, source, spot, None).await.name;
    let assignee = if spot.1 < 120.01 { ZHAO } else { QIAN };
    let dispatch = Action::Dispatch(DispatchAction {
        assignee: assignee.0.to_owned(),
        ..DispatchAction::default()
    });
    let file = Action::File(FileAction::default());
    city.moves(SUN, &name, file).await;
    city.moves(ZHOU, &name, dispatch).await;
    let accept = Action::Accept(AcceptAction {});
    city.moves(assignee, &name, accept).await;
    name
}

/// Handed in and found clean at the time.
async fn handled(city: &City, name: &str, at: &str) {
    city.at(at);
    let assignee = city.get(SUN, name).await.assignee;
    let assignee = (assignee.as_str(), Role::Officer);
    city.moves(assignee, name, hand_in("")).await;
    let passed = check(CheckResult::Passed, "");
    city.moves(LI, name, passed).await;
}

/// The same inspections in both grids, from a sheet.
async fn inspected(city: &City) {
    let given = [
        ("inspections.count", "4"),
        ("inspections.sum", "3600000"),
        ("inspections.max", "4000000"),
    ];
    let request = RecordMetricsRequest {
        parent: PARENT.to_owned(),
        definitions: given
            .iter()
            .map(|(name, _)| MetricDefinition {
                name: (*name).to_owned(),
                source: "inspection sheets".to_owned(),
                ..MetricDefinition::default()
            })
            .collect(),
        values: given
            .iter()
            .flat_map(|(name, value)| {
                ["G1", "G2"].map(|code| MetricValue {
                    metric: (*name).to_owned(),
                    area: format!("{PARENT}/areas/{code}"),
                    period: "2026-q1".to_owned(),
                    value: (*value).to_owned(),
                })
            })
            .collect(),
        request_id: String::new(),
    };
    let mut client = city.person(ADMIN).evaluations();
    client.record_metrics(request).await.unwrap();
}

/// The quarter frozen and scored by `standard`.
async fn reviewed(city: &City) -> Vec<Score> {
    city.at("2026-04-01T08:00");
    let admin = city.person(ADMIN);
    let activate = ActivateRuleRequest {
        name: format!("{PARENT}/rules/standard/versions/1.0.0"),
        from_period: "2026-q1".to_owned(),
        ..ActivateRuleRequest::default()
    };
    admin.rules().activate_rule(activate).await.unwrap();
    let mut client = admin.evaluations();
    let name = review::frozen(client.clone(), D, "2026-q1").await.name;
    let ended = review::ran(client.clone(), &name, false).await;
    assert_eq!(ended.review.unwrap().state(), ReviewState::Scored);
    let list = ListScoresRequest {
        parent: format!("{name}/revisions/1"),
        level: 3,
        ..ListScoresRequest::default()
    };
    client.list_scores(list).await.unwrap().into_inner().scores
}
