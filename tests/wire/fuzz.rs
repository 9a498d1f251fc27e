//! Ten thousand random requests over the descriptor set, by callers of every role. Whatever comes in, the answer is OK or a
//! refusal with a documented reason under the code that its comment names, none is INTERNAL, and the server serves on.
//!
//! The seed is printed and can be given in `TIDYWARD_FUZZ_SEED`, so that what failed once can be looked at again.

mod call;
mod reasons;
mod texts;
mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use prost_reflect::{DescriptorPool, MethodDescriptor};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use tidyward::compose::ACCESS;
use tidyward_kit::{caller::Role, peer::Peer};
use tidyward_tests::{HandClock, Stack, import, town};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use call::{Answer, call};
use reasons::Reasons;
use values::Values;

const REQUESTS: usize = 10_000;
const SEED: u64 = 311;
/// In dev, with everything else that the tests do. Well under the two minutes that are allowed.
const LONGEST: Duration = Duration::from_secs(110);

/// Somebody who calls.
struct Caller {
    roles: Vec<Role>,
    district: &'static str,
    peer: Peer,
}

/// A method, and how its calls went.
struct Method {
    descriptor: MethodDescriptor,
    roles: &'static [Role],
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_random_requests_are_answered_with_documented_reasons() {
    let seed = std::env::var("TIDYWARD_FUZZ_SEED");
    let seed = seed.map_or(SEED, |seed| seed.parse().expect("a seed is a number"));
    println!("seed {seed}");
    let (stack, _clock) = scene().await;
    let pool = DescriptorPool::decode(tidyward_proto::DESCRIPTORS).unwrap();
    let reasons = Reasons::read(&pool);
    let methods = methods(&pool);
    let callers = callers(&stack);
    let mut values = Values::new(&pool, ChaCha8Rng::seed_from_u64(seed));
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 1);
    let mut tally: BTreeMap<String, usize> = BTreeMap::new();
    let mut answered: BTreeSet<String> = BTreeSet::new();
    let began = Instant::now();

    // First everything that lists, so that there are names to name.
    let lists = methods.iter().filter(|one| reads(one)).cycle();
    let lists: Vec<&Method> = lists.take(methods.len() * 4).collect();
    for turn in 0..REQUESTS {
        let method = match lists.get(turn) {
            Some(method) => method,
            None => methods.choose(&mut random).unwrap(),
        };
        let caller = caller(&callers, method, &mut random);
        values.district = caller.district;
        let request = values.request(&method.descriptor.input());
        let bytes = values.bytes(&request);
        let answer = call(&caller.peer, &method.descriptor, bytes.clone()).await;
        let told = || {
            format!(
                "seed {seed}, request {turn}: {} as {:?} of {}\n{}\nbytes {}",
                method.descriptor.full_name(),
                caller.roles,
                caller.district,
                call::text(&request),
                call::hex(&bytes),
            )
        };
        let outcome = match answer {
            Answer::Messages(messages) => {
                for message in &messages {
                    values.learn(message);
                }
                answered.insert(method.descriptor.full_name().to_owned());
                "OK".to_owned()
            }
            Answer::Refused(status) => {
                let reason = reason(&status).unwrap_or_else(|why| panic!("{why}\n{}", told()));
                if let Err(why) = reasons.allow(&reason, status.code()) {
                    panic!("{why}: {}\n{}", status.message(), told());
                }
                reason
            }
            Answer::Late => panic!("no answer within {:?}\n{}", call::LONGEST, told()),
        };
        *tally.entry(outcome).or_default() += 1;
        assert!(
            began.elapsed() < LONGEST,
            "{turn} requests took {LONGEST:?}: {tally:?}"
        );
    }

    println!("{:?} {tally:?}", began.elapsed());
    let names = methods
        .iter()
        .map(|one| one.descriptor.full_name().to_owned());
    let refused: BTreeSet<String> = names.filter(|name| !answered.contains(name)).collect();
    println!("never answered OK: {refused:?}");
    assert!(
        refused.len() < answered.len(),
        "most methods refused all: {refused:?}"
    );
    proved_something(&tally, &values);
    stack.district("after", "Asia/Shanghai", "2020-01-01").await;
    let request = tidyward_proto::v1::GetDistrictRequest {
        name: "districts/after".to_owned(),
    };
    let after = stack.grids("after").get_district(request).await;
    assert_eq!(after.unwrap().into_inner().name, "districts/after");
    stack.stop().await;
}

/// A run in which everything was refused at the door would prove nothing.
fn proved_something(tally: &BTreeMap<String, usize>, values: &Values) {
    let of = |reason: &str| tally.get(reason).copied().unwrap_or(0);
    assert!(of("OK") > REQUESTS / 20, "{tally:?}");
    for reason in ["FIELDS_INVALID", "NOT_FOUND", "ROLE_MISSING"] {
        assert!(of(reason) > REQUESTS / 100, "{reason}: {tally:?}");
    }
    assert!(tally.len() > 10, "{tally:?}");
    let missing = values.untried_oneofs();
    assert!(missing.is_empty(), "never sent: {missing:?}");
}

