//! The tree of areas: every parent exists, stands at a higher level, and no area is above itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use tidyward_kit::error::Reason;

use crate::area::{Level, Refusal};

/// An area that wants a place in the tree.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    pub level: Level,
    pub parent: Option<&'a str>,
    /// Its last day, where an end is known.
    pub exists_until: Option<Date>,
}

/// An area that has its place already.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub level: Level,
    pub exists_from: Date,
    /// Its last day, where an end is known.
    pub exists_until: Option<Date>,
}

/// What is wrong with the places that the nodes want from the day on. A node under a refused one is refused too.
pub fn faults<'a>(
    nodes: &BTreeMap<&'a str, Node<'a>>,
    standing: &BTreeMap<&str, Standing>,
    valid_from: Date,
) -> BTreeMap<&'a str, Refusal> {
    let mut faults = BTreeMap::new();
    for code in on_cycles(nodes) {
        let words =
            format!("following the parents of `{code}` leads back to it; correct one of them");
        faults.insert(code, Refusal::new(Reason::ParentCycle, words));
    }
    // From the top down, so that a parent is judged before its children.
    let mut order: Vec<(&str, Node<'_>)> =
        nodes.iter().map(|(code, node)| (*code, *node)).collect();
    order.sort_by_key(|(code, node)| (node.level, *code));
    for (code, node) in order {
        if !faults.contains_key(code)
            && let Some(parent) = node.parent
            && let Some(fault) = fault_with(node, parent, nodes, standing, valid_from, &faults)
        {
            faults.insert(code, fault);
        }
    }
    faults
}

fn fault_with(
    node: Node<'_>,
    parent: &str,
    nodes: &BTreeMap<&str, Node<'_>>,
    standing: &BTreeMap<&str, Standing>,
    valid_from: Date,
    faults: &BTreeMap<&str, Refusal>,
) -> Option<Refusal> {
    let missing = |words: String| Some(Refusal::new(Reason::ParentMissing, words));
    let stands = standing
        .get(parent)
        .filter(|one| one.exists_from <= valid_from);
    let above = match (stands, nodes.get(parent), standing.get(parent)) {
        (
            Some(Standing {
                exists_until: Some(end),
                ..
            }),
            _,
            _,
        ) if node.exists_until.is_none_or(|until| *end < until) => {
            return missing(format!(
                "its parent `{parent}` ends on {end}; name one that stays as long as the area itself"
            ));
        }
        (Some(stands), _, _) => stands.level,
        (None, Some(_), _) if faults.contains_key(parent) => {
            return missing(format!(
                "its parent `{parent}` was rejected itself; correct that one first"
            ));
        }
        (None, Some(node), _) => node.level,
        (None, None, Some(later)) => {
            let words = format!(
                "its parent `{parent}` exists only from {}; use that day or a later one",
                later.exists_from
            );
            return missing(words);
        }
        (None, None, None) => {
            return missing(format!(
                "its parent `{parent}` is neither in the file nor in the district; import it first"
            ));
        }
    };
    (above >= node.level).then(|| {
        let words = format!(
            "its parent `{parent}` is a {}, and a {} must be below a higher level; correct the parent",
            above.name(),
            node.level.name()
        );
        Refusal::new(Reason::LevelOrder, words)
    })
}

