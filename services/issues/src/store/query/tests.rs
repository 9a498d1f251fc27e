//! Lists against plain lists in memory: sight; filters, and pages in every order while others write.

mod filters;
mod pages;
mod plans;

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use tempfile::TempDir;
use tidyward_kit::caller::Role;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::*;
use crate::{
    event::{Kind, Move},
    issue::{Issue, Origin, Outcome, Place, Progress, Source, State, imported_id},
    store::write::{self, NewIssue},
};

struct Scene {
    runtime: Runtime,
    db: Db,
    _folder: TempDir,
}

fn scene() -> Scene {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let db = runtime.block_on(async {
        let db = tidyward_kit::db::testing::open(folder.path()).await;
        crate::migrate(&db).await.unwrap();
        db
    });
    Scene {
        runtime,
        db,
        _folder: folder,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_400_000_000 + second).unwrap()
}

fn issue(name: usize, second: i64) -> Issue {
    let identity = name.to_string();
    Issue {
        id: imported_id("d", "test", &identity),
        category: "litter".to_owned(),
        source: Source::Patrol,
        place: Some(Place {
            latitude: 41.0,
            longitude: -87.0,
            accuracy: 0.0,
            fuzzy: false,
        }),
        grid: None,
        ancestors: Vec::new(),
        description: String::new(),
        address: String::new(),
        state: State::Reported,
        outcome: Outcome::Unspecified,
        reported_at: at(second),
        recorded_at: at(second),
        actor: "somebody".to_owned(),
        own_report: false,
        reporter: None,
        origin: Some(Origin {
            source: "test".to_owned(),
            identity,
            digest: [0; 32],
        }),
        progress: Progress::reported(at(second)),
    }
}

async fn write(db: &Db, district: &District, issues: &[Issue]) {
    for some in issues.chunks(write::MOST) {
        let new = some.iter().map(|issue| NewIssue {
            issue: issue.clone(),
            moves: vec![Move::new(Kind::Reported, 0, issue.reported_at)],
        });
        let new: Arc<[NewIssue]> = new.collect();
        write::insert_imported(db, district, new).await.unwrap();
    }
}

fn caller(subject: &str, role: Role, areas: &[&str]) -> Caller {
    Caller {
        subject: subject.to_owned(),
        district: Some("d".to_owned()),
        roles: vec![role],
        areas: areas.iter().map(|code| (*code).to_owned()).collect(),
    }
}

fn admin() -> Caller {
    caller("admin", Role::Admin, &[])
}

fn query(by: &'static str, descending: bool) -> Query {
    Query {
        state: None,
        category: None,
        grid: None,
        filter: None,
        grids: BTreeSet::new(),
        order: Order { by, descending },
    }
}

fn ids(issues: &[Found]) -> BTreeSet<Uuid> {
    issues.iter().map(|found| found.issue.id).collect()
}

/// A few issues that differ in all that sight and filters look at.
fn mixed() -> Vec<Issue> {
    let places: [(Option<&str>, &[&str]); 5] = [
        (None, &[]),
        (Some("g1"), &["c1", "s1"]),
        (Some("g2"), &["c1", "s1"]),
        (Some("g3"), &["s1"]),
        (Some("g4"), &[]),
    ];
    let mut issues = Vec::new();
    for (grid, above) in places {
        for (actor, assignee) in [("ann", None), ("bob", Some("cyd")), ("cyd", Some("ann"))] {
            let number = issues.len();
            let mut one = issue(number, number as i64);
            one.grid = grid.map(str::to_owned);
            one.ancestors = above.iter().map(|code| (*code).to_owned()).collect();
            one.actor = actor.to_owned();
            one.own_report = number.is_multiple_of(2);
            one.progress.assignee = assignee.map(str::to_owned);
            one.progress.round = (number % 3) as i32;
            let deadline = at((number % 4) as i64);
            one.progress.handling_deadline = (number % 4 != 3).then_some(deadline);
            issues.push(one);
        }
    }
    issues
}

#[test]
fn lists_hold_what_sight_lets_see_and_nothing_else() {
    let scene = scene();
    let district = District::of_server("d");
    let issues = mixed();
    scene.runtime.block_on(async {
        write(&scene.db, &district, &issues).await;
        for subject in ["ann", "cyd", "dan"] {
            for role in [Role::Resident, Role::Officer, Role::Admin] {
                for areas in [&[][..], &["g1"], &["c1", "g4"], &["s1"], &["nowhere"]] {
                    let caller = caller(subject, role, areas);
                    let query = query("report_time", true);
                    let listed = list(&scene.db, &district, &caller, &query, None, 1_000).await;
                    let seen = issues.iter().filter(|one| sight::visible(&caller, one));
                    let seen: BTreeSet<Uuid> = seen.map(|one| one.id).collect();
                    assert_eq!(ids(&listed.unwrap()), seen, "{caller:?}");
                }
            }
        }
        let other = District::of_server("e");
        let query = query("report_time", true);
        let listed = list(&scene.db, &other, &admin(), &query, None, 10).await;
        assert!(
            listed.unwrap().is_empty(),
            "another district's are not there"
        );
    });
}
