//! From SQLite to PostgreSQL and back.

use tidyward::moving::Place;
use tidyward_kit::{clock::Clock, db::testing::Postgres, dump::manifest::Holds};
use tidyward_tests::Stack;

use super::{district, file, freeze, give, lived_in, made, score, settings, take};

#[tokio::test(flavor = "multi_thread")]
async fn a_district_moves_from_sqlite_to_postgres_and_back_without_loss() {
    let files = tempfile::tempdir().unwrap();
    if tidyward_kit::db::testing::postgres(files.path())
        .await
        .is_some()
    {
        // It has both databases by itself, in the run before.
        return;
    }
    let server = match Postgres::start(&[]) {
        Ok(server) => server,
        Err(why) => return println!("skipped: {why}"),
    };
    let city = lived_in().await;
    let scored = score(&city.stack, "2026-q1", true).await;
    let on_sqlite = settings(city.stack.folder.path()).await;
    let first = give(&on_sqlite, district(), &file(&files, "1")).await;
    let part = &first.districts[0];
    for table in [
        "area",
        "grid_duty",
        "issue",
        "issue_event",
        "issue_condition",
        "score",
    ] {
        let rows = part
            .tables
            .iter()
            .find(|one| one.table == table)
            .unwrap()
            .rows;
        assert!(rows > 0, "there is nothing in {table} to be lost");
    }
    let objects = "the rule, the facts, the rounds and the scores";
    assert_eq!(part.objects.len(), 4, "{objects}");

    let there = tempfile::tempdir().unwrap();
    let mut on_postgres = settings(there.path()).await;
    on_postgres.database.url = format!("{}/postgres", server.url);
    Place::alone(&on_postgres)
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    let clock = Clock::system();
    take(&on_postgres, &file(&files, "1"), Holds::District, &clock)
        .await
        .unwrap();
    let second = give(&on_postgres, district(), &file(&files, "2")).await;
    assert_eq!(first.districts, second.districts);
    assert_eq!(first.sha256, second.sha256);

    let back = tempfile::tempdir().unwrap();
    let again_on_sqlite = made(back.path()).await;
    take(
        &again_on_sqlite,
        &file(&files, "2"),
        Holds::District,
        &clock,
    )
    .await
    .unwrap();
    let third = give(&again_on_sqlite, district(), &file(&files, "3")).await;
    assert_eq!(first.districts, third.districts);

    // What was scored scores the same, and what was not frozen yet freezes to the same facts.
    city.at("2026-07-02T09:00");
    let facts = freeze(&city.stack, "2026-q2").await;
    let late = || Clock::told(|| "2026-07-02T01:00:00Z".parse().unwrap());
    for (folder, settings) in [(there, on_postgres), (back, again_on_sqlite)] {
        let stack = Stack::open_with(folder, late(), settings).await;
        assert_eq!(score(&stack, "2026-q1", true).await, scored);
        assert_eq!(freeze(&stack, "2026-q2").await, facts);
        stack.stop().await;
    }
    city.stack.stop().await;
}
