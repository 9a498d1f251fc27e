//! What goes in, what stays, and what is told.

use serde_json::json;

use super::*;
use crate::feature::Feature;

const DAY: Date = Date::constant(2000, 1, 1);
const LATER: Date = Date::constant(2010, 1, 1);

fn square(x: i32) -> Boundary {
    let ring = [[x, 50], [x + 1, 50], [x + 1, 51], [x, 51], [x, 50]];
    Boundary::parse(&json!({ "type": "Polygon", "coordinates": [ring] })).unwrap()
}

fn says(code: &str, level: Level, parent: Option<&str>) -> Statement {
    Statement {
        code: code.to_owned(),
        level,
        kind: None,
        display_name: None,
        parent: parent.map(str::to_owned),
        peer_group: None,
        measures: Measures::default(),
    }
}

fn beat(line: u64, sector: &str, code: &str, x: i32) -> Feature {
    let statements = vec![
        says(sector, Level::Community, None),
        says(code, Level::Grid, Some(sector)),
    ];
    Feature {
        line,
        statements,
        boundary: square(x),
    }
}

/// Plans the features against what the plans before wrote.
fn plan_on(
    histories: &BTreeMap<String, History>,
    features: Vec<Feature>,
    valid_from: Date,
) -> Plan {
    let read = features.len() as u64;
    let features = Features {
        read,
        good: features,
        ..Features::default()
    };
    plan(
        &gather(features),
        histories,
        &BTreeSet::new(),
        valid_from,
        |_| "above".to_owned(),
    )
}

fn write(histories: &mut BTreeMap<String, History>, plan: Plan) {
    for one in plan.writes {
        let fresh = || History {
            level: one.level,
            kind: one.kind,
            exists_until: None,
            versions: Vec::new(),
        };
        histories
            .entry(one.code.clone())
            .or_insert_with(fresh)
            .versions
            .push(one.version);
    }
}

fn counts(plan: &Plan) -> [i64; 5] {
    let Counts {
        read,
        added,
        unchanged,
        conflicting,
        rejected,
        ..
    } = plan.told.counts();
    assert_eq!(read, added + unchanged + conflicting + rejected);
    [read, added, unchanged, conflicting, rejected]
}

fn words(plan: &Plan) -> Vec<String> {
    plan.told
        .problems
        .iter()
        .map(|one| format!("{} {:?} {}", one.line, one.reason, one.message))
        .collect()
}

#[test]
fn the_same_again_changes_nothing() {
    let features = || {
        vec![
            beat(1, "s", "a", 1),
            beat(2, "s", "b", 2),
            beat(3, "s", "b", 5),
        ]
    };
    let first = plan_on(&BTreeMap::new(), features(), DAY);
    let codes: Vec<&str> = first.writes.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(
        codes,
        ["s", "a", "b"],
        "from the top down, and a repeated code is one area"
    );
    assert_eq!(counts(&first), [3, 3, 0, 0, 0]);
    assert_eq!(
        first.writes[0].version.boundary, None,
        "what features only name has no boundary"
    );
    assert!(
        first.writes[2]
            .version
            .boundary
            .as_ref()
            .unwrap()
            .contains("MultiPolygon")
    );
    let mut histories = BTreeMap::new();
    write(&mut histories, first);
    let mut backwards = features();
    backwards.reverse();
    for again in [features(), backwards] {
        let again = plan_on(&histories, again, DAY);
        assert!(again.writes.is_empty() && again.told.problems.is_empty());
        assert_eq!(counts(&again), [3, 0, 3, 0, 0]);
    }
    let later = plan_on(&histories, features(), LATER);
    assert_eq!(
        counts(&later),
        [3, 0, 3, 0, 0],
        "a later day with the same content makes no version"
    );
}

#[test]
fn other_content_on_the_same_day_conflicts_and_on_a_later_day_is_a_version() {
    let mut histories = BTreeMap::new();
    write(
        &mut histories,
        plan_on(&BTreeMap::new(), vec![beat(1, "s", "a", 1)], DAY),
    );
    let other = || vec![beat(1, "s", "a", 7)];
    let same_day = plan_on(&histories, other(), DAY);
    assert!(same_day.writes.is_empty());
    assert_eq!(counts(&same_day), [1, 0, 0, 1, 0]);
    assert_eq!(
        words(&same_day),
        [
            "1 RowConflict area `a` has from 2000-01-01 on another boundary; the first stands, use a day after 2000-01-01 to change it"
        ]
    );
    let later = plan_on(&histories, other(), LATER);
    assert_eq!(counts(&later), [1, 1, 0, 0, 0]);
    assert_eq!((later.writes.len(), later.writes[0].is_first), (1, false));
    assert!(later.writes[0].version.measures.area_m2.is_some());
    write(&mut histories, later);
    assert_eq!(histories["a"].versions.len(), 2);
    let again = plan_on(&histories, other(), LATER);
    assert_eq!(counts(&again), [1, 0, 1, 0, 0]);
    let first_again = plan_on(&histories, vec![beat(1, "s", "a", 1)], DAY);
    assert_eq!(counts(&first_again), [1, 0, 1, 0, 0]);
    let between = plan_on(&histories, other(), Date::constant(2005, 1, 1));
    assert_eq!(counts(&between), [1, 0, 0, 1, 0], "the past is not moved");
    let before = plan_on(
        &histories,
        vec![beat(1, "s", "a", 1)],
        Date::constant(1999, 1, 1),
    );
    assert!(words(&before)[0].contains("area `a` exists from 2000-01-01; the past is not moved"));
}

