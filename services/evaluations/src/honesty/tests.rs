//! The rules that come with the server pass, and a rule that scores reporting down is shown where it does.

use std::{collections::BTreeMap, sync::LazyLock};

use tidyward_kit::mark;
use tidyward_rules::{
    builtin::BUILTIN,
    component,
    host::{Host, HostSettings},
    score::Issue,
};

use super::{area::PARTS, *};
use crate::rule;

static HOST: LazyLock<Host> = LazyLock::new(|| Host::new(HostSettings::default()).unwrap());
const FUEL: u64 = 200_000_000;

/// A rule of one fact and one criterion of up to a hundred points: the item is what the expression makes of `$fact`.
pub fn rule_of(fact: &str, direction: &str, item: &str) -> Vec<u8> {
    rule_with(fact, direction, item, "")
}

/// The same with more lines at the head of its manifest.
pub fn rule_with(fact: &str, direction: &str, item: &str, more: &str) -> Vec<u8> {
    let module = format!(
        r#"(module
        (memory (export "memory") 2)
        (global $next (mut i32) (i32.const 1024))
        (func $take (param $bytes i32) (result i32)
            (local $at i32)
            (local.set $at (global.get $next))
            (global.set $next (i32.and (i32.add (i32.add (local.get $at) (local.get $bytes)) (i32.const 7)) (i32.const -8)))
            (local.get $at))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $take (local.get 3)))
        (func (export "tidyward:rules/scoring@1.0.0#score") (param $given i32) (result i32)
            (local $rows i32) (local $inputs i32) (local $items i32) (local $stars i32) (local $row i32) (local $fact i64)
            (local.set $rows (i32.load offset=8 (local.get $given)))
            (local.set $inputs (i32.load offset=12 (local.get $given)))
            (local.set $items (call $take (i32.shl (local.get $rows) (i32.const 3))))
            (local.set $stars (call $take (local.get $rows)))
            (i32.store (i32.const 20) (local.get $items))
            (i32.store (i32.const 24) (local.get $rows))
            (i32.store (i32.const 28) (local.get $stars))
            (i32.store (i32.const 32) (local.get $rows))
            (memory.fill (local.get $stars) (i32.const 255) (local.get $rows))
            (block $done (loop $next_row
                (br_if $done (i32.ge_u (local.get $row) (local.get $rows)))
                (local.set $fact (i64.load (i32.add (local.get $inputs) (i32.shl (local.get $row) (i32.const 3)))))
                (i64.store (i32.add (local.get $items) (i32.shl (local.get $row) (i32.const 3))) {item})
                (local.set $row (i32.add (local.get $row) (i32.const 1)))
                (br $next_row)))
            (i32.const 16)))"#
    );
    let manifest = format!(
        r#"
id = "own"
version = "1.0.0"
title = {{ zh = "自", en = "Own" }}
direction = "{direction}"
range = {{ min = "0", max = "100" }}
inputs = ["{fact}"]
{more}
[[criteria]]
id = "found"
min = "0"
max = "100"
title = {{ zh = "发现", en = "Found" }}
clause = "By the count."
"#
    );
    component::assemble(&wat::parse_str(module).unwrap(), &manifest).unwrap()
}

/// 100 points less one for each, never less than none; where there is no count, or one that nobody has, none.
pub const LESS: &str = "(if (result i64) (i64.lt_u (local.get $fact) (i64.const 100)) \
     (then (i64.mul (i64.sub (i64.const 100) (local.get $fact)) (i64.const 10000))) (else (i64.const 0)))";
/// A point for each, up to a hundred.
pub const MORE: &str = "(if (result i64) (i64.lt_u (local.get $fact) (i64.const 100)) \
     (then (i64.mul (local.get $fact) (i64.const 10000))) (else (i64.const 1000000)))";

fn verdict(bytes: &[u8]) -> Result<(), Refusal> {
    let candidate = rule::inspect(bytes).unwrap();
    let compiled = HOST.compile(&candidate).unwrap();
    let parameters = rule::parameter_values(&candidate.manifest, &BTreeMap::new()).unwrap();
    match check(&Trial::new(&compiled, &parameters, FUEL)) {
        Ok(()) => Ok(()),
        Err(TrialError::Refused(refusal)) => Err(refusal),
        Err(TrialError::Run(error)) => panic!("{error}"),
    }
}

#[test]
fn the_rules_that_come_with_the_server_punish_no_report() {
    for rule in BUILTIN {
        assert_eq!(verdict(rule.bytes), Ok(()), "{}", rule.id);
    }
}

#[test]
fn a_rule_that_scores_reporting_down_is_refused_with_the_simplest_area_that_shows_it() {
    let refusal = verdict(&rule_of("issues.own.reported", "higher-is-better", LESS)).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::Dishonest);
    assert_eq!(refusal.place.as_deref(), Some("issues.own.reported = 0"));
    for words in ["is given 100, and 99", "one more in issues.own.reported"] {
        assert!(refusal.message.contains(words), "{refusal}");
    }
    for (fact, direction, item) in [
        ("issues.reported", "higher-is-better", LESS),
        ("issues.closed_on_time", "higher-is-better", LESS),
        // Whatever category it is of.
        ("issues.litter.due", "higher-is-better", LESS),
        ("issues.duty.checks", "higher-is-better", LESS),
        ("issues.own.filed", "lower-is-better", MORE),
    ] {
        let refusal = verdict(&rule_of(fact, direction, item)).unwrap_err();
        assert_eq!(refusal.reason, RefusalReason::Dishonest, "{fact}");
        assert!(refusal.message.contains(fact), "{refusal}");
    }
}

