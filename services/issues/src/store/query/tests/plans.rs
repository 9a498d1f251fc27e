//! Which index each kind of list goes along. A list that sorts, or that walks past the rows of others, is slow only once
//! there are many.

use tidyward_kit::filter::{self, Expr};

use super::*;
use crate::query::FIELDS;

fn filter(text: &str) -> Option<Expr> {
    filter::parse(text, &FIELDS).unwrap()
}

async fn plan(db: &Db, caller: &Caller, query: &Query) -> String {
    let district = District::of_server("d");
    let mut select = Select::new(&district, caller, query);
    let (way, name) = ("DESC", column(query.order.by).name);
    select.text = format!(
        "EXPLAIN QUERY PLAN {} ORDER BY {name} {way}, number {way} LIMIT 50",
        select.text
    );
    let backend = db.read().get_database_backend();
    let rows = db
        .read()
        .query_all_raw(statement(backend, &select.text, select.values))
        .await
        .unwrap();
    let lines = rows
        .iter()
        .map(|row| row.try_get::<String>("", "detail").unwrap());
    lines.collect::<Vec<_>>().join("; ")
}

#[test]
fn every_kind_of_list_goes_along_an_index_in_its_order() {
    if tidyward_kit::db::testing::is_again() {
        // The plans of the other database depend on what its tables hold.
        return;
    }
    let scene = scene();
    let check = |caller: Caller, query: Query, index: &str| {
        let plan = scene.runtime.block_on(plan(&scene.db, &caller, &query));
        let told = format!("{:?} {:?}: {plan}", query.filter, query.order);
        assert!(plan.contains(&format!("USING INDEX {index} ")), "{told}");
        assert!(!plan.contains("TEMP B-TREE"), "{told}");
        if query.due_until().is_some() {
            // By state and report time, from the deadline on.
            assert!(plan.contains("AND reported_at<?"), "{told}");
            assert!(plan.contains("issue_due_before_report"), "{told}");
        }
    };
    for (text, index) in [
        ("", "issue_by_report"),
        ("state = \"DISPATCHED\"", "issue_by_state"),
        ("state = \"REJECTED\" AND round = 1", "issue_by_state"),
        ("state = \"CLOSED\"", "issue_by_report"),
        ("NOT state = \"DISPATCHED\"", "issue_by_report"),
        ("area = \"G7\" AND state = \"CLOSED\"", "issue_by_grid"),
        ("category = \"snow\" AND area = \"C1\"", "issue_by_category"),
        (
            "state = \"DISPATCHED\" AND handling_deadline < \"2026-05-01T00:00:00Z\"",
            "issue_by_state",
        ),
        ("assignee = \"wang\"", "issue_by_assignee"),
    ] {
        let query = Query {
            filter: filter(text),
            grids: BTreeSet::from(["G7".to_owned()]),
            ..query("report_time", true)
        };
        check(admin(), query, index);
    }
    check(admin(), query("update_time", true), "issue_by_update");
    check(
        admin(),
        query("handling_deadline", true),
        "issue_by_handling",
    );
    let resident = caller("li", Role::Resident, &[]);
    check(resident, query("report_time", true), "issue_by_actor");
}
