//! Migrations: a database of an earlier release with rows in every table comes up to date and keeps what was promised, and
//! many processes may come at once.

use std::process::{Command, Stdio};

use tidyward::{
    compose,
    config::Settings,
    data::{DataFolder, database_file},
    moving::Place,
};
use tidyward_kit::{
    clock::Clock,
    db::{
        Db,
        testing::{self, Postgres},
    },
    dump::row::{Row, Value},
};
use tidyward_proto::v1::{GetIssueRequest, IssueState, ListCategoriesRequest, ListIssuesRequest};
use tidyward_tests::Stack;

const OLD: &str = include_str!("releases/0.1.0.sql");
const D: &str = "jinhua";
/// Says to a process of the test below which database it is to migrate.
const VARIABLE: &str = "TEST_MIGRATE";

/// The folder of an installation of release 0.1.0, on the database of this run.
async fn old() -> (tempfile::TempDir, Settings) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings {
        data: folder.path().to_owned(),
        ..Settings::default()
    };
    let mut text = OLD.to_owned();
    let db = match testing::postgres(folder.path()).await {
        Some(server) => {
            settings.database.url = server.url.clone();
            text = text
                .replace(" blob(1) ", " bytea ")
                .replace(" double ", " double precision ");
            text = text.replace("x'", "'\\x");
            Db::connect(&server).await.unwrap()
        }
        None => Db::open(&database_file(folder.path()), 4).await.unwrap(),
    };
    testing::run_text(&db, &text).await;
    db.close().await.unwrap();
    (folder, settings)
}

/// The district's rows of a table, as a dump has them: columns in the order of their names.
async fn rows(place: &Place, table: &'static str) -> Vec<Vec<(String, Value)>> {
    let snapshot = place.db.snapshot().await.unwrap();
    let shape = snapshot.shape(table).await.unwrap();
    let rows: Vec<Row> = snapshot.page(&shape, D, None).await.unwrap();
    snapshot.end().await.unwrap();
    let named = |row: Row| {
        let names = shape.columns.iter().map(|column| column.name.clone());
        names.zip(row).collect()
    };
    rows.into_iter().map(named).collect()
}

