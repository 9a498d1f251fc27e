//! Published and hand-worked figures come out exactly: recorded as metrics in a district without issues, scored by the
//! real host, read over the wire.

use std::collections::BTreeMap;

use tidyward_kit::fact;
use tidyward_proto::v1::{
    ActivateRuleRequest, ErrorReason, FactAddition, GetScoreRequest, ImportState, ListFactsRequest,
    ListImportProblemsRequest, MetricDefinition, MetricValue, RecordMetricsRequest, ReviewState,
    Score,
};
use tidyward_tests::{Stack, beside, import, review, town};

/// What is recorded, one map for each grid in order: decimal text by metric.
type Recorded = Vec<BTreeMap<String, String>>;

fn definition(name: &str) -> MetricDefinition {
    let own = name.starts_with("metric.");
    MetricDefinition {
        name: name.to_owned(),
        unit: if own {
            "percent".to_owned()
        } else {
            String::new()
        },
        scale: if own {
            4
        } else {
            i32::from(fact::find(name).unwrap().scale)
        },
        addition: if own { FactAddition::None.into() } else { 0 },
        source: "a published table".to_owned(),
    }
}

/// Scores the grids of a fresh district by the rule in the first quarter of 2024.
async fn score(
    stack: &Stack,
    id: &str,
    recorded: &Recorded,
    rule: &str,
    parameters: &[(&str, &str)],
) -> Vec<Score> {
    stack.district(id, "Asia/Shanghai", "2020-01-01").await;
    let (mapping, areas) = town(recorded.len());
    let ended = import!(stack.grids(id), id, mapping, areas.as_bytes());
    assert_eq!(ended.state(), ImportState::Done, "{}", ended.error);
    let mut names: Vec<&String> = recorded.iter().flat_map(|one| one.keys()).collect();
    names.sort();
    names.dedup();
    let values = recorded.iter().enumerate().flat_map(|(index, one)| {
        one.iter().map(move |(metric, value)| MetricValue {
            metric: metric.clone(),
            area: format!("districts/{id}/areas/G{}", index + 1),
            period: "2024-q1".to_owned(),
            value: value.clone(),
        })
    });
    let mut client = stack.evaluations(id);
    let request = RecordMetricsRequest {
        parent: format!("districts/{id}"),
        definitions: names.iter().map(|name| definition(name)).collect(),
        values: values.collect(),
        request_id: String::new(),
    };
    client.record_metrics(request).await.unwrap();
    let activate = ActivateRuleRequest {
        name: format!("districts/{id}/rules/{rule}/versions/1.0.0"),
        from_period: "2024-q1".to_owned(),
        parameters: parameters
            .iter()
            .map(|(id, value)| ((*id).to_owned(), (*value).to_owned()))
            .collect(),
        ..ActivateRuleRequest::default()
    };
    stack.rules(id).activate_rule(activate).await.unwrap();
    let name = review::frozen(client.clone(), id, "2024-q1").await.name;
    let ended = review::ran(client.clone(), &name, false).await;
    let review = ended.review.unwrap();
    assert_eq!(review.state(), ReviewState::Scored, "{}", review.error);
    let mut scores = Vec::new();
    for index in 1..=recorded.len() {
        let name = format!("{name}/revisions/1/scores/G{index}");
        scores.push(
            client
                .get_score(GetScoreRequest { name })
                .await
                .unwrap()
                .into_inner(),
        );
    }
    scores
}

fn points(score: &Score, criterion: &str) -> Option<i64> {
    let item = score
        .items
        .iter()
        .find(|item| item.criterion == criterion)
        .unwrap();
    item.points.as_ref().map(|points| points.units)
}