/// How many rounds a row of the table has, where `$given` points at the arguments.
const ROUNDS: &str = "(i64.extend_i32_u (i32.sub \
     (i32.load offset=4 (i32.add (i32.load offset=20 (local.get $given)) (i32.shl (local.get $row) (i32.const 2)))) \
     (i32.load (i32.add (i32.load offset=20 (local.get $given)) (i32.shl (local.get $row) (i32.const 2))))))";

#[test]
fn a_rule_that_counts_the_rounds_against_an_area_is_refused_with_the_simplest_that_shows_it() {
    let table = "issue_table = true\ncategories = [\"litter\"]";
    let of_rounds = |item: &str| item.replace("(local.get $fact)", ROUNDS);
    let rule = |item: &str| rule_with("metric.x", "higher-is-better", &of_rounds(item), table);
    let refusal = verdict(&rule(LESS)).unwrap_err();
    assert_eq!(refusal.reason, RefusalReason::Dishonest);
    assert_eq!(refusal.place.as_deref(), Some("metric.x = 0, no issues"));
    for words in ["is given 100, and 99", "one more in the issue table"] {
        assert!(refusal.message.contains(words), "{refusal}");
    }
    assert_eq!(verdict(&rule(MORE)), Ok(()));
    // Only of the last category, and only where it is the last of the row's.
    let last = "(i32.load (i32.add (i32.load offset=28 (local.get $given)) (i32.shl (i32.sub \
         (i32.load offset=4 (i32.add (i32.load offset=20 (local.get $given)) (i32.shl (local.get $row) (i32.const 2)))) \
         (i32.const 1)) (i32.const 2))))";
    let item = format!(
        "(if (result i64) (i64.eqz {ROUNDS}) (then (i64.const 10000)) \
         (else (if (result i64) (i32.eq {last} (i32.const 0)) (then (i64.const 0)) (else (i64.const 10000)))))"
    );
    let of_litter = rule_with("metric.x", "higher-is-better", &item, table);
    assert_eq!(
        verdict(&of_litter).unwrap_err().reason,
        RefusalReason::Dishonest
    );
}

#[test]
fn what_an_own_report_does_not_touch_may_count_as_it_likes() {
    for (fact, direction, item) in [
        ("issues.own.reported", "higher-is-better", MORE),
        ("issues.own.reported", "lower-is-better", LESS),
        ("issues.external.reported", "higher-is-better", LESS),
        ("issues.urgent.due", "higher-is-better", LESS),
        ("issues.checks_failed", "higher-is-better", LESS),
        ("metric.rats", "higher-is-better", LESS),
        ("inspections.count", "higher-is-better", LESS),
    ] {
        assert_eq!(verdict(&rule_of(fact, direction, item)), Ok(()), "{fact}");
    }
}

/// A made-up area is one that could be: parts are never more than what they are part of, in families as well.
#[test]
fn made_up_areas_could_be() {
    let mut names: Vec<String> = Vec::new();
    for (family, part, of) in PARTS {
        for group in ["", "own.", "external.", "litter."] {
            names.push(format!("{family}.{group}{part}"));
            names.push(format!("{family}.{group}{of}"));
        }
    }
    names.extend(["issues.own.due", "issues.external.due", "issues.due"].map(str::to_owned));
    let mut seen = BTreeSet::new();
    for number in 0..AREAS {
        let row = Area::made_up(number).inputs(&names);
        let (parts, sums) = row.split_at(names.len() - 3);
        for (pair, name) in parts.chunks_exact(2).zip(names.chunks_exact(2)) {
            assert!(0 <= pair[0] && pair[0] <= pair[1], "{name:?}: {pair:?}");
        }
        assert_eq!(sums[0] + sums[1], sums[2]);
        seen.insert(row);
    }
    assert!(seen.len() > 150, "{} different areas", seen.len());
}

/// The rounds of a made-up area come to the counts that it is made of.
#[test]
fn made_up_rounds_come_to_the_counts() {
    let counts = [
        "reported",
        "filed",
        "due",
        "closed",
        "checks",
        "handled_on_time",
        "backlog_start",
        "backlog_closed",
        "own.reported",
        "own.closed",
        "rework_cases",
        "fraud",
        "reopened",
    ];
    let names = counts.map(|name| format!("issues.{name}"));
    for number in 0..AREAS {
        let mut area = Area::made_up(number);
        let (row, rounds) = (area.inputs(&names), area.rounds(2));
        let (before, within): (Vec<Issue>, Vec<Issue>) =
            rounds.iter().partition(|round| round.reported < 0);
        let count = |holds: &dyn Fn(&Issue) -> bool| {
            within.iter().filter(|round| holds(round)).count() as i64
        };
        let has = |round: &Issue, mark: u32| round.marks & mark != 0;
        let is_closed = |round: &Issue| round.closed != ABSENT && !has(round, mark::FORCED);
        let on_time = |round: &Issue| round.handed_in != ABSENT && round.handed_in <= round.due;
        let told = [
            count(&|_| true),
            count(&|round| round.filed != ABSENT),
            // Every count behind it is of rounds that are due.
            row[2],
            count(&is_closed),
            count(&|round| round.handed_in != ABSENT),
            count(&on_time),
            before.len() as i64,
            before.iter().filter(|round| round.closed != ABSENT).count() as i64,
            count(&|round| has(round, mark::OWN)),
            count(&|round| is_closed(round) && has(round, mark::OWN)),
            count(&|round| round.failed_checks > 0),
            count(&|round| has(round, mark::FRAUD)),
            count(&|round| has(round, mark::REOPENED)),
        ];
        assert_eq!(told[..], row, "area {number}: {counts:?}");
        assert!(rounds.is_sorted_by_key(|round| round.reported));
    }
}