/// What an error says that it is. Every error says it.
fn reason(status: &Status) -> Result<String, String> {
    let details = status.get_error_details();
    let Some(info) = details.error_info() else {
        return Err(format!("an error without ErrorInfo: {status:?}"));
    };
    if info.domain != "tidyward" {
        return Err(format!("an error of the domain `{}`", info.domain));
    }
    if status.message().is_empty() {
        return Err(format!("{} without a word", info.reason));
    }
    Ok(info.reason.clone())
}

/// A town with grids, categories and issues in two districts, at nine in the morning before the Spring Festival.
async fn scene() -> (Stack, HandClock) {
    let (stack, clock) = Stack::at("2026-02-13T01:00:00Z").await;
    for district in ["jinhua", "yulin"] {
        stack
            .district(district, "Asia/Shanghai", "2020-01-01")
            .await;
        let (mapping, areas) = town(4);
        import!(stack.grids(district), district, mapping, areas.as_bytes());
        let rows = "id,reported,closed,status,kind,lat,lon\n\
            1,2026-01-02,2026-01-03,closed,litter,30.005,120.005\n\
            2,2026-02-02,,open,litter,30.005,120.015\n";
        import!(
            stack.issues(district),
            district,
            values::MAPPING,
            rows.as_bytes()
        );
    }
    (stack, clock)
}

/// Somebody of every role in both districts, some of them limited to areas, and some with several roles.
fn callers(stack: &Stack) -> Vec<Caller> {
    let mut callers = Vec::new();
    let mut add = |district: &'static str, subject: &str, roles: &[Role], areas: &[&str]| {
        callers.push(Caller {
            roles: roles.to_vec(),
            district,
            peer: stack.caller(district, subject, roles, areas),
        });
    };
    for (role, name) in Role::TABLE {
        add("jinhua", name, &[*role], &[]);
        add("yulin", name, &[*role], &["G1", "G2"]);
    }
    let desk = [Role::Operator, Role::Dispatcher, Role::Leader];
    add("jinhua", "desk", &desk, &[]);
    add("jinhua", "li", &[Role::Officer, Role::Collector], &["C1"]);
    add("jinhua", "nobody", &[Role::Officer], &["NOWHERE"]);
    callers
}

/// Mostly somebody who may call the method; else anybody.
fn caller<'a>(callers: &'a [Caller], method: &Method, random: &mut ChaCha8Rng) -> &'a Caller {
    let may = |caller: &&Caller| caller.roles.iter().any(|role| method.roles.contains(role));
    let allowed: Vec<&Caller> = callers.iter().filter(may).collect();
    match allowed.choose(random) {
        Some(caller) if random.random_bool(0.85) => caller,
        _ => callers.choose(random).unwrap(),
    }
}

fn methods(pool: &DescriptorPool) -> Vec<Method> {
    let ours = pool
        .services()
        .filter(|one| one.package_name() == "tidyward.v1");
    let ours: Vec<_> = ours.collect();
    let described = ours.iter().flat_map(|service| service.methods());
    let methods = described.map(|descriptor| {
        let service = descriptor.parent_service().full_name().to_owned();
        let path = format!("/{service}/{}", descriptor.name());
        let rows = ACCESS.iter().flat_map(|table| table.iter());
        let row = rows.into_iter().find(|row| row.0 == path);
        Method {
            roles: row.map_or(&[], |row| row.1),
            descriptor,
        }
    });
    // More moves than anything else: there are two dozen of them in one method.
    let mut methods: Vec<Method> = methods.collect();
    let moves = |one: &&Method| one.descriptor.name() == "TransitionIssue";
    if let Some(transition) = methods.iter().find(moves) {
        let (descriptor, roles) = (transition.descriptor.clone(), transition.roles);
        methods.extend((0..8).map(|_| Method {
            descriptor: descriptor.clone(),
            roles,
        }));
    }
    methods
}

fn reads(method: &Method) -> bool {
    let name = method.descriptor.name();
    name.starts_with("List") || name.starts_with("Get")
}

#[test]
fn a_reason_under_another_code_than_its_comment_names_would_be_noticed() {
    let pool = DescriptorPool::decode(tidyward_proto::DESCRIPTORS).unwrap();
    let reasons = Reasons::read(&pool);
    assert!(
        reasons
            .allow("FIELDS_INVALID", Code::InvalidArgument)
            .is_ok()
    );
    assert!(reasons.allow("FIELDS_INVALID", Code::NotFound).is_err());
    assert!(reasons.allow("INTERNAL", Code::Internal).is_err());
    assert!(reasons.allow("UNAVAILABLE", Code::Unavailable).is_err());
    assert!(
        reasons
            .allow("NO_SUCH_REASON", Code::InvalidArgument)
            .is_err()
    );
    assert!(
        reasons
            .allow("COLUMN_MISSING", Code::InvalidArgument)
            .is_err()
    );
    assert!(reason(&Status::unknown("boom")).is_err());
}
