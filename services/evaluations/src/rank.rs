//! Places and lists. Areas are ranked within their peer group at their level by the rounded score; equal scores share a
//! place and the next is skipped; who has no score has no place.

use std::collections::BTreeMap;

use tidyward_rules::{
    manifest::{Direction, Lists},
    points::ABSENT,
};

/// Which list an area is on (红黑榜). The numbers are the proto's and the bundle's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListKind {
    #[default]
    Neither = 0,
    Red = 1,
    Black = 2,
}

/// One area to be ranked: its group, and its score rounded to the rule's decimals.
#[derive(Clone, Copy, Debug)]
pub struct Contender<'a> {
    pub level: u8,
    pub peer_group: &'a str,
    pub rounded: i64,
}

/// Where an area stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// From 1; nothing where there is no score.
    pub place: Option<u32>,
    /// How many are ranked in its group.
    pub ranked: u32,
    pub list: ListKind,
}

/// The standing of each contender, in their order.
pub fn rank(contenders: &[Contender], direction: Direction, lists: Option<Lists>) -> Vec<Standing> {
    let mut groups: BTreeMap<(u8, &str), Vec<usize>> = BTreeMap::new();
    for (index, contender) in contenders.iter().enumerate() {
        groups
            .entry((contender.level, contender.peer_group))
            .or_default()
            .push(index);
    }
    let mut standings = vec![Standing::default(); contenders.len()];
    for members in groups.values() {
        let mut order: Vec<usize> = members
            .iter()
            .copied()
            .filter(|&index| contenders[index].rounded != ABSENT)
            .collect();
        order.sort_by(|&a, &b| {
            let by_size = contenders[a].rounded.cmp(&contenders[b].rounded);
            if direction == Direction::HigherIsBetter {
                by_size.reverse()
            } else {
                by_size
            }
        });
        let ranked = u32::try_from(order.len()).unwrap_or(u32::MAX);
        for &index in members {
            standings[index].ranked = ranked;
        }
        let mut before = 0;
        for equal in order.chunk_by(|&a, &b| contenders[a].rounded == contenders[b].rounded) {
            let count = u32::try_from(equal.len()).unwrap_or(u32::MAX);
            let worse = ranked - before - count;
            for &index in equal {
                standings[index].place = Some(before + 1);
                standings[index].list = list(before + 1, worse, ranked, lists);
            }
            before += count;
        }
    }
    standings
}

/// Red is a place of at most n, black has fewer than n ranked areas worse; who would be on both is on neither.
fn list(place: u32, worse: u32, ranked: u32, lists: Option<Lists>) -> ListKind {
    let Some(lists) = lists.filter(|lists| ranked >= lists.smallest_group) else {
        return ListKind::Neither;
    };
    match (place <= lists.red, worse < lists.black) {
        (true, false) => ListKind::Red,
        (false, true) => ListKind::Black,
        _ => ListKind::Neither,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of_one_group(scores: &[i64], lists: Option<Lists>) -> Vec<Standing> {
        let contenders: Vec<Contender> = scores
            .iter()
            .map(|&rounded| Contender {
                level: 3,
                peer_group: "",
                rounded,
            })
            .collect();
        rank(&contenders, Direction::HigherIsBetter, lists)
    }

    #[test]
    fn equal_scores_share_a_place_and_the_next_is_skipped() {
        let standings = of_one_group(&[90, 95, 90, ABSENT, 10], None);
        let places: Vec<Option<u32>> = standings.iter().map(|standing| standing.place).collect();
        assert_eq!(places, [Some(2), Some(1), Some(2), None, Some(4)]);
        assert!(standings.iter().all(|standing| standing.ranked == 4));
    }

    #[test]
    fn ties_at_the_edge_are_all_on_the_list_and_nobody_is_on_both() {
        let lists = Some(Lists {
            red: 1,
            black: 1,
            smallest_group: 2,
        });
        let kinds = |scores: &[i64]| -> Vec<ListKind> {
            of_one_group(scores, lists)
                .iter()
                .map(|standing| standing.list)
                .collect()
        };
        use ListKind::{Black, Neither, Red};
        assert_eq!(kinds(&[3, 2, 1]), [Red, Neither, Black]);
        assert_eq!(kinds(&[3, 3, 2, 1, 1]), [Red, Red, Neither, Black, Black]);
        assert_eq!(kinds(&[5, 5, 5]), [Neither, Neither, Neither]);
        assert_eq!(kinds(&[5, ABSENT]), [Neither, Neither]);
    }

    /// The definitions, word by word.
    fn slow(all: &[Contender], me: usize, direction: Direction, lists: Option<Lists>) -> Standing {
        let own = all[me];
        let peers = all.iter().filter(|other| {
            other.level == own.level
                && other.peer_group == own.peer_group
                && other.rounded != ABSENT
        });
        let better = |a: i64, b: i64| {
            if direction == Direction::HigherIsBetter {
                a > b
            } else {
                a < b
            }
        };
        let ranked = peers.clone().count() as u32;
        if own.rounded == ABSENT {
            return Standing {
                ranked,
                ..Standing::default()
            };
        }
        let place = 1 + peers
            .clone()
            .filter(|peer| better(peer.rounded, own.rounded))
            .count() as u32;
        let worse = peers
            .filter(|peer| better(own.rounded, peer.rounded))
            .count() as u32;
        let kind = lists.map_or(ListKind::Neither, |lists| {
            let (red, black) = (place <= lists.red, worse < lists.black);
            match (red, black) {
                _ if ranked < lists.smallest_group => ListKind::Neither,
                (true, false) => ListKind::Red,
                (false, true) => ListKind::Black,
                _ => ListKind::Neither,
            }
        });
        Standing {
            place: Some(place),
            ranked,
            list: kind,
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_definitions(
            scores in proptest::collection::vec((1_u8..=3, 0_usize..3, prop_oneof![Just(ABSENT), -5_i64..15]), 0..60),
            higher: bool,
            lists in proptest::option::of((0_u32..6, 0_u32..6, 0_u32..14)),
        ) {
            let names = ["", "old", "new"];
            let all: Vec<Contender> = scores
                .iter()
                .map(|&(level, group, rounded)| Contender { level, peer_group: names[group], rounded })
                .collect();
            let direction = if higher { Direction::HigherIsBetter } else { Direction::LowerIsBetter };
            let lists = lists.map(|(red, black, smallest_group)| Lists { red, black, smallest_group });
            let expected: Vec<Standing> = (0..all.len()).map(|me| slow(&all, me, direction, lists)).collect();
            prop_assert_eq!(rank(&all, direction, lists), expected);
        }
    }
}
