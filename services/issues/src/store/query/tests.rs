//! Lists against plain lists in memory: filters, sight, every order, and pages while others write.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;
use tidyward_kit::{caller::Role, filter::Value as Told};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::*;
use crate::{
    event::{Kind, Move},
    issue::{Origin, Outcome, Place, Progress, Source, State, imported_id},
    store::write::{self, NewIssue},
};

struct Scene {
    runtime: Runtime,
    db: Db,
    _folder: TempDir,
}

fn scene() -> Scene {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let db = runtime.block_on(async {
        let db = tidyward_kit::testing::open(folder.path()).await;
        crate::migrate(&db).await.unwrap();
        db
    });
    Scene {
        runtime,
        db,
        _folder: folder,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_400_000_000 + second).unwrap()
}

fn issue(name: usize, second: i64) -> Issue {
    let identity = name.to_string();
    Issue {
        id: imported_id("d", "test", &identity),
        category: "litter".to_owned(),
        source: Source::Patrol,
        place: Some(Place {
            latitude: 41.0,
            longitude: -87.0,
            accuracy: 0.0,
            fuzzy: false,
        }),
        grid: None,
        ancestors: Vec::new(),
        description: String::new(),
        address: String::new(),
        state: State::Reported,
        outcome: Outcome::Unspecified,
        reported_at: at(second),
        recorded_at: at(second),
        actor: "somebody".to_owned(),
        own_report: false,
        reporter: None,
        origin: Some(Origin {
            source: "test".to_owned(),
            identity,
            digest: [0; 32],
        }),
        progress: Progress::reported(at(second)),
    }
}

async fn write(db: &Db, district: &District, issues: &[Issue]) {
    for some in issues.chunks(write::MOST) {
        let new = some.iter().map(|issue| NewIssue {
            issue: issue.clone(),
            moves: vec![Move::new(Kind::Reported, 0, issue.reported_at)],
        });
        let new: Arc<[NewIssue]> = new.collect();
        write::insert_imported(db, district, new).await.unwrap();
    }
}

fn caller(subject: &str, role: Role, areas: &[&str]) -> Caller {
    Caller {
        subject: subject.to_owned(),
        district: Some("d".to_owned()),
        roles: vec![role],
        areas: areas.iter().map(|code| (*code).to_owned()).collect(),
    }
}

fn admin() -> Caller {
    caller("admin", Role::Admin, &[])
}

fn query(by: &'static str, descending: bool) -> Query {
    Query {
        state: None,
        category: None,
        grid: None,
        filter: None,
        order: Order { by, descending },
    }
}

fn ids(issues: &[Issue]) -> BTreeSet<Uuid> {
    issues.iter().map(|issue| issue.id).collect()
}

/// A few issues that differ in all that sight and filters look at.
fn mixed() -> Vec<Issue> {
    let places: [(Option<&str>, &[&str]); 5] = [
        (None, &[]),
        (Some("g1"), &["c1", "s1"]),
        (Some("g2"), &["c1", "s1"]),
        (Some("g3"), &["s1"]),
        (Some("g4"), &[]),
    ];
    let mut issues = Vec::new();
    for (grid, above) in places {
        for (actor, assignee) in [("ann", None), ("bob", Some("cyd")), ("cyd", Some("ann"))] {
            let number = issues.len();
            let mut one = issue(number, number as i64);
            one.grid = grid.map(str::to_owned);
            one.ancestors = above.iter().map(|code| (*code).to_owned()).collect();
            one.actor = actor.to_owned();
            one.own_report = number.is_multiple_of(2);
            one.progress.assignee = assignee.map(str::to_owned);
            one.progress.round = (number % 3) as i32;
            let deadline = at((number % 4) as i64);
            one.progress.handling_deadline = (number % 4 != 3).then_some(deadline);
            issues.push(one);
        }
    }
    issues
}

#[test]
fn lists_hold_what_sight_lets_see_and_nothing_else() {
    let scene = scene();
    let district = District::of_server("d");
    let issues = mixed();
    scene.runtime.block_on(async {
        write(&scene.db, &district, &issues).await;
        for subject in ["ann", "cyd", "dan"] {
            for role in [Role::Resident, Role::Officer, Role::Admin] {
                for areas in [&[][..], &["g1"], &["c1", "g4"], &["s1"], &["nowhere"]] {
                    let caller = caller(subject, role, areas);
                    let query = query("report_time", true);
                    let listed = list(&scene.db, &district, &caller, &query, None, 1_000).await;
                    let seen = issues.iter().filter(|one| sight::visible(&caller, one));
                    let seen: BTreeSet<Uuid> = seen.map(|one| one.id).collect();
                    assert_eq!(ids(&listed.unwrap()), seen, "{caller:?}");
                }
            }
        }
        let other = District::of_server("e");
        let query = query("report_time", true);
        let listed = list(&scene.db, &other, &admin(), &query, None, 10).await;
        assert!(
            listed.unwrap().is_empty(),
            "another district's are not there"
        );
    });
}

