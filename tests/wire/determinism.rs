//! The same facts give the same scores: by any number of threads, in chunks of any size, optimised or not, and by an
//! interpreter that knows nothing of the compiler.

mod expressions;
mod oracle;

use std::{collections::BTreeMap, sync::LazyLock};

use proptest::prelude::*;
use tidyward_evaluations::{
    bundle::Bundle,
    facts::{PeriodFacts, digest},
    reading::Reading,
    rule::inspect,
    scores,
};
use tidyward_proto::v1::{
    ActivateRuleRequest, DownloadBundleRequest, FactAddition, MetricDefinition, MetricValue,
    RecordMetricsRequest,
};
use tidyward_rules::{
    builtin::BUILTIN,
    gate::Candidate,
    host::{Host, HostSettings, Rule},
    points::ABSENT,
    score::{Facts, FailureKind, Row, RunSettings, Scores},
    trial::made_up,
};
use tidyward_tests::{Stack, import, review, town};

use expressions::{bits_of, expression};
use oracle::Oracle;

const D: &str = "jinhua";
/// More than any chunk of the tests has, and in no multiple of their sizes.
const GRIDS: usize = 4_500;

static OPTIMISED: LazyLock<Host> = LazyLock::new(|| host(true));
static PLAIN: LazyLock<Host> = LazyLock::new(|| host(false));

fn host(optimised: bool) -> Host {
    let settings = HostSettings {
        optimised,
        ..HostSettings::default()
    };
    Host::new(settings).expect("the host starts")
}

fn compiled(candidate: &Candidate) -> [Rule; 2] {
    [&OPTIMISED, &PLAIN].map(|host| host.compile(candidate).expect("the rule compiles"))
}

/// All of a result but the fuel, which is told for each chunk.
fn run(
    rule: &Rule,
    parameters: &[i64],
    facts: &Facts,
    chunk_rows: usize,
    threads: usize,
) -> Scores {
    let settings = RunSettings {
        chunk_rows,
        threads,
        ..RunSettings::default()
    };
    let scores = rule.score(parameters, facts, &settings, &|_| {});
    let mut scores = scores.expect("the rule scores");
    scores.fuel.clear();
    scores
}

/// The number of a grid's fact: a good deal is done, no two grids alike, some without any.
fn number(fact: &str, grid: usize) -> Option<i64> {
    let due = 1 + (grid as i64 * 7_919) % 50;
    match fact {
        _ if grid.is_multiple_of(17) => None,
        "issues.due" => Some(due),
        "issues.due_suspended" | "issues.backlog_start" => Some(due % 3),
        "issues.backlog_closed" => Some(due % 2),
        _ => Some((grid as i64 * 104_729) % (due + 1)),
    }
}

/// Records a fact for every grid, in as many calls as it takes.
async fn record(stack: &Stack, fact: &str) {
    let values: Vec<MetricValue> = (1..=GRIDS)
        .filter_map(|grid| {
            Some(MetricValue {
                metric: fact.to_owned(),
                area: format!("districts/{D}/areas/G{grid}"),
                period: "2024-q1".to_owned(),
                value: number(fact, grid)?.to_string(),
            })
        })
        .collect();
    let request = RecordMetricsRequest {
        parent: format!("districts/{D}"),
        definitions: vec![MetricDefinition {
            name: fact.to_owned(),
            addition: FactAddition::Unspecified.into(),
            ..MetricDefinition::default()
        }],
        values,
        ..RecordMetricsRequest::default()
    };
    stack
        .evaluations(D)
        .record_metrics(request)
        .await
        .expect("recorded");
}

