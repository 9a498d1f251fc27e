//! One head at a time, whatever was done in whatever order, and by many at once.

use proptest::{prelude::*, test_runner::TestRunner};

use super::*;

/// One step of a random history of heads.
#[derive(Clone, Debug)]
enum Step {
    Create {
        first: i8,
        length: Option<i8>,
        nodes: Vec<usize>,
        category: bool,
        storm: bool,
    },
    End {
        which: usize,
        day: i8,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let create = (
        1_i8..28,
        prop::option::of(0_i8..20),
        prop::collection::vec(0_usize..3, 1..3),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(first, length, mut nodes, category, storm)| {
            nodes.sort_unstable();
            nodes.dedup();
            Step::Create {
                first,
                length,
                nodes,
                category,
                storm,
            }
        });
    let end = (0_usize..20, 1_i8..29).prop_map(|(which, day)| Step::End { which, day });
    prop::collection::vec(prop_oneof![3 => create, 1 => end], 1..14)
}

fn day(day: i8) -> String {
    format!("2015-03-{day:02}")
}

async fn live(street: &Street, steps: Vec<Step>) -> Vec<Duty> {
    let mut made: Vec<Duty> = Vec::new();
    for step in steps {
        match step {
            Step::Create {
                first,
                length,
                nodes,
                category,
                storm,
            } => {
                let nodes: Vec<&str> = nodes
                    .iter()
                    .map(|node| ["w1", "w1-2", "w2"][*node])
                    .collect();
                let new = Duty {
                    category: if category { "litter" } else { "" }.to_owned(),
                    roster: if storm { "storm" } else { "" }.to_owned(),
                    last_day: length.map_or(String::new(), |length| day((first + length).min(28))),
                    ..head("x", &nodes, &day(first))
                };
                match street.create(new).await {
                    Ok(duty) => made.push(duty),
                    Err(status) => assert_eq!(reason(&status), ErrorReason::HeadTaken),
                }
            }
            Step::End { which, day: last } => {
                let Some(duty) = made.get(which) else {
                    continue;
                };
                if let Err(status) = street.end(&duty.name, &day(last)).await {
                    assert_eq!(reason(&status), ErrorReason::FieldsInvalid);
                }
            }
        }
    }
    street.listed("", 100).await
}

#[test]
fn on_any_day_a_place_category_and_roster_has_one_head_at_most() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let config = ProptestConfig {
        cases: 12,
        max_shrink_iters: 20,
        ..ProptestConfig::default()
    };
    let law = |steps: Vec<Step>| {
        let duties = runtime.block_on(async { live(&street().await, steps).await });
        let mut heads = std::collections::BTreeMap::new();
        for duty in &duties {
            for date in (1..=28).map(day) {
                let open = duty.last_day.is_empty() || date <= duty.last_day;
                if date < duty.first_day || !open {
                    continue;
                }
                for node in &duty.nodes {
                    let key = (node, &duty.category, &duty.roster, date.clone());
                    let other = heads.insert(key, &duty.name);
                    prop_assert_eq!(other, None);
                }
            }
        }
        Ok(())
    };
    TestRunner::new(config).run(&steps(), law).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_ask_at_once_one_becomes_the_head() {
    let street = street().await;
    let asked =
        (0..12).map(|number| street.create(head(&format!("o{number}"), &["w1"], "2015-06-01")));
    let answers = futures::future::join_all(asked).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, 11));
    let winner = made[0].as_ref().unwrap();
    for status in refused {
        let error = Error::from(status.unwrap_err());
        assert_eq!(error.reason, ErrorReason::HeadTaken);
        assert_eq!(error.metadata["node"], area("w1"));
        assert_eq!(error.metadata["duty"], winner.name);
    }
}