/// Codes of the nodes from which following the parents leads back.
fn on_cycles<'a>(nodes: &BTreeMap<&'a str, Node<'a>>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    let mut cyclic = Vec::new();
    for start in nodes.keys() {
        let mut path: Vec<&'a str> = Vec::new();
        let mut next = Some(*start);
        while let Some(code) = next.filter(|code| seen.insert(*code)) {
            path.push(code);
            next = nodes.get(code).and_then(|node| node.parent);
        }
        // The walk met something seen: of this path, or of one before, which has been judged.
        if let Some(at) = next.and_then(|met| path.iter().position(|code| *code == met)) {
            cyclic.extend(path[at..].iter().filter(|code| nodes.contains_key(*code)));
        }
    }
    cyclic
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: Date = Date::constant(2000, 1, 1);

    fn check(
        nodes: &[(&str, Level, Option<&str>)],
        standing: &[(&str, Level, i16)],
    ) -> Vec<String> {
        let nodes = nodes
            .iter()
            .map(|&(code, level, parent)| {
                (
                    code,
                    Node {
                        level,
                        parent,
                        exists_until: None,
                    },
                )
            })
            .collect();
        let standing = standing.iter().map(|&(code, level, year)| {
            (
                code,
                Standing {
                    level,
                    exists_from: Date::constant(year, 1, 1),
                    exists_until: None,
                },
            )
        });
        let faults = faults(&nodes, &standing.collect(), DAY);
        faults
            .into_iter()
            .map(|(code, fault)| format!("{code} {:?}: {}", fault.reason, fault.words))
            .collect()
    }

    use Level::{Community, Grid, Subdistrict};

    #[test]
    fn a_good_tree_has_no_fault_and_levels_may_be_skipped() {
        let nodes = [
            ("s", Subdistrict, None),
            ("c", Community, Some("s")),
            ("g1", Grid, Some("c")),
            ("g2", Grid, Some("s")),
            ("g3", Grid, None),
            ("g4", Grid, Some("there")),
        ];
        assert!(check(&nodes, &[("there", Community, 1999)]).is_empty());
    }

    #[test]
    fn a_parent_that_is_nowhere_or_not_yet_is_missing() {
        assert_eq!(
            check(&[("g", Grid, Some("x"))], &[]),
            [
                "g ParentMissing: its parent `x` is neither in the file nor in the district; import it first"
            ]
        );
        assert_eq!(
            check(&[("g", Grid, Some("x"))], &[("x", Community, 2010)]),
            [
                "g ParentMissing: its parent `x` exists only from 2010-01-01; use that day or a later one"
            ]
        );
    }

    #[test]
    fn a_parent_stays_as_long_as_its_child() {
        let day = |year| Some(Date::constant(year, 12, 31));
        let told = |parent_until, until| {
            let level = Grid;
            let node = Node {
                level,
                parent: Some("c"),
                exists_until: until,
            };
            let stands = Standing {
                level: Community,
                exists_from: DAY,
                exists_until: parent_until,
            };
            let faults = faults(&[("g", node)].into(), &[("c", stands)].into(), DAY);
            faults.into_values().next().map(|fault| fault.words)
        };
        let words =
            "its parent `c` ends on 2010-12-31; name one that stays as long as the area itself";
        assert_eq!(told(None, None), None);
        assert_eq!(told(None, day(2011)), None);
        assert_eq!(told(day(2010), day(2010)), None);
        assert_eq!(told(day(2010), day(2011)).unwrap(), words);
        assert_eq!(told(day(2010), None).unwrap(), words);
    }

    #[test]
    fn what_hangs_below_something_refused_is_refused_too() {
        let told = check(&[("c", Community, Some("x")), ("g", Grid, Some("c"))], &[]);
        assert_eq!(
            told[1],
            "g ParentMissing: its parent `c` was rejected itself; correct that one first"
        );
        assert_eq!(told.len(), 2);
    }

    #[test]
    fn cycles_are_told_apart_from_levels_out_of_order() {
        let told = check(
            &[
                ("a", Grid, Some("b")),
                ("b", Grid, Some("a")),
                ("c", Grid, Some("c")),
            ],
            &[],
        );
        assert_eq!(
            told[0],
            "a ParentCycle: following the parents of `a` leads back to it; correct one of them"
        );
        assert!(told[1].starts_with("b ParentCycle") && told[2].starts_with("c ParentCycle"));
        assert_eq!(
            check(&[("c", Community, Some("g")), ("g", Grid, None)], &[]),
            [
                "c LevelOrder: its parent `g` is a grid, and a community must be below a higher level; correct the parent"
            ]
        );
        let same = check(&[("g", Grid, Some("h"))], &[("h", Grid, 1999)]);
        assert!(same[0].starts_with("g LevelOrder"));
    }

    proptest! {
        #[test]
        fn what_is_left_is_always_a_tree(
            nodes in proptest::collection::btree_map("[a-h]", (0_i32..3, proptest::option::of("[a-j]")), 0..9),
        ) {
            let nodes: BTreeMap<&str, Node<'_>> = nodes
                .iter()
                .map(|(code, (level, parent))| {
                    let level = Level::from_number(level + 1).unwrap();
                    (code.as_str(), Node { level, parent: parent.as_deref(), exists_until: None })
                })
                .collect();
            let faults = faults(&nodes, &BTreeMap::new(), DAY);
            for (code, node) in nodes.iter().filter(|(code, _)| !faults.contains_key(*code)) {
                if let Some(parent) = node.parent {
                    prop_assert!(nodes[parent].level < node.level, "{} under {}", code, parent);
                    prop_assert!(!faults.contains_key(parent));
                }
            }
            for (code, fault) in &faults {
                let mut above = nodes[code].parent;
                let steps = (0..=nodes.len()).take_while(|_| {
                    let back = above == Some(*code);
                    above = above.and_then(|code| nodes.get(code)).and_then(|node| node.parent);
                    !back
                });
                let returns = steps.count() <= nodes.len();
                prop_assert_eq!(fault.reason == Reason::ParentCycle, returns, "{}", code);
            }
        }
    }
}