/// A review over the wire, to its bundle, and the digest that it was published under.
async fn reviewed(stack: &Stack) -> (Bundle, String) {
    stack.district(D, "Asia/Shanghai", "2020-01-01").await;
    let (mapping, areas) = town(GRIDS);
    let ended = import!(stack.grids(D), D, mapping, areas.as_bytes());
    assert_eq!(ended.rows_added, GRIDS as i64, "{ended:?}");
    let rule = BUILTIN
        .iter()
        .find(|rule| rule.id == "case-rates")
        .expect("shipped");
    for fact in inspect(rule.bytes).expect("it passes").manifest.inputs {
        record(stack, &fact).await;
    }
    let activate = ActivateRuleRequest {
        name: format!("districts/{D}/rules/case-rates/versions/1.0.0"),
        from_period: "2024-q1".to_owned(),
        ..ActivateRuleRequest::default()
    };
    stack
        .rules(D)
        .activate_rule(activate)
        .await
        .expect("in force");
    let mut client = stack.evaluations(D);
    let name = review::frozen(client.clone(), D, "2024-q1").await.name;
    let ended = review::ran(client.clone(), &name, false).await;
    let review = ended.review.expect("a review");
    assert!(review.revisions[0].scored > 4_000, "{review:?}");
    let request = DownloadBundleRequest {
        name: format!("{name}/revisions/1"),
    };
    let mut parts = client
        .download_bundle(request)
        .await
        .expect("a bundle")
        .into_inner();
    let mut bytes = Vec::new();
    while let Some(part) = parts.message().await.expect("the next part") {
        bytes.extend(part.data);
    }
    let (bundle, _) = Bundle::open(&bytes).expect("the bundle is signed");
    (bundle, review.scores_sha256)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_has_one_digest_whatever_scores_it() {
    let stack = Stack::start().await;
    let (bundle, published) = reviewed(&stack).await;
    stack.stop().await;
    let candidate = inspect(&bundle.component).expect("the rule passes");
    let period = PeriodFacts::decode(&bundle.facts).expect("the facts");
    let manifest = &candidate.manifest;
    let reading = Reading::of(manifest, period, bundle.rounds.as_deref()).expect("the facts");
    let (period, facts) = (&reading.facts, reading.inputs(manifest, 0..reading.rows()));
    let parameters: Vec<i64> = bundle.parameters.iter().map(|one| one.1).collect();
    let digest_of = |found: &Scores| {
        let ranked = scores::ranked(manifest, period, found).expect("weights");
        hex::encode(digest(&ranked.encode(manifest.criteria.len())))
    };
    for rule in compiled(&candidate) {
        for (threads, chunk_rows) in [(1, 64), (2, 64), (1, 4_096), (2, 4_096), (2, 1_000)] {
            let found = run(&rule, &parameters, &facts, chunk_rows, threads);
            assert_eq!(
                digest_of(&found),
                published,
                "{threads} threads, {chunk_rows} rows"
            );
        }
    }
    let oracle = Oracle::new(&bundle.component, manifest);
    for chunk_rows in [64, 4_096] {
        let found = oracle.score(&parameters, &facts, chunk_rows);
        assert_eq!(
            digest_of(&found),
            published,
            "interpreted, {chunk_rows} rows"
        );
    }
}

/// A number as districts have them, or none, or one that nobody has.
fn fact() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => 0_i64..60,
        2 => Just(ABSENT),
        1 => prop_oneof![Just(i64::MAX), Just(ABSENT + 1), Just(-1), 0_i64..1_000_000_000],
    ]
}

