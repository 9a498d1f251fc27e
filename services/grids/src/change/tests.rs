//! Laws of changes: whatever is asked, the past stays and every day has a tree.

use proptest::prelude::*;

use super::*;

const AREAS: [(&str, Level); 6] = [
    ("s0", Level::Subdistrict),
    ("s1", Level::Subdistrict),
    ("c0", Level::Community),
    ("c1", Level::Community),
    ("g0", Level::Grid),
    ("g1", Level::Grid),
];

/// Days that the changes fall on, and how many days are looked at.
const DAYS: i64 = 12;
/// The day on which the changes are made.
const TODAY: i64 = 6;

type Territory = BTreeMap<String, History>;

fn day(number: i64) -> Date {
    Date::constant(2020, 2, 25).saturating_add(number.days())
}

/// One thing that somebody asks of one area.
#[derive(Clone, Debug)]
enum Wish {
    Create(Option<usize>),
    Move(Option<usize>),
    Rename(u8),
    End(Option<i64>),
    MoveAndEnd(Option<usize>, Option<i64>),
}

fn wish() -> impl Strategy<Value = (usize, i64, Wish)> {
    let other = || proptest::option::weighted(0.8, 0..AREAS.len());
    let end = || proptest::option::weighted(0.8, 0..DAYS);
    let wish = prop_oneof![
        3 => other().prop_map(Wish::Create),
        3 => other().prop_map(Wish::Move),
        1 => (0_u8..3).prop_map(Wish::Rename),
        2 => end().prop_map(Wish::End),
        1 => (other(), end()).prop_map(|(other, end)| Wish::MoveAndEnd(other, end)),
    ];
    (0..AREAS.len(), 0..DAYS, wish)
}

/// The territory with the wish fulfilled, or nothing where it is refused.
fn fulfil(
    territory: &Territory,
    (area, from, wish): &(usize, i64, Wish),
) -> Option<(Territory, History)> {
    let (code, level) = AREAS[*area];
    let mut draft = Draft::default();
    let parent = |other: &Option<usize>| other.map(|other| AREAS[other].0.to_owned());
    let paths: &[&str] = match wish {
        Wish::Create(other) => {
            draft.parent = parent(other);
            &PATHS[..8]
        }
        Wish::Move(other) => {
            draft.parent = parent(other);
            &["parent"]
        }
        Wish::Rename(number) => {
            draft.display_name = number.to_string();
            &["display_name"]
        }
        Wish::End(end) => {
            draft.exists_until = end.map(day);
            &["exists_until"]
        }
        Wish::MoveAndEnd(other, end) => {
            draft.parent = parent(other);
            draft.exists_until = end.map(day);
            &["parent", "exists_until"]
        }
    };
    let asked = Asked {
        code,
        paths,
        draft: &draft,
        valid_from: day(*from),
        today: day(TODAY),
    };
    let mut violations = Violations::default();
    let changed = match (wish, territory.get(code)) {
        (Wish::Create(_), None) => create(&mut violations, asked, (level, None), territory),
        (Wish::Create(_), Some(_)) | (_, None) => return None,
        (_, Some(history)) => update(&mut violations, asked, history, territory),
    };
    if !violations.is_empty() {
        return None;
    }
    let mut after = territory.clone();
    after.insert(code.to_owned(), changed.clone());
    Some((after, changed))
}

/// Every area that is there on the day has its parent there too, and that stands higher.
fn is_a_tree(territory: &Territory, day: Date) -> bool {
    territory.values().all(|history| {
        let parent = history.on(day).and_then(|version| version.parent.as_ref());
        parent.is_none_or(|parent| {
            let above = territory.get(parent);
            above.is_some_and(|above| above.on(day).is_some() && above.level < history.level)
        })
    })
}

proptest! {
    #[test]
    fn the_past_stays_and_every_day_has_a_tree(wishes in proptest::collection::vec(wish(), 1..60)) {
        let mut territory = Territory::new();
        for wish in &wishes {
            let Some((after, changed)) = fulfil(&territory, wish) else {
                continue;
            };
            if let Some(before) = territory.get(AREAS[wish.0].0) {
                prop_assert!(changed.versions.starts_with(&before.versions), "versions are only added");
                let added = changed.versions.get(before.versions.len());
                let first = added.map_or(i64::MAX, |_| wish.1);
                let ends = [before.exists_until, changed.exists_until];
                for number in (0..DAYS).filter(|number| *number < first) {
                    let ended = ends.iter().flatten().any(|end| *end < day(number));
                    let same = before.on(day(number)) == changed.on(day(number));
                    prop_assert!(same || (ended && before.exists_until != changed.exists_until));
                }
                if before.exists_until.is_some_and(|end| end < day(TODAY)) {
                    prop_assert_eq!(before, &changed, "what has ended stays so");
                }
            }
            for number in -1..=DAYS + 1 {
                prop_assert!(is_a_tree(&after, day(number)), "{wish:?} on day {number}");
            }
            territory = after;
        }
    }
}

#[test]
fn whatever_is_wished_for_often_enough_happens() {
    // The law above would hold of a territory in which everything is refused.
    let wishes = [
        (0, 0, Wish::Create(None)),
        (2, 1, Wish::Create(Some(0))),
        (4, 2, Wish::Create(Some(2))),
        (1, 3, Wish::Create(None)),
        (2, 5, Wish::Move(Some(1))),
        (0, 0, Wish::End(Some(4))),
        (4, 8, Wish::Rename(1)),
        (4, 0, Wish::End(Some(9))),
        (2, 0, Wish::End(Some(9))),
    ];
    let mut territory = Territory::new();
    for wish in &wishes {
        let Some((after, _)) = fulfil(&territory, wish) else {
            panic!("{wish:?} is refused");
        };
        territory = after;
    }
    assert!(
        fulfil(&territory, &(1, 0, Wish::End(Some(8)))).is_none(),
        "`c0` is below it until day 9"
    );
    assert!(fulfil(&territory, &(1, 0, Wish::End(Some(9)))).is_some());
}