#[test]
fn what_a_file_does_not_say_stays_as_it_was() {
    let mut first = beat(1, "s", "a", 1);
    first.statements[1].measures = Measures {
        households: Some(10),
        area_m2: Some(77),
        ..Measures::default()
    };
    first.statements[1].display_name = Some("Old Town".to_owned());
    let mut histories = BTreeMap::new();
    write(&mut histories, plan_on(&BTreeMap::new(), vec![first], DAY));
    let mut second = beat(1, "t", "a", 1);
    second.statements[1].measures.population = Some(5);
    let plan = plan_on(&histories, vec![second], LATER);
    let version = &plan
        .writes
        .iter()
        .find(|one| one.code == "a")
        .unwrap()
        .version;
    assert_eq!(version.display_name, "Old Town");
    assert_eq!(version.parent.as_deref(), Some("t"));
    assert_eq!(
        (version.measures.households, version.measures.population),
        (Some(10), Some(5))
    );
    assert!(
        version.measures.area_m2.is_some_and(|size| size > 77),
        "a boundary that is said again gives its size"
    );
}

#[test]
fn features_that_disagree_conflict_and_the_first_stands() {
    let mut other = beat(2, "s", "a", 5);
    other.statements[1].display_name = Some("Other".to_owned());
    let mut renamed = beat(3, "s", "b", 8);
    renamed.statements[0].peer_group = Some("river".to_owned());
    let plan = plan_on(
        &BTreeMap::new(),
        vec![beat(1, "s", "a", 1), other, renamed],
        DAY,
    );
    assert_eq!(counts(&plan), [3, 1, 0, 2, 0]);
    assert_eq!(
        words(&plan),
        [
            "2 RowConflict says of area `a` another name than feature 1; the first stands",
            "3 RowConflict says of area `s` another peer group than feature 1; the first stands",
        ]
    );
    let codes: Vec<&str> = plan.writes.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["s", "a", "b"], "the rest of such a feature goes in");
    assert_eq!(plan.writes[1].version.boundary, Some(square(1).to_text()));
}

#[test]
fn an_area_goes_in_whole_or_not_at_all() {
    let features = Features {
        read: 4,
        good: vec![
            beat(1, "s", "a", 1),
            beat(3, "s", "b", 4),
            beat(4, "s", "c", 4),
        ],
        bad: vec![(2, Some("a".to_owned()))],
        problems: vec![rejected(
            2,
            "geometry",
            Reason::BoundaryInvalid,
            "crosses itself".to_owned(),
        )],
    };
    let plan = plan(
        &gather(features),
        &BTreeMap::new(),
        &BTreeSet::new(),
        DAY,
        |_| String::new(),
    );
    assert_eq!(counts(&plan), [4, 2, 0, 0, 2]);
    assert_eq!(
        words(&plan)[0],
        "1 BoundaryInvalid feature 2 belongs to the same area `a` and was rejected; correct that one first"
    );
    let overlapping = plan_on(
        &BTreeMap::new(),
        vec![beat(1, "s", "a", 1), beat(2, "s", "a", 1)],
        DAY,
    );
    assert_eq!(
        counts(&overlapping),
        [2, 2, 0, 0, 0],
        "the same polygon twice is there once"
    );
}

#[test]
fn a_place_that_is_not_in_the_tree_is_told_with_its_column() {
    let layer = |line, code: &str, level, parent| Feature {
        line,
        statements: vec![says(code, level, parent)],
        boundary: square(line as i32 * 2),
    };
    let features = vec![
        layer(1, "good", Level::Grid, None),
        layer(2, "lost", Level::Grid, Some("nowhere")),
        layer(3, "x", Level::Community, Some("y")),
        layer(4, "y", Level::Community, Some("x")),
        layer(5, "up", Level::Community, Some("good")),
    ];
    let plan = plan_on(&BTreeMap::new(), features, DAY);
    assert_eq!(counts(&plan), [5, 1, 0, 0, 4]);
    let told: Vec<(u64, Reason, &str)> = plan
        .told
        .problems
        .iter()
        .map(|one| (one.line, one.reason, one.column.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (2, Reason::ParentMissing, "above"),
            (3, Reason::ParentCycle, "above"),
            (4, Reason::ParentCycle, "above"),
            (5, Reason::LevelOrder, "above"),
        ]
    );
    assert!(
        plan.told.problems[0]
            .message
            .starts_with("area `lost`: its parent `nowhere` is neither in the file")
    );
}

#[test]
fn levels_and_kinds_stay() {
    let mut histories = BTreeMap::new();
    write(
        &mut histories,
        plan_on(&BTreeMap::new(), vec![beat(1, "s", "a", 1)], DAY),
    );
    let mut kind = beat(1, "s", "a", 1);
    kind.statements[1].kind = Some(Kind::Duty);
    assert!(
        words(&plan_on(&histories, vec![kind], LATER))[0].contains("is a grid of another kind")
    );
    let level = Feature {
        line: 1,
        statements: vec![says("a", Level::Community, None)],
        boundary: square(1),
    };
    assert!(
        words(&plan_on(&histories, vec![level], LATER))[0]
            .contains("area `a` is a grid and the file says community")
    );
}

#[test]
fn what_this_import_wrote_before_counts_as_added() {
    let mut histories = BTreeMap::new();
    write(
        &mut histories,
        plan_on(&BTreeMap::new(), vec![beat(1, "s", "a", 1)], DAY),
    );
    let features = Features {
        read: 1,
        good: vec![beat(1, "s", "a", 1)],
        ..Features::default()
    };
    let written = BTreeSet::from(["a".to_owned()]);
    let plan = plan(&gather(features), &histories, &written, DAY, |_| {
        String::new()
    });
    assert_eq!(counts(&plan), [1, 1, 0, 0, 0]);
}