fn get<'r>(row: &'r [(String, Value)], name: &str) -> &'r Value {
    let found = row.iter().find(|(column, _)| column == name);
    &found.unwrap_or_else(|| panic!("no column {name}")).1
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[tokio::test]
async fn rows_of_the_first_release_become_what_the_migrations_promise() {
    let (folder, settings) = old().await;
    let place = Place::alone(&settings).await.unwrap();

    // Every table has its rows still, and those that came since have none but what was made of the old ones.
    for table in tidyward::moving::tables() {
        let count = rows(&place, table.name).await.len();
        let made_since = !OLD.contains(&format!("INSERT INTO \"{}\"", table.name));
        let of_old = ["issue_condition", "issue_course"].contains(&table.name);
        // The one answered request of the territory belongs to no district.
        let without = (made_since && !of_old) || table.name == "grid_request";
        assert_eq!(count == 0, without, "{}: {count}", table.name);
    }

    // The two limits of a category became its condition `normal`; where there were none there is no condition.
    let conditions = rows(&place, "issue_condition").await;
    let limits = |row: &Vec<(String, Value)>| {
        [
            "category",
            "id",
            "handle_limit",
            "total_limit",
            "dispatch_limit",
        ]
        .map(|name| get(row, name).clone())
    };
    assert_eq!(
        conditions.iter().map(limits).collect::<Vec<_>>(),
        [
            ["dumping", "normal", "", "30 URGENT_DAYS", ""].map(text),
            ["litter", "normal", "3 URGENT_DAYS", "5 URGENT_DAYS", ""].map(text),
        ]
    );
    let categories = rows(&place, "issue_category").await;
    let windows = categories
        .iter()
        .map(|row| get(row, "rebound_days").clone());
    assert_eq!(
        windows.collect::<Vec<_>>(),
        [30, 0, 0].map(Value::Whole),
        "dumping, litter, noise"
    );

    // What came from a file is marked as nobody's move here; what was reported here is not.
    let events = rows(&place, "issue_event").await;
    let marks: Vec<&Value> = events.iter().map(|row| get(row, "marks")).collect();
    assert_eq!(
        marks,
        [256, 256, 256, 256, 256, 0]
            .map(Value::Whole)
            .iter()
            .collect::<Vec<_>>()
    );
    assert!(events.iter().all(|row| *get(row, "detail") == Value::Null));
    assert!(
        rows(&place, "area")
            .await
            .iter()
            .all(|row| *get(row, "exists_until") == Value::Null)
    );
    // The five moves of the one issue and the report of the other, packed as they will be read for ever.
    let courses = rows(&place, "issue_course").await;
    let moves = courses.iter().map(|row| get(row, "moves").clone());
    let packed = "I10P@2PPPoTddi^Q3PPPjj_fS_Q306litter2G1622P@002PP`h`iR?PP`cVeTI032P@002042P@PP`mjmP502052P@002\
                  I100<PP`loaen^Q3PP`loaen^Q307dumping2G1";
    assert_eq!(moves.collect::<Vec<_>>(), [text(packed)]);
    place.close().await.unwrap();

    // A second start finds nothing to do, and the server serves what was there.
    let stack = Stack::open_with(folder, Clock::system(), settings).await;
    let list = ListIssuesRequest {
        parent: format!("districts/{D}"),
        ..ListIssuesRequest::default()
    };
    let listed = stack
        .issues(D)
        .list_issues(list)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.issues.len(), 2);
    let get = GetIssueRequest {
        name: format!("districts/{D}/issues/0197a000-0000-8000-8000-000000000001"),
    };
    let issue = stack.issues(D).get_issue(get).await.unwrap().into_inner();
    assert_eq!((issue.state(), issue.rounds.len()), (IssueState::Closed, 1));
    let list = ListCategoriesRequest {
        parent: format!("districts/{D}"),
        page_size: 1_000,
        ..ListCategoriesRequest::default()
    };
    let listed = stack
        .issues(D)
        .list_categories(list)
        .await
        .unwrap()
        .into_inner();
    let litter = listed
        .categories
        .iter()
        .find(|one| one.name.ends_with("/litter"));
    assert_eq!(litter.unwrap().conditions[0].handle_limit, "3 URGENT_DAYS");
    stack.stop().await;
}

/// Each process of the test below runs this one with the variable set; by itself it has nothing to migrate.
#[tokio::test]
async fn one_of_many() {
    let Ok(url) = std::env::var(VARIABLE) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::default();
    settings.database.url = url;
    let folder = DataFolder::open(folder.path()).unwrap();
    let db = compose::migrate(&folder, &settings).await.unwrap();
    db.close().await.unwrap();
}

#[tokio::test]
async fn many_processes_migrate_one_postgres_at_once_and_each_migration_runs_once() {
    let server = match Postgres::start(&[]) {
        Ok(server) => server,
        Err(why) => return println!("skipped: {why}"),
    };
    let url = format!("{}/postgres", server.url);
    let spawn = |_| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "migrations::one_of_many"])
            .env(VARIABLE, &url)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let processes: Vec<_> = (0..6).map(spawn).collect();
    for process in processes {
        let ended = process.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&ended.stdout);
        assert!(ended.status.success(), "{told}");
        assert!(told.contains("1 passed"), "{told}");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut settings = Settings::default();
    settings.database.url = url;
    let folder = DataFolder::open(folder.path()).unwrap();
    let db = compose::connect(&folder, &settings).await.unwrap();
    let ran = tidyward_kit::db::dump::migrations(db.read()).await.unwrap();
    assert_eq!(ran.len(), 3, "{ran:?}");
    for versions in ran.values() {
        let mut once = versions.clone();
        once.dedup();
        assert_eq!(&once, versions);
    }
    let pending = tidyward_issues::pending(&db).await.unwrap()
        + tidyward_grids::pending(&db).await.unwrap()
        + tidyward_evaluations::pending(&db).await.unwrap();
    assert_eq!(pending, 0);
    db.close().await.unwrap();
}
