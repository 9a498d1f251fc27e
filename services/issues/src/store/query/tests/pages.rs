//! Pages: cut from the whole order, and while others write.

use proptest::prelude::*;

use super::*;

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
                let key = |one: &Found| {
                    let After { at, number } = After::of(query.order, one);
                    (at, number)
                };
                // Each has one move, so they are numbered as they were written.
                let numbered = (1..).zip(issues.clone());
                let numbered = numbered.map(|(number, issue)| Found { issue, number });
                let mut expected: Vec<Found> = numbered.collect();
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
                        given.extend(page.iter().map(|one| one.issue.id));
                    }
                    let expected: Vec<Uuid> = expected.iter().map(|one| one.issue.id).collect();
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

/// Issues, those at the start among them, behind which nobody reports any more.
const MOST_REPORTED: usize = 2_300;

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
                    given.extend(page.iter().map(|one| one.issue.id));
                    // Whoever reported behind the last row for ever would be read for ever.
                    if names < MOST_REPORTED {
                        disturb(&scene.db, &district, writes.next().unwrap(), &mut names).await;
                    }
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
