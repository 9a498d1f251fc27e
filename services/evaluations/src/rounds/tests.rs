//! The layout of rounds to the byte, what is refused of it, and the issue tables that are made of it.

use proptest::prelude::*;

use super::*;
use crate::facts::FactRow;

/// A community of two grids, and a grid that is in none.
pub fn town() -> PeriodFacts {
    let row = |code: &str, level: u8, parent: Option<u32>| FactRow {
        code: code.into(),
        level,
        peer_group: String::new(),
        parent,
    };
    PeriodFacts {
        period: "2013-q3".into(),
        rows: vec![
            row("C", 2, None),
            row("G1", 3, Some(0)),
            row("G2", 3, Some(0)),
            row("G3", 3, None),
        ],
        columns: Vec::new(),
    }
}

fn category(code: &str, parent: Option<u32>) -> Category {
    Category {
        code: code.into(),
        parent,
    }
}

fn round(row: u32, issue: u128, category: i32) -> Round {
    Round {
        row,
        issue: Uuid::from_u128(issue),
        number: 1,
        told: Issue {
            category,
            reported: -3,
            closed: ABSENT,
            marks: 257,
            ..Issue::default()
        },
    }
}

/// Rounds in two grids: of litter, of bins, which is litter, and of roads.
fn rounds() -> PeriodRounds {
    PeriodRounds {
        period: "2013-q3".into(),
        categories: vec![
            category("bins", Some(1)),
            category("litter", None),
            category("roads", None),
        ],
        rounds: vec![round(2, 1, 0), round(1, 2, 1), round(1, 3, 2)],
    }
}

#[test]
fn the_layout_is_the_documented_one_to_the_byte() {
    let mut one = rounds();
    one.categories = vec![category("a", None)];
    one.rounds = vec![round(2, 1, 0)];
    let mut expected = vec![1, 0, 0, 0, 7, 0, 0, 0];
    expected.extend(b"2013-q3");
    expected.extend([1, 0, 0, 0, 1, 0, 0, 0, b'a', 255, 255, 255, 255]);
    expected.extend([1, 0, 0, 0, 2, 0, 0, 0]);
    expected.extend(Uuid::from_u128(1).as_bytes());
    expected.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend((-3_i64).to_le_bytes());
    expected.extend([0; 24]);
    expected.extend(i64::MIN.to_le_bytes());
    expected.extend([0, 0, 0, 0, 1, 1, 0, 0]);
    assert_eq!(one.encode(), expected);
}

#[test]
fn every_byte_counts() {
    let (bytes, facts) = (rounds().encode(), town());
    assert_eq!(PeriodRounds::decode(&bytes, &facts), Ok(rounds()));
    for end in 0..bytes.len() {
        assert!(PeriodRounds::decode(&bytes[..end], &facts).is_err());
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(PeriodRounds::decode(&longer, &facts).is_err());
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert_ne!(PeriodRounds::decode(&changed, &facts).ok(), Some(rounds()));
    }
}

#[test]
fn what_points_nowhere_or_stands_in_another_order_is_refused() {
    let facts = town();
    let refused = |change: fn(&mut PeriodRounds)| {
        let mut wrong = rounds();
        change(&mut wrong);
        assert!(PeriodRounds::decode(&wrong.encode(), &facts).is_err());
    };
    refused(|wrong| wrong.period = "2013-q4".into());
    refused(|wrong| wrong.rounds[0].row = 4);
    refused(|wrong| wrong.rounds[0].told.category = 3);
    refused(|wrong| wrong.rounds[0].told.reported = ABSENT);
    refused(|wrong| wrong.rounds.swap(0, 1));
    refused(|wrong| wrong.rounds[1] = wrong.rounds[0]);
    refused(|wrong| wrong.categories.swap(0, 1));
    refused(|wrong| wrong.categories[2].parent = Some(3));
    refused(|wrong| wrong.categories[2].parent = Some(2));
    refused(|wrong| wrong.categories[1].parent = Some(0));
}

#[test]
fn an_area_has_the_rounds_of_the_grids_in_it_in_their_order() {
    let by_row = rounds().by_row(&town());
    assert_eq!(by_row, [vec![0, 1, 2], vec![1, 2], vec![0], vec![]]);
    let table = rounds().table(&town(), &[]);
    assert_eq!(table.starts, [0, 3, 5, 6, 6]);
    assert_eq!(table.category, [-1; 6]);
}

#[test]
fn a_category_that_is_not_listed_counts_for_the_nearest_above_that_is() {
    let of = |listed: &[&str]| {
        let listed: Vec<String> = listed.iter().map(|code| (*code).to_owned()).collect();
        // Those of the community: bins, litter and roads.
        rounds().table(&town(), &listed).category[..3].to_vec()
    };
    assert_eq!(of(&["litter"]), [0, 0, -1]);
    assert_eq!(of(&["litter", "bins"]), [1, 0, -1]);
    assert_eq!(of(&["roads", "nothing"]), [-1, -1, 0]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = PeriodRounds::decode(&bytes, &town());
    }

    /// Bytes that begin well are read further.
    #[test]
    fn no_change_makes_it_panic(place in 0_usize..400, byte: u8) {
        let mut bytes = rounds().encode();
        let place = place % bytes.len();
        bytes[place] = byte;
        let _ = PeriodRounds::decode(&bytes, &town());
    }
}