/// Decimal text in 1/10,000; empty is absent.
fn units(text: &str) -> Option<i64> {
    (!text.is_empty()).then(|| tidyward_rules::points::parse_points(text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_published_pair_of_the_target_floor_table_comes_out_exactly() {
    let Some(table) = beside("reference/target_floor.csv") else {
        return;
    };
    let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(&table[..])
        .records()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(rows.len(), 7);
    let stack = Stack::start().await;
    for (index, row) in rows.iter().enumerate() {
        let (measure, target, rate) = (&row[0], &row[1], &row[2]);
        let metric = format!("metric.{measure}_rate");
        let recorded = vec![BTreeMap::from([(metric, rate.to_owned())])];
        let parameter = format!("{measure}_target");
        let district = format!("target-{index}");
        let scores = score(
            &stack,
            &district,
            &recorded,
            "target-floor",
            &[(&parameter, target)],
        )
        .await;
        assert_eq!(points(&scores[0], measure), units(&row[3]), "{row:?}");
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_worked_by_hand_of_the_standard_rule_comes_out_exactly() {
    let Some(table) = beside("reference/standard_rule.csv") else {
        return;
    };
    let mut table = csv::Reader::from_reader(&table[..]);
    let headers = table.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = table.records().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), 3);
    let is_fact = |name: &str| name.contains('.');
    let recorded: Recorded = rows
        .iter()
        .map(|row| {
            let named = headers
                .iter()
                .zip(row)
                .filter(|(name, value)| is_fact(name) && !value.is_empty());
            named
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        })
        .collect();
    let stack = Stack::start().await;
    let scores = score(&stack, "standard", &recorded, "standard", &[]).await;
    for (row, score) in rows.iter().zip(&scores) {
        for (name, value) in headers.iter().zip(row).filter(|(name, _)| !is_fact(name)) {
            let given = match name {
                "total" => score.total.as_ref().map(|total| total.units),
                criterion => points(score, criterion),
            };
            assert_eq!(given, units(value), "{name} of {row:?}");
        }
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_of_numbers_is_imported_and_adds_up_as_declared() {
    let stack = Stack::start().await;
    stack.district("sheet", "Asia/Shanghai", "2017-01-01").await;
    let (mapping, areas) = town(3);
    import!(stack.grids("sheet"), "sheet", mapping, areas.as_bytes());
    let sheet = "Area,Month,Acceptable streets %,Homes visited\n\
        G1,2018 / 01,90.24,120\n\
        G2,2018 / 01,,30\n\
        G9,2018 / 01,50,1\n\
        G3,2018 / 13,50,1\n\
        G3,2018 / 01,50.125,1\n\
        G1,2018 / 01,90.24,120\n\
        G1,2018 / 01,90.25,120\n";
    let mapping = tidyward_tests::example("metrics.toml");
    let ended = import!(
        stack.evaluations("sheet"),
        "sheet",
        mapping,
        sheet.as_bytes()
    );
    assert_eq!(ended.state(), ImportState::Done, "{}", ended.error);
    let mut client = stack.evaluations("sheet");
    let request = ListImportProblemsRequest {
        parent: ended.name.clone(),
        ..Default::default()
    };
    let problems = client
        .list_import_problems(request)
        .await
        .unwrap()
        .into_inner()
        .problems;
    let told: Vec<(i64, ErrorReason)> = problems
        .iter()
        .map(|one| (one.line, one.reason()))
        .collect();
    let expected = [
        (4, ErrorReason::AreaUnknown),
        (5, ErrorReason::TimeInvalid),
        (6, ErrorReason::ValueInvalid),
        (8, ErrorReason::RowConflict),
    ];
    assert_eq!(told, expected, "{problems:?}");
    assert_eq!(
        (ended.rows_read, ended.rows_added, ended.rows_unchanged),
        (7, 2, 1)
    );
    let request = ListFactsRequest {
        parent: "districts/sheet".to_owned(),
        period: "2018-01".to_owned(),
        page_size: 1_000,
        ..Default::default()
    };
    let facts = client.list_facts(request).await.unwrap().into_inner().facts;
    let value = |area: &str, name: &str| {
        let fact = facts
            .iter()
            .find(|fact| fact.area == area && fact.fact == name);
        fact.and_then(|fact| fact.value)
    };
    assert_eq!(value("G1", "metric.acceptable_streets"), Some(9_024));
    assert_eq!(value("G2", "metric.acceptable_streets"), None);
    assert_eq!(value("C1", "metric.acceptable_streets"), None);
    assert_eq!(value("C1", "metric.homes_visited"), Some(150));
    stack.stop().await;
}
