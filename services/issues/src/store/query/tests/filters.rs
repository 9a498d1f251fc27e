//! Filters against their meaning, said once more without SQL.

use proptest::prelude::*;
use tidyward_kit::filter::Value as Told;

use super::*;

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
    proptest!(ProptestConfig::with_cases(300), |(filter in expression(), known in any::<bool>())| {
        let grids = ["g1", "g2"].iter().filter(|_| known).map(|code| (*code).to_owned()).collect();
        let expected: BTreeSet<Uuid> =
            issues.iter().filter(|one| holds(&filter, one)).map(|one| one.id).collect();
        let query = Query { filter: Some(filter), grids, ..query("report_time", true) };
        let listed = scene.runtime.block_on(list(&scene.db, &district, &caller, &query, None, 100));
        prop_assert_eq!(ids(&listed.unwrap()), expected);
    });
}
