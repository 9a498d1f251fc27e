//! Who answers for a place, by rule and by law.

use proptest::prelude::*;

use super::*;

const DAY: Date = Date::constant(2026, 2, 17);

fn duty(number: u128, category: &str, head: bool, roster: &str) -> Duty {
    Duty {
        id: Uuid::from_u128(number),
        officer: format!("officer-{number}"),
        display_name: String::new(),
        unit: String::new(),
        role: 1,
        nodes: vec![Node::Area("g".to_owned())],
        set_name: String::new(),
        category: category.to_owned(),
        head,
        roster: roster.to_owned(),
        first_day: DAY,
        last_day: None,
        created_at: Timestamp::UNIX_EPOCH,
        creator: String::new(),
        revision: 1,
    }
}

fn holding(step: usize, duty: Duty) -> Holding {
    Holding { step, duty }
}

fn ids(duties: &[Duty]) -> Vec<u128> {
    duties.iter().map(|duty| duty.id.as_u128()).collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn the_nearest_comes_first_and_heads_before_others() {
    let found = answering(
        vec![
            holding(2, duty(1, "", true, "")),
            holding(0, duty(2, "", false, "")),
            holding(0, duty(3, "", true, "")),
            holding(1, duty(4, "litter", true, "")),
            holding(0, duty(5, "sanitation", true, "")),
            holding(0, duty(6, "litter", false, "")),
        ],
        &texts(&["litter", "sanitation"]),
        &[],
    );
    assert_eq!(ids(&found.area), [3, 2, 1]);
    assert_eq!(ids(&found.category), [6, 5, 4]);
}

#[test]
fn a_roster_in_force_takes_the_place_of_the_ordinary_head_where_it_has_one() {
    let holdings = vec![
        holding(0, duty(1, "", true, "")),
        holding(0, duty(2, "", true, "storm")),
        holding(0, duty(3, "", true, "flood")),
        holding(0, duty(4, "", false, "")),
        holding(1, duty(5, "", true, "")),
        holding(0, duty(6, "litter", true, "")),
    ];
    let litter = texts(&["litter"]);
    let found = answering(holdings.clone(), &litter, &texts(&["storm", "flood"]));
    assert_eq!(
        ids(&found.area),
        [2, 4, 5],
        "the street above has no storm head"
    );
    assert_eq!(ids(&found.category), [6], "nor has litter");
    let found = answering(holdings, &litter, &texts(&["flood", "storm"]));
    assert_eq!(ids(&found.area), [3, 4, 5]);
}

#[test]
fn who_holds_a_place_and_what_is_above_it_is_given_once() {
    let both = duty(1, "", true, "");
    let found = answering(
        vec![holding(1, both.clone()), holding(0, both.clone())],
        &[],
        &[],
    );
    assert_eq!(ids(&found.area), [1]);
    // Where another roster leads at the place itself, the duty still leads above it.
    let storm = duty(2, "", true, "storm");
    let holdings = vec![
        holding(0, both.clone()),
        holding(1, both),
        holding(0, storm),
    ];
    let found = answering(holdings, &[], &texts(&["storm"]));
    assert_eq!(ids(&found.area), [2, 1]);
}

proptest! {
    #[test]
    fn nobody_is_given_twice_and_no_place_and_category_has_heads_of_two_rosters(
        holdings in proptest::collection::vec(
            (0_usize..3, 0_u128..9, prop::sample::select(vec!["", "a", "b"]), any::<bool>(), prop::sample::select(vec!["", "x", "y"])),
            0..20,
        ),
    ) {
        let given: Vec<Holding> = holdings
            .into_iter()
            .map(|(step, id, category, head, roster)| holding(step, duty(id, category, head, roster)))
            .collect();
        let found = answering(given.clone(), &texts(&["a", "b"]), &texts(&["x", "y"]));
        let mut all = [ids(&found.area), ids(&found.category)].concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        prop_assert_eq!(all.len(), count);
        // Whoever is no head is never left out.
        for one in given.iter().filter(|one| !one.duty.head) {
            prop_assert!(all.contains(&one.duty.id.as_u128()));
        }
    }
}
