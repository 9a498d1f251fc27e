//! How long a rule takes from its upload into force, and how long it takes to be there again.

use std::time::Instant;

use tidyward_evaluations::rule::inspect;
use tidyward_proto::v1::{ActivateRuleRequest, PushRuleVersionRequest};
use tidyward_rules::{
    builtin::BUILTIN,
    compile::{Cache, Compiler, program_of_tests},
    host::{Host, HostSettings, OWN},
};
use tidyward_tests::{Stack, import, review, town, upload};

use crate::{
    figure::Figure,
    work::{D, middle},
};

/// Grids of a large city.
const GRIDS: usize = 2_432;
const PUSHES: usize = 15;
const LOADS: usize = 101;

/// `standard` as a version of the district's own; the manifest is text in the file.
fn version(number: usize) -> Vec<u8> {
    let shipped = BUILTIN.iter().find(|rule| rule.id == "standard");
    let mut bytes = shipped.expect("it comes with the server").bytes.to_vec();
    let digits = format!("version = \"1.{}.{}\"", number / 10, number % 10);
    for (from, to) in [
        ("id = \"standard\"", "id = \"measured\""),
        ("version = \"1.0.0\"", digits.as_str()),
    ] {
        assert_eq!(from.len(), to.len());
        let mut parts = bytes.windows(from.len());
        let place = parts.position(|part| part == from.as_bytes());
        let place = place.expect("it is in the manifest");
        bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

/// From the first byte of an upload to an activation that is durable, beside a frozen quarter on which it is tried.
pub async fn rules() -> Vec<Figure> {
    let stack = Stack::start().await;
    stack.district(D, "Asia/Shanghai", "2020-01-01").await;
    let (mapping, areas) = town(GRIDS);
    import!(stack.grids(D), D, mapping, areas.as_bytes());
    activate(&stack, "standard/versions/1.0.0", "2024-q1").await;
    review::frozen(stack.evaluations(D), D, "2024-q1").await;
    let mut took = Vec::new();
    for number in 1..=PUSHES {
        let bytes = version(number);
        let began = Instant::now();
        let request = PushRuleVersionRequest {
            parent: format!("districts/{D}"),
            upload: upload!(stack.rules(D), D, &bytes),
            ..PushRuleVersionRequest::default()
        };
        let pushed = stack.rules(D).push_rule_version(request).await;
        let pushed = pushed.expect("the gate lets it in").into_inner();
        assert_eq!(pushed.dry_run.expect("a dry run").scored, 0);
        let name = pushed.name.split("/rules/").nth(1).expect("a name");
        activate(&stack, name, "2024-q2").await;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    drop(stack.stop().await);
    let longest = took.iter().copied().fold(0.0, f64::max);
    vec![
        Figure::at_most(
            "a rule of 45 kB from upload into force",
            middle(took),
            "ms",
            1_000.0,
        ),
        Figure::bare("  the longest of 15", longest, "ms"),
        Figure::at_most("a stored rule loaded", loaded(), "ms", 1.0),
    ]
}

async fn activate(stack: &Stack, rule: &str, from: &str) {
    let request = ActivateRuleRequest {
        name: format!("districts/{D}/rules/{rule}"),
        from_period: from.to_owned(),
        ..ActivateRuleRequest::default()
    };
    stack
        .rules(D)
        .activate_rule(request)
        .await
        .expect("in force");
}

/// The median of loading a rule out of the sealed cache, in milliseconds.
fn loaded() -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let host = Host::new(HostSettings::default()).expect("an engine");
    let cache = Cache::new(folder.path().to_owned(), [7; 32]);
    let compiler = Compiler::new(host, program_of_tests(), Some(cache));
    let candidate = inspect(&version(1)).expect("it passes");
    compiler.compile(OWN, &candidate).expect("it compiles");
    let took = (0..LOADS).map(|_| {
        let began = Instant::now();
        compiler.compile(OWN, &candidate).expect("it is there");
        began.elapsed().as_secs_f64() * 1_000.0
    });
    middle(took.collect())
}