/// Any bits at all, those of floats that are none among them.
fn raw() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => any::<i64>(),
        2 => -100_i64..100,
        1 => any::<f64>().prop_map(|float| float.to_bits() as i64),
        1 => (0_i64..16).prop_map(|payload| 0x7ff0_0000_0000_0000 | payload),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_rules_that_come_with_the_server_are_interpreted_as_they_are_compiled(
        values in prop::collection::vec(fact(), 40 * 30),
        rows in 1_usize..40,
        chunk_rows in 1_usize..50,
        threads in 1_usize..4,
    ) {
        for shipped in BUILTIN {
            let candidate = inspect(shipped.bytes).unwrap();
            let inputs = candidate.manifest.inputs.len();
            let mut values = values.iter().cycle().copied();
            let made_up = made_up(&candidate.manifest);
            let rows: Vec<Row> = (0..rows)
                .map(|row| Row {
                    inputs: values.by_ref().take(inputs).collect(),
                    issues: made_up[row % made_up.len()].issues.clone(),
                })
                .collect();
            let facts = Facts::of_rows(&candidate.manifest, rows.iter());
            let parameters = candidate.manifest.parameters(&BTreeMap::new()).unwrap();
            let expected = Oracle::new(shipped.bytes, &candidate.manifest).score(&parameters, &facts, 64);
            for rule in compiled(&candidate) {
                prop_assert_eq!(&run(&rule, &parameters, &facts, chunk_rows, threads), &expected, "{}", shipped.id);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Rows on which it divides by zero fail alike, and all others come out alike.
    #[test]
    fn rules_that_nobody_wrote_are_interpreted_as_they_are_compiled(
        expression in expression(),
        values in prop::collection::vec(raw(), 1..24),
        chunk_rows in 1_usize..30,
    ) {
        let bytes = expressions::rule(&expression);
        let candidate = inspect(&bytes).unwrap();
        let oracle = Oracle::new(&bytes, &candidate.manifest);
        let facts = Facts { rows: values.len(), inputs: values, ..Facts::default() };
        let results = compiled(&candidate).map(|rule| run(&rule, &[], &facts, chunk_rows, 2));
        let kinds = |scores: &Scores| -> Vec<(usize, FailureKind)> {
            scores.failures.iter().map(|failure| (failure.row, failure.kind)).collect()
        };
        prop_assert_eq!(&results[0].items, &results[1].items);
        prop_assert_eq!(kinds(&results[0]), kinds(&results[1]));
        for row in 0..facts.rows {
            let alone = facts.slice(row..row + 1);
            let failed = results[0].failures.iter().any(|failure| failure.row == row);
            prop_assert_eq!(oracle.traps(&[], &alone), failed, "row {}", row);
            if !failed {
                let expected = oracle.score(&[], &alone, 1);
                prop_assert_eq!(results[0].item(0, row), expected.item(0, 0), "row {}", row);
            }
        }
    }
}

/// No NaN tells where it came from: whatever arithmetic makes one, and of whatever it is made, its bits are the same.
#[test]
fn every_nan_is_the_canonical_one() {
    let payloads = [
        0x7ff0_0000_0000_0001_u64,
        0x7ff8_0000_0000_beef,
        0xfff4_0000_0000_0002,
        u64::MAX,
    ];
    let facts = Facts {
        rows: payloads.len(),
        inputs: payloads.map(|bits| bits as i64).to_vec(),
        ..Facts::default()
    };
    // 0x7ff8 above, without the sign and the last bits of the upper nineteen, and nothing below.
    let canonical = (0x7ff8_0000_0000_0000_i64 >> 45) << 4;
    for arithmetic in [
        "(f64.add $float (f64.const 1))",
        "(f64.sub (f64.const 1) $float)",
        "(f64.mul $float $float)",
        "(f64.div $float (f64.const 3))",
        "(f64.div (f64.const 0) (f64.const 0))",
        "(f64.sub (f64.const inf) (f64.const inf))",
        "(f64.sqrt (f64.const -1))",
        "(f64.sqrt $float)",
        "(f64.min $float (f64.const 1))",
        "(f64.max (f64.const 1) $float)",
        "(f64.ceil $float)",
        "(f64.floor $float)",
        "(f64.trunc $float)",
        "(f64.nearest $float)",
        "(f64.promote_f32 (f32.demote_f64 $float))",
    ] {
        let candidate = inspect(&bits_of(arithmetic)).expect("it passes");
        for rule in compiled(&candidate) {
            let found = run(&rule, &[], &facts, 64, 1);
            assert_eq!(found.items, vec![canonical; facts.rows], "{arithmetic}");
        }
    }
}
