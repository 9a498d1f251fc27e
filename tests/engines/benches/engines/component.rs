//! The rule as a component in the host that the server has, with the settings that the server has.

use tidyward_rules::builtin::BUILTIN;
use tidyward_rules::gate::{GateLimits, inspect};
use tidyward_rules::host::{Host, HostSettings, Rule};
use tidyward_rules::score::{Facts, RunSettings};

pub fn host() -> Host {
    Host::new(HostSettings::default()).expect("the host starts")
}

pub fn rule(host: &Host, bytes: &[u8]) -> Rule {
    let candidate = inspect(bytes, &GateLimits::default(), &|_| true).expect("the rule passes");
    host.compile(&candidate).expect("the rule compiles")
}

pub fn builtin(id: &str) -> &'static [u8] {
    let found = BUILTIN.iter().find(|builtin| builtin.id == id);
    found.expect("a rule that is shipped").bytes
}

pub fn items(rule: &Rule, facts: &Facts) -> Vec<i64> {
    let run = RunSettings {
        threads: 1,
        ..RunSettings::default()
    };
    let scores = rule
        .score(&[], facts, &run, &|_| {})
        .expect("the rule scores");
    assert!(scores.failures.is_empty(), "no row fails");
    scores.items
}
