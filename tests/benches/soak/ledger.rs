//! What was acknowledged, looked for in the database past every server.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, Database, Statement};
use uuid::Uuid;

use crate::scene::Scene;

/// Reports and moves that somebody was told of and that are not there.
pub async fn lost(scene: &Scene, acknowledged: &HashMap<Uuid, i32>) -> Vec<String> {
    let url = match scene.database.as_str() {
        "" => format!("sqlite://{}?mode=ro", scene.file().display()),
        url => url.to_owned(),
    };
    let ledger = Database::connect(url).await.expect("the database is there");
    let text = "SELECT issue, last_sequence FROM issue";
    let select = Statement::from_string(ledger.get_database_backend(), text);
    let rows = ledger.query_all_raw(select).await.expect("rows of issues");
    ledger.close().await.expect("the database closes");
    let mut there = HashMap::with_capacity(rows.len());
    for row in &rows {
        let issue: String = row.try_get_by_index(0).expect("an id");
        let events: i32 = row.try_get_by_index(1).expect("a number");
        let issue: Uuid = issue.parse().expect("an id");
        there.insert(issue, events);
    }
    let told = acknowledged.len();
    println!("{} issues, {told} of which were acknowledged", there.len());
    let mut lost = Vec::new();
    for (issue, events) in acknowledged {
        match there.get(issue) {
            None => lost.push(format!("the report of {issue} is lost")),
            Some(found) if found < events => {
                lost.push(format!(
                    "{issue} has {found} events, {events} were acknowledged"
                ));
            }
            Some(_) => {}
        }
    }
    if told == 0 {
        lost.push("nothing was acknowledged".to_owned());
    }
    lost
}
