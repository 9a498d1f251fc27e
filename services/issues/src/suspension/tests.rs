//! Suspensions that name, pause and switch.

use super::*;

fn storm(area: Option<&str>, categories: &[&str], from: i64, until: i64) -> Suspension {
    let at = |hour: i64| Timestamp::from_second(hour * 3_600).unwrap();
    Suspension {
        id: Uuid::from_u128(u128::try_from(from).unwrap()),
        version: 1,
        area: area.map(str::to_owned),
        categories: categories.iter().map(|code| (*code).to_owned()).collect(),
        starts_at: at(from),
        ends_at: at(until),
        reason: "storm".to_owned(),
        clocks_stand: true,
        roster: String::new(),
        limit_percent: 0,
        creator: "a leader".to_owned(),
        created_at: at(from),
    }
}

fn codes(codes: &[&str]) -> Vec<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

#[test]
fn one_names_what_lies_below_its_area_and_its_categories() {
    let grid = codes(&["grid", "community", "street"]);
    let chain = codes(&["bags", "litter"]);
    let names = |area, categories: &[&str]| storm(area, categories, 1, 2).names(&grid, &chain);
    assert!(names(None, &[]));
    assert!(names(Some("street"), &["litter"]));
    assert!(names(Some("grid"), &["snow", "bags"]));
    assert!(!names(Some("other"), &["litter"]));
    assert!(!names(Some("street"), &["snow"]));
    // Outside all grids only what names the whole district counts.
    assert!(!storm(Some("street"), &[], 1, 2).names(&[], &chain));
}

#[test]
fn pauses_that_meet_or_overlap_are_one() {
    let mut running = storm(None, &[], 8, 9);
    running.clocks_stand = false;
    let never = storm(None, &[], 20, 20);
    let all = [
        storm(None, &[], 5, 7),
        storm(None, &[], 1, 3),
        storm(None, &[], 3, 6),
        running,
        never,
        storm(None, &[], 10, 12),
    ];
    let hours: Vec<(i64, i64)> = pauses(&all)
        .iter()
        .map(|pause| {
            (
                pause.from.as_second() / 3_600,
                pause.until.as_second() / 3_600,
            )
        })
        .collect();
    assert_eq!(hours, [(1, 7), (10, 12)]);
}

#[test]
fn the_latest_emergency_in_force_decides() {
    let emergency = |roster: &str, percent, from, until| Suspension {
        roster: roster.to_owned(),
        limit_percent: percent,
        ..storm(None, &[], from, until)
    };
    let all = [
        emergency("flood", 200, 1, 10),
        emergency("", 300, 2, 5),
        emergency("night", 0, 3, 10),
    ];
    let at = |hour: i64| Timestamp::from_second(hour * 3_600).unwrap();
    assert_eq!(rosters(&all, at(4)), ["night", "flood"]);
    assert_eq!(
        (
            percent(&all, at(4)),
            percent(&all, at(5)),
            percent(&all, at(10))
        ),
        (300, 200, 100)
    );
    assert!(rosters(&all, at(0)).is_empty());
}
