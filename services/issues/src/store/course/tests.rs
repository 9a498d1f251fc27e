//! Courses against the events that they are made of.

use super::*;

/// What the rows hold, whatever the order in which they were appended.
async fn kept(db: &Db) -> BTreeMap<(String, i64), Vec<String>> {
    let text = "SELECT district, moves FROM issue_course ORDER BY district, block";
    let backend = ConnectionTrait::get_database_backend(db.read());
    let select = statement(backend, text, Vec::new());
    let mut courses: BTreeMap<(String, i64), Vec<String>> = BTreeMap::new();
    for row in db.read().query_all_raw(select).await.unwrap() {
        let district: String = row.try_get_by_index(0).unwrap();
        let moves: String = row.try_get_by_index(1).unwrap();
        let mut entries = Vec::new();
        packed::unpack(&moves, &mut entries).expect("a course that can be read");
        for entry in entries {
            let of = (district.clone(), entry.issue);
            courses.entry(of).or_default().push(format!("{entry:?}"));
        }
    }
    courses
}

/// Fails unless the courses that the writers kept are those that come out of the events.
pub async fn agree(db: &Db) {
    let before = kept(db).await;
    let rebuilt = db.write(|transaction| Box::pin(rebuild(transaction))).await;
    rebuilt.unwrap();
    let after = kept(db).await;
    let issues: Vec<_> = before.keys().collect();
    assert_eq!(issues, after.keys().collect::<Vec<_>>());
    for (of, entries) in &before {
        assert_eq!(entries, &after[of], "{of:?}");
    }
}