/// What a filter means, said once more without SQL.
fn holds(expr: &Expr, issue: &Issue) -> bool {
    match expr {
        Expr::And(all) => all.iter().all(|one| holds(one, issue)),
        Expr::Or(some) => some.iter().any(|one| holds(one, issue)),
        Expr::Not(inner) => !holds(inner, issue),
        Expr::Compare { field, op, value } => {
            let compare = |order: Option<std::cmp::Ordering>| match op {
                Op::Eq => order.is_some_and(|order| order.is_eq()),
                Op::Ne => !order.is_some_and(|order| order.is_eq()),
                Op::Lt => order.is_some_and(|order| order.is_lt()),
                Op::Le => order.is_some_and(|order| order.is_le()),
                Op::Gt => order.is_some_and(|order| order.is_gt()),
                Op::Ge => order.is_some_and(|order| order.is_ge()),
            };
            match (*field, value) {
                ("assignee", Told::Text(told)) => {
                    let own = issue.progress.assignee.as_deref().unwrap_or_default();
                    compare(Some(own.cmp(told)))
                }
                ("area", Told::Text(told)) => {
                    let mut above = issue.grid.iter().chain(&issue.ancestors);
                    above.any(|code| code == told) == (*op == Op::Eq)
                }
                ("own_report", Told::Bool(told)) => compare(Some(issue.own_report.cmp(told))),
                ("round", Told::Number(told)) => {
                    compare(Some(i64::from(issue.progress.round).cmp(told)))
                }
                ("handling_deadline", Told::Time(told)) => {
                    compare(issue.progress.handling_deadline.map(|own| own.cmp(told)))
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

fn comparison() -> impl Strategy<Value = Expr> {
    let equal = || prop_oneof![Just(Op::Eq), Just(Op::Ne)];
    let every = || {
        let ops = Op::TABLE.map(|row| row.0);
        (0..ops.len()).prop_map(move |index| ops[index])
    };
    let text = |field, words: &'static [&'static str]| {
        (equal(), 0..words.len()).prop_map(move |(op, index)| Expr::Compare {
            field,
            op,
            value: Told::Text(words[index].to_owned()),
        })
    };
    prop_oneof![
        text("assignee", &["ann", "cyd", ""]),
        text("area", &["g1", "c1", "s1", "nowhere"]),
        (equal(), any::<bool>()).prop_map(|(op, told)| Expr::Compare {
            field: "own_report",
            op,
            value: Told::Bool(told),
        }),
        (every(), -1..4_i64).prop_map(|(op, told)| Expr::Compare {
            field: "round",
            op,
            value: Told::Number(told),
        }),
        (every(), -1..4_i64).prop_map(|(op, told)| Expr::Compare {
            field: "handling_deadline",
            op,
            value: Told::Time(at(told)),
        }),
    ]
}

fn expression() -> impl Strategy<Value = Expr> {
    comparison().prop_recursive(4, 24, 4, |inner| {
        let some = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            some.clone().prop_map(Expr::And),
            some.prop_map(Expr::Or),
            inner.prop_map(|one| Expr::Not(Box::new(one))),
        ]
    })
}

#[test]
fn filters_mean_what_they_say_where_values_are_absent_too() {
    let scene = scene();
    let district = District::of_server("d");
    let (issues, caller) = (mixed(), admin());
    scene.runtime.block_on(write(&scene.db, &district, &issues));
    proptest!(ProptestConfig::with_cases(300), |(filter in expression())| {
        let expected: BTreeSet<Uuid> =
            issues.iter().filter(|one| holds(&filter, one)).map(|one| one.id).collect();
        let query = Query { filter: Some(filter), ..query("report_time", true) };
        let listed = scene.runtime.block_on(list(&scene.db, &district, &caller, &query, None, 100));
        prop_assert_eq!(ids(&listed.unwrap()), expected);
    });
}

#[test]
fn pages_of_every_order_are_the_whole_order_cut() {
    let scene = scene();
    let district = District::of_server("d");
    let issues = mixed();
    scene.runtime.block_on(async {
        write(&scene.db, &district, &issues).await;
        let caller = admin();
        for by in crate::query::ORDERS {
            for descending in [false, true] {
                let query = query(by, descending);
                let key = |one: &Issue| {
                    let After { at, issue } = After::of(query.order, one);
                    (at, issue)
                };
                let mut expected = issues.clone();
                expected.sort_by(|one, other| {
                    let ((one, this), (other, that)) = (key(one), key(other));
                    let order = (one, this).cmp(&(other, that));
                    let order = if descending { order.reverse() } else { order };
                    one.is_none().cmp(&other.is_none()).then(order)
                });
                for size in [1, 2, 7, 15] {
                    let (mut given, mut after) = (Vec::new(), None);
                    loop {
                        let page =
                            list(&scene.db, &district, &caller, &query, after.as_ref(), size);
                        let page = page.await.unwrap();
                        let Some(last) = page.last() else { break };
                        after = Some(After::of(query.order, last));
                        given.extend(page.iter().map(|one| one.id));
                    }
                    let expected: Vec<Uuid> = expected.iter().map(|one| one.id).collect();
                    assert_eq!(given, expected, "{by} {descending} {size}");
                }
            }
        }
    });
}

/// What others do between two pages: how many report, how far from the middle, and whose state changes.
#[derive(Clone, Debug)]
struct Meanwhile {
    reports: Vec<i64>,
    closes_each: i64,
}

fn meanwhile() -> impl Strategy<Value = Meanwhile> {
    let reports = proptest::collection::vec(-10..310_i64, 0..30);
    (reports, 7..60_i64).prop_map(|(reports, closes_each)| Meanwhile {
        reports,
        closes_each,
    })
}

async fn disturb(db: &Db, district: &District, what: &Meanwhile, names: &mut usize) {
    let reports: Vec<Issue> = what
        .reports
        .iter()
        .map(|second| {
            *names += 1;
            issue(*names, *second)
        })
        .collect();
    write(db, district, &reports).await;
    let (district, each) = (district.clone(), what.closes_each);
    db.write(move |transaction| {
        let district = district.clone();
        Box::pin(async move {
            let text = "UPDATE issue SET state = 9, updated_at = updated_at + 1 WHERE district = ? AND number % ? = 0";
            let values = vec![district.id().into(), each.into()];
            let update = statement(transaction.get_database_backend(), text, values);
            transaction.execute_raw(update).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
}

/// Pages through 2,000 issues by report time while others report and close: whatever was there at the start and still
/// matches is given once, and nothing twice.
#[test]
fn no_row_is_missed_or_given_twice_while_others_write() {
    let scene = scene();
    let (mut run, caller) = (0, admin());
    let config = ProptestConfig {
        cases: 6,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let strategy = (
        any::<bool>(),
        150..400_usize,
        proptest::collection::vec(meanwhile(), 1..6),
        any::<u32>(),
    );
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let cell = std::cell::RefCell::new(&mut run);
    runner
        .run(&strategy, |(descending, size, writes, seed)| {
            let number = {
                let mut run = cell.borrow_mut();
                **run += 1;
                **run
            };
            let district = District::of_server(&format!("d{number}"));
            // Few seconds for many issues, so that most share theirs with others.
            let second =
                |name: usize| ((name as u64 * 2_654_435_761 + u64::from(seed)) % 300) as i64;
            let before: Vec<Issue> = (0..2_000).map(|name| issue(name, second(name))).collect();
            let query = Query {
                state: Some(State::Reported),
                ..query("report_time", descending)
            };
            let (given, standing) = scene.runtime.block_on(async {
                write(&scene.db, &district, &before).await;
                let (mut given, mut after, mut names) = (Vec::new(), None, 2_000);
                let mut writes = writes.iter().cycle();
                loop {
                    let page = list(&scene.db, &district, &caller, &query, after.as_ref(), size);
                    let page = page.await.unwrap();
                    let Some(last) = page.last() else { break };
                    after = Some(After::of(query.order, last));
                    given.extend(page.iter().map(|one| one.id));
                    disturb(&scene.db, &district, writes.next().unwrap(), &mut names).await;
                }
                let all = list(&scene.db, &district, &caller, &query, None, 10_000).await;
                (given, ids(&all.unwrap()))
            });
            let once: BTreeSet<Uuid> = given.iter().copied().collect();
            prop_assert_eq!(once.len(), given.len(), "given twice");
            let still = before
                .iter()
                .map(|one| one.id)
                .filter(|id| standing.contains(id));
            let missed: Vec<Uuid> = still.filter(|id| !once.contains(id)).collect();
            prop_assert!(missed.is_empty(), "{} were missed", missed.len());
            prop_assert!(given.len() > 500, "the list was short");
            Ok(())
        })
        .unwrap();
}
